namespace MoeGen.Templates;

/// <summary>Where a name of a frame has its value from when the frame is entered.</summary>
internal enum NameOrigin
{
    /// <summary>Whoever enters the frame gives it: a loop's target, a macro's parameter.</summary>
    Parameter,

    /// <summary>The frame outside, whose value is copied: an assignment here does not change it there.</summary>
    Outer,

    /// <summary>The variables that the template was rendered with.</summary>
    Context,

    /// <summary>Nowhere: it is undefined until it is assigned.</summary>
    Nowhere,
}

/// <summary>
/// The names that live in one region of a template. jinja2 decides before rendering where each name lives, which shows: a name that is
/// assigned anywhere at the top is undefined in macros and loops above the assignment, even if the template is rendered with one of
/// that name.
/// </summary>
/// <remarks>Source: jinja2 3.1, idtracking.py.</remarks>
internal sealed class Frame(IReadOnlyDictionary<string, NameOrigin> names)
{
    public static Frame Empty { get; } = new(new Dictionary<string, NameOrigin>());

    public IReadOnlyDictionary<string, NameOrigin> Names => names;
}

/// <summary>A parsed template.</summary>
/// <param name="Source">Its text, for errors.</param>
/// <param name="Body">What it does.</param>
/// <param name="Frame">The names of its top.</param>
internal sealed record TemplateRoot(TemplateSource Source, IReadOnlyList<Statement> Body, Frame Frame);
