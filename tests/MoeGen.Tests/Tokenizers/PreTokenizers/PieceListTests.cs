using MoeGen.Tokenizers;

namespace MoeGen.Tests.Tokenizers.PreTokenizers;

public class PieceListTests
{
    [Fact]
    public void Reset_MakesOnePieceOfAText()
    {
        PieceList pieces = new();
        pieces.Reset("ab", 0);
        pieces.Reset("cde", 0);

        Assert.Equal(["cde"], All(pieces));
    }

    [Fact]
    public void Reset_MakesNoPieceOfNothing()
    {
        PieceList pieces = new();
        pieces.Reset("", 0);

        Assert.Empty(All(pieces));
    }

    [Fact]
    public void CommitCuts_KeepsThePartsThatWereCut()
    {
        PieceList pieces = new();
        pieces.Reset("abcdef", 0);
        pieces.Cut(0, new TextRange(0, 2));
        pieces.Cut(0, new TextRange(2, 0));
        pieces.Cut(0, new TextRange(3, 3));
        pieces.CommitCuts();
        Assert.Equal(["ab", "def"], All(pieces));

        pieces.Cut(1, new TextRange(1, 1));
        pieces.CommitCuts();
        Assert.Equal(["e"], All(pieces));
    }

    [Fact]
    public void CommitRewrite_ReplacesTheText()
    {
        PieceList pieces = new();
        pieces.Reset("ab", 0);
        foreach (string text in new[] { new string('x', 1000), "y" })
        {
            text.CopyTo(pieces.BeginRewrite(text.Length + 7));
            pieces.EndRewrite(text.Length, 0);
        }

        pieces.CommitRewrite();

        Assert.Equal([new string('x', 1000), "y"], All(pieces));
    }

    [Fact]
    public void NumLeading_IsWhatIsLeftOfItInAPart()
    {
        PieceList pieces = new();
        pieces.Reset("abcdef", 3);
        pieces.Cut(0, new TextRange(0, 2));
        pieces.Cut(0, new TextRange(2, 2));
        pieces.Cut(0, new TextRange(4, 2));
        pieces.CommitCuts();

        Assert.Equal([2, 1, 0], Enumerable.Range(0, pieces.Count).Select(pieces.NumLeading));
    }

    private static IEnumerable<string> All(PieceList pieces) => Enumerable.Range(0, pieces.Count).Select(i => pieces[i].ToString());
}
