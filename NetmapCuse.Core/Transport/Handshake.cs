using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using NetmapCuse.Core.Abi.Fuse;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Core.Transport;

/// <summary>FUSE_INIT: the first request of a connection, in which both sides say what they can do.</summary>
internal static class Handshake
{
    private const FuseInitFlags Wanted = FuseInitFlags.AtomicTruncate | FuseInitFlags.HasIoctlDir
        | FuseInitFlags.MaxPages | FuseInitFlags.Extended | FuseInitFlags.Passthrough;

    // RELEASE is a background request: many clients may close at once, and write-backs stand in the same line.
    private const ushort BackgroundMax = 1024;

    /// <summary>Reads INIT and answers it.</summary>
    /// <param name="device">The descriptor of a fresh mount.</param>
    /// <param name="uring">Whether requests shall come over io_uring where the kernel offers that.</param>
    /// <returns>Whether they do.</returns>
    internal static bool Run(FuseDevice device, bool uring)
    {
        FuseInHeader header = Parse(Read(device), out FuseInitIn init);
        FuseInitFlags offered = (FuseInitFlags)(init.Flags | ((ulong)init.Flags2 << 32));
        RefuseOldKernel(in init, offered);

        FuseInitFlags agreed = offered & (uring ? Wanted | FuseInitFlags.OverIoUring : Wanted);
        Send(device, Answer(header.Unique, in init, agreed));
        return agreed.HasFlag(FuseInitFlags.OverIoUring);
    }

    /// <summary>
    /// The same for the page-cache door: no passthrough, large write-backs, and no ATOMIC_O_TRUNC, with which a client's
    /// open would throw all pages away.
    /// </summary>
    internal static void RunPageCache(FuseDevice device) => Agree(
        device,
        FuseInitFlags.HasIoctlDir | FuseInitFlags.MaxPages | FuseInitFlags.Extended | FuseInitFlags.BigWrites,
        TransportLimits.WriteBackPages);

    /// <summary>The same for files that nobody maps.</summary>
    internal static void RunPlain(FuseDevice device) => Agree(device, Wanted & ~FuseInitFlags.Passthrough, 0);

    private static void Agree(FuseDevice device, FuseInitFlags wanted, int writeBackPages)
    {
        FuseInHeader header = Parse(Read(device), out FuseInitIn init);
        if (init.Major != FuseProtocol.Major || init.Minor < FuseProtocol.MaxPagesMinor)
        {
            throw new StartException(
                StartFailure.Kernel, $"this kernel is too old (FUSE {init.Major}.{init.Minor}): Linux 4.20 or newer is needed");
        }

        FuseInitFlags offered = (FuseInitFlags)(init.Flags | ((ulong)init.Flags2 << 32));
        Send(device, Answer(header.Unique, in init, offered & wanted, writeBackPages));
    }

    /// <summary>CUSE_INIT: the kernel makes a device of this name while the answer is written.</summary>
    internal static void RunCuse(FuseDevice device, string name)
    {
        ReadOnlySpan<byte> message = Read(device);
        RequestCursor cursor = new(message[Unsafe.SizeOf<FuseInHeader>()..]);
        if (!MemoryMarshal.TryRead(message, out FuseInHeader header) || header.Opcode != FuseOpcode.CuseInit
            || !cursor.TryTake(out CuseInitIn init))
        {
            throw new StartException(StartFailure.Other, "the first request of the connection is not CUSE_INIT");
        }

        CuseInitOut answer = new()
        {
            Major = FuseProtocol.Major,
            Minor = Math.Min(init.Minor, FuseProtocol.Minor),
            MaxRead = TransportLimits.WriteMax,
            MaxWrite = TransportLimits.WriteMax,
        };
        byte[] info = Encoding.UTF8.GetBytes($"DEVNAME={name}\0");
        int size = Unsafe.SizeOf<FuseOutHeader>() + Unsafe.SizeOf<CuseInitOut>();
        byte[] reply = new byte[size + info.Length];
        FuseOutHeader head = new() { Length = (uint)reply.Length, Unique = header.Unique };
        MemoryMarshal.Write(reply, in head);
        MemoryMarshal.Write(reply.AsSpan(Unsafe.SizeOf<FuseOutHeader>()), in answer);
        info.CopyTo(reply, size);
        Send(device, reply);
    }

