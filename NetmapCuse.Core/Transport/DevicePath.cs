using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;
using Serilog;

namespace NetmapCuse.Core.Transport;

/// <summary>
/// The place where a device file is served: an empty regular file. What says that somebody serves there is a mount that can be
/// seen; a lock on the file only keeps two daemons that start at the same moment apart. Whoever holds it for longer is a stranger,
/// or a daemon that serves the same file in another mount namespace, where its mount is in nobody's way.
/// </summary>
internal sealed class DevicePath : IDisposable
{
    /// <summary>The file system type of our mounts: "fuse" and a subtype of ours.</summary>
    internal const string MountType = "fuse.netmapcuse";

    // A daemon under heavy load answers within this; one that does not is stopped or hangs, and is replaced.
    private static readonly TimeSpan s_probePatience = TimeSpan.FromSeconds(3);

    // How long a daemon that starts may take from its lock to its mount, before it counts as a stranger.
    private static readonly TimeSpan s_lockPatience = TimeSpan.FromSeconds(2);

    // So many mounts on top of each other are somebody's accident, not something to dig through.
    private const int StaleMountsMax = 16;

    private readonly Fd _file;
    private readonly bool _created;

    private DevicePath(string path, Fd file, bool created)
    {
        Path = path;
        _file = file;
        _created = created;
    }

    /// <summary>The path without symbolic links, as the mount table has it.</summary>
    internal string Path { get; }

    /// <summary>Makes the path ours, or says why it cannot be.</summary>
    internal static DevicePath Claim(string path, ILogger log)
    {
        string resolved = Resolve(path);
        (bool replaced, bool hung) = ReplaceStaleMounts(resolved, log);
        for (long start = Environment.TickCount64; ; Thread.Sleep(20))
        {
            bool absent = RefuseOthersFile(resolved);
            Fd file = Open(resolved, absent);

            // The empty file below a dead daemon's mount was that daemon's: it goes when this one ends.
            DevicePath claimed = new(resolved, file, created: absent || replaced);
            bool locked = Libc.TryLock(file) || Libc.TryShareLock(file);
            if (MountTable.At(resolved) is not null)
            {
                file.Dispose();
                throw AlreadyServed(resolved);
            }

            // A daemon that ends may just have removed the file.
            bool isThere = claimed.IsStillOurFile();
            bool isOver = hung || Environment.TickCount64 - start > s_lockPatience.TotalMilliseconds;
            if (isThere && (locked || isOver))
            {
                if (!locked && !hung)
                {
                    log.Information("Somebody holds a lock on {Path}, but nothing is mounted there: going on", resolved);
                }

                return claimed;
            }

            file.Dispose();
            if (isOver)
            {
                throw Unusable(resolved, Errno.NoEnt);
            }
        }
    }

    /// <summary>The mount is there for all to see: others may have their lock now.</summary>
    internal void OnMounted() => _ = Libc.TryShareLock(_file);

    /// <summary>
    /// Removes the file if it was made here and nobody else has a lock on it: removing it would take the mount away that a daemon in
    /// another namespace has there. Our mount has to be gone.
    /// </summary>
    public void Dispose()
    {
        if (_created && Libc.TryLock(_file) && MountTable.At(Path) is null && IsStillOurFile())
        {
            _ = Libc.Unlink(Path);
        }

        _file.Dispose();
    }

    private bool IsStillOurFile() =>
        Libc.StatusOf(Path, Statx.NoFollow, out Statx there) == 0
        && Libc.StatusOf(_file, out Statx ours) == 0
        && (there.Inode, there.DeviceMajor, there.DeviceMinor) == (ours.Inode, ours.DeviceMajor, ours.DeviceMinor);

