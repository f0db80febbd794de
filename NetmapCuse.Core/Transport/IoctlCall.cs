namespace NetmapCuse.Core.Transport;

/// <summary>An ioctl in progress. Lives on the stack of the thread that received it.</summary>
public ref struct IoctlCall
{
    private readonly IDeferrer? _deferrer;

    internal IoctlCall(ulong handle, uint command, ulong argument, Span<byte> data, in Caller caller, IDeferrer? deferrer)
    {
        Handle = handle;
        Command = command;
        Argument = argument;
        Data = data;
        Caller = caller;
        _deferrer = deferrer;
    }

    /// <summary>The open file.</summary>
    public ulong Handle { get; }

    /// <summary>The ioctl number, all 32 bits.</summary>
    public uint Command { get; }

    /// <summary>The third argument of ioctl() as the caller gave it.</summary>
    public ulong Argument { get; }

    /// <summary>The argument structure, _IOC_SIZE bytes, edited in place; what is here at the end goes back to the caller.</summary>
    public Span<byte> Data { get; }

    /// <summary>Who calls.</summary>
    public Caller Caller { get; }

    /// <summary>False for a call that did not come through a transport: it can only be answered at once.</summary>
    internal bool CanDefer => _deferrer is not null;

    /// <summary>True once <see cref="Defer"/> was called.</summary>
    public bool IsDeferred { get; private set; }

    /// <summary>Lets the receiving thread go on; the call is answered later, from any thread, exactly once.</summary>
    /// <returns>Null when too many calls are deferred already: answer now (EAGAIN).</returns>
    public DeferredReply? Defer()
    {
        DeferredReply? reply = _deferrer?.Defer(Data);
        IsDeferred = reply is not null;
        return reply;
    }
}

/// <summary>Made by the transport for the call that its thread is executing.</summary>
internal interface IDeferrer
{
    DeferredReply? Defer(ReadOnlySpan<byte> data);
}

/// <summary>The answer to a call that was deferred.</summary>
public abstract class DeferredReply
{
    /// <summary>A copy of the argument structure; edit it before <see cref="Complete"/>.</summary>
    public abstract byte[] Data { get; }

    /// <summary>
    /// Set once when the caller was interrupted by a signal or is dying (FUSE_INTERRUPT), or when the device file is no
    /// longer served. Then end early, with EINTR. What is registered here runs on a serving thread: keep it short.
    /// </summary>
    public abstract CancellationToken Interrupted { get; }

    /// <summary>Answers: 0 or more, or a negative errno. Does nothing once the connection has ended.</summary>
    /// <exception cref="InvalidOperationException">It was answered already.</exception>
    public abstract void Complete(int result);
}
