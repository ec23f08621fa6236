namespace MoeGen.Tokenizers;

/// <summary>Before which pieces Metaspace puts a space that they do not have.</summary>
internal enum PrependScheme
{
    /// <summary>Before every piece.</summary>
    Always,

    /// <summary>Before the piece at the start of the text.</summary>
    First,

    /// <summary>Before none.</summary>
    Never,
}
