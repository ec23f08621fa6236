using MoeGen.Engine;
using MoeGen.Models;
using MoeGen.Testing;

namespace MoeGen.Tests.Engine;

public sealed class RowSharesTests : IDisposable
{
    private readonly Demo _model = Demo.Load(RepositoryFiles.DemoModel, new MoeOptions { Threads = 1, ContextLength = 64 });
    private readonly List<Sequence> _sequences = [];

    [Fact]
    public void Steps_GetTheirRow_AndTheOldestPromptTheRest()
    {
        PassRequest[] requests = [Wanting(1), Wanting(20), Wanting(1), Wanting(20)];
        RowShares.Assign(requests, 16);

        // 16 rows - 4 = 12 more for the first prompt, of which it needs 19
        Assert.Equal([13, 1, 1, 1], requests.Select(request => request.NumTokens));
        Assert.Equal([0, 1, 1, 0], requests.Select(request => request.NumLogits));
    }

    [Fact]
    public void PromptThatEnds_WantsLogits_AndLeavesRowsToTheNext()
    {
        PassRequest[] requests = [Wanting(5), Wanting(1), Wanting(9), Wanting(30)];
        RowShares.Assign(requests, 20);
        Assert.Equal([5, 9, 5, 1], requests.Select(request => request.NumTokens));
        Assert.Equal([1, 1, 0, 1], requests.Select(request => request.NumLogits));
    }

    [Fact]
    public void AsManySequencesAsRows_GoOnByOneToken()
    {
        PassRequest[] requests = [Wanting(1), Wanting(8), Wanting(1)];
        RowShares.Assign(requests, 3);
        Assert.All(requests, request => Assert.Equal(1, request.NumTokens));
    }

    public void Dispose()
    {
        _sequences.ForEach(sequence => sequence.Dispose());
        _model.Dispose();
    }

    private unsafe PassRequest Wanting(int numTokens)
    {
        Sequence sequence = _model.CreateSequence();
        _sequences.Add(sequence);
        sequence.Remember(new int[numTokens], numTokens);
        sequence.Request.Begin(numTokens, isStep: numTokens == 1, logits: null, CancellationToken.None);
        return sequence.Request;
    }
}
