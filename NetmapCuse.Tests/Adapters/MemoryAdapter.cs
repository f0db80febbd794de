using System.Collections.Concurrent;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Tests.Adapters;

/// <summary>
/// An interface in memory with a host stack behind it. Two of them can be wired back to back. Plays the parts of a driver that a
/// program can notice: buffers come back in another order than they were given, completions can be held back.
/// </summary>
internal sealed class MemoryAdapter : IAdapter
{
    private readonly BlockingCollection<Action<IAdapterEvents>> _later = [];
    private readonly Thread _thread;
    private MemoryTransmitQueue?[] _transmit;
    private MemoryReceiveQueue?[] _receive;
    private volatile IAdapterEvents? _events;
    private MemoryAdapter? _peer;

    internal MemoryAdapter(AdapterProperties properties)
    {
        Properties = properties;
        _transmit = new MemoryTransmitQueue?[properties.Rings.Tx];
        _receive = new MemoryReceiveQueue?[properties.Rings.Rx];
        Stack = new MemoryHost(this);
        _thread = new Thread(Run) { Name = "memory adapter", IsBackground = true };
        _thread.Start();
    }

    /// <summary>One ring pair of 64 slots, an MTU of 1500, host rings.</summary>
    internal static AdapterProperties Usual { get; } = new()
    {
        Rings = new PortRings(1, 1, 64, 64),
        Mtu = 1500,
        ReceiveBufferMax = 4096,
        SplitsFrames = true,
        HostRings = 1,
    };

    public AdapterProperties Properties { get; set; }

    public IHostStack? Host => Properties.HostRings > 0 ? Stack : null;

    internal MemoryHost Stack { get; }

    /// <summary>What left by the interface while it is wired to nothing.</summary>
    internal ConcurrentQueue<byte[]> Sent { get; } = new();

    /// <summary>What <see cref="Open"/> answers.</summary>
    internal int OpenError { get; set; }

    /// <summary>Nothing that is sent completes.</summary>
    internal bool HoldsCompletions { get; set; }

    internal bool IsOpen => _events is not null;

    internal bool IsDisposed { get; private set; }

    /// <summary>Makes two interfaces the ends of one cable.</summary>
    internal static void Wire(MemoryAdapter a, MemoryAdapter b)
    {
        a._peer = b;
        b._peer = a;
    }

    public int Open(Region region, IAdapterEvents events)
    {
        if (OpenError == Errno.Ok)
        {
            _transmit = new MemoryTransmitQueue?[Properties.Rings.Tx];
            _receive = new MemoryReceiveQueue?[Properties.Rings.Rx];
            _events = events;
        }

        return OpenError;
    }

    public int OpenTransmit(AdapterRing ring, out ITransmitQueue? queue)
    {
        queue = _transmit[ring.Number] = new MemoryTransmitQueue(this, ring);
        return Errno.Ok;
    }

    /// <summary>Opening this receive queue fails as no driver should.</summary>
    internal int? BrokenQueue { get; set; }

    public int OpenReceive(AdapterRing ring, SlotBatch slots, out IReceiveQueue? queue)
    {
        if (ring.Number == BrokenQueue)
        {
            throw new InvalidOperationException("this queue is broken");
        }

        MemoryReceiveQueue made = new(this, ring);
        made.Refill(slots);
        queue = _receive[ring.Number] = made;
        return Errno.Ok;
    }

    public void Close() => _events = null;

    public void Dispose()
    {
        IsDisposed = true;
        _later.CompleteAdding();
        if (_thread != Thread.CurrentThread)
        {
            _thread.Join();
        }
    }

    /// <summary>A frame arrives at the interface; without being announced where its interrupt is still to come.</summary>
    internal void Arrive(byte[] frame, uint queue = 0, bool announces = true)
    {
        if (Volatile.Read(ref _receive[queue % _receive.Length]) is { } receive)
        {
            receive.Arrive(frame);
            if (announces)
            {
                Later(_ => receive.Ring.Notify());
            }
        }
        else
        {
            Stack.Received.Enqueue(frame);
        }
    }

    /// <summary>Reports something of the interface, from a thread of its own as drivers do.</summary>
    internal void Later(Action<IAdapterEvents> action)
    {
        try
        {
            _later.Add(action);
        }
        catch (InvalidOperationException)
        {
            // The interface has ended meanwhile.
        }
    }

    /// <summary>Lets transmissions complete again, and says so.</summary>
    internal void Complete()
    {
        HoldsCompletions = false;
        foreach (MemoryTransmitQueue? queue in _transmit)
        {
            if (queue is not null)
            {
                Later(_ => queue.Ring.Notify());
            }
        }
    }

    internal bool HasTransmitQueue(uint queue) => _transmit[queue % _transmit.Length] is not null;

    internal void SendOut(byte[] frame, uint queue)
    {
        if (_peer is { } peer)
        {
            peer.Arrive(frame, queue);
        }
        else
        {
            Sent.Enqueue(frame);
        }
    }

    internal void Forget(MemoryTransmitQueue queue) => Volatile.Write(ref _transmit[queue.Ring.Number], null);

    internal void Forget(MemoryReceiveQueue queue) => Volatile.Write(ref _receive[queue.Ring.Number], null);

    private void Run()
    {
        foreach (Action<IAdapterEvents> action in _later.GetConsumingEnumerable())
        {
            if (_events is { } events)
            {
                action(events);
            }
        }
    }
}
