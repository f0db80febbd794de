using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Rings;
using NetmapCuse.Drivers.Common;
using NetmapCuse.Drivers.Interop;
using Serilog;

namespace NetmapCuse.Drivers.Xdp;

/// <summary>
/// A Linux interface taken over with AF_XDP: an XDP program on it passes each queue's frames to a socket of ours; with AF_PACKET
/// where that cannot be had. Everything is a descriptor, so that the interface is the host's again when they are closed, by
/// whatever end of the daemon.
/// </summary>
internal sealed partial class XdpAdapter : IAdapter
{
    private const uint QueuesMax = 64;
    private const uint SlotsMin = 3;

    /// <summary>Rings of AF_XDP need not be as long as the device's; more would not fit in the ring objects of the global region.</summary>
    private const uint SlotsMax = 2048;

    /// <summary>Where frames are split over several buffers, and how long such a piece is.</summary>
    private const uint PieceBytes = 2048;

    /// <summary>What comes on top of the MTU: Ethernet header and a VLAN tag.</summary>
    private const uint HeaderBytes = 18;

    private const uint NotifyMin = 32768;

    private readonly AdapterSettings _settings;
    private readonly NetworkNamespace _namespace;
    private readonly InterfaceControl _control;
    private readonly ILogger _log;
    private readonly TrafficHooks _hooks;
    private readonly AdapterProperties _first;
    private readonly TapStack _stack;
    private readonly bool _canHost;
    private XdpQueuePair[] _pairs = [];
    private AdapterProperties? _open;
    private Region? _region;
    private IAdapterEvents? _events;
    private LinkWatch? _link;
    private AdapterThread? _thread;
    private XdpAttachment? _attachment;
    private volatile string _name;
    private volatile bool _isUp;
    private volatile bool _isRunning;
    private bool _hasStack;
    private uint _mtu;
    private bool _isGone;

    /// <param name="device">Number of the interface: what it is, whatever it is called.</param>
    /// <param name="name">What it is called.</param>
    /// <param name="settings">Parameters.</param>
    /// <param name="place">The namespace that it is in; ends with the adapter.</param>
    /// <param name="control">Asks for interfaces in that namespace; ends with the adapter.</param>
    /// <param name="hooks">How what the host sends is caught.</param>
    /// <param name="log">Where it is told how the interface is taken over, and why not.</param>
    internal XdpAdapter(
        int device, string name, AdapterSettings settings, NetworkNamespace place, InterfaceControl control, TrafficHooks hooks,
        ILogger log)
    {
        Device = device;
        _name = name;
        _hooks = hooks;
        _settings = settings;
        _namespace = place;
        _control = control;
        _log = log;
        _stack = new TapStack(name, place, control, hooks, log);
        _canHost = _stack.IsPossible(out string reason);
        if (!_canHost)
        {
            log.Warning("{Name} has no host rings, and what the host sends on it passes by: {Reason}", name, reason);
        }

        _first = Look();
    }

    public int Device { get; }

    /// <summary>What it is called now, as far as is known.</summary>
    internal string Name => _name;

    internal bool IsUp => _isUp;

    /// <summary>Frames may take several buffers.</summary>
    internal bool SplitsFrames { get; private set; }

    public AdapterProperties Properties => _open ?? LookAgain();

    public IHostStack? Host => _canHost ? _stack : null;

    /// <summary>The device sends; otherwise it swallows frames.</summary>
    internal bool HasLink => _isUp && _isRunning;

    public int Open(Region region, IAdapterEvents events)
    {
        uint bufferSize = region.Layout.Buffer.ObjectSize;
        if (!XdpSocket.Fits(bufferSize) && !TryFallBack($"AF_XDP needs buffers of 1792 to 3840 bytes, buf_size is {bufferSize}"))
        {
            return Errno.Inval;
        }

        int error = Try("open", () =>
        {
            _open = Look();
            _region = region;
            _events = events;
            _isGone = false;
            SplitsFrames = _open.Mtu + HeaderBytes > bufferSize;
            ushort flags = _control.Flags(Name);
            _isUp = (flags & InterfaceControl.Up) != 0;
            _isRunning = (flags & InterfaceControl.Running) != 0;
            _mtu = _open.Mtu;
            uint queues = Math.Max(_open.Rings.Rx, _open.Rings.Tx);
            _pairs = [.. Enumerable.Range(0, (int)queues).Select(queue => new XdpQueuePair(this, (uint)queue, _log))];
            _link = _namespace.Run(() => new LinkWatch(Device));
            _thread = new AdapterThread(this, _link, PauseMicroseconds());
            OpenStack();
            _thread.Start();
        });
        if (error != Errno.Ok)
        {
            Close();
        }

        return error;
    }

