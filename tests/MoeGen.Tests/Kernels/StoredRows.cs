namespace MoeGen.Tests.Kernels;

/// <summary>What a row is when it comes back from a KV cache: the formats as their definitions say, element by element.</summary>
internal static class StoredRows
{
    private const int BlockLength = 32;

    public static float[] Of(KeyValueFormat format, float[] row) => format switch
    {
        KeyValueFormat.F16 => [.. row.Select(x => (float)(Half)x)],
        KeyValueFormat.Q8 => [.. row.Chunk(BlockLength).SelectMany(Quantised)],
        _ => row,
    };

    private static IEnumerable<float> Quantised(float[] block)
    {
        float largest = block.Max(Math.Abs);
        return block.Select(x => largest / 127 * MathF.Round(x * (127 / largest)));
    }
}
