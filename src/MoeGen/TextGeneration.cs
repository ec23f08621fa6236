using System.Diagnostics;
using System.Text;
using MoeGen.Engine;
using MoeGen.Engine.Sampling;

namespace MoeGen;

/// <summary>Why a text ended.</summary>
public enum FinishReason
{
    /// <summary>It has not ended.</summary>
    None,

    /// <summary>The model ended it with a token for that.</summary>
    EndOfText,

    /// <summary>A stop string appeared.</summary>
    StopString,

    /// <summary>The wanted number of tokens, or the context, is full.</summary>
    Length,
}

/// <summary>
/// A text in the making: each <see cref="MoveNext"/> computes one token. After the first ones it allocates nothing on the managed
/// heap. One thread at a time; dispose it to free its KV cache.
/// </summary>
public sealed class TextGeneration : IDisposable
{
    private readonly MoeModel _model;
    private readonly SamplingOptions _options;
    private readonly int[] _prompt;
    private readonly int[] _start; // what the decoder begins with: the prompt, unless an encoder reads that
    private readonly float[] _logits; // [vocabulary]
    private readonly Sequence _sequence;
    private readonly Sampler _sampler;
    private readonly TextStream? _text;
    private readonly int[] _last = new int[1];
    private long _prefillTicks;
    private long _decodeTicks;

    internal TextGeneration(MoeModel model, ReadOnlySpan<int> prompt, SamplingOptions options)
    {
        _model = model;
        _options = options;
        _prompt = prompt.ToArray();
        _start = model.Info.DecoderStartTokenId is { } start ? [start] : _prompt;
        _sequence = model.CreateSequence();
        try
        {
            if (model.Info.HasEncoder)
            {
                _sequence.CheckInput(prompt);
            }
            else
            {
                _sequence.CheckTokens(prompt);
            }

            _logits = new float[model.Info.VocabSize];
            _sampler = new Sampler(options, model.Info.VocabSize, _start);
            _text = model.HasTokenizer ? new TextStream(model.Tokenizer, options.StopStrings) : null;
        }
        catch
        {
            _sequence.Dispose();
            throw;
        }
    }

    /// <summary>Tokens of the prompt.</summary>
    public int PromptLength => _prompt.Length;

    /// <summary>Tokens that the model has seen; while the prompt is read, another thread can follow how far it is.</summary>
    public int ProcessedLength => _sequence.InputLength + _sequence.Length;

    /// <summary>Tokens generated so far, one that ended the text not counted.</summary>
    public int GeneratedLength { get; private set; }

    /// <summary>The token that the last <see cref="MoveNext"/> gave.</summary>
    public int Token => _last[0];

    /// <summary>
    /// UTF-8 text that became certain with the last call, perhaps empty: whole characters, nothing of a stop string. After the call that
    /// returned false it is what had been held back.
    /// </summary>
    public ReadOnlySpan<byte> Text => _text is null ? default : _text.Released;

    /// <summary>Bytes of <see cref="Text"/>.</summary>
    public int TextLength => Text.Length;

    /// <summary>Why the text ended.</summary>
    public FinishReason FinishReason { get; private set; }

    /// <summary>Time until the first token was there: the prompt, and one choice.</summary>
    public TimeSpan TimeToFirstToken => Stopwatch.GetElapsedTime(0, _prefillTicks);

    /// <summary>Time of all tokens after the first.</summary>
    public TimeSpan DecodeTime => Stopwatch.GetElapsedTime(0, _decodeTicks);

    /// <summary>Computes the next token.</summary>
    /// <param name="cancellationToken">Stops between two layers.</param>
    /// <returns>Whether there is one; false: the text has ended.</returns>
    /// <exception cref="NonFiniteValueException">The computation gave an infinity or NaN.</exception>
    public bool MoveNext(CancellationToken cancellationToken = default)
    {
        if (FinishReason != FinishReason.None)
        {
            return false;
        }

        if (GeneratedLength >= (_options.MaxTokens ?? int.MaxValue) || (GeneratedLength > 0 && _sequence.Length == _sequence.Capacity))
        {
            return Finish(FinishReason.Length);
        }

        long start = Stopwatch.GetTimestamp();
        bool isFirst = GeneratedLength == 0;

        if (_model.Info.HasEncoder && _sequence.InputLength == 0)
        {
            _sequence.Encode(_prompt, cancellationToken);
        }

        // a prompt that was cancelled half way goes on where it stopped
        _sequence.Append(isFirst ? _start.AsSpan(_sequence.Length) : _last, _logits, cancellationToken);
        int token = _sampler.Next(_logits);
        ref long ticks = ref isFirst ? ref _prefillTicks : ref _decodeTicks;
        ticks += Stopwatch.GetTimestamp() - start;

        if (!_options.IgnoreEos && _model.EosTokenIds.Contains(token))
        {
            return Finish(FinishReason.EndOfText);
        }

        _last[0] = token;
        GeneratedLength++;
        _text?.Append(token);
        if (_text is { IsStopped: true })
        {
            // this token still counts: it completed the stop string
            FinishReason = FinishReason.StopString;
        }

        return true;
    }

    /// <summary><see cref="Text"/> as a string.</summary>
    public string GetText() => Encoding.UTF8.GetString(Text);

    /// <inheritdoc/>
    public void Dispose() => _sequence.Dispose();

    private bool Finish(FinishReason reason)
    {
        FinishReason = reason;
        _text?.Finish();
        return false;
    }
}
