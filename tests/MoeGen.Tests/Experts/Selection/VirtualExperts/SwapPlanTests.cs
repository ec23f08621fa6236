using MoeGen.Experts.Selection.VirtualExperts;
using MoeGen.Testing;
using MoeGen.Tests.Experts.Cache;

namespace MoeGen.Tests.Experts.Selection.VirtualExperts;

public sealed class SwapPlanTests : IDisposable
{
    private static readonly ModelInfo s_info = FakeExperts.Info(numLayers: 2, numExperts: 3, topK: 1);

    private readonly TemporaryFolder _folder = new();

    private string File => Path.Combine(_folder.Path, "plan.json");

    [Fact]
    public void SavedPlan_IsReadAsItWas()
    {
        SwapPlan plan = Plan() with { PredictedBytes = 99, PredictedTpotMs = 1.5, PredictedAgreement = 0.75 };
        plan.Save(File);
        plan.Save(File);
        SwapPlan read = SwapPlan.Load(File);
        read.Validate(s_info);
        Assert.Equal(File, read.Path);
        Assert.Equal((plan.Fingerprint, plan.BudgetBytes, plan.UpdateInterval), (read.Fingerprint, read.BudgetBytes, read.UpdateInterval));
        Assert.Equal(plan.ExpertsPerLayer, read.ExpertsPerLayer);
        Assert.Equal(plan.Norms, read.Norms);
        Assert.Equal(plan.InitialExperts, read.InitialExperts);
        Assert.Equal((99, 1.5, 0.75), (read.PredictedBytes, read.PredictedTpotMs, read.PredictedAgreement));
        Assert.Equal([File], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void ShortPlan_LeavesOutWhatItDoesNotSay()
    {
        (Plan() with { Norms = null, InitialExperts = null }).Save(File);
        SwapPlan read = SwapPlan.Load(File);
        read.Validate(s_info);
        Assert.Null(read.Norms);
        Assert.Null(read.InitialExperts);
        Assert.Null(read.PredictedBytes ?? read.PredictedTpotMs ?? read.PredictedAgreement);
    }

    [Theory]
    [InlineData("[]", "is no JSON object; expected a plan as `moegen plan` writes it")]
    [InlineData("{\n\"fingerprint\": ", "is not JSON at line 2; expected a plan as `moegen plan` writes it")]
    [InlineData("{}", "fingerprint is missing; expected a string")]
    [InlineData("""{"fingerprint": 3}""", "fingerprint is 3; expected a string")]
    [InlineData("""{"fingerprint": "f", "budget_bytes": 1.5}""", "budget_bytes is 1.5; expected an integer")]
    [InlineData("""{"fingerprint": "f", "budget_bytes": 1, "update_interval": "x"}""", "update_interval is \"x\"; expected an integer")]
    [InlineData(
        """{"fingerprint": "f", "budget_bytes": 1, "update_interval": 1, "experts_per_layer": [1, null]}""",
        "experts_per_layer is [1, null]; expected an array of integers")]
    [InlineData(
        """{"fingerprint": "f", "budget_bytes": 1, "update_interval": 0, "experts_per_layer": [1]}""",
        "update_interval is 0; expected at least 1")]
    [InlineData(
        """{"fingerprint": "f", "budget_bytes": 0, "update_interval": 1, "experts_per_layer": [1]}""",
        "budget_bytes is 0; expected at least 1")]
    [InlineData(
        """{"fingerprint": "f", "budget_bytes": 1, "update_interval": 1, "experts_per_layer": [1], "norms": [1]}""",
        "norms is [1]; expected an array of an array of numbers for each layer")]
    [InlineData(
        """{"fingerprint": "f", "budget_bytes": 1, "update_interval": 1, "experts_per_layer": [1], "norms": [[-1]]}""",
        "a number of norms is -1; expected a number of at least 0")]
    [InlineData(
        """{"fingerprint": "f", "budget_bytes": 1, "update_interval": 1, "experts_per_layer": [1], "predicted_agreement": 1.5}""",
        "predicted_agreement is 1.5; expected 0 to 1")]
    [InlineData("""{"fingerprint": "f", "fingerprint": "f"}""", "has the key fingerprint twice; expected it once")]
    public void MalformedFile_IsOneErrorThatNamesIt(string json, string fault)
    {
        System.IO.File.WriteAllText(File, json);
        SwapPlanException exception = Assert.Throws<SwapPlanException>(() => SwapPlan.Load(File));
        Assert.Equal($"{File}: {fault}", exception.Message);
        Assert.Equal(File, exception.File);
    }

    [Fact]
    public void UnknownKey_IsRefused()
    {
        System.IO.File.WriteAllText(File, """{"budget": 3}""");
        Assert.StartsWith($"{File}: has the key budget; expected fingerprint, ", Assert.Throws<SwapPlanException>(() => SwapPlan.Load(File)).Message);
    }

    [Fact]
    public void PlanThatTheModelCannotFollow_IsRefused()
    {
        SwapPlan plan = Plan();
        plan.Validate(s_info);
        Refuses(plan with { Fingerprint = "f" }, "is a plan for the model f; expected one for 0123456789abcdef. Make a plan for this model");
        Refuses(plan with { ExpertsPerLayer = [1] }, "experts_per_layer: the number of layers is 1; expected 2");
        Refuses(plan with { ExpertsPerLayer = [1, 0] }, "experts_per_layer of layer 1 is 0; expected 1 to 3");
        Refuses(plan with { ExpertsPerLayer = [4, 1] }, "experts_per_layer of layer 0 is 4; expected 1 to 3");
        Refuses(plan with { Norms = [[1, 2, 3]] }, "norms: the number of layers is 1; expected 2");
        Refuses(plan with { Norms = [[1, 2, 3], [1, 2]] }, "norms of layer 1: their number is 2; expected 3");
        Refuses(plan with { Norms = [[1, 2, 3], [1, 2, float.NaN]] }, "a number of norms is NaN; expected a number of at least 0");
        Refuses(plan with { InitialExperts = [[0]] }, "initial_experts: the number of layers is 1; expected 2");
        Refuses(plan with { InitialExperts = [[0], [1]] }, "initial_experts of layer 1: their number is 1; expected 2");
        Refuses(plan with { InitialExperts = [[3], [1, 2]] }, "initial_experts of layer 0: an id is 3; expected 0 to 2");
        Refuses(plan with { InitialExperts = [[0], [1, 1]] }, "initial_experts of layer 1 have expert 1 twice; expected 2 different ones");
    }

    public void Dispose() => _folder.Dispose();

    private static SwapPlan Plan() => new()
    {
        Fingerprint = s_info.Fingerprint,
        BudgetBytes = 1000,
        UpdateInterval = 2,
        ExpertsPerLayer = [1, 2],
        Norms = [[1, 2.5f, 3], [0, 1e-9f, 7]],
        InitialExperts = [[2], [2, 0]],
    };

    private static void Refuses(SwapPlan plan, string fault) =>
        Assert.Equal($"the swap plan: {fault}", Assert.Throws<SwapPlanException>(() => plan.Validate(s_info)).Message);
}
