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

/* outputs[unit] = scale * sum of kernel[unit][i] * inputs[i] + bias[unit]; input i counts in partial sum i mod 16. */
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

/* What is too small for a signal becomes 0. */
static inline float model_flush(float value)
{
    return value < 9.313226e-10f && value > -9.313226e-10f ? 0.0f : value;
}
