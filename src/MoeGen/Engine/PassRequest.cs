using System.Runtime.ExceptionServices;

namespace MoeGen.Engine;

/// <summary>
/// What a sequence wants of the model: the tokens that it remembers, up to a length. It belongs to the sequence and is used again and
/// again, so that asking allocates nothing. Its caller writes it and then waits; whoever runs the pass answers.
/// </summary>
internal sealed unsafe class PassRequest(Sequence sequence)
{
    private ExceptionDispatchInfo? _fault;

    public Sequence Sequence { get; } = sequence;

    /// <summary>Tokens of the whole text, later chunks included.</summary>
    public int Length { get; private set; }

    /// <summary>Whether the last token alone is new, and no prompt's.</summary>
    public bool IsStep { get; private set; }

    public CancellationToken CancellationToken { get; private set; }

    /// <summary>Tokens that the next pass computes.</summary>
    public int NumTokens { get; private set; }

    /// <summary>How many of its last tokens need logits.</summary>
    public int NumLogits { get; private set; }

    /// <summary>Whether the running pass has computed its tokens, or failed to because of them.</summary>
    public bool IsComputed { get; private set; }

    /// <summary>Whether there is nothing more to compute: all is there, or it has failed.</summary>
    public bool IsDone => HasFailed || NumLeft == 0;

    public bool HasFailed => _fault is not null;

    /// <summary>Tokens that are not computed.</summary>
    public int NumLeft => Length - Sequence.NumComputed;

    /// <summary>Where the logits after the last token go, [vocabulary], while the caller waits; null: they stay in the pass.</summary>
    public float* Logits { get; private set; }

    /// <summary>Of the queue: asked for and not answered. Guarded by the queue.</summary>
    public bool IsQueued { get; set; }

    /// <summary>Of the queue: answered by the last pass, and expected to come back with the next token. Guarded by the queue.</summary>
    public bool IsAway { get; set; }

    /// <summary>Asks anew. The sequence remembers the tokens.</summary>
    public void Begin(int length, bool isStep, float* logits, CancellationToken cancellationToken)
    {
        _fault = null;
        Length = length;
        IsStep = isStep;
        Logits = logits;
        CancellationToken = cancellationToken;
    }

    /// <summary>Says what the next pass computes.</summary>
    public void Take(int numTokens, int numLogits)
    {
        NumTokens = numTokens;
        NumLogits = numLogits;
        IsComputed = false;
    }

    /// <summary>The pass has computed its tokens.</summary>
    public void Complete(bool isDecode)
    {
        Sequence.Advance(NumTokens, isDecode);
        IsComputed = true;
    }

    /// <summary>It cannot be done; the sequence stays where it was.</summary>
    public void Fail(Exception exception)
    {
        _fault = ExceptionDispatchInfo.Capture(exception);
        IsComputed = true;
    }

    /// <summary>Throws what went wrong, on the thread of the caller.</summary>
    public void ThrowIfFailed() => _fault?.Throw();
}
