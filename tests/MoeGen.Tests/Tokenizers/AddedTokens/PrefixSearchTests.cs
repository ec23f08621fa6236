using MoeGen.Tokenizers;

namespace MoeGen.Tests.Tokenizers.AddedTokens;

public class PrefixSearchTests
{
    [Theory]
    [InlineData("x<ab>", 0, "<ab>", 1)] // the longest at a place
    [InlineData("x<abc", 0, "<a", 1)]
    [InlineData("bc<", 0, "bc", 0)]
    [InlineData("<<a", 0, "<", 0)]
    [InlineData("<<a", 1, "<a", 1)]
    [InlineData("xyz", 0, null, 0)]
    [InlineData("", 0, null, 0)]
    [InlineData("b", 0, null, 0)]
    public void FindNext_FindsTheLeftmostAndThereTheLongest(string text, int start, string? found, int position)
    {
        PrefixSearch search = new(["<", "<a", "<ab>", "bc"]);

        Assert.Equal(found, search.FindNext(text, start, out int actualPosition));
        if (found is not null)
        {
            Assert.Equal(position, actualPosition);
        }
    }

    [Fact]
    public void FindNext_AgreesWithTryingAllTexts()
    {
        Random random = new(9);
        for (int round = 0; round < 2000; round++)
        {
            string[] texts = [.. Enumerable.Range(0, random.Next(6)).Select(_ => MakeText(random, 1)).Distinct()];
            string text = MakeText(random, 0);

            (int Position, string Text) expected = Enumerable.Range(0, text.Length)
                .SelectMany(at => texts.Where(t => text.AsSpan(at).StartsWith(t)).Select(t => (Position: at, Text: t)))
                .OrderBy(match => match.Position).ThenByDescending(match => match.Text.Length).FirstOrDefault();

            Assert.Equal(expected.Text, new PrefixSearch(texts).FindNext(text, 0, out int position));
            Assert.True(expected.Text is null || position == expected.Position);
        }
    }

    private static string MakeText(Random random, int minLength) =>
        string.Concat(Enumerable.Range(0, random.Next(minLength, 7)).Select(_ => (char)('a' + random.Next(2))));
}
