using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Core.Monitors;

/// <summary>
/// Copies slots of which some are indirect to a monitor, one by one. The sender's memory may answer late, or never, so it
/// is read before anything of the monitor is claimed: whoever holds a claim holds up the monitor, and the end of it.
/// </summary>
internal static unsafe class IndirectTransfer
{
    /// <summary>One frame of the thread's; kept as long as the process.</summary>
    [ThreadStatic]
    private static byte* s_frame;

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
    internal static void Copy(Kring source, uint first, uint count, Kring monitor, int thread)
    {
        uint sizeMax = Math.Min(source.BufferSize, monitor.BufferSize);
        for (uint i = first; count != 0; count--, i = RingWindow.Next(i, source.NumSlots))
        {
            NetmapSlot slot = source.Slots[i];
            slot.Length = (ushort)Math.Min(slot.Length, sizeMax);
            byte* data = (slot.Flags & SlotFlags.Indirect) != 0
                ? Fetch(ref slot, thread)
                : DataOf(source, ref slot);
            if (!monitor.TryClaim(1, out _, out Kring.Claim claim))
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
            MonitorTransfer.HandOver(monitor, claim, length);
        }
    }

    private static byte* DataOf(Kring source, ref NetmapSlot slot)
    {
        uint start = source.HasOffsets ? source.OffsetOf(slot.Pointer) : 0;
        slot.Length = (ushort)Math.Min(slot.Length, source.BufferSize - start);
        return source.BufferOf(slot.BufferIndex) + start;
    }

    /// <summary>The data is where the slot of the sender points; what cannot be read is empty.</summary>
    private static byte* Fetch(ref NetmapSlot slot, int thread)
    {
        if (s_frame == null)
        {
            s_frame = (byte*)NativeMemory.AllocZeroed(ushort.MaxValue + 1);
        }

        nint read = slot.Pointer != 0 ? ClientMemory.Read(thread, slot.Pointer, s_frame, slot.Length) : 0;
        slot.Length = read == slot.Length ? slot.Length : (ushort)0;
        slot.Flags &= ~SlotFlags.Indirect;
        return s_frame;
    }
}
