namespace MoeGen.Tokenizers;

/// <summary>The normalization forms of Unicode Standard Annex 15.</summary>
internal enum UnicodeForm
{
    Nfc,
    Nfd,
    Nfkc,
    Nfkd,
}
