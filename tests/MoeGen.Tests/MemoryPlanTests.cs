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
            foreach (int batch in new[] { 1, 17 })
            {
                MemoryPlan plan = MemoryPlan.For(Demo.ModelInfo, new MoeOptions { PrefillChunk = tokens, MaxBatch = batch });
                using ForwardPass pass = model.CreatePass(Math.Max(tokens, batch), batch);
                Assert.InRange(pass.SizeInBytes, plan.WorkspaceBytes, plan.WorkspaceBytes + Slack);
            }
        }
    }

    [Fact]
    public void ModelLargerThanTheMachine_IsRefusedWithoutABudget()
    {
        ModelInfo huge = Demo.ModelInfo with { DenseBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes };
        MemoryBudgetTooSmallException exception =
            Assert.Throws<MemoryBudgetTooSmallException>(() => MemoryPlan.For(huge, new MoeOptions()));
        Assert.Contains("memory of this machine", exception.Message);
    }

    [Fact]
    public void Budget_BecomesSlots()
    {
        MemoryPlan largest = MemoryPlan.Largest(Demo.ModelInfo, new MoeOptions { Offloading = Offloading.Lru() });
        Assert.True(largest.IsResident);
        Assert.True(largest.FloorBytes < largest.ComfortableBytes);
        Assert.True(largest.ComfortableBytes < largest.ResidentBytes);
        Assert.Equal(largest, largest.Within(new ByteSize(largest.ResidentBytes)));
        MemoryPlan floor = largest.Within(new ByteSize(largest.FloorBytes));
        Assert.Equal((2, largest.FloorBytes), (floor.NumSlots, floor.TotalBytes));
        for (int slots = 2; slots < largest.NumExperts; slots++)
        {
            // close to all of them, the buffers cost more than the missing experts save
            long needed = (largest with { NumSlots = slots }).TotalBytes;
            if (needed + largest.SlotBytes > largest.ResidentBytes)
            {
                Assert.True(slots > 60);
                break;
            }

            Assert.Equal(slots, largest.Within(new ByteSize(needed)).NumSlots);
            Assert.Equal(slots, largest.Within(new ByteSize(needed + largest.SlotBytes - 1)).NumSlots);
        }
    }

    [Fact]
    public void BudgetBelowTheFloor_IsRefusedWithBothByteCounts()
    {
        MemoryPlan largest = MemoryPlan.Largest(Demo.ModelInfo, new MoeOptions());
        MemoryBudgetTooSmallException exception =
            Assert.Throws<MemoryBudgetTooSmallException>(() => largest.Within(new ByteSize(largest.FloorBytes - 1)));
        Assert.Equal((largest.FloorBytes - 1, largest.FloorBytes), (exception.BudgetBytes, exception.RequiredBytes));
        Assert.Contains($"{largest.FloorBytes - 1} bytes", exception.Message);
        Assert.Contains($"{largest.FloorBytes} bytes", exception.Message);
    }

    [Fact]
    public void FurtherSequences_TakeThePlaceOfExperts()
    {
        MoeOptions options = new() { ContextLength = 64, PrefillChunk = 8, Offloading = Offloading.Lru() };
        MemoryPlan largest = MemoryPlan.Largest(Demo.ModelInfo, options);
        using Demo model = Demo.Load(RepositoryFiles.DemoModel, options with { MemoryBudget = new ByteSize(largest.ResidentBytes) });
        Sequence first = model.CreateSequence();
        Assert.Equal(largest.NumExperts, model.MemoryPlan.NumSlots);
        Sequence second = model.CreateSequence();
        Assert.True(model.MemoryPlan.NumSlots < largest.NumExperts);
        Assert.True(model.MemoryPlan.TotalBytes <= largest.ResidentBytes);
        second.Dispose();
        Assert.Equal(largest.NumExperts, model.MemoryPlan.NumSlots);
        first.Dispose();
    }

    [Fact]
    public void FurtherSequences_AreRefusedAtTheFloor()
    {
        MoeOptions options = new() { ContextLength = 64, PrefillChunk = 8, Offloading = Offloading.Lru() };
        long floor = MemoryPlan.Largest(Demo.ModelInfo, options).FloorBytes;
        using Demo model = Demo.Load(RepositoryFiles.DemoModel, options with { MemoryBudget = new ByteSize(floor) });
        using Sequence first = model.CreateSequence();
        Assert.Throws<MemoryBudgetTooSmallException>(model.CreateSequence);
    }
}
