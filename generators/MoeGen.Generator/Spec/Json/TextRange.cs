namespace MoeGen.Generator.Spec.Json;

/// <summary>A piece of a text: offset and length in UTF-16 units, line and column of its first character, both 0-based.</summary>
internal readonly record struct TextRange(int Start, int Length, int Line, int Column)
{
    /// <summary>The first character of a text, where a fault about the text as a whole is reported.</summary>
    public static TextRange Origin => new(0, 0, 0, 0);
}
