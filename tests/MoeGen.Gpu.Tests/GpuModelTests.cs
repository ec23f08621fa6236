using System.Text.Json;
using MoeGen.Engine;
using MoeGen.Gpu.Cases;
using MoeGen.Models;
using MoeGen.Testing;
using MoeGen.Weights;

namespace MoeGen.Gpu.Tests;

/// <summary>Whole models through the emitted GPU half, beside the processor's half of the same class and weights.</summary>
public class GpuModelTests
{

    public static TheoryData<string, int> Cases
    {
        get
        {
            TheoryData<string, int> cases = [];
            foreach (string name in CaseModels.Names)
            {
                cases.Add(name, 1);
                cases.Add(name, 2);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Model_GivesTheProcessorsLogitsAndGreedyTokens(string name, int groupSize)
    {
        using TestAccelerator test = new();
        using MoeModel cpu = CaseModels.Load(name, new MoeOptions { Threads = 1 });
        using MoeModel gpu = CaseModels.Load(name, OnGpu(test, groupSize));
        Assert.NotNull(gpu.DeviceName);
        AssertSameText(cpu, gpu, name);
    }

    [Theory]
    [InlineData("olmoe-a", 32)]
    [InlineData("olmoe-a", 128)]
    [InlineData("deepseek_v2-a", 8)]
    [InlineData("deepseek_v2-a", 128)]
    public void Model_WithGroupsOfManyThreads_GivesTheSame(string name, int groupSize)
    {
        using TestAccelerator test = new(warpSize: 32, numWarps: 4);
        using MoeModel cpu = CaseModels.Load(name, new MoeOptions { Threads = 1 });
        using MoeModel gpu = CaseModels.Load(name, OnGpu(test, groupSize));
        AssertLogits(cpu, gpu, [5, 7, 11]);
    }

    [Theory]
    [InlineData("lru")]
    [InlineData("on-demand")]
    [InlineData("finemoe")]
    [InlineData("next-router")]
    public void Model_WithFewSlots_GivesTheSame(string offloading)
    {
        using TestAccelerator test = new();
        MoeOptions options = OnGpu(test, 1);
        using MoeModel resident = CaseModels.Load("qwen3_moe-a", options);
        using MoeModel gpu = CaseModels.Load(
            "qwen3_moe-a", options with { ExpertSlots = 6, Offloading = Offloading.Parse(offloading), HostMemoryBudget = new ByteSize(1) });
        AssertSameText(resident, gpu, "qwen3_moe-a");
        Assert.True(gpu.Statistics.Misses > 0, "six slots hold every expert that was wanted");
    }

    [Fact]
    public void Mobile_DoesAsOnTheProcessor()
    {
        using TestAccelerator test = new();
        MoeOptions options = new() { Threads = 1, ExpertSlots = 40, Offloading = Offloading.MoBiLE() };
        using MoeModel cpu = CaseModels.Load("qwen3_moe-a", options);
        using MoeModel gpu = CaseModels.Load("qwen3_moe-a", OnGpu(test, 2) with { ExpertSlots = 40, Offloading = options.Offloading });
        AssertLogits(cpu, gpu, [4, 8, 15, 16, 23, 42]);
    }

    [Theory]
    [InlineData("swapmoe")]
    [InlineData("hobbit")]
    public void MethodThatLooksIntoSlots_IsRefused(string offloading)
    {
        using TestAccelerator test = new();
        DeviceException exception = Assert.Throws<DeviceException>(
            () => CaseModels.Load("olmoe-a", OnGpu(test, 1) with { Offloading = Offloading.Parse(offloading) }));
        Assert.Contains(offloading, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ExpertsThatAreFull_TakeNoFurtherTokens()
    {
        // an expert takes one token of a sequence, and there are six experts: most of twelve tokens have none
        string folder = CaseModels.FolderOf("switch_transformers-a");
        using TestAccelerator test = new();
        using MoeModel cpu = SwitchOfOneToken.Load(folder, new MoeOptions { Threads = 1 });
        using MoeModel gpu = SwitchOfOneToken.Load(folder, OnGpu(test, 2));
        AssertLogits(cpu, gpu, [0, 5, 7], input: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    }

    [Fact]
    public void Sequences_TogetherAndTruncated_GiveTheSame()
    {
        using TestAccelerator test = new();
        using MoeModel cpu = CaseModels.Load("gpt_oss-a", new MoeOptions { Threads = 1 });
        using MoeModel gpu = CaseModels.Load("gpt_oss-a", OnGpu(test, 2) with { PrefillChunk = 4 });
        using Sequence first = gpu.CreateSequence(), second = gpu.CreateSequence(), expected = cpu.CreateSequence();
        float[] logits = new float[gpu.Info.VocabSize], expectedLogits = new float[gpu.Info.VocabSize];
        first.Append([1, 2, 3, 4, 5, 6, 7, 8, 9], logits);
        second.Append([9, 8, 7], logits);
        first.Truncate(5);
        first.Append([20, 21], logits);
        expected.Append([1, 2, 3, 4, 5, 20, 21], expectedLogits);
        AssertNear(expectedLogits, logits, ToleranceOf(gpu));
    }

    [Fact]
    public void GpuHalf_ThatIsNotThere_IsOneClearErrorOrANotice()
    {
        string folder = RepositoryFiles.DemoModel;
        DeviceException exception = Assert.Throws<DeviceException>(
            () => Demo.Load(folder, new MoeOptions { Device = Device.Gpu }));
        Assert.Contains("was built without its GPU half", exception.Message, StringComparison.Ordinal);

        string notice = "";
        using MoeModel model = Demo.Load(folder, new MoeOptions { Device = Device.Auto, Notice = text => notice = text });
        Assert.Null(model.DeviceName);
        Assert.Contains("The processor computes.", notice, StringComparison.Ordinal);
    }

    [Fact]
    public void KvCacheInAnotherFormat_IsRefused()
    {
        using TestAccelerator test = new();
        DeviceException exception = Assert.Throws<DeviceException>(
            () => CaseModels.Load("olmoe-a", OnGpu(test, 1) with { KeyValueFormat = KeyValueFormat.F16 }));
        Assert.Contains("F16", exception.Message, StringComparison.Ordinal);
    }

    // of the largest logit: sums are taken in another order, and the processor rounds what meets quantised weights to 16 or 8 bits
    private static float ToleranceOf(MoeModel model) => model.Info.WeightFormat switch
    {
        WeightFormat.Q8 => 1e-3f,
        WeightFormat.Q4 => 5e-2f,
        _ => 2e-4f,
    };

    private static MoeOptions OnGpu(TestAccelerator test, int groupSize) =>
        new() { Device = Device.Gpu, Accelerator = test.Accelerator, GroupSize = groupSize, Threads = 2, MemoryBudget = ByteSize.MiB(64) };

    private static void AssertSameText(MoeModel expected, MoeModel actual, string name)
    {
        using JsonDocument tokens = JsonDocument.Parse(File.ReadAllText(Path.Combine(CaseModels.FolderOf(name), "tokens.json")));
        int[] prompt = Ids(tokens.RootElement, "input_ids"), greedy = Ids(tokens.RootElement, "greedy_from_prompt");
        using Sequence sequence = actual.CreateSequence();
        float[] logits = new float[actual.Info.VocabSize];
        if (actual.Info.HasEncoder)
        {
            AssertLogits(expected, actual, Ids(tokens.RootElement, "decoder_input_ids"), prompt);
            sequence.Encode(prompt);
            sequence.Append([actual.Info.DecoderStartTokenId!.Value], logits);
        }
        else
        {
            AssertLogits(expected, actual, prompt);
            sequence.Append(prompt, logits);
        }

        foreach (int token in greedy)
        {
            Assert.Equal(token, Array.IndexOf(logits, logits.Max()));
            sequence.Append([token], logits);
        }
    }

    // small cases have no greedy ones
    private static int[] Ids(JsonElement tokens, string name) =>
        tokens.TryGetProperty(name, out JsonElement ids) ? [.. ids.EnumerateArray().Select(id => id.GetInt32())] : [];

    private static void AssertLogits(MoeModel expected, MoeModel actual, int[] prompt, int[]? input = null)
    {
        using Sequence first = expected.CreateSequence(), second = actual.CreateSequence();
        float[] expectedLogits = new float[expected.Info.VocabSize], logits = new float[expected.Info.VocabSize];
        if (input is not null)
        {
            first.Encode(input);
            second.Encode(input);
        }

        foreach (int token in prompt)
        {
            first.Append([token], expectedLogits);
            second.Append([token], logits);
            AssertNear(expectedLogits, logits, ToleranceOf(actual));
        }
    }

    private static void AssertNear(float[] expected, float[] actual, float tolerance)
    {
        tolerance *= expected.Max(Math.Abs);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.InRange(actual[i], expected[i] - tolerance, expected[i] + tolerance);
        }
    }
}
