using System.Text;
using MoeGen.Cli.Evaluation;
using MoeGen.Models;
using MoeGen.Testing;

namespace MoeGen.Cli.Tests.Evaluation;

public sealed class TextDomainTests : IDisposable
{
    private readonly Demo _model = Demo.Load(RepositoryFiles.DemoModel, new MoeOptions { Threads = 1, ContextLength = 20 });

    private readonly TextFile _file = new("sea", "sea.txt", string.Concat(Enumerable.Repeat("The sea is wide and über deep. ", 20)));

    [Fact]
    public void WholeText_IsCutIntoWindows()
    {
        TextDomain domain = TextDomain.Of(_file, _model, new EvaluationSettings(1, 100_000, 0, 8));
        int[] tokens = _model.Tokenizer.Encode(_file.Text);

        // every token but the first is foreseen
        Assert.Equal("sea", domain.Name);
        Assert.Equal(tokens.Length - 1, domain.NumTokens);
        Assert.Equal(Encoding.UTF8.GetByteCount(_file.Text) - _model.Tokenizer.GetBytes(tokens[0]).Length, domain.NumBytes);
        Assert.Equal(tokens[1..], domain.Windows.SelectMany(window => window[1..]));
        Assert.All(domain.Windows, window => Assert.InRange(window.Length, 2, 20));
        Assert.Empty(domain.Prompts);
    }

    [Fact]
    public void MostTokens_AreThoseThatAreForeseen()
    {
        TextDomain domain = TextDomain.Of(_file, _model, new EvaluationSettings(8, 50, 3, 8));
        Assert.Equal(50, domain.NumTokens);

        // 58 tokens: 51 places for a prompt of 8, a third of them between two
        int[] tokens = _model.Tokenizer.Encode(_file.Text);
        Assert.Equal([tokens[..8], tokens[17..25], tokens[34..42]], domain.Prompts);
    }

    [Fact]
    public void ShortText_IsAWindowAndAPrompt()
    {
        TextDomain domain = TextDomain.Of(_file with { Text = "The sea" }, _model, new EvaluationSettings(8, 50, 3, 8));
        int[] tokens = _model.Tokenizer.Encode("The sea");
        Assert.Equal([tokens], domain.Windows);
        Assert.Equal([tokens], domain.Prompts);
        Assert.Equal(1, domain.NumTokens);
    }

    [Fact]
    public void TextOfOneToken_IsRefused() =>
        Assert.Equal(
            "sea.txt: holds 1 tokens; expected at least 2, one to see and one to foresee",
            Assert.Throws<CliException>(
                () => TextDomain.Of(_file with { Text = "a" }, _model, new EvaluationSettings(8, 50, 3, 8))).Message);

    public void Dispose() => _model.Dispose();
}
