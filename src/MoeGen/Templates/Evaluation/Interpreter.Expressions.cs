using System.Runtime.CompilerServices;

namespace MoeGen.Templates;

/// <summary>Expressions.</summary>
internal sealed partial class Interpreter
{
    private Value Evaluate(Expression expression, Scope scope)
    {
        _context.Step();
        _position = expression.Position;
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new TemplateFault("too many calls inside each other");
        }

        switch (expression)
        {
            case ConstantExpression constant:
                return constant.Value;
            case NameExpression name:
                return scope.Find(name.Name) ?? UndefinedValue.Of(name.Name);
            case TupleExpression tuple:
                return new TupleValue(EvaluateAll(tuple.Items, scope));
            case ListExpression list:
                return new ListValue(EvaluateAll(list.Items, scope));
            case DictExpression dict:
                return new DictValue([.. dict.Items.Select(pair =>
                    new KeyValuePair<Value, Value>(Evaluate(pair.Key, scope), Evaluate(pair.Value, scope)))]);
            case AttributeExpression attribute:
                Value owner = Evaluate(attribute.Target, scope);
                _position = expression.Position;
                return _context.GetAttribute(owner, attribute.Name);
            case ItemExpression item:
                Value container = Evaluate(item.Target, scope), key = Evaluate(item.Key, scope);
                _position = expression.Position;
                return _context.GetItem(container, key);
            case SliceExpression slice:
                return EvaluateSlice(slice, scope);
            case UnaryExpression unary:
                return Operators.Negate(unary.Operator, Evaluate(unary.Operand, scope));
            case NotExpression not:
                return BoolValue.Of(!Evaluate(not.Operand, scope).IsTrue);
            case BinaryExpression binary:
                Value left = Evaluate(binary.Left, scope), right = Evaluate(binary.Right, scope);
                _position = expression.Position;
                return Operators.Apply(_context, binary.Operator, left, right);
            case LogicExpression logic:
                Value first = Evaluate(logic.Left, scope);
                return first.IsTrue == logic.IsAnd ? Evaluate(logic.Right, scope) : first;
            case ConcatExpression concat:
                return EvaluateConcat(concat, scope);
            case CompareExpression compare:
                return EvaluateCompare(compare, scope);
            case ConditionalExpression conditional:
                return Evaluate(conditional.Test, scope).IsTrue ? Evaluate(conditional.Then, scope)
                    : conditional.Else is not null ? Evaluate(conditional.Else, scope)
                    : new UndefinedValue("the condition of an if without else was false");
            case CallExpression call:
                return Call(call, scope, null);
            case FilterExpression filter:
                return ApplyFilter(filter, Evaluate(filter.Operand!, scope), scope);
            case TestExpression test:
                return ApplyTest(test, scope);
            default:
                throw new InvalidOperationException($"No evaluation of {expression.GetType().Name}.");
        }
    }

    private Value[] EvaluateAll(IReadOnlyList<Expression> expressions, Scope scope)
    {
        Value[] values = new Value[expressions.Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Evaluate(expressions[i], scope);
        }

        return values;
    }

    private TextValue EvaluateConcat(ConcatExpression concat, Scope scope)
    {
        TextBuilder text = new(_context);
        foreach (Value value in EvaluateAll(concat.Items, scope))
        {
            text.Append(_context.ToText(value));
        }

        return new TextValue(text.ToString());
    }

    private BoolValue EvaluateCompare(CompareExpression compare, Scope scope)
    {
        Value left = Evaluate(compare.First, scope);
        foreach ((string op, Expression operand) in compare.Rest)
        {
            Value right = Evaluate(operand, scope);
            _position = compare.Position;
            if (!Operators.Compare(_context, op, left, right))
            {
                return BoolValue.False;
            }

            left = right;
        }

        return BoolValue.True;
    }

    private static bool IsConstant(Expression? expression) => expression switch
    {
        null or ConstantExpression => true,
        TupleExpression or ListExpression or SliceExpression or UnaryExpression => ExpressionParts.Of(expression).All(IsConstant),
        _ => false,
    };

    // unlike items, slices do not turn into undefined values where there is nothing to slice
    private Value EvaluateSlice(SliceExpression slice, Scope scope)
    {
        Value target = Evaluate(slice.Target, scope);
        Value? start = slice.Start is null ? null : Evaluate(slice.Start, scope);
        Value? stop = slice.Stop is null ? null : Evaluate(slice.Stop, scope);
        Value? step = slice.Step is null ? null : Evaluate(slice.Step, scope);
        _position = slice.Position;
        IndexRange indexes = SequenceIndex.Slice(start, stop, step, target.Length ?? 0);
        switch (target)
        {
            case TextValue text:
                int[] selected = indexes.ToArray();
                _context.Step(selected.Length);
                return CodePoints.Select(text, selected);
            case SequenceValue sequence:
                Value[] items = [.. indexes.ToArray().Select(index => sequence.Items[index])];
                _context.Step(items.Length);
                return sequence.With(items);
            case RangeValue range:
                return range.Slice(indexes);
            case UndefinedValue undefined:
                throw undefined.Fault;
            default:
                throw new TemplateFault($"'{target.TypeName}' object cannot be sliced");
        }
    }
}
