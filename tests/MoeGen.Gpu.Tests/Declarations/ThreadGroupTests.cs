using ILGPU;
using ILGPU.Runtime;

namespace MoeGen.Gpu.Tests.Declarations;

public sealed class ThreadGroupTests : IDisposable
{
    private readonly TestAccelerator _test = new(warpSize: 4, numWarps: 16);

    public void Dispose() => _test.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    [InlineData(64)]
    public void Barrier_SeparatesTheStepsOfAReduction(int groupSize)
    {
        int[] values = [.. Enumerable.Range(1, 5 * groupSize)];

        int[] sums = Run(SumOfGroup, new KernelConfig(5, groupSize), values);

        Assert.Equal(values.Chunk(groupSize).Select(chunk => chunk.Sum()), sums.Chunk(groupSize).Select(chunk => chunk[0]));
    }

    [Fact]
    public void MissingBarrier_ShowsInTheSameGroupsEachTime()
    {
        int[] first = Run(LeftNeighbour, new KernelConfig(2, 4), new int[8]);
        int[] second = Run(LeftNeighbour, new KernelConfig(2, 4), new int[8]);

        // thread 1 reads what thread 0 wrote: in the first group thread 0 was there before, in the second it comes after
        Assert.Equal(100, first[1]);
        Assert.Equal(-1, first[5]);
        Assert.Equal(first, second);
    }

    [Fact]
    public void Indices_CountTheFirstDimensionFirst()
    {
        int[] places = Run(WritePlace, new KernelConfig(new Index3D(2, 1, 3), new Index3D(2, 3, 2)), new int[72]);

        Assert.Equal(
            from grid in Enumerable.Range(0, 6)
            from thread in Enumerable.Range(0, 12)
            select (grid % 2 * 10_000) + (grid / 2 * 1000) + (thread % 2 * 100) + (thread / 2 % 3 * 10) + (thread / 6),
            places);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void IndexOutsideAView_ReachesTheLauncher(int groupSize)
    {
        ArgumentOutOfRangeException fault =
            Assert.Throws<ArgumentOutOfRangeException>(() => Run(WritePastTheEnd, new KernelConfig(2, groupSize), new int[2 * groupSize]));

        Assert.Contains($"a view of {2 * groupSize} elements has none there", fault.Message, StringComparison.Ordinal);
        Assert.Equal(2L * groupSize, fault.ActualValue);
    }

    [Fact]
    public void Fault_EndsTheLaunch_AndTheNextOneRuns()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Run(WritePastTheEnd, new KernelConfig(2, 8), new int[16]));

        int[] sums = Run(SumOfGroup, new KernelConfig(1, 8), [.. Enumerable.Repeat(3, 8)]);

        Assert.Equal(24, sums[0]);
    }

    [Fact]
    public void BarrierThatAThreadDoesNotReach_IsAnError()
    {
        InvalidOperationException fault =
            Assert.Throws<InvalidOperationException>(() => Run(BarrierForOthers, new KernelConfig(1, 4), new int[4]));

        Assert.StartsWith("3 of 4 threads of group (0, 0, 0) wait at a barrier", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ThreadsAtTwoBarriers_AreAnError()
    {
        InvalidOperationException fault =
            Assert.Throws<InvalidOperationException>(() => Run(BarriersOfTwoKinds, new KernelConfig(1, 4), new int[4]));

        Assert.StartsWith("4 of 4 threads", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SharedMemory_IsGivenInTheOrderOfTheCalls_UndefinedInEachGroup()
    {
        int[] values = Run(TwoBlocks, new KernelConfig(2, 2), new int[4]);

        // thread 0 keeps what it found in the first block, thread 1 what thread 0 wrote to the second
        Assert.Equal([-1, 1, -1, 1], values);
    }

    [Fact]
    public void SharedMemory_OfTwoSizes_IsAnError()
    {
        InvalidOperationException fault =
            Assert.Throws<InvalidOperationException>(() => Run(SizeByThread, new KernelConfig(1, 2), new int[2]));

        Assert.Equal("thread 1 asks for 8 bytes of shared memory where another one asked for 4", fault.Message);
    }

    [Fact]
    public void GroupOutsideAKernel_IsAnError() => Assert.Throws<InvalidOperationException>(() => Group.IdxX);

    private int[] Run(Action<ArrayView<int>> kernel, KernelConfig config, int[] values)
    {
        using MemoryBuffer1D<int, Stride1D.Dense> buffer = _test.Accelerator.Allocate1D(values);
        _test.Accelerator.LoadKernel(kernel)(_test.Stream, config, buffer.View);
        return buffer.View.BaseView.GetAsArray();
    }

    private static int Own => (Grid.IdxX * Group.DimX) + Group.IdxX;

    private static void SumOfGroup(ArrayView<int> values)
    {
        ArrayView<int> shared = SharedMemory.Allocate<int>(64);
        shared[Group.IdxX] = values[Own];
        for (int distance = Group.DimX / 2; distance > 0; distance /= 2)
        {
            Group.Barrier();
            if (Group.IdxX < distance)
            {
                shared[Group.IdxX] += shared[Group.IdxX + distance];
            }
        }

        values[Own] = shared[Group.IdxX];
    }

    private static void LeftNeighbour(ArrayView<int> values)
    {
        ArrayView<int> shared = SharedMemory.Allocate<int>(4);
        shared[Group.IdxX] = 100 + Group.IdxX;
        values[Own] = shared[(Group.IdxX + 3) % 4];
    }

    private static void WritePlace(ArrayView<int> places)
    {
        int grid = Grid.IdxX + (Grid.DimX * (Grid.IdxY + (Grid.DimY * Grid.IdxZ)));
        places[(grid * Group.Dimension.Size) + Group.LinearIndex] =
            (Grid.IdxX * 10_000) + (Grid.IdxZ * 1000) + (Group.IdxX * 100) + (Group.IdxY * 10) + Group.IdxZ;
    }

    private static void WritePastTheEnd(ArrayView<int> values)
    {
        Group.Barrier();
        if (Group.IsLastThread)
        {
            values[values.Length] = 1;
        }

        Group.Barrier();
    }

    private static void BarrierForOthers(ArrayView<int> values)
    {
        if (Group.IdxX != 2)
        {
            Group.Barrier();
        }
    }

    private static void BarriersOfTwoKinds(ArrayView<int> values)
    {
        if (Group.IdxX == 2)
        {
            Warp.Barrier();
        }
        else
        {
            Group.Barrier();
        }
    }

    private static void TwoBlocks(ArrayView<int> values)
    {
        ArrayView<int> first = SharedMemory.Allocate<int>(1);
        ArrayView<int> second = SharedMemory.Allocate<int>(1);
        values[Own] = Group.IdxX == 0 ? first[0] : second[0];
        Group.Barrier();
        if (Group.IdxX == 0)
        {
            second[0] = 1;
        }
        else
        {
            first[0] = 2;
        }

        Group.Barrier();
        if (Group.IdxX == 1)
        {
            values[Own] = second[0];
        }
    }

    private static void SizeByThread(ArrayView<int> values) => SharedMemory.Allocate<int>(Group.IdxX + 1);
}
