namespace MoeGen.Templates;

/// <summary>
/// A chat template failed while it was rendered: an operation on values that it does not exist for, such as an attribute of an
/// undefined variable, or a limit that a template must keep. The message names the file and the line.
/// </summary>
public sealed class ChatTemplateRenderException : MoeGenException
{
    /// <summary>Creates the error with its one-line message.</summary>
    /// <param name="message">File, line, what happened; one line.</param>
    /// <param name="innerException">The cause, when another exception led to this one.</param>
    public ChatTemplateRenderException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
