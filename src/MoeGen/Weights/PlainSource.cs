namespace MoeGen.Weights;

/// <summary>A tensor whose values the file has one by one, in a format that memory knows too.</summary>
internal sealed class PlainSource(SafetensorsFile file, TensorEntry entry, int rows, int columns, WeightFormat format)
    : TensorSource(file, entry, rows, columns)
{
    public override long BytesPerRow => (long)Columns * format.BytesPerElement();

    public override WeightFormat? Format => format;

    public override void Check(in SourceRows piece)
    {
        int index = FloatConverter.IndexOfNonFinite(piece.Bytes, format);
        if (index >= 0)
        {
            float[] value = new float[1];
            FloatConverter.Widen(piece.Bytes.Slice(index * format.BytesPerElement(), format.BytesPerElement()), format, value);
            throw NonFinite(piece.IndexOf(0, index), value[0]);
        }
    }

    public override void Decode(in SourceRows piece, Span<float> values) => FloatConverter.Widen(piece.Bytes, format, values);
}
