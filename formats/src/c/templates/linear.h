static inline float model_linear(float z)
{
    return model_flush(z);
}
