/* e^r - 1, and n + 1.5 * 2^23, for x = n * ln 2 + r from -21.6 to 0. */
static inline float model_exp_reduced(float x, float *rounded)
{
    *rounded = fmaf(x, 1.442695f, 12582912.0f);
    const float n = *rounded - 12582912.0f;
    const float r = fmaf(n, 2.1219444e-04f, fmaf(n, -0.6933594f, x));
    float p = fmaf(0.0013950603f, r, 0.008368953f);
    p = fmaf(p, r, 0.041666206f);
    p = fmaf(p, r, 0.16666518f);
    p = fmaf(p, r, 0.5f);
    return fmaf(p, r * r, r);
}

/* value * 2^n, where rounded is n + 1.5 * 2^23, by the exponent field. */
static inline float model_scale(float value, float rounded)
{
    uint32_t bits, n;
    memcpy(&bits, &value, sizeof bits);
    memcpy(&n, &rounded, sizeof n);
    bits += n << 23;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* e^x for x <= 0. */
static inline float model_exp(float x)
{
    float rounded;
    const float p = model_exp_reduced(x > -21.6f ? x : -21.6f, &rounded);
    return model_flush(model_scale(p + 1.0f, rounded));
}
