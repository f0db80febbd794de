namespace NetmapCuse.Core.Transport;

/// <summary>Why a device file cannot be served.</summary>
public enum StartFailure
{
    /// <summary>The kernel lacks FUSE, passthrough or (when forced) io_uring.</summary>
    Kernel,

    /// <summary>There is no usable /dev/fuse.</summary>
    NoFuseDevice,

    /// <summary>No right to mount or to register memory.</summary>
    NoPermission,

    /// <summary>Something that is not ours is at the path.</summary>
    PathTaken,

    /// <summary>A living netmapcuse serves the path.</summary>
    AlreadyServed,

    /// <summary>The io_uring transport is forced but not available.</summary>
    NoUring,

    /// <summary>A system call failed that is not expected to.</summary>
    Other,
}

/// <summary>A device file cannot be served. The message is one line that names the remedy.</summary>
public sealed class StartException(StartFailure failure, string message, Exception? cause = null)
    : Exception(message, cause)
{
    /// <summary>The kind of failure.</summary>
    public StartFailure Failure { get; } = failure;
}
