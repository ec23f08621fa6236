using MoeGen.Engine;

namespace MoeGen.Experts.Selection;

/// <summary>The rows of a pass that a selection has a say in: decode steps, and prompts where they are wanted, too.</summary>
/// <param name="includesPrompts">Whether prompts are among them.</param>
internal sealed class ActiveRows(bool includesPrompts)
{
    private bool[] _isActive = new bool[1]; // [tokens of the longest pass]

    /// <summary>How many rows of the pass they are.</summary>
    public int Count { get; private set; }

    /// <summary>Whether a row is one of them.</summary>
    /// <param name="row">0-based row of the pass.</param>
    public bool Contains(int row) => _isActive[row];

    /// <summary>A pass begins.</summary>
    /// <param name="pass">The pass.</param>
    public void Start(in SelectionPass pass)
    {
        if (_isActive.Length < pass.NumTokens)
        {
            _isActive = new bool[pass.NumTokens];
        }

        Count = 0;
        foreach (Segment segment in pass.Segments)
        {
            bool isActive = segment.IsDecode || includesPrompts;
            _isActive.AsSpan(segment.FirstRow, segment.NumTokens).Fill(isActive);
            Count += isActive ? segment.NumTokens : 0;
        }
    }
}
