using MoeGen.Benchmarks.Attending;
using MoeGen.Benchmarks.Results;
using MoeGen.Engine;
using MoeGen.Kernels;
using Demo = MoeGen.Generated.Demo;

namespace MoeGen.Benchmarks.Rooflines;

/// <summary>Times kernels beside their twins without constants, over the same memory and rows, on one thread.</summary>
internal sealed class TwinTimer : IDisposable
{
    private const double Seconds = 0.5;
    private const int MinSlices = 5;

    // about what a token of the demo model reads
    private const long DemoBytes = 5 << 20;

    private static readonly int[] s_tokenCounts = [1, 32];

    private readonly WorkerTeam _team = new(1);

    public List<TwinResult> Results { get; } = [];

    /// <summary>Times all kernels that have shapes.</summary>
    /// <param name="weights">Memory for matrices.</param>
    /// <param name="cancellationToken">Stops before the next kernel.</param>
    public void Measure(MemoryRange weights, CancellationToken cancellationToken)
    {
        MeasureFormats<ProjectionShape>("projection", weights, cancellationToken);
        MemoryRange demo = weights.First(DemoBytes);
        MeasureFormats<Demo.QueryShape>("projection", demo, cancellationToken);
        MeasureFormats<Demo.ExpertUpShape>("expert, gate or up", demo, cancellationToken);
        MeasureFormats<Demo.ExpertDownShape>("expert, down", demo, cancellationToken);
        MeasureProducts<Demo.RouterShape, Bf16>("router", demo, cancellationToken);
        MeasureAttention<OlmoeShape>(4095, 1, cancellationToken);
        MeasureAttention<OlmoeShape>(0, 512, cancellationToken);
        MeasureAttention<DemoShape>(191, 1, cancellationToken);
        MeasureAttention<DemoShape>(0, 128, cancellationToken);
    }

    public void Dispose() => _team.Dispose();

    private void MeasureFormats<TShape>(string kernel, MemoryRange weights, CancellationToken cancellationToken)
        where TShape : struct, IMatrixShape
    {
        MeasureProducts<TShape, F32>(kernel, weights, cancellationToken);
        MeasureProducts<TShape, Bf16>(kernel, weights, cancellationToken);
        MeasureProducts<TShape, F16>(kernel, weights, cancellationToken);
        MeasureProducts<TShape, Q8>(kernel, weights, cancellationToken);
        MeasureProducts<TShape, Q4>(kernel, weights, cancellationToken);
    }

    private void MeasureProducts<TShape, TFormat>(string kernel, MemoryRange weights, CancellationToken cancellationToken)
        where TShape : struct, IMatrixShape
        where TFormat : struct, IWeightFormat
    {
        AtRunTime<TShape>.Set();
        foreach (int numTokens in s_tokenCounts)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using TokenRows x = new(numTokens, TShape.Columns, TFormat.Format), y = new(numTokens, TShape.Rows);
            Add(
                kernel, $"{TShape.Rows} x {TShape.Columns}", TFormat.Format.ToString(), numTokens,
                ProductCase.Multiply<TShape, TFormat>(weights, x.Rows, y.Rows, numTokens),
                ProductCase.Multiply<AtRunTime<TShape>, TFormat>(weights, x.Rows, y.Rows, numTokens));
        }
    }

    private void MeasureAttention<TShape>(int firstPosition, int numTokens, CancellationToken cancellationToken)
        where TShape : struct, IAttentionShape
    {
        AttentionAtRunTime<TShape>.Set();
        cancellationToken.ThrowIfCancellationRequested();
        using AttentionOperands operands = AttentionOperands.Create<TShape>(firstPosition, numTokens, 1, KeyValueFormat.F32);
        Add(
            $"attention, {firstPosition} positions before", $"{TShape.NumHeads} heads of {TShape.KeyDim}", nameof(KeyValueFormat.F32),
            numTokens, operands.Attend<TShape>, operands.Attend<AttentionAtRunTime<TShape>>);
    }

    private void Add(
        string kernel, string shape, string format, int numTokens, Action<Worker, int> constant, Action<Worker, int> runTime)
    {
        TimedWork constantWork = new(_team, constant), runTimeWork = new(_team, runTime);
        TimedWork.Alternate(Seconds, MinSlices, constantWork, runTimeWork);
        double gain = Median.Of(runTimeWork.Slices.Zip(constantWork.Slices, (twin, own) => twin / own)) - 1;
        TwinResult result = new(
            kernel, shape, format, numTokens, constantWork.Seconds / numTokens, runTimeWork.Seconds / numTokens, gain);
        Results.Add(result);
        Console.Error.WriteLine($"{kernel} {shape} {format}, {numTokens} token(s): {100 * gain:f1} % longer without constants");
    }
}
