using NetmapCuse.Core.Rings;
using NetmapCuse.Drivers.E1000;
using NetmapCuse.Drivers.Intel;
using NetmapCuse.Drivers.Mmio;
using NetmapCuse.Drivers.Nic;

namespace NetmapCuse.Drivers.E1000e;

/// <summary>
/// 82574L and 82583V: the 8254x with a second queue each way and extended RX descriptors (82574 GbE Controller Family Datasheet,
/// chapters 5, 7 and 10; reference/nic-drivers.md section 8).
/// </summary>
internal sealed class E1000eDriver(NicDevice device, ControlMemory memory, NicLink link) : E1000Driver(device, memory, link)
{
    private static readonly Register s_rfctl = new("RFCTL", 0x5008);
    private static readonly Register s_tarc = new("TARC", 0x3840, 0x100);
    private static readonly Register s_gcr = new("GCR", 0x5b00);

    /// <summary>RFCTL.EXSTEN.</summary>
    private const uint ExtendedStatus = 1u << 15;

    /// <summary>TARC: the queue takes part.</summary>
    private const uint QueueTakesPart = 1u << 10;

    /// <summary>TXDCTL and GCR bit 22, which the chip needs set (Specification Update of the 82574; reference/nic-drivers.md section 8).</summary>
    private const uint Bit22 = 1u << 22;

    /// <summary>MRQC: RSS by TCP and IP, version 4 and 6.</summary>
    private const uint SpreadMode = 1 | (1u << 16) | (1u << 17) | (1u << 20) | (1u << 21);

    private const int SpreadShift = 7;
    private const ushort Id82583 = 0x150c;

    internal static new NicDriverEntry Entry { get; } = new(
        "e1000e", 0x8086, [0x10d3, 0x10f6, Id82583], static (device, memory, link) => new E1000eDriver(device, memory, link));

    internal override string Chip { get; } = device.Config.Device == Id82583 ? "82583V" : "82574L";

    internal override NicLimits Limits { get; } = new()
    {
        TxQueues = 2,
        RxQueues = 2,
        SlotsMax = 2048,
        FrameMax = 9216 + 18,
        HasOneBufferSize = true,

        // One for all queues: in QEMU's model a change between MSI-X and MSI can fail an assertion.
        UsesMessages = false,
    };

    internal override NicReceiveQueue MakeReceive(AdapterRing ring, ulong iova) =>
        new DescriptorReceiveQueue<ExtendedFormat>(
            ring, iova, Descriptors("rx", ring), RxDoorbell(ring), ReceiveBytes(ring.BufferSize));

    internal override NicTransmitQueue MakeTransmit(AdapterRing ring, ulong iova) =>
        new DescriptorTransmitQueue<ExtendedFormat>(ring, iova, Descriptors("tx", ring), Link, TxDoorbell(ring), Limits.FrameMax);

    protected override void StartReceiving()
    {
        Registers.Set(s_rfctl, ExtendedStatus);
        SpreadFlows(SpreadMode, SpreadShift);
        base.StartReceiving();
    }

    protected override void StartSending()
    {
        Registers.Set(s_gcr, Bit22);
        for (uint i = 0; i < Setup.TxQueues; i++)
        {
            Registers.Set(E1000Registers.Txdctl, Bit22, i);
            Registers.Set(s_tarc, QueueTakesPart, i);
        }

        base.StartSending();
    }
}
