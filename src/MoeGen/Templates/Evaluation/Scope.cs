namespace MoeGen.Templates;

/// <summary>A frame while it is active: its names with their values.</summary>
internal sealed class Scope
{
    private readonly Frame _frame;
    private readonly Scope? _parent;
    private readonly RenderContext _context;
    private readonly Dictionary<string, Value> _values = []; // a name that is absent has no value yet

    public Scope(Frame frame, Scope? parent, RenderContext context)
    {
        _frame = frame;
        _parent = parent;
        _context = context;
        Enter();
    }

    /// <summary>Gives the names the values they begin with; a loop does so for every item.</summary>
    public void Enter()
    {
        _values.Clear();
        foreach ((string name, NameOrigin origin) in _frame.Names)
        {
            Value? value = origin switch
            {
                NameOrigin.Outer => _parent?.Find(name),
                NameOrigin.Context => _context.FindVariable(name),
                _ => null,
            };
            if (value is not null)
            {
                _values[name] = value;
            }
        }
    }

    /// <summary>Takes all values away: what was made inside and outlives the frame finds nothing any more.</summary>
    public void Leave() => _values.Clear();

    public Value? Find(string name)
    {
        for (Scope? scope = this; scope is not null; scope = scope._parent)
        {
            if (scope._frame.Names.ContainsKey(name))
            {
                return scope._values.GetValueOrDefault(name);
            }
        }

        return _context.FindVariable(name);
    }

    public void Set(string name, Value value) => _values[name] = value;
}
