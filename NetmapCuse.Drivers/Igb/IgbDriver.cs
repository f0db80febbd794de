using NetmapCuse.Core.Rings;
using NetmapCuse.Drivers.Intel;
using NetmapCuse.Drivers.Mmio;
using NetmapCuse.Drivers.Nic;
using NetmapCuse.Drivers.Vfio;

namespace NetmapCuse.Drivers.Igb;

/// <summary>
/// 82576, i350 and i210: up to 16 queues with advanced descriptors, an MSI-X vector each (82576EB Datasheet, 320961, sections 4.5 to
/// 4.7, 7.1 to 7.3; reference/nic-drivers.md section 9).
/// </summary>
internal sealed class IgbDriver(NicDevice device, ControlMemory memory, NicLink link) : IntelDriver(device, memory, link)
{
    private const uint AutoReadDone = 1u << 9; // EECD

    // GPIE: 4 MSI-X mode, 31 PBA support, 0 ICR clears as it is read
    private const uint GpieMessages = (1u << 4) | (1u << 31) | 1;
    private const uint IvarValid = 0x80;

    /// <summary>EITR bits 14:2, in microseconds: the least distance between two interrupts of a vector.</summary>
    private const uint InterruptMicroseconds = 40;
    private const int IntervalShift = 2;

    // SRRCTL: 6:0 buffer in KiB, 27:25 advanced descriptors with one buffer, 31 drop frames that find no descriptor
    private const uint OneBuffer = 1u << 25;
    private const uint DropEnable = 1u << 31;
    private const uint KiB = 1024;
    private const uint BufferMax = 16 * KiB;

    // MRQC: RSS by TCP and IP, version 4 and 6, and UDP
    private const uint SpreadMode = 2 | (1u << 16) | (1u << 17) | (1u << 20) | (1u << 21) | (1u << 22) | (1u << 23);

    // RXDCTL and TXDCTL: prefetch 8, host 1, write-back 1
    private const uint Thresholds = 8 | (1u << 8) | (1u << 16);

    // MDIC: register 0 of PHY 1; control: 12 negotiate, 9 begin again
    private const uint NegotiateAnew = (1u << 12) | (1u << 9);
    private const uint MdicPhy = 1u << 21;
    private const uint MdicWrite = 1u << 26;
    private const uint MdicReady = 1u << 28;

    private const ushort Id82576 = 0x10c9;
    private const ushort IdI350 = 0x1521;
    private const ushort IdI210 = 0x1533;

    private static readonly TimeSpan s_eepromTime = TimeSpan.FromMilliseconds(50);

    private readonly ushort _id = device.Config.Device;

    internal static NicDriverEntry Entry { get; } = new(
        "igb", 0x8086, [Id82576, IdI350, IdI210], static (device, memory, link) => new IgbDriver(device, memory, link));

    internal override string Chip => _id switch
    {
        Id82576 => "82576",
        IdI350 => "i350",
        _ => "i210",
    };

    internal override NicLimits Limits { get; } = new()
    {
        TxQueues = Queues(device.Config.Device),
        RxQueues = Queues(device.Config.Device),
        SlotsMax = 2048,
        FrameMax = 9728 - IntelBits.CrcBytes,
    };

    internal override uint ReceiveBytes(uint bufferSize) => Math.Min(bufferSize, BufferMax) / KiB * KiB;

    internal override NicReceiveQueue MakeReceive(AdapterRing ring, ulong iova) =>
        new DescriptorReceiveQueue<AdvancedFormat>(
            ring, iova, Descriptors("rx", ring), new TailDoorbell(Registers, IgbRegisters.Rdt.At(ring.Number)),
            ReceiveBytes(ring.BufferSize));

    internal override NicTransmitQueue MakeTransmit(AdapterRing ring, ulong iova) =>
        new DescriptorTransmitQueue<AdvancedFormat>(
            ring, iova, Descriptors("tx", ring), Link, new TailDoorbell(Registers, IgbRegisters.Tdt.At(ring.Number)), Limits.FrameMax);

    /// <summary>320961 section 4.5.9: the tail comes when the queue says that it is on.</summary>
    internal override void StartReceive(NicReceiveQueue queue)
    {
        uint n = queue.Number;
        Registers.Write(IgbRegisters.Rxdctl, 0, n);
        Registers.Write(IgbRegisters.Rdbal, queue.Block.Low, n);
        Registers.Write(IgbRegisters.Rdbah, queue.Block.High, n);
        Registers.Write(IgbRegisters.Rdlen, queue.Block.Bytes, n);
        Registers.Write(IgbRegisters.Srrctl, (ReceiveBytes(queue.Ring.BufferSize) / KiB) | OneBuffer | Drops(), n);
        Registers.Write(IgbRegisters.Rdh, 0, n);
        Registers.Write(IgbRegisters.Rdt, 0, n);
        Registers.Write(IgbRegisters.Rxdctl, Thresholds | IntelBits.QueueEnable, n);
        Registers.Wait(IgbRegisters.Rxdctl, IntelBits.QueueEnable, IntelBits.QueueEnable, Patience, n);
        queue.Tell();
    }

    /// <summary>320961 section 4.5.10.</summary>
    internal override void StartTransmit(NicTransmitQueue queue)
    {
        uint n = queue.Number;
        Registers.Write(IgbRegisters.Txdctl, 0, n);
        Registers.Write(IgbRegisters.Tdbal, queue.Block.Low, n);
        Registers.Write(IgbRegisters.Tdbah, queue.Block.High, n);
        Registers.Write(IgbRegisters.Tdlen, queue.Block.Bytes, n);
        Registers.Write(IgbRegisters.Tdh, 0, n);
        Registers.Write(IgbRegisters.Tdt, 0, n);
        Registers.Write(IgbRegisters.Txdctl, Thresholds | IntelBits.QueueEnable, n);
        Registers.Wait(IgbRegisters.Txdctl, IntelBits.QueueEnable, IntelBits.QueueEnable, Patience, n);
    }

