using MoeGen.Benchmarks.Attending;
using MoeGen.Kernels;
using MoeGen.Weights;

namespace MoeGen.Benchmarks.Rooflines;

/// <summary>Everything that docs/roofline.md shows.</summary>
/// <param name="Kernels">Kernels of OLMoE's shape.</param>
/// <param name="Twins">Kernels with and without constants.</param>
/// <param name="Models">The demo model with and without constants.</param>
internal sealed record RooflineMeasurement(
    IReadOnlyList<KernelResult> Kernels, IReadOnlyList<TwinResult> Twins, IReadOnlyList<TwinResult> Models)
{
    public const int DecodeContext = 4096; // positions that a decoded token sees, its own included
    public const int PromptTokens = 512; // tokens of a prompt that attend to each other

    // matrices that take turns: more than any last-level cache holds
    private const long WeightBytes = 1L << 30;

    private static readonly int[] s_threadCounts = [1, 2];
    private static readonly int[] s_tokenCounts = [1, 8, 128, 512];
    private static readonly int[] s_rowTokenCounts = [1, 512];

    /// <summary>Measures everything.</summary>
    /// <param name="cancellationToken">Stops before the next kernel.</param>
    public static RooflineMeasurement Run(CancellationToken cancellationToken)
    {
        using KernelTimer timer = new(s_threadCounts);
        using TwinTimer twins = new();
        using (WeightMemory weights = new(WeightBytes))
        {
            MeasureProducts(timer, weights.Range, cancellationToken);
            twins.Measure(weights.Range, cancellationToken);
        }

        MeasureExperts<F32>(timer, cancellationToken);
        MeasureExperts<Bf16>(timer, cancellationToken);
        MeasureExperts<F16>(timer, cancellationToken);
        MeasureExperts<Q8>(timer, cancellationToken);
        MeasureExperts<Q4>(timer, cancellationToken);
        foreach (KeyValueFormat format in Enum.GetValues<KeyValueFormat>())
        {
            timer.Measure(
                AttentionCase.Create<OlmoeShape>(KernelNames.Attention, DecodeContext - 1, 1, Olmoe.NumLayers, format), cancellationToken);
            timer.Measure(AttentionCase.Create<OlmoeShape>(KernelNames.Attention, 0, PromptTokens, 1, format), cancellationToken);
        }

        MeasureRows(timer, cancellationToken);
        WeightFormat[] formats = [WeightFormat.BF16, WeightFormat.Q8, WeightFormat.Q4];
        return new RooflineMeasurement(
            timer.Results, twins.Results, [.. formats.SelectMany(format => TwinModels.Measure(format, cancellationToken))]);
    }

    private static void MeasureProducts(KernelTimer timer, MemoryRange weights, CancellationToken cancellationToken)
    {
        void Measure<TShape, TFormat>(string kernel, params ReadOnlySpan<int> tokenCounts)
            where TShape : struct, IMatrixShape
            where TFormat : struct, IWeightFormat
        {
            foreach (int numTokens in tokenCounts)
            {
                timer.Measure(ProductCase.Create<TShape, TFormat>(kernel, weights, numTokens), cancellationToken);
            }
        }

        Measure<ProjectionShape, F32>(KernelNames.Projection, s_tokenCounts);
        Measure<ProjectionShape, Bf16>(KernelNames.Projection, s_tokenCounts);
        Measure<ProjectionShape, F16>(KernelNames.Projection, s_tokenCounts);
        Measure<ProjectionShape, Q8>(KernelNames.Projection, s_tokenCounts);
        Measure<ProjectionShape, Q4>(KernelNames.Projection, s_tokenCounts);

        // a prompt needs the scores of its last token alone; quantised models keep routers in a float format, and the head in Q8
        Measure<HeadShape, F32>(KernelNames.Head, 1);
        Measure<HeadShape, Bf16>(KernelNames.Head, 1);
        Measure<HeadShape, F16>(KernelNames.Head, 1);
        Measure<HeadShape, Q8>(KernelNames.Head, 1);
        Measure<RouterShape, F32>(KernelNames.Router, 1, 128);
        Measure<RouterShape, Bf16>(KernelNames.Router, 1, 128);
        Measure<RouterShape, F16>(KernelNames.Router, 1, 128);
    }

    private static void MeasureExperts<TFormat>(KernelTimer timer, CancellationToken cancellationToken)
        where TFormat : struct, IWeightFormat
    {
        using ExpertsCase<TFormat> experts = new();
        foreach (int numTokens in s_tokenCounts)
        {
            timer.Measure(experts.With(numTokens), cancellationToken);
        }
    }

    private static void MeasureRows(KernelTimer timer, CancellationToken cancellationToken)
    {
        foreach (int numTokens in s_rowTokenCounts)
        {
            foreach (WeightFormat meets in new[] { WeightFormat.F32, WeightFormat.Q8, WeightFormat.Q4 })
            {
                timer.Measure(RowCases.Norm(numTokens, meets), cancellationToken);
                timer.Measure(RowCases.Activation(numTokens, meets), cancellationToken);
            }

            timer.Measure(RowCases.Rotation(numTokens), cancellationToken);
            timer.Measure(RowCases.Choice(numTokens), cancellationToken);
        }
    }
}
