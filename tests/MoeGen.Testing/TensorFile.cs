using System.Runtime.InteropServices;
using MoeGen.Weights;

namespace MoeGen.Testing;

/// <summary>Reads whole tensors of a safetensors file, as tests need them.</summary>
internal static class TensorFile
{
    public static float[] ReadFloats(string path, string name)
    {
        byte[] bytes = Read(path, name, out TensorEntry entry);
        float[] values = new float[bytes.Length / entry.Type.BytesPerElement()];
        FloatConverter.Widen(bytes, entry.Type.ToWeightFormat()!.Value, values);
        return values;
    }

    public static int[] ReadInts(string path, string name) => MemoryMarshal.Cast<byte, int>(Read(path, name, out _)).ToArray();

    public static IReadOnlyDictionary<string, TensorEntry> ReadHeader(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        return file.Tensors;
    }

    /// <summary>Writes tensors of one type from float values.</summary>
    public static void Write(string path, WeightFormat format, IReadOnlyList<(string Name, long[] Shape, float[] Values)> tensors)
    {
        TensorType type = Enum.GetValues<TensorType>().First(type => type.ToWeightFormat() == format);
        using SafetensorsWriter writer = new(path, [.. tensors.Select(tensor => new TensorOutline(tensor.Name, type, tensor.Shape))]);
        foreach ((string name, long[] _, float[] values) in tensors)
        {
            byte[] bytes = new byte[values.Length * format.BytesPerElement()];
            FloatConverter.Narrow(values, format, bytes);
            writer.Write(name, 0, bytes);
        }

        writer.Commit();
    }

    private static byte[] Read(string path, string name, out TensorEntry entry)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        entry = file.Tensors[name];
        byte[] bytes = new byte[entry.Length];
        file.Read(entry.Offset, bytes);
        return bytes;
    }
}
