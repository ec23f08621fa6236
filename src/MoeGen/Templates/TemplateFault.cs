namespace MoeGen.Templates;

/// <summary>
/// An operation failed where the place in the template is not known. The interpreter, which knows it, makes a
/// <see cref="ChatTemplateRenderException"/> of it.
/// </summary>
internal sealed class TemplateFault(string message) : Exception(message);
