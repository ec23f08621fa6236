using System.Runtime.CompilerServices;

namespace MoeGen.Templates;

/// <summary>One rendering of a template: its variables, what it has used of its limits, and access to values as jinja2's sandbox does
/// it.</summary>
/// <remarks>Source: jinja2 3.1, sandbox.py.</remarks>
internal sealed class RenderContext(IReadOnlyDictionary<string, Value> variables)
{
    // attributes that every Python object has, and that the sandbox forbids
    private static readonly string[] s_everywhere =
    [
        "__class__", "__delattr__", "__dir__", "__doc__", "__eq__", "__format__", "__ge__", "__getattribute__", "__gt__", "__hash__",
        "__init__", "__init_subclass__", "__le__", "__lt__", "__ne__", "__new__", "__reduce__", "__reduce_ex__", "__repr__",
        "__setattr__", "__sizeof__", "__str__", "__subclasshook__",
    ];

    private long _numSteps;
    private long _numChars;
    private int _numCalls;

    /// <summary>A variable that the template was rendered with, or a global function.</summary>
    public Value? FindVariable(string name) => variables.TryGetValue(name, out Value? value) ? value : Globals.Find(name);

    /// <summary>Counts work; called for every node, and for every item that a function handles.</summary>
    public void Step(long count = 1)
    {
        _numSteps += count;
        if (_numSteps > TemplateLimits.MaxSteps)
        {
            throw new TemplateFault($"more than {TemplateLimits.MaxSteps} steps");
        }
    }

    /// <summary>Counts a text that is about to be made.</summary>
    /// <param name="length">UTF-16 units.</param>
    public void ReserveText(long length)
    {
        _numChars += length;
        if (length > TemplateLimits.MaxText || _numChars > TemplateLimits.MaxTotalText)
        {
            throw new TemplateFault($"texts of more than {TemplateLimits.MaxText} characters, or {TemplateLimits.MaxTotalText} in all");
        }
    }

    /// <summary>Makes a text value, counted.</summary>
    public TextValue Text(string text)
    {
        ReserveText(text.Length);
        return new TextValue(text);
    }

    /// <summary>Python's <c>str(value)</c>, counted.</summary>
    public string ToText(Value value)
    {
        string text = value.ToString();
        ReserveText(value is TextValue ? 0 : text.Length);
        return text;
    }

    /// <summary>markupsafe's <c>soft_str</c>: a text stays what it is, anything else becomes one.</summary>
    public TextValue ToSoftText(Value value) => value as TextValue ?? new TextValue(ToText(value));

    /// <summary>Runs a macro or a recursive loop, unless too many are running.</summary>
    public T Nest<T>(Func<T> body)
    {
        if (_numCalls >= TemplateLimits.MaxCalls || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new TemplateFault($"more than {TemplateLimits.MaxCalls} calls inside each other");
        }

        _numCalls++;
        try
        {
            return body();
        }
        finally
        {
            _numCalls--;
        }
    }

    /// <summary><c>target.name</c>: the attribute if the sandbox allows it, else the item, else undefined.</summary>
    public Value GetAttribute(Value target, string name)
    {
        if (s_everywhere.Contains(name))
        {
            return Unsafe(target, name);
        }

        if (target.FindAttribute(name) is { } attribute)
        {
            return name.StartsWith('_') ? Unsafe(target, name) : attribute;
        }

        return target.FindItem(new TextValue(name)) ?? new UndefinedValue($"'{target.TypeName} object' has no attribute '{name}'");
    }

    /// <summary><c>target[key]</c>: the item, else the attribute if the sandbox allows it, else undefined.</summary>
    public Value GetItem(Value target, Value key)
    {
        if (target.FindItem(key) is { } item)
        {
            return item;
        }

        if (key is not TextValue { Text: string name })
        {
            return new UndefinedValue($"'{target.TypeName} object' has no element {Shorten(key)}");
        }

        return target.FindAttribute(name) is { } attribute
            ? name.StartsWith('_') ? Unsafe(target, name) : attribute
            : new UndefinedValue($"'{target.TypeName} object' has no attribute '{name}'");
    }

    /// <summary>What the sandbox gives for an attribute that it forbids: a value that must not be used.</summary>
    public static UndefinedValue Unsafe(Value target, string name) =>
        new($"access to attribute '{name}' of '{target.TypeName}' object is unsafe");

    /// <summary>Iterates over a value, counting the items.</summary>
    /// <exception cref="TemplateFault">It is not iterable.</exception>
    public IEnumerator<Value> Iterate(Value value)
    {
        IEnumerator<Value> items = value.Iterate() ?? throw new TemplateFault($"'{value.TypeName}' object is not iterable");
        return Counted(items);
    }

    /// <summary>All items of a value.</summary>
    public List<Value> ToList(Value value)
    {
        List<Value> items = [];
        for (IEnumerator<Value> each = Iterate(value); each.MoveNext();)
        {
            items.Add(each.Current);
            if (items.Count > TemplateLimits.MaxItems)
            {
                throw new TemplateFault($"more than {TemplateLimits.MaxItems} values in a list");
            }
        }

        return items;
    }

    private IEnumerator<Value> Counted(IEnumerator<Value> items)
    {
        while (items.MoveNext())
        {
            Step();
            yield return items.Current;
        }
    }

    private static string Shorten(Value key)
    {
        string text = key.ToString();
        return text.Length <= 60 ? text : text[..60] + "...";
    }
}
