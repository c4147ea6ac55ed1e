static inline float model_leaky_relu(float z)
{
    return model_flush(z < 0.0f ? 0.3f * z : z);
}
