using MoeGen.Traces;
using MoeGen.Weights;

namespace MoeGen.Tests.Traces;

public class MalformedTraceTests
{
    [Theory]
    [InlineData(TraceColumn.Pass, 1, 7, "pass of token 1 is 7; expected 1 there")]
    [InlineData(TraceColumn.Pass, 0, 1, "pass of token 0 is 1; expected 0 there")]
    [InlineData(TraceColumn.Pass, 3, 1, "pass of token 3 is 1; expected 3 there")]
    [InlineData(TraceColumn.Sequence, 0, -1, "sequence of token 0 is -1; expected 0 there")]
    [InlineData(TraceColumn.Sequence, 3, 2, "sequence of token 3 is 2; expected 0 to 1 there")]
    [InlineData(TraceColumn.Token, 2, -5, "token of token 2 is -5; expected 0 to 2147483647 there")]
    public void WrongColumns_AreRefusedByToken(string column, int token, int value, string fault)
    {
        using ChangedTrace trace = new();
        trace.Write(column, token, BitConverter.GetBytes(value));
        trace.AssertRefused(fault);
    }

    [Fact]
    public void WrongKindOfToken_IsRefused()
    {
        using ChangedTrace trace = new();
        trace.Write(TraceColumn.IsPrompt, 1, [2]);
        trace.AssertRefused("is_prompt of token 1 is 2; expected 0 to 1 there");
    }

    [Fact]
    public void DecodedTokenThatBeginsASequence_IsRefused()
    {
        using ChangedTrace trace = new();
        trace.Write(TraceColumn.IsPrompt, 3, [0]);
        trace.AssertRefused("sequence 1 begins with a decoded token; expected a prompt");
    }

    [Fact]
    public void SeveralDecodedTokensInOnePass_AreRefused()
    {
        using ChangedTrace trace = new();
        trace.Write(TraceColumn.Pass, 2, BitConverter.GetBytes(1));
        trace.Write(TraceColumn.Pass, 3, BitConverter.GetBytes(2));
        trace.AssertRefused("decodes 2 tokens from token 1 on in one pass; expected one");
    }

    [Theory]
    [InlineData(4, "experts of token 1 in sparse layer 1: found [3, 4]; expected different experts from 0 to 3, or -1")]
    [InlineData(-2, "found [3, -2]")]
    [InlineData(3, "found [3, 3]")]
    public void WrongExperts_AreRefusedByTokenAndLayer(int expert, string fault)
    {
        using ChangedTrace trace = new();
        trace.Write(TraceColumn.Experts, (1 * 4) + 3, BitConverter.GetBytes(expert));
        trace.AssertRefused(fault);
    }

