using MoeGen.Weights;
using MoeGen.Weights.Dense;

namespace MoeGen.Packs;

/// <summary>Writes everything outside the experts into its file of a pack, piece by piece, beside a journal of its own.</summary>
internal sealed unsafe class DenseMaker : IDisposable
{
    private readonly DenseRangeReader _reader;
    private readonly PackWriter _writer;

    /// <summary>Begins the file, or goes on with it.</summary>
    /// <param name="folder">The folder of the unfinished pack.</param>
    /// <param name="source">The Hugging Face folder.</param>
    /// <param name="info">The model, with the format of the pack.</param>
    /// <param name="plan">What to read; its checkpoint must stay open.</param>
    public DenseMaker(string folder, string source, ModelInfo info, LoadPlan plan)
    {
        Layout = new DensePackLayout(info, plan.Dense);
        _writer = new PackWriter(folder, Layout, PackOrigin.Of(source, Layout));
        _reader = new DenseRangeReader(plan);
    }

    public DensePackLayout Layout { get; }

    /// <summary>Whether anything has been finished that a later run need not do again.</summary>
    public bool HasFinished => _writer.HasFinished;

    /// <summary>Writes all pieces that no earlier run has written.</summary>
    /// <param name="sweep">Threads and progress.</param>
    /// <param name="cancellationToken">Stops inside a piece.</param>
    /// <exception cref="NonFiniteValueException">A tensor holds an infinity or NaN.</exception>
    public void Write(BlobSweep sweep, CancellationToken cancellationToken)
    {
        sweep.Run(Layout, Enumerable.Range(0, Layout.NumBlobs), (piece, bytes) =>
        {
            if (!_writer.IsFinished(piece, bytes))
            {
                _reader.Read(piece * Layout.BlobBytes, Layout.LengthOf(piece), bytes, cancellationToken);
                _writer.Write(piece, bytes);
            }
        });
    }

    /// <summary>Writes the header, when all pieces are there.</summary>
    public void Finish() => _writer.Finish();

    public void Dispose()
    {
        _writer.Dispose();
        _reader.Dispose();
    }
}
