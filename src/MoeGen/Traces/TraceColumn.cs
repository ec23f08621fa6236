using MoeGen.Weights;

namespace MoeGen.Traces;

/// <summary>A tensor of a trace, with a row for every token.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Element type.</param>
/// <param name="RowShape">Dimensions of a row.</param>
internal sealed record TraceColumn(string Name, TensorType Type, IReadOnlyList<long> RowShape)
{
    /// <summary>0-based sequence of each token, [tokens] i32.</summary>
    public const string Sequence = "sequence";

    /// <summary>0-based pass of each token, [tokens] i32.</summary>
    public const string Pass = "pass";

    /// <summary>1: the token was in a chunk of a prompt; 0: it was decoded, [tokens] u8.</summary>
    public const string IsPrompt = "is_prompt";

    /// <summary>Id of each token, [tokens] i32.</summary>
    public const string Token = "token";

    /// <summary>Chosen experts, [tokens, layers, topK] i32.</summary>
    public const string Experts = "experts";

    /// <summary>Router distributions, [tokens, layers, experts] f16.</summary>
    public const string Probabilities = "router_probabilities";

    /// <summary>What the next layer's router made of each layer's router input, [tokens, layers - 1, experts] f16.</summary>
    public const string NextProbabilities = "next_router_probabilities";

    /// <summary>Embeddings, [tokens, hidden] bf16.</summary>
    public const string Embeddings = "embedding";

    /// <summary>Bytes of a row.</summary>
    public int RowBytes { get; } = checked((int)new TensorOutline(Name, Type, RowShape).Length);

    /// <summary>
    /// The tensors of a trace. Probabilities are f16: rounding moves one by at most 1/2048 of itself, and what is below 6e-8 is 0 to any
    /// policy; bf16 would make near neighbours equal and change their order. Embeddings are bf16: most checkpoints hold them so, and the
    /// stores that search for them do, too.
    /// </summary>
    /// <param name="info">The model.</param>
    /// <param name="hasNext">Whether predictions of the next layer's router are there.</param>
    public static IReadOnlyList<TraceColumn> Of(TraceInfo info, bool hasNext)
    {
        (int layers, int experts, int topK) = info.Grid;
        TraceColumn[] columns =
        [
            new(Sequence, TensorType.I32, []),
            new(Pass, TensorType.I32, []),
            new(IsPrompt, TensorType.U8, []),
            new(Token, TensorType.I32, []),
            new(Experts, TensorType.I32, [layers, topK]),
            new(Probabilities, TensorType.F16, [layers, experts]),
            new(NextProbabilities, TensorType.F16, [layers - 1, experts]),
            new(Embeddings, TensorType.BF16, [info.HiddenSize]),
        ];
        return [.. columns.Where(column => column.Name != NextProbabilities || (hasNext && layers > 1))];
    }

    /// <summary>The tensor of a trace of so many tokens.</summary>
    public TensorOutline Outline(int numTokens) => new(Name, Type, [numTokens, .. RowShape]);
}
