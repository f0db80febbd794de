using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Rings;
using NetmapCuse.Drivers.Common;
using NetmapCuse.Drivers.Packet;

namespace NetmapCuse.Drivers.Xdp;

/// <summary>
/// Sends through an AF_XDP socket, from the buffers where they lie. Only slots that the kernel takes for good are queued, so that
/// each one comes back by the completion ring, in order.
/// </summary>
internal sealed class XdpTransmitQueue : ITransmitQueue, IRetriedQueue
{
    private const uint FrameMin = 14;

    /// <summary>The kernel joins at most MAX_SKB_FRAGS buffers.</summary>
    private const uint PartsMax = 17;

    /// <summary>In <see cref="_inFlight"/>: a slot that the kernel never got.</summary>
    private const uint Skipped = 0;

    private const int SpareTries = 4;
    private const uint FramesPerPush = 32;
    private const uint ManyFrames = 16;

    private readonly XdpQueuePair _pair;
    private readonly AdapterRing _ring;

    /// <summary>Sends frames of several slots where AF_XDP does not join them; null where it does.</summary>
    private readonly PacketSocket? _joiner;
    private readonly IoVector[] _parts = new IoVector[PartsMax];
    private readonly Lock _gate = new();

    /// <summary>The buffer of each slot that was taken and is not reclaimed, by <see cref="_taken"/>. Read by the control plane.</summary>
    private readonly uint[] _inFlight;
    private readonly uint _mask;
    private XdpSocket? _socket;
    private uint _taken;
    private uint _reclaimed;
    private volatile bool _isPending;

    /// <param name="pair">Whose socket it sends by.</param>
    /// <param name="ring">The netmap ring.</param>
    /// <param name="joiner">For frames of several slots where AF_XDP does not join them; ends with this.</param>
    internal XdpTransmitQueue(XdpQueuePair pair, AdapterRing ring, PacketSocket? joiner)
    {
        _pair = pair;
        _ring = ring;
        _joiner = joiner;
        _socket = pair.Socket;
        _inFlight = new uint[System.Numerics.BitOperations.RoundUpToPowerOf2(ring.NumSlots)];
        _mask = (uint)_inFlight.Length - 1;
    }

    public AdapterRing Ring => _ring;

    /// <summary>Something was taken that the kernel has not sent, or not said so.</summary>
    public bool IsPending => _isPending;

    /// <remarks>Under the gate: the socket can be replaced while somebody looks.</remarks>
    public bool HasNews
    {
        get
        {
            if (!_gate.TryEnter())
            {
                return false;
            }

            bool news = _socket is { } socket && socket.Completion.Count != 0;
            _gate.Exit();
            return news;
        }
    }

    public uint Transmit(SlotBatch slots)
    {
        lock (_gate)
        {
            uint room = (uint)_inFlight.Length - (_taken - _reclaimed);
            uint count = Math.Min(slots.Count, room);
            if (_socket is not { } socket || !_pair.IsUp)
            {
                return Discard(slots, count);
            }

            uint done = Queue(slots, socket, count);
            if (done >= ManyFrames)
            {
                _pair.TellBusy();
            }

            Push(socket);
            return done;
        }
    }

    public uint Reclaim()
    {
        lock (_gate)
        {
            XdpRing? completion = _socket?.Completion;
            if (completion is not null && _socket!.Transmit.Count != 0)
            {
                Push(_socket);
            }

            uint sent = completion?.Count ?? uint.MaxValue;
            uint before = _reclaimed;
            uint consumed = 0;
            while (_reclaimed != _taken)
            {
                ref uint buffer = ref _inFlight[_reclaimed & _mask];
                if (buffer != Skipped)
                {
                    if (consumed == sent)
                    {
                        break;
                    }

                    consumed++;
                    Volatile.Write(ref buffer, Skipped);
                }

                _reclaimed++;
            }

            completion?.Release(completion.Consumer + consumed);
            _isPending = _reclaimed != _taken;
            return _reclaimed - before;
        }
    }

