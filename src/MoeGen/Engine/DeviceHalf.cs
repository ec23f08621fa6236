namespace MoeGen.Engine;

/// <summary>What a generated model brings for a device beside the processor.</summary>
public abstract class DeviceHalf
{
    /// <summary>Opens a device for a model.</summary>
    /// <param name="info">The model.</param>
    /// <param name="options">How it runs.</param>
    /// <exception cref="DeviceException">There is no such device here, or it cannot run the model.</exception>
    internal abstract ModelDevice Open(ModelInfo info, MoeOptions options);
}
