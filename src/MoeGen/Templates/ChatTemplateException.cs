namespace MoeGen.Templates;

/// <summary>
/// A chat template is missing, damaged, or uses a construct that is not supported. The message names the file, the line and the column,
/// what was found and what was expected.
/// </summary>
public sealed class ChatTemplateException : MoeGenException
{
    /// <summary>Creates the error with its one-line message.</summary>
    /// <param name="message">File, line, column, found, expected; one line.</param>
    /// <param name="innerException">The cause, when another exception led to this one.</param>
    public ChatTemplateException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
