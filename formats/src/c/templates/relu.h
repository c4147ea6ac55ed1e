static inline float model_relu(float z)
{
    return z < 9.313226e-10f ? 0.0f : z;
}
