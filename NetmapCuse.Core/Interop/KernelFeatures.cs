using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Linux;

namespace NetmapCuse.Core.Interop;

/// <summary>Asks the kernel for what network drivers need. Changes nothing. Each returns 0 or a positive errno.</summary>
public static unsafe partial class KernelFeatures
{
    private const int AddressFamilyXdp = 44;
    private const int SocketRaw = 3;
    private const nint Bpf = 321;
    private const int BpfProgramQuery = 16;
    private const uint BpfTcxIngress = 46;
    private const uint Loopback = 1;
    private const int QueryBytes = 64;

    /// <summary>An AF_XDP socket.</summary>
    public static int XdpSocket()
    {
        using Fd socket = Socket(AddressFamilyXdp, SocketRaw, 0);
        return socket.IsInvalid ? Marshal.GetLastPInvokeError() : Errno.Ok;
    }

    /// <summary>The tcx hook of the loopback interface (bpf(2), BPF_PROG_QUERY; Linux 6.6).</summary>
    public static int TcxHook()
    {
        uint* query = stackalloc uint[QueryBytes / sizeof(uint)];
        new Span<uint>(query, QueryBytes / sizeof(uint)).Clear();
        query[0] = Loopback;
        query[1] = BpfTcxIngress;
        return QueryPrograms(Bpf, BpfProgramQuery, query, QueryBytes) == 0 ? Errno.Ok : Marshal.GetLastPInvokeError();
    }

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial Fd Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial int QueryPrograms(nint number, int command, void* attributes, uint size);
}
