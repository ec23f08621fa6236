using System.Numerics;

namespace MoeGen.Templates;

/// <summary>The functions that every template can call.</summary>
internal static class Globals
{
    private static readonly Dictionary<string, FunctionValue> s_functions = CreateTable();

    public static Value? Find(string name) => s_functions.GetValueOrDefault(name);

    /// <summary>The function <c>strftime_now</c> of transformers.</summary>
    /// <param name="clock">Tells the time.</param>
    public static FunctionValue CreateClock(TimeProvider clock) => new(new Function("strftime_now", "format", (context, a) =>
        context.Text(DateFormat.Format(clock.GetLocalNow().DateTime, a[0].AsText()))));

    /// <summary>A function <c>strftime_now</c> that returns one text whatever it is asked for.</summary>
    public static FunctionValue CreateFixedClock(string text) => new(new Function("strftime_now", (_, _) => new TextValue(text)));

    private static Dictionary<string, FunctionValue> CreateTable()
    {
        Function[] functions =
        [
            new("raise_exception", "message", (_, a) => throw new ChatTemplateRaisedException(a[0]!.ToString())),
            new("range", "start stop? step? /", (_, a) => a[1] is null
                ? new RangeValue(BigInteger.Zero, a[0].AsWhole(), BigInteger.One)
                : new RangeValue(a[0].AsWhole(), a[1].AsWhole(), a[2]?.AsWhole() ?? BigInteger.One)),
            new("dict", (context, arguments) => new DictValue(Pairs(context, arguments))),
            new("namespace", (context, arguments) =>
            {
                OrderedDictionary<Value, Value> attributes = [];
                foreach ((Value key, Value value) in Pairs(context, arguments))
                {
                    attributes[DictValue.RequireKey(key)] = value;
                }

                return new NamespaceValue(attributes);
            }),
            new("cycler", (_, arguments) => arguments is { Positional.Count: > 0, Named.Count: 0 }
                ? new CyclerValue(arguments.Positional)
                : throw new TemplateFault("at least one item has to be provided")),
            new("joiner", "sep?", (_, a) => new JoinerValue(a[0] ?? new TextValue(", "))),
            new("lipsum", (_, _) => throw new TemplateFault("lipsum() is not supported")),
        ];
        return functions.ToDictionary(function => function.Name, function => new FunctionValue(function));
    }

    /// <summary>What Python's <c>dict(...)</c> is made of: a mapping or pairs, then names with values.</summary>
    private static List<KeyValuePair<Value, Value>> Pairs(RenderContext context, Arguments arguments)
    {
        if (arguments.Positional.Count > 1)
        {
            throw new TemplateFault("dict expected at most 1 argument");
        }

        List<KeyValuePair<Value, Value>> pairs = [];
        if (arguments.Positional is [DictValue dict])
        {
            context.Step(dict.Length!.Value);
            pairs.AddRange(dict.Items);
        }
        else if (arguments.Positional is [Value items])
        {
            foreach (Value item in context.ToList(items))
            {
                List<Value> pair = context.ToList(item);
                pairs.Add(pair.Count == 2 ? new(pair[0], pair[1]) : throw new TemplateFault("dict() needs pairs of key and value"));
            }
        }

        pairs.AddRange(arguments.Named.Select(named => new KeyValuePair<Value, Value>(new TextValue(named.Key), named.Value)));
        return pairs;
    }
}
