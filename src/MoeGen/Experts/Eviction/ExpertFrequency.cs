namespace MoeGen.Experts.Eviction;

/// <summary>What counts as the frequency of an expert.</summary>
public enum ExpertFrequency
{
    /// <summary>Uses since the model was loaded, as in the second version of FineMoE's code.</summary>
    WholeRun,

    /// <summary>Tokens of the running sequence that have chosen the expert, those of its prompt included (our reading).</summary>
    ThisSequence,

    /// <summary>Uses since the expert was last admitted to the cache, as in FineMoE's paper.</summary>
    WhileCached,

    /// <summary>Uses since the model was loaded, divided by the passes since the last one and one more (LFRU).</summary>
    Aged,
}
