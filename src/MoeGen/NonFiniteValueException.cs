using System.Globalization;
using MoeGen.Weights;

namespace MoeGen;

/// <summary>An infinity or NaN turned up where it would decide what the model does. Nothing was routed or sampled by it.</summary>
public sealed class NonFiniteValueException : MoeGenException
{
    private const string Cause = "The weights overflow or are damaged.";

    private NonFiniteValueException(string message)
        : base(message)
    {
    }

    internal static NonFiniteValueException InRouter(int layer, int expert, float value) =>
        new($"router of layer {layer} gave {Format(value)} for expert {expert}; expected finite logits. {Cause}");

    internal static NonFiniteValueException InLogits(int position, int token, float value) =>
        new($"the logits after position {position} hold {Format(value)} for token {token}; expected finite logits. {Cause}");

    internal static NonFiniteValueException InTensor(string file, string tensor, long index, float value) =>
        new($"{file}: tensor {tensor} holds {Format(value)} at flat index {index}; expected finite values. The file is damaged.");

    internal static NonFiniteValueException InScaledTensor(string file, string tensor, long index, float value) =>
        new($"{file}: tensor {tensor} gives {Format(value)} for its value {index} when scaled; "
            + "expected finite values. The file is damaged.");

    internal static NonFiniteValueException InScale(string file, string tensor, long index, float value, WeightFormat format) =>
        new($"{file}: tensor {tensor} holds {Format(value)} at flat index {index}, which asks for a scale beyond 65504 in {format}; "
            + "expected smaller values, or take another format.");

    private static string Format(float value) => value switch
    {
        float.NaN => "NaN",
        float.PositiveInfinity => "infinity",
        float.NegativeInfinity => "-infinity",
        _ => value.ToString(CultureInfo.InvariantCulture),
    };
}
