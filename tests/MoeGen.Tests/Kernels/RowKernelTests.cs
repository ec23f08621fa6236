using MoeGen.Engine;
using MoeGen.Kernels;

namespace MoeGen.Tests.Kernels;

/// <summary>Kernels over rows of activations: views, rows in place, scales, and the share of the workers.</summary>
public unsafe class RowKernelTests
{
    [Fact]
    public void RmsNormInPlace_OfSomeColumns_LeavesTheOthers()
    {
        // columns 1 and 2 of (7, 1, 3, 9): mean(1, 9) = 5, with epsilon 4 the scale is 1/3
        using NativeFloats memory = NativeFloats.Rows([[7, 1, 3, 9], [7, 3, 1, 9]], 4, out Activations x);
        using NativeFloats w = new([3f, 6f]);
        Activations view = x.Columns(1, 2);
        Run(worker => RmsNorm.Normalize(view, new WeightVector(w.Pointer, 2), 4, view, 2, worker));
        Close.Assert([7, 1, 6, 9], x[0], "row 0");
        Close.Assert([7, 3, 2, 9], x[1], "row 1");
        Assert.Equal([3f, 2f], view.Skip(1)[0].ToArray());
    }

    [Fact]
    public void RmsNormOfHeadsWithoutWeights_ByHand()
    {
        // heads (1, 3) and (3, 1): scale 1/3; heads of zeros stay zeros
        using NativeFloats memory = NativeFloats.Rows([[1, 3, 3, 1], [0, 0, 2, 4]], 4, out Activations x);
        Run(worker => RmsNorm.NormalizeHeads(x, 4, 2, 2, worker));
        Close.Assert([1 / 3.0, 1, 1, 1 / 3.0], x[0], "row 0");
        Close.Assert([0, 0, 2 / Math.Sqrt(14), 4 / Math.Sqrt(14)], x[1], "row 1");
    }

    [Fact]
    public void LayerNorm_MayWriteWhereItReads()
    {
        using NativeFloats memory = NativeFloats.Rows([[1, 3, 5], [5, 3, 1]], 3, out Activations x);
        using NativeFloats w = new([1f, 1f, 2f]), b = new([0f, 1f, 0f]);
        Run(worker => LayerNorm.Normalize(x, new WeightVector(w.Pointer, 3), new WeightVector(b.Pointer, 3), 4f / 3, x, 2, worker));
        Close.Assert([-1, 1, 2], x[0], "row 0");
        Close.Assert([1, 1, -2], x[1], "row 1");
        Assert.Equal(0, *(x.Row(0) + 3));
    }

    [Fact]
    public void ClampAndMultiply_ByHand()
    {
        using NativeFloats memory = NativeFloats.Rows([[-9, 2, 9], [1, -2, 3]], 3, out Activations x);
        Run(worker =>
        {
            Elementwise.Clamp(x, 8, 2, worker);
            Elementwise.Multiply(x, 0.5f, 2, worker);
        });
        Assert.Equal([-4f, 1f, 4f], x[0].ToArray());
        Assert.Equal([0.5f, -1f, 1.5f], x[1].ToArray());
        using NativeFloats nan = NativeFloats.Rows([[float.NaN]], 1, out Activations y);
        Run(worker => Elementwise.Clamp(y, 8, 1, worker));
        Assert.True(float.IsNaN(y[0][0]));
    }

    [Fact]
    public void QueryTemperature_GrowsInSteps()
    {
        // floor scale 4: positions 2, 3 and 11 are in steps 0, 1 and 3, so 1 + 0.1 ln 1, 1 + 0.1 ln 2 and 1 + 0.1 ln 4
        using NativeFloats memory = NativeFloats.Rows([[1, 2], [1, 2], [1, 2]], 2, out Activations x);
        Run(worker => QueryTemperature.Scale(x, 0.1f, 4, 2, 2, worker));
        Run(worker => QueryTemperature.Scale(x.Skip(2), 0.1f, 4, 11, 1, worker));
        Close.Assert([1, 2], x[0], "position 2");
        Close.Assert([1.0693147, 2.1386294], x[1], "position 3");
        Close.Assert([1.1386294, 2.2772589], x[2], "position 11");
    }

    [Fact]
    public void Embedding_IsScaled()
    {
        using NativeMatrix<Shape3x2, F32> weight = new(new Random(1));
        using NativeFloats memory = NativeFloats.Rows([[0, 0], [0, 0]], 2, out Activations hidden);
        Run(worker => Embedding.Lookup(weight.Matrix, [2, 0], hidden, worker, scale: 12));
        Close.Assert([.. weight.Values[2].Select(v => v * 12.0)], hidden[0], "token 2");
        Close.Assert([.. weight.Values[0].Select(v => v * 12.0)], hidden[1], "token 0");
    }

    // with more workers than tokens, too
    private static void Run(Action<Worker> work)
    {
        using WorkerTeam team = new(3);
        team.Run(work);
    }

    private readonly struct Shape3x2 : IMatrixShape
    {
        public static int Rows => 3;

        public static int Columns => 2;
    }
}
