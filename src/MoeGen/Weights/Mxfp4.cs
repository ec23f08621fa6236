namespace MoeGen.Weights;

/// <summary>
/// Decodes MXFP4: 32 values of 4 bits share a scale of 8 bits. Formula: <c>value = code * 2^(scale - 127)</c>, exact unless it
/// overflows. Source: OCP Microscaling Formats (MX) Specification 1.0, sections 5.3.3 (E2M1) and 5.4.1 (E8M0).
/// </summary>
internal static class Mxfp4
{
    /// <summary>Values that share a scale.</summary>
    public const int BlockSize = 32;

    /// <summary>Bytes of the codes of a block; byte j holds value 2j in its low half and 2j + 1 in its high one.</summary>
    public const int BlockBytes = BlockSize / 2;

    /// <summary>The scale that stands for NaN.</summary>
    public const byte NaNScale = 255;

    private const int ScaleOfOne = 127;

    // E2M1: a sign, two bits of exponent with bias 1, one of fraction
    private static readonly float[] s_codes = [0, 0.5f, 1, 1.5f, 2, 3, 4, 6, -0f, -0.5f, -1, -1.5f, -2, -3, -4, -6];

    /// <summary>Decodes whole blocks.</summary>
    /// <param name="blocks">Codes, 16 bytes a block.</param>
    /// <param name="scales">E8M0, one for each block; none is <see cref="NaNScale"/>.</param>
    /// <param name="values">32 for each block; infinite where the product is too large.</param>
    public static void Decode(ReadOnlySpan<byte> blocks, ReadOnlySpan<byte> scales, Span<float> values)
    {
        Span<float> scaled = stackalloc float[s_codes.Length];
        for (int block = 0; block < scales.Length; block++)
        {
            float scale = MathF.ScaleB(1, scales[block] - ScaleOfOne);
            for (int code = 0; code < scaled.Length; code++)
            {
                scaled[code] = s_codes[code] * scale;
            }

            ReadOnlySpan<byte> codes = blocks.Slice(block * BlockBytes, BlockBytes);
            Span<float> target = values.Slice(block * BlockSize, BlockSize);
            for (int j = 0; j < codes.Length; j++)
            {
                target[2 * j] = scaled[codes[j] & 0xF];
                target[(2 * j) + 1] = scaled[codes[j] >> 4];
            }
        }
    }
}
