using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Rings;
using NetmapCuse.Drivers.Common;

namespace NetmapCuse.Drivers.Packet;

/// <summary>
/// Sends through a packet socket, where AF_XDP cannot be had: the kernel copies each frame while it takes it, so a slot that is taken
/// is done with.
/// </summary>
/// <param name="ring">The netmap ring.</param>
/// <param name="socket">The socket; ends with this.</param>
/// <param name="hasLink">Whether the device sends at all; otherwise it swallows frames.</param>
/// <param name="tellPending">Asks for <see cref="Retry"/> in a moment.</param>
/// <param name="stop">Gives the queue back to the host stack.</param>
internal sealed class PacketTransmitQueue(
    AdapterRing ring, PacketSocket socket, Func<bool> hasLink, Action tellPending, Action stop) : ITransmitQueue, IRetriedQueue
{
    private const uint FrameMin = 14;

    /// <summary>As many buffers as AF_XDP joins.</summary>
    private const uint PartsMax = 17;

    private readonly IoVector[] _parts = new IoVector[PartsMax];
    private uint _taken;
    private volatile bool _isPending;

    public AdapterRing Ring => ring;

    public bool HasNews => false;

    public bool IsPending => _isPending;

    public uint Transmit(SlotBatch slots)
    {
        uint next = 0;
        while (next < slots.Count)
        {
            uint parts = Parts(slots, next);
            if (parts == 0)
            {
                break;
            }

            Fate fate = Send(slots, next, parts, out DropCause cause);
            if (fate == Fate.Later)
            {
                _isPending = true;
                tellPending();
                break;
            }

            ulong bytes = 0;
            for (uint i = 0; i < parts; i++)
            {
                bytes += slots.Read(next + i).Length;
            }

            if (fate == Fate.Dropped)
            {
                slots.Uncount(bytes, cause);
            }

            next += parts;
        }

        _taken += next;
        return next;
    }

    public uint Reclaim()
    {
        uint taken = _taken;
        _taken = 0;
        return taken;
    }

    public bool Retry()
    {
        _isPending = false;
        return true;
    }

    public void MarkShown(BufferSet shown)
    {
    }

    public void Close()
    {
        stop();
        socket.Dispose();
    }

    /// <summary>Slots of the frame that starts here; 0 when its end is not there.</summary>
    private static uint Parts(SlotBatch slots, uint first)
    {
        for (uint i = first; i < slots.Count; i++)
        {
            if ((slots.Peek(i).Flags & SlotFlags.MoreFragments) == 0)
            {
                return i - first + 1;
            }
        }

        return slots.Count - first > PartsMax ? slots.Count - first : 0;
    }

    private enum Fate
    {
        Sent,
        Dropped,
        Later,
    }

    /// <summary>Sends a frame, unless it cannot be sent at all, or not now.</summary>
    private Fate Send(SlotBatch slots, uint first, uint parts, out DropCause cause)
    {
        cause = DropCause.TooLong;
        if (parts > PartsMax)
        {
            return Fate.Dropped;
        }

        cause = DropCause.BadSlot;
        uint length = 0;
        for (uint i = 0; i < parts; i++)
        {
            NetmapSlot slot = slots.Peek(first + i);
            _parts[i] = slots.Vector(slot);
            if (slot.BufferIndex == 0 || _parts[i].Length == 0)
            {
                return Fate.Dropped;
            }

            length += (uint)_parts[i].Length;
        }

        if (length < FrameMin)
        {
            return Fate.Dropped;
        }

        int error = socket.Send(_parts.AsSpan(0, (int)parts));
        switch (error)
        {
            case Errno.Ok:
                return Fate.Sent;
            case Errno.MsgSize:
                cause = DropCause.TooLong;
                return Fate.Dropped;
            case Errno.Again or Remedy.NoBufferSpace when hasLink():
                return Fate.Later;
            default:
                cause = DropCause.NoCarrier;
                return Fate.Dropped;
        }
    }
}
