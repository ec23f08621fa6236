using MoeGen.Generator.Spec;
using MoeGen.Weights;
using MoeGen.Weights.Quantized;
using WeightFormat = MoeGen.Generator.Spec.WeightFormat;

namespace MoeGen.Testing;

/// <summary>The weights of a checkpoint by the names they have in code, whatever the file calls and packs them.</summary>
internal sealed class ReferenceWeights
{
    private readonly WeightFormat _format;
    private readonly Dictionary<string, WeightSpec> _byName;
    private readonly Dictionary<string, float[]> _tensors = new(StringComparer.Ordinal);

    private ReferenceWeights(ModelSpec spec)
    {
        _format = spec.WeightFormat;
        _byName = WeightSpec.Of(spec).ToDictionary(weight => weight.Name, StringComparer.Ordinal);
    }

    /// <summary>Reads a folder with one model.safetensors.</summary>
    public static ReferenceWeights Load(ModelSpec spec, string folder)
    {
        ReferenceWeights weights = new(spec);
        string path = Path.Combine(folder, "model.safetensors");
        foreach (TensorEntry entry in TensorFile.ReadHeader(path).Values.Where(entry => entry.Type.ToWeightFormat() is not null))
        {
            weights._tensors.Add(entry.Name, TensorFile.ReadFloats(path, entry.Name));
        }

        return weights;
    }

    /// <summary>A spec's tensors, every layer and expert, with their shapes in the file.</summary>
    public static IEnumerable<(string Name, long[] Shape)> TensorsOf(ModelSpec spec)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (WeightSpec weight in WeightSpec.Of(spec))
        {
            foreach (int layer in LayersOf(spec, weight))
            {
                int experts = weight.Part == ModelPart.Expert && weight.Stack is null ? spec.Sparse.NumExperts : 1;
                for (int expert = 0; expert < experts; expert++)
                {
                    string name = TensorDeclaration.Expand(weight.Tensor, layer, expert);
                    if (seen.Add(name))
                    {
                        yield return (name, ShapeOf(spec, weight));
                    }
                }
            }
        }
    }

    /// <summary>Whether the model has a weight of a name.</summary>
    public bool Has(string name) => _byName.ContainsKey(name);

    /// <summary>The elements of a weight, row by row, as quantised ones are rounded.</summary>
    public float[] Get(string name, int layer = 0, int expert = 0)
    {
        WeightSpec weight = _byName[name];
        float[] values = Read(weight, layer, expert);
        return weight.Shape is null ? values : weight.FormatIn(_format) switch
        {
            WeightFormat.Q8 => Rounded<Q8Block>(values, weight.Shape.Columns),
            WeightFormat.Q4 => Rounded<Q4Block>(values, weight.Shape.Columns),
            _ => values,
        };
    }

    private static float[] Rounded<TBlock>(float[] values, int columns)
        where TBlock : struct, IBlockFormat
    {
        float[] rounded = new float[values.Length];
        byte[] blocks = new byte[QuantizedLayout.RowBytes<TBlock>(columns)];
        for (int first = 0; first < values.Length; first += columns)
        {
            _ = BlockQuantizer.Quantize<TBlock>(values.AsSpan(first, columns), blocks);
            BlockQuantizer.Dequantize<TBlock>(blocks, rounded.AsSpan(first, columns));
        }

        return rounded;
    }

    private float[] Read(WeightSpec weight, int layer, int expert)
    {
        float[] tensor = _tensors[TensorDeclaration.Expand(weight.Tensor, layer, expert)];
        if (weight.Stack is not { } stack)
        {
            return tensor;
        }

        int rows = weight.Shape?.Rows ?? weight.Length, columns = weight.Shape?.Columns ?? 1;
        float[] values = new float[rows * columns];
        for (int row = 0; row < rows; row++)
        {
            int stackRow = stack.FirstRow + (row * stack.RowStep);
            for (int column = 0; column < columns; column++)
            {
                int place = stack.IsTransposed ? (column * stack.Rows) + stackRow : (stackRow * columns) + column;
                values[(row * columns) + column] = tensor[(expert * stack.Rows * columns) + place];
            }
        }

        return values;
    }

    private static IEnumerable<int> LayersOf(ModelSpec spec, WeightSpec weight)
    {
        ModelSpec stack = spec.Stacks.First(stack => stack.IsEncoder == weight.IsInEncoder || weight.Part == ModelPart.Decoder);
        return weight.Part switch
        {
            ModelPart.Decoder or ModelPart.Encoder => [0],
            ModelPart.Layer or ModelPart.Attention or ModelPart.CrossAttention => Enumerable.Range(0, stack.NumLayers),
            ModelPart.DenseFeedForward => stack.DenseLayers,
            _ => stack.SparseLayers,
        };
    }

    private static long[] ShapeOf(ModelSpec spec, WeightSpec weight) => weight switch
    {
        { Stack: { } stack, Shape: { } shape } => stack.IsTransposed
            ? [spec.Sparse.NumExperts, shape.Columns, stack.Rows]
            : [spec.Sparse.NumExperts, stack.Rows, shape.Columns],
        { Stack: { } stack } => [spec.Sparse.NumExperts, stack.Rows],
        { Shape: { } shape } => [shape.Rows, shape.Columns],
        _ => [weight.Length],
    };
}
