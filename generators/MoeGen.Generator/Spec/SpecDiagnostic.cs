using System.Globalization;
using System.Linq;
using MoeGen.Generator.Spec.Json;

namespace MoeGen.Generator.Spec;

/// <summary>A fault found in a config, with its place. Immutable, value-equal; adding a member must keep both.</summary>
internal sealed record SpecDiagnostic(SpecRule Rule, TextRange Range, EquatableArray<string> Arguments)
{
    public SpecDiagnostic(SpecRule rule, TextRange range, params string[] arguments)
        : this(rule, range, new EquatableArray<string>(arguments))
    {
    }

    /// <summary>The finished sentence.</summary>
    public string Message => string.Format(CultureInfo.InvariantCulture, Rule.MessageFormat, Arguments.Cast<object>().ToArray());

    /// <summary>The sentence with its place, as compilers print it: <c>config.json(6,18): MOEG0004: ...</c> (1-based).</summary>
    public string ToString(string path) =>
        $"{path}({ConfigNumbers.Format(Range.Line + 1)},{ConfigNumbers.Format(Range.Column + 1)}): {Rule.Id}: {Message}";
}
