namespace MoeGen.Templates;

/// <summary>
/// What a template may use at most, so that a hostile one neither hangs nor exhausts memory. Published templates stay far below: a
/// conversation of a megabyte takes some hundred thousand steps.
/// </summary>
internal static class TemplateLimits
{
    /// <summary>Characters of a template's text; the longest published ones have some 20,000.</summary>
    public const int MaxSource = 4_000_000;

    /// <summary>Brackets, blocks and operators inside each other; Python's own parser stops at 200 brackets.</summary>
    public const int MaxNesting = 200;

    /// <summary>Macros and recursive loops that are active at once; about where Python's recursion limit of 1000 frames ends
    /// them.</summary>
    public const int MaxCalls = 180;

    /// <summary>Statements, expressions and items of sequences that are evaluated.</summary>
    public const long MaxSteps = 10_000_000;

    /// <summary>Characters of one text, the output included.</summary>
    public const int MaxText = 1 << 24;

    /// <summary>Characters of all texts that are made, intermediate ones included.</summary>
    public const long MaxTotalText = 1 << 28;

    /// <summary>Values inside a list, tuple or dict, counted through all levels.</summary>
    public const long MaxItems = 4_000_000;

    /// <summary>Levels of lists, tuples and dicts inside each other, also of the JSON that is put in.</summary>
    public const int MaxDepth = 500;

    /// <summary>Items of a range; jinja2's sandbox has the same limit (MAX_RANGE).</summary>
    public const int MaxRange = 100_000;

    /// <summary>Bits of an integer that is computed.</summary>
    public const long MaxIntegerBits = 100_000;

    /// <summary>Digits of an integer that is read or printed; Python's default limit.</summary>
    public const int MaxDigits = 4300;
}
