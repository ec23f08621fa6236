namespace MoeGen.Weights;

/// <summary>
/// Size of the blocks of FP8 matrices that share a scale: <c>quantization_config.weight_block_size</c> of config.json. Blocks at the right
/// and lower edge may be smaller.
/// </summary>
/// <param name="Rows">Rows of a block, 1 or more.</param>
/// <param name="Columns">Columns of a block, 1 or more.</param>
public readonly record struct Fp8Block(int Rows, int Columns);
