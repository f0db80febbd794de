using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Core.Rings;

/// <summary>
/// The data of a TX ring's NS_INDIRECT slots, brought here before the ring is synced: classifier, copy loop and monitors
/// then see the same bytes. The memory of a program may answer late or never (userfaultfd, a FUSE file), so it is read by a
/// thread that holds nothing: neither the ring nor the requests of other clients (<c>IndirectSync</c>).
/// </summary>
/// <remarks>
/// Every slot has a place of a buffer's size and starts there on a cache line; what lies behind its data, up to the next
/// line, is zeros, because the copy loop rounds lengths up: to a line also where nothing could be read.
/// </remarks>
internal sealed unsafe class IndirectStage(uint numSlots)
{
    private const uint Line = 64;

    /// <summary>What all rings of all devices may have together; clients decide how many rings ask for it.</summary>
    private const long BytesMax = 1L << 30;

    private static long s_taken;

    private readonly Entry[] _entries = new Entry[numSlots];
    private readonly uint[] _listed = new uint[numSlots];
    private byte* _memory;
    private long _capacity;
    private uint _count;
    private int _isTaken;
    private volatile bool _isOpen;
    private volatile bool _hasEnded;

    /// <summary>Takes the stage for one sync. False: another thread has it.</summary>
    internal bool TryTake() => Interlocked.CompareExchange(ref _isTaken, 1, 0) == 0;

    /// <summary>Gives it back.</summary>
    internal void Return()
    {
        Interlocked.Exchange(ref _isTaken, 0);
        if (_hasEnded)
        {
            End();
        }
    }

    /// <summary>The ring is gone. Whoever still reads frees the memory when it returns. Control plane.</summary>
    internal void End()
    {
        _hasEnded = true;
        if (TryTake())
        {
            Free();
            Interlocked.Exchange(ref _isTaken, 0);
        }
    }

    /// <summary>Notes the indirect slots between hwcur and rhead; each is read once. The caller holds the ring and the stage.</summary>
    /// <returns>False when there is no room for their data.</returns>
    internal bool TryList(Kring ring)
    {
        _count = 0;
        uint size = RoundUp(ring.BufferSize);
        for (uint i = ring.Indexes.HwCur; i != ring.Indexes.RHead; i = RingWindow.Next(i, numSlots))
        {
            NetmapSlot slot = ring.Slots[i];
            bool isListed = (slot.Flags & SlotFlags.Indirect) != 0;
            _entries[i] = new Entry
            {
                Pointer = slot.Pointer,
                Length = slot.Length,
                IsListed = isListed,
                Offset = (ulong)_count * size,
            };
            if (isListed)
            {
                _listed[_count++] = i;
            }
        }

        return _count == 0 || TryReserve((long)_count * size);
    }

    /// <summary>Reads what was listed. The caller holds the stage and nothing else: this may take for ever.</summary>
    /// <param name="memory">Whose memory.</param>
    /// <param name="bufferSize">Longer slots are not read.</param>
    internal void Read(CallerMemory memory, uint bufferSize)
    {
        for (uint i = 0; i < _count; i++)
        {
            ref Entry entry = ref _entries[_listed[i]];
            byte* data = _memory + entry.Offset;
            entry.Bytes = entry.Pointer != 0 && entry.Length <= bufferSize
                ? (int)Math.Max(memory.Read(entry.Pointer, data, entry.Length), 0)
                : 0;
            uint bytes = (uint)entry.Bytes;
            NativeMemory.Clear(data + bytes, Math.Max(RoundUp(bytes), Line) - bytes);
        }
    }

    /// <summary>What was read can be found from here on. The caller holds the ring and the stage.</summary>
    internal void Open() => _isOpen = true;

    /// <summary>Nothing can be found any more. The caller holds the ring and the stage.</summary>
    internal void Close()
    {
        _isOpen = false;
        for (uint i = 0; i < _count; i++)
        {
            _entries[_listed[i]].IsListed = false;
        }
    }

    /// <summary>The data of a slot as it was read, if it is the slot that was read. The caller holds the ring.</summary>
    /// <param name="index">Its number.</param>
    /// <param name="pointer">Its ptr.</param>
    /// <param name="length">Its length.</param>
    /// <param name="data">Where the data is.</param>
    /// <param name="bytes">How much of it could be read.</param>
    internal bool TryFind(uint index, ulong pointer, uint length, out byte* data, out int bytes)
    {
        Entry entry = _isOpen ? _entries[index] : default;
        bool isFound = entry.IsListed && entry.Pointer == pointer && entry.Length == length;
        data = isFound ? _memory + entry.Offset : null;
        bytes = isFound ? entry.Bytes : 0;
        return isFound;
    }

    /// <summary>Whether every slot that is indirect now was read. The caller holds the ring.</summary>
    internal bool Covers(Kring ring)
    {
        for (uint i = ring.Indexes.HwCur; i != ring.Indexes.RHead; i = RingWindow.Next(i, numSlots))
        {
            NetmapSlot slot = ring.Slots[i];
            if ((slot.Flags & SlotFlags.Indirect) != 0 && !TryFind(i, slot.Pointer, slot.Length, out _, out _))
            {
                return false;
            }
        }

        return true;
    }

    private static uint RoundUp(uint bytes) => (bytes + Line - 1) & ~(Line - 1);

    private bool TryReserve(long bytes)
    {
        if (bytes <= _capacity)
        {
            return true;
        }

        Free();
        if (Interlocked.Add(ref s_taken, bytes) > BytesMax)
        {
            Interlocked.Add(ref s_taken, -bytes);
            return false;
        }

        _capacity = bytes;
        _memory = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, Line);
        return true;
    }

    private void Free()
    {
        NativeMemory.AlignedFree(_memory);
        Interlocked.Add(ref s_taken, -_capacity);
        _memory = null;
        _capacity = 0;
    }

    /// <summary>One slot of the ring.</summary>
    private struct Entry
    {
        internal ulong Pointer;
        internal ulong Offset;
        internal int Bytes;
        internal ushort Length;
        internal bool IsListed;
    }
}
