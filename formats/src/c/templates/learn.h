/* Whether all values are neither NaN nor infinite. */
static inline int model_all_finite(const float *values, size_t count)
{
    for (size_t index = 0; index < count; index++) {
        if (!(fabsf(values[index]) <= FLT_MAX)) {
            return 0;
        }
    }
    return 1;
}

/* weight - rate * sum; what is too small for a weight becomes 0. */
static inline float model_descend(float weight, float sum, float rate)
{
    const float updated = fmaf(-rate, sum, weight);
    return fabsf(updated) < 8.881784e-16f ? 0.0f : updated;
}
