using MoeGen.Models;
using MoeGen.Packs;
using MoeGen.Testing;
using MoeGen.Weights;
using MoeGen.Weights.Quantized;

namespace MoeGen.Tests;

/// <summary>The demo model packed with twins, and a checkpoint whose experts have the values that the twins give.</summary>
public sealed class PackedDemo : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public PackedDemo()
    {
        // the generated map of tensors is the model's own affair
        TensorDeclaration[] declarations = (TensorDeclaration[])typeof(Demo).Assembly.GetTypes().Single(type => type.Name == "WeightMap")
            .GetProperty("Tensors")!.GetValue(null)!;
        new ModelPacker(RepositoryFiles.DemoModel, Path, Demo.ModelInfo, declarations, makesTwins: true)
            .Pack(new MoeOptions { Threads = 2 }, CancellationToken.None);
    }

    /// <summary>The packed model.</summary>
    public string Path => _folder["packed"];

    /// <summary>Its file of twins.</summary>
    public string TwinsFile => System.IO.Path.Combine(Path, PackLayout.TwinsFileName);

    /// <summary>Writes the checkpoint whose experts are quantised to Q4 and dequantised.</summary>
    public string WriteQuantised()
    {
        string folder = Directory.CreateDirectory(_folder["quantised"]).FullName;
        string source = System.IO.Path.Combine(RepositoryFiles.DemoModel, "model.safetensors");
        List<(string Name, long[] Shape, float[] Values)> tensors = [];
        foreach (TensorEntry entry in TensorFile.ReadHeader(source).Values)
        {
            float[] values = TensorFile.ReadFloats(source, entry.Name);
            if (entry.Name.Contains(".experts.", StringComparison.Ordinal))
            {
                int columns = (int)entry.Shape[1];
                byte[] blocks = new byte[QuantizedLayout.RowBytes<Q4Block>(columns)];
                for (int first = 0; first < values.Length; first += columns)
                {
                    Assert.Equal(-1, BlockQuantizer.Quantize<Q4Block>(values.AsSpan(first, columns), blocks));
                    BlockQuantizer.Dequantize<Q4Block>(blocks, values.AsSpan(first, columns));
                }
            }

            tensors.Add((entry.Name, [.. entry.Shape], values));
        }

        TensorFile.Write(System.IO.Path.Combine(folder, "model.safetensors"), WeightFormat.BF16, tensors);
        return folder;
    }

    public void Dispose() => _folder.Dispose();
}
