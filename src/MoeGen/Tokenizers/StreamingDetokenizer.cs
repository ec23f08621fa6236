using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace MoeGen.Tokenizers;

/// <summary>
/// Decodes the tokens of one sequence as they come, and gives out whole characters only: the pieces, put together, are what
/// <see cref="Tokenizer.Decode"/> makes of all tokens.
/// </summary>
/// <remarks>Not thread-safe. Allocates on construction only.</remarks>
public sealed class StreamingDetokenizer
{
    private const int MaxPendingBytes = 3; // a character has at most four
    private static readonly byte[] s_replacement = [0xEF, 0xBF, 0xBD]; // U+FFFD

    private readonly Tokenizer _tokenizer;
    private readonly bool _skipsSpecialTokens;
    private readonly byte[] _input; // the pending bytes, then those of the token
    private readonly byte[] _output;
    private int _numPending;

    /// <summary>Starts a sequence.</summary>
    /// <param name="tokenizer">Knows the bytes of the tokens.</param>
    /// <param name="skipSpecialTokens">Leaves special tokens out.</param>
    public StreamingDetokenizer(Tokenizer tokenizer, bool skipSpecialTokens = false)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        _tokenizer = tokenizer;
        _skipsSpecialTokens = skipSpecialTokens;
        _input = new byte[MaxPendingBytes + tokenizer.Tokens.MaxTokenBytes];

        // at worst every byte becomes a replacement character
        _output = new byte[s_replacement.Length * _input.Length];
    }

    /// <summary>Takes the next token of the sequence.</summary>
    /// <param name="token">Its id.</param>
    /// <returns>What it made certain: valid UTF-8, often empty; a view that the next call may overwrite.</returns>
    /// <exception cref="UnknownTokenException">No token has this id; the sequence can go on with another one.</exception>
    /// <remarks>
    /// The bytes of a character that is not complete wait for the next token. Bytes that cannot become valid are replaced by U+FFFD,
    /// one for each longest start of a character that they hold (The Unicode Standard, section 3.9, "maximal subparts").
    /// </remarks>
    public ReadOnlySpan<byte> Append(int token)
    {
        ReadOnlySpan<byte> bytes = _tokenizer.GetBytes(token);
        if (_skipsSpecialTokens && _tokenizer.IsSpecial(token))
        {
            return [];
        }

        // nearly always: a token of whole characters, with nothing before it
        if (_numPending == 0 && Utf8.IsValid(bytes))
        {
            return bytes;
        }

        bytes.CopyTo(_input.AsSpan(_numPending));
        return Advance(_input.AsSpan(0, _numPending + bytes.Length));
    }

    /// <summary>Ends the sequence: gives out what was waiting for more. Another sequence can start after it.</summary>
    /// <returns>Empty, or U+FFFD in UTF-8 for a character that was never completed.</returns>
    public ReadOnlySpan<byte> Flush()
    {
        bool isIncomplete = _numPending != 0;
        _numPending = 0;
        return isIncomplete ? s_replacement : [];
    }

    private ReadOnlySpan<byte> Advance(ReadOnlySpan<byte> bytes)
    {
        int length = 0;
        while (!bytes.IsEmpty)
        {
            OperationStatus status = Rune.DecodeFromUtf8(bytes, out _, out int numBytes);
            if (status == OperationStatus.NeedMoreData)
            {
                break;
            }

            ReadOnlySpan<byte> character = status == OperationStatus.Done ? bytes[..numBytes] : s_replacement;
            character.CopyTo(_output.AsSpan(length));
            length += character.Length;
            bytes = bytes[numBytes..];
        }

        bytes.CopyTo(_input);
        _numPending = bytes.Length;
        return _output.AsSpan(0, length);
    }
}
