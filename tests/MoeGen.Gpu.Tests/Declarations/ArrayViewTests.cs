using ILGPU;
using ILGPU.Runtime;

namespace MoeGen.Gpu.Tests.Declarations;

public sealed class ArrayViewTests : IDisposable
{
    private readonly TestAccelerator _test = new();

    public void Dispose() => _test.Dispose();

    [Theory]
    [InlineData(-1)]
    [InlineData(4)]
    [InlineData(1L << 32)]
    public void Index_OutsideTheView_IsNamed(long index)
    {
        using MemoryBuffer1D<int, Stride1D.Dense> buffer = _test.Accelerator.Allocate1D<int>(10);
        ArrayView<int> view = buffer.View.BaseView.SubView(2, 4);

        ArgumentOutOfRangeException fault = Assert.Throws<ArgumentOutOfRangeException>(() => view[index]);

        Assert.StartsWith("a view of 4 elements has none there", fault.Message, StringComparison.Ordinal);
        Assert.Equal(index, fault.ActualValue);
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(0, 5)]
    [InlineData(3, 2)]
    [InlineData(4, 0)]
    [InlineData(1, -1)]
    public void SubView_OutsideTheView_IsAnError(int index, int length)
    {
        using MemoryBuffer1D<int, Stride1D.Dense> buffer = _test.Accelerator.Allocate1D<int>(4);
        ArrayView<int> view = buffer.View;

        Assert.Throws<ArgumentOutOfRangeException>(() => view.SubView(index, length));
    }

    [Fact]
    public void SubView_ReachesTheSameElements()
    {
        using MemoryBuffer1D<int, Stride1D.Dense> buffer = _test.Accelerator.Allocate1D<int>([10, 11, 12, 13, 14]);

        ArrayView<int> view = buffer.View.BaseView.SubView(1, 4).SubView(1L, 2L);

        Assert.Equal([12, 13], view.GetAsArray());
    }

    [Fact]
    public void Cast_ReachesTheSameBytes()
    {
        using MemoryBuffer1D<uint, Stride1D.Dense> buffer = _test.Accelerator.Allocate1D<uint>([1, 2, 3, 4, 5]);

        ArrayView<ulong> view = buffer.View.BaseView.SubView(2, 3).Cast<ulong>();

        // 3 and 4; the element of 4 bytes that is left makes none of 8
        Assert.Equal([3 | (4UL << 32)], view.GetAsArray());
    }

    [Fact]
    public void Cast_FromBetweenTwoElements_IsAnError()
    {
        using MemoryBuffer1D<uint, Stride1D.Dense> buffer = _test.Accelerator.Allocate1D<uint>(5);

        InvalidOperationException fault = Assert.Throws<InvalidOperationException>(() => buffer.View.BaseView.SubView(1, 4).Cast<ulong>());

        Assert.Equal("a view from byte 4 on cannot be one of elements of 8 bytes", fault.Message);
    }

    [Fact]
    public void NewMemory_IsUndefined()
    {
        using MemoryBuffer1D<float, Stride1D.Dense> buffer = _test.Accelerator.Allocate1D<float>(3);

        Assert.All(buffer.View.BaseView.GetAsArray(), value => Assert.True(float.IsNaN(value)));
    }

    [Fact]
    public void BufferThatIsGone_IsAnError()
    {
        MemoryBuffer1D<int, Stride1D.Dense> buffer = _test.Accelerator.Allocate1D<int>(4);
        ArrayView<int> view = buffer.View;
        buffer.Dispose();

        Assert.Throws<ObjectDisposedException>(() => view[0]);
        Assert.Throws<ObjectDisposedException>(() => view.MemSetToZero());
    }

    [Fact]
    public void Copies_ReachWhatTheyName()
    {
        using MemoryBuffer1D<int, Stride1D.Dense> source = _test.Accelerator.Allocate1D<int>(4);
        using MemoryBuffer1D<int, Stride1D.Dense> target = _test.Accelerator.Allocate1D<int>([1, 2, 3, 4, 5, 6]);
        ReadOnlySpan<int> values = [7, 8];
        source.View.BaseView.MemSetToZero(_test.Stream);
        source.View.BaseView.SubView(1, 3).CopyFromCPU(_test.Stream, values);

        target.View.BaseView.SubView(1, 5).CopyFrom(_test.Stream, source.View.BaseView);

        Assert.Equal([1, 0, 7, 8, 0, 6], target.View.BaseView.GetAsArray());
    }

    [Fact]
    public void Copies_LongerThanTheView_AreErrors()
    {
        using MemoryBuffer1D<int, Stride1D.Dense> buffer = _test.Accelerator.Allocate1D<int>(4);
        ArrayView<int> view = buffer.View;

        Assert.Throws<ArgumentOutOfRangeException>(() => view.CopyFromCPU(_test.Stream, new int[5]));
        Assert.Throws<ArgumentOutOfRangeException>(() => view.CopyToCPU(_test.Stream, new int[5].AsSpan()));
        Assert.Throws<ArgumentOutOfRangeException>(() => view.CopyTo(_test.Stream, view.SubView(1)));
    }
}
