using ILGPU;
using ILGPU.Runtime;

namespace MoeGen.Gpu.Tests.Declarations;

public sealed class KernelLoadersTests : IDisposable
{
    private readonly TestAccelerator _test = new();

    public void Dispose() => _test.Dispose();

    [Fact]
    public void LoadKernel_ThatCaptures_IsRefused()
    {
        int captured = 1;

        Assert.Throws<NotSupportedException>(() => _test.Accelerator.LoadKernel((ArrayView<int> view) => view[0] = captured));
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(1, 0)]
    [InlineData(0, 1)]
    public void Launch_OfExtentsThatTheDeviceLacks_IsRefused(int gridSize, int groupSize)
    {
        Action<AcceleratorStream, KernelConfig, int> kernel = _test.Accelerator.LoadKernel<int>(Nothing);

        Assert.Throws<ArgumentException>(() => kernel(_test.Stream, new KernelConfig(gridSize, groupSize), 0));
    }

    [Fact]
    public void Launch_OnAnotherAcceleratorsStream_IsRefused()
    {
        using var other = new TestAccelerator();
        Action<AcceleratorStream, KernelConfig, int> kernel = _test.Accelerator.LoadKernel<int>(Nothing);

        Assert.Throws<ArgumentException>(() => kernel(other.Stream, new KernelConfig(1, 1), 0));
    }

    [Fact]
    public void Launch_PassesEveryArgument()
    {
        using MemoryBuffer1D<int, Stride1D.Dense> buffer = _test.Accelerator.Allocate1D<int>(7);
        Action<AcceleratorStream, KernelConfig, ArrayView<int>, int, int, int, int, int, int, int> kernel =
            _test.Accelerator.LoadKernel<ArrayView<int>, int, int, int, int, int, int, int>(WriteAll);

        kernel(_test.Stream, (1, 1), buffer.View, 1, 2, 3, 4, 5, 6, 7);

        Assert.Equal([1, 2, 3, 4, 5, 6, 7], buffer.View.BaseView.GetAsArray());
    }

    private static void Nothing(int argument) => _ = argument;

    private static void WriteAll(ArrayView<int> values, int a, int b, int c, int d, int e, int f, int g)
    {
        values[0] = a;
        values[1] = b;
        values[2] = c;
        values[3] = d;
        values[4] = e;
        values[5] = f;
        values[6] = g;
    }
}
