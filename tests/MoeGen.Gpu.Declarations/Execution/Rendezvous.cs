using System.Runtime.InteropServices;

namespace ILGPU.Execution;

/// <summary>Neighbouring threads of a group that wait for each other: all of them, or those of a warp.</summary>
/// <param name="first">Linear index of the first thread.</param>
/// <param name="count">Number of threads.</param>
internal sealed class Rendezvous(int first, int count)
{
    // [2, count]: what the threads bring to a round; no thread can be two rounds ahead of another
    private readonly byte[][] _values = [.. Enumerable.Repeat(Array.Empty<byte>(), 2 * count)];
    private int _arrived;

    public int First => first;

    public int Count => count;

    public int Round { get; private set; }

    /// <summary>Counts a thread in; true for the last one, whose coming ends the round.</summary>
    public bool Arrive()
    {
        if (++_arrived < count)
        {
            return false;
        }

        _arrived = 0;
        Round++;
        return true;
    }

    public void Write<T>(int member, T value)
        where T : unmanaged =>
        _values[Slot(Round, member)] = MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)).ToArray();

    /// <summary>The value that a member brought to a round.</summary>
    /// <exception cref="InvalidOperationException">It brought a value of another size: the threads met at different operations.</exception>
    public T Read<T>(int round, int member)
        where T : unmanaged
    {
        byte[] value = _values[Slot(round, member)];
        if (value.Length != Interop.SizeOf<T>())
        {
            throw new InvalidOperationException(
                $"thread {first + member} brought {value.Length} bytes, {Interop.SizeOf<T>()} are read: they met at different operations");
        }

        return MemoryMarshal.Read<T>(value);
    }

    private int Slot(int round, int member) => ((round & 1) * count) + member;
}
