using MoeGen.Engine;

namespace MoeGen.Tests.Engine;

/// <summary>What each sequence of a pass is told, whatever happens to the others.</summary>
public sealed class PassRunnerTests : IDisposable
{
    private const int BadForTheRouter = 13, BadLogits = 14, BadForAll = 15;

    private readonly IdleModel _model = IdleModel.Create(null);
    private readonly WorkerTeam _team = new(2);
    private readonly PassRunner _runner;
    private readonly ForwardPass _pass;
    private readonly List<int> _sizes = []; // sequences of each pass

    public PassRunnerTests()
    {
        _runner = new PassRunner(_team, _model.ExpertCache, Forward, (_, _) => { });
        _pass = _model.CreatePass(8, 4);
    }

    [Fact]
    public void LogitsThatAreNotFinite_ConcernTheirSequenceAlone()
    {
        using Sequence a = Asking(1), b = Asking(BadLogits), c = Asking(3);
        _runner.RunTogether(_pass, [a.Request, b.Request, c.Request]);
        Assert.Equal([3], _sizes);
        Assert.Equal([1, 0, 1], [a.Length, b.Length, c.Length]);
        NonFiniteValueException exception = Assert.Throws<NonFiniteValueException>(b.Request.ThrowIfFailed);
        Assert.StartsWith("the logits after position 0 hold NaN for token 7;", exception.Message);
        a.Request.ThrowIfFailed();
    }

    [Fact]
    public void RouterThatGivesNoNumbers_ConcernsItsSequenceAlone()
    {
        // the router cannot say whose token it was, so each runs alone
        using Sequence a = Asking(1), b = Asking(BadForTheRouter), c = Asking(3);
        _runner.RunTogether(_pass, [a.Request, b.Request, c.Request]);
        Assert.Equal([3, 1, 1, 1], _sizes);
        Assert.Equal([1, 0, 1], [a.Length, b.Length, c.Length]);
        Assert.Throws<NonFiniteValueException>(b.Request.ThrowIfFailed);
    }

    [Fact]
    public void ErrorOfThePass_ReachesAll_AndLeavesEachUsable()
    {
        using Sequence a = Asking(1), b = Asking(BadForAll), c = Asking(3);
        _runner.RunTogether(_pass, [a.Request, b.Request, c.Request]);
        Assert.All([a, b, c], sequence => Assert.Throws<InvalidOperationException>(sequence.Request.ThrowIfFailed));
        Assert.Equal([0, 0, 0], [a.Length, b.Length, c.Length]);
        Ask(a, 1);
        Ask(b, 2);
        _runner.RunTogether(_pass, [a.Request, b.Request]);
        Assert.Equal([1, 1], [a.Length, b.Length]);
    }

    [Fact]
    public void CancelledSequence_DoesNotTakePart()
    {
        using CancellationTokenSource cancelled = new();
        cancelled.Cancel();
        using Sequence a = Asking(1), b = Asking(2, cancelled.Token);
        _runner.RunTogether(_pass, [b.Request, a.Request]);
        Assert.Equal([1], _sizes);
        Assert.Equal([1, 0], [a.Length, b.Length]);
        Assert.Equal(cancelled.Token, Assert.Throws<OperationCanceledException>(b.Request.ThrowIfFailed).CancellationToken);
    }

    [Fact]
    public void CancellingOneDuringAPass_LeavesTheOthersAlone()
    {
        using CancellationTokenSource cancellation = new();
        using Sequence a = Asking(1), b = Asking(2, cancellation.Token);
        AfterRun = cancellation.Cancel;
        _runner.RunTogether(_pass, [a.Request, b.Request]);
        Assert.Equal([1, 1], [a.Length, b.Length]);
    }

    public void Dispose()
    {
        _pass.Dispose();
        _team.Dispose();
        _model.Dispose();
    }

    private Action AfterRun { get; set; } = () => { };

    private Sequence Asking(int token, CancellationToken cancellationToken = default)
    {
        Sequence sequence = _model.CreateSequence();
        Ask(sequence, token, cancellationToken);
        return sequence;
    }

    private static unsafe void Ask(Sequence sequence, int token, CancellationToken cancellationToken = default)
    {
        sequence.Remember([token], 1);
        sequence.Request.Begin(1, isStep: false, logits: null, cancellationToken);
    }

    private void Forward(ForwardPass pass, Worker worker)
    {
        if (worker.Index != 0)
        {
            return;
        }

        _sizes.Add(pass.Segments.Length);
        for (int row = 0; row < pass.NumTokens; row++)
        {
            pass.Logits[row].Clear();
            switch (pass.Tokens[row])
            {
                case BadForTheRouter:
                    throw NonFiniteValueException.InRouter(0, 0, float.NaN);
                case BadLogits:
                    pass.Logits[row][7] = float.NaN;
                    break;
                case BadForAll:
                    throw new InvalidOperationException("broken");
            }
        }

        AfterRun();
    }
}
