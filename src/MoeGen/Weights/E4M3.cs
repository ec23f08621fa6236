namespace MoeGen.Weights;

/// <summary>
/// Decodes F8_E4M3: a sign, four bits of exponent with bias 7, three of fraction. There is no infinity, 0x7F and 0xFF are NaN, the
/// largest value is 448. Source: Micikevicius et al., FP8 Formats for Deep Learning (2022), table 1; <c>float8_e4m3fn</c> of PyTorch.
/// </summary>
internal static class E4M3
{
    private const int Bias = 7;
    private const int FractionBits = 3;

    private static readonly float[] s_values = CreateValues();

    /// <summary>Decodes codes and scales them all alike.</summary>
    /// <param name="codes">The codes.</param>
    /// <param name="scale">Their scale.</param>
    /// <param name="values">As many values, rounded to float32 once; NaN or infinite where the code is or the product is too large.</param>
    public static void Decode(ReadOnlySpan<byte> codes, float scale, Span<float> values)
    {
        ReadOnlySpan<float> table = s_values;
        for (int i = 0; i < codes.Length; i++)
        {
            values[i] = table[codes[i]] * scale;
        }
    }

    private static float[] CreateValues()
    {
        float[] values = new float[256];
        for (int code = 0; code < values.Length; code++)
        {
            int exponent = (code >> FractionBits) & 0xF, fraction = code & 7;
            float magnitude = exponent == 0
                ? MathF.ScaleB(fraction, 1 - Bias - FractionBits)
                : MathF.ScaleB(8 + fraction, exponent - Bias - FractionBits);
            bool isNaN = (code & 0x7F) == 0x7F;
            values[code] = isNaN ? float.NaN : code < 0x80 ? magnitude : -magnitude;
        }

        return values;
    }
}
