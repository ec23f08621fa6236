namespace MoeGen.Experts.Cache;

/// <summary>An expert on its way into the cache.</summary>
internal struct CopyRequest
{
    public CopyPriority Priority;
    public float Probability; // of being used, where it is a prefetch
    public long Pass; // pass of the prediction, where it is a prefetch
    public long Order; // of urgent requests and swaps: first come, first served
    public int Slot; // None until the first piece is taken
    public int NumTaken; // pieces that a reader has begun
    public int NumDone; // pieces that have been read
    public bool IsPrefetched; // a prefetch began it, whatever it has become
    public bool IsTwin; // the twin of the expert is copied in its place
    public bool IsSwap; // a selection has asked for it, which alone may use it
    public bool IsAbandoned; // nobody wants it any more; it ends when its last reader is back
    public bool IsOutbid; // a prefetch that is worth less than anything it could displace
    public bool IsBroken; // a piece could not be read

    public readonly bool IsUrgent => Priority <= CopyPriority.LookAhead;

    public readonly bool IsInFlight => NumTaken > NumDone;
}

/// <summary>A piece of an expert that a reader is to read.</summary>
/// <param name="Key">The expert.</param>
/// <param name="Piece">0-based piece.</param>
/// <param name="Slot">Where it goes.</param>
/// <param name="Priority">Why it is read.</param>
/// <param name="IsTwin">Whether it is a piece of the expert's twin.</param>
internal readonly record struct CopyPiece(int Key, int Piece, int Slot, CopyPriority Priority, bool IsTwin = false);
