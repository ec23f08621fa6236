using ILGPU;
using MoeGen.Gpu.Kernels;

namespace MoeGen.Gpu;

/// <summary>Relative positions on the device; see <see cref="MoeGen.Kernels.RelativeBias"/>, which lays out the table.</summary>
public sealed class RelativeBias
{
    private RelativeBias(ArrayView<float> table, int maxDistance)
    {
        Table = table;
        MaxDistance = maxDistance;
    }

    /// <summary>[heads, 2 * MaxDistance + 1] by head and key position minus query position.</summary>
    internal ArrayView<float> Table { get; }

    /// <summary>Distance from which on all are alike.</summary>
    internal int MaxDistance { get; }

    /// <summary>Lays a table of distances out; it stays on the device as long as that is open.</summary>
    /// <typeparam name="TMatrix">The weights.</typeparam>
    /// <param name="weight">Learned numbers, [buckets, heads].</param>
    /// <param name="maxDistance">Distance from which on all are alike (<c>relative_attention_max_distance</c>).</param>
    /// <param name="isBidirectional">Half of the buckets are for keys behind the query; otherwise no query sees such a key.</param>
    public static RelativeBias Create<TMatrix>(Matrix<TMatrix> weight, int maxDistance, bool isBidirectional)
        where TMatrix : struct, IGpuMatrix
    {
        float[] table = MoeGen.Kernels.RelativeBias.Table(
            TMatrix.Rows, TMatrix.Columns, maxDistance, isBidirectional, (bucket, heads) => weight.Widen(bucket, heads));
        return new RelativeBias(weight.Device.Keep(table), maxDistance);
    }
}
