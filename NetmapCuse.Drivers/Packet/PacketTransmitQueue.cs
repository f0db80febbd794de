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
internal sealed unsafe class PacketTransmitQueue(
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

            if (!TrySend(slots, next, parts))
            {
                _isPending = true;
                tellPending();
                break;
            }

            for (uint i = 0; i < parts; i++)
            {
                _ = slots.Read(next + i);
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

    /// <summary>Sends a frame, or drops one that cannot be sent at all.</summary>
    /// <returns>False when it is to be offered again.</returns>
    private bool TrySend(SlotBatch slots, uint first, uint parts)
    {
        if (parts > PartsMax)
        {
            return true;
        }

        uint length = 0;
        for (uint i = 0; i < parts; i++)
        {
            NetmapSlot slot = slots.Peek(first + i);
            Span<byte> data = slots.Data(slot);
            if (slot.BufferIndex == 0 || data.IsEmpty)
            {
                return true;
            }

            fixed (byte* start = data)
            {
                _parts[i] = new IoVector { Base = (ulong)start, Length = (ulong)data.Length };
            }

            length += (uint)data.Length;
        }

        if (length < FrameMin)
        {
            return true;
        }

        int error = socket.Send(_parts.AsSpan(0, (int)parts));
        return error is not (Errno.Again or Remedy.NoBufferSpace) || !hasLink();
    }
}
