using MoeGen.Experts;
using MoeGen.Kernels;

namespace MoeGen.Engine;

/// <summary>
/// Some tokens of one sequence that a pass computes: a chunk of a prompt, or the token of a decode step. Their rows stand together, in the
/// order of the text. All that a pass does is done row by row, but for what needs a position or looks back: that asks the segment.
/// </summary>
public readonly struct Segment
{
    /// <summary>Its tokens.</summary>
    public required int NumTokens { get; init; }

    /// <summary>Position of the first one in its sequence; the others follow.</summary>
    public required int FirstPosition { get; init; }

    /// <summary>Row of the first one in the pass, 0-based.</summary>
    public int FirstRow { get; init; }

    /// <summary>
    /// Tokens of the whole text as far as it is known: what the sequence will hold when all tokens of the caller's prompt are computed,
    /// also while the first chunks of it run.
    /// </summary>
    public int Length { get; init; }

    /// <summary>How many of its last tokens need logits.</summary>
    public int NumLogits { get; init; }

    /// <summary>Row of their first one in <see cref="ForwardPass.Logits"/>.</summary>
    public int FirstLogits { get; init; }

    /// <summary>Whether it is the first that runs of its sequence; with an encoder that is the input.</summary>
    public bool IsNewSequence { get; init; }

    /// <summary>Whether it is a decode step: one token behind others, whose logits are wanted.</summary>
    public bool IsDecode { get; init; }

    /// <summary>Decode steps of the sequence since its last prompt, this one not counted; 0 where it is none.</summary>
    public int DecodeStep { get; init; }

    /// <summary>
    /// Keys and values of the sequence. While an encoder runs, its layers have them one after the other at the place of the decoder's
    /// first: nothing else stands there yet.
    /// </summary>
    public KvCache Cache => Sequence!.Cache;

    /// <summary>Keys and values that the decoder's layers made of the encoder's output; only for models with an encoder.</summary>
    public KvCache InputCache => Sequence!.InputCache!;

    /// <summary>Tokens of the encoder's input, 0 while it runs.</summary>
    public int InputLength => Sequence!.InputLength;

    /// <summary>Tokens of the sequence that each expert has taken; only for models whose experts take a limited number.</summary>
    public ExpertLoads Loads => Sequence!.Loads!;

    internal Sequence? Sequence { get; init; }

    /// <summary>Its rows of a buffer that has one for each token of the pass.</summary>
    /// <param name="rows">[tokens of the pass, any width].</param>
    public Activations RowsOf(Activations rows) => rows.Skip(FirstRow);

    /// <summary>The rows of its last tokens, those that need logits.</summary>
    /// <param name="rows">[tokens of the pass, any width].</param>
    public Activations LastRowsOf(Activations rows) => rows.Skip(FirstRow + NumTokens - NumLogits);

    /// <summary>Its rows of a buffer that has one for each token that needs logits.</summary>
    /// <param name="rows">[tokens of the pass that need logits, any width].</param>
    public Activations LogitsOf(Activations rows) => rows.Skip(FirstLogits);
}
