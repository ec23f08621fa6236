using System.Text;
using MoeGen.Tokenizers;

namespace MoeGen.Engine;

/// <summary>
/// Turns tokens into text as it becomes certain: never half a character, and nothing that may turn out to be the beginning of a stop
/// string. Appending allocates nothing once its buffer has grown to the longest piece.
/// </summary>
internal sealed class TextStream
{
    private readonly Tokenizer _tokenizer;
    private readonly StreamingDetokenizer _detokenizer;
    private readonly byte[][] _stops; // UTF-8
    private byte[] _text = new byte[256]; // released text of the last call, then text held back
    private int _length;
    private int _released;

    public TextStream(Tokenizer tokenizer, IReadOnlyList<string> stopStrings)
    {
        _tokenizer = tokenizer;
        _detokenizer = new StreamingDetokenizer(tokenizer, skipSpecialTokens: true);
        _stops = [.. stopStrings.Select(Encoding.UTF8.GetBytes)];
    }

    /// <summary>UTF-8 text that the last call made certain.</summary>
    public ReadOnlySpan<byte> Released => _text.AsSpan(0, _released);

    /// <summary>Whether a stop string has appeared; the text ends before it.</summary>
    public bool IsStopped { get; private set; }

    /// <summary>Adds a token. One that only fills up the model's vocabulary, which the tokenizer does not have, adds no text.</summary>
    public void Append(int token)
    {
        DropReleased();
        if (_tokenizer.Contains(token))
        {
            Add(_detokenizer.Append(token));
            Release(isEnd: false);
        }
    }

    /// <summary>The text is over: what was held back is certain now.</summary>
    public void Finish()
    {
        DropReleased();
        if (!IsStopped)
        {
            Add(_detokenizer.Flush());
            Release(isEnd: true);
        }
    }

    private void DropReleased()
    {
        _text.AsSpan(_released, _length - _released).CopyTo(_text);
        _length -= _released;
        _released = 0;
    }

    private void Add(ReadOnlySpan<byte> text)
    {
        if (_text.Length < _length + text.Length)
        {
            Array.Resize(ref _text, Math.Max(_text.Length * 2, _length + text.Length));
        }

        text.CopyTo(_text.AsSpan(_length));
        _length += text.Length;
    }

    private void Release(bool isEnd)
    {
        ReadOnlySpan<byte> text = _text.AsSpan(0, _length);
        int stop = IndexOfStop(text);
        if (stop >= 0)
        {
            IsStopped = true;
            _length = _released = stop;
            return;
        }

        _released = isEnd ? _length : _length - LengthOfPossibleStop(text);
    }

    private int IndexOfStop(ReadOnlySpan<byte> text)
    {
        int first = -1;
        foreach (byte[] stop in _stops)
        {
            int index = text.IndexOf(stop);
            first = index >= 0 && (first < 0 || index < first) ? index : first;
        }

        return first;
    }

    // the longest end of the text with which some stop string begins
    private int LengthOfPossibleStop(ReadOnlySpan<byte> text)
    {
        int longest = 0;
        foreach (byte[] stop in _stops)
        {
            for (int length = Math.Min(stop.Length - 1, text.Length); length > longest; length--)
            {
                if (text.EndsWith(stop.AsSpan(0, length)))
                {
                    longest = length;
                }
            }
        }

        return longest;
    }
}
