using MoeGen.Engine;
using MoeGen.Kernels;
using MoeGen.Models;
using MoeGen.Tests.Kernels;

namespace MoeGen.Tests.Engine;

public class KvCacheTests
{
    [Theory]
    [InlineData(KeyValueFormat.F32, 128)]
    [InlineData(KeyValueFormat.F16, 64)]
    [InlineData(KeyValueFormat.Q8, 36)]
    public void Size_IsThatOfItsRows(KeyValueFormat format, int rowBytes)
    {
        // 3 layers of 2 heads, keys of 32 and values of 20 filled up to 32, 100 positions
        KvCacheLayout layout = new(3, 2, 32, 20, 100) { Format = format };
        Assert.Equal(3 * 2 * 100 * 2 * rowBytes, layout.SizeInBytes);

        // window 20 and chunks of 8 look at 27 positions at most, a ring of 64 holds them; layers 0 and 2 have one
        Assert.Equal((100 + (2 * 64)) * 2 * 2 * rowBytes, layout.WithRings([0, 2], 20, 8).SizeInBytes);
    }

    [Theory]
    [InlineData(20, 45, 64)]
    [InlineData(20, 46, 128)]
    [InlineData(128, 128, 256)]
    public void Ring_HoldsWindowAndChunk(int window, int chunk, int expected) =>
        Assert.Equal(expected, new KvCacheLayout(1, 1, 32, 32, 4096).WithRings([0], window, chunk).RingLength);

    [Fact]
    public void WindowAsLongAsTheText_NeedsNoRing()
    {
        KvCacheLayout layout = new(1, 1, 32, 32, 128);
        Assert.Equal(layout, layout.WithRings([0], window: 65, chunk: 1));
        Assert.Equal(layout, layout.WithRings([0], window: int.MaxValue, chunk: int.MaxValue));
        Assert.True(layout.HoldsWindow(1, 128));
    }

    [Fact]
    public void HoldsWindow_KnowsWhatHasBeenOverwritten()
    {
        // 200 positions are written, the ring of 64 holds 136 and up; the token behind 155 others sees 136 to 155
        KvCacheLayout layout = new KvCacheLayout(1, 1, 32, 32, 4096).WithRings([0], window: 20, chunk: 8);
        Assert.True(layout.HoldsWindow(155, 200));
        Assert.False(layout.HoldsWindow(154, 200));
        Assert.True(layout.HoldsWindow(0, 64));
        Assert.False(layout.HoldsWindow(0, 65));
    }

    [Fact]
    public void Plan_CountsWindowsAndFormats()
    {
        // 5 layers of 3 heads of 64: keys and values of a position take 3 * 2 * 64 elements
        ModelInfo windowed = Demo.ModelInfo with { AttentionWindow = 10, WindowLayers = [1, 3] };
        MoeOptions options = new() { ContextLength = 200, PrefillChunk = 16 };
        Assert.Equal(5L * 200 * 384 * 4, MemoryPlan.Largest(Demo.ModelInfo, options).KeyValueBytes);
        Assert.Equal(((3L * 200) + (2 * 64)) * 384 * 4, MemoryPlan.Largest(windowed, options).KeyValueBytes);
        MoeOptions quantised = options with { KeyValueFormat = KeyValueFormat.Q8 };
        Assert.Equal(5L * 200 * 384 * 9 / 8, MemoryPlan.Largest(Demo.ModelInfo, quantised).KeyValueBytes);
        Assert.Equal(5L * 384 * 4, Demo.ModelInfo.KeyValueBytesPerToken);
        Assert.Equal(5L * 384 * 2, windowed.KeyValueBytesPerTokenIn(KeyValueFormat.F16));
    }

    [Fact]
    public void NumberThatTheFormatCannotHold_IsNamed()
    {
        using KvCache cache = new(new KvCacheLayout(4, 1, 32, 32, 16) { Format = KeyValueFormat.F16 });
        float[] row = new float[32];
        using NativeFloats k = NativeFloats.Rows([row], 32, out Activations keys);
        row[9] = 70_000;
        using NativeFloats v = NativeFloats.Rows([row], 32, out Activations values);
        using WorkerTeam team = new(1);
        KeyValueOverflowException exception = Assert.Throws<KeyValueOverflowException>(
            () => team.Run(worker => cache.Append(3, keys, values, firstPosition: 7, numTokens: 1, worker)));
        Assert.Equal(
            "layer 3 gave 70000 in the keys or values of position 7; expected finite numbers up to 65504, which a KV cache in F16 holds. "
            + "Use another format, such as F32.",
            exception.Message);
    }
}
