using MoeGen.Cli.Models;
using MoeGen.Engine;
using MoeGen.Testing;

namespace MoeGen.Cli.Tests;

/// <summary>
/// Layers that keep only their window give the bits of those that keep everything, in every format: in chunks, token by token, and where a
/// text is cut. What keeps everything is the same model with passes as long as the context.
/// </summary>
public sealed class KvCacheTests : IDisposable
{
    private const int Context = 256;
    private const int Chunk = 8;
    private const int Length = 200; // more than three times round the ring of 64 rows

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, string, string> Windows => new()
    {
        { "gpt_oss-a", "\"sliding_window\": 4", "\"sliding_window\": 29" },
        { "gpt_oss-a", "\"sliding_window\": 4", "\"sliding_window\": 4" },
        { "llama4_text-a", "\"attention_chunk_size\": 8", "\"attention_chunk_size\": 40" },
        { "mixtral-a", "\"sliding_window\": null", "\"sliding_window\": 23" },
        { "phimoe-a", "\"sliding_window\": null", "\"sliding_window\": 50" },
    };

    [Theory]
    [MemberData(nameof(Windows))]
    public void Ring_GivesTheBitsOfTheWholeCache(string family, string key, string replacement)
    {
        ModelFolder folder = Variant(family, key, replacement);
        foreach (KeyValueFormat format in Enum.GetValues<KeyValueFormat>())
        {
            MoeOptions whole = new() { ContextLength = Context, PrefillChunk = Context, Threads = 2, KeyValueFormat = format };
            using MoeModel full = Load(folder, whole), ringed = Load(folder, whole with { PrefillChunk = Chunk, Threads = 1 });
            int[] text = Tokens(full, Length), other = Tokens(full, 20, seed: 2);
            using Sequence all = full.CreateSequence(), some = ringed.CreateSequence();
            Assert.Empty(all.Cache.Layout.RingLayers);
            Assert.Equal(full.Info.WindowLayers, some.Cache.Layout.RingLayers);
            Assert.Equal(64, some.Cache.Layout.RingLength);
            Assert.True(some.SizeInBytes < all.SizeInBytes);

            // a prompt in chunks, then tokens one by one
            Assert.Equal(Append(full, all, text[..133]), Append(ringed, some, text[..133]));
            foreach (int token in text[133..])
            {
                Assert.Equal(Append(full, all, [token]), Append(ringed, some, [token]));
            }

            // cut by a token, by many, and to the beginning; what follows is another text
            foreach (int length in new[] { Length - 1, Length - 60, 100, 20, 0 })
            {
                all.Truncate(Math.Min(length, all.Length));
                some.Truncate(Math.Min(length, some.Length));
                Assert.Equal(Append(full, all, other), Append(ringed, some, other));
            }
        }
    }

    [Fact]
    public void Truncation_ComputesAgainOnlyWhatTheRingHasGivenUp()
    {
        ModelFolder folder = Variant("mixtral-a", "\"sliding_window\": null", "\"sliding_window\": 23");
        using MoeModel model = Load(folder, new MoeOptions { ContextLength = Context, PrefillChunk = Chunk, Threads = 1 });
        using Sequence sequence = model.CreateSequence();
        _ = Append(model, sequence, Tokens(model, Length));

        // the ring holds positions 136 to 199; the token at 158 looks back to 136, that at 157 to 135
        sequence.Truncate(158);
        Assert.Equal((158, 158), (sequence.Length, sequence.NumComputed));
        sequence.Truncate(157);
        Assert.Equal((157, 0), (sequence.Length, sequence.NumComputed));
        _ = Append(model, sequence, Tokens(model, 1));
        Assert.Equal((158, 158), (sequence.Length, sequence.NumComputed));
    }

    [Theory]
    [InlineData(KeyValueFormat.F32)]
    [InlineData(KeyValueFormat.F16)]
    [InlineData(KeyValueFormat.Q8)]
    public void EveryKindOfAttention_GivesTheSameBitsInChunksAndSteps(KeyValueFormat format)
    {
        foreach (string family in new[] { "qwen3_moe-a", "deepseek_v3-a", "switch_transformers-a" })
        {
            ModelFolder folder = ModelFolder.Find(Path.Combine(RepositoryFiles.Cases, family));
            MoeOptions options = new() { ContextLength = 60, PrefillChunk = 60, Threads = 3, KeyValueFormat = format };
            using MoeModel chunks = Load(folder, options), steps = Load(folder, options with { PrefillChunk = 1, Threads = 1 });
            using Sequence a = chunks.CreateSequence(), b = steps.CreateSequence();
            int[] text = Tokens(chunks, 50);
            if (chunks.Info.DecoderStartTokenId is not null)
            {
                a.Encode(text);
                b.Encode(text);
            }

            float[] expected = Append(chunks, a, text), last = [];
            foreach (int token in text)
            {
                last = Append(steps, b, [token]);
            }

            Assert.Equal(expected, last);
        }
    }

    public void Dispose() => _folder.Dispose();

    private ModelFolder Variant(string family, string key, string replacement)
    {
        string from = Path.Combine(RepositoryFiles.Cases, family), config = File.ReadAllText(Path.Combine(from, "config.json"));
        Assert.Contains(key, config);
        config = config.Replace(key, replacement, StringComparison.Ordinal);
        config = System.Text.RegularExpressions.Regex.Replace(
            config, "\"max_position_embeddings\": [0-9]+", $"\"max_position_embeddings\": {Context}");
        _folder.Write("config.json", config);
        foreach (string path in Directory.GetFiles(from, "*.safetensors*"))
        {
            File.Copy(path, _folder[Path.GetFileName(path)]);
        }

        return ModelFolder.Find(_folder.Path);
    }

    private static MoeModel Load(ModelFolder folder, MoeOptions options)
    {
        CliStreams streams = new(Stream.Null, Stream.Null, TextWriter.Null, IsErrorTerminal: false);
        return ModelLoader.Load(folder, options, streams, out _, CancellationToken.None);
    }

    private static float[] Append(MoeModel model, Sequence sequence, int[] tokens)
    {
        float[] logits = new float[model.Info.VocabSize];
        sequence.Append(tokens, logits);
        return logits;
    }

    private static int[] Tokens(MoeModel model, int count, int seed = 1)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(model.Info.VocabSize))];
    }
}
