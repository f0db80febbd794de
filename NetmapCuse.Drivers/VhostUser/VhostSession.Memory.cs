using System.Buffers.Binary;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Vale.Guests;

namespace NetmapCuse.Drivers.VhostUser;

/// <summary>Memory: whole tables, single regions, the dirty log. Rings stand still while it changes.</summary>
internal sealed partial class VhostSession
{
    private const int RegionBytes = 32;

    /// <summary>u32 number of regions, u32 nothing, and for each guest address, size, user address, offset in its file.</summary>
    private VhostAnswer SetMemoryTable(ReadOnlySpan<byte> body, List<Fd> descriptors)
    {
        const int HeadBytes = 8;
        if (body.Length < HeadBytes)
        {
            return VhostAnswer.Broken;
        }

        uint count = BinaryPrimitives.ReadUInt32LittleEndian(body);
        if (count > descriptors.Count || body.Length < HeadBytes + (RegionBytes * (int)count))
        {
            return VhostAnswer.Broken;
        }

        CloseAll();
        _memory.Clear();
        bool isGood = true;
        for (int i = 0; i < (int)count; i++)
        {
            isGood = isGood && TryAddRegion(body[(HeadBytes + (RegionBytes * i))..], descriptors[i]);
        }

        if (!isGood)
        {
            _memory.Clear();
        }

        OpenAll();
        return isGood ? VhostAnswer.Done : VhostAnswer.Failed;
    }

    /// <summary>u64 nothing, and a region as above.</summary>
    private VhostAnswer AddMemoryRegion(ReadOnlySpan<byte> body, List<Fd> descriptors)
    {
        if (body.Length < sizeof(ulong) + RegionBytes || descriptors.Count != 1)
        {
            return VhostAnswer.Broken;
        }

        CloseAll();
        bool isGood = TryAddRegion(body[sizeof(ulong)..], descriptors[0]);
        OpenAll();
        return isGood ? VhostAnswer.Done : VhostAnswer.Failed;
    }

    private VhostAnswer RemoveMemoryRegion(ReadOnlySpan<byte> body)
    {
        if (body.Length < sizeof(ulong) + RegionBytes)
        {
            return VhostAnswer.Broken;
        }

        CloseAll();
        bool isGood = _memory.TryRemove(ParseRegion(body[sizeof(ulong)..]));
        OpenAll();
        return isGood ? VhostAnswer.Done : VhostAnswer.Failed;
    }

    private bool TryAddRegion(ReadOnlySpan<byte> body, Fd file)
    {
        if (GuestRegion.TryMap(file, ParseRegion(body)) is not { } region)
        {
            return false;
        }

        bool isAdded = _memory.TryAdd(region);
        if (!isAdded)
        {
            region.Dispose();
        }

        return isAdded;
    }

    private static GuestRange ParseRegion(ReadOnlySpan<byte> body) => new(
        Guest: BinaryPrimitives.ReadUInt64LittleEndian(body),
        Size: BinaryPrimitives.ReadUInt64LittleEndian(body[8..]),
        User: BinaryPrimitives.ReadUInt64LittleEndian(body[16..]),
        Offset: BinaryPrimitives.ReadUInt64LittleEndian(body[24..]));

    /// <summary>u64 size, u64 offset. The front-end waits for an answer, whatever it says.</summary>
    private VhostAnswer SetLogBase(ReadOnlySpan<byte> body, List<Fd> descriptors)
    {
        if (body.Length < 2 * sizeof(ulong) || descriptors.Count != 1)
        {
            return VhostAnswer.Broken;
        }

        CloseAll();
        _dirty?.Dispose();
        _dirty = DirtyLog.TryMap(
            descriptors[0],
            offset: BinaryPrimitives.ReadUInt64LittleEndian(body[8..]),
            size: BinaryPrimitives.ReadUInt64LittleEndian(body));
        if (_dirty is null)
        {
            // A migration without it would lose what is written here.
            return VhostAnswer.Broken;
        }

        OpenAll();
        return VhostAnswer.Of(0);
    }
}
