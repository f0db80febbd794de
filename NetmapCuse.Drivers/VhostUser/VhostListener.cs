using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;
using NetmapCuse.Drivers.Interop;

namespace NetmapCuse.Drivers.VhostUser;

/// <summary>The socket that front-ends connect to. It is there before any guest is, and goes with the port.</summary>
internal sealed class VhostListener : IDisposable
{
    private readonly string _path;
    private readonly Fd _socket;
    private readonly ulong _inode;

    /// <exception cref="PosixException">There is something else at the path, or no way there.</exception>
    internal VhostListener(VhostOptions options)
    {
        _path = options.Path;
        RemoveStale(_path);
        _socket = DescriptorSocket.TryListen(_path, out int error) ?? throw new PosixException($"listening at {_path}", error);

        // Nobody but root can connect until here: a new socket is writable for its owner only.
        if (Core.Interop.Libc.ChangeOwner(_path, options.UserId, options.GroupId) != 0
            || Core.Interop.Libc.ChangeMode(_path, options.Mode) != 0
            || Core.Interop.Libc.StatusOf(_path, Statx.NoFollow, out Statx status) != 0)
        {
            PosixException failure = PosixException.Last($"owner and mode of {_path}");
            _socket.Dispose();
            throw failure;
        }

        _inode = status.Inode;
    }

    internal int Number => _socket.Number;

    internal DescriptorSocket? TryAccept() => DescriptorSocket.TryAccept(_socket);

    public void Dispose()
    {
        _socket.Dispose();
        if (Core.Interop.Libc.StatusOf(_path, Statx.NoFollow, out Statx status) == 0 && status.Inode == _inode)
        {
            _ = Core.Interop.Libc.Unlink(_path);
        }
    }

    /// <summary>A socket that nobody listens at any more was left by a daemon that was killed.</summary>
    private static void RemoveStale(string path)
    {
        if (Core.Interop.Libc.StatusOf(path, Statx.NoFollow, out Statx status) != 0 || (status.Mode & FileType.Mask) != FileType.Socket)
        {
            return;
        }

        using DescriptorSocket? somebody = DescriptorSocket.TryConnect(path, out int error);
        if (somebody is null && error == Errno.ConnRefused)
        {
            _ = Core.Interop.Libc.Unlink(path);
        }
    }
}
