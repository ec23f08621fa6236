namespace MoeGen;

/// <summary>
/// Base of every error that MoeGen reports about its input: a file, a request or a limit. The message is one line that says what
/// was found, what was expected and, where it helps, what to do.
/// </summary>
public abstract class MoeGenException : Exception
{
    /// <summary>Creates the error with its one-line message.</summary>
    /// <param name="message">Found, expected, where; one line.</param>
    /// <param name="innerException">The cause, when another exception led to this one.</param>
    protected MoeGenException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