    public int OpenTransmit(AdapterRing ring, out ITransmitQueue? queue)
    {
        ITransmitQueue? made = null;
        queue = null;
        if (!HasQueue(ring))
        {
            return Errno.NxIo;
        }

        int error = Try("send by", () =>
        {
            made = OpenTransmit(ring);
            if (_hasStack)
            {
                _stack.Intercept();
            }
        });
        queue = made;
        return error;
    }

    public int OpenReceive(AdapterRing ring, SlotBatch slots, out IReceiveQueue? queue)
    {
        queue = null;
        if (!HasQueue(ring))
        {
            return Errno.NxIo;
        }

        XdpQueuePair pair = _pairs[ring.Number];
        try
        {
            bool byDriver = TryUseDriver();
            queue = byDriver ? pair.OpenReceive(ring, slots) : pair.OpenPacketReceive(ring);
            if (byDriver)
            {
                TellOfDriver();
            }

            return Errno.Ok;
        }
        catch (PosixException failure) when (_receiveFallback is not null || !MayFallBack(failure))
        {
            return Explain("receive from", failure);
        }
        catch (PosixException failure)
        {
            LeaveDriver();
            _receiveFallback = FallBack(failure);
            return OpenReceive(ring, slots, out queue);
        }
    }

    public void Close()
    {
        _stack.Dispose();
        _thread?.Dispose();
        _thread = null;
        _link?.Dispose();
        _link = null;
        _attachment?.Dispose();
        _attachment = null;
        ClosePackets();
        _pairs = [];
        _hasStack = false;
        _region = null;
        _events = null;
        _open = null;
    }

    public void Dispose()
    {
        Close();
        _control.Dispose();
        _namespace.Dispose();
    }

    /// <summary>A socket for a queue. Control plane.</summary>
    internal XdpSocket OpenSocket(uint queue)
    {
        uint slots = Math.Max(_open!.Rings.RxSlots, _open.Rings.TxSlots);
        XdpSocket socket = _namespace.Run(() => XdpSocket.Open(_region!, Device, queue, slots));
        if (SplitsFrames && !socket.Joins)
        {
            socket.Dispose();
            throw new PosixException("receiving frames of several buffers (Linux 6.6 is needed)", Errno.OpNotSupp);
        }

        return socket;
    }

    /// <summary>Frames of a queue come to its socket from here on; the program is on the interface.</summary>
    internal void StartReceiving(uint queue, XdpReceiveQueue receive)
    {
        _thread!.Watch(receive, AdapterThread.ReceiveKey + queue);
        _attachment!.Add(queue, receive.Socket.Descriptor);
    }

    internal void StopReceiving(uint queue, XdpReceiveQueue receive)
    {
        _attachment?.Remove(queue);
        if (!Array.Exists(_pairs, pair => pair.IsReceiving))
        {
            _attachment?.Dispose();
            _attachment = null;
        }

        _thread?.Forget(receive);
    }

    internal void StopTransmitting()
    {
        if (!Array.Exists(_pairs, pair => pair.IsTransmitting))
        {
            _stack.StopIntercepting();
        }
    }

    /// <summary>A TX queue has frames that the device did not take. From any thread.</summary>
    internal void TellPending() => _thread?.Signal();

    /// <summary>Frames have arrived. From the thread.</summary>
    internal void Arrived(ulong key)
    {
        uint number = (uint)(key & 0xffff);
        if ((key & AdapterThread.HostKey) != 0)
        {
            _stack.Arrived(number);
            _events!.HostFrames(number);
        }
        else if (number < _pairs.Length)
        {
            if ((key & AdapterThread.PacketKey) != 0)
            {
                _pairs[number].PacketsArrived();
            }

            _pairs[number].ReceiveRing?.Notify();
        }
    }

    /// <summary>Tries again to send. From the thread.</summary>
    /// <returns>True when it has to be tried once more.</returns>
    internal bool Retry()
    {
        bool isPending = false;
        foreach (XdpQueuePair pair in _pairs)
        {
            if (pair.Transmit is { IsPending: true } queue)
            {
                if (queue.Retry())
                {
                    queue.Ring.Notify();
                }

                isPending |= queue.IsPending;
            }
        }

        return isPending;
    }

