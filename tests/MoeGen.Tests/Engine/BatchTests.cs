using System.Collections.Concurrent;
using MoeGen.Experts;
using MoeGen.Models;
using MoeGen.Testing;

namespace MoeGen.Tests.Engine;

/// <summary>Sequences that run together, over a real generated model: the demo model.</summary>
public sealed class BatchTests
{
    private const int NumTokens = 24;

    private static readonly string[] s_prompts =
    [
        "Once upon a time", "One day, Tom and his dog", "The sun", "Lily was sad because", "There was a", "A", "In the big forest lived",
        "My mom",
    ];

    private static readonly int[][] s_texts =
        [.. new[] { 1, 9, 4, 13, 7, 2 }.Select((length, i) => RandomTokens(length, new Random(i)))];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Rows_HaveTheSameBitsAloneAndInAnyCompany()
    {
        using Demo alone = Demo.Load(RepositoryFiles.DemoModel, new MoeOptions { Threads = 1, ContextLength = 64 });
        float[][][] expected = SegmentedRun.Alone(alone, s_texts);
        foreach ((int threads, int? slots) in new (int, int?)[] { (1, null), (2, null), (2, 10), (3, 2) })
        {
            MoeOptions options = new() { Threads = threads, ContextLength = 64, ExpertSlots = slots };
            using Demo model = Demo.Load(RepositoryFiles.DemoModel, options);
            for (int seed = 0; seed < 4; seed++)
            {
                Assert.Equal(expected, SegmentedRun.Together(model, s_texts, new Random(seed)));
            }
        }
    }

    [Theory]
    [InlineData(1, 8, 128)]
    [InlineData(2, 8, 5)]
    [InlineData(2, 3, 4)]
    public void CallersOnSeveralThreads_GetTheTextsThatTheyGetAlone(int threads, int maxBatch, int chunk)
    {
        MoeOptions options = new() { Threads = threads, MaxBatch = maxBatch, PrefillChunk = chunk, ContextLength = 128 };
        using Demo model = Demo.Load(RepositoryFiles.DemoModel, options);
        string[] expected = [.. s_prompts.Select(prompt => Write(model, prompt, 0, Token))];
        string[] together = InParallel(i => Write(model, s_prompts[i], 0, Token));
        Assert.Equal(expected, together);
    }

    [Fact]
    public void CancellingOne_LeavesTheOthersAlone_AndItselfUsable()
    {
        using Demo model = Demo.Load(RepositoryFiles.DemoModel, new MoeOptions { Threads = 2, ContextLength = 128 });
        string[] expected = [.. s_prompts.Select(prompt => Write(model, prompt, 0, Token))];
        string[] together = InParallel(i => Write(model, s_prompts[i], cancelEvery: i % 2 == 0 ? 3 : 0, Token));
        Assert.Equal(expected, together);
    }

    [Fact]
    public void SequencesThatComeAndGo_ShareWhatIsThere()
    {
        // texts of different lengths, more of them than run together, and a budget that changes meanwhile
        MoeOptions options = new() { Threads = 2, MaxBatch = 3, PrefillChunk = 8, ContextLength = 128, Offloading = Offloading.Lru() };
        using Demo model = Demo.Load(RepositoryFiles.DemoModel, options);
        string[] expected = [.. s_prompts.Select((prompt, i) => Write(model, prompt, 0, Token, 4 + (5 * i)))];
        MemoryPlan plan = model.MemoryPlan;
        long caches = s_prompts.Length * plan.KeyValueBytes;
        ByteSize large = new(plan.ResidentBytes + caches), small = new(plan.FloorBytes + caches);
        string[] together = InParallel(i =>
        {
            model.MemoryBudget = i % 2 == 0 ? small : large;
            return Write(model, s_prompts[i], 0, Token, 4 + (5 * i));
        });
        Assert.Equal(expected, together);
    }

    [Fact]
    public async Task ReadersThatCannotWait_GetTheSameTexts()
    {
        using Demo model = Demo.Load(RepositoryFiles.DemoModel, new MoeOptions { Threads = 2, ContextLength = 128 });
        string[] expected = [.. s_prompts.Select(prompt => Write(model, prompt, 0, Token))];
        string[] streamed = await Task.WhenAll(s_prompts.Select(async prompt =>
        {
            string text = "";
            await foreach (string piece in model.GenerateAsync(prompt, Sampling(NumTokens), Token))
            {
                text += piece;
            }

            return text;
        }));
        Assert.Equal(expected, streamed);
    }

