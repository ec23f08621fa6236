using MoeGen.Engine;

namespace MoeGen.Evaluation;

/// <summary>
/// Walks a text over a model, teacher forced: every token that the model sees is the text's own, and the logits after it say how well it
/// foresees the next. The prompt is read first; what follows it goes in decode steps, as a method that is not exact demands, or in chunks,
/// which is quicker and has the same bits where the method is exact. One thread at a time; steps allocate nothing on the managed heap.
/// </summary>
internal sealed class TextWalk : IDisposable
{
    private readonly MoeModel _model;
    private readonly Sequence _sequence;
    private readonly ForwardPass _pass;
    private readonly int _promptLength;
    private int[] _text = [];
    private int _row; // of the pass's logits
    private int _numRows;

    /// <summary>Makes the working memory and a sequence of the model.</summary>
    /// <param name="model">A model without an encoder.</param>
    /// <param name="promptLength">Tokens of a text that are read before the first logits.</param>
    /// <param name="chunk">Tokens that go together after them: 1 for decode steps. As many rows of the vocabulary are held.</param>
    /// <exception cref="ArgumentException">The model has an encoder.</exception>
    /// <exception cref="MemoryBudgetTooSmallException">One more KV cache does not fit the memory budget.</exception>
    public TextWalk(MoeModel model, int promptLength, int chunk = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(promptLength, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(chunk, 1);
        if (model.Info.HasEncoder)
        {
            throw new ArgumentException($"{model.Info.Name} has an encoder; expected a model that continues its prompt.", nameof(model));
        }

        _model = model;
        _promptLength = promptLength;
        int maxTokens = Math.Max(chunk, Math.Min(promptLength, MoeOptions.DefaultPrefillChunk));
        _sequence = model.CreateSequence(maxTokens);
        _pass = model.NewPass(maxTokens, maxLogits: chunk);
    }

    /// <summary>Hears the routing of every layer of every pass; null: nobody.</summary>
    public IRoutingObserver? Observer
    {
        get => _pass.Observer;
        set => _pass.Observer = value;
    }

    /// <summary>0-based position of the token after which <see cref="Logits"/> were computed.</summary>
    public int Position => _sequence.Length - _numRows + _row;

    /// <summary>Scores of the vocabulary after the token at <see cref="Position"/>, [vocabulary] f32; valid until the next step.</summary>
    public ReadOnlySpan<float> Logits => _pass.Logits[_row];

    /// <summary>The token that follows in the text.</summary>
    public int NextToken => _text[Position + 1];

    /// <summary>Tokens of a text that a walk stops behind: those that have a successor, from the prompt's last on.</summary>
    /// <param name="textLength">Tokens of the text, at least 2.</param>
    /// <param name="promptLength">Tokens of the prompt; a text that has no more is foreseen at its last token alone.</param>
    public static int NumStops(int textLength, int promptLength) => textLength - Math.Min(promptLength, textLength - 1);

    /// <summary>Begins a text, also where the one before was not walked to its end.</summary>
    /// <param name="text">Ids, at least 2; kept until the next text begins. The last one is not run: nothing follows it.</param>
    /// <exception cref="InvalidPromptException">There is nothing to foresee.</exception>
    public void Start(int[] text)
    {
        if (text.Length < 2)
        {
            throw new InvalidPromptException($"the text has {text.Length} tokens; expected at least 2, one to see and one to foresee");
        }

        _text = text;
        _row = 0;
        _numRows = 0;
        _sequence.Truncate(0);
    }

    /// <summary>Goes to the next token that has a successor, the first time to the prompt's last.</summary>
    /// <param name="cancellationToken">Stops between two layers; the walk goes on with another <see cref="Start"/>.</param>
    /// <returns>Whether there is one; false: the text is at its end.</returns>
    /// <exception cref="InvalidPromptException">The text is longer than the context, or has an id outside the vocabulary.</exception>
    /// <exception cref="NonFiniteValueException">The computation gave an infinity or NaN.</exception>
    public bool MoveNext(CancellationToken cancellationToken = default)
    {
        if (_row + 1 < _numRows)
        {
            _row++;
            return true;
        }

        int start = _sequence.Length, end = _text.Length - 1;
        if (start >= end)
        {
            return false;
        }

        _row = 0;
        _numRows = start == 0 ? ReadPrompt(Math.Min(_promptLength, end), cancellationToken) : ReadChunk(start, end, cancellationToken);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _pass.Dispose();
        _sequence.Dispose();
    }

    private int ReadPrompt(int length, CancellationToken cancellationToken)
    {
        while (_sequence.Length < length)
        {
            int start = _sequence.Length, count = Math.Min(length - start, _pass.MaxTokens);
            bool isLast = start + count == length;
            _model.Run(_pass, _sequence, _text.AsSpan(start, count), isLast ? 1 : 0, cancellationToken, length);
        }

        return 1;
    }

    private int ReadChunk(int start, int end, CancellationToken cancellationToken)
    {
        int count = Math.Min(end - start, _pass.MaxLogits);
        if (_model.Info.RopeSwitchLength is { } length && start < length)
        {
            // tokens up to there have other rotary factors than those behind: a chunk with both would not be what decode steps compute
            count = Math.Min(count, length - start);
        }

        _model.Run(_pass, _sequence, _text.AsSpan(start, count), count, cancellationToken);
        return count;
    }
}
