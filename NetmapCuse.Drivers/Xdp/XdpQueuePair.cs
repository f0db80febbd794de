using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Rings;
using NetmapCuse.Drivers.Common;
using NetmapCuse.Drivers.Packet;
using Serilog;

namespace NetmapCuse.Drivers.Xdp;

/// <summary>
/// One queue of an interface, with the socket that its RX and TX ring share, or with packet sockets where that cannot be had.
/// Control plane, but for what the queues read.
/// </summary>
internal sealed class XdpQueuePair(XdpAdapter adapter, uint queue, ILogger log)
{
    private XdpReceiveQueue? _receive;
    private PacketReceiveQueue? _packetReceive;
    private volatile XdpTransmitQueue? _transmit;
    private volatile PacketTransmitQueue? _packetTransmit;

    /// <summary>Null while neither ring is open.</summary>
    internal XdpSocket? Socket { get; private set; }

    /// <summary>The ring to tell of received frames. From any thread.</summary>
    internal AdapterRing? ReceiveRing => Volatile.Read(ref _receive)?.Ring ?? Volatile.Read(ref _packetReceive)?.Ring;

    internal IRetriedQueue? Transmit => (IRetriedQueue?)_transmit ?? _packetTransmit;

    /// <summary>Receives by AF_XDP.</summary>
    internal bool IsReceiving => _receive is not null;

    internal bool IsTransmitting => Transmit is not null;

    /// <summary>The interface is up.</summary>
    internal bool IsUp => adapter.IsUp;

    /// <exception cref="PosixException">The socket cannot be had, or the program cannot be attached.</exception>
    internal XdpReceiveQueue OpenReceive(AdapterRing ring, SlotBatch slots)
    {
        EnsureSocket();
        XdpReceiveQueue made = new(this, ring);
        try
        {
            made.Refill(slots);
            Volatile.Write(ref _receive, made);
            adapter.StartReceiving(queue, made);
            return made;
        }
        catch
        {
            // The kernel has the ring's buffers: they come back with the end of the socket only.
            StopReceiving(made);
            throw;
        }
    }

    internal XdpTransmitQueue OpenTransmit(AdapterRing ring)
    {
        EnsureSocket();
        return _transmit = new XdpTransmitQueue(this, ring, Socket!.Joins ? null : adapter.OpenPacketSocket());
    }

    /// <exception cref="PosixException">The socket cannot be had.</exception>
    internal PacketReceiveQueue OpenPacketReceive(AdapterRing ring)
    {
        PacketReceiveQueue made = new(ring, adapter.OpenPacketSocket(queue), StopReceiving);
        Volatile.Write(ref _packetReceive, made);
        try
        {
            adapter.StartReceiving(queue, made);
            return made;
        }
        catch
        {
            Volatile.Write(ref _packetReceive, null);
            made.Socket.Dispose();
            throw;
        }
    }

    /// <exception cref="PosixException">The socket cannot be had.</exception>
    internal PacketTransmitQueue OpenPacketTransmit(AdapterRing ring) => _packetTransmit = new PacketTransmitQueue(
        ring, adapter.OpenPacketSocket(), () => adapter.HasLink, adapter.TellPending, StopPacketTransmitting);

    /// <summary>The packet socket has frames. From the adapter's thread.</summary>
    internal void PacketsArrived() => Volatile.Read(ref _packetReceive)?.Arrived();

    /// <summary>The kernel gives up all buffers that were to be received into.</summary>
    internal void StopReceiving(XdpReceiveQueue receive)
    {
        Volatile.Write(ref _receive, null);
        adapter.StopReceiving(queue, receive);
        if (_transmit is { } transmit)
        {
            transmit.Switch(Reopen);
        }
        else
        {
            End();
        }
    }

    internal void StopTransmitting()
    {
        _transmit?.Switch(static () => null);
        _transmit = null;
        adapter.StopTransmitting();
        if (_receive is null)
        {
            End();
        }
    }

    internal void TellPending() => adapter.TellPending();

    /// <summary>Many frames are being sent. From any thread.</summary>
    internal void TellBusy()
    {
        if (Volatile.Read(ref _receive)?.AskForClock() == true)
        {
            adapter.TellPending();
        }
    }

    private void StopReceiving(PacketReceiveQueue receive)
    {
        adapter.StopReceiving(queue, receive);
        Volatile.Write(ref _packetReceive, null);
    }

    private void StopPacketTransmitting()
    {
        _packetTransmit = null;
        adapter.StopTransmitting();
    }

    private void EnsureSocket() => Socket ??= adapter.OpenSocket(queue);

    private void End()
    {
        Socket?.Dispose();
        Socket = null;
    }

    /// <summary>A fresh socket for the TX ring, which stays when the RX ring goes.</summary>
    private XdpSocket? Reopen()
    {
        End();
        try
        {
            EnsureSocket();
        }
        catch (PosixException failure)
        {
            log.Warning("Queue {Queue} of {Name} sends nothing any more: {Reason}", queue, adapter.Name, failure.Message);
        }

        return Socket;
    }
}
