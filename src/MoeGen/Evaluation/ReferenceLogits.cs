using System.Runtime.InteropServices;

namespace MoeGen.Evaluation;

/// <summary>
/// Logits that others are compared with, kept in a temporary file so that they take no memory from the model. The file goes with the object.
/// </summary>
/// <param name="vocabSize">Elements of a row.</param>
internal sealed class ReferenceLogits(int vocabSize) : IDisposable
{
    private readonly FileStream _file = new(
        Path.Combine(Path.GetTempPath(), $"moegen-{Guid.NewGuid():N}.logits"),
        new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Options = FileOptions.DeleteOnClose });

    private readonly float[] _row = new float[vocabSize]; // [vocabulary]

    /// <summary>Rows so far.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a row.</summary>
    /// <param name="logits">[vocabulary].</param>
    /// <exception cref="IOException">The disk is full.</exception>
    public void Add(ReadOnlySpan<float> logits)
    {
        _file.Position = Count * (long)vocabSize * sizeof(float);
        _file.Write(MemoryMarshal.AsBytes(logits[..vocabSize]));
        Count++;
    }

    /// <summary>Reads a row, which is valid until the next call.</summary>
    /// <param name="index">0-based, in the order in which rows were added.</param>
    public ReadOnlySpan<float> Read(int index)
    {
        _file.Position = index * (long)vocabSize * sizeof(float);
        _file.ReadExactly(MemoryMarshal.AsBytes(_row.AsSpan()));
        return _row;
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
