namespace MoeGen.Templates;

/// <summary>
/// Keeps containers within the limits when they are made. Because a container cannot change afterwards, comparing, hashing and writing
/// one then needs no further checks: shared parts cannot make it large and levels cannot exhaust the stack.
/// </summary>
internal static class ContainerSize
{
    public static (long Weight, int Depth) Of(IEnumerable<Value> items)
    {
        long weight = 1;
        int depth = 0;
        foreach (Value item in items)
        {
            weight += item.Weight;
            depth = Math.Max(depth, item.Depth);
        }

        if (weight > TemplateLimits.MaxItems || depth >= TemplateLimits.MaxDepth)
        {
            throw new TemplateFault(
                $"a value with more than {TemplateLimits.MaxItems} values or {TemplateLimits.MaxDepth} levels inside");
        }

        return (weight, depth + 1);
    }
}
