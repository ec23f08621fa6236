using MoeGen.Kernels;

namespace MoeGen.Benchmarks.Attending;

/// <summary>OLMoE-1B-7B: every head has keys and values of its own.</summary>
internal readonly struct OlmoeShape : IAttentionShape
{
    public static int NumHeads => 16;

    public static int NumKeyValueHeads => 16;

    public static int KeyDim => 128;

    public static int ValueDim => 128;

    public static float Scale => 0.08838835f; // 1 / sqrt(128)
}

/// <summary>Qwen3-30B-A3B: eight heads share keys and values.</summary>
internal readonly struct Qwen3Shape : IAttentionShape
{
    public static int NumHeads => 32;

    public static int NumKeyValueHeads => 4;

    public static int KeyDim => 128;

    public static int ValueDim => 128;

    public static float Scale => 0.08838835f; // 1 / sqrt(128)
}

/// <summary>The demo model.</summary>
internal readonly struct DemoShape : IAttentionShape
{
    public static int NumHeads => 3;

    public static int NumKeyValueHeads => 3;

    public static int KeyDim => 64;

    public static int ValueDim => 64;

    public static float Scale => 0.125f; // 1 / sqrt(64)
}
