static inline int32_t model_sum(const int8_t *kernel, int32_t bias, const uint8_t *inputs, size_t width)
{
    int32_t sum = bias;
    for (size_t input = 0; input < width; input++) {
        sum += (int32_t)kernel[input] * (int32_t)inputs[input];
    }
    return sum;
}

/* sum * mantissa / 2^shift, rounded to the nearest, halves up, and kept within 32 bits. */
static inline int32_t model_requantize(int32_t sum, uint32_t mantissa, uint8_t shift)
{
    const int64_t half = (int64_t)(((uint64_t)1 << shift) >> 1);
    const int64_t product = (int64_t)sum * (int64_t)mantissa + half;
    /* C leaves it open what becomes of a negative number that is shifted; its complement is none. */
    const int64_t rounded = product < 0 ? ~(~product >> shift) : product >> shift;
    if (rounded > INT32_MAX) {
        return INT32_MAX;
    }
    return rounded < INT32_MIN ? INT32_MIN : (int32_t)rounded;
}

/* The last layer: logits in 65,536ths. */
static inline void model_output(const int8_t *kernel, const int32_t *bias, const uint32_t *mantissa,
                                const uint8_t *shift, const uint8_t *inputs, size_t width, size_t units,
                                int32_t *outputs)
{
    for (size_t unit = 0; unit < units; unit++) {
        const int32_t sum = model_sum(kernel + unit * width, bias[unit], inputs, width);
        outputs[unit] = model_requantize(sum, mantissa[unit], shift[unit]);
    }
}
