using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;
using Serilog;

namespace NetmapCuse.Core.Transport;

/// <summary>A served directory of text files, from its mount to its end. One reader of /dev/fuse is enough for it.</summary>
public sealed class DirectoryServer : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);

    private readonly List<string> _created;
    private readonly FuseDevice _device;
    private readonly FuseMount _mount;
    private readonly FuseReaders _readers;
    private readonly DeferredCalls _deferred = new();

    private DirectoryServer(string path, List<string> created, IEnumerable<TextFile> files, ILogger log)
    {
        _created = created;
        _device = FuseDevice.Open();
        FuseMount? mount = null;
        try
        {
            _mount = mount = FuseMount.CreateDirectory(path, _device);
            Handshake.RunPlain(_device);
            _readers = new FuseReaders(_device, 1, new DirectoryDispatcher(files), _deferred, static () => { }, log);
        }
        catch
        {
            mount?.End();
            _device.Dispose();
            throw;
        }
    }

    /// <summary>Mounts and serves the directory; makes it, and what is above it, where it is missing.</summary>
    /// <exception cref="StartException">It cannot be served; the message is one line with the remedy.</exception>
    public static DirectoryServer Start(string path, IEnumerable<TextFile> files, ILogger log)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            string full = Path.GetFullPath(path);
            ReplaceStaleMount(full);
            return new DirectoryServer(full, Create(full), files, log);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StartException(StartFailure.Other, $"{path} cannot be served: {failure.Message}", failure);
        }
    }

    /// <summary>Unmounts, waits for the thread, and removes the directories that were made here.</summary>
    public void Dispose()
    {
        _mount.End();
        _ = _readers.Join(s_patience);
        _readers.Dispose();
        _device.Dispose();
        RemoveCreated();
    }

    /// <summary>Makes the directory and those above it that are missing; returns what it made, the last first.</summary>
    private static List<string> Create(string path)
    {
        List<string> created = [];
        for (string? at = path; at is not null && !Directory.Exists(at); at = Path.GetDirectoryName(at))
        {
            created.Add(at);
        }

        Directory.CreateDirectory(path);
        return created;
    }

    /// <summary>Where somebody put something else meanwhile, directories stay.</summary>
    private void RemoveCreated()
    {
        try
        {
            _created.ForEach(Directory.Delete);
        }
        catch (Exception kept) when (kept is IOException or UnauthorizedAccessException)
        {
        }
    }

    /// <summary>A daemon that was killed leaves its mount behind; one that answers is alive.</summary>
    private static void ReplaceStaleMount(string path)
    {
        if (MountTable.At(path) is not { } mount)
        {
            return;
        }

        if (mount.Type != DevicePath.MountType || FileProbe.Ask(path, s_patience) is Errno.Ok or Errno.Acces or Errno.Perm)
        {
            throw new StartException(StartFailure.AlreadyServed, $"something is mounted on {path} already");
        }

        FuseMount.Remove(path);
    }
}
