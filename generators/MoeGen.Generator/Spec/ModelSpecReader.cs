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
        int hiddenSize = _config.Int("hidden_size", 1, SpecBounds.MaxWidth);
        int vocabSize = _config.Int("vocab_size", 1, SpecBounds.MaxVocabSize);
        int maxPositions = _config.Int("max_position_embeddings", 1, SpecBounds.MaxPositions);
        int numLayers = _config.Int("num_hidden_layers", 1, SpecBounds.MaxLayers);
        double epsilon = _config.PositiveDoubleOrNull("rms_norm_eps") ?? _family.DefaultNormEpsilon;

        // without a vocabulary to compare with, a second error about the same fault would only hide it
        int lastToken = _config.HasErrors ? int.MaxValue : vocabSize - 1;
        int? bos = _config.IntOrNull("bos_token_id", 0, lastToken);
        IReadOnlyList<int> eos = _config.IntOrInts("eos_token_id", 0, lastToken);

        AttentionSpecReader attentionReader = new(_config, _family);
        AttentionSpec attention = attentionReader.Read(hiddenSize);
        RopeSpecReader ropeReader = new(_config, _family, attentionReader.ReadRopeDim(attention), maxPositions);
        RopeSpec rope = ropeReader.Read();
        FeedForwardSpecReader feedForwardReader = new(_config, _family);
        SparseSpec sparse = feedForwardReader.ReadSparse();
        LayerPlanReader plan = new(_config, _family, numLayers);
        LayerView[] views = plan.ReadViews();
        bool[] isSparse = plan.ReadSparse();
        DenseSpec? dense = feedForwardReader.ReadDense(isSparse);
        CheckpointFormatReader format = new(_config, _family);
        ModelSpec spec = new()
        {
            ModelType = _family.ModelType,
            WeightFormat = format.ReadWeightFormat(weightFormat),
            Fp8Block = format.ReadFp8Block(),
            VocabSize = vocabSize,
            HiddenSize = hiddenSize,
            MaxPositions = LongestText(rope, maxPositions),
            Norm = new NormSpec(_family.HasLayerNorm, epsilon),
            Multipliers = ReadMultipliers(),
            TieWordEmbeddings = _config.BoolOrNull("tie_word_embeddings") ?? false,
            HasHeadBias = _family.HeadBiasKey is not null && (_config.BoolOrNull(_family.HeadBiasKey) ?? false),
            Rope = rope,
            Kinds = default,
            LayerKinds = default,
            Tensors = _family.Tensors,
            BosTokenId = bos,
            EosTokenIds = new EquatableArray<int>(eos),
        };
        ReportUnreadKeys();
        return _config.HasErrors
            ? spec
            : WithLayers(spec, attention with { Scale = attention.Scale * ropeReader.SoftmaxScale }, views, isSparse, sparse, dense);
    }

    private MultiplierSpec ReadMultipliers() =>
        _family.HasMultipliers
            ? new MultiplierSpec(
                _config.PositiveDoubleOrNull("embedding_multiplier") ?? 1,
                _config.PositiveDoubleOrNull("residual_multiplier") ?? 1,
                1 / (_config.PositiveDoubleOrNull("logits_scaling") ?? 1))
            : new MultiplierSpec();

    // a base that grows with the text is for texts beyond the length that the config names
    private static int LongestText(RopeSpec rope, int maxPositions) =>
        rope is DynamicRopeSpec dynamic
            ? (int)Math.Min(SpecBounds.MaxPositions, Math.Max(maxPositions, dynamic.OriginalMaxPositions * dynamic.Factor))
            : maxPositions;

    private static ModelSpec WithLayers(
        ModelSpec spec, AttentionSpec attention, LayerView[] views, bool[] isSparse, SparseSpec sparse, DenseSpec? dense)
    {
        List<LayerKindSpec> kinds = [];
        List<int> layerKinds = [];
        bool isViewMixed = views.Select(view => (view.SlidingWindow, view.ChunkSize)).Distinct().Count() > 1;
        bool isRopeMixed = views.Select(view => view.HasRope).Distinct().Count() > 1;
        for (int layer = 0; layer < views.Length; layer++)
        {
            LayerView view = views[layer];
            string seen = view.SlidingWindow is not null ? "Sliding" : view.ChunkSize is not null ? "Chunked" : "";
            string name =
                (isSparse[layer] ? "Sparse" : "Dense") + (isViewMixed ? seen : "") + (isRopeMixed && !view.HasRope ? "Nope" : "") + "Layer";
            AttentionSpec seeing = attention with
            {
                SlidingWindow = view.SlidingWindow,
                ChunkSize = view.ChunkSize,
                HasRope = view.HasRope,
            };
            if (seeing is GroupedQuerySpec grouped)
            {
                // a norm behind the rotation comes with it, a temperature without it
                seeing = view.HasRope
                    ? grouped with { Temperature = null }
                    : grouped with { Norm = grouped.Norm == QueryKeyNorm.BehindRope ? QueryKeyNorm.None : grouped.Norm };
            }

            LayerKindSpec kind = new(name, seeing, isSparse[layer] ? sparse : dense!);
            if (!kinds.Contains(kind))
            {
                kinds.Add(kind);
            }

            layerKinds.Add(kinds.IndexOf(kind));
        }

        return spec with { Kinds = new EquatableArray<LayerKindSpec>(kinds), LayerKinds = new EquatableArray<int>(layerKinds) };
    }

    private void ReportUnreadKeys()
    {
        string[] known = [.. MathsKeys.All, .. NeutralKeys.Always, .. _family.NeutralKeys];
        foreach (JsonMember member in _config.UnreadMembers.ToArray())
        {
            if (MathsKeys.Contains(member.Name))
            {
                if (!MathsKeys.IsNeutral(_family, member.Name, member.Value))
                {
                    _config.Report(
                        SpecRules.UnsupportedSetting, member.Value.Range,
                        member.Name, member.Value.Describe(), _family.ModelType, MathsKeys.DescribeNeutral(_family, member.Name));
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
