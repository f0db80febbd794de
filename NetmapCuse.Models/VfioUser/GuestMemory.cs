using Microsoft.Win32.SafeHandles;
using Mono.Unix.Native;

namespace NetmapCuse.Models.VfioUser;

/// <summary>
/// What the guest has mapped for a device: page by page where its IOMMU does that, else its whole memory. The memory is a file
/// of QEMU's, read and written where it lies: both sides see the same pages.
/// </summary>
internal sealed class GuestMemory : IDmaMemory, IDisposable
{
    private const int PageBytes = 4096;
    private const ulong LargeMap = 1 << 20;

    private readonly Lock _guard = new();
    private readonly Dictionary<ulong, (SafeFileHandle File, long Offset)> _pages = [];
    private readonly List<(ulong Iova, ulong Size, SafeFileHandle File, long Offset)> _large = [];
    private readonly Dictionary<(ulong Device, ulong Inode), SafeFileHandle> _files = [];

    /// <summary>How often something was mapped.</summary>
    internal long Maps { get; private set; }

    public bool Read(ulong iova, Span<byte> into)
    {
        lock (_guard)
        {
            while (into.Length > 0)
            {
                int part = (int)Math.Min((ulong)into.Length, PageBytes - (iova % PageBytes));
                if (!Find(iova, out SafeFileHandle? file, out long offset) || RandomAccess.Read(file, into[..part], offset) != part)
                {
                    return false;
                }

                into = into[part..];
                iova += (ulong)part;
            }

            return true;
        }
    }

    public bool Write(ulong iova, ReadOnlySpan<byte> bytes)
    {
        lock (_guard)
        {
            for (ulong page = iova / PageBytes; page <= (iova + (ulong)Math.Max(bytes.Length - 1, 0)) / PageBytes; page++)
            {
                if (!Find(page * PageBytes, out _, out _))
                {
                    return false;
                }
            }

            while (bytes.Length > 0 && Find(iova, out SafeFileHandle? file, out long offset))
            {
                int part = (int)Math.Min((ulong)bytes.Length, PageBytes - (iova % PageBytes));
                RandomAccess.Write(file, bytes[..part], offset);
                bytes = bytes[part..];
                iova += (ulong)part;
            }

            return bytes.Length == 0;
        }
    }

    public void Dispose()
    {
        foreach (SafeFileHandle file in _files.Values)
        {
            file.Dispose();
        }
    }

    /// <summary>The descriptor is this object's from now on.</summary>
    internal void Map(ulong iova, ulong size, int descriptor, long offset)
    {
        lock (_guard)
        {
            Maps++;
            SafeFileHandle file = FileOf(descriptor);
            if (size > LargeMap)
            {
                _large.Add((iova, size, file, offset));
                return;
            }

            for (ulong done = 0; done < size; done += PageBytes)
            {
                _pages[(iova + done) / PageBytes] = (file, offset + (long)done);
            }
        }
    }

    internal void Unmap(ulong iova, ulong size)
    {
        lock (_guard)
        {
            // Ranges of the whole address space come, too.
            if (size / PageBytes < (ulong)_pages.Count)
            {
                for (ulong done = 0; done < size; done += PageBytes)
                {
                    _pages.Remove((iova + done) / PageBytes);
                }
            }
            else
            {
                foreach (ulong page in _pages.Keys.Where(page => page - (iova / PageBytes) < size / PageBytes).ToList())
                {
                    _pages.Remove(page);
                }
            }

            _large.RemoveAll(map => map.Iova >= iova && map.Iova - iova + map.Size <= size);
        }
    }

    internal void UnmapAll()
    {
        lock (_guard)
        {
            _pages.Clear();
            _large.Clear();
        }
    }

    private bool Find(ulong iova, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out SafeFileHandle? file, out long offset)
    {
        if (_pages.TryGetValue(iova / PageBytes, out (SafeFileHandle File, long Offset) page))
        {
            (file, offset) = (page.File, page.Offset + (long)(iova % PageBytes));
            return true;
        }

        foreach ((ulong start, ulong size, SafeFileHandle mapped, long at) in _large)
        {
            if (iova - start < size)
            {
                (file, offset) = (mapped, at + (long)(iova - start));
                return true;
            }
        }

        (file, offset) = (null, 0);
        return false;
    }

    // Thousands of maps are of one file.
    private SafeFileHandle FileOf(int descriptor)
    {
        _ = Syscall.fstat(descriptor, out Stat stat);
        if (_files.TryGetValue((stat.st_dev, stat.st_ino), out SafeFileHandle? known))
        {
            _ = Syscall.close(descriptor);
            return known;
        }

        SafeFileHandle file = new(descriptor, ownsHandle: true);
        _files.Add((stat.st_dev, stat.st_ino), file);
        return file;
    }
}
