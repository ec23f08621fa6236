namespace MoeGen.Templates;

/// <summary>What is assigned to.</summary>
/// <param name="Position">Index of its first character in the source, for errors.</param>
internal abstract record Target(int Position)
{
    /// <summary>The names that are assigned, in order; attributes of namespaces are not names.</summary>
    public IEnumerable<string> Names => this switch
    {
        NameTarget name => [name.Name],
        TupleTarget tuple => tuple.Items.SelectMany(item => item.Names),
        _ => [],
    };

    /// <summary>The namespaces whose attributes are assigned.</summary>
    public IEnumerable<NamespaceTarget> Namespaces => this switch
    {
        NamespaceTarget target => [target],
        TupleTarget tuple => tuple.Items.SelectMany(item => item.Namespaces),
        _ => [],
    };
}

internal sealed record NameTarget(int Position, string Name) : Target(Position);

internal sealed record TupleTarget(int Position, IReadOnlyList<Target> Items) : Target(Position);

/// <summary><c>{% set ns.name = ... %}</c>.</summary>
internal sealed record NamespaceTarget(int Position, string Namespace, string Attribute) : Target(Position);
