using System.Linq;
using MoeGen.Generator.Spec;

namespace MoeGen.Generator.Emit.Layers;

/// <summary>The statements that make the layers of a stack, in a constructor that has <c>weights</c>.</summary>
internal static class LayerList
{
    /// <summary>Writes them; the fields <c>_layers</c> and <c>_rope</c> or <c>_relativeBias</c> are declared.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="layers">Class name of every layer, in order.</param>
    /// <param name="layerType">Type of the list.</param>
    /// <param name="relativeBias">Relative positions; null: rotary ones.</param>
    /// <param name="isBidirectional">A token sees those behind it.</param>
    public static void Write(
        CodeWriter writer, EquatableArray<string> layers, string layerType, RelativeBiasSpec? relativeBias, bool isBidirectional)
    {
        string positions = relativeBias is null ? "_rope" : "bias";
        if (relativeBias is not null)
        {
            string direction = isBidirectional ? "true" : "false";
            writer.Line(
                $"RelativeBias bias = RelativeBias.Create(_relativeBias, maxDistance: {relativeBias.MaxDistance}, "
                + $"isBidirectional: {direction});");
        }

        writer.Line($"_layers = new {layerType}[{layers.Count}];");
        if (layers.Distinct().Count() == 1)
        {
            writer.Open("for (int i = 0; i < _layers.Length; i++)");
            writer.Line($"_layers[i] = new {layerType}(weights, {positions}, i);");
            writer.Close();
        }
        else
        {
            for (int i = 0; i < layers.Count; i++)
            {
                writer.Line($"_layers[{i}] = new {layers[i]}(weights, {positions}, {i});");
            }
        }
    }
}