    private static ReadOnlySpan<byte> Read(FuseDevice device)
    {
        byte[] buffer = new byte[TransportLimits.BufferSize];
        int length;
        do
        {
            length = device.Read(buffer);
        }
        while (length == -Errno.Intr);

        return length >= 0 ? buffer.AsSpan(0, length) : throw new PosixException("read INIT", -length);
    }

    private static void Send(FuseDevice device, ReadOnlySpan<byte> answer)
    {
        int errno = device.Write(answer);
        if (errno != Errno.Ok)
        {
            throw new PosixException("answer INIT", errno);
        }
    }

    internal static FuseInHeader Parse(ReadOnlySpan<byte> message, out FuseInitIn init)
    {
        if (!MemoryMarshal.TryRead(message, out FuseInHeader header) || header.Opcode != FuseOpcode.Init)
        {
            throw new StartException(StartFailure.Other, "the first request of the mount is not FUSE_INIT");
        }

        RequestCursor cursor = new(message[Unsafe.SizeOf<FuseInHeader>()..]);
        if (!cursor.TryTake(out init))
        {
            throw TooOld("its FUSE protocol is older than 7.36");
        }

        return header;
    }

    internal static void RefuseOldKernel(in FuseInitIn init, FuseInitFlags offered)
    {
        if (init.Major != FuseProtocol.Major || init.Minor < FuseProtocol.PassthroughMinor)
        {
            throw TooOld($"it speaks FUSE {init.Major}.{init.Minor}");
        }

        if (!offered.HasFlag(FuseInitFlags.Extended | FuseInitFlags.Passthrough))
        {
            throw TooOld("it is built without CONFIG_FUSE_PASSTHROUGH");
        }
    }

    /// <param name="unique">Of the request.</param>
    /// <param name="init">What the kernel can do.</param>
    /// <param name="agreed">What both can.</param>
    /// <param name="writeBackPages">Pages of a write-back; 0 when nothing is ever written.</param>
    internal static byte[] Answer(ulong unique, in FuseInitIn init, FuseInitFlags agreed, int writeBackPages = 0)
    {
        byte[] message = new byte[Unsafe.SizeOf<FuseOutHeader>() + Unsafe.SizeOf<FuseInitOut>()];
        FuseOutHeader header = new() { Length = (uint)message.Length, Unique = unique };
        MemoryMarshal.Write(message, in header);
        FuseInitOut answer = new()
        {
            Major = FuseProtocol.Major,
            Minor = Math.Min(init.Minor, FuseProtocol.Minor),
            MaxReadahead = 0,
            Flags = (uint)agreed,
            Flags2 = (uint)((ulong)agreed >> 32),
            MaxBackground = BackgroundMax,
            CongestionThreshold = BackgroundMax * 3 / 4,
            MaxWrite = (uint)Math.Max(TransportLimits.WriteMax, writeBackPages * TransportLimits.PageSize),
            MaxPages = (ushort)Math.Max(TransportLimits.PagesMax, writeBackPages),
            TimeGranularity = 1,
            MaxStackDepth = 1,
        };
        MemoryMarshal.Write(message.AsSpan(Unsafe.SizeOf<FuseOutHeader>()), in answer);
        return message;
    }

    private static StartException TooOld(string finding) => new(
        StartFailure.Kernel,
        $"this kernel cannot share memory through FUSE ({finding}): Linux 6.9 or newer with CONFIG_FUSE_PASSTHROUGH is needed");
}
