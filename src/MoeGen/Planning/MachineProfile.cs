using MoeGen.Experts;
using MoeGen.Simulation;

namespace MoeGen.Planning;

/// <summary>What a short run has shown of a machine: how fast experts arrive, and how fast it computes when they are there.</summary>
/// <param name="LinkBytesPerSecond">Bytes of experts that arrive in a second of waiting.</param>
/// <param name="ComputeBytesPerSecond">Bytes of weights that a decoded token reads in a second of computing.</param>
internal sealed record MachineProfile(double LinkBytesPerSecond, double ComputeBytesPerSecond)
{
    // a run without any miss says nothing of the disk; this is what a slow one does
    private const double UnknownLink = 0.5e9;

    /// <summary>Reads it off a run of decoded tokens under a method that loads nothing ahead: it waits for all that it reads.</summary>
    /// <param name="info">The model.</param>
    /// <param name="statistics">What the run did.</param>
    /// <param name="elapsed">How long it took.</param>
    public static MachineProfile Of(ModelInfo info, OffloadingStatistics statistics, TimeSpan elapsed)
    {
        double stall = statistics.StallTime.TotalSeconds;
        double compute = Math.Max(elapsed.TotalSeconds - stall, elapsed.TotalSeconds / 100);
        double bytes = (statistics.Passes * (double)info.DenseBytes) + (statistics.Uses * (double)info.ExpertBytes);
        return new MachineProfile(stall > 0 && statistics.BytesRead > 0 ? statistics.BytesRead / stall : UnknownLink, bytes / compute);
    }

    /// <summary>The machine for a simulation: latencies and overheads are part of the two rates already.</summary>
    public HardwareProfile ToHardware() => new()
    {
        Name = "profile",
        LinkBytesPerSecond = LinkBytesPerSecond,
        LinkLatencyUs = 0,
        PiecesInFlight = 4,
        PieceBytes = 2 << 20,
        ComputeBytesPerSecond = ComputeBytesPerSecond,
        BalancedTokens = 4,
        ExpertUs = 0,
        LayerUs = 0,
        PassUs = 0,
        PrefetchUs = 50,
        Devices = 1,
    };
}
