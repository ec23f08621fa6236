using System;
using System.Collections.Generic;
using System.Linq;
using MoeGen.Generator.Spec;

namespace MoeGen.Generator.Emit;

/// <summary>
/// A weight as a generated class holds it: a field, and the expression that loads it. Immutable, value-equal; adding a member must keep
/// both.
/// </summary>
/// <param name="Name">Name of the field, e.g. <c>_qProj</c>.</param>
/// <param name="Type">Type of the field.</param>
/// <param name="Load">Expression that loads it.</param>
/// <param name="Comment">Dimensions and tensor.</param>
internal sealed record WeightField(string Name, string Type, string Load, string Comment)
{
    /// <summary>The fields of one of the model's classes.</summary>
    /// <param name="spec">The model, or one of its stacks.</param>
    /// <param name="part">The class.</param>
    /// <param name="prefix">What all names of the part begin with and its fields need not repeat.</param>
    public static EquatableArray<WeightField> Of(ModelSpec spec, ModelPart part, string prefix = "") =>
        new(WeightSpec.Of(spec, part).Select(weight => Of(spec, weight, prefix)));

    /// <summary>The fields of one of the model's classes, in the half that the name says.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="spec">The model, or one of its stacks.</param>
    /// <param name="part">The class.</param>
    /// <param name="prefix">What all names of the part begin with and its fields need not repeat.</param>
    public static EquatableArray<WeightField> Of(ModelName model, ModelSpec spec, ModelPart part, string prefix = "") =>
        model.IsGpu ? new(Of(spec, part, prefix).Select(field => field.OnGpu())) : Of(spec, part, prefix);

    /// <summary>Writes the declarations.</summary>
    public static void Declare(CodeWriter writer, IEnumerable<WeightField> fields)
    {
        foreach (WeightField field in fields)
        {
            writer.Line($"private readonly {field.Type} {field.Name}; // {field.Comment}");
        }
    }

    /// <summary>Writes the assignments of a constructor that has <c>weights</c> and, inside a layer, <c>index</c>.</summary>
    public static void Assign(CodeWriter writer, IEnumerable<WeightField> fields)
    {
        foreach (WeightField field in fields)
        {
            writer.Line($"{field.Name} = {field.Load};");
        }
    }

    // one name stands for shape and format there
    private WeightField OnGpu()
    {
        int end = Type.IndexOf("Shape, ", StringComparison.Ordinal);
        if (end < 0)
        {
            return this;
        }

        string type = Type.Substring(0, end) + "Matrix>";
        return this with { Type = type, Load = Load.Replace(Type, type) };
    }

    private static WeightField Of(ModelSpec spec, WeightSpec weight, string prefix)
    {
        string layer = weight.Tensor.Contains(TensorNames.Layer) ? ", index" : "";
        string name = weight.IsInEncoder ? weight.Name.Substring(spec.Prefix.Length) : weight.Name;
        bool hasPrefix = name != prefix && name.StartsWith(prefix, StringComparison.Ordinal);
        name = hasPrefix ? name.Substring(prefix.Length) : name;
        string types = weight.Shape is null ? "" : $"{weight.Shape.TypeName}, {weight.FormatIn(spec.WeightFormat).TypeName()}";
        return new WeightField(
            "_" + char.ToLowerInvariant(name[0]) + name.Substring(1),
            weight.Shape is null ? "WeightVector" : $"Matrix<{types}>",
            weight.Shape is null
                ? $"weights.Vector(WeightMap.{weight.Name}, {weight.Length}{layer})"
                : $"weights.Matrix<{types}>(WeightMap.{weight.Name}{layer})",
            $"{weight.Dimensions} {weight.Tensor}");
    }
}
