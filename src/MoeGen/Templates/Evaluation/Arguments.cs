namespace MoeGen.Templates;

/// <summary>What a function is called with.</summary>
/// <param name="Positional">Values by place.</param>
/// <param name="Named">Values by name, in the order given.</param>
internal sealed record Arguments(IReadOnlyList<Value> Positional, IReadOnlyList<KeyValuePair<string, Value>> Named)
{
    public static Arguments None { get; } = new([], []);

    public Arguments Prepend(Value first) => this with { Positional = [first, .. Positional] };

    public Value? Find(string name)
    {
        foreach ((string key, Value value) in Named)
        {
            if (key == name)
            {
                return value;
            }
        }

        return null;
    }
}
