using MoeGen.Engine;
using MoeGen.Models;
using MoeGen.Testing;
using MoeGen.Weights;

namespace MoeGen.Tests.Engine;

/// <summary>A model that computes nothing, and remembers what it would have.</summary>
internal sealed class IdleModel(string folder, ModelInfo info, WeightStore weights, MoeOptions options)
    : MoeModel(folder, info, weights, options)
{
    public List<string> Runs { get; } = [];

    public Action? AfterRun { get; set; }

    public static IdleModel Create(int? ropeSwitchLength)
    {
        MoeOptions options = new() { Threads = 1, PrefillChunk = 4, ContextLength = 32, MaxBatch = 4 };
        ModelInfo info = Demo.ModelInfo with { RopeSwitchLength = ropeSwitchLength };
        WeightStore weights = WeightStore.Load(RepositoryFiles.DemoModel, info, [], options, TestContext.Current.CancellationToken);
        return new IdleModel(RepositoryFiles.DemoModel, info, weights, options);
    }

    protected internal override ForwardPass CreatePass(int maxTokens, int maxLogits) => new IdlePass(Info, maxTokens, maxLogits);

    protected override void Forward(ForwardPass pass, Worker worker)
    {
        Segment segment = pass.Segments[0];
        int end = segment.FirstPosition + segment.NumTokens;
        Runs.Add($"{segment.FirstPosition}-{end} of {segment.Length}: {string.Join(' ', pass.Tokens.ToArray())}");
        AfterRun?.Invoke();
    }
}

/// <summary>A pass without buffers of its own.</summary>
internal sealed class IdlePass(ModelInfo info, int maxTokens, int maxLogits) : ForwardPass(info, maxTokens, maxLogits);
