using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Rings;
using NetmapCuse.Drivers.Common;
using NetmapCuse.Drivers.Packet;

namespace NetmapCuse.Drivers.Xdp;

/// <summary>
/// Which door: AF_XDP where the driver has it and nothing is lost by it, else packet sockets, and never without saying why.
/// </summary>
internal sealed partial class XdpAdapter
{
    /// <summary>How an interface is taken over at best.</summary>
    private const string NativeDoor = "af_xdp native";

    private PacketAttachment? _packets;
    private string? _receiveFallback;
    private string? _sendFallback;
    private bool _isByDriver;

    /// <summary>How the interface is taken over, for status views: and where it is not the best way, why.</summary>
    public string Status
    {
        get
        {
            string? leak = _packets?.Leak;
            string receives = _receiveFallback is { } reason
                ? $"af_packet ({reason}){(leak is null ? string.Empty : $"; the host stack sees received frames, too ({leak})")}"
                : _attachment is null ? "not receiving" : NativeDoor;
            return _sendFallback is { } other && other != _receiveFallback ? $"{receives}; sends by af_packet ({other})" : receives;
        }
    }

    /// <summary>A socket for what a queue receives. Control plane.</summary>
    internal PacketSocket OpenPacketSocket(uint queue) =>
        _namespace.Run(() => PacketSocket.OpenReceive(Device, queue, _open!.Rings.Rx));

    /// <summary>A socket to send by. Control plane.</summary>
    internal PacketSocket OpenPacketSocket() => _namespace.Run(() => PacketSocket.OpenTransmit(Device));

    internal void StartReceiving(uint queue, PacketReceiveQueue receive)
    {
        _packets ??= new PacketAttachment(Name, _namespace, _hooks, Device, _open!.Rings.Rx, _log);
        _thread!.Watch(receive.Socket.Descriptor, AdapterThread.PacketKey + queue);
        _packets.Add(queue);
    }

    internal void StopReceiving(uint queue, PacketReceiveQueue receive)
    {
        _packets?.Remove(queue);
        _thread?.Forget(receive.Socket.Descriptor);
    }

    private void ClosePackets()
    {
        _packets?.Dispose();
        _packets = null;
        _receiveFallback = null;
        _sendFallback = null;
        _isByDriver = false;
    }

    /// <summary>From here on by packet sockets, unless admode wants native adapters only.</summary>
    private bool TryFallBack(string reason)
    {
        bool may = _settings.Choice != AdapterChoice.Native;
        if (may)
        {
            _receiveFallback = reason;
            _sendFallback = reason;
            _log.Warning("{Name} is taken over by af_packet, which copies each frame: {Reason}", Name, reason);
        }
        else
        {
            _log.Warning("{Name}: admode asks for native: {Reason}", Name, reason);
        }

        return may;
    }

    /// <summary>
    /// The XDP program is in the driver; else both directions go by packet sockets from here on: a device that has no XDP is one
    /// of software, and those look at what only packet sockets set (skb->protocol).
    /// </summary>
    /// <exception cref="PosixException">admode wants native and there is none; or EBUSY, EPERM.</exception>
    private bool TryUseDriver()
    {
        if (_attachment is not null || _receiveFallback is not null)
        {
            return _receiveFallback is null;
        }

        string reason = "admode asks for it";
        _attachment = _settings.Choice == AdapterChoice.Generic ? null : _namespace.Run(() => XdpAttachment.TryMake(
            Name, Device, _open!.Rings.Rx, SplitsFrames, _control, out reason));
        if (_attachment is not null)
        {
            return true;
        }

        return TryFallBack(reason) ? false : throw new PosixException($"native XDP on {Name}", Errno.OpNotSupp);
    }

    /// <summary>Once a queue works by the driver.</summary>
    private void TellOfDriver()
    {
        if (!_isByDriver)
        {
            _isByDriver = true;
            _log.Information("{Name} is taken over by {How}", Name, NativeDoor);
        }
    }

    /// <summary>A queue cannot be had by the driver, for want of memory as a rule. Queues that work so go on; else its program goes.</summary>
    private void LeaveDriver()
    {
        if (!_isByDriver)
        {
            _attachment?.Dispose();
            _attachment = null;
        }
    }

    /// <exception cref="PosixException">It cannot be opened at all.</exception>
    private ITransmitQueue OpenTransmit(AdapterRing ring)
    {
        XdpQueuePair pair = _pairs[ring.Number];
        try
        {
            if (_sendFallback is null && (_receiveFallback is not null || MaySendByDriver()))
            {
                return pair.OpenTransmit(ring);
            }
        }
        catch (PosixException failure) when (MayFallBack(failure))
        {
            _sendFallback = FallBack(failure);
        }

        return pair.OpenPacketTransmit(ring);
    }

    /// <summary>Who only sends does not leave a program on the interface.</summary>
    private bool MaySendByDriver()
    {
        bool isReceiving = _attachment is not null;
        bool may = TryUseDriver();
        if (may && !isReceiving)
        {
            _attachment!.Dispose();
            _attachment = null;
        }

        return may;
    }

    /// <returns>The reason.</returns>
    private string FallBack(PosixException failure)
    {
        string reason = failure.Message + Remedy.For(failure);
        _log.Warning("{Name} goes by af_packet, which copies each frame: {Reason}", Name, reason);
        return reason;
    }

    /// <summary>Nothing helps against an interface that is gone; and who asks for native adapters gets no others.</summary>
    private bool MayFallBack(PosixException failure) =>
        _settings.Choice != AdapterChoice.Native && failure.Errno is not (Errno.NoDev or Errno.NxIo);
}
