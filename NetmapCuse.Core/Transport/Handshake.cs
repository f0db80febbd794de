using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Fuse;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Core.Transport;

/// <summary>FUSE_INIT: the first request of a connection, in which both sides say what they can do.</summary>
internal static class Handshake
{
    private const FuseInitFlags Wanted = FuseInitFlags.AtomicTruncate | FuseInitFlags.HasIoctlDir
        | FuseInitFlags.MaxPages | FuseInitFlags.Extended | FuseInitFlags.Passthrough;

    // RELEASE is a background request: many clients may close at once.
    private const ushort BackgroundMax = 128;

    /// <summary>Reads INIT and answers it.</summary>
    /// <param name="device">The descriptor of a fresh mount.</param>
    /// <param name="uring">Whether requests shall come over io_uring where the kernel offers that.</param>
    /// <returns>Whether they do.</returns>
    internal static bool Run(FuseDevice device, bool uring)
    {
        byte[] buffer = new byte[TransportLimits.BufferSize];
        int length;
        do
        {
            length = device.Read(buffer);
        }
        while (length == -Errno.Intr);

        if (length < 0)
        {
            throw new PosixException("read FUSE_INIT", -length);
        }

        FuseInHeader header = Parse(buffer.AsSpan(0, length), out FuseInitIn init);
        FuseInitFlags offered = (FuseInitFlags)(init.Flags | ((ulong)init.Flags2 << 32));
        RefuseOldKernel(in init, offered);

        FuseInitFlags agreed = offered & (uring ? Wanted | FuseInitFlags.OverIoUring : Wanted);
        int errno = device.Write(Answer(header.Unique, in init, agreed));
        return errno == Errno.Ok
            ? agreed.HasFlag(FuseInitFlags.OverIoUring)
            : throw new PosixException("answer FUSE_INIT", errno);
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

    internal static byte[] Answer(ulong unique, in FuseInitIn init, FuseInitFlags agreed)
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
            MaxWrite = TransportLimits.WriteMax,
            MaxPages = TransportLimits.PagesMax,
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
