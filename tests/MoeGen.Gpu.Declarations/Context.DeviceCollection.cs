using ILGPU.Runtime;

namespace ILGPU;

public sealed partial class Context
{
    /// <summary>The devices of a kind.</summary>
    public readonly ref struct DeviceCollection<TDevice>
        where TDevice : Device
    {
        private readonly TDevice[] _devices;

        internal DeviceCollection(TDevice[] devices)
        {
            _devices = devices;
        }

        public int Count => _devices.Length;

        public IEnumerator<TDevice> GetEnumerator() => ((IEnumerable<TDevice>)_devices).GetEnumerator();
    }
}
