namespace MoeGen.Tokenizers;

/// <summary>One step from the tokens of a sequence to its text.</summary>
/// <remarks>The steps are defined over the whole sequence, so that a step may join tokens; <see cref="DecodePlan"/> finds what can be done
/// token by token.</remarks>
internal abstract class Decoder
{
    /// <summary>Returns the parts of the text that the next step gets in place of the tokens.</summary>
    /// <param name="tokens">The tokens as the vocabulary writes them, or what the step before made of them.</param>
    public abstract List<string> Decode(List<string> tokens);
}
