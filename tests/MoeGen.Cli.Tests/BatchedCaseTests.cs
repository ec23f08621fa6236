using MoeGen.Cli.Models;
using MoeGen.Testing;

namespace MoeGen.Cli.Tests;

/// <summary>Every family: a token's logits have the same bits alone and beside tokens of other sequences, however many.</summary>
public class BatchedCaseTests
{
    public static TheoryData<string> Cases =>
        [.. RepositoryFiles.FolderNames(RepositoryFiles.Cases).Where(name => !name.StartsWith("edge-", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Rows_HaveTheSameBitsAloneAndInAnyCompany(string name)
    {
        using MoeModel alone = Load(name, threads: 1);
        Random draw = new(name.Length);
        int[][] texts = [.. new[] { 1, 17, 6, 11, 3, 8 }.Select(length => RandomTokens(length, alone.Info, draw))];
        float[][][] expected = SegmentedRun.Alone(alone, texts);
        foreach (int threads in new[] { 1, 2 })
        {
            using MoeModel model = Load(name, threads);
            for (int seed = 0; seed < 3; seed++)
            {
                Assert.Equal(expected, SegmentedRun.Together(model, texts, new Random(seed)));
            }
        }
    }

    private static MoeModel Load(string name, int threads)
    {
        CliStreams streams = new(Stream.Null, Stream.Null, TextWriter.Null, IsErrorTerminal: false);
        ModelFolder folder = ModelFolder.Find(Path.Combine(RepositoryFiles.Cases, name));
        return ModelLoader.Load(folder, new MoeOptions { Threads = threads }, streams, out _, TestContext.Current.CancellationToken);
    }

    private static int[] RandomTokens(int count, ModelInfo info, Random random) =>
        [.. Enumerable.Range(0, count).Select(_ => random.Next(info.VocabSize))];
}
