namespace MoeGen.Templates;

/// <summary>The expressions directly inside an expression, in jinja2's order of fields.</summary>
internal static class ExpressionParts
{
    public static IEnumerable<Expression?> Of(Expression expression) => expression switch
    {
        TupleExpression tuple => tuple.Items,
        ListExpression list => list.Items,
        DictExpression dict => dict.Items.SelectMany(pair => new[] { pair.Key, pair.Value }),
        AttributeExpression attribute => [attribute.Target],
        ItemExpression item => [item.Target, item.Key],
        SliceExpression slice => [slice.Target, slice.Start, slice.Stop, slice.Step],
        UnaryExpression unary => [unary.Operand],
        NotExpression not => [not.Operand],
        BinaryExpression binary => [binary.Left, binary.Right],
        LogicExpression logic => [logic.Left, logic.Right],
        ConcatExpression concat => concat.Items,
        CompareExpression compare => compare.Rest.Select(pair => pair.Value).Prepend(compare.First),
        ConditionalExpression conditional => [conditional.Test, conditional.Then, conditional.Else],
        CallExpression call => Of(call.Target, call.Arguments),
        FilterExpression filter => Of(filter.Operand, filter.Arguments),
        TestExpression test => Of(test.Operand, test.Arguments),
        _ => [],
    };

    private static IEnumerable<Expression?> Of(Expression? operand, CallArguments arguments) =>
        [operand, .. arguments.Positional, .. arguments.Named.Select(argument => argument.Value), arguments.Spread, arguments.NamedSpread];
}
