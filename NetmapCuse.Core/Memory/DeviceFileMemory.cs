using System.Numerics;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Core.Memory;

/// <summary>
/// Packet memory of the page-cache door: the device file itself, mapped by the daemon like by any client, so that all
/// share the pages of its page cache (reference/front-door.md section 1).
/// </summary>
/// <remarks>
/// <para>The addresses are reserved at once, the file appears there when it is served.</para>
/// <para>
/// The pages come from FUSE_NOTIFY_STORE: the kernel takes the zeros out of the notification, where a page fault would ask
/// the daemon for them. They are locked as the daemon touches them, because a page that the system takes back is lost: the
/// daemon keeps no copy of what is written back to it. What is cleared stays locked until the daemon ends; there is no
/// way to punch a hole, but the next use of the range gets zeros.
/// </para>
/// </remarks>
public sealed unsafe class DeviceFileMemory : PacketMemory
{
    private readonly MappedMemory _mapping;
    private readonly ulong[] _prepared; // a bit a page
    private Action<ulong, ulong>? _storeZeros;

    public DeviceFileMemory(ulong size) : base(size)
    {
        _mapping = MappedMemory.Reserve(size);
        _prepared = new ulong[(size / RegionLayout.Page / 64) + 1];
    }

    internal override byte* Address => _mapping.Address;

    internal override bool FaultsAskUs => true;

    /// <summary>Brings the served file to the reserved addresses.</summary>
    /// <param name="file">The device file, open for reading and writing; may be closed afterwards.</param>
    /// <param name="storeZeros">Puts zeros into the page cache of the file: offset and length in bytes, whole pages.</param>
    internal void Attach(Fd file, Action<ulong, ulong> storeZeros)
    {
        _mapping.Fill(file);
        _storeZeros = storeZeros;
    }

    internal override bool Prepare(ulong offset, ulong length)
    {
        ulong page = offset / RegionLayout.Page;
        ulong end = (offset + length + RegionLayout.Page - 1) / RegionLayout.Page;
        while (page < end)
        {
            ulong first = page;
            while (page < end && !IsPrepared(page))
            {
                _prepared[page / 64] |= 1UL << (int)(page % 64);
                page++;
            }

            if (page == first)
            {
                page++;
            }
            else if (!Bring(first * RegionLayout.Page, (page - first) * RegionLayout.Page))
            {
                return false;
            }
        }

        return true;
    }

    internal override void Clear(ulong offset, ulong length)
    {
        ulong end = (offset + length + RegionLayout.Page - 1) / RegionLayout.Page;
        for (ulong page = offset / RegionLayout.Page; page < end; page++)
        {
            _prepared[page / 64] &= ~(1UL << (int)(page % 64));
        }
    }

    /// <summary>Bytes that are prepared now.</summary>
    internal ulong PreparedBytes
    {
        get
        {
            ulong pages = 0;
            foreach (ulong word in _prepared)
            {
                pages += (ulong)BitOperations.PopCount(word);
            }

            return pages * RegionLayout.Page;
        }
    }

    protected override void Dispose(bool disposing) => _mapping.Dispose();

    private bool IsPrepared(ulong page) => (_prepared[page / 64] & (1UL << (int)(page % 64))) != 0;

    private bool Bring(ulong offset, ulong length)
    {
        Check.That(_storeZeros is not null, "packet memory is used before its file is served");
        _storeZeros(offset, length);
        return MappedMemory.Populate(Address + offset, length);
    }
}
