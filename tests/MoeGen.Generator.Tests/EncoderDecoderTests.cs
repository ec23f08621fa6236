using MoeGen.Engine;
using MoeGen.Generator.Tests.Testing;
using MoeGen.Kernels;
using MoeGen.Testing;

namespace MoeGen.Generator.Tests;

/// <summary>The engine over a generated model with an encoder: the reference case, with experts that take few tokens.</summary>
public sealed class EncoderDecoderTests : IDisposable
{
    private const int Capacity = 2;
    private const int Context = 40;

    private static readonly string s_folder = Path.Combine(RepositoryFiles.Cases, "switch_transformers-a");
    private static readonly int[] s_input = [91, 74, 73, 78, 80, 41, 31, 23, 89, 78, 37, 94];
    private static readonly int[] s_text = [0, 85, 74, 85, 70, 20, 16, 91, 23, 30];

    private readonly MoeModel _model = Load(new MoeOptions { Threads = 2, ContextLength = Context });

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _model.Dispose();

    [Fact]
    public void ChunksThreadsAndCuts_DoNotChangeABit()
    {
        float[] expected = Logits(_model, s_text.Length);
        foreach ((int threads, int chunk) in new[] { (1, 1), (3, 3), (2, 7) })
        {
            using MoeModel model = Load(new MoeOptions { Threads = threads, ContextLength = Context });
            Assert.Equal(expected, Logits(model, chunk));
        }

        // what was cut off gives its places at the experts back
        using Sequence sequence = Encoded(_model);
        float[] logits = new float[_model.Info.VocabSize];
        sequence.Append([0, 85, 74, 1, 2, 3, 4, 5, 6, 7, 8], logits, Token);
        sequence.Truncate(3);
        sequence.Append(s_text.AsSpan(3), logits, Token);
        Assert.Equal(expected, logits);
    }

    [Fact]
    public void InterruptedRuns_AreMadeUpFor()
    {
        float[] expected = Logits(_model, s_text.Length), logits = new float[_model.Info.VocabSize];
        using Sequence sequence = _model.CreateSequence();
        using ForwardPass pass = _model.CreatePass(Context, 1);
        using CancellationTokenSource encoding = new(), decoding = new();
        pass.Observer = new Canceller(encoding, layer: 1);
        Assert.ThrowsAny<OperationCanceledException>(() => _model.Encode(sequence, s_input, pass, encoding.Token));
        Assert.Equal(0, sequence.InputLength);
        sequence.Encode(s_input, Token);

        // cancelled behind the first sparse layer of the decoder, which has counted the tokens already
        pass.Observer = new Canceller(decoding, layer: 5);
        Assert.ThrowsAny<OperationCanceledException>(() => _model.Run(pass, sequence, s_text, 1, decoding.Token));
        sequence.Append(s_text, logits, Token);
        Assert.Equal(expected, logits);
    }

    [Fact]
    public void Generate_WritesFromTheStartToken()
    {
        using TextGeneration generation = _model.Generate(s_input, SamplingOptions.Greedy with { MaxTokens = 6, IgnoreEos = true });
        List<int> tokens = [];
        while (generation.MoveNext(Token))
        {
            tokens.Add(generation.Token);
        }

        using Sequence sequence = Encoded(_model);
        float[] logits = new float[_model.Info.VocabSize];
        List<int> expected = [];
        for (int token = 0; expected.Count < 6; expected.Add(token))
        {
            sequence.Append([token], logits, Token);
            token = Array.IndexOf(logits, logits.Max());
        }

        Assert.Equal(expected, tokens);
        Assert.Equal(s_input.Length, generation.PromptLength);
    }

