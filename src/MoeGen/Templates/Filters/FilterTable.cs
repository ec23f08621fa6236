namespace MoeGen.Templates;

/// <summary>jinja2's filters by name, with <c>tojson</c> as transformers has it.</summary>
/// <remarks>Source: jinja2 3.1, filters.py.</remarks>
internal static class FilterTable
{
    // make HTML of links, wrap prose, print for debugging, draw lots: no chat template has a use for them
    private static readonly string[] s_unsupported = ["urlize", "wordwrap", "pprint", "random"];

    private static readonly Dictionary<string, Function> s_filters = CreateTable();

    public static Function? Find(string name) => s_filters.GetValueOrDefault(name);

    /// <summary>Whether jinja2 has the filter, but MoeGen has not.</summary>
    public static bool IsUnsupported(string name) => s_unsupported.Contains(name);

    private static Dictionary<string, Function> CreateTable()
    {
        Dictionary<string, Function> filters = [];
        foreach (Function filter in (IEnumerable<Function>)
            [.. TextFilters.All, .. MarkupFilters.All, .. NumberFilters.All, .. SequenceFilters.All, .. SortFilters.All,
                .. SelectFilters.All, JsonFilter.Filter])
        {
            filters.Add(filter.Name, filter);
        }

        filters.Add("count", filters["length"]);
        filters.Add("d", filters["default"]);
        filters.Add("e", filters["escape"]);
        return filters;
    }
}
