using MoeGen.Kernels;
using MoeGen.Kernels.Quantized;
using MoeGen.Memory;
using MoeGen.Weights;

namespace MoeGen.Benchmarks.Rooflines;

/// <summary>Rows of random activations, one for each token, quantised where weights of a format expect it.</summary>
internal sealed unsafe class TokenRows : IDisposable
{
    private readonly NativeBuffer _floats;
    private readonly NativeBuffer? _codes;

    /// <summary>Makes the rows.</summary>
    /// <param name="numRows">Rows.</param>
    /// <param name="width">Elements of a row.</param>
    /// <param name="meets">Format of the weights that they meet.</param>
    public TokenRows(int numRows, int width, WeightFormat meets = WeightFormat.F32)
    {
        _floats = new NativeBuffer(RowLayout.SizeInBytes(numRows, width));
        QuantizedActivations int8 = default, int16 = default;
        if (meets.IsQuantized())
        {
            ActivationFormat format = meets == WeightFormat.Q4 ? ActivationFormat.Int8 : ActivationFormat.Int16;
            _codes = new NativeBuffer((long)numRows * QuantizedActivations.BytesPerRow(width, format));
            QuantizedActivations codes = new(_codes.Pointer, width, format);
            (int8, int16) = format == ActivationFormat.Int8 ? (codes, int16) : (int8, codes);
        }

        Rows = new Activations((float*)_floats.Pointer, width, int8, int16);
        Random random = new(2);
        for (int row = 0; row < numRows; row++)
        {
            foreach (ref float value in Rows[row])
            {
                value = random.NextSingle() - 0.5f;
            }

            Rows.Quantize(row);
        }
    }

    public Activations Rows { get; }

    /// <summary>The memory of the float32.</summary>
    public MemoryRange Memory => new(_floats.Pointer, _floats.SizeInBytes);

    public void Dispose()
    {
        _floats.Dispose();
        _codes?.Dispose();
    }
}
