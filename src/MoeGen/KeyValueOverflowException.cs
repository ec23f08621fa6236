using System.Globalization;

namespace MoeGen;

/// <summary>A key or value is not a number that the format of the KV cache can hold.</summary>
public sealed class KeyValueOverflowException : MoeGenException
{
    internal KeyValueOverflowException(KeyValueFormat format, float largest, int layer, int position, float value)
        : base(
            string.Create(
                CultureInfo.InvariantCulture,
                $"layer {layer} gave {value} in the keys or values of position {position}; expected finite numbers up to {largest}, "
                + $"which a KV cache in {format} holds. Use another format, such as {KeyValueFormat.F32}."))
    {
    }
}
