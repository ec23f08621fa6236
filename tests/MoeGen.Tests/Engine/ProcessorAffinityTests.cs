using MoeGen.Engine;

namespace MoeGen.Tests.Engine;

public class ProcessorAffinityTests
{
    [Fact]
    public void Pin_LeavesOneProcessor()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux alone");
        int[] before = [], after = [];
        bool isPinned = false;
        Thread thread = new(() =>
        {
            before = ProcessorAffinity.Allowed();
            isPinned = ProcessorAffinity.Pin(before[^1]);
            after = ProcessorAffinity.Allowed();
        });
        thread.Start();
        thread.Join();
        Assert.True(isPinned);
        Assert.Equal([before[^1]], after);
    }

    [Fact]
    public void Pin_NoSuchProcessor_IsRefused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux alone");
        int[] allowed = ProcessorAffinity.Allowed();
        Assert.DoesNotContain(1023, allowed);
        Assert.False(ProcessorAffinity.Pin(1023));
        Assert.Equal(allowed, ProcessorAffinity.Allowed());
    }
}
