namespace MoeGen.Tokenizers;

/// <summary>What the models need while they encode; one per call, reused from piece to piece.</summary>
internal sealed class ModelScratch
{
    private char[] _joined = new char[64];

    public BytePairWord Word { get; } = new();

    public UnigramPath Path { get; } = new();

    public List<int> Ids { get; } = [];

    public List<int> Ends { get; } = [];

    /// <summary>Returns three texts as one, valid until the next call.</summary>
    public ReadOnlySpan<char> Join(ReadOnlySpan<char> first, ReadOnlySpan<char> second, ReadOnlySpan<char> third)
    {
        int length = first.Length + second.Length + third.Length;
        if (_joined.Length < length)
        {
            _joined = new char[2 * length];
        }

        first.CopyTo(_joined);
        second.CopyTo(_joined.AsSpan(first.Length));
        third.CopyTo(_joined.AsSpan(first.Length + second.Length));
        return _joined.AsSpan(0, length);
    }
}
