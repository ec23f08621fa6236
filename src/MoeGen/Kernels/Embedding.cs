using MoeGen.Engine;

namespace MoeGen.Kernels;

/// <summary>Token ids to rows of the embedding.</summary>
public static unsafe class Embedding
{
    /// <summary><c>hidden[t] = scale * weight[tokens[t]]</c>, widened to float32. Workers share the tokens.</summary>
    /// <param name="weight">Embedding, [vocabulary, hidden].</param>
    /// <param name="tokens">Ids within the vocabulary; whoever made the pass has checked them.</param>
    /// <param name="hidden">Receives the rows, [numTokens, hidden].</param>
    /// <param name="worker">The calling worker.</param>
    /// <param name="scale">Factor on every element.</param>
    public static void Lookup<TShape, TFormat>(
        Matrix<TShape, TFormat> weight, ReadOnlySpan<int> tokens, Activations hidden, Worker worker, float scale = 1)
        where TShape : struct, IMatrixShape
        where TFormat : struct, IWeightFormat
    {
        Share share = worker.Share(tokens.Length);
        for (int token = share.Start; token < share.End; token++)
        {
            weight.Widen(tokens[token], hidden[token]);
            VectorMath.Scale(hidden.Row(token), scale, hidden.Width);
        }
    }
}
