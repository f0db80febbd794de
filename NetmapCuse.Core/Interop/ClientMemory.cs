using System.Globalization;
using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Linux;

namespace NetmapCuse.Core.Interop;

/// <summary>
/// Reads and writes the memory of the process that makes a call, by thread id (process_vm_readv(2)). The caller waits in
/// its system call meanwhile, so the id stays its own. What lies behind a pointer may change at any time: read once.
/// <para>
/// A thread that may outlive the caller's wait works on /proc/PID/mem instead (<see cref="UseOnThisThread"/>), which is the
/// memory of that process, whoever gets the id afterwards. That file does not wait for pages that the process has still to fill in
/// itself (userfaultfd): the methods that read or write all or nothing then wait by a read with the id, whose result counts for
/// nothing, and try again; the others do not wait.
/// </para>
/// </summary>
internal static unsafe partial class ClientMemory
{
    [ThreadStatic]
    private static Fd? s_memory;

    /// <summary>The memory of the caller's process; invalid when the caller is gone.</summary>
    internal static Fd Open(int threadId) => Libc.Open(
        string.Create(CultureInfo.InvariantCulture, $"/proc/{threadId}/mem"), OpenFlags.ReadWrite | OpenFlags.CloseOnExec, 0);

    /// <summary>From now on, whatever this thread reads and writes is in this memory, whatever thread id it gives.</summary>
    internal static void UseOnThisThread(Fd memory) => s_memory = memory;

    /// <summary>Reads all of <paramref name="destination"/>. False: EFAULT.</summary>
    internal static bool TryRead(int threadId, ulong address, Span<byte> destination)
    {
        fixed (byte* local = destination)
        {
            return Read(threadId, address, local, (uint)destination.Length) == destination.Length
                || (s_memory is { } memory && TryAwait(threadId, address, (uint)destination.Length)
                    && ReadAt(memory, local, (nuint)destination.Length, address) == destination.Length);
        }
    }

    /// <summary>Writes all of <paramref name="source"/>. False: EFAULT.</summary>
    internal static bool TryWrite(int threadId, ulong address, ReadOnlySpan<byte> source)
    {
        fixed (byte* pinned = source)
        {
            if (s_memory is { } memory)
            {
                return WriteAt(memory, pinned, (nuint)source.Length, address) == source.Length
                    || (TryAwait(threadId, address, (uint)source.Length)
                        && WriteAt(memory, pinned, (nuint)source.Length, address) == source.Length);
            }

            IoVector local = new() { Base = (ulong)pinned, Length = (ulong)source.Length };
            IoVector remote = new() { Base = address, Length = (ulong)source.Length };
            return source.Length == 0 || ProcessVmWritev(threadId, &local, 1, &remote, 1, 0) == source.Length;
        }
    }

    /// <summary>
    /// Reads like <see cref="TryRead"/>, the first bytes before the others: the kernel copies the two parts one after
    /// the other, and x86-64 keeps loads and stores in order.
    /// </summary>
    internal static bool TryReadInOrder(int threadId, ulong address, Span<byte> destination, int first)
    {
        if (s_memory is not null)
        {
            return TryRead(threadId, address, destination[..first])
                && TryRead(threadId, address + (ulong)first, destination[first..]);
        }

        fixed (byte* local = destination)
        {
            IoVector whole = new() { Base = (ulong)local, Length = (ulong)destination.Length };
            IoVector* remote = stackalloc IoVector[2];
            remote[0] = new IoVector { Base = address, Length = (ulong)first };
            remote[1] = new IoVector { Base = address + (ulong)first, Length = (ulong)(destination.Length - first) };
            return ProcessVmReadv(threadId, &whole, 1, remote, 2, 0) == destination.Length;
        }
    }

    /// <summary>Writes like <see cref="TryWrite"/>, the first bytes before the others.</summary>
    internal static bool TryWriteInOrder(int threadId, ulong address, ReadOnlySpan<byte> source, int first)
    {
        if (s_memory is not null)
        {
            return TryWrite(threadId, address, source[..first])
                && TryWrite(threadId, address + (ulong)first, source[first..]);
        }

        fixed (byte* local = source)
        {
            IoVector whole = new() { Base = (ulong)local, Length = (ulong)source.Length };
            IoVector* remote = stackalloc IoVector[2];
            remote[0] = new IoVector { Base = address, Length = (ulong)first };
            remote[1] = new IoVector { Base = address + (ulong)first, Length = (ulong)(source.Length - first) };
            return ProcessVmWritev(threadId, &whole, 1, remote, 2, 0) == source.Length;
        }
    }

    /// <summary>Reads up to <paramref name="length"/> bytes; returns how many, or -1.</summary>
    internal static nint Read(int threadId, ulong address, byte* destination, uint length)
    {
        if (s_memory is { } memory)
        {
            return ReadAt(memory, destination, length, address);
        }

        IoVector local = new() { Base = (ulong)destination, Length = length };
        IoVector remote = new() { Base = address, Length = length };
        return length == 0 ? 0 : ProcessVmReadv(threadId, &local, 1, &remote, 1, 0);
    }

    /// <summary>Waits until all pages of a range are there. False: there is no such memory, or the caller is gone.</summary>
    private static bool TryAwait(int threadId, ulong address, uint length)
    {
        const ulong Page = 4096;
        byte ignored;
        ulong end = address + length;
        for (ulong at = address; at < end; at = (at & ~(Page - 1)) + Page)
        {
            IoVector local = new() { Base = (ulong)&ignored, Length = 1 };
            IoVector remote = new() { Base = at, Length = 1 };
            if (ProcessVmReadv(threadId, &local, 1, &remote, 1, 0) != 1)
            {
                return false;
            }
        }

        return true;
    }

    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    private static partial nint ReadAt(Fd memory, byte* destination, nuint length, ulong address);

    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    private static partial nint WriteAt(Fd memory, byte* source, nuint length, ulong address);

    [LibraryImport("libc", EntryPoint = "process_vm_readv", SetLastError = true)]
    private static partial nint ProcessVmReadv(
        int threadId, IoVector* local, nuint localCount, IoVector* remote, nuint remoteCount, nuint flags);

    [LibraryImport("libc", EntryPoint = "process_vm_writev", SetLastError = true)]
    private static partial nint ProcessVmWritev(
        int threadId, IoVector* local, nuint localCount, IoVector* remote, nuint remoteCount, nuint flags);

    /// <summary>struct iovec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct IoVector
    {
        internal ulong Base;
        internal ulong Length;
    }
}
