namespace MoeGen.Experts.Eviction;

/// <summary>
/// What a cache remembers of every expert of a model, resident or not; arrays are indexed by key. The thread that runs the model writes
/// uses; whoever chooses what to evict reads them, at worst a use late.
/// </summary>
public sealed class ExpertUsage
{
    /// <summary>Creates the record of a model that has not run.</summary>
    /// <param name="grid">Its experts.</param>
    public ExpertUsage(ExpertGrid grid)
    {
        ArgumentNullException.ThrowIfNull(grid);
        Grid = grid;
        Uses = new int[grid.Count];
        UsesWhileCached = new int[grid.Count];
        SequenceTokens = new int[grid.Count];
        LastUse = new long[grid.Count];
        LastPass = new long[grid.Count];
        Probability = new float[grid.Count];
        ResetProbabilities();
    }

    /// <summary>The experts.</summary>
    public ExpertGrid Grid { get; }

    /// <summary>Uses since the model was loaded; one for each layer and pass, however many tokens chose the expert.</summary>
    public int[] Uses { get; } // [grid.Count]

    /// <summary>Uses since the expert was last admitted to the cache.</summary>
    public int[] UsesWhileCached { get; } // [grid.Count]

    /// <summary>Tokens of the sequence that a layer last ran for, its prompt included, that have chosen the expert.</summary>
    public int[] SequenceTokens { get; } // [grid.Count]

    /// <summary>Clock of the last use, counting uses of all experts; 0: never used.</summary>
    public long[] LastUse { get; } // [grid.Count]

    /// <summary>Pass of the last use, counted from 1; 0: never used.</summary>
    public long[] LastPass { get; } // [grid.Count]

    /// <summary>Last predicted probability of being chosen, 0 to 1; 1 / experts of a layer where nothing was predicted.</summary>
    public float[] Probability { get; } // [grid.Count]

    private long Clock { get; set; }

    /// <summary>Forgets every prediction.</summary>
    public void ResetProbabilities() => Array.Fill(Probability, 1f / Grid.NumExperts);

    /// <summary>A layer runs for the first time in a sequence. Other layers keep their counts until they run, too.</summary>
    /// <param name="layer">0-based sparse layer.</param>
    internal void StartSequence(int layer) => Array.Clear(SequenceTokens, Grid.KeyOf(layer, 0), Grid.NumExperts);

    /// <summary>Tokens have chosen an expert.</summary>
    /// <param name="key">The expert.</param>
    /// <param name="numTokens">How many.</param>
    internal void OnChosen(int key, int numTokens) => SequenceTokens[key] += numTokens;

    /// <summary>The running layer uses an expert.</summary>
    /// <param name="key">The expert.</param>
    /// <param name="pass">The running pass.</param>
    internal void OnUsed(int key, long pass)
    {
        Uses[key]++;
        UsesWhileCached[key]++;
        LastUse[key] = ++Clock;
        LastPass[key] = pass;
    }

    /// <summary>An expert has been given a slot.</summary>
    /// <param name="key">The expert.</param>
    internal void OnAdmitted(int key) => UsesWhileCached[key] = 0;
}
