using NetmapCuse.Drivers.Mmio;
using NetmapCuse.Drivers.Nic;

namespace NetmapCuse.Drivers.VirtioNet;

/// <summary>The control queue (VIRTIO 1.2 section 5.1.6.5): a command at a time, waited for.</summary>
/// <param name="memory">A page of control memory for what is said and answered.</param>
/// <param name="ring">The queue.</param>
/// <param name="doorbell">Of the queue.</param>
internal sealed class VirtioControl<TRing>(DmaBlock memory, TRing ring, Doorbell doorbell) : IVirtioControl
    where TRing : struct, IVirtioRing
{
    private const uint TableAt = 0;
    private const uint CommandAt = 128;
    private const uint AnswerAt = 192;
    private const byte NoAnswer = 0xff;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

#pragma warning disable IDE0044 // a struct that changes itself
    private TRing _ring = ring;
#pragma warning restore IDE0044

    public bool Tell(byte kind, byte command, ReadOnlySpan<byte> data)
    {
        Span<byte> page = memory.Items<byte>();
        page[(int)CommandAt] = kind;
        page[(int)CommandAt + 1] = command;
        data.CopyTo(page[((int)CommandAt + 2)..]);
        page[(int)AnswerAt] = NoAnswer;
        Span<Descriptor> table = memory.Items<Descriptor>();
        table[0].Low = memory.Iova + CommandAt;
        table[0].High = TRing.TableWord(2 + (uint)data.Length, isWritten: false, 0, hasNext: true);
        table[1].Low = memory.Iova + AnswerAt;
        table[1].High = TRing.TableWord(1, isWritten: true, 1, hasNext: false);
        _ring.Give(0, memory.Iova + TableAt, VirtioTables.UsualBytes);
        _ = _ring.Publish();
        doorbell.Ring(0);
        RegisterSpace.WaitUntil(() => _ring.HasUsed, "the control queue", s_patience);
        _ = _ring.TryTake(out _, out _);
        return Volatile.Read(ref memory.At<byte>(AnswerAt)) == 0;
    }
}
