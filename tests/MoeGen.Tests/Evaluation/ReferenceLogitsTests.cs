using MoeGen.Evaluation;
using MoeGen.Testing;

namespace MoeGen.Tests.Evaluation;

public class ReferenceLogitsTests
{
    [Fact]
    public void Rows_ComeBackInAnyOrder_BitByBit()
    {
        using ReferenceLogits logits = new(3);
        logits.Add([1, 2, -0f]);
        logits.Add([4, -5, float.Epsilon]);
        Assert.Equal([1, 2, -0f], logits.Read(0).ToArray());
        logits.Add([7, 8, 9]);
        Assert.Equal([7, 8, 9], logits.Read(2).ToArray());
        Assert.Equal([4, -5, float.Epsilon], logits.Read(1).ToArray());
        Assert.Equal(3, logits.Count);
        Assert.Throws<EndOfStreamException>(() => logits.Read(3).ToArray());
    }

    [Fact]
    public void File_HasNoNameAndIsGoneAtTheEnd()
    {
        using TemporaryFolder folder = new();
        ReferenceLogits logits = new(2, folder.Path);
        logits.Add([1, 2]);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Empty(Directory.GetFiles(folder.Path));
        }

        logits.Dispose();
        Assert.Empty(Directory.GetFiles(folder.Path));
        Assert.Throws<ObjectDisposedException>(() => logits.Add([1, 2]));
    }
}
