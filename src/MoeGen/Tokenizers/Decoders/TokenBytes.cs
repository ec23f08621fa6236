namespace MoeGen.Tokenizers;

/// <summary>The bytes of every token, one behind the other. Immutable.</summary>
internal sealed class TokenBytes
{
    // some fifty times what the largest published vocabulary needs
    private const long MaxBytes = 256L * 1024 * 1024;

    private readonly int[] _starts; // by id and one more: where the bytes of a token start
    private readonly byte[] _bytes;

    /// <summary>Lays out the tokens.</summary>
    /// <param name="size">The highest id and one more.</param>
    /// <param name="getBytes">Returns the bytes of an id; none for one that is no token.</param>
    /// <param name="origin">File and JSON path of the decoder, for errors.</param>
    /// <exception cref="TokenizerFormatException">They are unreasonably long together.</exception>
    public TokenBytes(int size, Func<int, byte[]> getBytes, string origin)
    {
        _starts = new int[size + 1];
        using MemoryStream bytes = new();
        for (int id = 0; id < size; id++)
        {
            _starts[id] = (int)bytes.Length;
            bytes.Write(getBytes(id));
            if (bytes.Length > MaxBytes)
            {
                throw new TokenizerFormatException($"{origin} decodes the tokens to more than {MaxBytes} bytes");
            }
        }

        _starts[size] = (int)bytes.Length;
        _bytes = bytes.ToArray();
    }

    /// <summary>Returns the bytes of a token, an id in range.</summary>
    public ReadOnlySpan<byte> this[int id] => _bytes.AsSpan(_starts[id].._starts[id + 1]);
}
