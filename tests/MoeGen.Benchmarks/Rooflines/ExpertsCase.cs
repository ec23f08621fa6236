using MoeGen.Experts;
using MoeGen.Experts.Cache;
using MoeGen.Kernels;

namespace MoeGen.Benchmarks.Rooflines;

/// <summary>
/// The feed-forward part of sparse layers, called as generated code calls it: experts that tokens have chosen by lot, out of as many layers
/// as make the weights larger than any cache.
/// </summary>
internal sealed unsafe class ExpertsCase<TFormat> : IDisposable
    where TFormat : struct, IWeightFormat
{
    private const long MinBytes = 768L << 20;

    private readonly ExpertCache _cache;
    private readonly ExpertList<OlmoeExpert<TFormat>, ExpertUpShape, ExpertDownShape, TFormat>[] _layers;

    /// <summary>Fills the experts.</summary>
    public ExpertsCase()
    {
        long layerBytes = Olmoe.NumExperts * OlmoeExpert<TFormat>.SizeInBytes;
        int numLayers = (int)((MinBytes + layerBytes - 1) / layerBytes);
        ResidentExperts source = new();
        ModelInfo info = ResidentExperts.Describe(numLayers, OlmoeExpert<TFormat>.SizeInBytes, TFormat.Format);
        _cache = new ExpertCache(info, source, () => source, numLayers * Olmoe.NumExperts, new MoeOptions());
        _cache.AdmitAll();
        _layers =
        [
            .. Enumerable.Range(0, numLayers).Select(
                layer => new ExpertList<OlmoeExpert<TFormat>, ExpertUpShape, ExpertDownShape, TFormat>(_cache, layer)),
        ];
        WeightMemory.Fill(_cache.Address(0, 0), Bytes);
    }

    // slots are multiples of a page, as experts of this shape are
    private long Bytes => _layers.Length * Olmoe.NumExperts * OlmoeExpert<TFormat>.SizeInBytes;

    /// <summary>Makes tokens that choose experts.</summary>
    /// <param name="numTokens">Tokens.</param>
    /// <returns>The case; the experts stay this object's.</returns>
    public KernelCase With(int numTokens)
    {
        RandomChoices choices = new(numTokens);
        TokenRows x = new(numTokens, Olmoe.HiddenSize, TFormat.Format), hidden = new(numTokens, Olmoe.HiddenSize);
        int numRows = numTokens * Olmoe.TopK;
        TokenRows gate = new(numRows, Olmoe.ExpertIntermediateSize, TFormat.Format), up = new(numRows, Olmoe.ExpertIntermediateSize);
        TokenRows down = new(numRows, Olmoe.HiddenSize);
        return new KernelCase(choices, x, hidden, gate, up, down)
        {
            Kernel = KernelNames.Experts,
            Format = TFormat.Format.ToString(),
            NumTokens = numTokens,
            Work = KernelWork.OfExperts<TFormat>(numTokens, choices.MeanExperts),
            Arithmetic = Arithmetics.Of(TFormat.Format),
            Memory = new MemoryRange(_cache.Address(0, 0), Bytes),
            Run = (worker, run) =>
            {
                int layer = run % _layers.Length;
                Routing routing = choices[run];
                if (worker.Index == 0)
                {
                    _cache.StartLayer(layer, routing, isNewSequence: false);
                }

                worker.Sync();
                FeedForward.GateAndUp(new SwiGlu(), _layers[layer], routing, x.Rows, gate.Rows, up.Rows, worker);
                worker.Sync();
                FeedForward.Down(_layers[layer], routing, gate.Rows, down.Rows, worker);
                FeedForward.AddChosen(routing, down.Rows, hidden.Rows, numTokens, worker);
                worker.Sync();
            },
        };
    }

    public void Dispose() => _cache.Dispose();
}
