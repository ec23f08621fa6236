using MoeGen.Cli.Models;
using MoeGen.Engine;
using MoeGen.Packs;
using MoeGen.Testing;
using WeightFormat = MoeGen.Generator.Spec.WeightFormat;

namespace MoeGen.Cli.Tests;

/// <summary>
/// Every family in Q8 and Q4: near the exact model, with the same bits from a pack, with experts that come and go, and token by token.
/// </summary>
public sealed class QuantizedModelTests : IDisposable
{
    private static readonly CliStreams s_silent = new(Stream.Null, Stream.Null, TextWriter.Null, IsErrorTerminal: false);

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, string> Cases
    {
        get
        {
            TheoryData<string, string> cases = [];
            foreach (string name in RepositoryFiles.FolderNames(RepositoryFiles.Cases))
            {
                cases.Add(name, "Q8");
                cases.Add(name, "Q4");
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void PackedModel_GivesTheBitsOfItsCheckpoint(string name, string formatName)
    {
        WeightFormat format = Enum.Parse<WeightFormat>(formatName);
        ModelFolder folder = ModelFolder.Find(Path.Combine(RepositoryFiles.Cases, name)), packed = new(_folder["packed"], "packed");
        Pack(folder, packed.Path, format);
        Assert.Equal(formatName, PackFile.FormatOf(packed.Path).ToString());

        float[] expected = Logits(folder, new MoeOptions { Threads = 1 }, format, chunk: 20);
        MoeOptions few = new() { Threads = 2, ExpertSlots = 3 };
        Assert.Equal(expected, Logits(folder, few, format, chunk: 1));
        Assert.Equal(expected, Logits(packed, few, format: null, chunk: 7));
        Assert.NotEqual(expected, Logits(folder, new MoeOptions { Threads = 1 }, format: null, chunk: 20));
    }

    // the demo model has been trained; the cases have random weights of 16 to 64 columns, whose routers choose among near equals
    [Theory]
    [InlineData("Q8", 0.01)]
    [InlineData("Q4", 0.15)]
    public void TrainedModel_IsNearTheExactOne(string format, double mostDistance)
    {
        ModelFolder demo = ModelFolder.Find(ModelFolder.DemoName);
        MoeOptions options = new() { Threads = 2 };
        float[] exact = Logits(demo, options, format: null, chunk: 20), quantized = Logits(demo, options, Enum.Parse<WeightFormat>(format), chunk: 20);
        double distance = Math.Sqrt(exact.Zip(quantized, (a, b) => Math.Pow(a - b, 2)).Sum() / exact.Sum(a => Math.Pow(a, 2)));
        Assert.InRange(distance, double.Epsilon, mostDistance);
    }

    public void Dispose() => _folder.Dispose();

    private static void Pack(ModelFolder folder, string destination, WeightFormat format)
    {
        Generator.Spec.ModelSpec spec = folder.ReadSpec(s_silent, format);
        new ModelPacker(folder.Path, destination, SpecInfo.Of(spec, folder.Name), SpecTensors.Of(spec))
            .Pack(new MoeOptions { Threads = 2 }, TestContext.Current.CancellationToken);
    }

    private static float[] Logits(ModelFolder folder, MoeOptions options, WeightFormat? format, int chunk)
    {
        using MoeModel model = ModelLoader.Load(
            folder, options with { PrefillChunk = chunk }, s_silent, out _, TestContext.Current.CancellationToken, format);
        using Sequence sequence = model.CreateSequence();
        Random random = new(1);
        int[] text = [.. Enumerable.Range(0, 20).Select(_ => random.Next(model.Info.VocabSize))];
        if (model.Info.DecoderStartTokenId is not null)
        {
            sequence.Encode(text);
        }

        float[] logits = new float[model.Info.VocabSize];
        sequence.Append(text, logits);
        return logits;
    }
}
