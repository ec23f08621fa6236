using MoeGen.Experts;

namespace MoeGen.Engine;

/// <summary>The state of one text: how many tokens the model has seen, and their keys and values. One thread at a time.</summary>
public sealed class Sequence : IDisposable
{
    private readonly MoeModel _model;
    private readonly int[] _tokens; // [Capacity] every token, those to come included while they are computed
    private bool _hasLongRope; // whether the cached keys are those of a text beyond the rotary switch
    private int _numWritten; // positions written since the text was computed from its beginning, also those cut off again
    private bool _isDisposed;

    /// <summary>Makes an empty one.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">Context length and format of the KV cache.</param>
    /// <param name="chunk">Most tokens of a pass.</param>
    internal Sequence(MoeModel model, MoeOptions options, int chunk)
    {
        _model = model;
        ModelInfo info = model.Info;
        int capacity = options.ContextLengthFor(info);
        KvCacheLayout layout = KvCacheLayout.For(info, options.KeyValueFormat, capacity, chunk);
        MaxChunk = chunk;
        SizeInBytes = SizeFor(info, options, chunk);
        Cache = new KvCache(layout);
        InputCache = info.HasEncoder ? new KvCache(layout) : null;
        Loads = info.ExpertCapacity is null ? null : new ExpertLoads(info.NumLayers, info.NumExperts, capacity);
        _tokens = new int[capacity];
        Request = new PassRequest(this);
    }

    /// <summary>Tokens that the model has seen.</summary>
    public int Length { get; private set; }

    /// <summary>Tokens that fit.</summary>
    public int Capacity => Cache.Capacity;

    /// <summary>Tokens of the input that an encoder has read; 0: none, or the model has no encoder.</summary>
    public int InputLength { get; private set; }

    /// <summary>Most tokens of a pass.</summary>
    internal int MaxChunk { get; }

    /// <summary>Bytes that it holds.</summary>
    internal long SizeInBytes { get; }

    /// <summary>What it asks of the model.</summary>
    internal PassRequest Request { get; }

    internal KvCache Cache { get; }

    /// <summary>Keys and values that the decoder's layers made of the encoder's output; null: the model has no encoder.</summary>
    internal KvCache? InputCache { get; }

    /// <summary>Tokens that experts have taken; null: they take any number.</summary>
    internal ExpertLoads? Loads { get; }

    /// <summary>Tokens whose keys and values are in the cache: fewer than Length only while they are computed again.</summary>
    internal int NumComputed { get; private set; }

    /// <summary>Tokens up to the end of the last prompt; what follows was decoded.</summary>
    internal int PromptEnd { get; private set; }

    /// <summary>Lets the encoder read the input, all of it at once; what <see cref="Append"/> adds is the decoder's text.</summary>
    /// <param name="tokens">Ids of the input, at least one, at most <see cref="Capacity"/>.</param>
    /// <param name="cancellationToken">Stops between two layers; the sequence then has no input.</param>
    /// <exception cref="InvalidPromptException">No tokens, an id outside the vocabulary, or more than fit; nothing has run.</exception>
    /// <exception cref="InvalidOperationException">The model has no encoder, or the decoder has begun to write.</exception>
    /// <exception cref="NonFiniteValueException">The computation gave an infinity or NaN.</exception>
    public void Encode(ReadOnlySpan<int> tokens, CancellationToken cancellationToken = default) =>
        _model.Encode(this, tokens, null, cancellationToken);

    /// <summary>
    /// Runs tokens through the model, in chunks where there are many. Sequences that other threads append to at the same time run along in
    /// the same passes (<see cref="MoeOptions.MaxBatch"/>), which changes no result.
    /// </summary>
    /// <param name="tokens">Ids that follow what the sequence holds, at least one.</param>
    /// <param name="logits">Receives the scores of the vocabulary after the last token, [vocabulary].</param>
    /// <param name="cancellationToken">
    /// Stops between two layers or, where other sequences take part, between two passes; the sequence then ends at the last complete chunk.
    /// </param>
    /// <exception cref="InvalidPromptException">No tokens, an id outside the vocabulary, or more than fit; nothing has run.</exception>
    /// <exception cref="NonFiniteValueException">The computation gave an infinity or NaN.</exception>
    public void Append(ReadOnlySpan<int> tokens, Span<float> logits, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(logits.Length, _model.Info.VocabSize, nameof(logits));
        _model.Run(this, tokens, logits, cancellationToken);
    }

