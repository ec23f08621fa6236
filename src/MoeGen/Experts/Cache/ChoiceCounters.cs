using MoeGen.Engine;

namespace MoeGen.Experts.Cache;

/// <summary>What a selection has changed of what routers chose. One thread writes.</summary>
internal sealed class ChoiceCounters
{
    /// <summary>Choices of routers.</summary>
    public long RouterChoices { get; private set; }

    /// <summary>Of these, choices that did not run.</summary>
    public long SkippedChoices { get; private set; }

    /// <summary>Weight of the choices that did not run, each token's choices together weighing 1.</summary>
    public double SkippedWeight { get; private set; }

    /// <summary>Choices that ran as twins.</summary>
    public long TwinChoices { get; private set; }

    /// <summary>Weight of these, each token's choices together weighing 1.</summary>
    public double TwinWeight { get; private set; }

    /// <summary>Tokens and layers that routers chose for.</summary>
    public long Routings { get; private set; }

    /// <summary>Decode steps, repeats not counted.</summary>
    public long DecodeSteps { get; private set; }

    /// <summary>Steps that were run again.</summary>
    public long Repeats { get; private set; }

    /// <summary>Counts the choices of a layer.</summary>
    public void Count(Routing routing, int numTokens)
    {
        for (int token = 0; token < numTokens; token++)
        {
            ReadOnlySpan<int> wanted = routing.RouterIds(token), run = routing.TopKIds(token);
            ReadOnlySpan<float> weights = routing.RouterWeights(token);
            float all = 0, skipped = 0;
            for (int k = 0; k < wanted.Length; k++)
            {
                all += weights[k];
                if (!run.Contains(wanted[k]))
                {
                    SkippedChoices++;
                    skipped += weights[k];
                }
            }

            RouterChoices += wanted.Length;
            SkippedWeight += all > 0 ? skipped / all : 0;
            Routings++;
        }
    }

    /// <summary>Counts the choices of an expert that runs as its twin.</summary>
    public void CountTwin(Routing routing, int expert)
    {
        Share entries = routing.EntriesOf(expert);
        for (int entry = entries.Start; entry < entries.End; entry++)
        {
            float all = 0;
            foreach (float weight in routing.RouterWeights(routing.TokenOf(entry)))
            {
                all += weight;
            }

            TwinChoices++;
            TwinWeight += all > 0 ? routing.WeightOf(expert, entry) / all : 0;
        }
    }

    /// <summary>Counts a sequence's part of a pass that has ended.</summary>
    public void CountStep(bool isDecode, bool isRepeated)
    {
        DecodeSteps += isDecode ? 1 : 0;
        Repeats += isRepeated ? 1 : 0;
    }
}
