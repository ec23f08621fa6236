using System.Diagnostics;
using MoeGen.Experts;

namespace MoeGen.Evaluation;

/// <summary>Times the steps of a <see cref="TextWalk"/> behind each prompt, and counts what the expert cache does in them.</summary>
/// <param name="model">The model.</param>
/// <param name="capacity">Most steps.</param>
internal sealed class DecodeTimer(MoeModel model, int capacity)
{
    private readonly double[] _milliseconds = new double[capacity]; // [capacity]
    private int _numSteps;
    private OffloadingStatistics? _atStart;
    private OffloadingStatistics? _experts;

    /// <summary>Begins a text and reads its prompt, which is not counted.</summary>
    public void ReadPrompt(TextWalk walk, int[] text, CancellationToken cancellationToken)
    {
        walk.Start(text);
        walk.MoveNext(cancellationToken);
        _atStart = model.Statistics;
    }

    /// <summary>Goes to the next token and takes the time. Allocates nothing.</summary>
    public bool MoveNext(TextWalk walk, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        if (!walk.MoveNext(cancellationToken))
        {
            return false;
        }

        _milliseconds[_numSteps++] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        return true;
    }

    /// <summary>Ends a text.</summary>
    public void End()
    {
        OffloadingStatistics span = model.Statistics.Since(_atStart!);
        _experts = _experts?.Plus(span) ?? span;
    }

    /// <summary>What the steps took; null without steps.</summary>
    public DecodeFigures? Figures()
    {
        if (_numSteps == 0)
        {
            return null;
        }

        ArraySegment<double> steps = new(_milliseconds, 0, _numSteps);
        double tokensPerSecond = 1000 * _numSteps / steps.Sum();
        return new DecodeFigures(_numSteps, tokensPerSecond, Percentile.Of(steps, 0.5), Percentile.Of(steps, 0.95), _experts!);
    }
}
