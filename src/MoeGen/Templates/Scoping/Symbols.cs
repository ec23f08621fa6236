namespace MoeGen.Templates;

/// <summary>A frame while its names are gathered.</summary>
internal sealed class Symbols
{
    private readonly Symbols? _parent;
    private readonly Dictionary<string, NameOrigin> _names;
    private readonly HashSet<string> _stores;

    /// <summary>Begins a frame inside another one; null: the top.</summary>
    public Symbols(Symbols? parent)
        : this(parent, [], [])
    {
    }

    private Symbols(Symbols? parent, Dictionary<string, NameOrigin> names, HashSet<string> stores)
    {
        _parent = parent;
        _names = names;
        _stores = stores;
    }

    public Frame ToFrame() => new(_names);

    public void Declare(string name)
    {
        _stores.Add(name);
        _names[name] = NameOrigin.Parameter;
    }

    public void Load(string name)
    {
        if (!Knows(name))
        {
            _names[name] = NameOrigin.Context;
        }
    }

    public void Store(string name)
    {
        _stores.Add(name);
        _names.TryAdd(name, _parent?.Knows(name) == true ? NameOrigin.Outer : NameOrigin.Nowhere);
    }

    /// <summary>A copy for one branch of an <c>if</c>, which is no frame of its own.</summary>
    public Symbols Branch() => new(_parent, new(_names), [.. _stores]);

    /// <summary>Takes over what branches found. What only some of them assign keeps its value from outside in the others.</summary>
    public void Merge(ReadOnlySpan<Symbols> branches)
    {
        HashSet<string> stores = [];
        foreach (Symbols branch in branches)
        {
            stores.UnionWith(branch._stores);
        }

        stores.ExceptWith(_stores);
        foreach (Symbols branch in branches)
        {
            foreach ((string name, NameOrigin origin) in branch._names)
            {
                _names[name] = origin;
            }

            _stores.UnionWith(branch._stores);
        }

        foreach (string name in stores)
        {
            _names[name] = _parent?.Knows(name) == true ? NameOrigin.Outer : NameOrigin.Context;
        }
    }

    private bool Knows(string name) => _names.ContainsKey(name) || _parent?.Knows(name) == true;
}
