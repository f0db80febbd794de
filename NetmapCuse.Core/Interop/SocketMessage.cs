using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Linux;

namespace NetmapCuse.Core.Interop;

/// <summary>Sends a descriptor over a UNIX socket (unix(7), SCM_RIGHTS).</summary>
internal static unsafe partial class SocketMessage
{
    private const int SolSocket = 1;
    private const int ScmRights = 1;

    /// <summary>MSG_DONTWAIT | MSG_NOSIGNAL: the other side is a client, which is not waited for.</summary>
    private const int Flags = 0x40 | 0x4000;

    /// <returns>0 or a positive errno.</returns>
    internal static int SendDescriptor(Fd socket, Fd descriptor)
    {
        byte one = 1;
        IoVector data = new() { Base = (ulong)&one, Length = 1 };
        Control control = new()
        {
            Length = (nuint)(sizeof(Control) - sizeof(int)),
            Level = SolSocket,
            Type = ScmRights,
            Descriptor = descriptor.Number,
        };
        Header header = new() { Vectors = &data, VectorCount = 1, Control = &control, ControlLength = (nuint)sizeof(Control) };
        nint sent = Send(socket, &header, Flags);
        int errno = sent == 1 ? Errno.Ok : Marshal.GetLastPInvokeError();
        GC.KeepAlive(descriptor);
        return errno;
    }

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    private static partial nint Send(Fd socket, Header* message, int flags);

    /// <summary>struct msghdr.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Header
    {
        internal void* Name;
        internal uint NameLength;
        internal IoVector* Vectors;
        internal nuint VectorCount;
        internal Control* Control;
        internal nuint ControlLength;
        internal int Flags;
    }

    /// <summary>struct cmsghdr with one descriptor, and what fills it up to eight bytes.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Control
    {
        internal nuint Length;
        internal int Level;
        internal int Type;
        internal int Descriptor;
        internal int Padding;
    }
}
