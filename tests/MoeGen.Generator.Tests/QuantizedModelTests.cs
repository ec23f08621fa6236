using MoeGen.Engine;
using MoeGen.Generator.Spec;
using MoeGen.Generator.Tests.Testing;
using MoeGen.Testing;
using StoredFormat = MoeGen.Weights.WeightFormat;

namespace MoeGen.Generator.Tests;

/// <summary>
/// Models whose matrices are quantised compute what the formulas say of the rounded weights, and the same bits in chunks, token by token, on
/// several threads and with few of their experts in memory.
/// </summary>
public class QuantizedModelTests
{
    // distance of a token's logits as a share of their length: activations in 16 bits are off by up to 1.5e-5 of the largest in their block,
    // those in 8 bits by 4e-3, in some twenty products one behind the other
    private const double Q8Tolerance = 1e-3;
    private const double Q4Tolerance = 0.1;

    public static TheoryData<string, int, string> Specs
    {
        get
        {
            TheoryData<string, int, string> specs = [];
            foreach (string family in RandomConfigs.Families)
            {
                specs.Add(family, 1, nameof(WeightFormat.Q8));
                specs.Add(family, 1, nameof(WeightFormat.Q4));
            }

            return specs;
        }
    }

    [Theory]
    [MemberData(nameof(Specs))]
    public void RandomSpec_ComputesWhatTheReferenceComputesOfRoundedWeights(string family, int seed, string format)
    {
        string config = RandomConfigs.Create(family, seed);
        GeneratorHost host = GeneratorHost.Run(new TestItem(config, WeightFormat: format));
        Assert.Empty(host.Diagnostics);
        Assert.Empty(host.CompilerDiagnostics());

        ModelSpec spec = ModelSpecReader.Read(config, Enum.Parse<WeightFormat>(format)).Spec!;
        using TemporaryFolder folder = new();
        RandomCheckpoint.Write(folder.Path, spec, Enum.Parse<StoredFormat>(spec.FloatFormat.ToString()!), seed);
        Random random = new(seed);
        int[] tokens = [.. Enumerable.Range(0, 23).Select(_ => random.Next(spec.VocabSize))];
        int[] input = [.. Enumerable.Range(0, spec.Encoder is null ? 0 : 17).Select(_ => random.Next(spec.VocabSize))];
        ReferenceResult reference = ReferenceModel.Load(spec, folder.Path).Run(tokens, input);

        MoeOptions options = new() { Threads = 1 };
        ChosenExpertsLog chosen = new();
        float[][] logits = Run(host.LoadModel(folder.Path, options), tokens, input, tokens.Length, chosen);
        int[][][] experts = chosen.ByLayer([.. spec.AllSparseLayers]);
        Assert.InRange(NumOther(reference.Experts, experts), 0, tokens.Length * experts.Length / 10);
        for (int t = 0; t < FirstOther(reference.Experts, experts, tokens.Length); t++)
        {
            double difference = logits[t].Zip(reference.Logits[t], (a, b) => (a - b) * (a - b)).Sum();
            Assert.InRange(Math.Sqrt(difference / reference.Logits[t].Sum(b => b * b)), 0, spec.WeightFormat == WeightFormat.Q8 ? Q8Tolerance : Q4Tolerance);
        }

        // the same bits, whatever is computed together and whatever is in memory
        Assert.Equal(logits, Run(host.LoadModel(folder.Path, options with { Threads = 3 }), tokens, input, 1, observer: null));
        MoeOptions few = options with { Threads = 2, ExpertSlots = 2 + random.Next(4), Offloading = Offloading.Lru() };
        Assert.Equal(logits, Run(host.LoadModel(folder.Path, few), tokens, input, 7, observer: null));
    }

    // choices of a token in a layer that another one is near to
    private static int NumOther(int[][][] expected, int[][][] actual) =>
        expected.Zip(actual, (a, b) => a.Zip(b, (x, y) => x.SequenceEqual(y) ? 0 : 1).Sum()).Sum();

    // the first token that has other experts in some layer: those before it have seen nothing of it
    private static int FirstOther(int[][][] expected, int[][][] actual, int numTokens) =>
        Enumerable.Range(0, numTokens).FirstOrDefault(
            token => expected.Zip(actual).Any(layer => !layer.First[token % layer.First.Length].SequenceEqual(layer.Second[token % layer.Second.Length])),
            numTokens);

    private static float[][] Run(MoeModel loaded, int[] tokens, int[] input, int chunk, IRoutingObserver? observer)
    {
        using MoeModel model = loaded;
        using Sequence sequence = model.CreateSequence();
        using ForwardPass pass = model.CreatePass(Math.Max(chunk, input.Length), chunk);
        pass.Observer = observer;
        if (input.Length > 0)
        {
            model.Encode(sequence, input, pass, TestContext.Current.CancellationToken);
        }

        List<float[]> logits = [];
        for (int first = 0; first < tokens.Length; first += chunk)
        {
            int count = Math.Min(chunk, tokens.Length - first);
            model.Run(pass, sequence, tokens.AsSpan(first, count), count, TestContext.Current.CancellationToken, tokens.Length);
            for (int t = 0; t < count; t++)
            {
                logits.Add(pass.Logits[t].ToArray());
            }
        }

        return [.. logits];
    }
}
