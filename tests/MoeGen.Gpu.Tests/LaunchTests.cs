using ILGPU;
using ILGPU.Runtime;

namespace MoeGen.Gpu.Tests;

/// <summary>What kernels rely on, with or without ILGPU.</summary>
public sealed class LaunchTests
{
    private const int NumGroups = 3;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Launch_RunsEveryThreadOfEveryGroup(int groupSize)
    {
        using var test = new TestAccelerator();
        using MemoryBuffer1D<long, Stride1D.Dense> buffer = test.Accelerator.Allocate1D<long>(NumGroups * groupSize);

        Action<AcceleratorStream, KernelConfig, ArrayView<long>> kernel = test.Accelerator.LoadKernel<ArrayView<long>>(WritePlace);
        kernel(test.Stream, new KernelConfig(NumGroups, groupSize), buffer.View);
        test.Stream.Synchronize();

        // 1000 * group + 10 * thread + threads of a group
        Assert.Equal(
            from grid in Enumerable.Range(0, NumGroups)
            from thread in Enumerable.Range(0, groupSize)
            select (1000L * grid) + (10 * thread) + groupSize,
            buffer.View.BaseView.GetAsArray());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void SharedMemory_IsTheGroups(int groupSize)
    {
        using var test = new TestAccelerator();
        int[] values = [.. Enumerable.Range(100, NumGroups * groupSize)];
        using MemoryBuffer1D<int, Stride1D.Dense> buffer = test.Accelerator.Allocate1D(values);

        Action<AcceleratorStream, KernelConfig, ArrayView<int>> kernel = test.Accelerator.LoadKernel<ArrayView<int>>(ReverseInGroup);
        kernel(test.Stream, new KernelConfig(NumGroups, groupSize), buffer.View);
        test.Stream.Synchronize();

        Assert.Equal(values.Chunk(groupSize).SelectMany(chunk => chunk.Reverse()), buffer.View.BaseView.GetAsArray());
    }

    private static void WritePlace(ArrayView<long> places) =>
        places[(Grid.IdxX * Group.DimX) + Group.IdxX] = (1000L * Grid.IdxX) + (10 * Group.IdxX) + Group.DimX;

    private static void ReverseInGroup(ArrayView<int> values)
    {
        ArrayView<int> shared = SharedMemory.Allocate<int>(2);
        int own = (Grid.IdxX * Group.DimX) + Group.IdxX;
        shared[Group.IdxX] = values[own];
        Group.Barrier();
        values[own] = shared[Group.DimX - 1 - Group.IdxX];
    }
}
