using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Core.Monitors;

/// <summary>
/// Copies slots of which some are indirect to a monitor, one by one: their data is on the stage of the sender's ring.
/// </summary>
internal static unsafe class IndirectTransfer
{
    /// <summary>Whether some slot of [first, first + count) is indirect now.</summary>
    internal static bool IsNeeded(Kring source, uint first, uint count)
    {
        for (uint i = first; count != 0; count--, i = RingWindow.Next(i, source.NumSlots))
        {
            if ((source.Slots[i].Flags & SlotFlags.Indirect) != 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>As the transfer of others, but what finds no room are the last ones.</summary>
    internal static void Copy(Kring source, uint first, uint count, Kring monitor)
    {
        uint sizeMax = Math.Min(source.BufferSize, monitor.BufferSize);
        for (uint i = first; count != 0; count--, i = RingWindow.Next(i, source.NumSlots))
        {
            NetmapSlot slot = source.Slots[i];
            byte* data = (slot.Flags & SlotFlags.Indirect) != 0
                ? Fetch(source, i, ref slot, sizeMax)
                : DataOf(source, ref slot, sizeMax);
            if (!monitor.TryClaim(1, out _, out Claim claim))
            {
                monitor.CountNoRoom(count);
                return;
            }

            NetmapSlot* target = monitor.Slots + claim.Start;
            uint start = monitor.HasOffsets ? monitor.OffsetOf(Volatile.Read(ref target->Pointer)) : 0;
            byte* place = monitor.BufferOf(Volatile.Read(ref target->BufferIndex)) + start;
            uint length = Math.Min(slot.Length, monitor.BufferSize - start);
            Buffer.MemoryCopy(data, place, length, length);
            target->Length = (ushort)length;
            target->Flags = slot.Flags | MonitorTransfer.MarkOf(source);
            slot.Length = (ushort)length;
            SlotSum sum = default;
            sum.Add(slot);
            MonitorTransfer.HandOver(monitor, claim, sum);
        }
    }

    private static byte* DataOf(Kring source, ref NetmapSlot slot, uint sizeMax)
    {
        slot.Length = (ushort)Math.Min(slot.Length, sizeMax);
        uint start = source.HasOffsets ? source.OffsetOf(slot.Pointer) : 0;
        slot.Length = (ushort)Math.Min(slot.Length, source.BufferSize - start);
        return source.BufferOf(slot.BufferIndex) + start;
    }

    /// <summary>The data is on the sender's stage; what could not be read is empty.</summary>
    private static byte* Fetch(Kring source, uint index, ref NetmapSlot slot, uint sizeMax)
    {
        byte* data = null;
        int bytes = 0;
        bool isWhole = source.Stage?.TryFind(index, slot.Pointer, slot.Length, out data, out bytes) == true
            && bytes == slot.Length;
        slot.Length = isWhole ? (ushort)Math.Min(slot.Length, sizeMax) : (ushort)0;
        slot.Flags &= ~SlotFlags.Indirect;
        return data;
    }
}
