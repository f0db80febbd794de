using NetmapCuse.Core.Memory;

namespace NetmapCuse.Core.Rings;

/// <summary>What a driver knows of one NIC ring while its queue is open. Slots come with each call, as a <see cref="SlotBatch"/>.</summary>
internal sealed unsafe class AdapterRing(Kring ring)
{
    internal RingDirection Direction => ring.Direction;

    /// <summary>Number of the ring among the NIC rings of its direction: the queue of the interface.</summary>
    internal uint Number => ring.Index;

    internal uint NumSlots => ring.NumSlots;

    internal uint BufferSize => ring.BufferSize;

    internal uint BufferCount => ring.BufferCount;

    /// <summary>The memory that buffers lie in: one piece from Region.Address, Region.Layout.MemorySize bytes long.</summary>
    internal Region Region => ring.Region;

    /// <summary>Where a buffer starts, from the start of the region: an address in a UMEM, an I/O address less its base.</summary>
    internal ulong OffsetOf(uint buffer) => Region.Layout.BufferPoolOffset + ((ulong)buffer * BufferSize);

    /// <summary>The buffer at an offset that <see cref="OffsetOf"/> gave, or somewhere inside it.</summary>
    internal uint BufferAt(ulong offset) => ring.UsableIndex((uint)((offset - Region.Layout.BufferPoolOffset) / BufferSize));

    internal byte* AddressOf(uint buffer) => ring.BufferOf(buffer);

    /// <summary>
    /// There is news: frames to receive, or completed transmissions where the ring was full. From any thread, never from inside
    /// a call of the queue. On an interface that is attached to a switch this receives and forwards in the calling thread.
    /// </summary>
    internal void Notify()
    {
        ring.MustLook();
        ring.Wake();
    }

    /// <summary>
    /// Keeps syncs out for a moment, as a sync in another thread would, so that a driver can set its hardware up anew. Not from inside
    /// a call of the queue.
    /// </summary>
    /// <returns>False when the ring is stopped: nobody syncs it anyway, and there is nothing to <see cref="LetGo"/>.</returns>
    internal bool Hold()
    {
        SpinWait wait = default;
        while (!ring.TryEnter())
        {
            if (ring.IsStopped)
            {
                return false;
            }

            wait.SpinOnce();
        }

        return true;
    }

    /// <summary>Lets syncs in again.</summary>
    internal void LetGo() => ring.Exit();

    /// <summary>Counts a frame that could not be sent as its slots were. From inside Transmit.</summary>
    internal void CountBadSlot() => ring.Counters.BadSlot++;

    /// <summary>Counts frames that the interface dropped because the ring had no room.</summary>
    internal void CountNoRoom(uint frames) => ring.CountNoRoom(frames);

    /// <summary>Counts frames that were dropped; by who holds the ring.</summary>
    internal void CountDropped(DropCause cause, uint frames) => ring.Counters.CountDropped(cause, frames);
}
