namespace MoeGen.Tokenizers;

/// <summary>
/// A tokenizer file is missing, damaged or uses a construct that is not supported. The message names the file, the place in it, what
/// was found and what is supported.
/// </summary>
public sealed class TokenizerFormatException : MoeGenException
{
    /// <summary>Creates the error with its one-line message.</summary>
    /// <param name="message">File, JSON path, found, expected; one line.</param>
    /// <param name="innerException">The cause, when another exception led to this one.</param>
    public TokenizerFormatException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
