using System.Collections.Concurrent;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Ports;

namespace NetmapCuse.Tests.Adapters;

/// <summary>A host stack that is a list of what it got, and sends what a test tells it to.</summary>
internal sealed class MemoryHost(MemoryAdapter adapter) : IHostStack
{
    private const int BacklogMax = 1024;

    private ConcurrentQueue<byte[]>[] _sent = [new()];

    /// <summary>What the stack received: through host TX rings, forwarded, or straight from the interface.</summary>
    internal ConcurrentQueue<byte[]> Received { get; } = new();

    /// <summary>Frames that found no room on their way to a host RX ring.</summary>
    internal int Dropped { get; private set; }

    /// <summary>The stack sends a frame by TX queue <paramref name="queue"/>: to a host ring when the program has that queue, else out.</summary>
    internal void Send(byte[] frame, uint queue = 0)
    {
        if (!adapter.HasTransmitQueue(queue))
        {
            adapter.SendOut(frame, queue);
            return;
        }

        uint ring = queue % (uint)_sent.Length;
        if (_sent[ring].Count < BacklogMax)
        {
            _sent[ring].Enqueue(frame);
        }
        else
        {
            Dropped++;
        }

        adapter.Later(events => events.HostFrames(ring));
    }

    /// <summary>As if the MTU were this less an Ethernet header.</summary>
    public uint LongestFrame { get; set; } = 1514;

    public void Deliver(ReadOnlySpan<IoVector> frame) => Received.Enqueue(Gather.ToArray(frame));

    public int TryTake(uint ring, ReadOnlySpan<IoVector> room)
    {
        while (_sent[ring].TryDequeue(out byte[]? frame))
        {
            if (Gather.TryFill(room, frame))
            {
                return frame.Length;
            }

            Dropped++;
        }

        return 0;
    }

    public bool HasFrames(uint ring) => !_sent[ring].IsEmpty;

    public void Spread(uint rings) => _sent = [.. Enumerable.Range(0, (int)Math.Max(rings, 1)).Select(_ => new ConcurrentQueue<byte[]>())];
}
