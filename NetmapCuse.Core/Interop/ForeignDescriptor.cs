namespace NetmapCuse.Core.Interop;

/// <summary>
/// Closes descriptors that somebody else opened. That can be a request to a file system of his, or to this one, for whose answer the
/// thread that closes waits: so it is one that nobody needs.
/// </summary>
internal static class ForeignDescriptor
{
    /// <summary>Threads that may be closing at a time. Honest clients cause none.</summary>
    private const int ClosingMax = 16;

    private static int s_closing;

    /// <summary>So many hang that whoever sends more has to wait for them.</summary>
    internal static bool AreManyClosing => Volatile.Read(ref s_closing) >= ClosingMax;

    internal static void Close(Fd fd)
    {
        if (AreManyClosing)
        {
            fd.Dispose();
            return;
        }

        Interlocked.Increment(ref s_closing);
        Thread closing = new(() =>
        {
            fd.Dispose();
            Interlocked.Decrement(ref s_closing);
        });
        closing.IsBackground = true;
        closing.Start();
    }
}
