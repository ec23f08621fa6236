using System.Runtime.InteropServices;
using MoeGen.Memory;
using MoeGen.Weights;

namespace MoeGen.Experts.Prefetch;

/// <summary>
/// Rows of numbers in groups, to be multiplied with a query a group at a time. Kept in bfloat16, which halves what a search reads: the
/// cosine of a vector with its rounded self is 1 to five digits. A group lies in one piece, so a search streams through memory.
/// </summary>
internal sealed unsafe class Bf16Rows : IDisposable
{
    private readonly PageMemory _memory;
    private readonly ushort* _rows; // [groups, capacity, stride], zeros behind the width
    private readonly int _capacity;
    private readonly int _width;

    /// <summary>Reserves the memory, which the system gives when it is first written.</summary>
    /// <param name="numGroups">Groups.</param>
    /// <param name="capacity">Rows of a group.</param>
    /// <param name="width">Numbers of a row.</param>
    public Bf16Rows(int numGroups, int capacity, int width)
    {
        _capacity = capacity;
        _width = width;
        Stride = StrideOf(width);
        _memory = new PageMemory(SizeInBytesOf(numGroups, capacity, width));
        _rows = (ushort*)_memory.Pointer;
    }

    /// <summary>Numbers from one row to the next, and of a query: the width, filled up with zeros to whole vectors.</summary>
    public int Stride { get; }

    public static int StrideOf(int width) => (width + RowProducts.WidestVector - 1) / RowProducts.WidestVector * RowProducts.WidestVector;

    public static long SizeInBytesOf(int numGroups, int capacity, int width) =>
        (long)numGroups * capacity * StrideOf(width) * sizeof(ushort);

    /// <summary>The bits of a row, [width].</summary>
    public Span<ushort> Bits(int group, int row) => new(RowAt(group, row), _width);

    /// <summary>Rounds numbers into a row.</summary>
    /// <param name="values">Finite, [width] f32.</param>
    public void Write(int group, int row, ReadOnlySpan<float> values) =>
        FloatConverter.Narrow(values[.._width], WeightFormat.BF16, MemoryMarshal.AsBytes(Bits(group, row)));

    /// <summary>Reads a row.</summary>
    /// <param name="values">Takes [width] f32.</param>
    public void Read(int group, int row, Span<float> values) =>
        FloatConverter.Widen(MemoryMarshal.AsBytes(Bits(group, row)), WeightFormat.BF16, values);

    /// <summary>Multiplies the first rows of a group with a query.</summary>
    /// <param name="query">[stride] f32, zeros behind the width.</param>
    /// <param name="products">One product for each row is stored, or added when <paramref name="adds"/> says so.</param>
    public void Multiply(int group, ReadOnlySpan<float> query, Span<float> products, bool adds)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Length, Stride);
        fixed (float* q = query)
        fixed (float* p = products)
        {
            RowProducts.Compute(RowAt(group, 0), Stride, products.Length, q, p, adds);
        }
    }

    /// <summary>Multiplies some rows of a group with a query.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="query">[stride] f32, zeros behind the width.</param>
    /// <param name="products">One product for each of the rows is stored, or added when <paramref name="adds"/> says so.</param>
    public void Multiply(int group, ReadOnlySpan<int> rows, ReadOnlySpan<float> query, Span<float> products, bool adds)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Length, Stride);
        ArgumentOutOfRangeException.ThrowIfLessThan(products.Length, rows.Length);
        fixed (int* r = rows)
        fixed (float* q = query)
        fixed (float* p = products)
        {
            RowProducts.ComputeListed(RowAt(group, 0), Stride, r, rows.Length, q, p, adds);
        }
    }

    public void Dispose() => _memory.Dispose();

    private ushort* RowAt(int group, int row) => _rows + ((((nint)group * _capacity) + row) * Stride);
}
