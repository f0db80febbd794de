using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Fuse;

namespace NetmapCuse.Core.Transport;

/// <summary>A deferred call that came through a reader of /dev/fuse: any thread can write the answer.</summary>
internal sealed class FuseDeferredCall(
    FuseReader reader, DeferredCalls calls, ulong unique, int threadId, ReadOnlySpan<byte> data, int outSize)
    : DeferredCall(calls, unique, threadId, data, outSize)
{
    protected override void Answer(int result)
    {
        int headerSize = Unsafe.SizeOf<FuseOutHeader>();
        byte[] message = new byte[headerSize + Unsafe.SizeOf<FuseIoctlOut>() + OutSize];
        ReplyWriter reply = new(message.AsSpan(headerSize));
        _ = reply.TryRoomAfter<FuseIoctlOut>((uint)OutSize, out Span<byte> place);
        Data.AsSpan(0, OutSize).CopyTo(place);
        reply.Put(new FuseIoctlOut { Result = result });

        FuseOutHeader head = new() { Length = (uint)message.Length, Unique = Unique };
        MemoryMarshal.Write(message, in head);
        reader.AnswerDeferred(message);
    }
}
