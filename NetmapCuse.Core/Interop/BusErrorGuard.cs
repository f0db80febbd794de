using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Interop;

/// <summary>
/// Keeps the daemon alive when a client takes pages away that the daemon has mapped, too. A file that a client owns can
/// be cut short (ftruncate), or lose pages that cannot be replaced (a hole in hugetlbfs, a full tmpfs), at any moment; the
/// next access is SIGBUS. A seal would forbid that, but only for memfds whose owner foresaw it. So the guard lets it
/// happen: the mapping as a whole is replaced by private zeros, in the signal handler, and the access is repeated. From
/// then on the client talks to nobody; what the daemon finds there is as untrusted as it was before.
/// <para>
/// Managed code cannot run in a signal handler, so the handler is machine code in a page of its own: it looks the faulting
/// address up in a table, calls mmap, and passes every other fault on to the runtime's own handler. x86-64 only.
/// </para>
/// </summary>
internal static unsafe partial class BusErrorGuard
{
    private const int Places = 256;
    private const int PlaceBytes = 32;
    private const int CodeBytes = 4096;
    private const int TableAt = 6;
    private const int PreviousAt = 41;
    private const int BusError = 7;

    // SA_SIGINFO | SA_ONSTACK | SA_RESTART
    private const int HandlerFlags = 0x4 | 0x08000000 | 0x10000000;

    private static readonly Lock s_lock = new();
    private static readonly bool[] s_taken = new bool[Places];
    private static byte* s_table;

    /// <summary>
    /// void handler(int signal, siginfo_t *info, void *context). The two zero words are the addresses of the table and of
    /// the handler before this one.
    /// </summary>
    private static ReadOnlySpan<byte> Code =>
    [
        0x48, 0x8B, 0x46, 0x10,                         // mov    0x10(%rsi), %rax      si_addr
        0x49, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0,             // movabs $table, %r8
        0xB9, 0x00, 0x01, 0x00, 0x00,                   // mov    $Places, %ecx
        0x49, 0x89, 0xC1,                               // next: mov %rax, %r9
        0x4D, 0x2B, 0x08,                               // sub    (%r8), %r9            from the start of the mapping
        0x4D, 0x3B, 0x48, 0x08,                         // cmp    8(%r8), %r9
        0x72, 0x14,                                     // jb     found
        0x49, 0x83, 0xC0, 0x20,                         // add    $PlaceBytes, %r8
        0xFF, 0xC9,                                     // dec    %ecx
        0x75, 0xEC,                                     // jne    next
        0x48, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0,             // pass:  movabs $previous, %rax
        0xFF, 0xE0,                                     // jmp    *%rax
        0x57, 0x56, 0x52,                               // found: push %rdi, %rsi, %rdx
        0x41, 0xC7, 0x40, 0x10, 0x01, 0x00, 0x00, 0x00, // movl   $1, 16(%r8)           lost
        0x49, 0x8B, 0x38,                               // mov    (%r8), %rdi           mmap(start,
        0x49, 0x8B, 0x70, 0x08,                         // mov    8(%r8), %rsi          length,
        0xBA, 0x03, 0x00, 0x00, 0x00,                   // mov    $3, %edx              PROT_READ | PROT_WRITE,
        0x41, 0xBA, 0x32, 0x40, 0x00, 0x00,             // mov    $0x4032, %r10d        private, fixed, anonymous, no reserve,
        0x49, 0xC7, 0xC0, 0xFF, 0xFF, 0xFF, 0xFF,       // mov    $-1, %r8              -1,
        0x45, 0x31, 0xC9,                               // xor    %r9d, %r9d            0)
        0xB8, 0x09, 0x00, 0x00, 0x00,                   // mov    $9, %eax
        0x0F, 0x05,                                     // syscall
        0x5A, 0x5E, 0x5F,                               // pop    %rdx, %rsi, %rdi
        0x48, 0x3D, 0x01, 0xF0, 0xFF, 0xFF,             // cmp    $-4095, %rax
        0x73, 0xBB,                                     // jae    pass                  mmap failed
        0xC3,                                           // ret
    ];

    /// <summary>Watches a mapping. False when there are too many, or the process has no handler to pass other faults to.</summary>
    internal static bool TryAdd(byte* start, ulong length, out int place)
    {
        lock (s_lock)
        {
            place = Array.IndexOf(s_taken, false);
            if (place < 0 || !TryInstall())
            {
                return false;
            }

            s_taken[place] = true;
            ulong* entry = Entry(place);
            entry[2] = 0;
            entry[0] = (ulong)start;
            Volatile.Write(ref entry[1], length);
            return true;
        }
    }

    /// <summary>The mapping is about to be unmapped, and nobody uses it any more.</summary>
    /// <returns>True when its pages were lost meanwhile.</returns>
    internal static bool Remove(int place)
    {
        lock (s_lock)
        {
            ulong* entry = Entry(place);
            Volatile.Write(ref entry[1], 0);
            s_taken[place] = false;
            return entry[2] != 0;
        }
    }

    private static ulong* Entry(int place) => (ulong*)(s_table + (place * PlaceBytes));

    private static bool TryInstall()
    {
        if (s_table != null)
        {
            return true;
        }

        SignalAction previous;
        if (SetAction(BusError, null, &previous) != 0 || previous.Handler is 0 or 1)
        {
            return false;
        }

        const int Anonymous = 0x20;
        const int Private = 0x02;
        const int CodeProtection = Libc.ProtRead | 0x4;
        using Fd none = new();
        byte* memory = (byte*)Libc.MMap(
            null, CodeBytes + (Places * PlaceBytes), Libc.ProtRead | Libc.ProtWrite, Private | Anonymous, none, 0);
        if ((nint)memory == -1)
        {
            return false;
        }

        Span<byte> code = new(memory, CodeBytes);
        Code.CopyTo(code);
        BinaryPrimitives.WriteUInt64LittleEndian(code[TableAt..], (ulong)(memory + CodeBytes));
        BinaryPrimitives.WriteUInt64LittleEndian(code[PreviousAt..], previous.Handler);
        SignalAction action = previous with { Handler = (ulong)memory, Flags = HandlerFlags };
        if (Protect(memory, CodeBytes, CodeProtection) != 0 || SetAction(BusError, &action, null) != 0)
        {
            return false;
        }

        s_table = memory + CodeBytes;
        return true;
    }

    [LibraryImport("libc", EntryPoint = "sigaction", SetLastError = true)]
    private static partial int SetAction(int signal, SignalAction* action, SignalAction* previous);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int Protect(void* address, nuint length, int protection);

    /// <summary>struct sigaction of libc.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 152)]
    private struct SignalAction
    {
        [FieldOffset(0)] internal ulong Handler;
        [FieldOffset(8)] internal SignalMask Mask;
        [FieldOffset(136)] internal int Flags;
        [FieldOffset(144)] internal ulong Restorer;
    }

    /// <summary>sigset_t.</summary>
    [System.Runtime.CompilerServices.InlineArray(16)]
    private struct SignalMask
    {
        private ulong _first;
    }
}
