static inline float model_tanh(float z)
{
    const float magnitude = fabsf(z);
    if (magnitude < 0.625f) {
        const float square = z * z;
        float p = fmaf(-0.0057049887f, square, 0.020639088f);
        p = fmaf(p, square, -0.053739715f);
        p = fmaf(p, square, 0.13331442f);
        p = fmaf(p, square, -0.3333328f);
        return model_flush(copysignf(fmaf(p * square, magnitude, magnitude), z));
    }
    const float power = model_exp(-2.0f * magnitude);
    return model_flush(copysignf(fmaf(-2.0f / (1.0f + power), power, 1.0f), z));
}
