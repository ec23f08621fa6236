using System.Buffers;

namespace MoeGen.Weights;

/// <summary>
/// A matrix or a stack of them in MXFP4: a tensor <c>X_blocks</c> [(count,) rows, columns / 32, 16] with the codes, and a tensor
/// <c>X_scales</c> [(count,) rows, columns / 32]. Rows are outputs. Source: the checkpoints of openai/gpt-oss-20b and -120b.
/// </summary>
internal sealed class Mxfp4Source : TensorSource
{
    private const string BlocksSuffix = "_blocks";
    private const string ScalesSuffix = "_scales";

    private readonly SafetensorsFile _scaleFile;
    private readonly TensorEntry _scales;

    private Mxfp4Source(
        SafetensorsFile file, TensorEntry blocks, SafetensorsFile scaleFile, TensorEntry scales, int rows, int columns)
        : base(file, blocks, rows, columns)
    {
        _scaleFile = scaleFile;
        _scales = scales;
    }

    public override IReadOnlyList<SourcePart> Parts => [.. base.Parts, new(_scaleFile, _scales)];

    public override long BytesPerRow => Columns / 2;

    public override bool IsNeverTransposed => true;

    private int ScalesPerRow => Columns / Mxfp4.BlockSize;

    /// <summary>Whether a checkpoint has a tensor, or a part of it, in this layout.</summary>
    public static bool IsLayoutOf(Checkpoint checkpoint, string name) =>
        checkpoint.Contains(name + BlocksSuffix) || checkpoint.Contains(name + ScalesSuffix);

    /// <summary>Finds both tensors and checks them.</summary>
    /// <exception cref="CheckpointException">One is missing, or of another shape or type.</exception>
    public static Mxfp4Source Find(Checkpoint checkpoint, TensorDeclaration declaration, string name)
    {
        TensorEntry blocks = checkpoint.Locate(name + BlocksSuffix, out SafetensorsFile file);
        TensorEntry scales = checkpoint.Locate(name + ScalesSuffix, out SafetensorsFile scaleFile);
        int[] outer = declaration.Slice?.Count is { } count ? [count] : [];
        int rows = declaration.Slice?.Rows ?? declaration.Shape[0];
        int columns = declaration.Shape[1];
        if (columns % Mxfp4.BlockSize != 0)
        {
            throw new ShapeMismatchException(
                file.Path, blocks.Name, blocks.Shape, $"{columns} columns, which blocks of {Mxfp4.BlockSize} cannot hold,");
        }

        CheckShape(file, blocks, [.. outer, rows, columns / Mxfp4.BlockSize, Mxfp4.BlockBytes]);
        CheckShape(scaleFile, scales, [.. outer, rows, columns / Mxfp4.BlockSize]);
        CheckType(file, blocks, blocks.Type == TensorType.U8, "U8");
        CheckType(scaleFile, scales, scales.Type is TensorType.U8 or TensorType.F8E8M0, "U8 or F8_E8M0");
        return new Mxfp4Source(file, blocks, scaleFile, scales, rows, columns);
    }

    // every code is a number
    public override void Check(in SourceRows piece)
    {
    }

    public override void Decode(in SourceRows piece, Span<float> values)
    {
        int count = piece.Count * ScalesPerRow;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(count);
        try
        {
            Span<byte> scales = buffer.AsSpan(0, count);
            long firstScale = piece.IndexOf(0, 0) / Mxfp4.BlockSize;
            _scaleFile.Read(_scales.Offset + firstScale, scales);
            int index = scales.IndexOf(Mxfp4.NaNScale);
            if (index >= 0)
            {
                throw NonFiniteValueException.InTensor(_scaleFile.Path, _scales.Name, firstScale + index, float.NaN);
            }

            Mxfp4.Decode(piece.Bytes, scales, values);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        int place = FloatConverter.IndexOfNonFinite(values);
        if (place >= 0)
        {
            throw NonFinite(piece.IndexOf(0, place), values[place]);
        }
    }

    public override NonFiniteValueException NonFinite(long index, float value) =>
        NonFiniteValueException.InScaledTensor(File.Path, Entry.Name, index, value);
}
