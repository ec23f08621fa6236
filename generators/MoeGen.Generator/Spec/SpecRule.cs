using System.Collections.Generic;

namespace MoeGen.Generator.Spec;

/// <summary>One kind of fault: its stable number, a title, and the sentence that says found / expected / where.</summary>
/// <remarks>Numbers are never reused; AnalyzerReleases.*.md is the register, the README has the table for users.</remarks>
internal sealed record SpecRule(string Id, string Title, string MessageFormat, bool IsError = true);

/// <summary>Every fault that MoeGen finds at build time.</summary>
internal static class SpecRules
{
    public static readonly SpecRule MalformedJson = new(
        "MOEG0001", "Malformed JSON", "{0}");

    public static readonly SpecRule MissingKey = new(
        "MOEG0002", "Missing key", "{0} is missing; expected {1}");

    public static readonly SpecRule MistypedValue = new(
        "MOEG0003", "Mistyped value", "{0} is {1}; expected {2}");

    public static readonly SpecRule ValueOutOfRange = new(
        "MOEG0004", "Value out of range", "{0} is {1}; expected {2}");

    public static readonly SpecRule ContradictoryValues = new(
        "MOEG0005", "Contradictory values", "{0}; {1}");

    public static readonly SpecRule UnknownModelType = new(
        "MOEG0006", "Unknown model type", "model_type is {0}; expected one of {1}{2}");

    public static readonly SpecRule UnsupportedSetting = new(
        "MOEG0007", "Unsupported setting",
        "{0} is {1}, which changes the maths of the model in a way that is not supported for {2}; expected {3}");

    public static readonly SpecRule UnknownKey = new(
        "MOEG0008", "Unknown key", "{0} is not a key of {1} and is ignored{2}; expected the keys of the published configs", IsError: false);

    public static readonly SpecRule DuplicateKey = new(
        "MOEG0009", "Duplicate key", "{0} appears again; expected it once, as on line {1}");

    public static readonly SpecRule InvalidItem = new(
        "MOEG0010", "Invalid MoeModel item", "{0} of the MoeModel item is {1}; expected {2}");

    public static readonly SpecRule DuplicateName = new(
        "MOEG0011", "Duplicate model name",
        "Name of the MoeModel item is {0}, as that of {1}; expected a name of its own for each model of a project");

    public static readonly SpecRule MissingRuntime = new(
        "MOEG0012", "Missing runtime", "the project has a MoeModel item but no reference to the package {0}; expected a reference to it");

    /// <summary>All of them, in the order of their numbers.</summary>
    public static IReadOnlyList<SpecRule> All { get; } =
    [
        MalformedJson,
        MissingKey,
        MistypedValue,
        ValueOutOfRange,
        ContradictoryValues,
        UnknownModelType,
        UnsupportedSetting,
        UnknownKey,
        DuplicateKey,
        InvalidItem,
        DuplicateName,
        MissingRuntime,
    ];
}
