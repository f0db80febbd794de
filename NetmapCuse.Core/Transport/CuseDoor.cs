using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;
using Serilog;

namespace NetmapCuse.Core.Transport;

/// <summary>
/// A character device made by the kernel (CUSE). The kernel answers mmap of it with ENODEV; programs get the memory from
/// <see cref="MemoryShare"/> by the preloaded library.
/// </summary>
internal sealed class CuseDoor : FrontDoor
{
    private const string Class = "/sys/class/cuse";

    private readonly string _name;
    private readonly Fd _memory;

    /// <param name="options">What it looks like; a path in /dev.</param>
    /// <param name="memory">The file whose pages clients map.</param>
    internal CuseDoor(DeviceServerOptions options, Fd memory)
        : base(options, options.Path, Open(options.Path))
    {
        _name = NameOf(options.Path);
        _memory = memory;
    }

    internal override string Name => "CUSE";

    internal override bool Connect(bool uring)
    {
        Handshake.RunCuse(Device, _name);
        if (!Directory.Exists(System.IO.Path.Combine(Class, _name)))
        {
            throw new StartException(StartFailure.Other, $"the kernel did not make a device {_name}: see dmesg");
        }

        return false;
    }

    internal override Dispatcher CreateDispatcher(ICallHandler handler, DeferredCalls deferred) =>
        new(handler, CreateAttributes(0), deferred, 0, Door.Cuse, new MemoryShare(_memory));

    /// <remarks>Descriptors of CUSE connections cannot be cloned.</remarks>
    internal override FuseReaders StartReaders(
        Dispatcher dispatcher, DeferredCalls deferred, Action ended, ILogger log) =>
        new(Device, FuseReaders.CountHere, dispatcher, deferred, ended, log, shared: true);

    /// <summary>Where /dev is kept by the kernel the node is there by now.</summary>
    internal override void OnServing()
    {
        if (!File.Exists(Path))
        {
            string number = File.ReadAllText(System.IO.Path.Combine(Class, _name, "dev")).Trim().Replace(':', ' ');
            throw new StartException(
                StartFailure.Other, $"{Path} did not appear: mount devtmpfs on /dev, or run mknod {Path} c {number}");
        }

        if (Libc.ChangeOwner(Path, Options.UserId, Options.GroupId) != 0 || Libc.ChangeMode(Path, Options.Mode) != 0)
        {
            throw PosixException.Last($"giving {Path} its owner and mode");
        }
    }

    internal override void End()
    {
        try
        {
            File.WriteAllText(System.IO.Path.Combine(Class, _name, "abort"), "1");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
        }
    }

    private static string NameOf(string path) => System.IO.Path.GetDirectoryName(path) == "/dev"
        ? System.IO.Path.GetFileName(path)
        : throw new StartException(
            StartFailure.PathTaken, $"{path} cannot be a character device: give a path right in /dev, or choose another door");

    private static FuseDevice Open(string path)
    {
        string name = NameOf(path);
        if (Directory.Exists(System.IO.Path.Combine(Class, name)))
        {
            throw new StartException(StartFailure.AlreadyServed, $"a running daemon serves {path} already: stop it or choose another path");
        }

        if (Libc.StatusOf(path, Statx.NoFollow, out _) == 0)
        {
            throw new StartException(StartFailure.PathTaken, $"{path} exists: remove it or choose another path");
        }

        try
        {
            return FuseDevice.Open(FuseDevice.CusePath);
        }
        catch (PosixException failure)
        {
            string remedy = failure.Errno is Errno.Perm or Errno.Acces
                ? "is not accessible: run as root (containers: --device /dev/cuse)"
                : "does not exist: load the cuse module (modprobe cuse), or choose another door";
            throw new StartException(StartFailure.NoFuseDevice, $"{FuseDevice.CusePath} {remedy}", failure);
        }
    }
}
