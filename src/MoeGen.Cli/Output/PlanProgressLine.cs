using MoeGen.Planning;

namespace MoeGen.Cli.Output;

/// <summary>Shows how far a planner is: a line for each stage, one after the other in the same place.</summary>
internal sealed class PlanProgressLine(CliStreams streams) : IProgress<PlanProgress>, IDisposable
{
    private ProgressLine? _line;
    private string? _stage;

    public void Report(PlanProgress value)
    {
        if (value.Stage != _stage)
        {
            _line?.Dispose();
            (_line, _stage) = (new ProgressLine(streams, value.Stage), value.Stage);
        }

        _line!.Report(value.Done, value.Total, $"{value.Total} runs");
    }

    public void Dispose() => _line?.Dispose();
}
