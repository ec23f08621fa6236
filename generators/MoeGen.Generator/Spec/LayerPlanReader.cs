using System;
using System.Collections.Generic;
using System.Linq;
using MoeGen.Generator.Spec.Families;

namespace MoeGen.Generator.Spec;

/// <summary>What a layer's tokens see, and whether they carry positions.</summary>
internal readonly record struct LayerView(int? SlidingWindow, int? ChunkSize, bool HasRope);

/// <summary>Reads which layers are sparse and what each layer sees.</summary>
/// <param name="config">The config.</param>
/// <param name="keys">Keys of the plan.</param>
/// <param name="numLayersKey">Key of the number of layers.</param>
/// <param name="numLayers">Layers.</param>
internal sealed class LayerPlanReader(ConfigReader config, LayerPlanKeys keys, string numLayersKey, int numLayers)
{
    private const string WindowKey = "sliding_window";
    private const string LayerTypesKey = "layer_types";
    private const string Full = "full_attention";
    private const string Sliding = "sliding_attention";
    private const string Chunked = "chunked_attention";

    private IEnumerable<int> Layers => Enumerable.Range(0, numLayers);

    public bool[] ReadSparse()
    {
        if (keys.SparseCountKey is not null)
        {
            return ReadCounted(keys.SparseCountKey);
        }

        int step = keys.SparseStepKey is null ? 1 : config.IntOrNull(keys.SparseStepKey, 1, SpecBounds.MaxLayers) ?? 1;
        int frequency = keys.FrequencyKey is null ? 1 : config.IntOrNull(keys.FrequencyKey, 1, SpecBounds.MaxLayers) ?? 1;
        int firstDense = keys.FirstDenseKey is null
            ? 0
            : config.IntOrNull(keys.FirstDenseKey, 0, SpecBounds.MaxLayers) ?? keys.DefaultFirstDense;
        IReadOnlyList<int> dense = keys.DenseLayersKey is null ? [] : config.Ints(keys.DenseLayersKey, 0, numLayers - 1);
        bool hasList = keys.SparseLayersKey is not null && config.Has(keys.SparseLayersKey);
        IReadOnlyList<int> listed = hasList ? config.Ints(keys.SparseLayersKey!, 0, numLayers - 1) : [];
        bool[] sparse =
        [
            .. Layers.Select(layer => hasList
                ? listed.Contains(layer)
                : (layer + 1) % step == 0 && layer >= firstDense && layer % frequency == 0 && !dense.Contains(layer)),
        ];
        if (!sparse.Contains(true) && !config.HasErrors)
        {
            string key = hasList ? keys.SparseLayersKey!
                : dense.Count > 0 ? keys.DenseLayersKey!
                : firstDense > 0 ? keys.FirstDenseKey!
                : keys.SparseStepKey ?? keys.FrequencyKey!;
            config.ReportAt(
                key, SpecRules.ContradictoryValues, $"{key} is {config.Describe(key)} and leaves none of {numLayers} layers with experts",
                "expected at least one sparse layer");
        }

        return sparse;
    }

    public LayerView[] ReadViews() => keys.HasNopeLayers ? ReadChunkedViews() : ReadSlidingViews();

    private bool[] ReadCounted(string countKey)
    {
        // three sparse layers are the default of its configuration class
        int count = config.IntOrNull(countKey, 0, SpecBounds.MaxLayers) ?? Math.Min(3, numLayers);
        if (count > numLayers && !config.HasErrors)
        {
            config.ReportAt(
                countKey, SpecRules.ContradictoryValues,
                $"{countKey} is {count} but {numLayersKey} is {numLayers}", $"expected it between 0 and {numLayersKey}");
        }

        // none gives a step of all layers in the reference, which makes layer 1 sparse
        int step = count == 0 ? numLayers : numLayers / count;
        step = keys.SparseCountStepKey is null ? step : config.IntOrNull(keys.SparseCountStepKey, 0, SpecBounds.MaxLayers) ?? step;
        return [.. Layers.Select(layer => step == 1 || (step > 1 && layer % step == 1))];
    }

    private LayerView[] ReadSlidingViews()
    {
        if (!keys.HasSlidingWindow)
        {
            _ = ReadTypes(Full);
            return [.. Layers.Select(_ => new LayerView(null, null, HasRope: true))];
        }

        bool isOn = keys.SlidingWindowSwitchKey is null || (config.BoolOrNull(keys.SlidingWindowSwitchKey) ?? false);
        int? window = config.Contains(WindowKey) ? config.IntOrNull(WindowKey, 1, SpecBounds.MaxPositions) : keys.DefaultSlidingWindow;
        int end = keys.SlidingLayersKey is null
            ? numLayers
            : config.IntOrNull(keys.SlidingLayersKey, 0, SpecBounds.MaxLayers) ?? keys.DefaultSlidingLayers;
        bool[] sliding =
            [.. Layers.Select(layer => isOn && window is not null && layer < end && (!keys.SlidesEverySecond || layer % 2 == 0))];
        if (ReadTypes(Full, Sliding) is { } types)
        {
            bool[] listed = [.. types.Select(type => type == Sliding)];
            if (!keys.HasLayerTypes && !listed.SequenceEqual(sliding) && !config.HasErrors)
            {
                config.ReportAt(
                    LayerTypesKey, SpecRules.ContradictoryValues,
                    $"{LayerTypesKey} differs from the layers that slide by {WindowKey}, which are {Words(sliding)}",
                    $"expected no {LayerTypesKey}, or the same layers, because the family's code does not look at it");
            }

            sliding = listed;
        }

        bool needsWindow = sliding.Contains(true) || (isOn && keys.SlidingWindowSwitchKey is not null);
        if (needsWindow && window is null && !config.HasErrors)
        {
            config.ReportAt(WindowKey, SpecRules.MissingKey, WindowKey, "an integer, because some layers have a sliding window");
        }

        return [.. sliding.Select(isSliding => new LayerView(isSliding ? window : null, null, HasRope: true))];
    }

    private static string Words(bool[] layers) => layers.All(layer => layer) ? "all" : layers.Any(layer => layer) ? "some" : "none";

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
                $"{NopeKey} has {flags.Count} entries but {numLayersKey} is {numLayers}", "expected one entry per layer");
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
                $"{LayerTypesKey} has {types.Count} entries but {numLayersKey} is {numLayers}", "expected one entry per layer");
        }

        return null;
    }
}