    [Fact]
    public void DecodedToken_AllocatesNothing()
    {
        using TextGeneration generation = _model.Generate(s_input, SamplingOptions.Greedy with { MaxTokens = 35, IgnoreEos = true });
        for (int i = 0; i < 10; i++)
        {
            generation.MoveNext(Token);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++)
        {
            Assert.True(generation.MoveNext(Token));
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void WrongInputs_AreRefused()
    {
        using Sequence sequence = _model.CreateSequence();
        float[] logits = new float[_model.Info.VocabSize];
        Assert.Contains("has read no input", Assert.Throws<InvalidPromptException>(() => sequence.Append([0], logits, Token)).Message);
        Assert.Contains("no tokens", Assert.Throws<InvalidPromptException>(() => sequence.Encode([], Token)).Message);
        Assert.Contains("token 1 is 96", Assert.Throws<InvalidPromptException>(() => sequence.Encode([1, 96], Token)).Message);
        InvalidPromptException tooLong = Assert.Throws<InvalidPromptException>(() => sequence.Encode(new int[Context + 1], Token));
        Assert.Equal("the input has 41 tokens; expected at most 40, the context length", tooLong.Message);
        sequence.Encode(s_input, Token);
        sequence.Append([0], logits, Token);
        Assert.Throws<InvalidOperationException>(() => sequence.Encode(s_input, Token));
        sequence.Truncate(0);
        sequence.Encode([1], Token);
        Assert.Equal(1, sequence.InputLength);
    }

    [Fact]
    public void Plan_CountsWhatSequenceAndPassHold()
    {
        // 4 decoder layers, 4 heads, keys and values of 8 filled up to 32, 40 positions, for text and input; the loads of 8 layers
        const long Keys = 4 * 4 * (32 + 32) * Context * 4, Loads = 8 * (6 + Context) * 4;
        MoeOptions options = new() { ContextLength = Context, PrefillChunk = 1, Offloading = Offloading.Resident() };
        MemoryPlan plan = MemoryPlan.For(_model.Info, options);
        Assert.Equal((2 * Keys) + Loads, plan.KeyValueBytes);
        using ForwardPass pass = _model.CreatePass(Context, MoeOptions.DefaultMaxBatch);
        Assert.InRange(pass.SizeInBytes, plan.WorkspaceBytes, plan.WorkspaceBytes + 1024);

        using MoeModel model = Load(options with { MemoryBudget = new ByteSize(plan.TotalBytes) });
        using Sequence sequence = model.CreateSequence();
        Assert.Throws<MemoryBudgetTooSmallException>(model.CreateSequence);
        Assert.Throws<MemoryBudgetTooSmallException>(() => Load(options with { MemoryBudget = new ByteSize(plan.TotalBytes - 1) }));
    }

    [Fact]
    public void Context_MayBeLongerThanTheModelWasTrainedWith()
    {
        using MoeModel model = Load(new MoeOptions { ContextLength = 700 });
        using TextGeneration generation = model.Generate(new int[600], SamplingOptions.Greedy with { MaxTokens = 2, IgnoreEos = true });
        Assert.True(generation.MoveNext(Token));
        Assert.Equal((512, 700), (model.Info.MaxPositions, model.ContextLength));
    }

    private static MoeModel Load(MoeOptions options)
    {
        string config = Configs.With(Configs.Switch, ("expert_capacity", Capacity));
        return GeneratorHost.Run(new TestItem(config)).LoadModel(s_folder, options);
    }

    private static Sequence Encoded(MoeModel model)
    {
        Sequence sequence = model.CreateSequence();
        sequence.Encode(s_input, Token);
        return sequence;
    }

    private static float[] Logits(MoeModel model, int chunk)
    {
        using Sequence sequence = Encoded(model);
        float[] logits = new float[model.Info.VocabSize];
        foreach (int[] part in s_text.Chunk(chunk))
        {
            sequence.Append(part, logits, Token);
        }

        return logits;
    }

    // cancels when a layer has routed; the next sparse layer stops
    private sealed class Canceller(CancellationTokenSource source, int layer) : IRoutingObserver
    {
        public void OnRouted(int routed, Activations normed, ForwardPass pass)
        {
            if (routed == layer)
            {
                source.Cancel();
            }
        }
    }
}
