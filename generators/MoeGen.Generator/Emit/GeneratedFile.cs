namespace MoeGen.Generator.Emit;

/// <summary>One generated file.</summary>
/// <param name="HintName">Its name, e.g. <c>Olmoe.Layers.g.cs</c>; stable, so that tools find it again.</param>
/// <param name="Text">Its text, with LF line ends, equal to the byte for equal input.</param>
internal sealed record GeneratedFile(string HintName, string Text);
