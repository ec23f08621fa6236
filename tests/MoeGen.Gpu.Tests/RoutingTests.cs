using MoeGen.Gpu.Kernels;

namespace MoeGen.Gpu.Tests;

public sealed class RoutingTests : IDisposable
{
    private readonly TestAccelerator _test = new();

    public void Dispose() => _test.Dispose();

    [Theory]
    [InlineData(RouterShape.MaxExperts, RouterShape.MaxTopK, true)]
    [InlineData(RouterShape.MaxExperts + 1, 2, false)]
    [InlineData(64, RouterShape.MaxTopK + 1, false)]
    public void Choice_StaysOnTheDeviceWhereItsKernelHasRoom(int numExperts, int topK, bool isExpected)
    {
        using GpuDevice device = new(_test.Accelerator, groupSize: 1);
        using MoeGen.Experts.Routing host = new(numExperts, topK, maxTokens: 1);
        using Routing routing = new(device, host, maxTokens: 1) { MayStayOnDevice = true };
        Assert.Equal(isExpected, routing.StartOnDevice(1));
        Assert.Equal(isExpected, routing.IsOnDevice);
    }
}
