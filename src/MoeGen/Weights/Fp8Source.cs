using System.Buffers;
using System.Globalization;

namespace MoeGen.Weights;

/// <summary>
/// A tensor of F8_E4M3 codes, with a tensor <c>X_scale_inv</c> beside it that holds a factor for each block of rows and columns:
/// [(count,) rows / block rows, columns / block columns], both rounded up; for vectors without the rows.
/// Source: inference/kernel.py of deepseek-ai/DeepSeek-V3 (<c>weight_dequant</c>).
/// </summary>
internal sealed class Fp8Source : TensorSource
{
    private const string ScaleSuffix = "_scale_inv";
    private const long None = long.MaxValue;

    private readonly SafetensorsFile _scaleFile;
    private readonly TensorEntry _scales;
    private readonly WeightFormat _scaleFormat;
    private readonly Fp8Block _block;
    private long _firstZeroScale = None;

    private Fp8Source(
        SafetensorsFile file, TensorEntry entry, SafetensorsFile scaleFile, TensorEntry scales, int rows, int columns, Fp8Block block)
        : base(file, entry, rows, columns)
    {
        _scaleFile = scaleFile;
        _scales = scales;
        _scaleFormat = scales.Type.ToWeightFormat()!.Value;
        _block = block;
    }

    public override IReadOnlyList<SourcePart> Parts => [.. base.Parts, new(_scaleFile, _scales)];

    public override long BytesPerRow => Columns;

    /// <summary>What is legal but odd: a scale of 0, which makes all values of its block 0; null where there is none.</summary>
    public override string? Notice => _firstZeroScale == None
        ? null
        : $"{_scaleFile.Path}: tensor {_scales.Name} holds 0 at flat index {_firstZeroScale}; every weight of its block is 0";

    private int ScalesPerRow => NumBlocks(Columns, _block.Columns);

    /// <summary>Finds the scales of a tensor that has been found, and checks them.</summary>
    /// <exception cref="CheckpointException">The scales are missing, or of another shape or type; or the model has no blocks.</exception>
    public static Fp8Source Find(
        Checkpoint checkpoint, SafetensorsFile file, TensorEntry entry, TensorDeclaration declaration, Fp8Block? modelBlock)
    {
        if (modelBlock is not { Rows: > 0, Columns: > 0 } block)
        {
            throw new CheckpointException(
                file.Path,
                $"tensor {entry.Name} is of type {entry.Type.Name()}, but the config has no quantization_config with a weight_block_size; "
                + "expected both or F32, F16 or BF16");
        }

        TensorEntry scales = checkpoint.Locate(entry.Name + ScaleSuffix, out SafetensorsFile scaleFile);
        IReadOnlyList<int> shape = declaration.FileShape;
        int columnBlocks = NumBlocks(shape[^1], block.Columns);
        int rows = declaration.IsVector ? 1 : shape[^2];
        int[] expected = declaration.IsVector
            ? [.. shape.SkipLast(1), columnBlocks]
            : [.. shape.SkipLast(2), NumBlocks(rows, block.Rows), columnBlocks];
        CheckShape(scaleFile, scales, expected);
        CheckType(scaleFile, scales, scales.Type.ToWeightFormat() is not null, "F32, F16 or BF16");
        return new Fp8Source(file, entry, scaleFile, scales, rows, shape[^1], block);
    }

    // NaN is found in the products
    public override void Check(in SourceRows piece)
    {
    }

    public override void Decode(in SourceRows piece, Span<float> values)
    {
        float[] buffer = ArrayPool<float>.Shared.Rent(ScalesPerRow);
        try
        {
            Span<float> scales = buffer.AsSpan(0, ScalesPerRow);
            for (int i = 0; i < piece.Count; i++)
            {
                int row = piece.FirstRow + i;
                if (i == 0 || row % _block.Rows == 0)
                {
                    ReadScales(piece.Matrix, row / _block.Rows, scales);
                }

                DecodeRow(piece.Bytes.Slice(i * Columns, Columns), scales, values.Slice(i * Columns, Columns));
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(buffer);
        }

        int index = FloatConverter.IndexOfNonFinite(values);
        if (index >= 0)
        {
            throw NonFinite(piece.IndexOf(0, index), values[index]);
        }
    }

    public override NonFiniteValueException NonFinite(long index, float value) =>
        NonFiniteValueException.InScaledTensor(File.Path, Entry.Name, index, value);

    private static int NumBlocks(int length, int blockLength) => (int)(((long)length + blockLength - 1) / blockLength);

    private void DecodeRow(ReadOnlySpan<byte> codes, ReadOnlySpan<float> scales, Span<float> values)
    {
        for (int i = 0; i < scales.Length; i++)
        {
            int first = i * _block.Columns;
            int count = Math.Min(_block.Columns, codes.Length - first);
            E4M3.Decode(codes.Slice(first, count), scales[i], values.Slice(first, count));
        }
    }

    // scales of one row of blocks: few bytes, so that no matrix needs them all at once
    private void ReadScales(int matrix, int rowOfBlocks, Span<float> scales)
    {
        long first = (((long)matrix * NumBlocks(Rows, _block.Rows)) + rowOfBlocks) * ScalesPerRow;
        int length = scales.Length * _scaleFormat.BytesPerElement();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            Span<byte> bytes = buffer.AsSpan(0, length);
            _scaleFile.Read(_scales.Offset + (first * _scaleFormat.BytesPerElement()), bytes);
            FloatConverter.Widen(bytes, _scaleFormat, scales);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        for (int i = 0; i < scales.Length; i++)
        {
            if (!float.IsFinite(scales[i]))
            {
                throw NonFiniteValueException.InTensor(_scaleFile.Path, _scales.Name, first + i, scales[i]);
            }

            if (scales[i] < 0)
            {
                string scale = scales[i].ToString(CultureInfo.InvariantCulture);
                throw new CheckpointException(
                    _scaleFile.Path, $"tensor {_scales.Name} holds {scale} at flat index {first + i}; expected scales of 0 or more");
            }

            if (scales[i] == 0)
            {
                KeepFirstZero(first + i);
            }
        }
    }

    // several threads may read matrices of one stack
    private void KeepFirstZero(long index)
    {
        long known = Volatile.Read(ref _firstZeroScale);
        while (index < known)
        {
            long seen = Interlocked.CompareExchange(ref _firstZeroScale, index, known);
            known = seen == known ? index : seen;
        }
    }
}
