namespace NetmapCuse.Core.Transport;

/// <summary>How requests come from the kernel.</summary>
public enum TransportKind
{
    /// <summary>io_uring where it works, else /dev/fuse.</summary>
    Auto,

    /// <summary>io_uring queues, one thread on each CPU (Linux 6.14), or a refusal to start.</summary>
    Uring,

    /// <summary>Readers of /dev/fuse.</summary>
    Fuse,
}
