namespace MoeGen.Generator.Spec;

/// <summary>
/// The stack of layers that reads the input of a model with an encoder; sizes, norms and embedding are those of the model. Immutable,
/// value-equal; adding a member must keep both.
/// </summary>
/// <param name="Kinds">The distinct kinds of layer, in order of first appearance.</param>
/// <param name="LayerKinds">For every layer the index of its kind.</param>
/// <param name="Tensors">Names of the tensors.</param>
/// <param name="DecoderStartTokenId">Token from which the decoder starts to write.</param>
internal sealed record EncoderSpec(
    EquatableArray<LayerKindSpec> Kinds, EquatableArray<int> LayerKinds, TensorNames Tensors, int DecoderStartTokenId);
