using System;
using System.Linq;
using System.Text;
using System.Threading;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;

namespace MoeGen.Generator;

/// <summary>A <c>MoeModel</c> item of the project. Immutable, value-equal; adding a member must keep both.</summary>
/// <param name="Path">Path of config.json.</param>
/// <param name="Text">Its text; null when the compiler could not read it.</param>
/// <param name="ClassName">Metadata <c>Name</c>, or a name made from the folder's.</param>
/// <param name="Namespace">Metadata <c>Namespace</c>, or the project's root namespace.</param>
/// <param name="WeightFormat">Metadata <c>WeightFormat</c>; empty: as the config says.</param>
internal sealed record ModelItem(string Path, string? Text, string ClassName, string Namespace, string WeightFormat)
{
    private const string MetadataPrefix = "build_metadata.AdditionalFiles.";
    private const string MarkerKey = MetadataPrefix + "MoeModel";
    private const string NameKey = MetadataPrefix + "MoeModelName";
    private const string NamespaceKey = MetadataPrefix + "MoeModelNamespace";
    private const string WeightFormatKey = MetadataPrefix + "MoeModelWeightFormat";
    private const string RootNamespaceKey = "build_property.RootNamespace";

    public static bool IsModel(AdditionalText file, AnalyzerConfigOptionsProvider options) =>
        options.GetOptions(file).TryGetValue(MarkerKey, out string? marker)
        && string.Equals(marker, "true", StringComparison.OrdinalIgnoreCase);

    public static ModelItem Read(AdditionalText file, AnalyzerConfigOptionsProvider options, CancellationToken cancellationToken)
    {
        AnalyzerConfigOptions metadata = options.GetOptions(file);
        string Value(AnalyzerConfigOptions from, string key) => from.TryGetValue(key, out string? value) ? value.Trim() : "";

        string name = Value(metadata, NameKey);
        string @namespace = Value(metadata, NamespaceKey);
        return new ModelItem(
            file.Path,
            file.GetText(cancellationToken)?.ToString(),
            name.Length > 0 ? name : ToClassName(System.IO.Path.GetFileName(System.IO.Path.GetDirectoryName(file.Path) ?? "")),
            @namespace.Length > 0 ? @namespace : Value(options.GlobalOptions, RootNamespaceKey),
            Value(metadata, WeightFormatKey));
    }

    /// <summary>A class name from a folder's name: <c>Qwen3-30B-A3B</c> becomes <c>Qwen3_30B_A3B</c>.</summary>
    internal static string ToClassName(string folder)
    {
        StringBuilder name = new();
        foreach (char c in folder)
        {
            name.Append(SyntaxFacts.IsIdentifierPartCharacter(c) ? c : '_');
        }

        if (name.Length == 0 || !SyntaxFacts.IsIdentifierStartCharacter(name[0]))
        {
            name.Insert(0, "Model");
        }

        name[0] = char.ToUpperInvariant(name[0]);
        return name.ToString();
    }

    /// <summary>Whether the class can be called so.</summary>
    public bool HasValidClassName => SyntaxFacts.IsValidIdentifier(ClassName) && SyntaxFacts.GetKeywordKind(ClassName) == SyntaxKind.None;

    /// <summary>Whether the namespace can be called so; empty is the global one.</summary>
    public bool HasValidNamespace => Namespace.Length == 0 || Namespace.Split('.').All(SyntaxFacts.IsValidIdentifier);
}
