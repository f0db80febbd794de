using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Drivers.Interop;

/// <summary>One end of a UNIX stream socket over which descriptors come along (unix(7), SCM_RIGHTS). Nothing here waits.</summary>
internal sealed unsafe class DescriptorSocket : IDisposable
{
    /// <summary>Descriptors that one message may bring.</summary>
    internal const int DescriptorsMax = 16;

    /// <summary>In place of a number of bytes: nothing has come yet.</summary>
    internal const int Nothing = -1;

    private const int Stream = 1;
    private const int CloseOnExec = 0x80000;
    private const int NonBlocking = 0x800;
    private const int DontWait = 0x40;
    private const int NoSignal = 0x4000;
    private const int Truncated = 0x8;
    private const int DescriptorsCloseOnExec = 0x40000000;
    private const int SolSocket = 1;
    private const int Rights = 1;
    private const int ControlHeaderBytes = 16;

    private readonly Fd _socket;

    internal DescriptorSocket(Fd socket) => _socket = socket;

    /// <summary>For a poll by somebody who keeps this object alive.</summary>
    internal int Number => _socket.Number;

    /// <summary>A socket that listens at a path, where there is nothing yet; null when it cannot be had: see errno.</summary>
    internal static Fd? TryListen(string path, out int error)
    {
        Fd socket = Libc.Socket(UnixAddress.Family, Stream | CloseOnExec | NonBlocking, 0);
        if (!socket.IsInvalid && UnixAddress.TryMake(path, out UnixAddress address)
            && Libc.Bind(socket, &address, (uint)sizeof(UnixAddress)) == 0 && Libc.Listen(socket, 1) == 0)
        {
            error = Errno.Ok;
            return socket;
        }

        error = Marshal.GetLastPInvokeError();
        socket.Dispose();
        return null;
    }

    /// <summary>The next who connects; null when there is none.</summary>
    internal static DescriptorSocket? TryAccept(Fd listener)
    {
        Fd socket = Libc.Accept(listener, null, null, CloseOnExec | NonBlocking);
        if (socket.IsInvalid)
        {
            socket.Dispose();
            return null;
        }

        return new DescriptorSocket(socket);
    }

    /// <summary>Connects to who listens at a path; null when nobody does.</summary>
    internal static DescriptorSocket? TryConnect(string path, out int error)
    {
        Fd socket = Libc.Socket(UnixAddress.Family, Stream | CloseOnExec | NonBlocking, 0);
        if (!socket.IsInvalid && UnixAddress.TryMake(path, out UnixAddress address)
            && Libc.Connect(socket, &address, (uint)sizeof(UnixAddress)) == 0)
        {
            error = Errno.Ok;
            return new DescriptorSocket(socket);
        }

        error = Marshal.GetLastPInvokeError();
        socket.Dispose();
        return null;
    }

    /// <summary>Reads what has come.</summary>
    /// <param name="into">Where bytes go.</param>
    /// <param name="descriptors">Descriptors that came with them are added.</param>
    /// <returns>Bytes; 0 at the end, also after a mistake of the other side; or <see cref="Nothing"/>.</returns>
    internal int Receive(Span<byte> into, List<Fd> descriptors)
    {
        const int ControlBytes = ControlHeaderBytes + (DescriptorsMax * sizeof(int));
        byte* control = stackalloc byte[ControlBytes];
        fixed (byte* data = into)
        {
            IoVector part = new() { Base = (ulong)data, Length = (ulong)into.Length };
            MessageHeader message = new() { Parts = &part, PartCount = 1, Control = control, ControlLength = ControlBytes };
            nint got = Libc.ReceiveMessage(_socket, &message, DontWait | DescriptorsCloseOnExec);
            if (got < 0)
            {
                return Marshal.GetLastPInvokeError() is Errno.Again or Errno.Intr ? Nothing : 0;
            }

            TakeDescriptors(control, message.ControlLength, descriptors);
            return (message.Flags & Truncated) != 0 ? 0 : (int)got;
        }
    }

    /// <summary>Sends all of it at once, or fails: who does not read its answers is not waited for.</summary>
    internal bool TrySend(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* data = bytes)
        {
            return Libc.SendTo(_socket, data, (nuint)bytes.Length, DontWait | NoSignal, null, 0) == bytes.Length;
        }
    }

    public void Dispose() => _socket.Dispose();

    /// <summary>The kernel has written the control messages: struct cmsghdr, each filled up to eight bytes.</summary>
    private static void TakeDescriptors(byte* control, ulong length, List<Fd> descriptors)
    {
        for (ulong at = 0; at + ControlHeaderBytes <= length;)
        {
            ulong size = *(ulong*)(control + at);
            if (size < ControlHeaderBytes || size > length - at)
            {
                return;
            }

            if (*(int*)(control + at + 8) == SolSocket && *(int*)(control + at + 12) == Rights)
            {
                for (ulong place = at + ControlHeaderBytes; place + sizeof(int) <= at + size; place += sizeof(int))
                {
                    descriptors.Add(new Fd(*(int*)(control + place)));
                }
            }

            at += (size + 7) & ~7UL;
        }
    }
}
