using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Fuse;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Core.Transport;

/// <summary>Sends FUSE_NOTIFY_POLL. Needs no reply and takes no lock of ours, so any thread may do it at any time.</summary>
internal sealed class Notifier(FuseDevice device) : IPollWaker
{
    [InlineArray(Size)]
    private struct Message
    {
        internal const int Size = 24;

        private byte _first;
    }

    /// <summary>Makes the sleepers of an open file poll again. Nothing happens when nobody sleeps or the connection has ended.</summary>
    public void WakePollers(ulong kernelHandle)
    {
        Message message = default;
        FuseOutHeader header = new() { Length = Message.Size, Error = FuseProtocol.NotifyPoll };
        FuseNotifyPollWakeupOut wakeup = new() { KernelHandle = kernelHandle };
        MemoryMarshal.Write(message, in header);
        MemoryMarshal.Write(message[Unsafe.SizeOf<FuseOutHeader>()..], in wakeup);
        _ = device.Write(message);
    }
}