    /// <summary>Tries again what the kernel would not take; from the adapter's thread.</summary>
    /// <returns>True when a program that waits for room should look.</returns>
    public bool Retry()
    {
        lock (_gate)
        {
            if (_socket is not { } socket)
            {
                return false;
            }

            if (socket.Transmit.Count != 0)
            {
                Push(socket);
            }

            return socket.Completion.Count != 0;
        }
    }

    /// <summary>Waits a little for what is under way, then lets go of the socket: all that was taken counts as done with.</summary>
    /// <param name="replace">Gets the next socket while nobody sends; null for none.</param>
    internal void Switch(Func<XdpSocket?> replace)
    {
        const int Tries = 50;
        const uint Pause = 1000;
        lock (_gate)
        {
            for (int i = 0; i < Tries && _socket is { } socket && _pair.IsUp && IsBusy(socket); i++)
            {
                Push(socket);
                _ = Interop.Libc.SleepMicroseconds(Pause);
            }

            for (uint i = _reclaimed; i != _taken; i++)
            {
                Volatile.Write(ref _inFlight[i & _mask], Skipped);
            }

            // Whoever sends by this socket next counts completions of its own.
            if (_socket?.Completion is { } completion)
            {
                completion.Release(completion.Consumer + completion.Count);
            }

            _socket = replace();
        }
    }

    public void MarkShown(BufferSet shown)
    {
        for (int i = 0; i < _inFlight.Length; i++)
        {
            uint buffer = Volatile.Read(ref _inFlight[i]);
            if (buffer != Skipped)
            {
                shown.Add(buffer);
            }
        }
    }

    public void Close()
    {
        _pair.StopTransmitting();
        _joiner?.Dispose();
    }

    private bool IsBusy(XdpSocket socket)
    {
        uint queued = 0;
        for (uint i = _reclaimed; i != _taken; i++)
        {
            queued += _inFlight[i & _mask] != Skipped ? 1u : 0u;
        }

        return socket.Completion.Count < queued;
    }

    /// <summary>Frames are taken whole, or not yet.</summary>
    private uint Queue(SlotBatch slots, XdpSocket socket, uint count)
    {
        XdpRing transmit = socket.Transmit;
        uint producer = transmit.Producer;
        uint next = 0;
        while (next < count)
        {
            if ((slots.FlagsOf(next) & SlotFlags.MoreFragments) == 0)
            {
                QueueSingle(slots, next++, transmit, ref producer);
                continue;
            }

            uint parts = Parts(slots, next, count);
            if (parts == 0)
            {
                break;
            }

            if (_joiner is null)
            {
                QueueChain(slots, next, parts, transmit, ref producer);
            }
            else
            {
                // What was queued before leaves before.
                transmit.Publish(producer);
                Push(socket);
                if (!TryJoin(_joiner, slots, next, parts))
                {
                    _isPending = true;
                    _pair.TellPending();
                    break;
                }
            }

            next += parts;
        }

        transmit.Publish(producer);
        return next;
    }

    private void QueueSingle(SlotBatch slots, uint index, XdpRing transmit, ref uint producer)
    {
        NetmapSlot slot = slots.Read(index);
        if (slot.Length < FrameMin || slot.BufferIndex == Skipped)
        {
            Take(Skipped);
            slots.Uncount(slot.Length, DropCause.BadSlot);
            return;
        }

        Take(slot.BufferIndex);
        transmit.Descriptor(producer++) = new XdpDescriptor
        {
            Address = _ring.OffsetOf(slot.BufferIndex) + slot.Pointer,
            Length = slot.Length,
        };
    }

    /// <summary>Slots of the frame that starts here; more than the kernel joins when it is too long; 0 when its end is not there.</summary>
    private static uint Parts(SlotBatch slots, uint first, uint count)
    {
        for (uint i = first; i < count; i++)
        {
            if ((slots.Peek(i).Flags & SlotFlags.MoreFragments) == 0)
            {
                return i - first + 1;
            }
        }

        return count - first > PartsMax ? count - first : 0;
    }

