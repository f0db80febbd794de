using System.Globalization;
using NetmapCuse.Core.Abi.Linux;

namespace NetmapCuse.Core.Interop;

/// <summary>
/// /proc/ID of a thread, held open: what is looked up in it is that thread's, whoever gets the number afterwards; when the
/// thread has ended, nothing is found any more.
/// </summary>
internal sealed class ThreadFolder : IDisposable
{
    private readonly Fd _folder;

    private ThreadFolder(Fd folder) => _folder = folder;

    internal bool IsInvalid => _folder.IsInvalid;

    /// <summary>Of a thread that cannot end meanwhile. Invalid when there is none, or no descriptor is left.</summary>
    internal static ThreadFolder Open(int threadId) => new(threadId > 0
        ? Libc.Open(
            string.Create(CultureInfo.InvariantCulture, $"/proc/{threadId}"),
            OpenFlags.Path | OpenFlags.Directory | OpenFlags.CloseOnExec, 0)
        : new Fd(-1));

    /// <summary>A way to something in it, good as long as this object is.</summary>
    internal string PathOf(string name) =>
        string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{_folder.Number}/{name}");

    internal Fd Open(string name, int flags) => IsInvalid
        ? new Fd(-1)
        : Libc.Open(PathOf(name), flags | OpenFlags.CloseOnExec, 0);

    /// <exception cref="IOException">The thread has ended.</exception>
    /// <exception cref="UnauthorizedAccessException">The daemon may not look.</exception>
    internal IEnumerable<string> ReadLines(string name) => File.ReadLines(PathOf(name));

    /// <summary>Where a link points to, or null.</summary>
    internal string? LinkOf(string name)
    {
        try
        {
            return IsInvalid ? null : new FileInfo(PathOf(name)).LinkTarget;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Who owns a file in it, or null. Files of a process that may not be read by others belong to root (proc(5)).</summary>
    internal uint? OwnerOf(string name) =>
        !IsInvalid && Libc.StatusOf(PathOf(name), 0, out Statx status) == 0 ? status.UserId : null;

    /// <summary>All of a range is mapped for writing.</summary>
    internal bool IsWritable(ulong address, ulong length)
    {
        ulong next = address;
        ulong end = address + length;
        try
        {
            foreach (string line in IsInvalid ? [] : ReadLines("maps"))
            {
                // "7f1200000000-7f1201000000 rw-s ..." (proc(5)), by address.
                int dash = line.IndexOf('-', StringComparison.Ordinal);
                int space = line.IndexOf(' ', StringComparison.Ordinal);
                ulong from = ulong.Parse(line.AsSpan(0, dash), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
                ulong to = ulong.Parse(
                    line.AsSpan(dash + 1, space - dash - 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
                if (to <= next)
                {
                    continue;
                }

                if (from > next || line[space + 2] != 'w')
                {
                    return false;
                }

                next = to;
                if (next >= end)
                {
                    return true;
                }
            }
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }

        return next >= end && end >= address;
    }

    public void Dispose() => _folder.Dispose();
}
