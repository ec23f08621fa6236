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
        SizeKeys sizes = _family.Sizes;
        int hiddenSize = _config.Int(sizes.HiddenSize, 1, SpecBounds.MaxWidth);
        int vocabSize = _config.Int("vocab_size", 1, SpecBounds.MaxVocabSize);
        int maxPositions = ReadMaxPositions(sizes);
        int? numEncoderLayers = _family.Encoder is { } stack ? _config.Int(stack.NumLayersKey, 1, SpecBounds.MaxLayers) : null;
        int numLayers = numEncoderLayers is { } number
            ? _config.IntOrNull(sizes.NumLayers, 1, SpecBounds.MaxLayers) ?? number
            : _config.Int(sizes.NumLayers, 1, SpecBounds.MaxLayers);
        double epsilon = _config.PositiveDoubleOrNull(sizes.NormEpsilon) ?? _family.DefaultNormEpsilon;

        // without a vocabulary to compare with, a second error about the same fault would only hide it
        int lastToken = _config.HasErrors ? int.MaxValue : vocabSize - 1;
        int? bos = _config.IntOrNull("bos_token_id", 0, lastToken);
        IReadOnlyList<int> eos = _config.IntOrInts("eos_token_id", 0, lastToken);

        AttentionSpecReader attentionReader = new(_config, _family);
        AttentionSpec attention = attentionReader.Read(hiddenSize);
        RopeSpec rope = new NoRopeSpec();
        if (_family.Rope is { } ropeKeys)
        {
            RopeSpecReader ropeReader = new(_config, _family, ropeKeys, attentionReader.ReadRopeDim(attention, ropeKeys), maxPositions);
            rope = ropeReader.Read();
            attention = attention with { Scale = attention.Scale * ropeReader.SoftmaxScale };
        }

        FeedForwardSpecReader feedForwardReader = new(_config, _family);
        SparseSpec sparse = feedForwardReader.ReadSparse();
        LayerPlanReader plan = new(_config, _family.Layers, sizes.NumLayers, numLayers);
        LayerView[] views = _family.Rope is null ? FullViews(numLayers) : plan.ReadViews();
        bool[] isSparse = plan.ReadSparse();
        bool[] isEncoderSparse = ReadEncoderPlan(numEncoderLayers, isSparse);
        DenseSpec? dense = feedForwardReader.ReadDense([.. isEncoderSparse, .. isSparse]);
        CheckpointFormatReader format = new(_config, _family);
        bool isTied = _config.BoolOrNull("tie_word_embeddings") ?? _family.TiesEmbeddings;
        MultiplierSpec multipliers = ReadMultipliers();
        ModelSpec spec = new()
        {
            ModelType = _family.ModelType,
            WeightFormat = format.ReadWeightFormat(weightFormat),
            FloatFormat = weightFormat?.IsQuantized() == true ? format.ReadWeightFormat(asked: null) : null,
            Fp8Block = format.ReadFp8Block(),
            VocabSize = vocabSize,
            HiddenSize = hiddenSize,
            MaxPositions = LongestText(rope, maxPositions),
            Norm = new NormSpec(_family.HasLayerNorm, epsilon),
            Multipliers = isTied && _family.ScalesTiedHead ? multipliers with { Logits = 1 / Math.Sqrt(hiddenSize) } : multipliers,
            TieWordEmbeddings = isTied,
            HasHeadBias = _family.HeadBiasKey is not null && (_config.BoolOrNull(_family.HeadBiasKey) ?? false),
            Rope = rope,
            Kinds = default,
            LayerKinds = default,
            Tensors = _family.Tensors,
            BosTokenId = bos,
            EosTokenIds = new EquatableArray<int>(eos),
        };
        int start = _family.Encoder is null ? 0 : ReadStartToken(lastToken);
        ReportUnreadKeys();
        if (_config.HasErrors)
        {
            return spec;
        }

        LayerKindList layers = new(views, isSparse);
        if (_family.Encoder is not { } encoder)
        {
            return layers.Add(attention, null, sparse, dense, "Layer").In(spec);
        }

        // an encoder's tokens see all of the input, and so do the decoder's, behind their own text
        GroupedQuerySpec cross = (GroupedQuerySpec)attention with { SeesAll = true, HasRope = false, RelativeBias = null };
        LayerKindList reading = new LayerKindList(FullViews(isEncoderSparse.Length), isEncoderSparse)
            .Add(attention with { SeesAll = true }, null, sparse, dense, "EncoderLayer");
        return layers.Add(attention, cross, sparse, dense, "DecoderLayer").In(spec) with
        {
            Encoder = new EncoderSpec(reading.Kinds, reading.LayerKinds, encoder.Tensors, start),
        };
    }

    private int ReadMaxPositions(SizeKeys sizes) =>
        sizes.DefaultMaxPositions is { } positions
            ? _config.IntOrNull(sizes.MaxPositions, 1, SpecBounds.MaxPositions) ?? positions
            : _config.Int(sizes.MaxPositions, 1, SpecBounds.MaxPositions);

    private static LayerView[] FullViews(int numLayers) => [.. Enumerable.Repeat(new LayerView(null, null, HasRope: false), numLayers)];

    // empty without an encoder
    private bool[] ReadEncoderPlan(int? numLayers, bool[] isDecoderSparse)
    {
        if (_family.Encoder is not { } encoder)
        {
            return [];
        }

        bool[] isSparse = new LayerPlanReader(_config, encoder.Layers, encoder.NumLayersKey, numLayers!.Value).ReadSparse();
        if (!isSparse.Contains(true) && !isDecoderSparse.Contains(true) && !_config.HasErrors)
        {
            string key = encoder.Layers.SparseCountKey!;
            _config.ReportAt(
                key, SpecRules.ContradictoryValues,
                $"{key} and {_family.Layers.SparseCountKey} leave no layer with experts", "expected at least one sparse layer");
        }

        return isSparse;
    }

    // a config that does not say starts with padding, which transformers takes for 0 when that is missing, too
    private int ReadStartToken(int lastToken)
    {
        int? padding = _config.IntOrNull("pad_token_id", 0, lastToken);
        return _config.IntOrNull("decoder_start_token_id", 0, lastToken) ?? padding ?? 0;
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

    private void ReportUnreadKeys()
    {
        string[] known = [.. MathsKeys.All, .. NeutralKeys.Always, .. _family.NeutralKeys];
        foreach (JsonMember member in _config.UnreadMembers.Where(member => !_family.NeutralKeys.Contains(member.Name)).ToArray())
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
            else if (!NeutralKeys.Always.Contains(member.Name))
            {
                string? near = NearestName.Find(member.Name, _config.ReadKeys.Concat(known));
                _config.Report(
                    SpecRules.UnknownKey, member.NameRange,
                    member.Name, _family.ModelType, near is null ? "" : $" (did you mean {near}?)");
            }
        }
    }
}
