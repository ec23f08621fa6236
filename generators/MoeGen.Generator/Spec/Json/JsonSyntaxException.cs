using System;

namespace MoeGen.Generator.Spec.Json;

/// <summary>The text is not JSON. Never leaves <see cref="ModelSpecReader"/>, which turns it into a diagnostic.</summary>
internal sealed class JsonSyntaxException(TextRange range, string message) : Exception(message)
{
    public TextRange Range { get; } = range;
}
