using NetmapCuse.Drivers.Interop;
using NetmapCuse.Drivers.Xdp;

namespace NetmapCuse.Drivers.Common;

/// <summary>
/// How the socket of one receive queue is watched: waited for in the kernel, or, from the first frame on until none has come for a while, looked at by
/// the clock. Used under the gate of <see cref="AdapterThread"/>.
/// </summary>
internal sealed class ArrivalWatch
{
    /// <summary>So many looks without a frame, and the socket is waited for again.</summary>
    private const int QuietMax = 20;

    private readonly Epoll _epoll;
    private uint _seen;
    private int _quiet;

    internal ArrivalWatch(XdpReceiveQueue queue, ulong key, Epoll epoll)
    {
        Queue = queue;
        Key = key;
        _epoll = epoll;
        Wait();
    }

    internal XdpReceiveQueue Queue { get; }

    internal ulong Key { get; }

    /// <summary>The kernel does not tell of frames; <see cref="Look"/> does.</summary>
    internal bool IsByClock => Queue.IsByClock;

    private XdpRing Ring => Queue.Socket.Receive;

    /// <summary>The kernel has told of frames. Those that were seen before are not news: nobody has read them yet.</summary>
    internal void Begin()
    {
        if (!IsByClock && Ring.Arrived != _seen)
        {
            UseClock();
        }
    }

    /// <summary>Goes by the clock while many frames are sent.</summary>
    internal void Follow()
    {
        if (Queue.TakeWish())
        {
            _quiet = 0;
            if (!IsByClock)
            {
                UseClock();
            }
        }
    }

    /// <returns>True when frames have come since the last look.</returns>
    internal bool Look()
    {
        uint arrived = Ring.Arrived;
        if (Ring.Count != 0)
        {
            Queue.Show();
        }

        if (arrived != _seen)
        {
            _seen = arrived;
            _quiet = 0;
            return true;
        }

        if (++_quiet == QuietMax)
        {
            Queue.IsByClock = false;
            Wait();
        }

        return false;
    }

    /// <summary>The kernel tells of nothing any more.</summary>
    internal void End()
    {
        if (!IsByClock)
        {
            _epoll.Remove(Queue.Socket.Descriptor.Number);
        }
    }

    private void UseClock()
    {
        End();
        Queue.IsByClock = true;
        _quiet = 0;
    }

    private void Wait() => _epoll.Add(Queue.Socket.Descriptor.Number, Key, onChange: true);
}
