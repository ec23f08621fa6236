using System.Text;
using MoeGen.Experts.Twins;
using MoeGen.Memory;
using MoeGen.Packs;
using MoeGen.Testing;
using MoeGen.Tests.Weights;
using MoeGen.Weights;
using MoeGen.Weights.Quantized;

namespace MoeGen.Tests.Packs;

/// <summary>Packs with twins: whole or not at all, every twin the expert's in Q4.</summary>
public sealed class TwinPackTests : IDisposable
{
    private const int Layer = SmallCheckpoint.SparseLayer;

    private readonly PackedSmallModel _model = new();

    private string Twins => Path.Combine(_model.Destination, PackLayout.TwinsFileName);

    [Fact]
    public void PackedFolder_HasTwins_BesideTheSameExperts()
    {
        using PackedSmallModel plain = new();
        CopyTimes(plain);
        plain.Pack();
        Pack();
        Dictionary<string, string> hashes = _model.Hashes();
        Assert.True(hashes.Remove(PackLayout.TwinsFileName));
        Assert.Equal(plain.Hashes(), hashes);
        IReadOnlyDictionary<string, TensorEntry> twins = TensorFile.ReadHeader(Twins);
        Assert.All(twins.Values, entry => Assert.Equal((0, TensorType.U8), ((int)(entry.Offset % 4096), entry.Type)));
        Assert.Equal(PackedSmallModel.NumExperts, twins.Count);
        _model.Verify();
    }

    [Fact]
    public unsafe void Twin_IsTheExpertQuantisedAndDequantised()
    {
        Pack();
        using WeightFiles files = Open(needsTwins: true);
        using NativeBuffer expert = NewSlot(), twin = NewSlot();
        (int Offset, int Rows, int Columns)[] matrices = [(0, 1031, 1024), ((int)PackedSmallModel.UpBytes, 70, 48)];
        for (int number = 0; number < PackedSmallModel.NumExperts; number++)
        {
            Read(files, number, expert, twin);
            foreach ((int offset, int rows, int columns) in matrices)
            {
                float[] values = new float[columns], actual = new float[columns];
                byte[] blocks = new byte[QuantizedLayout.RowBytes<Q4Block>(columns)], narrow = new byte[2 * columns];
                for (int row = 0; row < rows; row++)
                {
                    long at = offset + (row / 16 * MatrixLayout.PanelBytes(columns, WeightFormat.BF16)) + (row % 16 * 4);
                    PanelRow.Widen(expert.Pointer + at, WeightFormat.BF16, values);
                    _ = BlockQuantizer.Quantize<Q4Block>(values, blocks);
                    BlockQuantizer.Dequantize<Q4Block>(blocks, values);
                    FloatConverter.Narrow(values, WeightFormat.BF16, narrow);
                    FloatConverter.Widen(narrow, WeightFormat.BF16, values);
                    PanelRow.Widen(twin.Pointer + at, WeightFormat.BF16, actual);
                    Assert.Equal(values, actual);
                }
            }

            // vectors are as they were
            int vector = (int)(PackedSmallModel.UpBytes + PackedSmallModel.DownBytes);
            Assert.Equal(new ReadOnlySpan<float>(expert.Pointer + vector, 32), new ReadOnlySpan<float>(twin.Pointer + vector, 32));
            Assert.NotEqual(0, *(float*)(twin.Pointer + vector));
        }
    }

