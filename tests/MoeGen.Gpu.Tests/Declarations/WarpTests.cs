using ILGPU;
using ILGPU.Runtime;

namespace MoeGen.Gpu.Tests.Declarations;

public sealed class WarpTests : IDisposable
{
    // two warps of 8 threads
    private readonly TestAccelerator _test = new(warpSize: 8, numWarps: 2);

    public void Dispose() => _test.Dispose();

    [Fact]
    public void ShuffleXor_SumsWarpsApart()
    {
        float[] sums = Run(SumOfWarp, groupSize: 16);

        // 0 + ... + 7 = 28, 8 + ... + 15 = 92
        Assert.Equal([.. Enumerable.Repeat(28f, 8), .. Enumerable.Repeat(92f, 8)], sums);
    }

    [Fact]
    public void ShuffleDown_PastTheWarp_GivesTheOwnValue() =>
        Assert.Equal([3, 4, 5, 6, 7, 5, 6, 7, 11, 12, 13, 14, 15, 13, 14, 15], Run(ThirdToTheRight, groupSize: 16));

    [Fact]
    public void ShuffleUp_BeforeTheWarp_GivesTheOwnValue() =>
        Assert.Equal([0, 1, 0, 1, 2, 3, 4, 5], Run(SecondToTheLeft, groupSize: 8));

    [Fact]
    public void Shuffle_FromALaneWithoutAThread_IsUndefined()
    {
        float[] values = Run(ThirdToTheRight, groupSize: 4);

        Assert.Equal([3, float.NaN, float.NaN, float.NaN], values);
    }

    [Fact]
    public void Broadcast_GivesTheLanesValue() =>
        Assert.Equal([.. Enumerable.Repeat(5f, 8), .. Enumerable.Repeat(13f, 8)], Run(FromLane5, groupSize: 16));

    [Fact]
    public void GroupBroadcast_AmongShuffles_GivesTheThreadsValue() =>
        Assert.Equal([.. Enumerable.Range(0, 16).Select(i => (10f * 9) + (i ^ 1))], Run(BroadcastAmongShuffles, groupSize: 16));

    [Fact]
    public void BarrierAnd_BarrierOr_BarrierPopCount_CountTheGroup() =>
        Assert.Equal([.. Enumerable.Repeat(500f + 10f, 16)], Run(Votes, groupSize: 16));

    private float[] Run(Action<ArrayView<float>> kernel, int groupSize)
    {
        using MemoryBuffer1D<float, Stride1D.Dense> buffer = _test.Accelerator.Allocate1D<float>(groupSize);
        _test.Accelerator.LoadKernel(kernel)(_test.Stream, new KernelConfig(1, groupSize), buffer.View);
        return buffer.View.BaseView.GetAsArray();
    }

    private static void SumOfWarp(ArrayView<float> values)
    {
        float sum = Group.IdxX;
        for (int mask = Warp.WarpSize / 2; mask > 0; mask /= 2)
        {
            sum += Warp.ShuffleXor(sum, mask);
        }

        values[Group.IdxX] = sum;
    }

    private static void ThirdToTheRight(ArrayView<float> values) => values[Group.IdxX] = Warp.ShuffleDown((float)Group.IdxX, 3);

    private static void SecondToTheLeft(ArrayView<float> values) => values[Group.IdxX] = Warp.ShuffleUp((float)Group.IdxX, 2);

    private static void FromLane5(ArrayView<float> values) => values[Group.IdxX] = Warp.Broadcast((float)Group.IdxX, 5);

    private static void BroadcastAmongShuffles(ArrayView<float> values)
    {
        int neighbour = Warp.ShuffleXor(Group.IdxX, 1);
        int ninth = Group.Broadcast(Group.IdxX, 9);
        int back = Warp.ShuffleXor(neighbour, 1);
        values[Group.IdxX] = (10 * ninth) + Warp.ShuffleXor(back, 1);
    }

    private static void Votes(ArrayView<float> values)
    {
        int count = Group.BarrierPopCount(Group.IdxX < 5);
        bool all = Group.BarrierAnd(Group.IdxX < 15);
        bool any = Group.BarrierOr(Group.IdxX == 15);
        values[Group.IdxX] = (100 * count) + (all ? 1 : 0) + (any ? 10 : 0);
    }
}
