using System.Runtime.CompilerServices;
using NetmapCuse.Core.Abi.Netmap;

namespace NetmapCuse.Tests.Device;

/// <summary>A ring as a program uses it, by the macros of netmap_user.h.</summary>
internal sealed unsafe class ClientRing(NetmapRing* ring)
{
    internal NetmapRing* Shared => ring;

    internal uint NumSlots => ring->NumSlots;

    internal uint Head
    {
        get => Volatile.Read(ref ring->Head);
        set => Volatile.Write(ref ring->Head, value);
    }

    internal uint Cur
    {
        get => Volatile.Read(ref ring->Cur);
        set => Volatile.Write(ref ring->Cur, value);
    }

    internal uint Tail
    {
        get => Volatile.Read(ref ring->Tail);
        set => Volatile.Write(ref ring->Tail, value);
    }

    /// <summary>Slots between head and tail: free ones to send with, full ones to read.</summary>
    internal uint Ready => (Tail + NumSlots - Head) % NumSlots;

    internal ref NetmapSlot Slot(uint index) =>
        ref Unsafe.AsRef<NetmapSlot>((byte*)ring + NetmapRing.Bytes + (index * (ulong)sizeof(NetmapSlot)));

    /// <summary>NETMAP_BUF.</summary>
    internal Span<byte> Buffer(uint index) =>
        new((byte*)ring + ring->BufferOffset + (index * (long)ring->BufferSize), (int)ring->BufferSize);

    internal uint Next(uint slot) => (slot + 1) % NumSlots;

    /// <summary>Fills the slot at head and moves head and cur over it.</summary>
    internal void Put(ReadOnlySpan<byte> data, SlotFlags flags = SlotFlags.None)
    {
        ref NetmapSlot slot = ref Slot(Head);
        data.CopyTo(Buffer(slot.BufferIndex));
        slot.Length = (ushort)data.Length;
        slot.Flags = flags;
        Advance(1);
    }

    internal void Advance(uint slots)
    {
        Head = (Head + slots) % NumSlots;
        Cur = Head;
    }

    /// <summary>Reads the slot at head and releases it.</summary>
    internal (byte[] Data, SlotFlags Flags) Take()
    {
        NetmapSlot slot = Slot(Head);
        byte[] data = Buffer(slot.BufferIndex)[..slot.Length].ToArray();
        Advance(1);
        return (data, slot.Flags);
    }

    /// <summary>Reads and releases everything up to tail.</summary>
    internal List<byte[]> TakeAll()
    {
        List<byte[]> frames = [];
        while (Ready != 0)
        {
            frames.Add(Take().Data);
        }

        return frames;
    }

    /// <summary>The buffer indexes of all slots.</summary>
    internal uint[] Buffers()
    {
        uint[] buffers = new uint[NumSlots];
        for (uint i = 0; i < NumSlots; i++)
        {
            buffers[i] = Slot(i).BufferIndex;
        }

        return buffers;
    }
}
