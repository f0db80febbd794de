namespace NetmapCuse.Core.Vale.Guests;

/// <summary>A part of a chain that lies together here.</summary>
internal unsafe struct GuestPiece
{
    internal byte* Data;

    /// <summary>Where that is for the guest.</summary>
    internal ulong Guest;
    internal uint Length;
}
