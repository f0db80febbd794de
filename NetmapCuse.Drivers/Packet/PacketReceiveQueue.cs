using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Drivers.Packet;

/// <summary>
/// Receives through a packet socket, where AF_XDP cannot be had: frames are copied into the slots' own buffers, so the kernel never
/// has any of them.
/// </summary>
/// <param name="ring">The netmap ring.</param>
/// <param name="socket">The queue's socket; ends with this.</param>
/// <param name="stop">Gives the queue back to the host stack.</param>
internal sealed class PacketReceiveQueue(AdapterRing ring, PacketSocket socket, Action<PacketReceiveQueue> stop) : IReceiveQueue
{
    private readonly FrameSplitter _splitter = new();
    private volatile bool _mayHave = true;
    private bool _isSplitting;

    /// <summary>Frames longer than the ring, or than the kernel hands over.</summary>
    private uint _tooLong;

    /// <summary>Frames that could not be understood.</summary>
    private uint _bad;

    internal PacketSocket Socket => socket;

    internal AdapterRing Ring => ring;

    public bool HasNews => _mayHave;

    /// <summary>The socket has frames. From the adapter's thread.</summary>
    internal void Arrived() => _mayHave = true;

    public void Refill(SlotBatch slots)
    {
        for (uint i = 0; i < slots.Count; i++)
        {
            _ = slots.TakeBuffer(i);
        }
    }

    public uint Receive(SlotBatch slots)
    {
        // Before the socket is read: what arrives afterwards sets it again.
        _mayHave = false;
        uint filled = 0;
        while (filled < slots.Count && (_isSplitting || TryTake(slots, ref filled)))
        {
            if (_isSplitting && !TryPut(slots, ref filled))
            {
                _mayHave = true;
                return filled;
            }
        }

        _mayHave |= filled == slots.Count;
        return filled;
    }

    public void MarkShown(BufferSet shown)
    {
    }

    public void Close(SlotBatch slots)
    {
        ring.CountNoRoom(socket.Lost());
        ring.CountDropped(DropCause.TooLong, _tooLong);
        ring.CountDropped(DropCause.BadSlot, _bad);
        stop(this);
        socket.Dispose();
    }

    /// <summary>
    /// Takes a frame from the socket: an ordinary one into the next slot, any other into the splitter.
    /// </summary>
    /// <returns>False when there is none.</returns>
    private bool TryTake(SlotBatch slots, ref uint filled)
    {
        uint buffer = slots.TakeBuffer(filled);
        Span<byte> whole = _splitter.Space;
        Span<byte> first = slots.Data(buffer, (uint)Math.Min(slots.RoomBytes(filled), whole.Length));
        int length = socket.Receive(first, whole[first.Length..], out PacketInfo info);
        if (length < 0)
        {
            _tooLong += length is -Errno.MsgSize ? 1u : 0u;
            _bad += length is -Errno.Io ? 1u : 0u;
            return length is -Errno.MsgSize or -Errno.Io;
        }

        if (info.IsPlain && length <= first.Length)
        {
            slots.Put(filled++, buffer, (uint)length, SlotFlags.None);
            return true;
        }

        first[..Math.Min(length, first.Length)].CopyTo(whole);
        _isSplitting = _splitter.Load(length, info);
        _bad += _isSplitting ? 0u : 1u;
        return true;
    }

    /// <summary>Puts the splitter's frames into slots.</summary>
    /// <returns>False when the next one does not fit any more.</returns>
    private bool TryPut(SlotBatch slots, ref uint filled)
    {
        while (_isSplitting)
        {
            ReadOnlySpan<byte> frame = _splitter.Next;
            uint parts = Parts(slots, filled, frame.Length);
            if (parts == 0 && slots.Count - filled < ring.NumSlots - 1)
            {
                return false;
            }

            if (parts != 0)
            {
                Put(slots, filled, frame, parts);
                filled += parts;
            }
            else
            {
                _tooLong++;
            }

            _isSplitting = _splitter.Advance();
        }

        return true;
    }

    /// <summary>How many slots a frame takes; 0 when there are not so many.</summary>
    private static uint Parts(SlotBatch slots, uint first, int length)
    {
        for (uint i = first; i < slots.Count; i++)
        {
            length -= slots.RoomBytes(i);
            if (length <= 0)
            {
                return i - first + 1;
            }
        }

        return 0;
    }

    private static void Put(SlotBatch slots, uint first, ReadOnlySpan<byte> frame, uint parts)
    {
        for (uint i = 0; i < parts; i++)
        {
            uint buffer = slots.TakeBuffer(first + i);
            ReadOnlySpan<byte> part = frame[..Math.Min(frame.Length, slots.RoomBytes(first + i))];
            part.CopyTo(slots.Data(buffer, slots.BufferSize));
            bool isLast = i + 1 == parts;
            slots.Put(first + i, buffer, (uint)part.Length, isLast ? SlotFlags.None : SlotFlags.MoreFragments);
            frame = frame[part.Length..];
        }
    }
}
