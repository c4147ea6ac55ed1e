/* outputs[column] = sum of deltas[unit] * kernel[unit][column]: the gradient of the loss in the inputs of a layer. */
static inline void model_input_gradient(const float *deltas, const float *kernel, size_t units, size_t columns,
                                        float *outputs)
{
    for (size_t column = 0; column < columns; column++) {
        float sum = 0.0f;
        for (size_t unit = 0; unit < units; unit++) {
            sum = fmaf(deltas[unit], kernel[unit * columns + column], sum);
        }
        outputs[column] = model_flush(sum);
    }
}
