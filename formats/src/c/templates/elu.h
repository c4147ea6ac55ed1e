static inline float model_elu(float z)
{
    const float x = z < 0.0f ? model_flush(z > -21.6f ? z : -21.6f) : 0.0f;
    float rounded;
    const float p = model_exp_reduced(x, &rounded);
    const float power = model_scale(1.0f, rounded);
    const float negative = model_flush(fmaf(p, power, power - 1.0f));
    return model_flush(z < 0.0f ? negative : z);
}
