using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using MoeGen.Generator.Spec;

namespace MoeGen.Generator.Emit.Gpu;

/// <summary>
/// The matrices as GPU kernels read them: for each a struct of constants, and for rows of the same length and format a loop over the columns,
/// unrolled, as neither ILGPU nor what it compiles to does that.
/// </summary>
internal sealed class GpuMatricesFeature : Feature<GpuMatricesInfo>
{
    // every number of lanes divides it
    private const int MostLanes = 64;

    private const string Dot =
        "public static Sums Dot(ArrayView<Words> weights, long panel, ArrayView<Pair> x, long row, int half, int lane, int lanes)";

    public override string Name => "Matrices";

    public override GpuMatricesInfo GetInfo(ModelDeclaration model) =>
        new(model.Name, new EquatableArray<GpuMatrix>(GpuMatrix.Of(model.Spec)));

    protected override void Write(CodeWriter writer, GpuMatricesInfo info)
    {
        writer.PartsNamespace(info.Model, "ILGPU", "MoeGen.Gpu.Kernels", "WeightFormat = MoeGen.Weights.WeightFormat");
        foreach (GpuMatrix matrix in info.Matrices)
        {
            WriteMatrix(writer, matrix);
            writer.Line();
        }

        GpuMatrix[] rows = [.. info.Matrices.GroupBy(matrix => matrix.RowName).Select(alike => alike.First())];
        for (int i = 0; i < rows.Length; i++)
        {
            if (i > 0)
            {
                writer.Line();
            }

            WriteRow(writer, rows[i]);
        }
    }

    private static void WriteMatrix(CodeWriter writer, GpuMatrix matrix)
    {
        long panels = (matrix.Rows + MatrixLayout.PanelRows - 1L) / MatrixLayout.PanelRows;
        string shape = $"[{matrix.Rows}, {matrix.Columns}] in {matrix.Format.ProseName()}";
        string size = Words.Bytes(MatrixLayout.Bytes(matrix.Rows, matrix.Columns, matrix.Format));
        writer.Summary($"{matrix.Description}: {shape}, {size} in panels of 16 rows ({panels} x {matrix.PanelWords} words of 16 bytes).");
        writer.Attributes();
        writer.Open($"internal readonly struct {matrix.TypeName} : IGpuMatrix");
        writer.Line($"public static int Rows => {matrix.Rows};");
        writer.Line();
        writer.Line($"public static int Columns => {matrix.Columns};");
        writer.Line();
        writer.Line($"public static int PanelWords => {matrix.PanelWords};");
        writer.Line();
        writer.Line($"public static WeightFormat Format => WeightFormat.{matrix.Format};");
        writer.Line();
        writer.Line($"{Dot} =>");
        writer.Line($"    {matrix.RowName}.Dot(weights, panel, x, row, half, lane, lanes);");
        writer.Close();
    }

    private static void WriteRow(CodeWriter writer, GpuMatrix matrix)
    {
        writer.Summary($"Half a panel of {matrix.Columns} columns in {matrix.Format.ProseName()}, times a row of activations.");
        writer.Attributes();
        writer.Open($"internal static class {matrix.RowName}");
        writer.Open(Dot);
        WriteDot(writer, matrix);
        writer.Close();
        writer.Close();
    }

    private static void WriteDot(CodeWriter writer, GpuMatrix matrix)
    {
        GpuUnit unit = GpuUnit.Of(matrix);
        writer.Line("Sums sums = default;");
        writer.Line(unit.Bases);
        string start = $"int {unit.Name} = lane";
        List<(int Together, long End)> loops = [.. Loops(MatrixLayout.PaddedColumns(matrix.Columns) / unit.Columns, unit.MostTogether)];
        if (loops.Count > 1)
        {
            writer.Line(start + ";");
            start = "";
        }

        foreach ((int together, long end) in loops)
        {
            string step = together == 1 ? "lanes" : $"{together} * lanes";
            writer.Open($"for ({start}; {unit.Name} < {end}; {unit.Name} += {step})");
            WriteUnits(writer, unit, together);
            writer.Close();
            writer.Line();
        }

        writer.Line("return sums;");
    }

    // loads first, so that all of them are on their way before the first product waits for one
    private static void WriteUnits(CodeWriter writer, GpuUnit unit, int together)
    {
        for (int i = 1; i < together; i++)
        {
            writer.Line($"int {Variable(unit, i)} = {Variable(unit, i - 1)} + lanes;");
        }

        WriteEach(writer, unit, together, unit.Weights);
        WriteEach(writer, unit, together, unit.Activations);
        writer.Line();
        WriteEach(writer, unit, together, unit.Add);
    }

    private static void WriteEach(CodeWriter writer, GpuUnit unit, int together, string text)
    {
        for (int i = 0; i < together; i++)
        {
            writer.Lines(string.Format(CultureInfo.InvariantCulture, text, Variable(unit, i), i));
        }
    }

    private static string Variable(GpuUnit unit, int i) => i == 0 ? unit.Name : unit.Name + i;

    /// <summary>The loops over the units of a row: how many units stand together in one, and where it ends.</summary>
    /// <remarks>
    /// A whole number of rounds of 64 lanes needs no check inside; so it is for fewer lanes, too. Those that fill no loop of the largest size
    /// get one of their own, and what is left then, perhaps less than a round, goes unit by unit.
    /// </remarks>
    private static IEnumerable<(int Together, long End)> Loops(long units, int most)
    {
        long rounds = units / MostLanes;
        int left = (int)(rounds % most);
        if (rounds > left)
        {
            yield return (most, (rounds - left) * MostLanes);
        }

        if (left > 1)
        {
            yield return (left, rounds * MostLanes);
        }

        if (left == 1 || units % MostLanes > 0)
        {
            yield return (1, units);
        }
    }
}

/// <inheritdoc cref="Feature{TInfo}"/>
internal sealed record GpuMatricesInfo(ModelName Model, EquatableArray<GpuMatrix> Matrices) : FeatureInfo(Model);
