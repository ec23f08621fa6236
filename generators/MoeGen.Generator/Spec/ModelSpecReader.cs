using System;
using System.Collections.Generic;
using System.Linq;
using MoeGen.Generator.Spec.Families;
using MoeGen.Generator.Spec.Json;

namespace MoeGen.Generator.Spec;

/// <summary>What reading a config gave: a spec, or errors that say why not; warnings may come with either.</summary>
internal sealed record SpecResult(ModelSpec? Spec, EquatableArray<SpecDiagnostic> Diagnostics);

/// <summary>
/// Reads the config of any family: JSON, then the family by <c>model_type</c>, then its values, checked one by one and together.
/// </summary>
internal sealed class ModelSpecReader
{
    // bounds well beyond every published model: what lies outside is a mistake, and no product of them overflows a long
    private const int MaxWidth = 1 << 20;
    private const int MaxVocabSize = 1 << 24;
    private const int MaxPositions = 1 << 28;
    private const int MaxLayers = 4096;
    private const int MaxHeads = 4096;
    private const int MaxHeadDim = 4096;
    private const int MaxExperts = 1 << 16;

    private readonly ConfigReader _config;
    private readonly Family _family;

    private ModelSpecReader(ConfigReader config, Family family)
    {
        _config = config;
        _family = family;
    }

    /// <summary>Reads a spec.</summary>
    /// <param name="json">Text of config.json.</param>
    /// <param name="weightFormat">How to hold the matrices; null: as <c>torch_dtype</c> says.</param>
    public static SpecResult Read(string json, WeightFormat? weightFormat = null)
    {
        JsonValue root;
        try
        {
            root = JsonParser.Parse(json);
        }
        catch (JsonSyntaxException syntax)
        {
            return Failed(new SpecDiagnostic(SpecRules.MalformedJson, syntax.Range, syntax.Message));
        }

        if (root is not JsonObject obj)
        {
            return Failed(new SpecDiagnostic(SpecRules.MistypedValue, root.Range, "the config", root.Describe(), "an object"));
        }

        ConfigReader config = new(obj);
        Family? family = ReadFamily(config);
        ModelSpec? spec = family is null ? null : new ModelSpecReader(config, family).ReadSpec(weightFormat);
        return new SpecResult(config.HasErrors ? null : spec, new EquatableArray<SpecDiagnostic>(config.Diagnostics));
    }

    private static SpecResult Failed(SpecDiagnostic diagnostic) => new(null, new EquatableArray<SpecDiagnostic>([diagnostic]));

    private static Family? ReadFamily(ConfigReader config)
    {
        const string Key = "model_type";
        string known = string.Join(", ", FamilyCatalog.ModelTypes.ToArray());
        string? modelType = config.StringOrNull(Key);
        if (modelType is null)
        {
            config.ReportAt(Key, SpecRules.MissingKey, Key, "one of " + known);
            return null;
        }

        Family? family = FamilyCatalog.Find(modelType);
        if (family is null && !config.HasErrors)
        {
            string? near = NearestName.Find(modelType, FamilyCatalog.ModelTypes);
            config.ReportAt(Key, SpecRules.UnknownModelType, config.Describe(Key), known, near is null ? "" : $" (did you mean {near}?)");
        }

        return family;
    }

    private ModelSpec ReadSpec(WeightFormat? weightFormat)
    {
        int hiddenSize = _config.Int("hidden_size", 1, MaxWidth);
        int vocabSize = _config.Int("vocab_size", 1, MaxVocabSize);
        int maxPositions = _config.Int("max_position_embeddings", 1, MaxPositions);
        int numLayers = _config.Int("num_hidden_layers", 1, MaxLayers);
        double epsilon = _config.PositiveDoubleOrNull("rms_norm_eps") ?? _family.DefaultNormEpsilon;
        bool tied = _config.BoolOrNull("tie_word_embeddings") ?? false;

        // without a vocabulary to compare with, a second error about the same fault would only hide it
        int lastToken = _config.HasErrors ? int.MaxValue : vocabSize - 1;
        int? bos = _config.IntOrNull("bos_token_id", 0, lastToken);
        IReadOnlyList<int> eos = _config.IntOrInts("eos_token_id", 0, lastToken);
        RequireActivation();
        WeightFormat format = ReadWeightFormat(weightFormat);

        AttentionSpec attention = ReadAttention(hiddenSize);
        RopeSpec rope = new RopeSpecReader(_config, _family).Read(maxPositions);
        bool[] isSliding = ReadSlidingLayers(numLayers, out int? window);
        SparseSpec sparse = ReadSparse();
        bool[] isSparse = ReadSparseLayers(numLayers);
        DenseSpec? dense = ReadDense(isSparse);
        ReportUnreadKeys();

        List<LayerKindSpec> kinds = [];
        List<int> layerKinds = [];
        bool mixed = isSliding.Distinct().Count() > 1;
        for (int layer = 0; layer < numLayers && !_config.HasErrors; layer++)
        {
            string name = (isSparse[layer] ? "Sparse" : "Dense") + (mixed && isSliding[layer] ? "SlidingLayer" : "Layer");
            FeedForwardSpec feedForward = isSparse[layer] ? sparse : dense!;
            LayerKindSpec kind = new(name, attention with { SlidingWindow = isSliding[layer] ? window : null }, feedForward);
            if (!kinds.Contains(kind))
            {
                kinds.Add(kind);
            }

            layerKinds.Add(kinds.IndexOf(kind));
        }

        return new ModelSpec(
            _family.ModelType, format, vocabSize, hiddenSize, maxPositions, epsilon, tied, rope,
            new EquatableArray<LayerKindSpec>(kinds), new EquatableArray<int>(layerKinds), _family.Tensors, bos,
            new EquatableArray<int>(eos));
    }

