using NetmapCuse.Core.Interop;
using NetmapCuse.Drivers.Interop;
using NetmapCuse.Drivers.Xdp;
using static NetmapCuse.Drivers.Interop.BpfCode;

namespace NetmapCuse.Drivers.Packet;

/// <summary>
/// The BPF programs that go with packet sockets. A frame's queue is in skb->queue_mapping: its number and one more, 0 where the
/// driver does not say, which is the first queue's; what is beyond the last queue is the last one's.
/// </summary>
internal static class PacketPrograms
{
    // Fields of struct __sk_buff
    private const short QueueMapping = 12;
    private const short TcIndex = 44;

    private const uint Everything = uint.MaxValue;
    private const uint Drop = 2;
    private const uint Unspecified = uint.MaxValue;

    // linux/filter.h: where the old filter finds the queue
    private const uint OldQueue = 0xfffff000 + 24;

    /// <summary>What a queue's socket gets: not what we give to the host stack.</summary>
    internal static Fd Select(uint queue, uint queues) => Bpf.Load(
        Bpf.SocketFilterProgram,
        [
            LoadWord(2, 1, TcIndex),
            SkipIfEqual(2, XdpPrograms.HostIndex, 4),
            LoadWord(2, 1, QueueMapping),
            SkipOthers(queue, queues, 2),
            Set(0, Everything),
            Exit,
            Set(0, 0),
            Exit,
        ],
        0, 0, "loading the program that selects frames");

    /// <summary>The same as classic BPF (struct sock_filter), which needs no rights, and knows nothing of what we give to the host.</summary>
    internal static ulong[] SelectOld(uint queue, uint queues)
    {
        ulong others = queues == 1 ? Old(0x35, 0, 0, 0)
            : queue == 0 ? Old(0x25, 1, 0, 1)
            : queue + 1 < queues ? Old(0x15, 0, 1, queue + 1)
            : Old(0x35, 0, 1, queues);
        return [Old(0x20, 0, 0, OldQueue), others, Old(0x06, 0, 0, Everything), Old(0x06, 0, 0, 0)];
    }

    /// <summary>The host stack does not see what arrives at the queues that have a socket.</summary>
    internal static Fd KeepFromHost(IEnumerable<uint> taken, uint queues) => Bpf.Load(
        Bpf.ClassifierProgram,
        [
            LoadWord(2, 1, TcIndex),
            SkipIfNotEqual(2, XdpPrograms.HostIndex, 2),
            Set(0, Unspecified),
            Exit,
            LoadWord(2, 1, QueueMapping),
            .. taken.SelectMany(queue => (ulong[])[SkipOthers(queue, queues, 2), Set(0, Drop), Exit]),
            Set(0, Unspecified),
            Exit,
        ],
        0, 0, "loading the program that keeps frames from the host");

    /// <summary>
    /// Skips when the mapping in register 2 is another queue's. The kernel wants to see both ways gone, also where there is one queue.
    /// </summary>
    private static ulong SkipOthers(uint queue, uint queues, short skip) =>
        queues == 1 ? SkipIfAbove(2, ushort.MaxValue, skip)
        : queue == 0 ? SkipIfAbove(2, 1, skip)
        : queue + 1 < queues ? SkipIfNotEqual(2, queue + 1, skip)
        : SkipIfBelow(2, queues, skip);

    private static ulong Old(ushort code, byte whenTrue, byte whenFalse, uint number) =>
        code | ((ulong)whenTrue << 16) | ((ulong)whenFalse << 24) | ((ulong)number << 32);
}
