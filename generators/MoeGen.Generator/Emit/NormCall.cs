using MoeGen.Generator.Spec;

namespace MoeGen.Generator.Emit;

/// <summary>The call of the model's norm.</summary>
internal static class NormCall
{
    /// <summary>One statement.</summary>
    /// <param name="norm">The model's norm.</param>
    /// <param name="x">What it reads.</param>
    /// <param name="weight">Field of its weight.</param>
    /// <param name="y">Where it writes.</param>
    /// <param name="tokens">Expression of the number of tokens.</param>
    public static string Of(NormSpec norm, string x, string weight, string y, string tokens)
    {
        string last = $"{Words.Float(norm.Epsilon)}, {y}, {tokens}, worker);";
        return norm.IsLayerNorm ? $"LayerNorm.Normalize({x}, {weight}, {weight}Bias, {last}" : $"RmsNorm.Normalize({x}, {weight}, {last}";
    }
}