    [Theory]
    [InlineData(float.NaN, "router_probabilities of token 2 in sparse layer 1: found NaN; expected probabilities of sum 1")]
    [InlineData(-0.5f, "found -0.5; expected probabilities of sum 1")]
    [InlineData(float.PositiveInfinity, "found ∞; expected probabilities of sum 1")]
    [InlineData(0.75f, "found values of sum 1.25; expected probabilities of sum 1")]
    public void WrongProbabilities_AreRefusedByTokenAndLayer(float value, string fault)
    {
        using ChangedTrace trace = new();
        trace.Write(TraceColumn.Probabilities, (2 * 8) + 4 + 1, BitConverter.GetBytes((Half)value));
        trace.AssertRefused(fault.Replace("∞", float.PositiveInfinity.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public void WrongPredictions_AreRefused()
    {
        using ChangedTrace trace = new();
        trace.Write(TraceColumn.NextProbabilities, 0, BitConverter.GetBytes(Half.NaN));
        trace.AssertRefused("next_router_probabilities of token 0 in sparse layer 0: found NaN");
    }

    [Fact]
    public void WrongEmbeddings_AreRefused()
    {
        using ChangedTrace trace = new();
        trace.Write(TraceColumn.Embeddings, (3 * 5) + 2, [0x80, 0x7F]); // infinity in bf16
        trace.AssertRefused("embedding of token 3: found", "expected finite values");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    public void TruncatedFile_IsRefused(int missingBytes)
    {
        using ChangedTrace trace = new();
        using (FileStream file = File.OpenWrite(trace.Path))
        {
            file.SetLength(file.Length - missingBytes);
        }

        CheckpointException exception = Assert.Throws<CheckpointException>(() => ActivationTrace.Open(trace.Path));
        Assert.Contains("expected a complete file", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("moegen_trace", "2", "moegen_trace of its metadata is \"2\"; expected 1")]
    [InlineData("moegen_trace", null, "its metadata has no moegen_trace; expected a file that `moegen trace` has written")]
    [InlineData("top_k", "9", "2 layers of 4 experts, 9 of them for each token")]
    [InlineData("top_k", "1", "tensor experts is I32 [4, 2, 2]; expected I32 [4, 2, 1] as the metadata say")]
    [InlineData("experts", "0", "experts of its metadata is \"0\"; expected an integer from 1 to 1048576")]
    [InlineData("experts", "many", "experts of its metadata is \"many\"")]
    [InlineData("hidden_size", "4", "tensor embedding is BF16 [4, 5]; expected BF16 [4, 4]")]
    [InlineData("expert_bytes", "-1", "expert_bytes of its metadata is \"-1\"")]
    public void WrongMetadata_AreRefused(string key, string? value, string fault)
    {
        using TraceBuilder builder = new(numLayers: 2, numExperts: 4, topK: 2);
        builder.Prompt("0 1|2 3").Decode("1 2|3 0").Decode("1 3|0 1").Prompt("0 2|1 2").Open().Dispose();
        Dictionary<string, string> metadata = new(builder.Info.ToStrings());
        _ = metadata.Remove(key);
        if (value is not null)
        {
            metadata[key] = value;
        }

        string path = builder.Path + ".changed";
        TensorOutline[] tensors = [.. TraceColumn.Of(builder.Info, hasNext: true).Select(column => column.Outline(4))];
        using (SafetensorsWriter writer = new(path, tensors, metadata))
        {
            writer.Commit();
        }

        TraceException exception = Assert.Throws<TraceException>(() => ActivationTrace.Open(path));
        Assert.Contains(fault, exception.Message, StringComparison.Ordinal);
        Assert.StartsWith(path, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MissingTensor_IsRefused()
    {
        using TraceBuilder builder = new(numLayers: 2, numExperts: 4, topK: 2);
        string path = builder.Path + ".changed";
        TensorOutline[] tensors = [.. TraceColumn.Of(builder.Info, hasNext: true).Select(column => column.Outline(1))];
        using (SafetensorsWriter writer = new(path, tensors[..^1], builder.Info.ToStrings()))
        {
            writer.Commit();
        }

        TraceException exception = Assert.Throws<TraceException>(() => ActivationTrace.Open(path));
        Assert.Contains("has no tensor embedding; expected one of BF16 [1, 5]", exception.Message, StringComparison.Ordinal);
    }

    /// <summary>
    /// Two sequences: a prompt of one token and two decoded ones; a prompt of one token. Values are overwritten in place.
    /// </summary>
    private sealed class ChangedTrace : IDisposable
    {
        private readonly TraceBuilder _builder = new(numLayers: 2, numExperts: 4, topK: 2);

        public ChangedTrace()
        {
            _builder.Prompt("0 1|2 3").Decode("1 2|3 0").Decode("1 3|0 1").Prompt("0 2|1 2").Open().Dispose();
        }

        public string Path => _builder.Path;

        public void Write(string column, int index, ReadOnlySpan<byte> value)
        {
            long offset;
            using (SafetensorsFile file = SafetensorsFile.Open(Path))
            {
                offset = file.Tensors[column].Offset;
            }

            using FileStream stream = File.OpenWrite(Path);
            stream.Position = offset + (index * value.Length);
            stream.Write(value);
        }

        public void AssertRefused(params string[] faults)
        {
            TraceException exception = Assert.Throws<TraceException>(ReadAll);
            Assert.StartsWith(Path, exception.Message, StringComparison.Ordinal);
            Assert.All(faults, fault => Assert.Contains(fault, exception.Message, StringComparison.Ordinal));
        }

        public void Dispose() => _builder.Dispose();

        private void ReadAll()
        {
            using ActivationTrace trace = ActivationTrace.Open(Path);
            TraceReader reader = trace.CreateReader();
            TracePass pass = new(trace.Info);
            for (int index = 0; index < trace.Passes.Count; index++)
            {
                reader.Read(index, pass);
            }
        }
    }
}
