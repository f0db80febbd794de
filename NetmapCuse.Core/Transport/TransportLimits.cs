namespace NetmapCuse.Core.Transport;

/// <summary>Sizes that both sides of the connection have to agree on.</summary>
internal static class TransportLimits
{
    internal const int PageSize = 4096;

    /// <summary>
    /// max_pages of the answer to INIT. Five pages hold the largest argument that the number of an ioctl can express
    /// (16383 bytes) and the structure in front of it.
    /// </summary>
    internal const int PagesMax = 5;

    /// <summary>max_write of the answer to INIT; writes are refused anyway.</summary>
    internal const int WriteMax = PageSize;

    /// <summary>max_pages and max_write of the page-cache door: as much as a write-back brings at once.</summary>
    internal const int WriteBackPages = 64;

    /// <summary>The payload of a ring entry: the kernel wants at least max(max_write, max_pages, 8192 bytes).</summary>
    internal const int PayloadSize = PagesMax * PageSize;

    /// <summary>A request or reply as a whole: payload, headers, and some to spare.</summary>
    internal const int BufferSize = PayloadSize + PageSize;

    /// <summary>The same with a write-back in it.</summary>
    internal const int WriteBackBufferSize = (WriteBackPages * PageSize) + PageSize;
}
