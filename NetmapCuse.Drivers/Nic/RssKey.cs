namespace NetmapCuse.Drivers.Nic;

/// <summary>
/// The key of the Toeplitz hash by which chips spread flows: 16 bits over and over, so that both directions of a flow have the same
/// hash and come to the same queue.
/// </summary>
internal static class RssKey
{
    private const uint Half = 0x5a6d;

    internal static ReadOnlySpan<uint> Words => s_words;

    private static readonly uint[] s_words = [.. Enumerable.Repeat((Half << 16) | Half, 10)];
}
