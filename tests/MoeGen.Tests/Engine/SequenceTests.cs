using MoeGen.Engine;
using MoeGen.Evaluation;

namespace MoeGen.Tests.Engine;

/// <summary>Which tokens run, and when, over a model that computes nothing.</summary>
public class SequenceTests
{
    private const int Switch = 8;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Chunks_KnowTheLengthOfTheWholeText()
    {
        using IdleModel model = IdleModel.Create(null);
        using Sequence sequence = model.CreateSequence();
        sequence.Append([1, 2, 3, 4, 5, 6], new float[model.Info.VocabSize], Token);
        sequence.Append([7], new float[model.Info.VocabSize], Token);
        Assert.Equal(["0-4 of 6: 1 2 3 4", "4-6 of 6: 5 6", "6-7 of 7: 7"], model.Runs);
    }

    [Fact]
    public void GrowingOverTheRopeSwitch_ComputesEverythingAgain()
    {
        using IdleModel model = IdleModel.Create(Switch);
        using Sequence sequence = model.CreateSequence();
        float[] logits = new float[model.Info.VocabSize];
        sequence.Append([1, 2, 3, 4, 5, 6, 7], logits, Token);
        sequence.Append([8], logits, Token);
        model.Runs.Clear();

        // 8 tokens still have the short factors; the ninth changes those of all
        sequence.Append([9], logits, Token);
        Assert.Equal(["0-4 of 9: 1 2 3 4", "4-8 of 9: 5 6 7 8", "8-9 of 9: 9"], model.Runs);
        Assert.Equal(9, sequence.Length);
        model.Runs.Clear();
        sequence.Append([10], logits, Token);
        Assert.Equal(["9-10 of 10: 10"], model.Runs);
    }

    [Fact]
    public void PromptLongerThanTheSwitch_RunsOnce()
    {
        using IdleModel model = IdleModel.Create(Switch);
        using Sequence sequence = model.CreateSequence();
        sequence.Append([1, 2, 3, 4, 5, 6, 7, 8, 9], new float[model.Info.VocabSize], Token);
        Assert.Equal(["0-4 of 9: 1 2 3 4", "4-8 of 9: 5 6 7 8", "8-9 of 9: 9"], model.Runs);
    }

    [Fact]
    public void TruncatingBelowTheSwitch_ComputesEverythingAgain()
    {
        using IdleModel model = IdleModel.Create(Switch);
        using Sequence sequence = model.CreateSequence();
        sequence.Append([1, 2, 3, 4, 5, 6, 7, 8, 9], new float[model.Info.VocabSize], Token);
        model.Runs.Clear();
        sequence.Truncate(2);
        sequence.Append([11], new float[model.Info.VocabSize], Token);
        Assert.Equal(["0-3 of 3: 1 2 11"], model.Runs);
        Assert.Equal(3, sequence.Length);
    }

    [Fact]
    public void InterruptedRecomputation_IsMadeUpFor()
    {
        using IdleModel model = IdleModel.Create(Switch);
        using Sequence sequence = model.CreateSequence();
        sequence.Append([1, 2, 3, 4, 5, 6, 7, 8], new float[model.Info.VocabSize], Token);
        using CancellationTokenSource cancellation = new();
        model.Runs.Clear();
        model.AfterRun = cancellation.Cancel;
        Assert.ThrowsAny<OperationCanceledException>(() => sequence.Append([9], new float[model.Info.VocabSize], cancellation.Token));
        Assert.Equal(8, sequence.Length);
        model.AfterRun = null;
        sequence.Append([9], new float[model.Info.VocabSize], Token);
        Assert.Equal(["0-4 of 9: 1 2 3 4", "4-8 of 9: 5 6 7 8", "8-9 of 9: 9"], model.Runs);
    }

    [Fact]
    public void PassOfTheCaller_KnowsWhatIsToFollow()
    {
        using IdleModel model = IdleModel.Create(Switch);
        using Sequence sequence = model.CreateSequence();
        using ForwardPass pass = model.CreatePass(4, 4);
        model.Run(pass, sequence, [1, 2, 3, 4], 4, Token, length: 9);
        model.Run(pass, sequence, [5, 6, 7, 8], 4, Token, length: 9);
        model.Run(pass, sequence, [9], 1, Token);
        Assert.Equal(["0-4 of 9: 1 2 3 4", "4-8 of 9: 5 6 7 8", "8-9 of 9: 9"], model.Runs);
    }

    [Fact]
    public void WalkInChunks_BeginsAChunkAtTheRopeSwitch()
    {
        using IdleModel model = IdleModel.Create(Switch);
        using TextWalk walk = new(model, promptLength: 2, chunk: 4);
        walk.Start([.. Enumerable.Range(1, 12)]);
        while (walk.MoveNext(Token))
        {
        }

        // as steps do: what is foreseen up to the switch has the short factors, all behind it the long ones
        string[] expected =
        [
            "0-2 of 2: 1 2", "2-6 of 6: 3 4 5 6", "6-8 of 8: 7 8", "0-4 of 11: 1 2 3 4", "4-8 of 11: 5 6 7 8", "8-11 of 11: 9 10 11",
        ];
        Assert.Equal(expected, model.Runs);
    }
}