    /// <summary>
    /// Forgets the last tokens. Where layers see a window, and it has gone on too far for the tokens that are kept, these are computed again
    /// before the next ones.
    /// </summary>
    /// <param name="length">Tokens to keep.</param>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        Length = length;
        KeepComputed(Math.Min(NumComputed, length));
        PromptEnd = Math.Min(PromptEnd, length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            _model.Release(this);
            Cache.Dispose();
            InputCache?.Dispose();
            Loads?.Dispose();
        }
    }

    /// <summary>Bytes of a sequence of the full context.</summary>
    /// <param name="info">The model.</param>
    /// <param name="options">Context length and format of the KV cache.</param>
    /// <param name="chunk">Most tokens of a pass.</param>
    internal static long SizeFor(ModelInfo info, MoeOptions options, int chunk)
    {
        int capacity = options.ContextLengthFor(info);
        long cache = KvCacheLayout.For(info, options.KeyValueFormat, capacity, chunk).SizeInBytes;
        long loads = info.ExpertCapacity is null ? 0 : ExpertLoads.SizeInBytes(info.NumLayers, info.NumExperts, capacity);
        return cache + (info.HasEncoder ? cache : 0) + loads;
    }

    /// <summary>Refuses an input that the encoder cannot read, before anything runs.</summary>
    internal void CheckInput(ReadOnlySpan<int> tokens)
    {
        if (!_model.Info.HasEncoder)
        {
            throw new InvalidOperationException($"{_model.Info.Name} has no encoder; append the tokens of the prompt instead.");
        }

        if (Length > 0)
        {
            throw new InvalidOperationException("The decoder has begun to write; truncate the sequence to 0 before it gets another input.");
        }

        CheckIds(tokens);
        if (tokens.Length > Capacity)
        {
            throw new InvalidPromptException($"the input has {tokens.Length} tokens; expected at most {Capacity}, the context length");
        }
    }

    /// <summary>Refuses tokens that cannot follow, before anything runs.</summary>
    internal void CheckTokens(ReadOnlySpan<int> tokens)
    {
        CheckIds(tokens);
        if (_model.Info.HasEncoder && InputLength == 0)
        {
            throw new InvalidPromptException("the encoder has read no input; expected one before the decoder writes");
        }

        if (tokens.Length > Capacity - Length)
        {
            throw new InvalidPromptException(
                $"{tokens.Length} tokens after {Length} make {(long)Length + tokens.Length}; "
                + $"expected at most {Capacity}, the context length"
                + (Capacity < _model.Info.MaxPositions ? $" (the model allows up to {_model.Info.MaxPositions})" : ""));
        }
    }

    /// <summary>The encoder has read an input of so many tokens; 0: what it had read is gone.</summary>
    internal void SetInput(int length) => InputLength = length;

    /// <summary>
    /// Remembers tokens that are about to be computed. Where the text crosses the length at which the rotary factors switch, all cached
    /// keys become stale: they would have other angles had the text been read at once.
    /// </summary>
    /// <param name="tokens">Ids that follow, checked.</param>
    /// <param name="length">Tokens of the whole text, these included.</param>
    /// <remarks>Reference: transformers <c>modeling_phi3</c>, <c>prepare_inputs_for_generation</c>.</remarks>
    internal void Remember(ReadOnlySpan<int> tokens, int length)
    {
        tokens.CopyTo(_tokens.AsSpan(Length));
        bool hasLongRope = length > (_model.Info.RopeSwitchLength ?? int.MaxValue);
        if (hasLongRope != _hasLongRope)
        {
            _hasLongRope = hasLongRope;
            KeepComputed(0);
        }
    }

    /// <summary>The next tokens to compute.</summary>
    internal ReadOnlySpan<int> NextTokens(int count) => _tokens.AsSpan(NumComputed, count);

    /// <summary>The next tokens are about to be written to the cache; they may turn out not to be computed.</summary>
    internal void StartChunk(int count) => _numWritten = Math.Max(_numWritten, NumComputed + count);

    /// <summary>The next tokens have been computed.</summary>
    /// <param name="numTokens">How many.</param>
    /// <param name="isDecode">Whether it was a decode step.</param>
    internal void Advance(int numTokens, bool isDecode)
    {
        NumComputed += numTokens;
        Length = Math.Max(Length, NumComputed);
        PromptEnd = isDecode ? PromptEnd : Length;
    }

    private void CheckIds(ReadOnlySpan<int> tokens)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (tokens.IsEmpty)
        {
            throw new InvalidPromptException("the prompt has no tokens; expected at least one");
        }

        for (int i = 0; i < tokens.Length; i++)
        {
            if ((uint)tokens[i] >= (uint)_model.Info.VocabSize)
            {
                throw new InvalidPromptException($"token {i} is {tokens[i]}; expected an id from 0 to {_model.Info.VocabSize - 1}");
            }
        }
    }

    // without what the next token looks back to, nothing that is computed can be used
    private void KeepComputed(int count)
    {
        NumComputed = Cache.Layout.HoldsWindow(count, _numWritten) ? count : 0;
        _numWritten = NumComputed == 0 ? 0 : _numWritten;
    }
}