    [Fact]
    public async Task ReaderThatStops_EndsItsText()
    {
        using Demo model = Demo.Load(RepositoryFiles.DemoModel, new MoeOptions { Threads = 1, ContextLength = 512 });
        await foreach (string piece in model.GenerateAsync("Once", Sampling(500), Token))
        {
            break;
        }

        long passes = model.Statistics.Passes;
        Assert.True(passes < 500);
        Assert.Equal(passes, model.Statistics.Passes);
    }

    [Fact]
    public void Mobile_JudgesEverySequenceByItself()
    {
        // whether a step is run again depends on its own logits, so texts and repeats are those of each alone
        MoeOptions options = new() { Threads = 2, ContextLength = 128, Offloading = Offloading.Parse("mobile:threshold=0.5") };
        using Demo model = Demo.Load(RepositoryFiles.DemoModel, options);
        OffloadingStatistics start = model.Statistics;
        string[] expected = [.. s_prompts.Select(prompt => Write(model, prompt, 0, Token))];
        OffloadingStatistics alone = model.Statistics.Since(start);
        Assert.InRange(alone.Repeats, 1, alone.DecodeSteps - 1);
        start = model.Statistics;
        Assert.Equal(expected, InParallel(i => Write(model, s_prompts[i], 0, Token)));
        OffloadingStatistics together = model.Statistics.Since(start);
        Assert.Equal((alone.DecodeSteps, alone.Repeats), (together.DecodeSteps, together.Repeats));
        Assert.Equal((alone.RouterChoices, alone.SkippedChoices), (together.RouterChoices, together.SkippedChoices));
        Assert.True(together.Passes < alone.Passes);
    }

    [Theory]
    [InlineData("finemoe")]
    [InlineData("moe-infinity")]
    [InlineData("next-router")]
    [InlineData("lfu-sequence")]
    public void ExactMethods_GiveTheTextsOfTheModelInMemory(string method)
    {
        using Demo exact = Demo.Load(RepositoryFiles.DemoModel, new MoeOptions { Threads = 1, ContextLength = 128 });
        MoeOptions options = new() { Threads = 2, ContextLength = 128, Offloading = Offloading.Parse(method), ExpertSlots = 30 };
        using Demo model = Demo.Load(RepositoryFiles.DemoModel, options);
        Assert.Equal(s_prompts.Select(prompt => Write(exact, prompt, 0, Token)), InParallel(i => Write(model, s_prompts[i], 0, Token)));
    }

    private static SamplingOptions Sampling(int numTokens) => new() { Seed = 7, MaxTokens = numTokens, IgnoreEos = true };

    // cancelEvery: so many tokens after the one before, a token is interrupted and asked for again; 0: never
    private static string Write(
        MoeModel model, string prompt, int cancelEvery, CancellationToken cancellationToken, int numTokens = NumTokens)
    {
        using TextGeneration generation = model.Generate(prompt, Sampling(numTokens));
        string text = "";
        bool hasMore = true;
        while (hasMore)
        {
            if (cancelEvery > 0 && generation.GeneratedLength % cancelEvery == 1)
            {
                using CancellationTokenSource cancelled = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                cancelled.Cancel();
                Assert.ThrowsAny<OperationCanceledException>(() => generation.MoveNext(cancelled.Token));
            }

            hasMore = generation.MoveNext(cancellationToken);
            text += generation.GetText();
        }

        return text;
    }

    private static string[] InParallel(Func<int, string> write)
    {
        string[] texts = new string[s_prompts.Length];
        ConcurrentQueue<Exception> faults = [];
        Thread[] threads =
        [
            .. s_prompts.Select((_, i) => new Thread(() =>
            {
                try
                {
                    texts[i] = write(i);
                }
                catch (Exception exception)
                {
                    faults.Enqueue(exception);
                }
            })),
        ];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.Empty(faults);
        return texts;
    }

    private static int[] RandomTokens(int count, Random random) =>
        [.. Enumerable.Range(0, count).Select(_ => random.Next(Demo.ModelInfo.VocabSize))];
}
