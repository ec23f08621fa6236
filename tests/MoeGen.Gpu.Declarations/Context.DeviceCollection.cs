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

        public Enumerator GetEnumerator() => new(_devices);

        /// <summary>Goes through them.</summary>
        public ref struct Enumerator
        {
            private readonly TDevice[] _devices;
            private int _index = -1;

            internal Enumerator(TDevice[] devices)
            {
                _devices = devices;
            }

            public readonly TDevice Current => _devices[_index];

            public bool MoveNext() => ++_index < _devices.Length;
        }
    }
}