    internal override void StopReceive(NicReceiveQueue queue) => StopQueue(IgbRegisters.Rxdctl, queue.Number);

    internal override void StopTransmit(NicTransmitQueue queue) => StopQueue(IgbRegisters.Txdctl, queue.Number);

    internal override NicCauses TakeCauses(uint vector)
    {
        if (Setup.Interrupts == InterruptKind.Messages && vector != Setup.OtherVector)
        {
            // Its bit in EICR cleared itself (EIAC), and stays unmasked.
            return NicCauses.Queues;
        }

        uint causes = Registers.Read(IntelRegisters.Icr);
        return ((causes & IntelBits.CauseQueues) != 0 ? NicCauses.Queues : 0)
            | ((causes & IntelBits.CauseLink) != 0 ? NicCauses.Link : 0);
    }

    protected override void MaskInterrupts()
    {
        Registers.Write(IgbRegisters.Eimc, uint.MaxValue);
        base.MaskInterrupts();
        _ = Registers.Read(IgbRegisters.Eicr);
    }

    /// <summary>
    /// 320961 section 4.2.1.6.1: what the EEPROM sets up is there when its reading is done. QEMU's model has no EEPROM to read and never
    /// says so, so this does not wait for ever.
    /// </summary>
    protected override void AwaitReset() =>
        _ = SpinWait.SpinUntil(() => (Registers.Read(IgbRegisters.Eecd) & AutoReadDone) != 0, s_eepromTime);

    protected override void StartReceiving()
    {
        SpreadFlows(SpreadMode, shift: 0);
        Registers.Write(IgbRegisters.Rlpml, Setup.FrameBytes + IntelBits.CrcBytes);
        Registers.Write(
            IntelRegisters.Rctl, IntelBits.RctlBroadcast | IntelBits.RctlStripCrc | IntelBits.RctlLongPackets);
    }

    protected override void StartSending() => Registers.Write(IntelRegisters.Tctl, IntelBits.TctlUsual);

    /// <summary>320961 section 7.3.</summary>
    protected override void StartInterrupts()
    {
        Registers.Set(IntelRegisters.CtrlExt, IntelBits.CtrlExtDriverLoaded);
        if (Setup.Interrupts != InterruptKind.Messages)
        {
            Registers.Write(IgbRegisters.Gpie, 0);
            Registers.Write(IgbRegisters.Eitr, InterruptMicroseconds << IntervalShift);
            Registers.Write(IntelRegisters.Ims, IntelBits.CauseQueues | IntelBits.CauseLink);
            return;
        }

        uint vectors = (1u << (int)Setup.Vectors) - 1;
        Registers.Write(IgbRegisters.Gpie, GpieMessages);
        for (uint i = 0; i < Math.Max(Setup.RxQueues, Setup.TxQueues); i++)
        {
            Route(i, Setup.VectorOf(i));
        }

        Registers.Write(IgbRegisters.IvarMisc, (IvarValid | Setup.OtherVector) << 8);
        for (uint i = 0; i < Setup.QueueVectors; i++)
        {
            Registers.Write(IgbRegisters.Eitr, InterruptMicroseconds << IntervalShift, i);
        }

        Registers.Write(IgbRegisters.Eiac, vectors);
        Registers.Write(IgbRegisters.Eiam, 0);
        Registers.Write(IgbRegisters.Eims, vectors);
        Registers.Write(IntelRegisters.Ims, IntelBits.CauseLink);
    }

    private static uint Queues(ushort device) => device switch
    {
        Id82576 => 16,
        IdI350 => 8,
        _ => 4,
    };

    /// <summary>
    /// Has the PHY negotiate anew where there is no link (IEEE 802.3 clause 22, register 0; 320961 section 8.2.4): after a reset of all
    /// it waits to be told. One that has a link keeps it.
    /// </summary>
    protected override void StartNegotiation()
    {
        if (!HasLink())
        {
            Registers.Write(IntelRegisters.Mdic, NegotiateAnew | MdicPhy | MdicWrite);
            Registers.Wait(IntelRegisters.Mdic, MdicReady, MdicReady, Patience);
        }
    }

    /// <summary>One queue that is full would keep frames from all of them.</summary>
    private uint Drops() => Setup.RxQueues > 1 ? DropEnable : 0;

    /// <summary>IVAR has an entry of eight bits for each queue and direction; in which order depends on the chip (320961 section 7.3.1.2).</summary>
    private void Route(uint queue, uint vector)
    {
        const uint Half = 8;
        (uint register, uint place) = _id == Id82576
            ? (queue % Half, queue / Half * 2)
            : (queue / 2, queue % 2 * 2);
        int shift = (int)place * 8;
        uint entries = Registers.Read(IgbRegisters.Ivar, register) & ~(0xffffu << shift);
        uint entry = IvarValid | vector;
        Registers.Write(IgbRegisters.Ivar, entries | ((entry | (entry << 8)) << shift), register);
    }

    private void StopQueue(Register control, uint number)
    {
        Registers.Clear(control, IntelBits.QueueEnable, number);
        Registers.Wait(control, IntelBits.QueueEnable, 0, Patience, number);
    }
}
