using MoeGen.Experts.Twins;
using MoeGen.Memory;
using MoeGen.Weights;

namespace MoeGen.Packs;

/// <summary>Writes the twins of experts that are being packed, beside a journal of its own.</summary>
internal sealed unsafe class TwinMaker : IDisposable
{
    private readonly string _source;
    private readonly TwinLayout _twins;
    private readonly ExpertPackLayout _layout;
    private readonly PackWriter _writer;

    /// <summary>Begins the file of twins, or goes on with it.</summary>
    /// <param name="folder">The folder of the unfinished pack.</param>
    /// <param name="source">The Hugging Face folder.</param>
    /// <param name="info">The model, with the format of the pack.</param>
    /// <param name="declarations">Its tensors.</param>
    public TwinMaker(string folder, string source, ModelInfo info, IReadOnlyList<TensorDeclaration> declarations)
    {
        _source = source;
        _twins = new TwinLayout(declarations);
        _layout = ExpertPackLayout.OfTwins(info, _twins);
        _writer = new PackWriter(folder, _layout, PackOrigin.Of(source, _layout));
    }

    /// <summary>Makes and writes a twin, unless an earlier run has; safe from several threads.</summary>
    /// <param name="index">Number of the expert.</param>
    /// <param name="blob">Its bytes.</param>
    /// <exception cref="CheckpointException">The expert holds a value that Q4 cannot.</exception>
    public void Write(int index, byte* blob)
    {
        using NativeBuffer twin = new(_layout.BlobBytes, PackLayout.Alignment);
        if (_writer.IsFinished(index, twin.Pointer))
        {
            return;
        }

        new Span<byte>(twin.Pointer, checked((int)_layout.BlobBytes)).Clear();
        if (!_twins.TryMake(blob, twin.Pointer, out float excess))
        {
            (int layer, int expert) = _layout.Index.At(index);
            throw new CheckpointException(
                _source,
                $"expert {expert} of layer {layer} holds {excess}; expected magnitudes up to {TwinLayout.MaxMagnitude} for twins in "
                + $"{TwinLayout.Format}: pack without --twins");
        }

        _writer.Write(index, twin.Pointer);
    }

    /// <summary>Writes the header, when all twins are there.</summary>
    public void Finish() => _writer.Finish();

    public void Dispose() => _writer.Dispose();
}
