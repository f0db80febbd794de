using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Core.Clients;

/// <summary>
/// The process that makes a call which needs more than its own bytes: the only way to its memory, its descriptors and its network
/// namespace. Made by the thread that received the request, while the caller certainly waits: a thread whose request was
/// read from the kernel stays in its call, and keeps its id, until it is answered. What is opened then stays that process's
/// whatever becomes of the id; what can only be asked for by number counts only if the caller still waits afterwards. What
/// cannot be found out is missing here and an error to whoever needs it, never the daemon's own.
/// </summary>
internal sealed class ClientProcess : IDisposable
{
    /// <summary>The ids that callers have here mean something in /proc.</summary>
    private static readonly bool s_showsOurProcesses =
        new FileInfo("/proc/self").LinkTarget == Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static readonly string? s_ownPlace = new FileInfo("/proc/self/ns/net").LinkTarget;

    private readonly ThreadFolder _folder;
    private readonly Fd _process;
    private readonly Fd _namespace;
    private int _holders = 1;

    private ClientProcess(int threadId)
    {
        _folder = ThreadFolder.Open(s_showsOurProcesses ? threadId : 0);
        ThreadStatus? status = ThreadStatus.Of(_folder);
        _process = status is { } known ? OpenProcess(threadId, known.ProcessId) : new Fd(-1);
        Memory = new CallerMemory(_folder, threadId, _process);
        _namespace = _folder.Open("ns/net", OpenFlags.ReadOnly);
        if (status is { } found && !_process.IsInvalid && !_folder.IsInvalid && _folder.OwnerOf("stat") is not null)
        {
            ProcessId = found.ProcessId;
            Place = PlaceOf(_namespace);
            Rights = ClientRights.Of(_folder, found);
            Image = ClientImage.Of(_folder, found.ProcessId);
            IsDumpable = found.Users.Effective != 0 && _folder.OwnerOf("mem") == found.Users.Effective;
        }
    }

    /// <summary>Its number; 0 when it cannot be told: it is outside the daemon's pid namespace.</summary>
    internal int ProcessId { get; }

    internal CallerMemory Memory { get; }

    /// <summary>Its network namespace; null when it cannot be told (ENXIO).</summary>
    internal CallerPlace? Place { get; }

    /// <summary>What it may do; null when that cannot be told.</summary>
    internal ClientRights? Rights { get; }

    internal ClientImage? Image { get; }

    /// <summary>It is certain that others of its user may read it; false for root, who may read all.</summary>
    internal bool IsDumpable { get; }

    /// <summary>The call has not been answered.</summary>
    internal bool IsWaiting => Memory.IsCallerWaiting;

    /// <summary>Who makes a call. Only for the thread that received it, before it answers or lets others answer.</summary>
    /// <param name="threadId">The id in the header of the request; 0 for nobody that can be seen from here.</param>
    internal static ClientProcess Of(int threadId) => new(threadId);

    /// <summary>What whoever makes a call may do. For the thread that received it.</summary>
    internal static (ClientRights? Rights, ClientImage? Image) RightsOf(int threadId)
    {
        using ThreadFolder folder = ThreadFolder.Open(s_showsOurProcesses ? threadId : 0);
        return ThreadStatus.Of(folder) is { } status
            ? (ClientRights.Of(folder, status), ClientImage.Of(folder, status.ProcessId))
            : (null, null);
    }

    /// <summary>The number of the process that makes a call, 0 when it cannot be told. For the thread that received it.</summary>
    internal static int ProcessIdOf(int threadId)
    {
        using ThreadFolder folder = ThreadFolder.Open(s_showsOurProcesses ? threadId : 0);
        return ThreadStatus.Of(folder)?.ProcessId ?? 0;
    }

    /// <summary>Another holder: <see cref="Dispose"/> has to be called once more.</summary>
    internal ClientProcess Keep()
    {
        Interlocked.Increment(ref _holders);
        return this;
    }

    /// <summary>The caller is about to be answered.</summary>
    internal void EndWait() => Memory.EndWait();

    /// <summary>A duplicate of one of its descriptors, whatever that is.</summary>
    /// <returns>0 or a positive errno.</returns>
    internal int TryTake(int number, out Fd taken)
    {
        taken = _process.IsInvalid ? new Fd(-1) : Libc.CopyDescriptor(_process, number);
        return _process.IsInvalid ? Errno.NxIo
            : taken.IsInvalid ? Marshal.GetLastPInvokeError()
            : Errno.Ok;
    }

    /// <summary>A duplicate of one of its eventfds.</summary>
    /// <returns>0; EBADF when it has no such descriptor, EINVAL when that is no eventfd, EINTR when it does not wait any more.</returns>
    internal int TryTakeEventFd(int number, out ClientEventFd? taken)
    {
        int error = ClientEventFd.TryOpen(_process, _folder, number, out taken);
        if (error == Errno.Ok && !IsWaiting)
        {
            taken!.Dispose();
            taken = null;
            error = Errno.Intr;
        }

        return error;
    }

    /// <summary>Looks something up in its /proc; null when what was found may be somebody else's.</summary>
    internal T? Look<T>(Func<ThreadFolder, T?> look)
        where T : class, IDisposable
    {
        T? found = look(_folder);
        if (found is not null && !IsWaiting)
        {
            found.Dispose();
            found = null;
        }

        return found;
    }

    public void Dispose()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
        {
            Memory.Dispose();
            _namespace.Dispose();
            _process.Dispose();
            _folder.Dispose();
        }
    }

    /// <summary>A handle on the thread, which has descriptors of its own if it likes; on its process before Linux 6.9.</summary>
    private static Fd OpenProcess(int threadId, int processId)
    {
        Fd thread = Libc.OpenThread(threadId);
        if (!thread.IsInvalid)
        {
            return thread;
        }

        thread.Dispose();
        return Libc.OpenProcess(processId);
    }

    private static CallerPlace? PlaceOf(Fd opened)
    {
        if (opened.IsInvalid || s_ownPlace is null)
        {
            return null;
        }

        string path = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/proc/self/fd/{opened.Number}");
        return new FileInfo(path).LinkTarget is not { } id ? null
            : id == s_ownPlace ? CallerPlace.Own
            : new CallerPlace(id, path);
    }
}
