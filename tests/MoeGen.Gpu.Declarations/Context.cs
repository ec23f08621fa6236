using ILGPU.Runtime;

namespace ILGPU;

/// <summary>The devices that were asked for, and all that is compiled for them.</summary>
public sealed partial class Context : IDisposable
{
    private readonly Device[] _devices;

    private Context(Device[] devices)
    {
        _devices = devices;
    }

    public static Builder Create() => new();

    public static Context Create(Action<Builder> buildingCallback)
    {
        var builder = new Builder();
        buildingCallback(builder);
        return builder.ToContext();
    }

    public TDevice GetDevice<TDevice>(int deviceIndex)
        where TDevice : Device
    {
        TDevice[] devices = [.. _devices.OfType<TDevice>()];
        if ((uint)deviceIndex >= (uint)devices.Length)
        {
            throw new ArgumentOutOfRangeException(nameof(deviceIndex), deviceIndex, $"there are {devices.Length} devices of this kind");
        }

        return devices[deviceIndex];
    }

    public DeviceCollection<TDevice> GetDevices<TDevice>()
        where TDevice : Device =>
        new([.. _devices.OfType<TDevice>()]);

    public void Dispose()
    {
    }
}
