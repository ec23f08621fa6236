using System.Globalization;
using MoeGen.Experts.Cache;
using MoeGen.Traces;

namespace MoeGen.Cli.Commands;

/// <summary>
/// How large a simulated cache is: a share of all experts, a number of slots, or the bytes of dense weights and slots together.
/// </summary>
/// <param name="Text">As the user wrote it.</param>
/// <param name="Share">Share of all experts, 0 to 1, or null.</param>
/// <param name="Slots">Slots, or null.</param>
/// <param name="Bytes">Bytes, or null.</param>
internal sealed record CacheSize(string Text, double? Share, int? Slots, long? Bytes)
{
    /// <summary>Reads "75%" or "96".</summary>
    public static CacheSize? ParseSlots(string text)
    {
        if (text.EndsWith('%'))
        {
            bool isShare = double.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double percent);
            return isShare && percent is > 0 and <= 100 ? new CacheSize(text, percent / 100, null, null) : null;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int slots) && slots > 0
            ? new CacheSize(text, null, slots, null)
            : null;
    }

    /// <summary>Reads "3GiB".</summary>
    public static CacheSize? ParseBudget(string text) =>
        ByteSize.TryParse(text, out ByteSize size) && size.Bytes > 0 ? new CacheSize(text, null, null, size.Bytes) : null;

    /// <summary>Slots for the experts of a trace.</summary>
    /// <param name="info">The model.</param>
    /// <param name="expertBytes">Bytes of one expert.</param>
    /// <param name="devices">Devices that share them.</param>
    /// <exception cref="CliException">There is not a slot for each device.</exception>
    public int NumSlots(TraceInfo info, long expertBytes, int devices)
    {
        double slots = Share * info.Grid.Count ?? Slots
            ?? Math.Floor((Bytes!.Value - info.DenseBytes) / (double)SlotPool.SlotSize(expertBytes));
        int rounded = (int)Math.Min(Math.Round(slots), info.Grid.Count);
        return rounded >= devices
            ? rounded
            : throw new CliException(
                $"{Text}: has room for {Math.Max(0, rounded)} experts of {new ByteSize(expertBytes)}"
                + (Bytes is null ? "" : $" beside {new ByteSize(info.DenseBytes)} of dense weights")
                + $"; expected at least {devices}, one for each device");
    }
}
