using System.Globalization;
using MoeGen.Experts;
using MoeGen.Experts.Cache;
using MoeGen.Weights;

namespace MoeGen.Traces;

/// <summary>What an activation trace says of the model that it was recorded from: the <c>__metadata__</c> of its header.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Fingerprint">Fingerprint of its spec (<see cref="ModelInfo.Fingerprint"/>).</param>
/// <param name="Grid">Its experts.</param>
/// <param name="HiddenSize">Width of its residual stream, elements.</param>
/// <param name="ExpertBytes">Bytes of one expert.</param>
/// <param name="DenseBytes">Bytes outside the experts.</param>
internal sealed record TraceInfo(
    string Model, string Fingerprint, ExpertGrid Grid, int HiddenSize, long ExpertBytes, long DenseBytes)
{
    private const string Version = "1";
    private const string VersionKey = "moegen_trace";
    private const string ModelKey = "model";
    private const string FingerprintKey = "fingerprint";
    private const string LayersKey = "sparse_layers";
    private const string ExpertsKey = "experts";
    private const string TopKKey = "top_k";
    private const string HiddenKey = "hidden_size";
    private const string ExpertBytesKey = "expert_bytes";
    private const string DenseBytesKey = "dense_bytes";

    // far beyond any model, and small enough that no product of two of them overflows
    private const int MaxDimension = 1 << 20;

    /// <summary>The description of a model.</summary>
    public static TraceInfo Of(ModelInfo info) =>
        new(info.Name, info.Fingerprint, ExpertCache.GridOf(info), info.HiddenSize, info.ExpertBytes, info.DenseBytes);

    /// <summary>Reads the metadata of a file.</summary>
    /// <exception cref="TraceException">It is not a trace, or one of a later version.</exception>
    public static TraceInfo Read(SafetensorsFile file)
    {
        string version = Find(file, VersionKey);
        if (version != Version)
        {
            throw new TraceException(
                file.Path, $"{VersionKey} of its metadata is \"{version}\"; expected {Version}: a newer moegen may have recorded it");
        }

        ExpertGrid grid = new(ReadDimension(file, LayersKey), ReadDimension(file, ExpertsKey), ReadDimension(file, TopKKey));
        if (grid.TopK > grid.NumExperts || (long)grid.NumLayers * grid.NumExperts > Array.MaxLength)
        {
            throw new TraceException(
                file.Path,
                $"its metadata has {grid.NumLayers} layers of {grid.NumExperts} experts, {grid.TopK} of them for each token; "
                + "expected at most as many for a token as there are");
        }

        return new TraceInfo(
            Find(file, ModelKey), Find(file, FingerprintKey), grid, ReadDimension(file, HiddenKey), ReadNumber(file, ExpertBytesKey, 1),
            ReadNumber(file, DenseBytesKey, 0));
    }

    /// <summary>The strings of the header.</summary>
    public IReadOnlyDictionary<string, string> ToStrings() => new Dictionary<string, string>
    {
        [VersionKey] = Version,
        [ModelKey] = Model,
        [FingerprintKey] = Fingerprint,
        [LayersKey] = Text(Grid.NumLayers),
        [ExpertsKey] = Text(Grid.NumExperts),
        [TopKKey] = Text(Grid.TopK),
        [HiddenKey] = Text(HiddenSize),
        [ExpertBytesKey] = Text(ExpertBytes),
        [DenseBytesKey] = Text(DenseBytes),
    };

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Find(SafetensorsFile file, string key) =>
        file.Metadata.GetValueOrDefault(key)
        ?? throw new TraceException(file.Path, $"its metadata has no {key}; expected a file that `moegen trace` has written");

    private static int ReadDimension(SafetensorsFile file, string key) => (int)ReadNumber(file, key, 1, MaxDimension);

    private static long ReadNumber(SafetensorsFile file, string key, long min, long max = long.MaxValue)
    {
        string text = Find(file, key);
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number >= min && number <= max
            ? number
            : throw new TraceException(file.Path, $"{key} of its metadata is \"{text}\"; expected an integer from {min} to {max}");
    }
}
