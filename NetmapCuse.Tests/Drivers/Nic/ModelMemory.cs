using NetmapCuse.Drivers.Vfio;
using NetmapCuse.Models;

namespace NetmapCuse.Tests.Drivers.Nic;

/// <summary>An IOMMU: what a driver has mapped is what the chip reaches.</summary>
internal sealed unsafe class ModelMemory : IDmaSpace, IDmaMemory
{
    private readonly Lock _guard = new();
    private readonly List<(ulong Iova, ulong Bytes, nint Address)> _maps = [];

    /// <summary>How many ranges are mapped.</summary>
    internal int Maps
    {
        get
        {
            lock (_guard)
            {
                return _maps.Count;
            }
        }
    }

    public void Map(byte* address, ulong iova, ulong bytes)
    {
        lock (_guard)
        {
            if (_maps.Exists(map => map.Iova < iova + bytes && iova < map.Iova + map.Bytes) || bytes == 0 || (iova | bytes) % 4096 != 0)
            {
                throw new InvalidOperationException($"mapping {bytes:x} bytes at {iova:x}, where something is, or not of whole pages");
            }

            _maps.Add((iova, bytes, (nint)address));
        }
    }

    public void Unmap(ulong iova, ulong bytes)
    {
        lock (_guard)
        {
            if (_maps.RemoveAll(map => map.Iova == iova && map.Bytes == bytes) != 1)
            {
                throw new InvalidOperationException($"unmapping {bytes:x} bytes at {iova:x}, which were not mapped so");
            }
        }
    }

    public bool Read(ulong iova, Span<byte> into)
    {
        lock (_guard)
        {
            byte* found = Find(iova, into.Length);
            if (found != null)
            {
                new ReadOnlySpan<byte>(found, into.Length).CopyTo(into);
            }

            return found != null;
        }
    }

    public bool Write(ulong iova, ReadOnlySpan<byte> bytes)
    {
        lock (_guard)
        {
            byte* found = Find(iova, bytes.Length);
            if (found != null)
            {
                bytes.CopyTo(new Span<byte>(found, bytes.Length));
            }

            return found != null;
        }
    }

    private byte* Find(ulong iova, int length)
    {
        foreach ((ulong start, ulong bytes, nint address) in _maps)
        {
            if (iova >= start && iova - start + (ulong)length <= bytes)
            {
                return (byte*)address + (iova - start);
            }
        }

        return null;
    }
}
