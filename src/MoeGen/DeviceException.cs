namespace MoeGen;

/// <summary>There is no device of the kind that was asked for, or it cannot run the model.</summary>
/// <param name="message">What was found, what was expected, and what to do.</param>
/// <param name="inner">What the device's driver said.</param>
public sealed class DeviceException(string message, Exception? inner = null) : MoeGenException(message, inner);
