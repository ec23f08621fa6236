using MoeGen.Engine;
using MoeGen.Experts;
using MoeGen.Kernels;
using MoeGen.Weights;
using MoeGen.Weights.Quantized;

namespace MoeGen.Benchmarks.Rooflines;

/// <summary>Kernels that work on the rows of tokens, which the caches hold.</summary>
internal static unsafe class RowCases
{
    /// <summary>A norm of the residual stream.</summary>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="meets">Format of the weights that read the outputs, which are quantised for them.</param>
    public static KernelCase Norm(int numTokens, WeightFormat meets)
    {
        TokenRows x = new(numTokens, Olmoe.HiddenSize), y = new(numTokens, Olmoe.HiddenSize, meets), weight = new(1, Olmoe.HiddenSize);
        WeightVector vector = new((float*)weight.Memory.Start, Olmoe.HiddenSize);
        return new KernelCase(x, y, weight)
        {
            Kernel = KernelNames.Norm,
            Format = meets.ToString(),
            NumTokens = numTokens,
            Work = KernelWork.OfNorm(Olmoe.HiddenSize, numTokens, meets),
            Memory = x.Memory,
            Run = (worker, _) => RmsNorm.Normalize(x.Rows, vector, Olmoe.RmsNormEpsilon, y.Rows, numTokens, worker),
        };
    }

    /// <summary>Rotary positions of queries and keys.</summary>
    /// <param name="numTokens">Tokens.</param>
    public static KernelCase Rotation(int numTokens)
    {
        Rope rope = new(RopeFrequencies.Default(Olmoe.HeadDim, Olmoe.RopeTheta), isInterleaved: false);
        TokenRows queries = new(numTokens, Olmoe.HiddenSize), keys = new(numTokens, Olmoe.HiddenSize);
        TokenRows angles = new(numTokens, Olmoe.HeadDim);
        using (WorkerTeam team = new(1))
        {
            team.Run(worker => rope.Prepare(angles.Rows, 0, numTokens, numTokens, worker));
        }

        return new KernelCase(queries, keys, angles)
        {
            Kernel = KernelNames.Rope,
            Format = nameof(WeightFormat.F32),
            NumTokens = numTokens,
            Work = KernelWork.OfRotation(2 * Olmoe.HiddenSize, Olmoe.HeadDim, numTokens),
            Memory = queries.Memory,
            Run = (worker, _) =>
            {
                rope.Rotate(queries.Rows, angles.Rows, Olmoe.NumHeads, Olmoe.HeadDim, 0, numTokens, worker);
                rope.Rotate(keys.Rows, angles.Rows, Olmoe.NumHeads, Olmoe.HeadDim, 0, numTokens, worker);
            },
        };
    }

    /// <summary>A softmax over the router's scores, and the best experts.</summary>
    /// <param name="numTokens">Tokens.</param>
    public static KernelCase Choice(int numTokens)
    {
        Routing routing = new(Olmoe.NumExperts, Olmoe.TopK, numTokens);
        using TokenRows scores = new(numTokens, Olmoe.NumExperts);
        for (int token = 0; token < numTokens; token++)
        {
            scores.Rows[token].CopyTo(routing.Logits[token]);
        }

        // the scores of a token are too few to time the reading of them: a row of the first-level cache stands for them
        TokenRows row = new(1, Olmoe.HiddenSize);
        return new KernelCase(routing, row)
        {
            Kernel = KernelNames.Choice,
            Format = nameof(WeightFormat.F32),
            NumTokens = numTokens,
            Work = KernelWork.OfChoice(Olmoe.NumExperts, Olmoe.TopK, numTokens),
            Memory = row.Memory,
            Run = (worker, _) => TopK.SoftmaxThenTopK(routing, normalize: false, 0, numTokens, worker),
        };
    }

    /// <summary>SwiGLU of the experts that tokens have chosen.</summary>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="meets">Format of the weights that read the outputs, which are quantised for them.</param>
    public static KernelCase Activation(int numTokens, WeightFormat meets)
    {
        int numRows = numTokens * Olmoe.TopK;
        TokenRows gate = new(numRows, Olmoe.ExpertIntermediateSize, meets), up = new(numRows, Olmoe.ExpertIntermediateSize);
        return new KernelCase(gate, up)
        {
            Kernel = KernelNames.Activation,
            Format = meets.ToString(),
            NumTokens = numTokens,
            Work = KernelWork.OfActivation(Olmoe.ExpertIntermediateSize, numRows),
            Memory = gate.Memory,
            Run = (worker, _) => GatedActivation.Activate<SwiGlu>(
                gate.Rows, up.Rows, 0, numRows, worker.Share(Olmoe.ExpertIntermediateSize, QuantizedLayout.BlockSize)),
        };
    }
}
