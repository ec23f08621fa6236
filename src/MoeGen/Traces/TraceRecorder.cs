using MoeGen.Engine;
using MoeGen.Experts;
using MoeGen.Kernels;
using MoeGen.Memory;

namespace MoeGen.Traces;

/// <summary>
/// Records an activation trace while a model runs: attached to a pass as its observer, it keeps what the running pass shows and writes it
/// when the next one begins. An encoder tells of no embeddings: its passes have zeros there.
/// </summary>
internal sealed unsafe class TraceRecorder : IRoutingObserver, IDisposable
{
    private readonly ModelInfo _info;
    private readonly ExpertGrid _grid;
    private readonly TraceWriter _writer;
    private readonly TracePass _pass;
    private readonly NativeBuffer _nextLogitsBuffer;
    private readonly Activations _nextLogits; // [1, experts]
    private int _sequence = -1;
    private bool _isPrompt;
    private int _layer; // sparse layer of the pass that was routed last, -1: none
    private bool _hasPass; // a pass waits to be written
    private bool _hasNext = true; // all routers were there to be asked

    /// <summary>Starts a trace.</summary>
    /// <param name="path">Its name; what is there stays until the trace is complete.</param>
    /// <param name="info">The model.</param>
    /// <exception cref="IOException">The folder cannot be written to.</exception>
    public TraceRecorder(string path, ModelInfo info)
    {
        TraceInfo traceInfo = TraceInfo.Of(info);
        _info = info;
        _grid = traceInfo.Grid;
        _writer = new TraceWriter(path, traceInfo);
        _pass = new TracePass(traceInfo);
        _nextLogitsBuffer = new NativeBuffer(new Activations(null, _grid.NumExperts).Stride * sizeof(float));
        _nextLogits = new Activations((float*)_nextLogitsBuffer.Pointer, _grid.NumExperts);
    }

    /// <summary>Tokens recorded so far, those of the last pass not counted.</summary>
    public int NumTokens => _writer.NumTokens;

    /// <summary>The next pass begins a sequence, with its prompt.</summary>
    public void StartSequence()
    {
        _sequence++;
        _isPrompt = true;
    }

    /// <summary>From the next pass on tokens are decoded.</summary>
    public void StartDecoding() => _isPrompt = false;

    /// <inheritdoc/>
    public void OnEmbedded(Activations embeddings, ForwardPass pass)
    {
        BeginPass(pass);
        for (int token = 0; token < pass.NumTokens; token++)
        {
            embeddings[token][.._info.HiddenSize].CopyTo(_pass.EmbeddingOf(token));
        }
    }

    /// <inheritdoc/>
    public void OnRouted(int layer, Activations normed, ForwardPass pass)
    {
        int sparse = pass.Experts.SparseLayerOf(layer);
        if (!_hasPass || sparse <= _layer)
        {
            BeginPass(pass);
        }

        _layer = sparse;
        IRouterScores? next = sparse + 1 < _grid.NumLayers ? pass.Experts.Routers[sparse + 1] : null;
        _hasNext &= next is not null || sparse + 1 == _grid.NumLayers;
        for (int token = 0; token < pass.NumTokens; token++)
        {
            pass.Routing.TopKIds(token).CopyTo(_pass.ExpertsOf(token, sparse));
            Copy(pass.Routing.Logits[token], _pass.ProbabilitiesOf(token, sparse));
            if (next is not null)
            {
                next.Score(normed, token, _nextLogits);
                Copy(_nextLogits[0], _pass.NextProbabilitiesOf(token, sparse));
            }
        }
    }

    /// <summary>Writes the trace under its name.</summary>
    /// <param name="cancellationToken">Ends it; nothing is left.</param>
    public void Commit(CancellationToken cancellationToken)
    {
        WritePass();
        _writer.Commit(_hasNext, cancellationToken);
    }

    /// <summary>Gives up what has not been committed.</summary>
    public void Dispose()
    {
        _writer.Dispose();
        _nextLogitsBuffer.Dispose();
    }

    private void BeginPass(ForwardPass pass)
    {
        WritePass();
        _hasPass = true;
        _layer = -1;
        _pass.Begin(pass.NumTokens);
        _pass.Sequence = _sequence;
        _pass.IsPrompt = _isPrompt;
        pass.Tokens.CopyTo(_pass.Tokens);
    }

    private void WritePass()
    {
        if (_hasPass)
        {
            _writer.Append(_pass);
            _hasPass = false;
        }
    }

    private void Copy(ReadOnlySpan<float> logits, Span<float> probabilities)
    {
        logits[..probabilities.Length].CopyTo(probabilities);
        RouterDistribution.FromLogits(probabilities, _info.RouterProbabilities);
    }
}