    private void RequireActivation()
    {
        const string Key = "hidden_act";
        string activation = _config.StringOrNull(Key) ?? "silu";
        if (activation is not ("silu" or "swish"))
        {
            _config.ReportAt(Key, SpecRules.UnsupportedSetting, Key, _config.Describe(Key), _family.ModelType, "\"silu\"");
        }
    }

    private WeightFormat ReadWeightFormat(WeightFormat? asked)
    {
        // newer configs call it dtype
        string key = _config.Has("dtype") ? "dtype" : "torch_dtype";
        _ = _config.Has("torch_dtype");
        string? dtype = _config.StringOrNull(key);
        if (asked is not null)
        {
            return asked.Value;
        }

        switch (dtype)
        {
            case "bfloat16":
                return WeightFormat.BF16;
            case "float16":
                return WeightFormat.F16;
            case "float32" or null:
                return WeightFormat.F32;
            default:
                _config.ReportAt(
                    key, SpecRules.UnsupportedSetting, key, _config.Describe(key), _family.ModelType,
                    "\"bfloat16\", \"float16\" or \"float32\"");
                return WeightFormat.F32;
        }
    }

    private AttentionSpec ReadAttention(int hiddenSize)
    {
        const string HeadsKey = "num_attention_heads";
        const string KeyValueHeadsKey = "num_key_value_heads";
        const string HeadDimKey = "head_dim";
        int heads = _config.Int(HeadsKey, 1, MaxHeads);
        int keyValueHeads = _config.IntOrNull(KeyValueHeadsKey, 1, MaxHeads) ?? heads;
        if (heads % keyValueHeads != 0)
        {
            _config.ReportAt(
                KeyValueHeadsKey, SpecRules.ContradictoryValues,
                $"{KeyValueHeadsKey} is {keyValueHeads} but {HeadsKey} is {heads}", $"expected a divisor of {HeadsKey}");
        }

        int? headDim = _config.IntOrNull(HeadDimKey, 2, MaxHeadDim);
        if (headDim is null && hiddenSize % heads != 0)
        {
            _config.ReportAt(
                HeadsKey, SpecRules.ContradictoryValues,
                $"{HeadsKey} is {heads} but hidden_size is {hiddenSize} and {HeadDimKey} is absent",
                $"expected a divisor of hidden_size, or {HeadDimKey}");
        }

        int dim = headDim ?? Math.Max(1, hiddenSize / heads);
        if (dim % 2 != 0 && !_config.HasErrors)
        {
            string key = headDim is null ? HeadsKey : HeadDimKey;
            _config.ReportAt(
                key, SpecRules.ValueOutOfRange,
                HeadDimKey, ConfigNumbers.Format(dim), "an even number, because rotary positions turn pairs");
        }

        bool bias = _family.AttentionBiasKey is not null && (_config.BoolOrNull(_family.AttentionBiasKey) ?? false);
        return new AttentionSpec(heads, keyValueHeads, dim, _family.HasHeadNorm, bias, SlidingWindow: null);
    }

