using MoeGen.Packs;
using MoeGen.Testing;
using MoeGen.Tests.Weights;
using MoeGen.Weights;

namespace MoeGen.Tests.Packs;

/// <summary>Writing packs: whole or not at all, whatever comes between.</summary>
public sealed class ModelPackerTests : IDisposable
{
    private readonly PackedSmallModel _model = new();

    [Fact]
    public void PackedFolder_HasWhatTheModelNeeds_AndNothingElse()
    {
        _model.Pack();
        Assert.Equal(
            ["chat_template.jinja", "config.json", "dense.safetensors", "experts.safetensors", "tokenizer.json"],
            _model.Hashes().Keys.Order(StringComparer.Ordinal));
        _model.Verify();
    }

    [Fact]
    public void Blobs_LieAtPages_InOrder()
    {
        _model.Pack();
        TensorEntry[] blobs = [.. TensorFile.ReadHeader(_model.PackFile).Values.OrderBy(entry => entry.Offset)];
        Assert.Equal(Enumerable.Range(0, PackedSmallModel.NumExperts).Select(e => $"layers.1.experts.{e}"), blobs.Select(b => b.Name));
        Assert.All(blobs, blob => Assert.Equal(0, blob.Offset % 4096));
        Assert.All(blobs, blob => Assert.Equal(DirectFile.RoundUp(PackedSmallModel.ExpertBytes), blob.Length));
    }

    [Fact]
    public void InterruptedAnywhere_GoesOnToTheSameBytes()
    {
        using PackedSmallModel whole = new();
        CopyTimes(whole, _model);
        whole.Pack();
        for (int reports = 1; reports < PackedSmallModel.NumDensePieces + PackedSmallModel.NumExperts; reports++)
        {
            using CancellationTokenSource cancellation = new();
            Assert.ThrowsAny<OperationCanceledException>(() => _model.Pack(new CancelAt(reports, cancellation), cancellation.Token, 1));
            Assert.False(PackLayout.IsPacked(_model.Destination));
            Assert.True(ModelPacker.IsPartial(_model.Destination));
        }

        _model.Pack();
        Assert.Equal(whole.Hashes(), _model.Hashes());
    }

    [Fact]
    public void WhatIsFinished_IsNotConvertedAgain()
    {
        Interrupt(PackedSmallModel.NumDensePieces + 3);
        string partial = Path.Combine(_model.Destination, ModelPacker.PartialName);
        string[] files = [Path.Combine(partial, PackLayout.FileName), Path.Combine(partial, PackLayout.DenseFileName)];
        DateTime[] before = [.. files.Select(File.GetLastWriteTimeUtc)];
        Interrupt(PackedSmallModel.NumDensePieces + 3);
        Assert.Equal(before, files.Select(File.GetLastWriteTimeUtc));
    }

    [Fact]
    public void DamagedPartial_IsMended()
    {
        Interrupt(PackedSmallModel.NumDensePieces + 3);
        string partial = Path.Combine(_model.Destination, ModelPacker.PartialName);
        foreach (string name in new[] { PackLayout.FileName, PackLayout.DenseFileName })
        {
            using FileStream file = new(Path.Combine(partial, name), FileMode.Open);
            file.Position = 4096 + 1234;
            file.Write([1, 2, 3]);
        }

        // as a crash may leave the last line
        string journal = Path.Combine(partial, PackLayout.JournalOf(PackLayout.FileName));
        File.WriteAllText(journal, File.ReadAllText(journal)[..^9]);
        _model.Pack();
        _model.Verify();
    }

    [Fact]
    public void PartialOfAnotherCheckpoint_StartsOver()
    {
        Interrupt(3);
        _model.Checkpoint.Damage("norm", 0, 77);
        _model.Save();
        _model.Pack();
        _model.Verify();
        using PackedSmallModel fresh = new();
        fresh.Checkpoint.Damage("norm", 0, 77);
        fresh.Save();
        fresh.Pack();
        Assert.Equal(fresh.Hashes(), _model.Hashes());
    }

    [Theory]
    [InlineData("model.layers.1.experts.3.up")]
    [InlineData("norm")]
    [InlineData("embed")]
    public void NonFiniteValue_IsRefused_AndNothingIsLeft(string tensor)
    {
        foreach (int index in Enumerable.Range(0, 4))
        {
            _model.Checkpoint.Damage(tensor, index, 0xFF);
        }

        _model.Save();
        Assert.Contains(tensor, Assert.Throws<NonFiniteValueException>(() => _model.Pack()).Message);
        Assert.False(Directory.Exists(_model.Destination));
    }

    [Fact]
    public void MissingTensor_IsRefused_BeforeAnythingIsWritten()
    {
        _model.Checkpoint.Remove("model.layers.1.down");
        _model.Save();
        Assert.Throws<WeightNotFoundException>(() => _model.Pack());
        Assert.False(Directory.Exists(_model.Destination));
    }

    [Fact]
    public void RunBesideAnother_LeavesItAlone()
    {
        Interrupt(2);
        string partial = Path.Combine(_model.Destination, ModelPacker.PartialName);
        using (FileStream held = new(Path.Combine(partial, PackLayout.FileName), FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            Assert.ThrowsAny<IOException>(() => _model.Pack());
        }

        Assert.True(ModelPacker.IsPartial(_model.Destination));
        _model.Pack();
        _model.Verify();
    }

    [Fact]
    public void PackedModel_LoadsTheSameWeights()
    {
        _model.Pack();
        using WeightStore expected = Load(_model.Source), actual = Load(_model.Destination);
        for (int expert = 0; expert < PackedSmallModel.NumExperts; expert++)
        {
            Assert.True(Blob(expected, expert).SequenceEqual(Blob(actual, expert)), $"expert {expert}");
        }

        WeightStore Load(string folder) =>
            WeightStore.Load(folder, _model.Info, _model.Declarations, new MoeOptions(), CancellationToken.None);
    }

    public void Dispose() => _model.Dispose();

    private static unsafe ReadOnlySpan<byte> Blob(WeightStore store, int expert) =>
        new(store.Slot(SmallCheckpoint.SparseLayer, expert).Vector(0, 1).Data, (int)PackedSmallModel.ExpertBytes);

    // both are made from the same values, but a second apart
    private static void CopyTimes(PackedSmallModel from, PackedSmallModel to) =>
        File.SetLastWriteTimeUtc(to.Checkpoint.FilePath, File.GetLastWriteTimeUtc(from.Checkpoint.FilePath));

    private void Interrupt(int reports)
    {
        using CancellationTokenSource cancellation = new();
        Assert.ThrowsAny<OperationCanceledException>(() => _model.Pack(new CancelAt(reports, cancellation), cancellation.Token, 1));
    }

    private sealed class CancelAt(int reports, CancellationTokenSource cancellation) : IProgress<LoadProgress>
    {
        private int _reports;

        public void Report(LoadProgress value)
        {
            if (Interlocked.Increment(ref _reports) == reports)
            {
                cancellation.Cancel();
            }
        }
    }
}
