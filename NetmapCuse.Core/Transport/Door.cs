namespace NetmapCuse.Core.Transport;

/// <summary>What clients open, and whose pages they get when they map it (reference/front-door.md section 1).</summary>
public enum Door
{
    /// <summary>Passthrough where it works, else the page cache.</summary>
    Auto,

    /// <summary>A FUSE file; mmap gives the pages of the daemon's memfd (Linux 6.9).</summary>
    Passthrough,

    /// <summary>A FUSE file; mmap gives the pages of its page cache, which the daemon maps too.</summary>
    PageCache,

    /// <summary>A character device made by the kernel; programs need a preloaded library for mmap.</summary>
    Cuse,
}
