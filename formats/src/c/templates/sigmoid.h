static inline float model_sigmoid(float z)
{
    const float power = model_exp(-fabsf(z));
    return model_flush((z < 0.0f ? power : 1.0f) / (1.0f + power));
}
