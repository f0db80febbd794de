namespace NetmapCuse.Core.Vale.Guests;

/// <summary>A region of guest memory as a front-end describes it.</summary>
/// <param name="Guest">Its address for the guest, as descriptors have it.</param>
/// <param name="Size">Bytes.</param>
/// <param name="User">Its address in the front-end, as the rings' places are told.</param>
/// <param name="Offset">Where it starts in its file.</param>
internal readonly record struct GuestRange(ulong Guest, ulong Size, ulong User, ulong Offset)
{
    /// <summary>Addresses do not wrap round.</summary>
    internal bool IsSound =>
        Guest <= ulong.MaxValue - Size && User <= ulong.MaxValue - Size && Offset <= long.MaxValue - Size && Size <= long.MaxValue;

    internal bool Overlaps(in GuestRange other) =>
        Guest < other.Guest + other.Size && other.Guest < Guest + Size;
}
