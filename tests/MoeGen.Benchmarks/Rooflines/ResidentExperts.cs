using MoeGen.Experts;
using MoeGen.Weights;

namespace MoeGen.Benchmarks.Rooflines;

/// <summary>Experts that are all in memory, of a model of OLMoE's sizes: nothing is ever read.</summary>
internal sealed unsafe class ResidentExperts : IExpertSource
{
    public int NumPieces => 1;

    /// <summary>The model, as far as its experts need it.</summary>
    /// <param name="numLayers">Sparse layers.</param>
    /// <param name="expertBytes">Bytes of an expert.</param>
    /// <param name="format">Format of the matrices.</param>
    public static ModelInfo Describe(int numLayers, long expertBytes, WeightFormat format) => new()
    {
        Name = "Olmoe",
        ModelType = "olmoe",
        Fingerprint = "",
        WeightFormat = format,
        NumLayers = numLayers,
        SparseLayers = [.. Enumerable.Range(0, numLayers)],
        NumExperts = Olmoe.NumExperts,
        TopK = Olmoe.TopK,
        RouterProbabilities = RouterProbabilities.Softmax,
        HiddenSize = Olmoe.HiddenSize,
        VocabSize = Olmoe.VocabSize,
        MaxPositions = 4096,
        NumKeyValueHeads = Olmoe.NumHeads,
        KeyDim = Olmoe.HeadDim,
        ValueDim = Olmoe.HeadDim,
        TotalParameters = 0,
        ActiveParameters = 0,
        DenseBytes = 0,
        DenseBytesPerStep = 0,
        ExpertBytes = expertBytes,
        WorkspaceBytesPerToken = 0,
        BosTokenId = null,
        EosTokenIds = [],
    };

    public long SizeOfPieces(int numPieces) => throw NothingToRead();

    public void Read(int layer, int expert, int piece, byte* slot) => throw NothingToRead();

    public void Verify(int layer, int expert, byte* slot)
    {
    }

    public void Dispose()
    {
    }

    private static InvalidOperationException NothingToRead() => new("An expert was missing; expected all of them in memory.");
}
