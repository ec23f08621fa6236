using MoeGen.Engine;
using MoeGen.Engine.Sampling;

namespace MoeGen.Traces;

/// <summary>Runs sequences through a model while a recorder watches.</summary>
internal sealed class TraceRun : IDisposable
{
    private readonly MoeModel _model;
    private readonly TraceRecorder _recorder;
    private readonly ForwardPass _pass;
    private readonly int _chunk;

    /// <summary>Makes the working memory.</summary>
    /// <param name="model">The model.</param>
    /// <param name="recorder">Its observer.</param>
    /// <param name="chunk">Tokens of a prompt that are computed together.</param>
    /// <param name="promptTokens">Tokens of the longest prompt.</param>
    public TraceRun(MoeModel model, TraceRecorder recorder, int chunk, int promptTokens)
    {
        _model = model;
        _recorder = recorder;

        // an encoder sees its input at once
        _chunk = Math.Min(chunk, promptTokens);
        _pass = model.NewPass(model.Info.HasEncoder ? promptTokens : _chunk, maxLogits: 1);
        _pass.Observer = recorder;
    }

    /// <summary>Records a prompt and what the model goes on with, until it ends its text.</summary>
    /// <param name="prompt">Ids.</param>
    /// <param name="numTokens">Most tokens to decode.</param>
    /// <param name="sampling">How they are chosen.</param>
    /// <param name="cancellationToken">Stops between two layers.</param>
    /// <param name="onToken">Hears of every token that is decoded: the logits that it was chosen by, [vocabulary], and its id.</param>
    public void Record(
        int[] prompt, int numTokens, SamplingOptions sampling, CancellationToken cancellationToken,
        Action<ReadOnlySpan<float>, int>? onToken = null)
    {
        using Sequence sequence = _model.CreateSequence(_chunk);
        _recorder.StartSequence();
        int[] start = prompt;
        if (_model.Info.DecoderStartTokenId is { } decoderStart)
        {
            _model.Encode(sequence, prompt, _pass, cancellationToken);
            start = [decoderStart];
        }

        for (int first = 0; first < start.Length; first += _chunk)
        {
            ReadOnlySpan<int> chunk = start.AsSpan(first, Math.Min(_chunk, start.Length - first));
            _model.Run(_pass, sequence, chunk, first + chunk.Length == start.Length ? 1 : 0, cancellationToken, start.Length);
        }

        _recorder.StartDecoding();
        Sampler sampler = new(sampling, _model.Info.VocabSize, start);
        for (int i = 0; i < numTokens && sequence.Length < sequence.Capacity; i++)
        {
            int token = sampler.Next(_pass.Logits[0]);
            if (!sampling.IgnoreEos && _model.EosTokenIds.Contains(token))
            {
                break;
            }

            onToken?.Invoke(_pass.Logits[0], token);
            _model.Run(_pass, sequence, [token], 1, cancellationToken);
        }
    }

    public void Dispose() => _pass.Dispose();
}
