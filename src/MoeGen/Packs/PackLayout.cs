using MoeGen.Weights;

namespace MoeGen.Packs;

/// <summary>
/// What lies where in a file of a packed model: tensors of bytes, one behind the other from a page on. They are written, read and checked
/// in blobs of one size, of which the last one may be shorter.
/// </summary>
/// <param name="info">The model, with the format of the pack.</param>
/// <param name="file">Name of the file.</param>
internal abstract class PackLayout(ModelInfo info, string file)
{
    /// <summary>Name of the file of experts; a folder that has it is a packed model.</summary>
    public const string FileName = "experts.safetensors";

    /// <summary>Name of the file of everything outside the experts.</summary>
    public const string DenseFileName = "dense.safetensors";

    /// <summary>Name of the file of twins, which a packed model may have.</summary>
    public const string TwinsFileName = "twins.safetensors";

    /// <summary>What the data begins at a multiple of, and blobs as well, as direct reads from disk need it.</summary>
    public const int Alignment = DirectFile.Alignment;

    private const string JournalSuffix = ".journal";

    public ModelInfo Info => info;

    /// <summary>Name of the file.</summary>
    public string File => file;

    /// <summary>Name of the file beside an unfinished one that says which blobs it has.</summary>
    public string JournalName => JournalOf(file);

    public abstract int NumBlobs { get; }

    /// <summary>Bytes of a blob.</summary>
    public abstract long BlobBytes { get; }

    /// <summary>Bytes of all blobs.</summary>
    public abstract long DataBytes { get; }

    /// <summary>The tensors of the header, in the order of their data.</summary>
    public abstract IReadOnlyList<TensorOutline> Tensors { get; }

    /// <summary>What the metadata says beside fingerprint, format and checksums; null: it must not say that.</summary>
    public abstract IReadOnlyList<(string Key, string? Value)> Facts { get; }

    /// <summary>What a blob is, in words.</summary>
    /// <param name="blob">0-based blob.</param>
    public abstract string Describe(int blob);

    /// <summary>Bytes of a blob, which the last one may have fewer of.</summary>
    /// <param name="blob">0-based blob.</param>
    public long LengthOf(int blob) => Math.Min(BlobBytes, DataBytes - (blob * BlobBytes));

    /// <summary>Name of the journal of a file.</summary>
    public static string JournalOf(string file) => Path.ChangeExtension(file, JournalSuffix);

    /// <summary>Whether a folder is a packed model.</summary>
    public static bool IsPacked(string folder) => System.IO.File.Exists(Path.Combine(folder, FileName));

    /// <summary>Whether a packed model has twins.</summary>
    public static bool HasTwins(string folder) => System.IO.File.Exists(Path.Combine(folder, TwinsFileName));
}
