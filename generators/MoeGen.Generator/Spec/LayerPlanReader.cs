using System.Collections.Generic;
using System.Linq;
using MoeGen.Generator.Spec.Families;

namespace MoeGen.Generator.Spec;

/// <summary>What a layer's tokens see, and whether they carry positions.</summary>
internal readonly record struct LayerView(int? SlidingWindow, int? ChunkSize, bool HasRope);

/// <summary>Reads which layers are sparse and what each layer sees.</summary>
internal sealed class LayerPlanReader(ConfigReader config, Family family, int numLayers)
{
    private const string WindowKey = "sliding_window";
    private const string LayerTypesKey = "layer_types";
    private const string Full = "full_attention";
    private const string Sliding = "sliding_attention";
    private const string Chunked = "chunked_attention";

    private LayerPlanKeys Keys => family.Layers;

    private IEnumerable<int> Layers => Enumerable.Range(0, numLayers);

    public bool[] ReadSparse()
    {
        int step = Keys.SparseStepKey is null ? 1 : config.IntOrNull(Keys.SparseStepKey, 1, SpecBounds.MaxLayers) ?? 1;
        int frequency = Keys.FrequencyKey is null ? 1 : config.IntOrNull(Keys.FrequencyKey, 1, SpecBounds.MaxLayers) ?? 1;
        int firstDense = Keys.FirstDenseKey is null
            ? 0
            : config.IntOrNull(Keys.FirstDenseKey, 0, SpecBounds.MaxLayers) ?? Keys.DefaultFirstDense;
        IReadOnlyList<int> dense = Keys.DenseLayersKey is null ? [] : config.Ints(Keys.DenseLayersKey, 0, numLayers - 1);
        bool hasList = Keys.SparseLayersKey is not null && config.Has(Keys.SparseLayersKey);
        IReadOnlyList<int> listed = hasList ? config.Ints(Keys.SparseLayersKey!, 0, numLayers - 1) : [];
        bool[] sparse =
        [
            .. Layers.Select(layer => hasList
                ? listed.Contains(layer)
                : (layer + 1) % step == 0 && layer >= firstDense && layer % frequency == 0 && !dense.Contains(layer)),
        ];
        if (!sparse.Contains(true) && !config.HasErrors)
        {
            string key = hasList ? Keys.SparseLayersKey!
                : dense.Count > 0 ? Keys.DenseLayersKey!
                : firstDense > 0 ? Keys.FirstDenseKey!
                : Keys.SparseStepKey ?? Keys.FrequencyKey!;
            config.ReportAt(
                key, SpecRules.ContradictoryValues, $"{key} is {config.Describe(key)} and leaves none of {numLayers} layers with experts",
                "expected at least one sparse layer");
        }

        return sparse;
    }

    public LayerView[] ReadViews() => Keys.HasNopeLayers ? ReadChunkedViews() : ReadSlidingViews();

    private LayerView[] ReadSlidingViews()
    {
        if (!Keys.HasSlidingWindow)
        {
            _ = ReadTypes(Full);
            return [.. Layers.Select(_ => new LayerView(null, null, HasRope: true))];
        }

        bool isOn = Keys.SlidingWindowSwitchKey is null || (config.BoolOrNull(Keys.SlidingWindowSwitchKey) ?? false);
        int? window = config.IntOrNull(WindowKey, 1, SpecBounds.MaxPositions);
        int fullLayers = Keys.FullAttentionLayersKey is null
            ? 0
            : config.IntOrNull(Keys.FullAttentionLayersKey, 0, SpecBounds.MaxLayers) ?? 0;
        IReadOnlyList<string>? types = ReadTypes(Full, Sliding);
        bool[] sliding = types is not null
            ? [.. types.Select(type => type == Sliding)]
            : [.. Layers.Select(layer => isOn && window is not null && layer >= fullLayers && (!Keys.SlidesEverySecond || layer % 2 == 0))];
        bool needsWindow = sliding.Contains(true) || Keys.SlidesEverySecond || (isOn && Keys.SlidingWindowSwitchKey is not null);
        if (needsWindow && window is null && !config.HasErrors)
        {
            config.ReportAt(WindowKey, SpecRules.MissingKey, WindowKey, "an integer, because some layers have a sliding window");
        }

        return [.. sliding.Select(isSliding => new LayerView(isSliding ? window : null, null, HasRope: true))];
    }

    private LayerView[] ReadChunkedViews()
    {
        const string NopeKey = "no_rope_layers";
        const string ChunkKey = "attention_chunk_size";
        int interval = config.IntOrNull("no_rope_layer_interval", 1, SpecBounds.MaxLayers) ?? 4;
        IReadOnlyList<int> flags = config.Ints(NopeKey, 0, 1);
        if (flags.Count > 0 && flags.Count < numLayers && !config.HasErrors)
        {
            config.ReportAt(
                NopeKey, SpecRules.ContradictoryValues,
                $"{NopeKey} has {flags.Count} entries but num_hidden_layers is {numLayers}", "expected one entry per layer");
        }

        // 1 stands for a layer with rotary positions, whatever the name of the key suggests
        bool[] hasRope = [.. Layers.Select(layer => flags.Count > layer ? flags[layer] == 1 : (layer + 1) % interval != 0)];

        // null says that nothing is chunked
        int? chunk = config.Contains(ChunkKey) ? config.IntOrNull(ChunkKey, 1, SpecBounds.MaxPositions) : 8192;
        IReadOnlyList<string>? types = ReadTypes(Full, Chunked);
        bool[] chunked = types is not null ? [.. types.Select(type => type == Chunked)] : hasRope;
        return [.. Layers.Select(layer => new LayerView(null, chunked[layer] ? chunk : null, hasRope[layer]))];
    }

    private IReadOnlyList<string>? ReadTypes(params string[] words)
    {
        IReadOnlyList<string>? types = config.WordsOrNull(LayerTypesKey, words);
        if (types is null || types.Count == numLayers)
        {
            return types;
        }

        if (!config.HasErrors)
        {
            config.ReportAt(
                LayerTypesKey, SpecRules.ContradictoryValues,
                $"{LayerTypesKey} has {types.Count} entries but num_hidden_layers is {numLayers}", "expected one entry per layer");
        }

        return null;
    }
}
