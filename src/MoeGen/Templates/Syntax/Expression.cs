namespace MoeGen.Templates;

/// <summary>A node that computes a value.</summary>
/// <param name="Position">Index of its first character in the source, for errors.</param>
internal abstract record Expression(int Position);

internal sealed record ConstantExpression(int Position, Value Value) : Expression(Position);

internal sealed record NameExpression(int Position, string Name) : Expression(Position);

internal sealed record TupleExpression(int Position, IReadOnlyList<Expression> Items) : Expression(Position);

internal sealed record ListExpression(int Position, IReadOnlyList<Expression> Items) : Expression(Position);

internal sealed record DictExpression(int Position, IReadOnlyList<KeyValuePair<Expression, Expression>> Items) : Expression(Position);

/// <summary><c>x.name</c>: the attribute, and if there is none the item.</summary>
internal sealed record AttributeExpression(int Position, Expression Target, string Name) : Expression(Position);

/// <summary><c>x[key]</c>: the item, and if there is none the attribute.</summary>
internal sealed record ItemExpression(int Position, Expression Target, Expression Key) : Expression(Position);

internal sealed record SliceExpression(int Position, Expression Target, Expression? Start, Expression? Stop, Expression? Step)
    : Expression(Position);

internal sealed record UnaryExpression(int Position, char Operator, Expression Operand) : Expression(Position);

internal sealed record NotExpression(int Position, Expression Operand) : Expression(Position);

internal sealed record BinaryExpression(int Position, string Operator, Expression Left, Expression Right) : Expression(Position);

/// <summary><c>a and b</c>, <c>a or b</c>: the operand that decided.</summary>
internal sealed record LogicExpression(int Position, bool IsAnd, Expression Left, Expression Right) : Expression(Position);

/// <summary><c>a ~ b</c>: both as text.</summary>
internal sealed record ConcatExpression(int Position, IReadOnlyList<Expression> Items) : Expression(Position);

/// <summary><c>a &lt; b &lt;= c</c>: a chain, each operand evaluated once.</summary>
internal sealed record CompareExpression(int Position, Expression First, IReadOnlyList<KeyValuePair<string, Expression>> Rest)
    : Expression(Position);

/// <summary><c>a if test else b</c>; without <c>else</c>, undefined.</summary>
internal sealed record ConditionalExpression(int Position, Expression Test, Expression Then, Expression? Else) : Expression(Position);

internal sealed record CallExpression(int Position, Expression Target, CallArguments Arguments) : Expression(Position);

/// <summary><c>x | name(...)</c>; without an operand, the filter of a block.</summary>
internal sealed record FilterExpression(int Position, Expression? Operand, string Name, CallArguments Arguments) : Expression(Position);

/// <summary><c>x is name ...</c>.</summary>
internal sealed record TestExpression(int Position, Expression Operand, string Name, CallArguments Arguments) : Expression(Position);

/// <summary>What stands between the parentheses of a call.</summary>
/// <param name="Positional">Arguments by place.</param>
/// <param name="Named">Arguments by name.</param>
/// <param name="Spread">The value after <c>*</c>.</param>
/// <param name="NamedSpread">The value after <c>**</c>.</param>
internal sealed record CallArguments(
    IReadOnlyList<Expression> Positional,
    IReadOnlyList<KeyValuePair<string, Expression>> Named,
    Expression? Spread,
    Expression? NamedSpread)
{
    public static CallArguments None { get; } = new([], [], null, null);
}
