using MoeGen.Generator.Spec;
using MoeGen.Generator.Tests.Testing;
using MoeGen.Testing;

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
        using RandomModel model = new(family, seed, format);
        ReferenceResult reference = model.Reference;
        MoeOptions options = new() { Threads = 1 };
        ChosenExpertsLog chosen = new();
        float[][] logits = model.Run(options, model.Tokens.Length, chosen);
        int[][][] experts = chosen.ByLayer([.. model.Spec.AllSparseLayers]);
        double tolerance = model.Spec.WeightFormat == WeightFormat.Q8 ? Q8Tolerance : Q4Tolerance;
        Assert.InRange(NumOther(reference.Experts, experts), 0, model.Tokens.Length * experts.Length / 10);
        for (int t = 0; t < FirstOther(reference.Experts, experts, model.Tokens.Length); t++)
        {
            double difference = logits[t].Zip(reference.Logits[t], (a, b) => (a - b) * (a - b)).Sum();
            Assert.InRange(Math.Sqrt(difference / reference.Logits[t].Sum(b => b * b)), 0, tolerance);
        }

        // the same bits, whatever is computed together and whatever is in memory
        Assert.Equal(logits, model.Run(options with { Threads = 3 }, chunk: 1));
        MoeOptions few = options with { Threads = 2, ExpertSlots = 2 + model.Random.Next(4), Offloading = Offloading.Lru() };
        Assert.Equal(logits, model.Run(few, chunk: 7));
    }

    // choices of a token in a layer that another one is near to
    private static int NumOther(int[][][] expected, int[][][] actual) =>
        expected.Zip(actual, (a, b) => a.Zip(b, (x, y) => x.SequenceEqual(y) ? 0 : 1).Sum()).Sum();

    // the first token that has other experts in some layer: those before it have seen nothing of it
    private static int FirstOther(int[][][] expected, int[][][] actual, int numTokens) =>
        Enumerable.Range(0, numTokens).FirstOrDefault(
            token => expected.Zip(actual).Any(layer => !layer.First[token % layer.First.Length].SequenceEqual(layer.Second[token % layer.Second.Length])),
            numTokens);
}
