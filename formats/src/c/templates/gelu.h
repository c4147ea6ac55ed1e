/* The standard normal distribution, and its density. */
static inline float model_normal(float x, float *density)
{
    const float t = model_flush(fabsf(x) < 7.0f ? fabsf(x) : 7.0f);
    const float square = t * t;
    const float low = fmaf(t, t, -square);
    float power = model_exp(-0.5f * square);
    power = fmaf(power, -0.5f * low, power);
    float dividend = fmaf(0.013865998f, t, 0.10558948f);
    dividend = fmaf(dividend, t, 0.33675572f);
    dividend = fmaf(dividend, t, 0.5f);
    float divisor = fmaf(0.03477536f, t, 0.26416153f);
    divisor = fmaf(divisor, t, 0.8852149f);
    divisor = fmaf(divisor, t, 1.471393f);
    divisor = fmaf(divisor, t, 1.0f);
    /* Fused with zero, so that no compiler fuses the product with the subtraction. */
    const float tail = fmaf(dividend / divisor, power, -0.0f);
    *density = 0.3989423f * power;
    return x < 0.0f ? tail : 1.0f - tail;
}

static inline float model_gelu(float z)
{
    float density;
    const float factor = z < -7.0f ? -7.0f : z;
    return model_flush(factor * model_normal(z, &density));
}
