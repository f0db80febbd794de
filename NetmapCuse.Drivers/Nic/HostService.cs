using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Memory;

namespace NetmapCuse.Drivers.Nic;

/// <summary>
/// Queues that no program has, in the host's service: what they receive goes to the TAP, and while no program sends by the NIC, what
/// the host sends on the TAP goes out by the first of them. Their buffers are in memory of the driver's own.
/// </summary>
internal sealed class HostService : IDisposable
{
    private const uint BufferSize = 2048;

    private readonly DrivenNic _nic;
    private readonly NicTap _tap;
    private readonly Arena _arena;
    private readonly Region _region;
    private readonly HostReceiver?[] _receivers;
    private volatile HostSender? _sender;

    internal HostService(DrivenNic nic, NicTap tap)
    {
        _nic = nic;
        _tap = tap;
        uint slots = nic.RxSlots;
        uint rings = nic.Queues + 1;
        _receivers = new HostReceiver?[nic.Queues];
        RegionLayout layout = RegionLayout.TryCreate(
            new RegionSizes(new(10, 1024), new(Math.Max(rings, 2), 256 + (16 * slots)), new((rings * slots) + 2, BufferSize)),
            isPrivate: true)!;
        _arena = new Arena(layout.MemorySize);
        Check.That(_arena.TryTake(layout.MemorySize, ulong.MaxValue, out ulong offset), "an arena is too small for its region");
        _region = new Region(new ArenaRange(_arena, offset, layout.MemorySize), 1, layout, isPrivate: true, static _ => { });
        nic.MapHost(_region);
    }

    /// <summary>All queues are the host's.</summary>
    internal void Begin()
    {
        for (uint i = 0; i < _receivers.Length; i++)
        {
            EnterReceive(i);
        }

        EnterTransmit();
    }

    /// <summary>A program has left a queue.</summary>
    internal void Enter(NicQueue left)
    {
        try
        {
            if (left is NicReceiveQueue)
            {
                EnterReceive(left.Number);
            }
            else if (left.Number == 0)
            {
                EnterTransmit();
            }
        }
        catch (PosixException)
        {
            // The chip did not start it; the NIC has told.
        }
    }

    /// <summary>A program gets the queue.</summary>
    internal void LeaveReceive(uint number)
    {
        HostReceiver? receiver = Interlocked.Exchange(ref _receivers[number], null);
        receiver?.Stop();
        if (receiver is not null)
        {
            _nic.Take(receiver.Queue);
            receiver.End();
        }
    }

    internal void LeaveTransmit(uint number)
    {
        if (number == 0 && Interlocked.Exchange(ref _sender, null) is { } sender)
        {
            sender.Stop();
            _nic.Take(sender.Queue);
            sender.End();
        }
    }

    /// <summary>A queue has received something. False: it is not the host's.</summary>
    internal bool Receive(uint number)
    {
        HostReceiver? receiver = Volatile.Read(ref _receivers[number]);
        receiver?.Pump();
        return receiver is not null;
    }

    /// <summary>A queue has sent something.</summary>
    internal bool Sent(uint number) => number == 0 && Send();

    /// <summary>Sends what the host has sent, as far as there is room.</summary>
    internal bool Send()
    {
        HostSender? sender = _sender;
        sender?.Pump();
        return sender is not null;
    }

    /// <summary>The NIC has stopped, or is about to be cut off.</summary>
    public void Dispose()
    {
        foreach (HostReceiver? receiver in _receivers)
        {
            receiver?.Stop();
        }

        _sender?.Stop();
    }

    private void EnterReceive(uint number)
    {
        HostReceiver receiver = new(_nic, _tap, _region, number);
        Volatile.Write(ref _receivers[number], receiver);
        _nic.Put(receiver.Queue);
        receiver.Start();
    }

    private void EnterTransmit()
    {
        HostSender sender = new(_nic, _tap, _region);
        _sender = sender;
        _nic.Put(sender.Queue);
        sender.Start();
        sender.Pump();
    }
}
