/* The byte that is nearest to an input, halves away from zero; that of NaN stands for 0. */
static inline uint8_t model_quantize(float value)
{
    const float steps = value / INPUT_STEP;
    if (!(steps < 512.0f && steps > -512.0f)) {
        return steps > 0.0f ? 255 : steps < 0.0f ? 0 : INPUT_ZERO;
    }
    const int32_t integer = (int32_t)steps;
    const float fraction = steps - (float)integer;
    const int32_t byte = integer + (fraction >= 0.5f) - (fraction <= -0.5f) + INPUT_ZERO;
    return (uint8_t)(byte < 0 ? 0 : byte > 255 ? 255 : byte);
}
