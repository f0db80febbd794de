using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Fuse;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Core.Transport;

/// <summary>
/// What the kernel asks of a file whose page cache is the packet memory. No answer needs anything but the request.
/// </summary>
internal static class PageRequests
{
    /// <summary>Bytes of a request that an answer depends on.</summary>
    internal static int HeadSize => Unsafe.SizeOf<FuseInHeader>() + Unsafe.SizeOf<FuseWriteIn>();

    internal static bool Concerns(FuseOpcode opcode) => opcode is FuseOpcode.Read or FuseOpcode.Write;

    /// <summary>Sends the answer to such a request over the descriptor that it was read from.</summary>
    /// <param name="device">The descriptor.</param>
    /// <param name="message">The request, at least its <see cref="HeadSize"/>.</param>
    /// <param name="room">For the answer.</param>
    internal static void Answer(FuseDevice device, ReadOnlySpan<byte> message, Span<byte> room)
    {
        FuseInHeader header = MemoryMarshal.Read<FuseInHeader>(message);
        int headerSize = Unsafe.SizeOf<FuseOutHeader>();
        RequestCursor request = new(message[Unsafe.SizeOf<FuseInHeader>()..]);
        ReplyWriter reply = new(room[headerSize..]);
        Execute(header.Opcode, ref request, ref reply);
        int length = headerSize + reply.Length;
        FuseOutHeader head = new() { Length = (uint)length, Error = reply.Error, Unique = header.Unique };
        MemoryMarshal.Write(room, in head);

        // A failure has nobody to be told: ENOENT means that somebody else has answered.
        _ = device.Write(room[..length]);
    }

    /// <summary>READ or WRITE.</summary>
    internal static void Execute(FuseOpcode opcode, ref RequestCursor request, ref ReplyWriter reply)
    {
        if (opcode == FuseOpcode.Read)
        {
            Read(ref request, ref reply);
        }
        else
        {
            WriteBack(ref request, ref reply);
        }
    }

    /// <summary>A page that nobody has used yet.</summary>
    private static void Read(ref RequestCursor request, ref ReplyWriter reply)
    {
        if (request.TryTake(out FuseReadIn read))
        {
            reply.Zeros(read.Size);
        }
        else
        {
            reply.Fail(Errno.Io);
        }
    }

    /// <summary>The system cleans dirty pages. There is nowhere to write them to, and they stay where they are: locked.</summary>
    private static void WriteBack(ref RequestCursor request, ref ReplyWriter reply)
    {
        if (!request.TryTake(out FuseWriteIn write))
        {
            reply.Fail(Errno.Io);
        }
        else if ((write.WriteFlags & FuseProtocol.WriteCache) == 0)
        {
            reply.Fail(Errno.Inval);
        }
        else
        {
            reply.Put(new FuseWriteOut { Size = write.Size });
        }
    }
}
