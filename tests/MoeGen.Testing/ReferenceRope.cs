using MoeGen.Generator.Spec;

namespace MoeGen.Testing;

/// <summary>Frequencies of rotary positions, one pair at a time, by the definitions of the papers.</summary>
internal static class ReferenceRope
{
    /// <summary>Radians per position of a pair, and the factor on cosine and sine.</summary>
    /// <param name="rope">The positions.</param>
    /// <param name="pair">0-based pair.</param>
    /// <param name="length">Tokens of the whole text.</param>
    public static (double Frequency, double Scale) Frequency(RopeSpec rope, int pair, int length)
    {
        int dim = rope.Dim;
        double frequency = 1 / Math.Pow(rope.Theta, 2.0 * pair / dim);
        switch (rope)
        {
            case LinearRopeSpec linear:
                return (frequency / linear.Factor, 1);
            case DynamicRopeSpec dynamic when length > dynamic.OriginalMaxPositions:
                double stretch = (dynamic.Factor * length / dynamic.OriginalMaxPositions) - (dynamic.Factor - 1);
                return (1 / Math.Pow(rope.Theta * Math.Pow(stretch, dim / (dim - 2.0)), 2.0 * pair / dim), 1);
            case LongRopeSpec longRope:
                return length > longRope.OriginalMaxPositions
                    ? (frequency / longRope.LongFactors[pair], longRope.LongScale)
                    : (frequency / longRope.ShortFactors[pair], longRope.ShortScale);
            case Llama3RopeSpec llama:
                double wave = 2 * Math.PI / frequency;
                double longWave = llama.OriginalMaxPositions / llama.LowFrequencyFactor;
                double shortWave = llama.OriginalMaxPositions / llama.HighFrequencyFactor;
                if (wave > longWave)
                {
                    return (frequency / llama.Factor, 1);
                }

                double blend = wave < shortWave
                    ? 1
                    : ((llama.OriginalMaxPositions / wave) - llama.LowFrequencyFactor) / (
                        llama.HighFrequencyFactor - llama.LowFrequencyFactor);
                return (((1 - blend) * frequency / llama.Factor) + (blend * frequency), 1);
            case YarnRopeSpec yarn:
                double low = TurnsToPair(yarn, yarn.BetaFast, dim), high = TurnsToPair(yarn, yarn.BetaSlow, dim);
                low = Math.Max(0, yarn.Truncate ? Math.Floor(low) : low);
                high = Math.Min(dim - 1, yarn.Truncate ? Math.Ceiling(high) : high);
                double ramp = pair <= low ? 0 : pair >= high ? 1 : (pair - low) / (high - low);
                return ((frequency * (1 - ramp)) + (frequency / yarn.Factor * ramp), yarn.AttentionFactor);
            default:
                return (frequency, 1);
        }
    }

    // solves original / (2 pi theta^(2 pair / dim)) = turns for the pair
    private static double TurnsToPair(YarnRopeSpec yarn, double turns, int dim) =>
        dim / 2.0 * Math.Log(yarn.OriginalMaxPositions / (2 * Math.PI * turns)) / Math.Log(yarn.Theta);
}
