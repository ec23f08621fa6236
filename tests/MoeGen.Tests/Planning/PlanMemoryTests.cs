using MoeGen.Experts.Selection.VirtualExperts;
using MoeGen.Models;
using MoeGen.Planning;
using MoeGen.Testing;

namespace MoeGen.Tests.Planning;

public class PlanMemoryTests
{
    [Fact]
    public void Bytes_AreThoseThatTheModelIsLoadedWith()
    {
        foreach (int[] experts in new int[][] { [1, 1, 1, 1, 1], [4, 5, 6, 7, 8], [24, 1, 24, 1, 24] })
        {
            MoeOptions options = new() { MemoryBudget = new ByteSize(18 << 20), Threads = 1 };
            PlanMemory memory = new(Demo.ModelInfo, options, new SwapOptions());
            SwapPlan plan = new()
            {
                Fingerprint = Demo.ModelInfo.Fingerprint,
                BudgetBytes = 18 << 20,
                UpdateInterval = 1,
                ExpertsPerLayer = experts,
            };
            using Demo model = Demo.Load(
                RepositoryFiles.DemoModel, options with { Offloading = Offloading.SwapMoE(new SwapOptions { Plan = plan }) });
            Assert.Equal(model.MemoryPlan.TotalBytes, memory.BytesFor(experts.Sum()));
        }
    }

    [Fact]
    public void MostVirtualExperts_FillTheBudgetAndNoMore()
    {
        MemoryPlan largest = MemoryPlan.Largest(Demo.ModelInfo, new MoeOptions { Offloading = Offloading.SwapMoE() });
        Random random = new(1);
        for (int i = 0; i < 200; i++)
        {
            long budget = random.NextInt64(largest.FloorBytes, largest.ResidentBytes);
            PlanMemory memory = new(Demo.ModelInfo, new MoeOptions { MemoryBudget = new ByteSize(budget) }, new SwapOptions());
            Assert.False(memory.IsResident);
            Assert.InRange(memory.MaxTotal, 5, 119);
            Assert.InRange(memory.BytesFor(memory.MaxTotal), 1, budget);

            // close to all experts, the buffers cost more than the missing experts save
            Assert.True(memory.MaxTotal > 60 || memory.BytesFor(memory.MaxTotal + 1) > budget);
        }
    }

    [Fact]
    public void BudgetForAllExperts_IsResident()
    {
        PlanMemory memory = new(Demo.ModelInfo, new MoeOptions { MemoryBudget = ByteSize.GiB(1) }, new SwapOptions());
        Assert.Equal((true, 120), (memory.IsResident, memory.MaxTotal));
        Assert.Equal(memory.ResidentBytes, memory.BytesFor(120));
    }
}
