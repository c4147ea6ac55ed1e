/* Adds 16 partial sums, always in this order. */
static inline float model_add_lanes(float lanes[16])
{
    for (size_t half = 8; half > 0; half /= 2) {
        for (size_t lane = 0; lane < half; lane++) {
            lanes[lane] += lanes[lane + half];
        }
    }
    return lanes[0];
}

/* outputs[o] = scale * (kernel[o][0] * inputs[0] + kernel[o][1] * inputs[1] + ...) + bias[o]: input i counts in partial sum
 * i mod 16. */
static inline void model_dense(const float *kernel, const float *bias, const float *inputs, size_t width,
                               size_t units, float scale, float *outputs)
{
    for (size_t unit = 0; unit < units; unit++) {
        float lanes[16] = {0};
        for (size_t input = 0; input < width; input++) {
            lanes[input % 16] = fmaf(kernel[unit * width + input], inputs[input], lanes[input % 16]);
        }
        outputs[unit] = fmaf(model_add_lanes(lanes), scale, bias[unit]);
    }
}

/* What is negative, or too small to count, becomes 0. */
static inline void model_relu(float *values, size_t count)
{
    for (size_t index = 0; index < count; index++) {
        if (values[index] < SMALLEST_SIGNAL) {
            values[index] = 0.0f;
        }
    }
}
