/* A hidden layer: sums become bytes with this zero point, from smallest to 255, and then what the table, if any, says. */
static inline void model_hidden(const int8_t *kernel, const int32_t *bias, const uint32_t *mantissa,
                                const uint8_t *shift, const uint8_t *inputs, size_t width, size_t units,
                                uint8_t zero, uint8_t smallest, const uint8_t *table, uint8_t *outputs)
{
    for (size_t unit = 0; unit < units; unit++) {
        const int32_t sum = model_sum(kernel + unit * width, bias[unit], inputs, width);
        const int64_t value = (int64_t)model_requantize(sum, mantissa[unit], shift[unit]) + zero;
        const uint8_t byte = (uint8_t)(value < smallest ? smallest : value > 255 ? 255 : value);
        outputs[unit] = table ? table[byte] : byte;
    }
}
