static inline float model_largest(const float *values)
{
    float largest = values[0];
    for (size_t output = 1; output < MODEL_OUTPUTS; output++) {
        largest = values[output] > largest ? values[output] : largest;
    }
    return largest;
}

/* Softmax in place. Returns the sum of the exponentials. */
static inline float model_softmax(float *values)
{
    float lanes[16] = {0};
    const float largest = model_largest(values);
    for (size_t output = 0; output < MODEL_OUTPUTS; output++) {
        values[output] = model_exp(values[output] - largest);
        lanes[output % 16] += values[output];
    }
    const float sum = model_add_lanes(lanes);
    for (size_t output = 0; output < MODEL_OUTPUTS; output++) {
        values[output] = model_flush(values[output] / sum);
    }
    return sum;
}
