namespace MoeGen.Engine;

/// <summary>What a generated model brings for a device beside the processor.</summary>
public abstract class DeviceHalf
{
    /// <summary>Opens the device that a model is to run on.</summary>
    /// <param name="half">What the model brings; null: it was built without.</param>
    /// <param name="info">The model.</param>
    /// <param name="options">How it runs.</param>
    /// <returns>Null: the processor computes; where a GPU would have been taken, a notice has said why it is not.</returns>
    /// <exception cref="DeviceException">A GPU was asked for, and there is none that can run the model.</exception>
    internal static ModelDevice? OpenFor(DeviceHalf? half, ModelInfo info, MoeOptions options)
    {
        if (options.Device == Device.Cpu)
        {
            return null;
        }

        try
        {
            return half is not null
                ? half.Open(info, options)
                : throw new DeviceException(
                    $"{info.Name} was built without its GPU half; expected a project that references MoeGen.Gpu and ILGPU 1.5.3. "
                    + "Build it so, or run on the processor.");
        }
        catch (DeviceException exception) when (options.Device == Device.Auto)
        {
            options.Notice?.Invoke($"{exception.Message} The processor computes.");
            return null;
        }
    }

    /// <summary>Opens a device for a model.</summary>
    /// <param name="info">The model.</param>
    /// <param name="options">How it runs.</param>
    /// <exception cref="DeviceException">There is no such device here, or it cannot run the model.</exception>
    internal abstract ModelDevice Open(ModelInfo info, MoeOptions options);
}