    private bool[] ReadSlidingLayers(int numLayers, out int? window)
    {
        const string WindowKey = "sliding_window";
        const string LayerTypesKey = "layer_types";
        const string Sliding = "sliding_attention";
        bool isOn = _family.SlidingWindowSwitchKey is null || (_config.BoolOrNull(_family.SlidingWindowSwitchKey) ?? false);
        window = _config.IntOrNull(WindowKey, 1, MaxPositions);
        int fullLayers = _family.FullAttentionLayersKey is null ? 0 : _config.IntOrNull(_family.FullAttentionLayersKey, 0, MaxLayers) ?? 0;
        IReadOnlyList<string>? types = _config.WordsOrNull(LayerTypesKey, "full_attention", Sliding);

        bool[] sliding = new bool[numLayers];
        if (types is not null && types.Count != numLayers && !_config.HasErrors)
        {
            _config.ReportAt(
                LayerTypesKey, SpecRules.ContradictoryValues,
                $"{LayerTypesKey} has {types.Count} entries but num_hidden_layers is {numLayers}", "expected one entry per layer");
        }
        else if (types is not null)
        {
            sliding = [.. types.Select(type => type == Sliding)];
        }
        else if (isOn && window is not null)
        {
            sliding = [.. Enumerable.Range(0, numLayers).Select(layer => layer >= fullLayers)];
        }

        bool needsWindow = sliding.Contains(true) || (isOn && _family.SlidingWindowSwitchKey is not null);
        if (needsWindow && window is null && !_config.HasErrors)
        {
            _config.ReportAt(WindowKey, SpecRules.MissingKey, WindowKey, "an integer, because some layers have a sliding window");
        }

        return sliding;
    }

    private SparseSpec ReadSparse()
    {
        const string TopKKey = "num_experts_per_tok";
        string expertsKey = _family.NumExpertsKeys.FirstOrDefault(_config.Has) ?? _family.NumExpertsKeys[0];
        int experts = _config.Int(expertsKey, 1, MaxExperts);
        int topK = _config.Int(TopKKey, 1, MaxExperts);
        if (topK > experts && !_config.HasErrors)
        {
            _config.ReportAt(
                TopKKey, SpecRules.ContradictoryValues,
                $"{TopKKey} is {topK} but {expertsKey} is {experts}", $"expected it between 1 and {expertsKey}");
        }

        // a published default of false: Qwen3MoeConfig of transformers
        bool normalize = _family.NormalizeTopKKey is null || (_config.BoolOrNull(_family.NormalizeTopKKey) ?? false);
        return new SparseSpec(experts, topK, normalize, _config.Int(_family.ExpertIntermediateSizeKey, 1, MaxWidth));
    }

    private bool[] ReadSparseLayers(int numLayers)
    {
        int step = _family.SparseStepKey is null ? 1 : _config.IntOrNull(_family.SparseStepKey, 1, MaxLayers) ?? 1;
        IReadOnlyList<int> denseLayers = _family.DenseLayersKey is null ? [] : _config.Ints(_family.DenseLayersKey, 0, numLayers - 1);
        bool[] sparse = [.. Enumerable.Range(0, numLayers).Select(layer => (layer + 1) % step == 0 && !denseLayers.Contains(layer))];
        if (!sparse.Contains(true) && !_config.HasErrors)
        {
            _config.ReportAt(
                denseLayers.Count > 0 ? _family.DenseLayersKey! : _family.SparseStepKey!, SpecRules.ContradictoryValues,
                $"{_family.SparseStepKey} {step} and {_family.DenseLayersKey} leave none of {numLayers} layers with experts",
                "expected at least one sparse layer");
        }

        return sparse;
    }

    // a model without dense layers may have any intermediate_size, or none
    private DenseSpec? ReadDense(bool[] isSparse)
    {
        if (_family.DenseIntermediateSizeKey is null)
        {
            return null;
        }

        if (!isSparse.Contains(false))
        {
            _ = _config.Has(_family.DenseIntermediateSizeKey);
            return null;
        }

        return new DenseSpec(_config.Int(_family.DenseIntermediateSizeKey, 1, MaxWidth));
    }

    private void ReportUnreadKeys()
    {
        string[] known = [.. MathsKeys.All, .. NeutralKeys.Always, .. _family.NeutralKeys];
        foreach (JsonMember member in _config.UnreadMembers.ToArray())
        {
            if (MathsKeys.Contains(member.Name))
            {
                if (!MathsKeys.IsNeutral(member.Name, member.Value))
                {
                    _config.Report(
                        SpecRules.UnsupportedSetting, member.Value.Range,
                        member.Name, member.Value.Describe(), _family.ModelType, MathsKeys.DescribeNeutral(member.Name));
                }
            }
            else if (!NeutralKeys.Always.Contains(member.Name) && !_family.NeutralKeys.Contains(member.Name))
            {
                string? near = NearestName.Find(member.Name, _config.ReadKeys.Concat(known));
                _config.Report(
                    SpecRules.UnknownKey, member.NameRange,
                    member.Name, _family.ModelType, near is null ? "" : $" (did you mean {near}?)");
            }
        }
    }
}
