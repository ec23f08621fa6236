using MoeGen.Simulation;
using MoeGen.Testing;

namespace MoeGen.Tests.Simulation;

public class HardwareProfileTests
{
    private const string Good = """
        {
          "name": "mine", "link_bytes_per_second": 2e9, "link_latency_us": 5, "pieces_in_flight": 3, "piece_bytes": 4096,
          "compute_bytes_per_second": 1e10, "balanced_tokens": 8, "expert_us": 1.5, "layer_us": 2, "pass_us": 0, "prefetch_us": 7,
          "devices": 2
        }
        """;

    [Fact]
    public void BuiltInProfiles_AreFoundByName()
    {
        Assert.Equal(["nvme-cpu", "rtx3090-pcie4", "6x-rtx3090-pcie4"], HardwareProfile.Names);
        Assert.True(HardwareProfile.TryParse("6x-rtx3090-pcie4", out HardwareProfile? six));
        Assert.True(HardwareProfile.TryParse("rtx3090-pcie4", out HardwareProfile? one));
        Assert.Equal(one with { Name = six.Name, Devices = 6 }, six);
        Assert.False(HardwareProfile.TryParse("abacus", out _));
    }

    [Fact]
    public void Times_AreWholeNanoseconds()
    {
        Assert.True(HardwareProfile.TryParse("rtx3090-pcie4", out HardwareProfile? profile));

        // Qwen1.5-MoE: 17.3 MB an expert at 25 GB/s
        Assert.Equal(692_000, profile.TransferNs(17_300_000));

        // read at 936 GB/s: 18,483 and 10,000 for the launches; 128 tokens are twice what is balanced
        Assert.Equal(28_483, profile.ExpertNs(17_300_000, numTokens: 1));
        Assert.Equal(28_483, profile.ExpertNs(17_300_000, numTokens: 64));
        Assert.Equal(46_966, profile.ExpertNs(17_300_000, numTokens: 128));
    }

    [Fact]
    public void File_IsRead()
    {
        using TemporaryFolder folder = new();
        folder.Write("machine.json", Good);
        HardwareProfile profile = HardwareProfileFile.Read(folder["machine.json"]);
        Assert.Equal(("mine", 2e9, 3), (profile.Name, profile.LinkBytesPerSecond, profile.PiecesInFlight));
        Assert.Equal((4096L, 2), (profile.PieceBytes, profile.Devices));
        Assert.Equal((5000, 0, 7000), (profile.LatencyNs, profile.PassNs, profile.PrefetchNs));
    }

    [Fact]
    public void FileWithoutName_IsCalledAsItIs()
    {
        using TemporaryFolder folder = new();
        folder.Write("machine.json", Good.Replace("\"name\": \"mine\",", "", StringComparison.Ordinal));
        Assert.Equal("machine", HardwareProfileFile.Read(folder["machine.json"]).Name);
    }

    [Theory]
    [InlineData("\"devices\": 2", "\"devices\": 0", "devices is 0; expected a number above 0")]
    [InlineData("\"devices\": 2", "\"devices\": 1.5", "devices is 1.5; expected an integer from 1 to 1024")]
    [InlineData("\"devices\": 2", "\"devices\": \"two\"", "devices is \"two\"; expected a number above 0")]
    [InlineData("\"pass_us\": 0", "\"pass_us\": -1", "pass_us is -1; expected a number of at least 0")]
    [InlineData("\"pass_us\": 0, ", "", "has no pass_us; expected a number")]
    [InlineData("\"pass_us\": 0", "\"pass_ms\": 0", "has the key pass_ms; expected name, link_bytes_per_second")]
    [InlineData("2e9", "1e999", "link_bytes_per_second is 1e999")]
    [InlineData("}", "", "is not JSON at line")]
    public void WrongFile_IsRefusedByName(string found, string changed, string fault)
    {
        using TemporaryFolder folder = new();
        folder.Write("machine.json", Good.Replace(found, changed, StringComparison.Ordinal));
        HardwareProfileException exception = Assert.Throws<HardwareProfileException>(
            () => HardwareProfileFile.Read(folder["machine.json"]));
        Assert.StartsWith(folder["machine.json"] + ": ", exception.Message, StringComparison.Ordinal);
        Assert.Contains(fault, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void List_IsNoProfile()
    {
        using TemporaryFolder folder = new();
        folder.Write("machine.json", "[]");
        HardwareProfileException exception = Assert.Throws<HardwareProfileException>(
            () => HardwareProfileFile.Read(folder["machine.json"]));
        Assert.Contains("is no JSON object", exception.Message, StringComparison.Ordinal);
    }
}
