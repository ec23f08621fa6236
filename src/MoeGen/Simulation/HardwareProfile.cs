using System.Diagnostics.CodeAnalysis;

namespace MoeGen.Simulation;

/// <summary>
/// What a simulation has to know of a machine: how fast experts travel to where they compute, and how long computing takes. Times are
/// virtual and counted in whole nanoseconds.
/// </summary>
internal sealed record HardwareProfile
{
    private const double NanosecondsPerSecond = 1e9;
    private const double NanosecondsPerMicrosecond = 1e3;

    private static readonly HardwareProfile[] s_builtIn = [NvmeCpu(), Rtx3090(), Rtx3090() with { Name = "6x-rtx3090-pcie4", Devices = 6 }];

    /// <summary>Names of the profiles that are built in.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. s_builtIn.Select(profile => profile.Name)];

    /// <summary>What users call it.</summary>
    public required string Name { get; init; }

    /// <summary>Bytes per second of the link that experts come over; each device has one.</summary>
    public required double LinkBytesPerSecond { get; init; }

    /// <summary>
    /// Time from asking for a piece until its first byte, in microseconds. Requests that are in flight together share it.
    /// </summary>
    public required double LinkLatencyUs { get; init; }

    /// <summary>Pieces that are asked for at once.</summary>
    public required int PiecesInFlight { get; init; }

    /// <summary>Most bytes of a piece: how long a miss may have to wait for what has begun before it.</summary>
    public required long PieceBytes { get; init; }

    /// <summary>Bytes of weights per second that computing reads.</summary>
    public required double ComputeBytesPerSecond { get; init; }

    /// <summary>Tokens that are computed in the time in which the weights are read once; with more, time grows with the tokens.</summary>
    public required double BalancedTokens { get; init; }

    /// <summary>What an expert costs beside reading its weights, in microseconds.</summary>
    public required double ExpertUs { get; init; }

    /// <summary>What a sparse layer costs beside its experts and its share of the dense weights, in microseconds.</summary>
    public required double LayerUs { get; init; }

    /// <summary>What a pass costs beside its layers, in microseconds.</summary>
    public required double PassUs { get; init; }

    /// <summary>
    /// Time that a prefetcher takes for each message: a pass that begins, a layer that is routed, a pass that ends; microseconds.
    /// </summary>
    public required double PrefetchUs { get; init; }

    /// <summary>Devices. Experts are assigned to them in turn, by key; each has a cache and a link of its own.</summary>
    public required int Devices { get; init; }

    /// <summary>Finds a profile that is built in.</summary>
    public static bool TryParse(string name, [NotNullWhen(true)] out HardwareProfile? profile)
    {
        profile = Array.Find(s_builtIn, profile => profile.Name == name);
        return profile is not null;
    }

    /// <summary>Time on the link of so many bytes, latency not counted, in nanoseconds.</summary>
    public long TransferNs(long bytes) => Round(bytes / LinkBytesPerSecond * NanosecondsPerSecond);

    /// <summary>Time from asking until the first byte, in nanoseconds.</summary>
    public long LatencyNs => Round(LinkLatencyUs * NanosecondsPerMicrosecond);

    /// <summary>Time that an expert computes, in nanoseconds.</summary>
    /// <param name="bytes">Bytes of its weights.</param>
    /// <param name="numTokens">Tokens that chose it.</param>
    public long ExpertNs(long bytes, int numTokens) => Round(WeightsNs(bytes, numTokens) + (ExpertUs * NanosecondsPerMicrosecond));

    /// <summary>Time that a sparse layer takes until it has been routed, in nanoseconds.</summary>
    /// <param name="denseBytes">Its share of the weights outside the experts.</param>
    /// <param name="numTokens">Tokens of the pass.</param>
    public long LayerNs(long denseBytes, int numTokens) => Round(WeightsNs(denseBytes, numTokens) + (LayerUs * NanosecondsPerMicrosecond));

    /// <summary>Time of a pass beside its layers, in nanoseconds.</summary>
    public long PassNs => Round(PassUs * NanosecondsPerMicrosecond);

    /// <summary>Time of a prefetcher for a message, in nanoseconds.</summary>
    public long PrefetchNs => Round(PrefetchUs * NanosecondsPerMicrosecond);

    // what two cores and a disk do that reads past the page cache: 1.3 GB/s, weights streamed at 40 GB/s
    private static HardwareProfile NvmeCpu() => new()
    {
        Name = "nvme-cpu",
        LinkBytesPerSecond = 1.3e9,
        LinkLatencyUs = 100,
        PiecesInFlight = 4,
        PieceBytes = 2 << 20,
        ComputeBytesPerSecond = 40e9,
        BalancedTokens = 4,
        ExpertUs = 5,
        LayerUs = 20,
        PassUs = 200,
        PrefetchUs = 50,
        Devices = 1,
    };

    // 936 GB/s of memory, 71 TFLOPS in half precision: 76 tokens for each reading of the weights, of which some are lost; of PCIe 4's 32
    // GB/s about 25 arrive. FineMoE was measured on six of them (arXiv 2502.05370, section 6.1)
    private static HardwareProfile Rtx3090() => new()
    {
        Name = "rtx3090-pcie4",
        LinkBytesPerSecond = 25e9,
        LinkLatencyUs = 10,
        PiecesInFlight = 2,
        PieceBytes = 4 << 20,
        ComputeBytesPerSecond = 936e9,
        BalancedTokens = 64,
        ExpertUs = 10,
        LayerUs = 50,
        PassUs = 500,
        PrefetchUs = 50,
        Devices = 1,
    };

    private static long Round(double ns) => (long)Math.Round(ns);

    private double WeightsNs(long bytes, int numTokens) =>
        bytes / ComputeBytesPerSecond * NanosecondsPerSecond * Math.Max(1, numTokens / BalancedTokens);
}
