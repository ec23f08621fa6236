using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;
using MoeGen.Generator.Spec;
using MoeGen.Generator.Spec.Json;

namespace MoeGen.Generator;

/// <summary>Faults of a config as the compiler reports them: at their line and column in config.json.</summary>
internal static class RoslynDiagnostics
{
    private const string Category = "MoeGen";

    private static readonly Dictionary<string, DiagnosticDescriptor> s_descriptors = SpecRules.All.ToDictionary(
        rule => rule.Id,
        rule => new DiagnosticDescriptor(
            rule.Id, rule.Title, rule.MessageFormat, Category,
            rule.IsError ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning, isEnabledByDefault: true));

    public static Diagnostic Create(SpecDiagnostic diagnostic, string path)
    {
        TextRange range = diagnostic.Range;
        LinePosition start = new(range.Line, range.Column);

        // a value over several lines is marked at its beginning
        LinePosition end = new(range.Line, range.Column + range.Length);
        Location location = Location.Create(path, new TextSpan(range.Start, range.Length), new LinePositionSpan(start, end));
        return Diagnostic.Create(s_descriptors[diagnostic.Rule.Id], location, diagnostic.Arguments.Cast<object>().ToArray());
    }
}
