namespace MoeGen.Engine.Sampling;

/// <summary>
/// Chooses the next token from logits. One per text: it remembers which tokens the text has. Choosing allocates nothing.
/// </summary>
internal sealed class Sampler
{
    // beyond this many candidates a sort of everything is quicker than insertion
    private const int MaxInsertions = 256;

    private readonly SamplingOptions _options;
    private readonly Random _random;
    private readonly float[] _scores; // [vocabulary] logits after penalties, then unnormalised probabilities of the candidates
    private readonly int[] _candidates; // [vocabulary] ids that are still in the draw, most probable first
    private readonly float[] _sortKeys; // [vocabulary] scores with the sign that sorts them
    private readonly bool[] _isInText; // [vocabulary]
    private readonly int[] _generatedCounts; // [vocabulary]

    public Sampler(SamplingOptions options, int vocabSize, ReadOnlySpan<int> prompt)
    {
        options.Validate();
        _options = options;
        _random = options.Seed is { } seed ? new Random(seed) : new Random();
        _scores = new float[vocabSize];
        _candidates = new int[vocabSize];
        _sortKeys = new float[vocabSize];
        _isInText = new bool[vocabSize];
        _generatedCounts = new int[vocabSize];
        foreach (int token in prompt)
        {
            _isInText[token] = true;
        }
    }

    /// <summary>Chooses a token and remembers it.</summary>
    /// <param name="logits">Finite scores, [vocabulary].</param>
    public int Next(ReadOnlySpan<float> logits)
    {
        logits.CopyTo(_scores);
        Penalize();
        int token = _options.Temperature == 0 ? IndexOfLargest(_scores) : Draw();
        _isInText[token] = true;
        _generatedCounts[token]++;
        return token;
    }

    /// <summary>The largest value's index; of equal ones the first.</summary>
    internal static int IndexOfLargest(ReadOnlySpan<float> values)
    {
        int largest = 0;
        for (int i = 1; i < values.Length; i++)
        {
            if (values[i] > values[largest])
            {
                largest = i;
            }
        }

        return largest;
    }

    private void Penalize()
    {
        if (_options.RepetitionPenalty == 1 && _options.PresencePenalty == 0 && _options.FrequencyPenalty == 0)
        {
            return;
        }

        for (int token = 0; token < _scores.Length; token++)
        {
            if (_isInText[token])
            {
                float score = _scores[token];
                _scores[token] = score > 0 ? score / _options.RepetitionPenalty : score * _options.RepetitionPenalty;
            }

            if (_generatedCounts[token] > 0)
            {
                _scores[token] -= _options.PresencePenalty + (_generatedCounts[token] * _options.FrequencyPenalty);
            }
        }
    }

    private int Draw()
    {
        float maximum = _scores[IndexOfLargest(_scores)];
        int count = SelectCandidates(maximum);

        // probabilities relative to the largest one: no sum over the vocabulary is needed for min-p, and none overflows
        float total = 0;
        for (int i = 0; i < count; i++)
        {
            float weight = Weight(_scores[_candidates[i]], maximum);
            _scores[_candidates[i]] = weight;
            total += weight;
        }

        count = KeepTopP(count, ref total);
        float draw = _random.NextSingle() * total;
        for (int i = 0; i < count - 1; i++)
        {
            draw -= _scores[_candidates[i]];
            if (draw < 0)
            {
                return _candidates[i];
            }
        }

        return _candidates[count - 1];
    }

    private float Weight(float score, float maximum) => MathF.Exp((score - maximum) / _options.Temperature);

    // top-k and min-p; candidates end up sorted, most probable first, equal ones by id
    private int SelectCandidates(float maximum)
    {
        int limit = _options.TopK == 0 ? _scores.Length : Math.Min(_options.TopK, _scores.Length);
        float floor = _options.MinP == 0 ? float.NegativeInfinity : maximum + (_options.Temperature * MathF.Log(_options.MinP));
        return limit <= MaxInsertions ? InsertLargest(limit, floor) : SortAll(limit, floor);
    }

    private int InsertLargest(int limit, float floor)
    {
        int count = 0;
        for (int token = 0; token < _scores.Length; token++)
        {
            float score = _scores[token];
            if (score < floor || (count == limit && score <= _scores[_candidates[count - 1]]))
            {
                continue;
            }

            int place = count < limit ? count++ : count - 1;
            for (; place > 0 && _scores[_candidates[place - 1]] < score; place--)
            {
                _candidates[place] = _candidates[place - 1];
            }

            _candidates[place] = token;
        }

        return count;
    }

    private int SortAll(int limit, float floor)
    {
        int count = 0;
        for (int token = 0; token < _scores.Length; token++)
        {
            if (_scores[token] >= floor)
            {
                _candidates[count++] = token;
            }
        }

        for (int i = 0; i < count; i++)
        {
            _sortKeys[i] = -_scores[_candidates[i]];
        }

        _sortKeys.AsSpan(0, count).Sort(_candidates.AsSpan(0, count));
        return Math.Min(limit, count);
    }

    private int KeepTopP(int count, ref float total)
    {
        if (_options.TopP == 1)
        {
            return count;
        }

        float wanted = _options.TopP * total;
        float sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += _scores[_candidates[i]];
            if (sum >= wanted)
            {
                total = sum;
                return i + 1;
            }
        }

        return count;
    }
}
