using MoeGen.Experts.Selection.Mobile;
using MoeGen.Models;
using MoeGen.Testing;

namespace MoeGen.Tests.Experts.Selection.Mobile;

public sealed class MobileCalibrationTests : IDisposable
{
    private static readonly MobileCalibration s_calibration = new()
    {
        Fingerprint = "abc",
        Rule = FallbackRule.Margin,
        Threshold = 0.37f,
        Tolerance = 0.02,
        NumTokens = 1000,
        FallbackShare = 0.25,
        Agreement = 0.985,
        Perplexity = 12.5,
        ExactPerplexity = 12.25,
    };

    private readonly TemporaryFolder _folder = new();

    private string FilePath => _folder["calibration.json"];

    [Fact]
    public void File_IsReadAsItWasWritten()
    {
        s_calibration.Save(FilePath);
        s_calibration.Save(FilePath);
        Assert.Equal(s_calibration with { Path = FilePath }, MobileCalibration.Load(FilePath));
        Assert.Single(Directory.GetFiles(_folder.Path));
    }

    [Theory]
    [InlineData("", "is not JSON at line 1")]
    [InlineData("[1]", "is no JSON object")]
    [InlineData("{}", "fingerprint is missing; expected a text")]
    [InlineData("{\"a\": 1}", "has the key a which is none of its keys")]
    [InlineData("{\"tokens\": 1, \"tokens\": 2}", "has the key tokens twice")]
    public void OtherFiles_AreRefused(string content, string fault)
    {
        _folder.Write("calibration.json", content);
        AssertRefused(fault);
    }

    [Theory]
    [InlineData("\"threshold\": 0.37", "\"threshold\": -0.5", "threshold is -0.5; expected a number of at least 0")]
    [InlineData("\"threshold\": 0.37", "\"threshold\": 1e999", "threshold is 1e999; expected a number")]
    [InlineData("\"threshold\": 0.37", "\"threshold\": \"x\"", "threshold is \"x\"; expected a number")]
    [InlineData("\"agreement\": 0.985", "\"agreement\": 98.5", "agreement is 98.5; expected 0 to 1")]
    [InlineData("\"fallback_share\": 0.25", "\"fallback_share\": -1", "fallback_share is -1; expected 0 to 1")]
    [InlineData("\"tokens\": 1000", "\"tokens\": 0", "tokens is 0; expected a number of at least 1")]
    [InlineData("\"tokens\": 1000", "\"tokens\": 1.5", "tokens is 1.5; expected an integer")]
    [InlineData("\"perplexity\": 12.5", "\"perplexity\": 0.5", "perplexity is 0.5; expected a number of at least 1")]
    [InlineData("\"rule\": \"margin\"", "\"rule\": \"never\"", "rule is \"never\"; expected top1, margin, entropy")]
    [InlineData("\"fingerprint\": \"abc\"", "\"fingerprint\": 7", "fingerprint is 7; expected a text")]
    public void NumbersThatMakeNoSense_AreRefused(string right, string wrong, string fault)
    {
        s_calibration.Save(FilePath);
        string content = File.ReadAllText(FilePath);
        Assert.Contains(right, content);
        _folder.Write("calibration.json", content.Replace(right, wrong, StringComparison.Ordinal));
        AssertRefused(fault);
    }

    [Fact]
    public void FileThatIsTooLong_IsRefused()
    {
        _folder.Write("calibration.json", new string(' ', 100_000));
        AssertRefused("has 100000 bytes");
    }

    [Fact]
    public void CalibrationOfAnotherModel_IsRefusedAtLoad()
    {
        s_calibration.Save(FilePath);
        MobileOptions options = MobileOptions.Of(MobileCalibration.Load(FilePath));
        MobileCalibrationException fault = Assert.Throws<MobileCalibrationException>(
            () => Demo.Load(RepositoryFiles.DemoModel, new MoeOptions { Offloading = Offloading.MoBiLE(options) }));
        Assert.StartsWith($"{FilePath}: is of the model abc; expected one of {Demo.ModelInfo.Fingerprint}", fault.Message);
    }

    [Fact]
    public void CalibrationOfTheModel_SetsRuleAndThreshold_AndWhatIsExpected()
    {
        MobileOptions options = MobileOptions.Of(s_calibration with { Fingerprint = Demo.ModelInfo.Fingerprint });
        Assert.Equal((FallbackRule.Margin, 0.37f), (options.Rule, options.Threshold));
        Offloading offloading = Offloading.MoBiLE(options);
        Assert.Equal(0.985, offloading.ExpectedAgreement);
        Assert.Null(Offloading.MoBiLE().ExpectedAgreement);
        Demo.Load(RepositoryFiles.DemoModel, new MoeOptions { Offloading = offloading }).Dispose();
    }

    public void Dispose() => _folder.Dispose();

    private void AssertRefused(string fault)
    {
        MobileCalibrationException exception = Assert.Throws<MobileCalibrationException>(() => MobileCalibration.Load(FilePath));
        Assert.StartsWith($"{FilePath}: {fault}", exception.Message);
        Assert.Equal(FilePath, exception.File);
    }
}
