using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Linux;

namespace NetmapCuse.Core.Interop;

/// <summary>
/// The memory of the process that makes a call. What lies behind a pointer may change at any time: read once.
/// <para>
/// There are two ways to it. While the caller waits in its call nobody else can have its thread id, so process_vm_readv(2) reads
/// the right memory; what it brought counts only if the caller still waits afterwards. The descriptor of /proc/ID/mem, opened
/// while it waited, is that memory for ever, whoever gets the id: everything is written through it, and read through it once the
/// caller has been answered. That file does not wait for pages that a process has still to fill in itself (userfaultfd) and
/// does not heed their protection, which is looked up therefore. So a byte of each page is asked for by the id first, where it is needed; that byte is thrown
/// away, and a stranger who has the id by then learns and loses nothing.
/// </para>
/// </summary>
internal sealed unsafe partial class CallerMemory : IDisposable
{
    private const ulong Page = 4096;

    private readonly ThreadFolder _folder;
    private readonly int _threadId;
    private readonly Fd _memory;
    private readonly Fd _process;
    private volatile bool _isAnswered;

    /// <param name="folder">The thread, which waits; stays the caller's.</param>
    /// <param name="threadId">Its id.</param>
    /// <param name="process">A handle on its process; stays the caller's.</param>
    internal CallerMemory(ThreadFolder folder, int threadId, Fd process)
    {
        _folder = folder;
        _threadId = threadId;
        _process = process;
        _memory = folder.Open("mem", OpenFlags.ReadWrite);
    }

    /// <summary>The daemon may look at it.</summary>
    internal bool IsOpen => !_memory.IsInvalid;

    /// <summary>The caller waits for its answer: its id is its own.</summary>
    internal bool IsCallerWaiting => !_isAnswered;

    /// <summary>The caller is about to be answered.</summary>
    internal void EndWait() => _isAnswered = true;

    /// <summary>Reads all of <paramref name="destination"/>. False: EFAULT.</summary>
    internal bool TryRead(ulong address, Span<byte> destination)
    {
        fixed (byte* local = destination)
        {
            return Read(address, local, (uint)destination.Length) == destination.Length;
        }
    }

    /// <summary>Writes all of <paramref name="source"/> where the process may write. False: EFAULT.</summary>
    internal bool TryWrite(ulong address, ReadOnlySpan<byte> source) =>
        source.Length == 0 || (_folder.IsWritable(address, (ulong)source.Length) && TryStore(address, source));

    /// <summary>
    /// Writes like <see cref="TryWrite"/> to where that has written before; the process may have forbidden itself to write there
    /// since.
    /// </summary>
    internal bool TryStore(ulong address, ReadOnlySpan<byte> source)
    {
        if (!IsOpen)
        {
            return false;
        }

        fixed (byte* local = source)
        {
            nuint length = (nuint)source.Length;
            return length == 0
                || WriteAt(_memory, local, length, address) == source.Length
                || (Await(address, (uint)length) == length && WriteAt(_memory, local, length, address) == source.Length);
        }
    }

    /// <summary>Reads like <see cref="TryRead"/>, the first bytes before the others.</summary>
    internal bool TryReadInOrder(ulong address, Span<byte> destination, int first)
    {
        if (!IsOpen)
        {
            return false;
        }

        // The kernel copies the two parts one after the other, and x86-64 keeps loads and stores in order.
        fixed (byte* local = destination)
        {
            IoVector whole = new() { Base = (ulong)local, Length = (ulong)destination.Length };
            IoVector* remote = stackalloc IoVector[2];
            remote[0] = new IoVector { Base = address, Length = (ulong)first };
            remote[1] = new IoVector { Base = address + (ulong)first, Length = (ulong)(destination.Length - first) };
            if (IsCallerWaiting && ReadById(_threadId, &whole, 1, remote, 2, 0) == destination.Length && IsCallerWaiting)
            {
                return true;
            }
        }

        return TryRead(address, destination[..first]) && TryRead(address + (ulong)first, destination[first..]);
    }

    /// <summary>Writes like <see cref="TryStore"/>, the first bytes before the others.</summary>
    internal bool TryStoreInOrder(ulong address, ReadOnlySpan<byte> source, int first) =>
        TryStore(address, source[..first]) && TryStore(address + (ulong)first, source[first..]);

    /// <summary>Reads up to <paramref name="length"/> bytes; returns how many, or -1.</summary>
    internal nint Read(ulong address, byte* destination, uint length)
    {
        if (length == 0 || !IsOpen)
        {
            return length == 0 ? 0 : -1;
        }

        if (IsCallerWaiting)
        {
            IoVector local = new() { Base = (ulong)destination, Length = length };
            IoVector remote = new() { Base = address, Length = length };
            nint read = ReadById(_threadId, &local, 1, &remote, 1, 0);
            if (IsCallerWaiting)
            {
                return read;
            }
        }

        uint there = Await(address, length);
        return there == 0 ? -1 : ReadAt(_memory, destination, there, address);
    }

    public void Dispose() => _memory.Dispose();

    /// <summary>Waits until the pages of a range are there. Returns how many bytes of it can be read.</summary>
    private uint Await(ulong address, uint length)
    {
        ulong end = address + length;
        ulong at = address;
        while (at < end && IsAlive() && IsReadable(at))
        {
            at = (at & ~(Page - 1)) + Page;
        }

        return (uint)(Math.Min(at, end) - address);
    }

    private bool IsReadable(ulong address)
    {
        byte ignored;
        IoVector local = new() { Base = (ulong)&ignored, Length = 1 };
        IoVector remote = new() { Base = address, Length = 1 };
        return ReadById(_threadId, &local, 1, &remote, 1, 0) == 1;
    }

    /// <summary>A handle on a process can be read when that has ended.</summary>
    private bool IsAlive()
    {
        if (_process.IsInvalid)
        {
            return false;
        }

        DescriptorPoll look = new(_process, DescriptorPoll.In);
        return Libc.Poll(&look, 1, 0) == 0;
    }

    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    private static partial nint ReadAt(Fd memory, byte* destination, nuint length, ulong address);

    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    private static partial nint WriteAt(Fd memory, byte* source, nuint length, ulong address);

    [LibraryImport("libc", EntryPoint = "process_vm_readv", SetLastError = true)]
    private static partial nint ReadById(
        int threadId, IoVector* local, nuint localCount, IoVector* remote, nuint remoteCount, nuint flags);
}
