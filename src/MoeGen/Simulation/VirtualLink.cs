using MoeGen.Experts.Cache;

namespace MoeGen.Simulation;

/// <summary>
/// The way that experts take to a device, in virtual time. Pieces travel one after the other at the link's speed; the latency of those that
/// are in flight together passes at the same time. A piece that is asked for at t is there at <c>max(t + latency, end of the one before) +
/// bytes / speed</c>, so pieces arrive in the order in which they were asked for.
/// </summary>
internal sealed class VirtualLink(HardwareProfile hardware)
{
    private readonly Queue<(CopyPiece Piece, long EndNs)> _inFlight = new();
    private long _busyUntilNs;

    /// <summary>Whether another piece may be asked for.</summary>
    public bool HasRoom => _inFlight.Count < hardware.PiecesInFlight;

    /// <summary>When the next piece arrives; <see cref="long.MaxValue"/>: none is in flight.</summary>
    public long NextEndNs => _inFlight.Count == 0 ? long.MaxValue : _inFlight.Peek().EndNs;

    /// <summary>Asks for a piece.</summary>
    public void Start(in CopyPiece piece, long bytes, long nowNs)
    {
        _busyUntilNs = Math.Max(nowNs + hardware.LatencyNs, _busyUntilNs) + hardware.TransferNs(bytes);
        _inFlight.Enqueue((piece, _busyUntilNs));
    }

    /// <summary>Takes the piece that arrives next.</summary>
    public CopyPiece Finish() => _inFlight.Dequeue().Piece;
}
