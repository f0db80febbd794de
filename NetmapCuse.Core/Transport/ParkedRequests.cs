using NetmapCuse.Core.Interop;

namespace NetmapCuse.Core.Transport;

/// <summary>
/// Requests on their way from the pager to the daemon, over a pipe. Never waits: the daemon may not read for a while.
/// </summary>
/// <param name="pipe">The way; stays its owner's.</param>
internal sealed class ParkedRequests(Fd pipe)
{
    // A pipe that is ready takes as much without waiting (pipe(7), PIPE_BUF).
    private const int BytesAtOnce = 4096;

    private readonly Queue<byte[]> _messages = [];
    private readonly DescriptorPoll[] _room = [new DescriptorPoll(pipe, DescriptorPoll.Out)];
    private int _sent;

    internal bool IsEmpty => _messages.Count == 0;

    internal void Add(ReadOnlySpan<byte> message) => _messages.Enqueue(message.ToArray());

    /// <summary>Sends what fits.</summary>
    internal void Send()
    {
        while (_messages.TryPeek(out byte[]? message))
        {
            DescriptorPoll.Wait(_room, 0);
            if (!_room[0].IsReady)
            {
                return;
            }

            int length = Math.Min(message.Length - _sent, BytesAtOnce);
            if (Libc.TryWrite(pipe, message.AsSpan(_sent, length)) != 0)
            {
                // Nobody reads it any more.
                _messages.Clear();
                _sent = 0;
                return;
            }

            _sent += length;
            if (_sent == message.Length)
            {
                _messages.Dequeue();
                _sent = 0;
            }
        }
    }
}
