using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Fuse;
using NetmapCuse.Core.Abi.Linux;

namespace NetmapCuse.Core.Interop;

/// <summary>
/// A /dev/fuse descriptor. One read is one request and one write is one reply or notification; a reply goes to the
/// descriptor that its request was read from. The connection lives until the last descriptor is closed.
/// </summary>
internal sealed unsafe class FuseDevice : IDisposable
{
    internal const string Path = "/dev/fuse";

    internal const string CusePath = "/dev/cuse";

    private readonly Fd _fd;

    private FuseDevice(Fd fd) => _fd = fd;

    /// <summary>For mount data and ring submissions. The caller keeps this object alive meanwhile.</summary>
    internal int Number => _fd.Number;

    internal static FuseDevice Open(string path = Path)
    {
        Fd fd = Libc.Open(path, OpenFlags.ReadWrite | OpenFlags.CloseOnExec, 0);
        if (fd.IsInvalid)
        {
            PosixException failure = PosixException.Last("open " + path);
            fd.Dispose();
            throw failure;
        }

        return new FuseDevice(fd);
    }

    /// <summary>A descriptor that another process has: requests that were read there can be answered here.</summary>
    /// <exception cref="PosixException">It cannot be had.</exception>
    internal static FuseDevice Take(int process, int number)
    {
        Fd taken = Libc.TakeDescriptor(process, number, out int errno);
        return errno == Errno.Ok ? new FuseDevice(taken) : throw new PosixException("pidfd_getfd", errno);
    }

    /// <summary>From now on reading ends with EAGAIN when there is no request.</summary>
    internal void DoNotWait()
    {
        const int SetFlags = 4; // F_SETFL
        if (Libc.Fcntl(_fd, SetFlags, OpenFlags.ReadWrite | OpenFlags.NonBlock) != 0)
        {
            throw PosixException.Last("fcntl of " + Path);
        }
    }

    /// <summary>Asks whether a request waits.</summary>
    internal DescriptorPoll ForRequests() => new(_fd, DescriptorPoll.In);

    /// <summary>Another descriptor of the same connection (FUSE_DEV_IOC_CLONE), with its own list of requests in work.</summary>
    internal FuseDevice Clone()
    {
        FuseDevice clone = Open();
        uint original = (uint)Number;
        if (Libc.Ioctl(clone._fd, FuseProtocol.DeviceClone, &original) != 0)
        {
            PosixException failure = PosixException.Last("FUSE_DEV_IOC_CLONE");
            clone.Dispose();
            throw failure;
        }

        return clone;
    }

    /// <summary>Registers the file whose pages mmap of an open file shall give (FUSE_DEV_IOC_BACKING_OPEN).</summary>
    internal int RegisterBacking(Fd file)
    {
        FuseBackingMap map = new() { Descriptor = file.Number };
        int id = Libc.Ioctl(_fd, FuseProtocol.DeviceBackingOpen, &map);
        GC.KeepAlive(file);
        return id >= 0 ? id : throw PosixException.Last("FUSE_DEV_IOC_BACKING_OPEN");
    }

    /// <summary>Waits for a request.</summary>
    /// <returns>Its length, or a negative errno.</returns>
    internal int Read(Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            nint length = Libc.Read(_fd, start, (nuint)buffer.Length);
            return length >= 0 ? (int)length : -Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>Sends a reply or a notification. Not sent when this object is disposed of already.</summary>
    /// <returns>0 or a positive errno.</returns>
    internal int Write(ReadOnlySpan<byte> message) => Libc.TryWrite(_fd, message);

    public void Dispose() => _fd.Dispose();
}
