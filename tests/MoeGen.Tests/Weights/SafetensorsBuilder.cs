using System.Buffers.Binary;
using System.Text;

namespace MoeGen.Tests.Weights;

/// <summary>Writes safetensors files as wrong as a test wants them.</summary>
internal static class SafetensorsBuilder
{
    /// <summary>Two tensors without fault: <c>a</c> [2, 3] and <c>b</c> [4], both F32, 40 bytes together.</summary>
    public const string GoodHeader =
        """{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"b":{"dtype":"F32","shape":[4],"data_offsets":[24,40]}}""";

    public const int GoodDataLength = 40;

    /// <summary>A file with this header and so many bytes of data.</summary>
    public static byte[] File(string header, int dataLength = GoodDataLength) => File(Encoding.UTF8.GetBytes(header), dataLength);

    public static byte[] File(byte[] header, int dataLength = GoodDataLength, ulong? claimedLength = null)
    {
        byte[] file = new byte[8 + header.Length + dataLength];
        BinaryPrimitives.WriteUInt64LittleEndian(file, claimedLength ?? (ulong)header.Length);
        header.CopyTo(file, 8);
        return file;
    }
}
