using MoeGen.Generator.Spec;
using WeightFormat = MoeGen.Weights.WeightFormat;

namespace MoeGen.Testing;

/// <summary>Writes a checkpoint of random weights for a spec: small enough to be quick, large enough that routing is not a tie.</summary>
internal static class RandomCheckpoint
{
    public static void Write(string folder, ModelSpec spec, WeightFormat format, int seed)
    {
        Random random = new(seed);
        List<(string, long[], float[])> tensors = [];
        foreach ((string name, long[] shape) in ReferenceWeights.TensorsOf(spec))
        {
            bool isNorm = shape.Length == 1 && name.Contains("norm.weight", StringComparison.Ordinal);
            float[] values = new float[shape.Aggregate(1L, (product, dimension) => product * dimension)];
            for (int i = 0; i < values.Length; i++)
            {
                // fan-in scaling keeps activations near 1 in every layer
                double value = isNorm ? 0.5 + random.NextDouble() : (random.NextDouble() - 0.5) * 4 / Math.Sqrt(shape[^1]);
                values[i] = Round((float)value, format);
            }

            tensors.Add((name, shape, values));
        }

        TensorFile.Write(Path.Combine(folder, "model.safetensors"), format, tensors);
    }

    private static float Round(float value, WeightFormat format) => format switch
    {
        WeightFormat.F16 => (float)(Half)value,
        WeightFormat.BF16 => BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(value) & 0xFFFF0000),
        _ => value,
    };
}