    /// <summary>The kernel joins the slots of a frame; of one that it would not take, it gets nothing.</summary>
    private void QueueChain(SlotBatch slots, uint first, uint parts, XdpRing transmit, ref uint producer)
    {
        uint start = producer;
        bool isGood = parts <= PartsMax;
        ulong bytes = 0;
        for (uint i = 0; i < parts; i++)
        {
            NetmapSlot slot = slots.Read(first + i);
            bytes += slot.Length;
            isGood &= slot.BufferIndex != Skipped && slot.Length != 0;
            Take(slot.BufferIndex);
            if (isGood)
            {
                transmit.Descriptor(producer++) = new XdpDescriptor
                {
                    Address = _ring.OffsetOf(slot.BufferIndex) + slot.Pointer,
                    Length = slot.Length,
                    Options = i + 1 < parts ? XdpDescriptor.Continues : 0,
                };
            }
        }

        if (isGood && bytes >= FrameMin)
        {
            return;
        }

        for (uint i = 1; i <= parts; i++)
        {
            Volatile.Write(ref _inFlight[(_taken - i) & _mask], Skipped);
        }

        producer = start;
        slots.Uncount(bytes, parts > PartsMax ? DropCause.TooLong : DropCause.BadSlot);
    }

    /// <summary>Sends a frame of several slots by the packet socket, which copies it.</summary>
    /// <returns>False when it is to be offered again.</returns>
    private bool TryJoin(PacketSocket joiner, SlotBatch slots, uint first, uint parts)
    {
        bool isGood = parts <= PartsMax;
        for (uint i = 0; i < parts && isGood; i++)
        {
            NetmapSlot slot = slots.Peek(first + i);
            _parts[i] = slots.Vector(slot);
            isGood = slot.BufferIndex != Skipped && _parts[i].Length != 0;
        }

        int error = isGood ? joiner.Send(_parts.AsSpan(0, (int)parts)) : Errno.Inval;
        if (error is Errno.Again or Remedy.NoBufferSpace && _pair.IsUp)
        {
            return false;
        }

        ulong bytes = 0;
        for (uint i = 0; i < parts; i++)
        {
            bytes += slots.Read(first + i).Length;
            Take(Skipped);
        }

        if (error != Errno.Ok)
        {
            bool isTooLong = parts > PartsMax || error == Errno.MsgSize;
            slots.Uncount(bytes, isTooLong ? DropCause.TooLong : DropCause.BadSlot);
        }

        return true;
    }

    /// <summary>A device that is down sends nothing, and nobody waits for it.</summary>
    private uint Discard(SlotBatch slots, uint count)
    {
        ulong bytes = 0;
        for (uint i = 0; i < count; i++)
        {
            NetmapSlot slot = slots.Read(i);
            bytes += slot.Length;
            Take(Skipped);
            if ((slot.Flags & SlotFlags.MoreFragments) == 0)
            {
                slots.Uncount(bytes, DropCause.NoCarrier);
                bytes = 0;
            }
        }

        return count;
    }

    private void Take(uint buffer)
    {
        Volatile.Write(ref _inFlight[_taken & _mask], buffer);
        _taken++;
    }

    /// <summary>Sends what is queued; what the device does not take now is tried again by the adapter's thread.</summary>
    private void Push(XdpSocket socket)
    {
        uint tries = (socket.Transmit.Count / FramesPerPush) + SpareTries;
        while (socket.Transmit.Count != 0 && tries-- != 0)
        {
            int error = socket.Push();
            if (error is not (Errno.Ok or Errno.Again or Errno.Busy or Errno.Intr))
            {
                break;
            }
        }

        if (_taken != _reclaimed && !_isPending && socket.Completion.Count < _taken - _reclaimed)
        {
            _isPending = true;
            _pair.TellPending();
        }
    }
}
