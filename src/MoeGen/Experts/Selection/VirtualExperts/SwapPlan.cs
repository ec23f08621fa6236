namespace MoeGen.Experts.Selection.VirtualExperts;

/// <summary>
/// What a planner has found best for a model and a memory budget: how many Virtual Experts each layer gets, and how often they are updated
/// (SwapMoE, arXiv 2308.15030, section 3.4). Layers are the sparse ones, those of an encoder first.
/// </summary>
public sealed record SwapPlan
{
    /// <summary>Fingerprint of the model (<see cref="ModelInfo.Fingerprint"/>).</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Memory budget that the plan was made for, bytes.</summary>
    public required long BudgetBytes { get; init; }

    /// <summary>Inputs between two updates, at least 1.</summary>
    public required int UpdateInterval { get; init; }

    /// <summary>Virtual Experts of each layer, 1 to as many as the layer has experts, [layers].</summary>
    public required IReadOnlyList<int> ExpertsPerLayer { get; init; }

    /// <summary>
    /// Frobenius norm of every expert over all of its matrices, [layers][experts]; null: experts are read when the model is loaded to find it.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<float>>? Norms { get; init; }

    /// <summary>
    /// Ids of the Virtual Experts to begin with, the most important first, [layers][<see cref="ExpertsPerLayer"/>]; null: the largest norms.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<int>>? InitialExperts { get; init; }

    /// <summary>Memory that the planner expects the model to hold, bytes; null: it does not say.</summary>
    public long? PredictedBytes { get; init; }

    /// <summary>Time of a decoded token that the planner expects, ms; null: it does not say.</summary>
    public double? PredictedTpotMs { get; init; }

    /// <summary>Share of tokens, 0 to 1, that the planner expects to be those of the exact model; null: it does not say.</summary>
    public double? PredictedAgreement { get; init; }

    /// <summary>The file that it was read from; null: none.</summary>
    public string? Path { get; init; }

    /// <summary>Reads a plan that <see cref="Save"/> has written. Whether it belongs to a model is found out when one is loaded with it.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="SwapPlanException">It holds something else.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static SwapPlan Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        SwapPlan plan = SwapPlanFile.Read(path);
        plan.CheckNumbers();
        return plan;
    }

    /// <summary>Writes the plan into a file, which appears under its name when it is complete.</summary>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <exception cref="IOException">The disk refuses.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        SwapPlanFile.Write(this, path);
    }

    /// <summary>Refuses a plan that a model cannot follow.</summary>
    /// <param name="info">The model.</param>
    /// <exception cref="SwapPlanException">It is of another model, or a number of it is impossible.</exception>
    internal void Validate(ModelInfo info)
    {
        if (Fingerprint != info.Fingerprint)
        {
            throw Fault($"is a plan for the model {Fingerprint}; expected one for {info.Fingerprint}. Make a plan for this model");
        }

        CheckNumbers();
        int numLayers = info.SparseLayers.Count, numExperts = info.NumExperts;
        CheckLayers("experts_per_layer", ExpertsPerLayer.Count, numLayers);
        for (int layer = 0; layer < numLayers; layer++)
        {
            CheckRange($"experts_per_layer of layer {layer}", ExpertsPerLayer[layer], 1, numExperts);
        }

        if (Norms is not null)
        {
            CheckLayers("norms", Norms.Count, numLayers);
            for (int layer = 0; layer < numLayers; layer++)
            {
                CheckRange($"norms of layer {layer}: their number", Norms[layer].Count, numExperts, numExperts);
            }
        }

        if (InitialExperts is not null)
        {
            CheckLayers("initial_experts", InitialExperts.Count, numLayers);
            for (int layer = 0; layer < numLayers; layer++)
            {
                CheckInitial(layer, InitialExperts[layer], numExperts);
            }
        }
    }

    // what can be said without the model
    private void CheckNumbers()
    {
        CheckRange("budget_bytes", BudgetBytes, 1, long.MaxValue);
        CheckRange("update_interval", UpdateInterval, 1, int.MaxValue);
        CheckRange("predicted_bytes", PredictedBytes ?? 0, 0, long.MaxValue);
        CheckNumber("predicted_tpot_ms", PredictedTpotMs ?? 0, double.MaxValue);
        CheckNumber("predicted_agreement", PredictedAgreement ?? 0, 1);
        foreach (float norm in Norms?.SelectMany(layer => layer) ?? [])
        {
            CheckNumber("a number of norms", norm, float.MaxValue);
        }
    }

    private void CheckInitial(int layer, IReadOnlyList<int> experts, int numExperts)
    {
        int count = ExpertsPerLayer[layer];
        CheckRange($"initial_experts of layer {layer}: their number", experts.Count, count, count);
        HashSet<int> seen = [];
        foreach (int expert in experts)
        {
            CheckRange($"initial_experts of layer {layer}: an id", expert, 0, numExperts - 1);
            if (!seen.Add(expert))
            {
                throw Fault($"initial_experts of layer {layer} have expert {expert} twice; expected {count} different ones");
            }
        }
    }

    private void CheckLayers(string what, int count, int numLayers) => CheckRange($"{what}: the number of layers", count, numLayers, numLayers);

    private void CheckRange(string what, long value, long least, long most)
    {
        if (value < least || value > most)
        {
            string expected = least == most ? $"{least}" : most is int.MaxValue or long.MaxValue ? $"at least {least}" : $"{least} to {most}";
            throw Fault($"{what} is {value}; expected {expected}");
        }
    }

    private void CheckNumber(string what, double value, double most)
    {
        if (!(value >= 0 && value <= most))
        {
            throw Fault(FormattableString.Invariant($"{what} is {value}; expected {(most == 1 ? "0 to 1" : "a number of at least 0")}"));
        }
    }

    private SwapPlanException Fault(string fault) => new(Path, fault);
}
