using System.Collections.Concurrent;
using MoeGen.Experts;
using MoeGen.Experts.Cache;
using MoeGen.Weights;

namespace MoeGen.Tests.Experts.Cache;

/// <summary>
/// A model of experts that are numbers: every byte of an expert's blob tells which one it is. Reads can be made slow, or to fail.
/// </summary>
internal sealed unsafe class FakeExperts : IExpertSource
{
    public const int PieceBytes = 4096;

    private readonly ConcurrentDictionary<(int Layer, int Expert, int Piece), int> _failures = [];

    public int NumPieces { get; init; } = 2;

    /// <summary>What happens before each read; may wait or throw.</summary>
    public Action<int, int, int> OnRead { get; set; } = (_, _, _) => { };

    public bool IsDisposed { get; private set; }

    public static ModelInfo Info(int numLayers, int numExperts, int topK, long expertBytes = 2 * PieceBytes) => new()
    {
        Name = "Fake",
        ModelType = "fake",
        Fingerprint = "0123456789abcdef",
        WeightFormat = WeightFormat.F32,
        NumLayers = numLayers,
        SparseLayers = [.. Enumerable.Range(0, numLayers)],
        NumExperts = numExperts,
        TopK = topK,
        RouterProbabilities = RouterProbabilities.Softmax,
        HiddenSize = 32,
        VocabSize = 100,
        MaxPositions = 1000,
        NumKeyValueHeads = 1,
        KeyDim = 32,
        ValueDim = 32,
        TotalParameters = 1000,
        ActiveParameters = 1000,
        DenseBytes = 1000,
        DenseBytesPerStep = 1000,
        ExpertBytes = expertBytes,
        WorkspaceBytesPerToken = 1000,
        BosTokenId = null,
        EosTokenIds = [],
    };

    /// <summary>A cache that holds all experts; the test fills them in.</summary>
    public static ExpertCache Resident(int numExperts, int topK, long expertBytes)
    {
        FakeExperts source = new();
        ExpertCache cache = new(Info(1, numExperts, topK, expertBytes), source, () => source, numExperts, new MoeOptions());
        cache.AdmitAll();
        return cache;
    }

    /// <summary>The byte of which an expert consists.</summary>
    public static byte Mark(int layer, int expert) => (byte)((layer * 16) + expert + 1);

    /// <summary>Makes the next reads of a piece fail.</summary>
    public void Fail(int layer, int expert, int piece, int times) => _failures[(layer, expert, piece)] = times;

    public long SizeOfPieces(int numPieces) => numPieces * PieceBytes;

    public void Read(int layer, int expert, int piece, byte* slot)
    {
        OnRead(layer, expert, piece);
        if (_failures.TryGetValue((layer, expert, piece), out int left) && left > 0)
        {
            _failures[(layer, expert, piece)] = left - 1;
            throw new IOException("the disk is on fire");
        }

        new Span<byte>(slot + (piece * PieceBytes), PieceBytes).Fill(Mark(layer, expert));
    }

    public void Verify(int layer, int expert, byte* slot)
    {
    }

    public void Dispose() => IsDisposed = true;
}
