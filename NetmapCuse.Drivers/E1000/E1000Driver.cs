using System.Numerics;
using NetmapCuse.Core.Rings;
using NetmapCuse.Drivers.Intel;
using NetmapCuse.Drivers.Mmio;
using NetmapCuse.Drivers.Nic;

namespace NetmapCuse.Drivers.E1000;

/// <summary>
/// 82540EM and 82545EM: one queue each way with legacy descriptors, the wire interrupt (317453 chapters 3, 13 and 14;
/// reference/nic-drivers.md section 7).
/// </summary>
internal class E1000Driver(NicDevice device, ControlMemory memory, NicLink link) : IntelDriver(device, memory, link)
{
    private const uint BufferMin = 256;
    private const uint BufferMax = 16384;
    private const uint SmallBufferMax = 2048;

    /// <summary>ITR in units of 256 ns: the least distance between two interrupts, 40 us.</summary>
    private const uint InterruptInterval = 40_000 / 256;

    /// <summary>317453 section 1: the largest frame that is sent and received.</summary>
    private const uint FrameBytesMax = 16288;

    private static readonly TimeSpan s_drainTime = TimeSpan.FromMilliseconds(10);

    internal static NicDriverEntry Entry { get; } = new(
        "e1000", 0x8086, [0x100e, 0x100f], static (device, memory, link) => new E1000Driver(device, memory, link));

    internal override string Chip { get; } = device.Config.Device == 0x100e ? "82540EM" : "82545EM";

    internal override NicLimits Limits { get; } = new()
    {
        TxQueues = 1,
        RxQueues = 1,
        SlotsMax = 2048,
        FrameMax = FrameBytesMax,
        HasOneBufferSize = true,
    };

    /// <summary>A power of two (RCTL.BSIZE).</summary>
    internal override uint ReceiveBytes(uint bufferSize) =>
        bufferSize < BufferMin ? 0 : Math.Min(1u << BitOperations.Log2(bufferSize), BufferMax);

    internal override NicReceiveQueue MakeReceive(AdapterRing ring, ulong iova) =>
        new DescriptorReceiveQueue<LegacyFormat>(
            ring, iova, Descriptors("rx", ring), RxDoorbell(ring), ReceiveBytes(ring.BufferSize));

    internal override NicTransmitQueue MakeTransmit(AdapterRing ring, ulong iova) =>
        new DescriptorTransmitQueue<LegacyFormat>(ring, iova, Descriptors("tx", ring), Link, TxDoorbell(ring), Limits.FrameMax);

    /// <summary>317453 section 14.4: while receiving is off.</summary>
    internal override void StartReceive(NicReceiveQueue queue) => Paused(IntelRegisters.Rctl, IntelBits.RctlEnable, () =>
    {
        uint n = queue.Number;
        Registers.Write(E1000Registers.Rdbal, queue.Block.Low, n);
        Registers.Write(E1000Registers.Rdbah, queue.Block.High, n);
        Registers.Write(E1000Registers.Rdlen, queue.Block.Bytes, n);
        Registers.Write(E1000Registers.Rdh, 0, n);
        Registers.Write(E1000Registers.Rdt, 0, n);
        queue.Tell();
    });

    /// <summary>317453 section 14.5: while sending is off.</summary>
    internal override void StartTransmit(NicTransmitQueue queue) => Paused(IntelRegisters.Tctl, IntelBits.TctlEnable, () =>
    {
        uint n = queue.Number;
        Registers.Write(E1000Registers.Tdbal, queue.Block.Low, n);
        Registers.Write(E1000Registers.Tdbah, queue.Block.High, n);
        Registers.Write(E1000Registers.Tdlen, queue.Block.Bytes, n);
        Registers.Write(E1000Registers.Tdh, 0, n);
        Registers.Write(E1000Registers.Tdt, 0, n);
    });

    /// <summary>There is no switch for a queue: it is left without a descriptor.</summary>
    internal override void StopReceive(NicReceiveQueue queue) => Paused(IntelRegisters.Rctl, IntelBits.RctlEnable, () =>
    {
        Registers.Write(E1000Registers.Rdh, 0, queue.Number);
        Registers.Write(E1000Registers.Rdt, 0, queue.Number);
    });

    /// <summary>What the chip has begun to send goes out first, if the link lets it.</summary>
    internal override void StopTransmit(NicTransmitQueue queue)
    {
        uint n = queue.Number;
        if (HasLink())
        {
            _ = SpinWait.SpinUntil(
                () => Registers.Read(E1000Registers.Tdh, n) == Registers.Read(E1000Registers.Tdt, n), s_drainTime);
        }

        Paused(IntelRegisters.Tctl, IntelBits.TctlEnable, () =>
        {
            Registers.Write(E1000Registers.Tdh, 0, n);
            Registers.Write(E1000Registers.Tdt, 0, n);
        });
    }

    internal override NicCauses TakeCauses(uint vector)
    {
        uint causes = Registers.Read(IntelRegisters.Icr);
        return ((causes & IntelBits.CauseQueues) != 0 ? NicCauses.Queues : 0)
            | ((causes & IntelBits.CauseLink) != 0 ? NicCauses.Link : 0);
    }

    protected Doorbell RxDoorbell(AdapterRing ring) => new TailDoorbell(Registers, E1000Registers.Rdt.At(ring.Number));

    protected Doorbell TxDoorbell(AdapterRing ring) => new TailDoorbell(Registers, E1000Registers.Tdt.At(ring.Number));

    protected override void StartReceiving()
    {
        uint bytes = ReceiveBytes(Setup.BufferSize);
        Registers.Write(E1000Registers.Rdtr, 0);
        Registers.Write(E1000Registers.Radv, 0);
        Registers.Write(
            IntelRegisters.Rctl,
            IntelBits.RctlBroadcast | IntelBits.RctlStripCrc | SizeBits(bytes)
            | (Setup.FrameBytes > IntelBits.UsualFrame ? IntelBits.RctlLongPackets : 0));
    }

    protected override void StartSending()
    {
        Registers.Write(IntelRegisters.Tipg, IntelBits.TipgCopper);
        Registers.Write(E1000Registers.Tidv, 0);
        Registers.Write(IntelRegisters.Tctl, IntelBits.TctlUsual);
    }

    protected override void StartInterrupts()
    {
        Registers.Write(IntelRegisters.Itr, InterruptInterval);
        Registers.Write(IntelRegisters.Ims, IntelBits.CauseQueues | IntelBits.CauseLink);
    }

    /// <summary>RCTL.BSIZE and BSEX: 2048, 1024, 512, 256 are 0 to 3; with the extension 16384, 8192, 4096 are 1 to 3.</summary>
    private static uint SizeBits(uint bytes) => bytes <= SmallBufferMax
        ? (uint)BitOperations.Log2(SmallBufferMax / bytes) << IntelBits.RctlSizeShift
        : ((uint)BitOperations.Log2(BufferMax / bytes) + 1) << IntelBits.RctlSizeShift | IntelBits.RctlSizeExtension;

    /// <summary>Does something while an engine is off; one that was off stays so.</summary>
    private void Paused(Register control, uint enable, Action action)
    {
        uint former = Registers.Read(control);
        Registers.Write(control, former & ~enable);
        if ((former & enable) != 0)
        {
            // What is under way to memory arrives meanwhile.
            Thread.Sleep(1);
        }

        action();
        Registers.Write(control, former);
    }
}
