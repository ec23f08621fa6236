using System.Text;
using MoeGen.Engine;
using MoeGen.Models;
using MoeGen.Testing;
using MoeGen.Tokenizers;

namespace MoeGen.Tests;

/// <summary>The engine over a real generated model: the demo model.</summary>
public class MoeModelTests
{
    private const string Prompt = "Once upon a time there was a little girl who";

    private static readonly string s_folder = RepositoryFiles.DemoModel;

    [Fact]
    public void Greedy_IsTheSameForEveryThreadCountAndChunk()
    {
        float[] expected = Logits(threads: 1, chunk: 128);
        foreach ((int threads, int chunk) in new[] { (2, 128), (3, 1), (1, 7), (5, 33) })
        {
            Assert.Equal(expected, Logits(threads, chunk));
        }
    }

    [Fact]
    public void Generate_WritesWhatItsTokensSay()
    {
        using Demo model = Demo.Load(s_folder);
        using TextGeneration generation = model.Generate(Prompt, new SamplingOptions { MaxTokens = 40, Seed = 3 });
        List<int> tokens = [];
        StringBuilder text = new();
        while (generation.MoveNext(TestContext.Current.CancellationToken))
        {
            tokens.Add(generation.Token);
            text.Append(generation.GetText());
        }

        text.Append(generation.GetText());
        Assert.Equal(model.Tokenizer.Decode([.. tokens], skipSpecialTokens: true), text.ToString());
        Assert.Equal(tokens.Count, generation.GeneratedLength);
        Assert.True(generation.TimeToFirstToken > TimeSpan.Zero);
    }

    [Fact]
    public async Task GenerateAsync_GivesTheSameText()
    {
        using Demo model = Demo.Load(s_folder);
        SamplingOptions options = new() { MaxTokens = 24, Seed = 5, StopStrings = ["\n\n\n"] };
        StringBuilder streamed = new();
        await foreach (string piece in model.GenerateAsync(Prompt, options, TestContext.Current.CancellationToken))
        {
            Assert.NotEmpty(piece);
            streamed.Append(piece);
        }

        Assert.Equal(Text(model, options), streamed.ToString());
    }

