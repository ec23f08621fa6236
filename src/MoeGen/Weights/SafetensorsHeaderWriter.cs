using System.Buffers.Binary;
using System.Text.Json;

namespace MoeGen.Weights;

/// <summary>Writes what a safetensors file begins with, up to its data.</summary>
internal static class SafetensorsHeaderWriter
{
    /// <summary>The header's length and the header, filled up with blanks.</summary>
    /// <param name="tensors">The tensors, in the order of their data.</param>
    /// <param name="metadata">Strings for <c>__metadata__</c>; null: none.</param>
    /// <param name="alignment">What the beginning of the data is a multiple of.</param>
    public static byte[] Write(
        IReadOnlyList<TensorOutline> tensors, IReadOnlyDictionary<string, string>? metadata = null, int alignment = sizeof(ulong))
    {
        using MemoryStream stream = new();
        stream.Write(stackalloc byte[sizeof(ulong)]);
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            if (metadata is not null)
            {
                WriteMetadata(json, metadata);
            }

            long offset = 0;
            foreach (TensorOutline tensor in tensors)
            {
                WriteTensor(json, tensor, offset);
                offset += tensor.Length;
            }

            json.WriteEndObject();
        }

        while (stream.Length % alignment != 0)
        {
            stream.WriteByte((byte)' ');
        }

        byte[] bytes = stream.ToArray();
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)(bytes.Length - sizeof(ulong)));
        return bytes;
    }

    private static void WriteMetadata(Utf8JsonWriter json, IReadOnlyDictionary<string, string> metadata)
    {
        json.WriteStartObject("__metadata__");
        foreach ((string key, string value) in metadata)
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
    }

    private static void WriteTensor(Utf8JsonWriter json, TensorOutline tensor, long offset)
    {
        json.WriteStartObject(tensor.Name);
        json.WriteString("dtype", tensor.Type.Name());
        json.WriteStartArray("shape");
        foreach (long dimension in tensor.Shape)
        {
            json.WriteNumberValue(dimension);
        }

        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(offset);
        json.WriteNumberValue(offset + tensor.Length);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
