using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Rings;
using NetmapCuse.Drivers.Common;
using NetmapCuse.Drivers.Packet;

namespace NetmapCuse.Drivers.Xdp;

/// <summary>Packet sockets, where AF_XDP cannot be had: each direction and queue by itself, and never without saying so.</summary>
internal sealed partial class XdpAdapter
{
    private PacketAttachment? _packets;
    private string? _receiveFallback;
    private string? _sendFallback;

    /// <summary>How the interface is taken over, for status views: and where it is not the best way, why.</summary>
    public string Status
    {
        get
        {
            string? leak = _packets?.Leak;
            string receives = _receiveFallback is { } reason
                ? $"af_packet ({reason}){(leak is null ? string.Empty : $"; the host stack sees received frames, too ({leak})")}"
                : _attachment?.Description ?? "not receiving";
            return _sendFallback is { } other && other != _receiveFallback ? $"{receives}; sends by af_packet ({other})" : receives;
        }
    }

    /// <summary>A socket for what a queue receives. Control plane.</summary>
    internal PacketSocket OpenPacketSocket(uint queue) =>
        _namespace.Run(() => PacketSocket.OpenReceive(_device, queue, _open!.Rings.Rx));

    /// <summary>A socket to send by. Control plane.</summary>
    internal PacketSocket OpenPacketSocket() => _namespace.Run(() => PacketSocket.OpenTransmit(_device));

    internal void StartReceiving(uint queue, PacketReceiveQueue receive)
    {
        _packets ??= new PacketAttachment(Name, _namespace, _device, _open!.Rings.Rx, _log);
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

    /// <exception cref="PosixException">It cannot be opened at all.</exception>
    private ITransmitQueue OpenTransmit(AdapterRing ring)
    {
        XdpQueuePair pair = _pairs[ring.Number];
        try
        {
            if (_sendFallback is null)
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
