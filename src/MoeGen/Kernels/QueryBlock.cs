namespace MoeGen.Kernels;

/// <summary>
/// Some heads of some tokens that follow each other: rows of attention that are computed together because they share keys and values.
/// </summary>
internal readonly unsafe struct QueryBlock
{
    /// <summary>Queries, [NumTokens, NumHeads, keyDim].</summary>
    public required float* Queries { get; init; }

    /// <summary>Elements from one token's queries to the next one's.</summary>
    public required int QueryStride { get; init; }

    /// <summary>Receives the outputs, [NumTokens, NumHeads, valueDim].</summary>
    public required float* Output { get; init; }

    /// <summary>Elements from one token's outputs to the next one's.</summary>
    public required int OutputStride { get; init; }

    public required int NumTokens { get; init; }

    public required int NumHeads { get; init; }

    /// <summary>Position of the first token.</summary>
    public required int Position { get; init; }

    /// <summary>Last position that every token sees; null: its own.</summary>
    public int? Last { get; init; }

    /// <summary>Keys, [Length] rows of the cache's format.</summary>
    public required byte* Keys { get; init; }

    /// <summary>Values, [Length] rows of the cache's format, or the keys.</summary>
    public required byte* Values { get; init; }

    /// <summary>Rows of the cache: position p stands in row <c>p % Length</c>.</summary>
    public required int Length { get; init; }

    /// <summary>A score for each head that has no value, [NumHeads]; null: none.</summary>
    public float* Sinks { get; init; }

    /// <summary>Added to the scores by key position minus the token's, [NumHeads, BiasStride] from distance 0; null: none.</summary>
    public float* Bias { get; init; }

    public int BiasStride { get; init; }

    /// <summary>Distances beyond it have its bias.</summary>
    public int MaxDistance { get; init; }
}
