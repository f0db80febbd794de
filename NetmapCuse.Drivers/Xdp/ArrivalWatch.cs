using NetmapCuse.Drivers.Interop;

namespace NetmapCuse.Drivers.Xdp;

/// <summary>
/// How one socket is watched: waited for in the kernel, or, from the first frame on until none has come for a while, looked at by
/// the clock. Used under the gate of <see cref="AdapterThread"/>.
/// </summary>
internal sealed class ArrivalWatch
{
    /// <summary>So many looks without a frame, and the socket is waited for again.</summary>
    private const int QuietMax = 20;

    private readonly Epoll _epoll;
    private uint _seen;
    private int _quiet;

    internal ArrivalWatch(XdpSocket socket, ulong key, Epoll epoll)
    {
        Socket = socket;
        Key = key;
        _epoll = epoll;
        epoll.Add(socket.Descriptor.Number, key, onChange: true);
    }

    internal XdpSocket Socket { get; }

    internal ulong Key { get; }

    /// <summary>The kernel does not tell of frames; <see cref="Look"/> does.</summary>
    internal bool IsByClock { get; private set; }

    /// <summary>The kernel has told of frames. Those that were seen before are not news: nobody has read them yet.</summary>
    internal void Begin()
    {
        if (!IsByClock && Socket.Receive.Arrived != _seen)
        {
            _epoll.Remove(Socket.Descriptor.Number);
            IsByClock = true;
            _quiet = 0;
        }
    }

    /// <returns>True when frames have come since the last look.</returns>
    internal bool Look()
    {
        uint arrived = Socket.Receive.Arrived;
        if (arrived != _seen)
        {
            _seen = arrived;
            _quiet = 0;
            return true;
        }

        if (++_quiet == QuietMax)
        {
            IsByClock = false;
            _epoll.Add(Socket.Descriptor.Number, Key, onChange: true);
        }

        return false;
    }

    internal void End()
    {
        if (!IsByClock)
        {
            _epoll.Remove(Socket.Descriptor.Number);
        }
    }
}
