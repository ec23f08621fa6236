using MoeGen.Packs;
using MoeGen.Testing;
using MoeGen.Tests.Weights;
using MoeGen.Weights;
using MoeGen.Weights.Dense;

namespace MoeGen.Tests.Packs;

/// <summary>
/// A model of a few experts, large enough that each of them and all else is read in several pieces, as a checkpoint and as what is packed
/// of it.
/// </summary>
internal sealed class PackedSmallModel : IDisposable
{
    public const int NumExperts = 5;

    // in bfloat16: norm 128 bytes, embed [3008, 704], gate and up twice [48, 96] in float32 each, head [304, 96]: 4.17 MiB
    public const long DenseBytes = 128 + (3008 * 704 * 2) + (4 * 48 * 96 * 4) + (304 * 96 * 2);
    public const int NumDensePieces = 2;

    // in bfloat16: up [1031, 1024] and down [70, 48], which panels fill up to [1040, 1024] and [80, 64], and a bias of 5
    public const long UpBytes = 1040 * 1024 * 2;
    public const long DownBytes = 80 * 64 * 2;
    public const long ExpertBytes = UpBytes + DownBytes + (32 * 4);

    private static readonly int[] s_layers = [0, 1];

    private readonly SmallCheckpoint _checkpoint = new();
    private readonly TemporaryFolder _folder = new();

    /// <summary>Makes the checkpoint.</summary>
    /// <param name="format">Of the matrices in memory and in the pack, but for gate and up outside the experts.</param>
    public PackedSmallModel(WeightFormat format = WeightFormat.BF16)
    {
        long upBytes = MatrixLayout.SizeInBytes(1031, 1024, format), downBytes = MatrixLayout.SizeInBytes(70, 48, format);
        Declarations =
        [
            TensorDeclaration.Vector("norm", 5),
            TensorDeclaration.Matrix("embed", 3001, 700, format),
            TensorDeclaration.Matrix("model.layers.{layer}.gate", 37, 70, WeightFormat.F32)
                .In(s_layers).FromFused("model.layers.{layer}.gate_up", 74, firstRow: 0, rowStep: 2),
            TensorDeclaration.Matrix("model.layers.{layer}.up", 37, 70, WeightFormat.F32)
                .In(s_layers).FromFused("model.layers.{layer}.gate_up", 74, firstRow: 1, rowStep: 2),
            TensorDeclaration.Matrix("head", 300, 70, format).FromFused("head", 300, isTransposed: true),
            TensorDeclaration.Matrix("model.layers.{layer}.experts.{expert}.up", 1031, 1024, format)
                .InExperts([SmallCheckpoint.SparseLayer], 0),
            TensorDeclaration.Matrix("model.layers.{layer}.down", 70, 48, format)
                .FromStack(NumExperts, 70, isTransposed: true).InExperts([SmallCheckpoint.SparseLayer], upBytes),
            TensorDeclaration.Vector("model.layers.{layer}.bias", 5)
                .FromStack(NumExperts, 5).InExperts([SmallCheckpoint.SparseLayer], upBytes + downBytes),
        ];
        Info = SmallCheckpoint.Info(NumExperts, upBytes + downBytes + (32 * 4)) with
        {
            WeightFormat = format,
            DenseBytes = DenseLayout.Of(Declarations).SizeInBytes,
        };
        _checkpoint.Add("norm", WeightFormat.F32, [5], SmallCheckpoint.ExactValues(5, 1));
        _checkpoint.Add("embed", WeightFormat.F16, [3001, 700], SmallCheckpoint.ExactValues(3001 * 700, 4));
        _checkpoint.Add("head", WeightFormat.BF16, [70, 300], SmallCheckpoint.ExactValues(70 * 300, 5));
        foreach (int layer in s_layers)
        {
            _checkpoint.Add(
                $"model.layers.{layer}.gate_up", WeightFormat.F32, [74, 70], SmallCheckpoint.ExactValues(74 * 70, 6 + layer));
        }

        _checkpoint.Add("model.layers.1.bias", WeightFormat.F32, [NumExperts, 5], SmallCheckpoint.ExactValues(NumExperts * 5, 2));
        _checkpoint.Add(
            "model.layers.1.down", WeightFormat.F16, [NumExperts, 48, 70], SmallCheckpoint.ExactValues(NumExperts * 48 * 70, 3));
        for (int expert = 0; expert < NumExperts; expert++)
        {
            _checkpoint.Add(
                $"model.layers.1.experts.{expert}.up", WeightFormat.BF16, [1031, 1024],
                SmallCheckpoint.ExactValues(1031 * 1024, 10 + expert));
        }

        Save();
    }

    /// <summary>The model, with the format of the pack.</summary>
    public ModelInfo Info { get; }

    /// <summary>Its tensors.</summary>
    public TensorDeclaration[] Declarations { get; }

    public SmallCheckpoint Checkpoint => _checkpoint;

    public string Source => Path.GetDirectoryName(_checkpoint.FilePath)!;

    public string Destination => _folder["packed"];

    public string PackFile => Path.Combine(Destination, PackLayout.FileName);

    public string DenseFile => Path.Combine(Destination, PackLayout.DenseFileName);

    /// <summary>Writes the checkpoint again, as a test has changed it.</summary>
    public void Save()
    {
        _checkpoint.Write();
        File.WriteAllText(Path.Combine(Source, "config.json"), "{}");
        File.WriteAllText(Path.Combine(Source, "tokenizer.json"), "[]");
        File.WriteAllText(Path.Combine(Source, "chat_template.jinja"), "{{ messages }}");
    }

    public void Pack(
        IProgress<LoadProgress>? progress = null, CancellationToken cancellationToken = default, int threads = 2, bool makesTwins = false) =>
        new ModelPacker(Source, Destination, Info, Declarations, makesTwins)
            .Pack(new MoeOptions { Threads = threads, Progress = progress }, cancellationToken);

    public void Verify() => PackCheck.Run(Destination, Info, Declarations, new MoeOptions { Threads = 2 }, CancellationToken.None);

    /// <summary>Name and content of every file of the packed model.</summary>
    public Dictionary<string, string> Hashes() =>
        Directory.GetFiles(Destination, "*", SearchOption.AllDirectories).ToDictionary(
            path => Path.GetRelativePath(Destination, path), path => $"{XxHash64.Of(File.ReadAllBytes(path)):x16}");

    public void Dispose()
    {
        _checkpoint.Dispose();
        _folder.Dispose();
    }
}