    /// <summary>The mount table has real paths; the last component itself is never followed.</summary>
    private static string Resolve(string path)
    {
        string full = System.IO.Path.GetFullPath(path);
        string name = System.IO.Path.GetFileName(full);
        string? directory = System.IO.Path.GetDirectoryName(full);
        if (directory is null || name.Length == 0)
        {
            throw new StartException(StartFailure.PathTaken, $"{path} is a directory: give the path of a file");
        }

        using Fd fd = Libc.Open(directory, OpenFlags.Path | OpenFlags.Directory | OpenFlags.CloseOnExec, 0);
        if (fd.IsInvalid)
        {
            throw new StartException(
                StartFailure.PathTaken, $"{directory} is no directory that can be entered: create it or choose another path");
        }

        string? real = new FileInfo($"/proc/self/fd/{fd.Number}").LinkTarget;
        return System.IO.Path.Combine(real ?? directory, name);
    }

    /// <returns>Whether there were any, and whether one belonged to a daemon that is alive but does not answer.</returns>
    private static (bool Replaced, bool Hung) ReplaceStaleMounts(string path, ILogger log)
    {
        bool replaced = false;
        bool hung = false;
        for (int i = 0; i < StaleMountsMax && MountTable.At(path) is { } mount; i++)
        {
            if (mount.Type != MountType)
            {
                throw new StartException(
                    StartFailure.PathTaken,
                    $"a file system of type {mount.Type} is mounted on {path}: unmount it or choose another path");
            }

            int? answer = FileProbe.Ask(path, s_probePatience);
            if (answer is Errno.Ok or Errno.Acces or Errno.Perm)
            {
                throw AlreadyServed(path);
            }

            log.Warning(
                "Replacing the mount on {Path} that a dead netmapcuse left behind ({Finding})",
                path, answer is { } errno ? $"errno {errno}" : "no answer");
            FuseMount.Remove(path);
            replaced = true;
            hung |= answer is null;
        }

        return (replaced, hung);
    }

    /// <returns>True when there is nothing yet.</returns>
    private static bool RefuseOthersFile(string path)
    {
        if (Libc.StatusOf(path, Statx.NoFollow, out Statx status) != 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            return errno == Errno.NoEnt ? true : throw Unusable(path, errno);
        }

        string? obstacle = (status.Mode & FileType.Mask) switch
        {
            FileType.Regular when status.Size == 0 => null,
            FileType.Regular => "is a file with contents: choose a path that does not exist yet",
            FileType.Directory => $"is a directory: give the path of a file, such as {path}/netmap",
            FileType.Link => "is a symbolic link: give the path that it points to, or another one",
            FileType.CharacterDevice when path == "/dev/netmap" =>
                "is the device of the netmap kernel module: unload it (rmmod netmap) or choose another path",
            _ => "is a device or something else already: choose another path",
        };
        return obstacle is null ? false : throw new StartException(StartFailure.PathTaken, $"{path} {obstacle}");
    }

    private static Fd Open(string path, bool create)
    {
        int flags = OpenFlags.NoFollow | OpenFlags.NonBlock | OpenFlags.CloseOnExec;
        flags |= create ? OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive : OpenFlags.ReadOnly;
        Fd file = Libc.Open(path, flags, 0x180);
        if (file.IsInvalid)
        {
            int errno = Marshal.GetLastPInvokeError();
            file.Dispose();
            throw errno == Errno.Exist ? AlreadyServed(path) : Unusable(path, errno);
        }

        return file;
    }

    private static StartException AlreadyServed(string path) => new(
        StartFailure.AlreadyServed, $"a running netmapcuse serves {path} already: stop it or choose another path");

    private static StartException Unusable(string path, int errno) => new(
        errno is Errno.Acces or Errno.Perm ? StartFailure.NoPermission : StartFailure.Other,
        errno is Errno.Acces or Errno.Perm
            ? $"{path} cannot be created (permission denied): run as root, or choose another path"
            : $"{path} cannot be used ({Marshal.GetPInvokeErrorMessage(errno)}): choose another path");
}
