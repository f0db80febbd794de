using System.Globalization;
using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Core.Transport;

/// <summary>A mounted device file: a file system whose root is a regular file.</summary>
internal sealed class FuseMount
{
    private readonly string _path;
    private readonly (uint Major, uint Minor)? _device;
    private readonly Fd _abort;

    private FuseMount(string path, (uint Major, uint Minor)? device)
    {
        _path = path;
        _device = device;

        // Held open from the start: the number may name another connection later, the open file never does. Invalid where
        // the fusectl file system is not mounted, as in small containers.
        _abort = Libc.Open($"/sys/fs/fuse/connections/{device?.Minor}/abort", OpenFlags.WriteOnly | OpenFlags.CloseOnExec, 0);
    }

    /// <summary>The mount that is on top at a path, if it is one of ours.</summary>
    internal static FuseMount? Find(string path) =>
        MountTable.At(path) is { Type: DevicePath.MountType } mount ? new FuseMount(path, mount.Device) : null;

    /// <summary>A descriptor for a mount to come.</summary>
    internal static FuseDevice OpenDevice()
    {
        try
        {
            return FuseDevice.Open();
        }
        catch (PosixException failure)
        {
            string remedy = failure.Errno is Errno.Perm or Errno.Acces
                ? "is not accessible: run as root (containers: --device /dev/fuse)"
                : "does not exist: load the fuse module (modprobe fuse; containers: --device /dev/fuse)";
            throw new StartException(StartFailure.NoFuseDevice, $"{FuseDevice.Path} {remedy}", failure);
        }
    }

    /// <summary>Mounts. The kernel queues FUSE_INIT on the descriptor.</summary>
    internal static FuseMount Create(string path, FuseDevice device) => Create(path, device, "100600");

    /// <summary>Mounts a directory.</summary>
    internal static FuseMount CreateDirectory(string path, FuseDevice device) => Create(path, device, "40755");

    private static FuseMount Create(string path, FuseDevice device, string rootMode)
    {
        // rootmode says what the root is, in octal: a regular file or a directory. allow_other: a client that gives up root keeps its
        // descriptors working. default_permissions: the kernel checks the mode that GETATTR answers.
        string data = string.Create(
            CultureInfo.InvariantCulture,
            $"fd={device.Number},rootmode={rootMode},user_id=0,group_id=0,allow_other,default_permissions");
        if (Libc.Mount("netmap", path, DevicePath.MountType, MountFlags.NoSuid, data) != 0)
        {
            throw Refused(path, Marshal.GetLastPInvokeError());
        }

        return new FuseMount(path, MountTable.At(path)?.Device);
    }

    /// <summary>Ends the connection, also under clients that have the file open, and takes the mount away.</summary>
    internal void End()
    {
        if (_device is { } device && MountTable.At(_path)?.Device == device)
        {
            Remove(_path);
        }

        // Reaches also a mount that something covers or that was detached while clients have it open.
        Libc.TryWrite(_abort, "1"u8);
        _abort.Dispose();
    }

    /// <summary>Removes whatever is mounted on top at a path: MNT_FORCE ends its connection, MNT_DETACH always succeeds.</summary>
    internal static void Remove(string path)
    {
        if (Libc.Unmount(path, MountFlags.Force | MountFlags.NoFollow) != 0)
        {
            _ = Libc.Unmount(path, MountFlags.Detach | MountFlags.NoFollow);
        }
    }

    private static StartException Refused(string path, int errno) => errno switch
    {
        Errno.Perm or Errno.Acces => new StartException(
            StartFailure.NoPermission,
            $"mounting {path} is not permitted: run as root with CAP_SYS_ADMIN (containers: --cap-add SYS_ADMIN)"),
        Errno.NoDev => new StartException(
            StartFailure.Kernel, "the kernel has no FUSE: load the fuse module (modprobe fuse)"),
        _ => new StartException(
            StartFailure.Other, $"mounting {path} failed: {Marshal.GetPInvokeErrorMessage(errno)}"),
    };
}
