using NetmapCuse.Core.Abi.Fuse;

namespace NetmapCuse.Core.Transport;

/// <summary>
/// Keeps one reader of the page-cache door free. Executing a call touches packet memory, and a page fault there may wait
/// for a request that some reader has to answer: a page that is being written back, or one that is not there. So all
/// readers but one may execute calls at a time; what the last one reads meanwhile is parked for those.
/// </summary>
internal sealed class ReaderGate(int atOnce)
{
    private readonly Lock _lock = new();
    private readonly Queue<byte[]> _parked = [];
    private int _executing;

    /// <summary>Whether executing such a request may touch packet memory or wait for somebody who does.</summary>
    internal static bool Concerns(FuseOpcode opcode) => opcode is FuseOpcode.Ioctl or FuseOpcode.Poll or FuseOpcode.Open
        or FuseOpcode.Flush or FuseOpcode.Release;

    /// <summary>True: the caller executes the request, then asks for the next. False: somebody else does.</summary>
    internal bool TryEnter(ReadOnlySpan<byte> message)
    {
        lock (_lock)
        {
            if (_executing == atOnce)
            {
                _parked.Enqueue(message.ToArray());
                return false;
            }

            _executing++;
            return true;
        }
    }

    /// <summary>The next request for a caller that has executed one. False: none, go back to reading.</summary>
    internal bool TryNext(Span<byte> buffer, out int length)
    {
        byte[]? message;
        lock (_lock)
        {
            if (!_parked.TryDequeue(out message))
            {
                _executing--;
                length = 0;
                return false;
            }
        }

        message.CopyTo(buffer);
        length = message.Length;
        return true;
    }
}
