namespace MoeGen.Templates;

/// <summary>A node that writes, assigns or steers.</summary>
/// <param name="Position">Index of its first character in the source, for errors.</param>
internal abstract record Statement(int Position);

internal sealed record DataStatement(int Position, string Text) : Statement(Position);

internal sealed record PrintStatement(int Position, IReadOnlyList<Expression> Items) : Statement(Position);

internal sealed record IfStatement(int Position, IReadOnlyList<IfBranch> Branches, IReadOnlyList<Statement> Else) : Statement(Position);

internal sealed record IfBranch(Expression Test, IReadOnlyList<Statement> Body);

internal sealed record ForStatement(
    int Position,
    Target Target,
    Expression Items,
    Expression? Filter,
    bool IsRecursive,
    IReadOnlyList<Statement> Body,
    IReadOnlyList<Statement> Else) : Statement(Position)
{
    public Frame BodyFrame { get; set; } = Frame.Empty;

    public Frame ElseFrame { get; set; } = Frame.Empty;

    public Frame FilterFrame { get; set; } = Frame.Empty;
}

internal sealed record BreakStatement(int Position) : Statement(Position);

internal sealed record ContinueStatement(int Position) : Statement(Position);

internal sealed record SetStatement(int Position, Target Target, Expression Value) : Statement(Position);

/// <summary><c>{% set x %}...{% endset %}</c>; the filter's innermost operand is the captured text.</summary>
internal sealed record SetBlockStatement(int Position, Target Target, FilterExpression? Filter, IReadOnlyList<Statement> Body)
    : Statement(Position)
{
    public Frame Frame { get; set; } = Frame.Empty;
}

internal sealed record FilterBlockStatement(int Position, FilterExpression Filter, IReadOnlyList<Statement> Body) : Statement(Position)
{
    public Frame Frame { get; set; } = Frame.Empty;
}

internal sealed record WithStatement(
    int Position, IReadOnlyList<KeyValuePair<Target, Expression>> Values, IReadOnlyList<Statement> Body) : Statement(Position)
{
    public Frame Frame { get; set; } = Frame.Empty;
}

/// <summary><c>{% generation %}</c>: what an assistant writes. transformers marks it for training; the text is the same.</summary>
internal sealed record GenerationStatement(int Position, IReadOnlyList<Statement> Body) : Statement(Position)
{
    public Frame Frame { get; set; } = Frame.Empty;
}

internal sealed record MacroStatement(int Position, string Name, MacroBody Macro) : Statement(Position);

internal sealed record CallBlockStatement(int Position, CallExpression Call, MacroBody Caller) : Statement(Position);

/// <summary>Parameters and body of a macro or of the block given to one.</summary>
/// <param name="Parameters">Names by place.</param>
/// <param name="Defaults">Defaults of the last parameters.</param>
/// <param name="Body">What it writes.</param>
internal sealed record MacroBody(IReadOnlyList<string> Parameters, IReadOnlyList<Expression> Defaults, IReadOnlyList<Statement> Body)
{
    public Frame Frame { get; set; } = Frame.Empty;

    /// <summary>Whether the body uses <c>caller</c>, so that one may be given.</summary>
    public bool UsesCaller { get; set; }

    public bool UsesVarargs { get; set; }

    public bool UsesKwargs { get; set; }
}
