using System.Globalization;
using MoeGen.Cli.Models;
using MoeGen.Generator.Spec;
using MoeGen.Generator.Spec.Families;
using MoeGen.Generator.Spec.Json;
using MoeGen.Weights;
using MatrixLayout = MoeGen.Weights.MatrixLayout;

namespace MoeGen.Cli.Inflation;

/// <summary>
/// A model with wider experts that computes the same function: its config, and which tensors become longer. Whatever else the config's
/// key governs (shared experts, dense layers) is widened in the same way.
/// </summary>
internal sealed class InflationPlan
{
    private const int WidthStep = MatrixLayout.ColumnPadding;

    private readonly Dictionary<string, AxisWidening> _widenings = new(StringComparer.Ordinal); // by name of the file's tensor

    private InflationPlan(ModelSpec before, ModelSpec after, string config)
    {
        After = after;
        Config = config;
        Dictionary<string, AxisWidening> byTemplate = new(StringComparer.Ordinal);
        foreach ((WeightSpec old, WeightSpec wide) in WeightSpec.Of(before).Zip(WeightSpec.Of(after)))
        {
            if (AxisWidening.Of(old, wide, byTemplate.GetValueOrDefault(old.Tensor)) is { } widening)
            {
                byTemplate[old.Tensor] = widening;
            }
        }

        foreach ((string template, AxisWidening widening) in byTemplate)
        {
            for (int layer = 0; layer < Math.Max(before.NumLayers, before.FirstLayer); layer++)
            {
                for (int expert = 0; expert < before.Sparse.NumExperts; expert++)
                {
                    _widenings[TensorDeclaration.Expand(template, layer, expert)] = widening;
                }
            }
        }
    }

    /// <summary>The model with wider experts.</summary>
    public ModelSpec After { get; }

    /// <summary>Text of the config of the wider model: the old one but for one number.</summary>
    public string Config { get; }

    /// <summary>Makes a plan for the width whose experts are nearest to a size.</summary>
    /// <param name="folder">The model.</param>
    /// <param name="spec">Its spec, with the format that counts for the size.</param>
    /// <param name="expertBytes">Bytes that an expert is to have.</param>
    /// <exception cref="CliException">The size cannot be had.</exception>
    public static InflationPlan Create(ModelFolder folder, ModelSpec spec, long expertBytes)
    {
        string text = File.ReadAllText(folder.ConfigPath);
        int width = spec.Sparse.IntermediateSize;
        long now = new SpecSizes(spec).Expert.Bytes;
        if (expertBytes < now)
        {
            throw new CliException($"--expert-bytes is {expertBytes}, but an expert has {now} bytes already; expected as many or more");
        }

        // sizes are linear from one multiple of the padding to the next
        int aligned = MatrixLayout.PaddedColumns(width);
        long first = ExpertBytes(aligned), step = ExpertBytes(aligned + WidthStep) - first;
        long steps = Math.Max(0, (expertBytes - first + (step / 2)) / step);
        if (aligned + (steps * WidthStep) > SpecBounds.MaxWidth)
        {
            throw new CliException(
                $"--expert-bytes is {expertBytes}; expected at most {first + ((SpecBounds.MaxWidth - aligned) / WidthStep * step)}, "
                + $"an intermediate size of {SpecBounds.MaxWidth}");
        }

        bool isNearestNow = steps == 0 && expertBytes - now <= Math.Abs(first - expertBytes);
        string config = WithWidth(text, spec.ModelType, isNearestNow ? width : aligned + (int)(steps * WidthStep));
        return new InflationPlan(spec, Read(config), config);

        long ExpertBytes(int size) => new SpecSizes(Read(WithWidth(text, spec.ModelType, size))).Expert.Bytes;

        ModelSpec Read(string wider)
        {
            SpecResult result = ModelSpecReader.Read(wider, spec.WeightFormat);
            return result.Spec
                ?? throw new CliException(result.Diagnostics.First(diagnostic => diagnostic.Rule.IsError).ToString(folder.ConfigPath));
        }
    }

    /// <summary>How a tensor of the checkpoint becomes wider; null: it stays as it is.</summary>
    public AxisWidening? WideningOf(string tensor) => _widenings.GetValueOrDefault(tensor);

    private static string WithWidth(string text, string modelType, int width)
    {
        string key = FamilyCatalog.Find(modelType)!.Experts.IntermediateSizeKey;
        TextRange range = ((JsonObject)JsonParser.Parse(text)).Find(key)!.Value.Range;
        return string.Concat(
            text.AsSpan(0, range.Start), width.ToString(CultureInfo.InvariantCulture), text.AsSpan(range.Start + range.Length));
    }
}