    [Fact]
    public void DecodedToken_AllocatesNothing()
    {
        using Demo model = Demo.Load(s_folder, new MoeOptions { Threads = 2 });
        SamplingOptions[] variants =
            [SamplingOptions.Greedy, new() { Seed = 1, RepetitionPenalty = 1.1f, StopStrings = ["never to be seen"] }];
        foreach (SamplingOptions options in variants)
        {
            using TextGeneration generation = model.Generate(Prompt, options with { MaxTokens = 120, IgnoreEos = true });
            for (int i = 0; i < 20; i++)
            {
                generation.MoveNext(TestContext.Current.CancellationToken);
            }

            // this thread is worker 0; the others run the same code, and the benchmark command watches the whole process. What a token
            // allocates shows in every part; what the runtime allocates once for itself, while others load the machine, in one.
            long fewest = long.MaxValue;
            for (int part = 0; part < 5; part++)
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                for (int i = 0; i < 20; i++)
                {
                    Assert.True(generation.MoveNext(TestContext.Current.CancellationToken));
                }

                fewest = Math.Min(fewest, GC.GetAllocatedBytesForCurrentThread() - before);
            }

            Assert.Equal(0, fewest);
        }
    }

    [Fact]
    public void MaxTokens_EndsTheText()
    {
        using Demo model = Demo.Load(s_folder);
        using TextGeneration generation = model.Generate(Prompt, SamplingOptions.Greedy with { MaxTokens = 3 });
        Assert.Equal(3, Count(generation));
        Assert.Equal(FinishReason.Length, generation.FinishReason);
        using TextGeneration none = model.Generate(Prompt, SamplingOptions.Greedy with { MaxTokens = 0 });
        Assert.Equal(0, Count(none));
    }

    [Fact]
    public void FullContext_EndsTheText()
    {
        using Demo model = Demo.Load(s_folder, new MoeOptions { ContextLength = 20 });
        int prompt = model.Tokenizer.Encode(Prompt).Length;
        using TextGeneration generation = model.Generate(Prompt, SamplingOptions.Greedy with { IgnoreEos = true });

        // the last token needs no place of its own
        Assert.Equal(20 - prompt + 1, Count(generation));
        Assert.Equal(FinishReason.Length, generation.FinishReason);
    }

    [Fact]
    public void EosToken_EndsTheTextUnlessIgnored()
    {
        // generation_config.json makes the model's favourite token one that ends the text
        using TemporaryFolder folder = CopyOfTheModel();
        using Demo plain = Demo.Load(s_folder);
        using TextGeneration first = plain.Generate(Prompt, SamplingOptions.Greedy with { MaxTokens = 1 });
        first.MoveNext(TestContext.Current.CancellationToken);
        folder.Write("generation_config.json", $$"""{"eos_token_id": [0, {{first.Token}}]}""");

        using Demo model = Demo.Load(folder.Path);
        Assert.Equal([0, first.Token], model.EosTokenIds);
        using TextGeneration ended = model.Generate(Prompt, SamplingOptions.Greedy with { MaxTokens = 5 });
        Assert.Equal(0, Count(ended));
        Assert.Equal(FinishReason.EndOfText, ended.FinishReason);
        using TextGeneration ignored = model.Generate(Prompt, SamplingOptions.Greedy with { MaxTokens = 5, IgnoreEos = true });
        Assert.Equal(5, Count(ignored));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("""{"eos_token_id": "end"}""")]
    [InlineData("""{"eos_token_id": [1.5]}""")]
    public void DamagedGenerationConfig_IsRefusedByName(string content)
    {
        using TemporaryFolder folder = CopyOfTheModel();
        folder.Write("generation_config.json", content);
        Assert.Contains("generation_config.json", Assert.ThrowsAny<MoeGenException>(() => Demo.Load(folder.Path)).Message);
    }

    [Fact]
    public void StopString_EndsTheText()
    {
        using Demo model = Demo.Load(s_folder);
        string text = Text(model, SamplingOptions.Greedy with { MaxTokens = 40 });
        string stop = text[10..14];
        using TextGeneration generation = model.Generate(Prompt, SamplingOptions.Greedy with { MaxTokens = 40, StopStrings = [stop] });
        StringBuilder stopped = new();
        while (generation.MoveNext(TestContext.Current.CancellationToken))
        {
            stopped.Append(generation.GetText());
        }

        Assert.Equal(text[..text.IndexOf(stop, StringComparison.Ordinal)], stopped.ToString());
        Assert.Equal(FinishReason.StopString, generation.FinishReason);
    }

    [Fact]
    public void RefusedPrompts_LeaveTheModelUsable()
    {
        using Demo model = Demo.Load(s_folder);
        Assert.Contains("no tokens", Assert.Throws<InvalidPromptException>(() => model.Generate([])).Message);
        Assert.Contains("token 1 is -1", Assert.Throws<InvalidPromptException>(() => model.Generate([5, -1])).Message);
        Assert.Contains("token 0 is 4096", Assert.Throws<InvalidPromptException>(() => model.Generate([4096])).Message);
        Assert.Contains("at most 256", Assert.Throws<InvalidPromptException>(() => model.Generate(new int[257])).Message);
        Assert.NotEmpty(Text(model, SamplingOptions.Greedy with { MaxTokens = 8 }));
    }

    [Fact]
    public void Cancellation_StopsAndTheModelGoesOn()
    {
        using Demo model = Demo.Load(s_folder);
        string expected = Text(model, SamplingOptions.Greedy with { MaxTokens = 8 });
        using CancellationTokenSource cancellation = new();
        using (TextGeneration generation = model.Generate(Prompt, SamplingOptions.Greedy))
        {
            generation.MoveNext(cancellation.Token);
            cancellation.Cancel();
            Assert.ThrowsAny<OperationCanceledException>(() => generation.MoveNext(cancellation.Token));
        }

        Assert.Equal(expected, Text(model, SamplingOptions.Greedy with { MaxTokens = 8 }));
    }

    [Fact]
    public void PromptCancelledHalfWay_GoesOnWhereItStopped()
    {
        using Demo model = Demo.Load(s_folder, new MoeOptions { PrefillChunk = 1, Threads = 1 });
        int[] prompt = [.. Enumerable.Range(0, 200).Select(i => 4 + (i * 37 % 4000))];
        int Next(CancellationToken cancellationToken, TextGeneration generation)
        {
            generation.MoveNext(cancellationToken);
            return generation.Token;
        }

        using TextGeneration straight = model.Generate(prompt, SamplingOptions.Greedy), cancelled = model.Generate(prompt, SamplingOptions.Greedy);
        int expected = Next(TestContext.Current.CancellationToken, straight);
        using CancellationTokenSource cancellation = new();
        Thread canceller = new(() =>
        {
            SpinWait.SpinUntil(() => cancelled.ProcessedLength >= 3);
            cancellation.Cancel();
        });
        canceller.Start();
        Assert.ThrowsAny<OperationCanceledException>(() => Next(cancellation.Token, cancelled));
        canceller.Join();
        Assert.InRange(cancelled.ProcessedLength, 3, 199);
        Assert.Equal(expected, Next(TestContext.Current.CancellationToken, cancelled));
    }

    [Fact]
    public void UnsupportedTokenizer_IsNoObstacleToTokenIds()
    {
        using TemporaryFolder folder = CopyOfTheModel();
        folder.Write("tokenizer.json", """{"model": {"type": "Unigram"}}""");
        using Demo model = Demo.Load(folder.Path);
        Assert.False(model.HasTokenizer);
        Assert.Contains("tokenizer.json", Assert.Throws<TokenizerFormatException>(() => model.Generate("text")).Message);
        using TextGeneration generation = model.Generate([5, 6, 7], SamplingOptions.Greedy with { MaxTokens = 2 });
        Assert.Equal(2, Count(generation));
    }

    [Fact]
    public void SequencesOnSeveralThreads_DoNotMix()
    {
        using Demo model = Demo.Load(s_folder, new MoeOptions { Threads = 2 });
        string[] prompts = ["The king", "public static", "12 + 30 =", "{\"name\":"];
        string[] expected = [.. prompts.Select(prompt => Text(model, SamplingOptions.Greedy with { MaxTokens = 30 }, prompt))];
        string[] together = new string[prompts.Length];
        Parallel.For(0, prompts.Length, i => together[i] = Text(model, SamplingOptions.Greedy with { MaxTokens = 30 }, prompts[i]));
        Assert.Equal(expected, together);
    }

    [Fact]
    public void TruncatedSequence_GoesOnAsIfTheRestHadNeverBeen()
    {
        using Demo model = Demo.Load(s_folder);
        int[] tokens = model.Tokenizer.Encode(Prompt);
        float[] expected = new float[Demo.VocabSize], actual = new float[Demo.VocabSize];
        using Sequence straight = model.CreateSequence(), detour = model.CreateSequence();
        straight.Append(tokens, expected, TestContext.Current.CancellationToken);
        detour.Append(tokens.AsSpan(0, 4), actual, TestContext.Current.CancellationToken);
        detour.Append([1, 2, 3], actual, TestContext.Current.CancellationToken);
        detour.Truncate(4);
        detour.Append(tokens.AsSpan(4), actual, TestContext.Current.CancellationToken);
        Assert.Equal(expected, actual);
        Assert.Throws<ArgumentOutOfRangeException>(() => detour.Truncate(detour.Length + 1));
    }

    [Fact]
    public void DisposedModel_SaysSo()
    {
        Demo model = Demo.Load(s_folder);
        Sequence sequence = model.CreateSequence();
        model.Dispose();
        model.Dispose();
        Assert.Throws<ObjectDisposedException>(
            () => sequence.Append([1], new float[Demo.VocabSize], TestContext.Current.CancellationToken));
        Assert.Throws<ObjectDisposedException>(model.CreateSequence);
        sequence.Dispose();
    }

    [Fact]
    public void FolderWithoutTokenizer_TakesIdsOnly()
    {
        using TemporaryFolder folder = CopyOfTheModel();
        File.Delete(folder["tokenizer.json"]);
        using Demo model = Demo.Load(folder.Path);
        Assert.False(model.HasTokenizer);
        Assert.Throws<InvalidOperationException>(() => model.Generate("text"));
        using TextGeneration generation = model.Generate([5, 6, 7], SamplingOptions.Greedy with { MaxTokens = 2 });
        Assert.Equal(2, Count(generation));
        Assert.Equal(0, generation.TextLength);
    }

    private static int Count(TextGeneration generation)
    {
        int count = 0;
        while (generation.MoveNext(TestContext.Current.CancellationToken))
        {
            count++;
        }

        return count;
    }

    private static string Text(MoeModel model, SamplingOptions options, string prompt = Prompt)
    {
        using TextGeneration generation = model.Generate(prompt, options);
        StringBuilder text = new();
        while (generation.MoveNext(TestContext.Current.CancellationToken))
        {
            text.Append(generation.GetText());
        }

        return text.Append(generation.GetText()).ToString();
    }

    // prompt, then three more tokens one by one
    private static float[] Logits(int threads, int chunk)
    {
        using Demo model = Demo.Load(s_folder, new MoeOptions { Threads = threads, PrefillChunk = chunk });
        using Sequence sequence = model.CreateSequence();
        float[] logits = new float[Demo.VocabSize];
        sequence.Append(model.Tokenizer.Encode(Prompt), logits, TestContext.Current.CancellationToken);
        for (int token = 100; token < 103; token++)
        {
            sequence.Append([token], logits, TestContext.Current.CancellationToken);
        }

        return logits;
    }

    private static TemporaryFolder CopyOfTheModel()
    {
        TemporaryFolder folder = new();
        foreach (string name in new[] { "tokenizer.json", "model.safetensors" })
        {
            File.Copy(Path.Combine(s_folder, name), folder[name]);
        }

        return folder;
    }
}
