namespace MoeGen.Tokenizers;

/// <summary>Cuts at the matches of a pattern.</summary>
/// <param name="pattern">What to cut at.</param>
/// <param name="behavior">What becomes of the matches.</param>
/// <param name="isInverted">The text between the matches plays the part of the matches, and they that of the text.</param>
internal sealed class SplitPreTokenizer(TextPattern pattern, SplitBehavior behavior, bool isInverted) : PreTokenizer
{
    public override void Apply(PieceList pieces)
    {
        for (int i = 0; i < pieces.Count; i++)
        {
            int length = pieces[i].Length;
            List<TextRange> matches = pieces.Matches;
            matches.Clear();
            pattern.FindMatches(pieces[i], matches);

            Joiner joiner = new(pieces, i, behavior);
            int end = 0;
            foreach (TextRange match in matches)
            {
                if (match.Start > end)
                {
                    joiner.Add(new TextRange(end, match.Start - end), isInverted);
                }

                joiner.Add(match, !isInverted);
                end = match.End;
            }

            if (end < length)
            {
                joiner.Add(new TextRange(end, length - end), isInverted);
            }

            joiner.Flush();
        }

        pieces.CommitCuts();
    }

    // takes matches and gaps from left to right and joins neighbours as the behavior says
    private struct Joiner(PieceList pieces, int index, SplitBehavior behavior)
    {
        private TextRange _open; // what is joined so far; empty at the start
        private bool _isMatch; // whether the part added last is a match

        public void Add(TextRange part, bool isMatch)
        {
            bool joins = behavior switch
            {
                SplitBehavior.MergedWithPrevious => isMatch && !_isMatch,
                SplitBehavior.MergedWithNext => !isMatch && _isMatch,
                SplitBehavior.Contiguous => isMatch == _isMatch,
                _ => false,
            };
            if (joins)
            {
                _open = new TextRange(_open.Start, _open.Length + part.Length);
            }
            else
            {
                Flush();
                _open = part;
            }

            _isMatch = isMatch;
        }

        public readonly void Flush()
        {
            if (!(behavior == SplitBehavior.Removed && _isMatch))
            {
                pieces.Cut(index, _open);
            }
        }
    }
}
