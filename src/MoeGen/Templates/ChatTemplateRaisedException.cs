namespace MoeGen.Templates;

/// <summary>
/// A chat template refused a conversation: it called <c>raise_exception</c>, for example because roles do not alternate. The message
/// is the template's own, word for word.
/// </summary>
public sealed class ChatTemplateRaisedException : MoeGenException
{
    /// <summary>Creates the error.</summary>
    /// <param name="message">What the template said.</param>
    public ChatTemplateRaisedException(string message)
        : base(message)
    {
    }
}
