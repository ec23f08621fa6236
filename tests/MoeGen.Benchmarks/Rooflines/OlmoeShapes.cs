using MoeGen.Experts;
using MoeGen.Kernels;

namespace MoeGen.Benchmarks.Rooflines;

/// <summary>Sizes of OLMoE-1B-7B, as its published config.json has them.</summary>
internal static class Olmoe
{
    public const int HiddenSize = 2048;
    public const int ExpertIntermediateSize = 1024;
    public const int NumExperts = 64;
    public const int TopK = 8;
    public const int VocabSize = 50304;
    public const int NumHeads = 16;
    public const int HeadDim = 128;
    public const int NumLayers = 16;
    public const float RmsNormEpsilon = 1e-5f;
    public const double RopeTheta = 10000;
}

/// <summary>Queries, keys, values, or the way back to the residual stream.</summary>
internal readonly struct ProjectionShape : IMatrixShape
{
    public static int Rows => Olmoe.HiddenSize;

    public static int Columns => Olmoe.HiddenSize;
}

/// <summary>A score for each expert.</summary>
internal readonly struct RouterShape : IMatrixShape
{
    public static int Rows => Olmoe.NumExperts;

    public static int Columns => Olmoe.HiddenSize;
}

/// <summary>A score for each token of the vocabulary.</summary>
internal readonly struct HeadShape : IMatrixShape
{
    public static int Rows => Olmoe.VocabSize;

    public static int Columns => Olmoe.HiddenSize;
}

/// <summary>Gate, or up, of an expert.</summary>
internal readonly struct ExpertUpShape : IMatrixShape
{
    public static int Rows => Olmoe.ExpertIntermediateSize;

    public static int Columns => Olmoe.HiddenSize;
}

/// <summary>Down of an expert.</summary>
internal readonly struct ExpertDownShape : IMatrixShape
{
    public static int Rows => Olmoe.HiddenSize;

    public static int Columns => Olmoe.ExpertIntermediateSize;
}

/// <summary>An expert as the generator would write it, for any format.</summary>
internal readonly struct OlmoeExpert<TFormat> : IGatedExpert<OlmoeExpert<TFormat>, ExpertUpShape, ExpertDownShape, TFormat>
    where TFormat : struct, IWeightFormat
{
    private readonly ExpertSlot _slot;

    private OlmoeExpert(ExpertSlot slot) => _slot = slot;

    public static long SizeInBytes => (2 * Matrix<ExpertUpShape, TFormat>.SizeInBytes) + Matrix<ExpertDownShape, TFormat>.SizeInBytes;

    public Matrix<ExpertUpShape, TFormat> GateProj => _slot.Matrix<ExpertUpShape, TFormat>(0);

    public Matrix<ExpertUpShape, TFormat> UpProj => _slot.Matrix<ExpertUpShape, TFormat>(Matrix<ExpertUpShape, TFormat>.SizeInBytes);

    public Matrix<ExpertDownShape, TFormat> DownProj =>
        _slot.Matrix<ExpertDownShape, TFormat>(2 * Matrix<ExpertUpShape, TFormat>.SizeInBytes);

    public static OlmoeExpert<TFormat> At(ExpertSlot slot) => new(slot);
}
