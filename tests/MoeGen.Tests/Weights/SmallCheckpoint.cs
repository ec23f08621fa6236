using MoeGen.Experts;
using MoeGen.Kernels;
using MoeGen.Testing;
using MoeGen.Weights;

namespace MoeGen.Tests.Weights;

/// <summary>A checkpoint of a few tensors, put together by a test, and a model of two layers that has experts in layer 1.</summary>
internal sealed class SmallCheckpoint : IDisposable
{
    public const int SparseLayer = 1;

    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, (TensorType Type, long[] Shape, byte[] Data)> _tensors = new(StringComparer.Ordinal);

    public string FilePath => _folder["model.safetensors"];

    public void Add(string name, TensorType type, long[] shape, byte[] data) => _tensors.Add(name, (type, shape, data));

    public void Add(string name, WeightFormat format, long[] shape, float[] values)
    {
        byte[] data = new byte[values.Length * format.BytesPerElement()];
        FloatConverter.Narrow(values, format, data);
        Add(name, Enum.GetValues<TensorType>().First(type => type.ToWeightFormat() == format), shape, data);
    }

    public void Remove(string name) => _tensors.Remove(name);

    /// <summary>Replaces one byte of a tensor.</summary>
    public void Damage(string name, int index, byte value) => _tensors[name].Data[index] = value;

    /// <summary>Gives a tensor another shape; its data becomes as long as the shape asks.</summary>
    public void Reshape(string name, params long[] shape)
    {
        TensorOutline outline = new(name, _tensors[name].Type, shape);
        _tensors[name] = (outline.Type, shape, new byte[outline.Length]);
    }

    /// <summary>Writes the file; tensors are in it in the order of their names, as in published ones.</summary>
    public void Write()
    {
        TensorOutline[] outlines =
        [
            .. _tensors.OrderBy(tensor => tensor.Key, StringComparer.Ordinal)
                .Select(tensor => new TensorOutline(tensor.Key, tensor.Value.Type, tensor.Value.Shape)),
        ];
        using SafetensorsWriter writer = new(FilePath, outlines);
        foreach ((string name, (TensorType _, long[] _, byte[] data)) in _tensors)
        {
            writer.Write(name, 0, data);
        }

        writer.Commit();
    }

    public WeightStore Load(int numExperts, long expertBytes, params TensorDeclaration[] declarations) =>
        Load(Info(numExperts, expertBytes), new MoeOptions(), declarations);

    public WeightStore Load(
        ModelInfo info, MoeOptions options, TensorDeclaration[] declarations, CancellationToken cancellationToken = default)
    {
        Write();
        return WeightStore.Load(_folder.Path, info, declarations, options, cancellationToken);
    }

    public static ModelInfo Info(int numExperts, long expertBytes) => new()
    {
        Name = "Small",
        ModelType = "small",
        Fingerprint = "0000000000000000",
        WeightFormat = WeightFormat.F32,
        NumLayers = 2,
        SparseLayers = [SparseLayer],
        NumExperts = numExperts,
        TopK = 1,
        HiddenSize = 8,
        VocabSize = 8,
        MaxPositions = 8,
        NumKeyValueHeads = 1,
        KeyDim = 8,
        ValueDim = 8,
        RouterProbabilities = RouterProbabilities.Softmax,
        TotalParameters = 0,
        ActiveParameters = 0,
        DenseBytes = 0,
        DenseBytesPerStep = 0,
        ExpertBytes = expertBytes,
        WorkspaceBytesPerToken = 0,
        BosTokenId = null,
        EosTokenIds = [],
    };

    /// <summary>Multiples of 1/8 from -4 to 4: every format holds them.</summary>
    public static float[] ExactValues(int count, int seed)
    {
        Random random = new(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = random.Next(-32, 33) / 8f;
        }

        return values;
    }

    /// <summary>The values of a matrix, [rows, columns].</summary>
    public static float[] Values<TShape, TFormat>(Matrix<TShape, TFormat> matrix)
        where TShape : struct, IMatrixShape
        where TFormat : struct, IWeightFormat
    {
        float[] values = new float[TShape.Rows * TShape.Columns];
        for (int row = 0; row < TShape.Rows; row++)
        {
            matrix.CopyRow(row, values.AsSpan(row * TShape.Columns));
        }

        return values;
    }

    public void Dispose() => _folder.Dispose();
}