    /// <summary>Something has happened to the link. From the thread.</summary>
    internal void ReadLink()
    {
        if (!_link!.TryRead(out LinkWatch.Event news, out bool missed) && !missed)
        {
            return;
        }

        if (missed)
        {
            // What was lost may be anything: the interface says itself what it is now.
            bool isThere = _control.Name(Device) is not null;
            news = isThere ? Ask() : new LinkWatch.Event(true, false, false, 0, null);
        }

        if (news.IsGone)
        {
            Lose();
            return;
        }

        if (news.Name is { } name && name != _name)
        {
            UseName(name);
            _events!.Renamed(name);
        }

        _isUp = news.IsUp;
        if (news.Mtu != 0 && news.Mtu != _mtu && _hasStack)
        {
            _mtu = news.Mtu;
            _stack.UseMtu(_mtu);
        }

        if (news.IsRunning != _isRunning)
        {
            _isRunning = news.IsRunning;
            _events!.LinkChanged(_isRunning);
        }
    }

    /// <summary>The interface may have lost queues since it was asked how many it has.</summary>
    private bool HasQueue(AdapterRing ring)
    {
        if (ring.Number < _pairs.Length)
        {
            return true;
        }

        _log.Warning("{Name} has {Count} queues now, not one with number {Queue}: open it again", Name, _pairs.Length, ring.Number);
        return false;
    }

    private LinkWatch.Event Ask()
    {
        try
        {
            string name = NameNow();
            ushort flags = _control.Flags(name);
            bool isRunning = (flags & InterfaceControl.Running) != 0;
            return new LinkWatch.Event(false, (flags & InterfaceControl.Up) != 0, isRunning, _control.Mtu(name), name);
        }
        catch (PosixException)
        {
            return new LinkWatch.Event(true, false, false, 0, null);
        }
    }

    /// <summary>
    /// The interface is gone, or in another namespace, where it goes on living, and its traffic must not end here: everything
    /// of ours comes off it.
    /// </summary>
    private void Lose()
    {
        if (!_isGone)
        {
            _isGone = true;
            _isUp = false;
            _attachment?.Detach();
            _packets?.Detach();
            _stack.StopIntercepting();
            _events!.Gone();
        }
    }

    private void UseName(string name)
    {
        _name = name;
        _stack.Name = name;
    }

    /// <summary>What the interface is called now.</summary>
    /// <exception cref="PosixException">It is gone.</exception>
    private string NameNow() => _control.Name(Device) ?? throw new PosixException($"finding {Name}", Errno.NxIo);

    private uint PauseMicroseconds() =>
        !_settings.Mitigates || _settings.GenericNotifyNanoseconds < NotifyMin ? 0 : _settings.GenericNotifyNanoseconds / 1000;

    private AdapterProperties LookAgain()
    {
        try
        {
            return Look();
        }
        catch (PosixException)
        {
            // The interface is gone, or renamed: Open says so.
            return _first;
        }
    }

    private AdapterProperties Look()
    {
        UseName(NameNow());
        (uint rxQueues, uint txQueues) = _control.Channels(Name) ?? (1, 1);
        (uint rxSlots, uint txSlots) = _control.RingSizes(Name) ?? (0, 0);
        uint Slots(uint told) => Math.Min(told >= SlotsMin ? told : Math.Max(_settings.GenericSlots, SlotsMin), SlotsMax);
        return new AdapterProperties
        {
            Rings = new PortRings(
                Math.Clamp(txQueues, 1, QueuesMax), Math.Clamp(rxQueues, 1, QueuesMax), Slots(txSlots), Slots(rxSlots)),
            Mtu = _control.Mtu(Name),
            ReceiveBufferMax = PieceBytes,
            SplitsFrames = true,
            HostRings = _canHost ? 1u : 0,
        };
    }

    /// <summary>Host rings that cannot be had do not keep the interface from being used.</summary>
    private void OpenStack()
    {
        if (!_canHost)
        {
            return;
        }

        try
        {
            _stack.Open(Device, _thread!);
            _hasStack = true;
        }
        catch (PosixException failure)
        {
            _log.Warning(
                "{Name}: host rings stay empty, and what the host sends passes by: {Reason}{Remedy}",
                Name, failure.Message, Remedy.For(failure));
        }
    }

    private int Try(string what, Action action)
    {
        try
        {
            action();
            return Errno.Ok;
        }
        catch (PosixException failure)
        {
            return Explain(what, failure);
        }
    }

    private int Explain(string what, PosixException failure)
    {
        _log.Warning("Cannot {What} {Name}: {Reason}{Remedy}", what, Name, failure.Message, Remedy.For(failure));
        return failure.Errno switch
        {
            Remedy.NoBufferSpace => Errno.NoMem,
            Errno.NoDev => Errno.NxIo,

            // Somebody else's XDP program, of the other kind.
            Errno.Exist => Errno.Busy,
            _ => failure.Errno,
        };
    }
}
