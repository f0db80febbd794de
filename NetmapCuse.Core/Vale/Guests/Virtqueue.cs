using System.Runtime.CompilerServices;

namespace NetmapCuse.Core.Vale.Guests;

/// <summary>
/// The device's side of a guest's ring. All that lies in the guest's memory can change at any moment, so each word is read
/// once, checked, and used from the local. Chains are taken in their order, and given back in it. One thread at a time.
/// </summary>
internal abstract unsafe class Virtqueue
{
    /// <summary>In place of a number of pieces: the chain was taken, but what it says of memory or direction is wrong.</summary>
    internal const int Unusable = 0;

    /// <summary>The ring itself makes no sense; nothing more is taken from it.</summary>
    internal const int Broken = -1;

    /// <summary>The largest ring of either kind.</summary>
    internal const uint SizeMax = 32768;

    private readonly GuestMemory _memory;
    private ulong _nearGuest;
    private ulong _nearLength;
    private byte* _nearHost;

    private protected Virtqueue(GuestMemory memory, uint size)
    {
        _memory = memory;
        Size = size;
    }

    /// <summary>Descriptors in the ring.</summary>
    internal uint Size { get; }

    internal bool IsBroken { get; private set; }

    /// <summary>Where writes are noted while the guest migrates; else null.</summary>
    internal DirtyLog? Log { get; init; }

    /// <summary>The ring's position as SET_VRING_BASE and GET_VRING_BASE tell it.</summary>
    internal abstract uint Base { get; }

    /// <summary>A ring at this place; null when the place is not in the guest's memory, or the size is impossible.</summary>
    internal static Virtqueue? TryCreate(
        GuestMemory memory, in VirtqueuePlace place, uint size, uint start, bool isPacked, bool hasEventIndex, DirtyLog? log)
    {
        if (size is 0 or > SizeMax)
        {
            return null;
        }

        return isPacked
            ? PackedQueue.TryCreate(memory, place, size, start, hasEventIndex, log)
            : SplitQueue.TryCreate(memory, place, size, start, hasEventIndex, log);
    }

    /// <summary>Whether the guest has made chains available, and for split rings how many; for packed ones that shows on the way.</summary>
    internal abstract uint Available();

    /// <summary>Takes the next chain, which is there.</summary>
    /// <param name="pieces">Its pieces.</param>
    /// <param name="room">How many it may have.</param>
    /// <param name="isWritten">They are for writing; else for reading.</param>
    /// <returns>How many pieces, <see cref="Unusable"/> or <see cref="Broken"/>.</returns>
    internal abstract int Take(GuestPiece* pieces, int room, bool isWritten);

    /// <summary>Remembers where <see cref="Rewind"/> goes back to.</summary>
    internal abstract void Mark();

    /// <summary>Chains taken since the mark are available again.</summary>
    internal abstract void Rewind();

    /// <summary>Gives back the chain that was taken first; the guest sees it with <see cref="Publish"/>.</summary>
    /// <param name="written">Bytes written to it.</param>
    internal abstract void Complete(uint written);

    /// <summary>Shows the guest what was given back. True: it wants to be told.</summary>
    internal abstract bool Publish();

    /// <summary>Asks for a kick with the next chain. True: there is one already, and none may be coming for it.</summary>
    internal abstract bool Arm();

    /// <summary>No kicks, as somebody looks anyway.</summary>
    internal abstract void Disarm();

    private protected int Break()
    {
        IsBroken = true;
        return Broken;
    }

    /// <summary>Adds a buffer of the guest to a chain, cut where regions meet. False: it is not there, or there is no room.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private protected bool TryAdd(GuestPiece* pieces, ref int count, int room, ulong guest, uint length)
    {
        ulong offset = guest - _nearGuest;
        if (offset < _nearLength && length <= _nearLength - offset && count < room)
        {
            ref GuestPiece piece = ref pieces[count++];
            piece.Data = _nearHost + offset;
            piece.Guest = guest;
            piece.Length = length;
            return true;
        }

        return TryAddFar(pieces, ref count, room, guest, length);
    }

    /// <summary>All of a table that lies together; null where it does not.</summary>
    private protected byte* FindTable(ulong guest, uint length)
    {
        byte* found = _memory.Find(guest, out ulong there);
        return length <= there ? found : null;
    }

    private bool TryAddFar(GuestPiece* pieces, ref int count, int room, ulong guest, uint length)
    {
        while (length != 0)
        {
            byte* data = _memory.Find(guest, out ulong there);
            if (data == null || count >= room)
            {
                return false;
            }

            uint part = (uint)Math.Min(length, there);
            pieces[count++] = new GuestPiece { Data = data, Guest = guest, Length = part };
            _nearGuest = guest;
            _nearLength = there;
            _nearHost = data;
            guest += part;
            length -= part;
        }

        return true;
    }
}
