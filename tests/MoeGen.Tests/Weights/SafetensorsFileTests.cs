using System.Text;
using MoeGen.Testing;
using MoeGen.Weights;

namespace MoeGen.Tests.Weights;

public class SafetensorsFileTests
{
    [Fact]
    public void Open_FindsEveryTensor()
    {
        using TemporaryFolder folder = new();
        folder.Write("x.safetensors", SafetensorsBuilder.File(SafetensorsBuilder.GoodHeader));
        using SafetensorsFile file = SafetensorsFile.Open(folder["x.safetensors"]);
        TensorEntry a = file.Tensors["a"], b = file.Tensors["b"];
        Assert.Equal([2L, 3L], a.Shape);
        Assert.Equal((TensorType.F32, 24L), (a.Type, a.Length));
        Assert.Equal(a.Offset + 24, b.Offset);
        Assert.Equal(8 + SafetensorsBuilder.GoodHeader.Length, a.Offset);
    }

    [Theory]
    [InlineData("[]", "the header is an array; expected an object of tensors")]
    [InlineData("{", "the header is not JSON")]
    [InlineData("{} x", "the header is not JSON")]
    [InlineData("""{"a":1}""", "tensor a is a number; expected an object")]
    [InlineData("""{"a":{"dtype":"F7","shape":[2,3],"data_offsets":[0,40]}}""", "tensor a has dtype F7; expected one of BOOL, U8")]
    [InlineData("""{"a":{"shape":[10],"data_offsets":[0,40]}}""", "tensor a has no dtype")]
    [InlineData("""{"a":{"dtype":"F32","data_offsets":[0,40]}}""", "tensor a has no shape")]
    [InlineData("""{"a":{"dtype":"F32","shape":[10]}}""", "tensor a has no data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","shape":[10],"data_offsets":[0]}}""", "tensor a has data_offsets [0]")]
    [InlineData("""{"a":{"dtype":"F32","shape":[10],"data_offsets":[40,0]}}""", "tensor a has data_offsets [40, 0]")]
    [InlineData("""{"a":{"dtype":"F32","shape":[10],"data_offsets":[0.5,40.5]}}""", "tensor a has 0.5 in its data_offsets")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[10],"data_offsets":[18446744073709551600,18446744073709551640]}}""",
        "has 18446744073709551600 in its data_offsets")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[10],"data_offsets":[9223372036854775760,9223372036854775800]}}""",
        "expected an offset inside the file")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,40]}}""", "tensor a has -1 in its shape")]
    [InlineData("""{"a":{"dtype":"F32","shape":"10","data_offsets":[0,40]}}""", "tensor a has shape as a string")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[11],"data_offsets":[0,40]}}""", "has shape [11] of F32, 44 bytes, but data_offsets of 40 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4294967296,4294967296,4],"data_offsets":[0,40]}}""", "more bytes than any file")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[10],"data_offsets":[0,40]},"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}""",
        "tensor a appears twice")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[10],"data_offsets":[0,40]},"b":{"dtype":"F32","shape":[1],"data_offsets":[36,40]}}""",
        "b begins at byte 36 of the data, inside a")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[10],"data_offsets":[0,40]},"b":{"dtype":"F32","shape":[10],"data_offsets":[0,40]}}""",
        "inside a, which ends at 40")]
    [InlineData("""{"a":{"dtype":"F32","shape":[9],"data_offsets":[4,40]}}""", "expected no gap")]
    [InlineData("""{"a":{"dtype":"F32","shape":[11],"data_offsets":[0,44]}}""", "expected a complete file")]
    [InlineData("""{"a":{"dtype":"F32","shape":[9],"data_offsets":[0,36]}}""", "the tensors end at byte")]
    [InlineData("""{"__metadata__":[],"a":{"dtype":"F32","shape":[10],"data_offsets":[0,40]}}""", "__metadata__ is an array")]
    public void DamagedHeader_IsRefusedByName(string header, string fault) => AssertRefused(SafetensorsBuilder.File(header), fault);

    [Theory]
    [InlineData(0UL)]
    [InlineData(2147483648UL)]
    [InlineData(9223372036854775808UL)]
    [InlineData(ulong.MaxValue)]
    [InlineData(ulong.MaxValue - 7)]
    public void WrongHeaderLength_IsRefusedBeforeItIsAllocated(ulong length)
    {
        byte[] file = SafetensorsBuilder.File(Encoding.UTF8.GetBytes(SafetensorsBuilder.GoodHeader), claimedLength: length);
        long before = GC.GetAllocatedBytesForCurrentThread();
        AssertRefused(file, $"header length is {length}");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Fact]
    public void HeaderLengthOfTheWholeFile_IsRefused()
    {
        byte[] header = Encoding.UTF8.GetBytes(SafetensorsBuilder.GoodHeader);
        ulong fileLength = (ulong)(8 + header.Length + SafetensorsBuilder.GoodDataLength);
        AssertRefused(SafetensorsBuilder.File(header, claimedLength: fileLength), "header length is");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void FileWithoutALength_IsRefused(int bytes) => AssertRefused(new byte[bytes], $"has {bytes} bytes");

    [Fact]
    public void NameThatIsNotUtf8_IsRefused()
    {
        byte[] header = Encoding.UTF8.GetBytes(SafetensorsBuilder.GoodHeader);
        header[2] = 0xFF;
        AssertRefused(SafetensorsBuilder.File(header), "not UTF-8");
    }

    [Fact]
    public void MutatedFiles_AreReadOrRefusedButNeverCrash()
    {
        Random random = new(7);
        byte[] good = SafetensorsBuilder.File(SafetensorsBuilder.GoodHeader);
        using TemporaryFolder folder = new();
        string path = folder["x.safetensors"];
        int refused = 0;
        for (int i = 0; i < 3000; i++)
        {
            byte[] bad = (byte[])good.Clone();
            for (int edits = random.Next(1, 4); edits > 0; edits--)
            {
                bad[random.Next(bad.Length)] = (byte)random.Next(256);
            }

            bad = random.Next(4) == 0 ? bad[..random.Next(bad.Length)] : bad;
            File.WriteAllBytes(path, bad);
            try
            {
                using SafetensorsFile file = SafetensorsFile.Open(path);
                Assert.All(file.Tensors.Values, tensor => Assert.InRange(tensor.Offset + tensor.Length, 8, bad.Length));
            }
            catch (CheckpointException exception)
            {
                refused++;
                Assert.StartsWith(path, exception.Message);
                Assert.DoesNotContain('\n', exception.Message);
            }
        }

        Assert.InRange(refused, 1000, 3000);
    }

    [Fact]
    public void Read_OfAFileThatShrank_IsOneError()
    {
        using TemporaryFolder folder = new();
        string path = folder["x.safetensors"];
        File.WriteAllBytes(path, SafetensorsBuilder.File(SafetensorsBuilder.GoodHeader));
        using SafetensorsFile file = SafetensorsFile.Open(path);
        using (FileStream stream = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            stream.SetLength(60);
        }

        CheckpointException exception = Assert.Throws<CheckpointException>(() => file.Read(file.Tensors["b"].Offset, new byte[16]));
        Assert.Contains("expected 16 more bytes", exception.Message);
    }

    private static void AssertRefused(byte[] content, string fault)
    {
        using TemporaryFolder folder = new();
        folder.Write("x.safetensors", content);
        CheckpointException exception = Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(folder["x.safetensors"]));
        Assert.StartsWith(folder["x.safetensors"] + ": ", exception.Message);
        Assert.Contains(fault, exception.Message);
        Assert.DoesNotContain('\n', exception.Message);
    }
}
