using System.Globalization;

namespace MoeGen.Templates;

/// <summary>What filters take as <c>attribute</c>: names and indexes with dots between them, looked up one after the other.</summary>
internal sealed class AttributePath
{
    private readonly RenderContext _context;
    private readonly IReadOnlyList<Value> _parts;
    private readonly Value? _default;

    private AttributePath(RenderContext context, IReadOnlyList<Value> parts, Value? whenUndefined)
    {
        _context = context;
        _parts = parts;
        _default = whenUndefined;
    }

    public static AttributePath Of(RenderContext context, Value attribute, Value? whenUndefined = null) =>
        new(context, PartsOf(attribute), whenUndefined.IsGiven() ? whenUndefined : null);

    /// <summary>Several paths with commas between them; an absent attribute is the item itself.</summary>
    public static AttributePath[] AllOf(RenderContext context, Value? attribute) => attribute switch
    {
        TextValue text => [.. text.Text.Split(',').Select(part => Of(context, new TextValue(part)))],
        _ => [Of(context, attribute ?? NoneValue.Instance)],
    };

    public Value Find(Value item)
    {
        foreach (Value part in _parts)
        {
            item = _context.GetItem(item, part);
            item = item is UndefinedValue && _default is not null ? _default : item;
        }

        return item;
    }

    private static IReadOnlyList<Value> PartsOf(Value attribute) => attribute switch
    {
        NoneValue => [],
        TextValue text => [.. text.Text.Split('.').Select(ToKey)],
        _ => [attribute],
    };

    private static Value ToKey(string part) =>
        CharacterTests.IsDigit(part) && int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int index)
        ? IntValue.Of(index)
        : new TextValue(part);
}
