using ILGPU.Runtime;
using MoeGen.Experts;
using MoeGen.Experts.Cache;
using MoeGen.Memory;

namespace MoeGen.Gpu;

/// <summary>
/// The tier between disk and device: experts that have been read stay in host memory as far as that was allowed, the least recently used go
/// first, and a read of one that is there is a copy to the device. Allocates nothing once as many have been read as may stay.
/// </summary>
internal sealed unsafe class HostTier : IExpertSource
{
    // reads past the page cache need whole pages
    private const int Alignment = 4096;

    private readonly IExpertSource _disk;
    private readonly DeviceSlots _slots;
    private readonly ExpertIndex _index;
    private readonly long _expertBytes;
    private readonly int _capacity;
    private readonly Lock _gate = new();
    private readonly Entry[] _entries; // [experts of the model]
    private readonly LinkedList<Entry> _byUse = new(); // least recently used first
    private readonly Stack<NativeBuffer> _free = new();
    private readonly ThreadLocal<AcceleratorStream> _streams;

    /// <summary>Takes over a source.</summary>
    /// <param name="info">The model.</param>
    /// <param name="disk">What experts are read from; disposed with this.</param>
    /// <param name="slots">Where they go.</param>
    /// <param name="capacity">Experts that may stay in host memory, at least 1.</param>
    public HostTier(ModelInfo info, IExpertSource disk, DeviceSlots slots, int capacity)
    {
        _disk = disk;
        _slots = slots;
        _index = new ExpertIndex(info);
        _expertBytes = info.ExpertBytes;
        _capacity = capacity;
        _entries = new Entry[_index.Count];
        for (int i = 0; i < _entries.Length; i++)
        {
            _entries[i] = new Entry();
        }

        _streams = new ThreadLocal<AcceleratorStream>(() => slots.Device.Accelerator.CreateStream(), trackAllValues: true);
    }

    /// <summary>A copy to the device takes so little that nothing comes between.</summary>
    public int NumPieces => 1;

    public long SizeOfPieces(int numPieces) => numPieces * _expertBytes;

    public long PositionOf(int layer, int expert) => _disk.PositionOf(layer, expert);

    public void Read(int layer, int expert, int piece, byte* slot)
    {
        Entry entry = _entries[_index.Of(layer, expert)];
        lock (entry)
        {
            MarkUsed(entry);
            if (entry.Memory is null)
            {
                NativeBuffer memory = Rent();
                try
                {
                    ReadFromDisk(layer, expert, memory.Pointer);
                }
                catch
                {
                    Return(memory);
                    throw;
                }

                entry.Memory = memory;
            }

            _slots.Fill(_streams.Value!, slot, entry.Memory.Pointer, _expertBytes);
        }

        while (TakeOldest() is { } oldest)
        {
            GiveUp(oldest);
        }
    }

    /// <summary>Experts are checked when they come from the disk.</summary>
    public void Verify(int layer, int expert, byte* slot)
    {
    }

    public void Dispose()
    {
        foreach (Entry entry in _entries)
        {
            entry.Memory?.Dispose();
        }

        foreach (NativeBuffer memory in _free)
        {
            memory.Dispose();
        }

        foreach (AcceleratorStream stream in _streams.Values)
        {
            stream.Dispose();
        }

        _streams.Dispose();
        _disk.Dispose();
    }

    private void ReadFromDisk(int layer, int expert, byte* memory)
    {
        for (int piece = 0; piece < _disk.NumPieces; piece++)
        {
            _disk.Read(layer, expert, piece, memory);
        }

        _disk.Verify(layer, expert, memory);
    }

    private void MarkUsed(Entry entry)
    {
        lock (_gate)
        {
            if (entry.Node.List is not null)
            {
                _byUse.Remove(entry.Node);
            }

            _byUse.AddLast(entry.Node);
        }
    }

    private Entry? TakeOldest()
    {
        lock (_gate)
        {
            if (_byUse.Count <= _capacity)
            {
                return null;
            }

            Entry oldest = _byUse.First!.Value;
            _byUse.RemoveFirst();
            return oldest;
        }
    }

    private void GiveUp(Entry entry)
    {
        lock (entry)
        {
            // unless it has been asked for again meanwhile
            if (entry.Node.List is null && entry.Memory is { } memory)
            {
                entry.Memory = null;
                Return(memory);
            }
        }
    }

    private NativeBuffer Rent()
    {
        lock (_gate)
        {
            return _free.TryPop(out NativeBuffer? memory) ? memory : new NativeBuffer(SlotPool.SlotSize(_expertBytes), Alignment);
        }
    }

    private void Return(NativeBuffer memory)
    {
        lock (_gate)
        {
            _free.Push(memory);
        }
    }

    private sealed class Entry
    {
        public Entry()
        {
            Node = new LinkedListNode<Entry>(this);
        }

        public LinkedListNode<Entry> Node { get; }

        public NativeBuffer? Memory { get; set; } // null: not read yet, or given up
    }
}