    [Fact]
    public unsafe void Reading_AllocatesNothing()
    {
        Pack();
        using WeightFiles files = Open(needsTwins: true);
        using NativeBuffer expert = NewSlot(), twin = NewSlot();
        Read(files, 0, expert, twin);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int number = 1; number < PackedSmallModel.NumExperts; number++)
        {
            Read(files, number, expert, twin);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void Interrupted_GoesOnToTheSameBytes_WithOrWithoutTwins(bool hadTwins, bool hasTwins)
    {
        using PackedSmallModel whole = new();
        CopyTimes(whole);
        Pack(whole, hasTwins);
        for (int reports = 1; reports < PackedSmallModel.NumDensePieces + PackedSmallModel.NumExperts; reports++)
        {
            using CancellationTokenSource cancellation = new();
            int left = reports;
            Assert.ThrowsAny<OperationCanceledException>(() => Pack(_model, hadTwins, cancellation.Token, () =>
            {
                if (--left == 0)
                {
                    cancellation.Cancel();
                }
            }));
            Assert.True(ModelPacker.IsPartial(_model.Destination));
        }

        Pack(_model, hasTwins);
        Assert.Equal(whole.Hashes(), _model.Hashes());
        Assert.Equal(hasTwins, File.Exists(Twins));
        _model.Verify();
    }

    [Fact]
    public void DamagedPartial_IsMended()
    {
        using CancellationTokenSource cancellation = new();
        int left = PackedSmallModel.NumDensePieces + 3;
        Assert.ThrowsAny<OperationCanceledException>(() => Pack(_model, true, cancellation.Token, () =>
        {
            if (--left == 0)
            {
                cancellation.Cancel();
            }
        }));
        string partial = Path.Combine(_model.Destination, ModelPacker.PartialName);
        using (FileStream twins = new(Path.Combine(partial, PackLayout.TwinsFileName), FileMode.Open))
        {
            twins.Position = 4096 + 1234;
            twins.Write([1, 2, 3]);
        }

        Pack();
        _model.Verify();
    }

    [Fact]
    public void FlippedBit_IsFoundByVerify_AndByWhoeverReadsThePiece()
    {
        Pack();
        byte[] good = File.ReadAllBytes(Twins);
        int blob = (int)DirectFile.RoundUp(new TwinLayout(_model.Declarations).SizeInBytes);
        Random random = new(4);
        for (int expert = 0; expert < PackedSmallModel.NumExperts; expert++)
        {
            byte[] file = (byte[])good.Clone();
            file[good.Length - (blob * (PackedSmallModel.NumExperts - expert)) + 64 + random.Next(blob / 2)] ^= 16;
            File.WriteAllBytes(Twins, file);
            Assert.StartsWith(
                $"{Twins}: the twin of expert {expert} of layer 1 has checksum", Assert.Throws<CheckpointException>(_model.Verify).Message);
            using WeightFiles files = Open(needsTwins: true);
            using NativeBuffer slot = NewSlot();
            Assert.StartsWith(
                $"{Twins}: piece 0 of the twin of expert {expert} of layer 1 has checksum",
                Assert.Throws<CheckpointException>(() => ReadTwin(files, expert, slot)).Message);
        }
    }

    [Theory]
    [InlineData("\"twins\":\"q4\"", "\"twins\":\"q3\"", "twins of its metadata is \"q3\"; expected q4 in twins.safetensors")]
    [InlineData("\"twins\":", "\"twine\":", "has no twins in its metadata; expected q4 in twins.safetensors")]
    [InlineData("\"expert_bytes\":\"6", "\"expert_bytes\":\"7", "expert_bytes of its metadata is \"7")]
    [InlineData("layers.1.experts.3", "layers.1.experts.7", "tensor layers.1.experts.3 is missing")]
    public void WrongHeader_IsRefused(string good, string bad, string fault)
    {
        Pack();
        byte[] file = File.ReadAllBytes(Twins);
        string text = Encoding.Latin1.GetString(file);
        Assert.Contains(good, text);
        File.WriteAllBytes(Twins, Encoding.Latin1.GetBytes(text.Replace(good, bad)));
        string message = Assert.ThrowsAny<CheckpointException>(() => Open(needsTwins: true)).Message;
        Assert.StartsWith(Twins + ": ", message);
        Assert.Contains(fault, message);
        Open(needsTwins: false).Dispose();
    }

    [Fact]
    public void ExpertsAndTwins_AreNotMistakenForEachOther()
    {
        Pack();
        byte[] twins = File.ReadAllBytes(Twins), experts = File.ReadAllBytes(_model.PackFile);
        File.WriteAllBytes(Twins, experts);
        Assert.Contains("in twins.safetensors, as the", Assert.Throws<CheckpointException>(() => Open(needsTwins: true)).Message);
        File.WriteAllBytes(_model.PackFile, twins);
        Assert.Contains("in experts.safetensors, as the", Assert.Throws<CheckpointException>(() => Open(needsTwins: false)).Message);
        File.WriteAllBytes(_model.PackFile, experts);
        File.Delete(Twins);
        string message = Assert.Throws<CheckpointException>(() => Open(needsTwins: true)).Message;
        Assert.StartsWith(_model.Destination + ": has no twins.safetensors", message);
        Assert.EndsWith("run `moegen pack MODEL -o DIR --twins q4`", message);
    }

    [Theory]
    [InlineData(WeightFormat.Q8)]
    [InlineData(WeightFormat.Q4)]
    public void TwinsBesideQuantisedExperts_AreRefused(WeightFormat format)
    {
        // those of the same model, packed in bfloat16
        Pack();
        using PackedSmallModel quantised = new(format);
        quantised.Pack();
        string twins = Path.Combine(quantised.Destination, PackLayout.TwinsFileName), name = format.ToString().ToLowerInvariant();
        File.Copy(Twins, twins);
        string message = Assert.Throws<CheckpointException>(
            () => WeightFiles.Open(quantised.Destination, quantised.Info, quantised.Declarations, needsTwins: true)).Message;
        Assert.StartsWith($"{quantised.Destination}: has experts in {name}, which no twins stand in for", message);
        message = Assert.Throws<CheckpointException>(quantised.Verify).Message;
        Assert.StartsWith($"{twins}: is a pack of another model: fingerprint 0000000000000000 in bf16; expected", message);
        WeightFiles.Open(quantised.Destination, quantised.Info, quantised.Declarations).Dispose();
    }

    [Fact]
    public void ValueThatQ4CannotHold_IsRefused_AndNothingIsLeft()
    {
        // 1.7e38: bfloat16 0x7F00
        _model.Checkpoint.Damage("model.layers.1.experts.3.up", 20, 0x00);
        _model.Checkpoint.Damage("model.layers.1.experts.3.up", 21, 0x7F);
        _model.Save();
        string message = Assert.Throws<CheckpointException>(() => Pack()).Message;
        Assert.StartsWith($"{_model.Source}: expert 3 of layer 1 holds 1.7", message);
        Assert.EndsWith("pack without --twins", message);
        Assert.False(Directory.Exists(_model.Destination));
        _model.Pack();
    }

    public void Dispose() => _model.Dispose();

    private static unsafe void Read(WeightFiles files, int expert, NativeBuffer slot, NativeBuffer twin)
    {
        for (int piece = 0; piece < files.Experts.NumPieces; piece++)
        {
            files.Experts.Read(Layer, expert, piece, slot.Pointer);
        }

        ReadTwin(files, expert, twin);
    }

    private static unsafe void ReadTwin(WeightFiles files, int expert, NativeBuffer twin)
    {
        IExpertTwins twins = files.Experts.Twins!;
        for (int piece = 0; piece < twins.NumPieces; piece++)
        {
            twins.Read(Layer, expert, piece, twin.Pointer);
        }
    }

    private static NativeBuffer NewSlot() => new(DirectFile.RoundUp(PackedSmallModel.ExpertBytes), PackLayout.Alignment);

    private static void Pack(
        PackedSmallModel model, bool makesTwins, CancellationToken cancellationToken = default, Action? onProgress = null) =>
        model.Pack(new CallOnProgress(onProgress ?? (() => { })), cancellationToken, threads: 1, makesTwins);

    private WeightFiles Open(bool needsTwins) =>
        WeightFiles.Open(_model.Destination, _model.Info, _model.Declarations, needsTwins);

    private void Pack() => Pack(_model, makesTwins: true);

    private void CopyTimes(PackedSmallModel from) =>
        File.SetLastWriteTimeUtc(_model.Checkpoint.FilePath, File.GetLastWriteTimeUtc(from.Checkpoint.FilePath));

    private sealed class CallOnProgress(Action call) : IProgress<LoadProgress>
    {
        public void Report(LoadProgress value) => call();
    }
}
