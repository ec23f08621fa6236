namespace MoeGen.Planning;

/// <summary>A model or a budget that there is no plan of Virtual Experts for.</summary>
internal sealed class PlanningException : MoeGenException
{
    private PlanningException(string message)
        : base(message)
    {
    }

    /// <summary>Refuses models that are not planned for.</summary>
    /// <exception cref="PlanningException">The model has an encoder, or no experts.</exception>
    public static void ThrowUnlessPlannable(ModelInfo info)
    {
        if (info.SparseLayers.Count == 0)
        {
            throw new PlanningException($"{info.Name} has no experts; expected a Mixture-of-Experts model");
        }

        if (info.HasEncoder)
        {
            throw new PlanningException($"{info.Name} has an encoder; expected a model that continues its prompt, plans are made for those");
        }
    }

    /// <summary>The budget holds all experts.</summary>
    public static PlanningException NothingToPlan(ModelInfo info, long residentBytes) => new(
        $"the memory budget holds all {info.SparseLayers.Count * info.NumExperts} experts of {info.Name}, so there is nothing to plan; "
        + $"expected less than {residentBytes} bytes ({new ByteSize(residentBytes)})");
}
