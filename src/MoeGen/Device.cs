namespace MoeGen;

/// <summary>What computes a model's passes.</summary>
public enum Device
{
    /// <summary>The processor.</summary>
    Cpu,

    /// <summary>A GPU; loading fails where there is none, or the model was built without its GPU half.</summary>
    Gpu,

    /// <summary>A GPU where there is one, else the processor; <see cref="MoeOptions.Notice"/> hears why.</summary>
    Auto,
}
