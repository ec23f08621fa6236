using System.Text;

namespace MoeGen.Templates;

/// <summary>What a function does with its arguments in the order of its parameters; null where an optional one is absent.</summary>
internal delegate Value FunctionBody(RenderContext context, Value?[] arguments);

/// <summary>A global function or a method of a value.</summary>
/// <param name="function">Name, parameters and what it does.</param>
/// <param name="self">The value whose method it is: the function's first argument.</param>
internal sealed class FunctionValue(Function function, Value? self = null) : Value
{
    public override string TypeName => "builtin_function_or_method";

    public override bool IsCallable => true;

    public override Value Call(RenderContext context, Arguments arguments) =>
        function.Invoke(context, self is null ? arguments : arguments.Prepend(self));

    public override void AppendRepr(StringBuilder text) => text.Append("<function ").Append(function.Name).Append('>');
}
