using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace MoeGen.Tokenizers;

/// <summary>
/// Decodes the tokens of one sequence as they come, and gives out whole characters only: the pieces, put together, are what
/// <see cref="Tokenizer.Decode"/> makes of all tokens.
/// </summary>
/// <remarks>
/// Not thread-safe. Allocates on construction, and when a character or a run of byte tokens is longer than any before. The decoders of
/// published models are worked out per token; with one that looks at the text as a whole, all of it comes at the end.
/// </remarks>
public sealed class StreamingDetokenizer
{
    private const int MinCapacity = 256;
    private static readonly byte[] s_replacement = [0xEF, 0xBF, 0xBD]; // U+FFFD

    private readonly Tokenizer _tokenizer;
    private readonly bool _skipsSpecialTokens;
    private readonly DecodePlan? _plan;
    private readonly List<int> _ids = []; // without a plan: the tokens so far
    private readonly ArrayBufferWriter<byte> _pending = new(MinCapacity); // bytes that are not certain yet
    private readonly ArrayBufferWriter<byte> _output = new(MinCapacity);
    private int _numWhole; // with byte fallback: pending bytes that are whole characters
    private int _numToStrip;
    private bool _isFirst;
    private bool _isRunInvalid; // with byte fallback: every byte of the run is replaced

    /// <summary>Starts a sequence.</summary>
    /// <param name="tokenizer">Knows the bytes of the tokens.</param>
    /// <param name="skipSpecialTokens">Leaves special tokens out.</param>
    public StreamingDetokenizer(Tokenizer tokenizer, bool skipSpecialTokens = false)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        _tokenizer = tokenizer;
        _skipsSpecialTokens = skipSpecialTokens;
        _plan = tokenizer.DecodePlan;
        Restart();
    }

    /// <summary>Takes the next token of the sequence.</summary>
    /// <param name="token">Its id.</param>
    /// <returns>What it made certain: valid UTF-8, often empty; a view that the next call may overwrite.</returns>
    /// <exception cref="UnknownTokenException">No token has this id; the sequence can go on with another one.</exception>
    /// <remarks>
    /// The bytes of a character that is not complete wait for the next token. Bytes of a byte-level vocabulary that cannot become valid
    /// are replaced by U+FFFD, one for each longest start of a character that they hold (The Unicode Standard, section 3.9, "maximal
    /// subparts"). With byte fallback, a run of byte tokens waits for its end, and if it is not valid as a whole, every byte of it is
    /// replaced; that is how the Rust library decodes.
    /// </remarks>
    public ReadOnlySpan<byte> Append(int token)
    {
        _tokenizer.Tokens.Require(token);
        if (_skipsSpecialTokens && _tokenizer.Tokens.IsSkipped(token))
        {
            return [];
        }

        if (_plan is null)
        {
            _ids.Add(token);
            return [];
        }

        ReadOnlySpan<byte> bytes = (_isFirst ? _plan.First : _plan.Later)[token];
        _isFirst = false;
        bool isByte = _plan.IsByte(token);

        // nearly always: a token of whole characters, with nothing before it
        if (_pending.WrittenCount == 0 && _numToStrip == 0 && !isByte && Utf8.IsValid(bytes))
        {
            _isRunInvalid = false;
            return bytes;
        }

        _output.ResetWrittenCount();
        if (_plan.Meaning == ByteMeaning.ByteLevel)
        {
            _pending.Write(bytes);
            WriteCharacters();
        }
        else if (isByte)
        {
            AppendToRun(bytes);
        }
        else
        {
            EndRun();
            Write(bytes);
        }

        return _output.WrittenSpan;
    }

    /// <summary>Ends the sequence: gives out what was waiting for more. Another sequence can start after it.</summary>
    /// <returns>Valid UTF-8, mostly empty; a view that the next call may overwrite.</returns>
    /// <exception cref="TokenizerFormatException">The decoder makes the text unreasonably long.</exception>
    public ReadOnlySpan<byte> Flush()
    {
        _output.ResetWrittenCount();
        if (_plan is null)
        {
            Write(Encoding.UTF8.GetBytes(_tokenizer.DecodeWhole(_ids)));
        }
        else if (_plan.Meaning == ByteMeaning.ByteLevel && _pending.WrittenCount != 0)
        {
            Write(s_replacement);
        }
        else
        {
            EndRun();
        }

        Restart();
        return _output.WrittenSpan;
    }

    private void Restart()
    {
        _ids.Clear();
        ClearRun();
        _numToStrip = _plan?.MaxStripped ?? 0;
        _isFirst = true;
        _isRunInvalid = false;
    }

    // byte level: writes the characters that are complete; what may become one stays
    private void WriteCharacters()
    {
        ReadOnlySpan<byte> bytes = _pending.WrittenSpan;
        OperationStatus status = OperationStatus.Done;
        while (!bytes.IsEmpty && status != OperationStatus.NeedMoreData)
        {
            status = Rune.DecodeFromUtf8(bytes, out _, out int numBytes);
            if (status != OperationStatus.NeedMoreData)
            {
                Write(status == OperationStatus.Done ? bytes[..numBytes] : s_replacement);
                bytes = bytes[numBytes..];
            }
        }

        // at most three bytes, which move to the front
        Span<byte> rest = stackalloc byte[sizeof(int)];
        bytes.CopyTo(rest);
        int numRest = bytes.Length;
        _pending.ResetWrittenCount();
        _pending.Write(rest[..numRest]);
    }

    // byte fallback: a run is certain only when it is over, or when it has become invalid
    private void AppendToRun(ReadOnlySpan<byte> oneByte)
    {
        if (_isRunInvalid)
        {
            Write(s_replacement);
            return;
        }

        _pending.Write(oneByte);
        switch (Rune.DecodeFromUtf8(_pending.WrittenSpan[_numWhole..], out _, out _))
        {
            case OperationStatus.Done:
                _numWhole = _pending.WrittenCount;
                break;
            case OperationStatus.InvalidData:
                ReplaceRun();
                _isRunInvalid = true;
                break;
        }
    }

    private void EndRun()
    {
        if (_numWhole == _pending.WrittenCount)
        {
            Write(_pending.WrittenSpan);
            ClearRun();
        }
        else
        {
            ReplaceRun();
        }

        _isRunInvalid = false;
    }

    private void ReplaceRun()
    {
        for (int i = 0; i < _pending.WrittenCount; i++)
        {
            Write(s_replacement);
        }

        ClearRun();
    }

    private void ClearRun()
    {
        _pending.ResetWrittenCount();
        _numWhole = 0;
    }

    private void Write(ReadOnlySpan<byte> text)
    {
        while (_numToStrip > 0 && !text.IsEmpty)
        {
            bool isStripped = text.StartsWith(_plan!.StrippedText);
            _numToStrip = isStripped ? _numToStrip - 1 : 0;
            text = isStripped ? text[_plan.StrippedText.Length..] : text;
        }

        _output.Write(text);
    }
}
