using MoeGen.Engine;
using MoeGen.Gpu.Kernels;

namespace MoeGen.Gpu;

/// <summary>Token ids to rows of the embedding.</summary>
public static class Embedding
{
    /// <summary>
    /// <c>hidden[t] = scale * weight[tokens[t]]</c>. The processor takes the rows from host memory, where the embedding lies as well: they
    /// are a few kilobytes for a token, and prefetchers ask for them there.
    /// </summary>
    /// <param name="weight">Embedding, [vocabulary, hidden].</param>
    /// <param name="tokens">Ids within the vocabulary.</param>
    /// <param name="hidden">Receives the rows, [numTokens, hidden].</param>
    /// <param name="worker">The calling worker.</param>
    /// <param name="scale">Factor on every element.</param>
    public static void Lookup<TMatrix>(
        Matrix<TMatrix> weight, ReadOnlySpan<int> tokens, Activations hidden, Worker worker, float scale = 1)
        where TMatrix : struct, IGpuMatrix
    {
        MoeGen.Kernels.Activations rows = hidden.Buffer.Host;
        for (int token = 0; token < tokens.Length; token++)
        {
            weight.Widen(tokens[token], rows[token]);
            foreach (ref float element in rows[token])
            {
                element *= scale;
            }
        }

        hidden.Buffer.Upload(tokens.Length);
    }
}
