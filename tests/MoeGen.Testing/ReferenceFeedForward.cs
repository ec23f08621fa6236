using MoeGen.Generator.Spec;

namespace MoeGen.Testing;

/// <summary>Experts, routers and dense networks of the reference.</summary>
/// <param name="spec">The model, or the stack whose layers are asked for.</param>
/// <param name="weights">The model's weights.</param>
internal sealed class ReferenceFeedForward(ModelSpec spec, ReferenceWeights weights)
{
    private readonly Dictionary<(int Layer, int Expert), int> _taken = []; // tokens that an expert has taken

    /// <summary>What the part behind the attention adds to one token.</summary>
    /// <param name="layer">0-based layer.</param>
    /// <param name="x">Normed hidden state.</param>
    /// <param name="chosen">Receives the token's experts, best first, -1 for one that was full, where the layer is sparse.</param>
    public double[] Apply(int layer, double[] x, List<int[]> chosen)
    {
        if (spec.KindOf(layer).FeedForward is not SparseSpec sparse)
        {
            return Network("Dense", spec.Dense!.Activation, x, layer, 0, hasBias: false, 1);
        }

        double[] logits = Vectors.Multiply(Get("Router", layer), x);
        if (sparse.Router.HasBias)
        {
            Vectors.Add(logits, [.. Get("RouterBias", layer).Select(b => (double)b)]);
        }

        (int Id, double Weight)[] choices = Route(layer, sparse, logits);
        if (sparse.Router.Capacity is { } capacity)
        {
            int id = choices.Single().Id;
            int taken = _taken.GetValueOrDefault((layer, id));
            if (taken == capacity)
            {
                // the token goes on by the residual stream alone
                chosen.Add([-1]);
                return new double[x.Length];
            }

            _taken[(layer, id)] = taken + 1;
        }

        chosen.Add([.. choices.Select(choice => choice.Id)]);
        double[] sum = new double[x.Length];
        foreach ((int id, double weight) in choices)
        {
            double[] output = Network("Expert", sparse.Activation, x, layer, id, sparse.HasBias, sparse.ScalesInput ? weight : 1);
            Vectors.Add(sum, output, sparse.ScalesInput ? 1 : weight);
        }

        if (sparse.SharedExpert is { } shared)
        {
            double share = shared.IsGated ? Vectors.Sigmoid(Vectors.Multiply(Get("SharedScore", layer), x)[0]) : 1;
            Vectors.Add(sum, Network("Shared", sparse.Activation, x, layer, 0, hasBias: false, 1), share);
        }

        return sum;
    }

    private (int Id, double Weight)[] Route(int layer, SparseSpec sparse, double[] logits)
    {
        RouterSpec router = sparse.Router;
        switch (router.Kind)
        {
            case RouterKind.SparseMixer:
                return SparseMixer(logits, router.Jitter);
            case RouterKind.TopKThenSigmoid:
                return [.. Best(logits, sparse.TopK).Select(e => (e, Vectors.Sigmoid(logits[e])))];
            case RouterKind.TopKThenSoftmax:
                int[] best = Best(logits, sparse.TopK);
                double[] shares = Vectors.Softmax([.. best.Select(e => logits[e])]);
                return [.. best.Select((e, k) => (e, shares[k]))];
        }

        bool isSigmoid = router.Kind == RouterKind.SigmoidThenTopK;
        double[] scores = isSigmoid ? [.. logits.Select(Vectors.Sigmoid)] : Vectors.Softmax(logits);
        float[]? bias = isSigmoid ? Get("RouterCorrectionBias", layer) : null;
        double[] ranks = [.. scores.Select((score, e) => score + (bias?[e] ?? 0))];
        int groupSize = sparse.NumExperts / router.NumGroups;
        double[] groups =
            [.. ranks.Chunk(groupSize).Select(group => isSigmoid ? group.OrderDescending().Take(2).Sum() : group.Max())];
        int[] open = Best(groups, router.TopKGroups);
        int[] chosen =
            [.. Enumerable.Range(0, sparse.NumExperts).Where(e => open.Contains(e / groupSize))
                .OrderByDescending(e => ranks[e]).ThenBy(e => e).Take(sparse.TopK)];
        double sum = router.Normalize ? chosen.Sum(e => scores[e]) : 1;
        return [.. chosen.Select(e => (e, scores[e] / sum * router.Scale))];
    }

    // transformers modeling_phimoe: in each round, experts far below the best are left out of the softmax
    private static (int Id, double Weight)[] SparseMixer(double[] logits, double jitter)
    {
        (int Id, double Weight)[] choices = new (int, double)[2];
        HashSet<int> taken = [];
        for (int round = 0; round < 2; round++)
        {
            int[] left = [.. Enumerable.Range(0, logits.Length).Where(e => !taken.Contains(e))];
            int best = left.OrderByDescending(e => logits[e]).ThenBy(e => e).First();
            double sum = left
                .Where(e => (logits[best] - logits[e]) / Math.Max(Math.Abs(logits[e]), logits[best]) <= 2 * jitter)
                .Sum(e => Math.Exp(logits[e] - logits[best]));
            choices[round] = (best, 1 / sum);
            taken.Add(best);
        }

        return choices;
    }

    private double[] Network(string name, ActivationSpec activation, double[] x, int layer, int expert, bool hasBias, double inputScale)
    {
        double[] input = [.. x.Select(v => v * inputScale)];
        double[] Product(string part, double[] operand)
        {
            double[] y = Vectors.Multiply(Get(name + part + "Proj", layer, expert), operand);
            if (hasBias)
            {
                Vectors.Add(y, [.. Get(name + part + "Bias", layer, expert).Select(b => (double)b)]);
            }

            return y;
        }

        if (activation.IsUngated)
        {
            return Product("Down", [.. Product("Up", input).Select(u => Activate(activation, u, 1))]);
        }

        double[] gate = Product("Gate", input), up = Product("Up", input);
        return Product("Down", [.. gate.Select((g, i) => Activate(activation, g, up[i]))]);
    }

    private float[] Get(string name, int layer, int expert = 0) => weights.Get(spec.Prefix + name, layer, expert);

    private static double Activate(ActivationSpec activation, double gate, double up)
    {
        switch (activation.Kernel)
        {
            case "ReGlu":
                return Math.Max(gate, 0) * up;
            case "GeGlu":
                return 0.5 * gate * (1 + Erf(gate / Math.Sqrt(2))) * up;
            case "GeGluTanh":
                return 0.5 * gate * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (gate + (0.044715 * gate * gate * gate)))) * up;
            case "ClampedSwiGlu":
                double limit = activation.Limit!.Value;
                gate = Math.Min(gate, limit);
                return (Math.Clamp(up, -limit, limit) + 1) * gate * Vectors.Sigmoid(1.702 * gate);
            default:
                return gate * Vectors.Sigmoid(gate) * up;
        }
    }

    // 2 / sqrt(pi) times the integral of exp(-t²) from 0 to x, by its series; beyond 5 it is 1 to double precision's last digits
    private static double Erf(double x)
    {
        if (Math.Abs(x) > 5)
        {
            return Math.Sign(x);
        }

        double term = x, sum = x;
        for (int n = 1; n < 200; n++)
        {
            term *= -x * x / n;
            sum += term / ((2 * n) + 1);
        }

        return 2 / Math.Sqrt(Math.PI) * sum;
    }

    private static int[] Best(double[] values, int count) =>
        [.. Enumerable.Range(0, values.Length).OrderByDescending(i => values[i]).ThenBy(i => i).Take(count)];
}
