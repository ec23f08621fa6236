using MoeGen.Planning;

namespace MoeGen.Tests.Planning;

public class ReferenceLogitsTests
{
    [Fact]
    public void Rows_ComeBackInAnyOrder_AndTheFileGoes()
    {
        string path;
        using (ReferenceLogits logits = new(3))
        {
            path = logits.Path;
            logits.Add([1, 2, 3]);
            logits.Add([4, -5, 6.5f]);
            Assert.Equal([1, 2, 3], logits.Read(0).ToArray());
            logits.Add([7, 8, 9]);
            Assert.Equal([7, 8, 9], logits.Read(2).ToArray());
            Assert.Equal([4, -5, 6.5f], logits.Read(1).ToArray());
            Assert.Equal(3, logits.Count);
            Assert.True(File.Exists(path));
        }

        Assert.False(File.Exists(path));
    }
}
