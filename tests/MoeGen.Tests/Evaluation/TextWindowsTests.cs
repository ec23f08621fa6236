using MoeGen.Evaluation;

namespace MoeGen.Tests.Evaluation;

public class TextWindowsTests
{
    private const int Start = -1;

    [Fact]
    public void Windows_OverlapByThePrompt()
    {
        Assert.Equal([[0, 1, 2, 3, 4], [3, 4, 5, 6, 7], [6, 7, 8]], TextWindows.Of(Text(9), null, 5, 2));
        Assert.Equal([[Start, 0, 1, 2, 3], [Start, 3, 4, 5, 6], [Start, 6, 7, 8]], TextWindows.Of(Text(9), Start, 5, 2));
        Assert.Equal([[0, 1, 2], [2, 3, 4]], TextWindows.Of(Text(5), null, 3, 1));
        Assert.Equal([[Start, 0, 1], [Start, 2, 3], [Start, 4]], TextWindows.Of(Text(5), Start, 3, 1));
    }

    [Fact]
    public void ShortText_IsOneWindow()
    {
        Assert.Equal([[0, 1, 2]], TextWindows.Of(Text(3), null, 5, 4));
        Assert.Equal([[Start, 0]], TextWindows.Of(Text(1), Start, 5, 4));
        Assert.Equal([[]], TextWindows.Of(Text(0), null, 5, 4));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(Start)]
    public void EveryTokenBehindThePrompt_IsForeseenOnce(int? start)
    {
        Random random = new(1);
        for (int i = 0; i < 200; i++)
        {
            int length = random.Next(2, 20), promptLength = random.Next(1, length), textLength = random.Next(promptLength + 1, 100);
            List<int> foreseen = [];
            foreach (int[] window in TextWindows.Of(Text(textLength), start, length, promptLength))
            {
                Assert.InRange(window.Length, promptLength + 1, length);
                int stops = TextWalk.NumStops(window.Length, promptLength);
                foreseen.AddRange(window[^stops..]);
            }

            Assert.Equal(Enumerable.Range(0, textLength).Skip(promptLength - (start is null ? 0 : 1)), foreseen);
        }
    }

    [Fact]
    public void PromptThatFillsTheWindow_IsRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => TextWindows.Of(Text(9), null, 5, 5));

    private static int[] Text(int length) => [.. Enumerable.Range(0, length)];
}
