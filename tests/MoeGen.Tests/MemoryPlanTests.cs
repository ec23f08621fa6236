using MoeGen.Engine;
using MoeGen.Models;
using MoeGen.Testing;

namespace MoeGen.Tests;

public class MemoryPlanTests
{
    // tables of the routing's group starts, and alignment
    private const long Slack = 1024;

    [Fact]
    public void WorkspaceOfThePlan_IsWhatAPassAllocates()
    {
        using Demo model = Demo.Load(RepositoryFiles.DemoModel);
        foreach (int tokens in new[] { 1, 17, 128 })
        {
            MemoryPlan plan = MemoryPlan.For(Demo.ModelInfo, new MoeOptions { PrefillChunk = tokens });
            using ForwardPass pass = model.CreatePass(tokens, 1);
            Assert.InRange(pass.SizeInBytes, plan.WorkspaceBytes, plan.WorkspaceBytes + Slack);
        }
    }

    [Fact]
    public void ModelLargerThanTheMachine_IsRefusedWithoutABudget()
    {
        ModelInfo huge = Demo.ModelInfo with { DenseBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes };
        MemoryBudgetTooSmallException exception =
            Assert.Throws<MemoryBudgetTooSmallException>(() => MemoryPlan.For(huge, new MoeOptions()).Check(budget: null));
        Assert.Contains("memory of this machine", exception.Message);
    }

    [Fact]
    public void FurtherSequences_CountAgainstTheBudget()
    {
        MoeOptions options = new() { ContextLength = 64, PrefillChunk = 8 };
        long needed = MemoryPlan.For(Demo.ModelInfo, options).TotalBytes;
        using Demo model = Demo.Load(RepositoryFiles.DemoModel, options with { MemoryBudget = new ByteSize(needed) });
        Sequence first = model.CreateSequence();
        Assert.Throws<MemoryBudgetTooSmallException>(model.CreateSequence);
        first.Dispose();
        model.CreateSequence().Dispose();
    }
}
