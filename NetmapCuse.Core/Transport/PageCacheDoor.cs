using System.Globalization;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Memory;
using Serilog;

namespace NetmapCuse.Core.Transport;

/// <summary>A FUSE file of the size of the packet memory, whose page cache is the packet memory.</summary>
/// <param name="options">What it looks like.</param>
/// <param name="path">Where it is.</param>
/// <param name="memory">Where the daemon sees the file.</param>
internal sealed class PageCacheDoor(DeviceServerOptions options, string path, DeviceFileMemory memory)
    : FrontDoor(options, path, FuseMount.OpenDevice())
{
    private FuseMount? _mount;

    internal override string Name => "page cache";

    internal override bool Connect(bool uring)
    {
        _mount = FuseMount.Create(Path, Device);
        Handshake.RunPageCache(Device);
        AllowDirtyPages();
        return false;
    }

    internal override Dispatcher CreateDispatcher(ICallHandler handler, DeferredCalls deferred) =>
        new(handler, CreateAttributes(memory.Size), deferred, 0, Door.PageCache);

    internal override FuseReaders StartReaders(
        Dispatcher dispatcher, DeferredCalls deferred, Action ended, ILogger log)
    {
        int atOnce = FuseReaders.CountHere;
        Pager = new PagerLink(Device, Path, dispatcher, deferred, atOnce + 1);
        return new FuseReaders(
            Device, atOnce + 1, dispatcher, deferred, ended, log, true, new ReaderGate(atOnce), Pager.Buffers);
    }

    /// <remarks>
    /// The kernel learns the size of the file from its first attributes. The descriptor is closed before anything is
    /// dirty: closing it at the end, when nobody answers any more, would hang.
    /// </remarks>
    internal override void OnServing()
    {
        FileProbe.Require(Path);
        using Fd file = Libc.Open(Path, OpenFlags.ReadWrite | OpenFlags.CloseOnExec | OpenFlags.NoFollow, 0);
        if (file.IsInvalid)
        {
            throw PosixException.Last($"open {Path}");
        }

        memory.Attach(file, new PageStore(Device).StoreZeros);
    }

    internal override void End() => _mount?.End();

    /// <summary>
    /// A file system in user space gets one percent of the dirty pages of the system, above which whoever dirties another
    /// one is put to sleep. Rings and buffers are dirty all the time.
    /// </summary>
    private void AllowDirtyPages()
    {
        if (MountTable.At(Path)?.Device is not { } number)
        {
            return;
        }

        string folder = string.Create(CultureInfo.InvariantCulture, $"/sys/class/bdi/{number.Major}:{number.Minor}");
        foreach ((string name, string value) in (ReadOnlySpan<(string, string)>)
            [("max_ratio", "100"), ("min_ratio", "50"), ("strict_limit", "0")])
        {
            try
            {
                // Not every kernel has all of them, and not every container may write them.
                File.WriteAllText(System.IO.Path.Combine(folder, name), value);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
            }
        }
    }
}
