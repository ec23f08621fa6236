using System;
using System.Collections.Generic;
using System.Linq;
using MoeGen.Generator.Emit;
using MoeGen.Generator.Spec;
using MoeGen.Generator.Spec.Json;

namespace MoeGen.Generator;

/// <summary>What an item gave: a model to emit, or errors. Immutable, value-equal; adding a member must keep both.</summary>
/// <param name="Path">Path of config.json, for places of diagnostics.</param>
/// <param name="Model">The model; null after an error.</param>
/// <param name="Diagnostics">Faults, each with its place.</param>
internal sealed record ModelResult(string Path, ModelDeclaration? Model, EquatableArray<SpecDiagnostic> Diagnostics)
{
    public static ModelResult From(ModelItem item, EquatableArray<string> duplicateNames)
    {
        List<SpecDiagnostic> diagnostics = [];
        if (!item.HasValidClassName)
        {
            diagnostics.Add(Invalid("Name", item.ClassName, "a C# identifier that is no keyword"));
        }

        if (!item.HasValidNamespace)
        {
            diagnostics.Add(Invalid("Namespace", item.Namespace, "a C# namespace"));
        }

        if (duplicateNames.Contains(item.ClassName, StringComparer.OrdinalIgnoreCase))
        {
            diagnostics.Add(new SpecDiagnostic(SpecRules.DuplicateName, TextRange.Origin, item.ClassName, "another item"));
        }

        WeightFormat? format = ReadWeightFormat(item.WeightFormat, diagnostics);
        if (item.Text is null)
        {
            diagnostics.Add(Invalid("Include", item.Path, "a file that can be read"));
            return new ModelResult(item.Path, null, new EquatableArray<SpecDiagnostic>(diagnostics));
        }

        SpecResult result = ModelSpecReader.Read(item.Text, format);
        diagnostics.AddRange(result.Diagnostics);
        bool isUsable = result.Spec is not null && diagnostics.All(diagnostic => !diagnostic.Rule.IsError);
        ModelName name = new(item.ClassName, item.Namespace);
        return new ModelResult(
            item.Path, isUsable ? new ModelDeclaration(name, result.Spec!) : null, new EquatableArray<SpecDiagnostic>(diagnostics));
    }

    private static WeightFormat? ReadWeightFormat(string text, List<SpecDiagnostic> diagnostics)
    {
        if (text.Length == 0)
        {
            return null;
        }

        // not Enum.TryParse alone: it takes numbers too
        string[] names = Enum.GetNames(typeof(WeightFormat));
        string? name = names.FirstOrDefault(known => string.Equals(known, text, StringComparison.OrdinalIgnoreCase));
        if (name is null)
        {
            diagnostics.Add(
                Invalid("WeightFormat", text, "one of " + string.Join(", ", names) + ", or none for the format that config.json names"));
            return null;
        }

        return (WeightFormat)Enum.Parse(typeof(WeightFormat), name);
    }

    private static SpecDiagnostic Invalid(string metadata, string value, string expected) =>
        new(SpecRules.InvalidItem, TextRange.Origin, metadata, $"\"{value}\"", expected);
}
