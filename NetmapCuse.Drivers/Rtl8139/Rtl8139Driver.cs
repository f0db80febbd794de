using NetmapCuse.Core.Rings;
using NetmapCuse.Drivers.Mmio;
using NetmapCuse.Drivers.Nic;

namespace NetmapCuse.Drivers.Rtl8139;

/// <summary>RTL8139C+: one queue of 64 descriptors each way in C+ mode, the wire interrupt (RTL8139C+ data sheet, sections 6, 7 and 9).</summary>
internal sealed class Rtl8139Driver : NicDriver
{
    private const uint MemoryBar = 1;
    private const byte PlusRevision = 0x20;
    private const uint DescriptorBytes = 16;
    private const uint MacBytes = 6;

    // CR
    private const byte TransmitOn = 1 << 2;
    private const byte ReceiveOn = 1 << 3;
    private const byte ResetBit = 1 << 4;

    // C+CR: transmit and receive by descriptors
    private const ushort PlusModes = 3;

    private const byte Unlocked = 0xc0;
    private const byte Locked = 0;

    // IMR, ISR
    private const ushort Queues = 0x1 | 0x2 | 0x4 | 0x8 | 0x10 | 0x40 | 0x80;
    private const ushort LinkChange = 0x20;
    private const ushort BusError = 0x8000;

    // TCR and RCR: DMA bursts of any length, the usual gap; receive FIFO without threshold
    private const uint TransmitUsual = (7u << 8) | (3u << 24);
    private const uint ReceiveUsual = (7u << 8) | (7u << 13);

    // RCR: for all, for us, for groups, for everybody
    private const uint AcceptAll = 1;
    private const uint AcceptUsual = 2 | 4 | 8;

    private const byte PollNormal = 1 << 6;
    private const byte NoLink = 1 << 2; // MSR
    private const uint BufferMax = 0x1ff8;
    private const uint FrameBytesMax = 1518;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    private readonly RegisterSpace _registers;
    private readonly NicLink _link;
    private ulong _missed;

    internal Rtl8139Driver(NicDevice device, ControlMemory memory, NicLink link) : base(device, memory)
    {
        _registers = device.OpenBar(MemoryBar);
        _link = link;
    }

    internal static NicDriverEntry Entry { get; } = new(
        "8139C+", 0x10ec, [0x8139], static (device, memory, link) => new Rtl8139Driver(device, memory, link), PlusRevision);

    internal override string Chip => "RTL8139C+";

    internal override NicLimits Limits { get; } = new()
    {
        TxQueues = 1,
        RxQueues = 1,
        SlotsMax = 64,
        FrameMax = FrameBytesMax,

        // Where the chip stands in a ring only a reset brings back to the start.
        SwitchesQueues = false,
    };

    internal override ulong Mac
    {
        get
        {
            ulong mac = 0;
            for (uint i = 0; i < MacBytes; i++)
            {
                mac |= (ulong)_registers.Read8(Rtl8139Registers.Idr.At(i)) << (int)(8 * i);
            }

            return mac;
        }
    }

    /// <summary>Multiples of 8.</summary>
    internal override uint ReceiveBytes(uint bufferSize) => Math.Min(bufferSize, BufferMax) & ~7u;

    internal override void Reset()
    {
        _registers.Write16(Rtl8139Registers.InterruptMask.Offset, 0);
        _registers.Write8(Rtl8139Registers.Command.Offset, ResetBit);
        RegisterSpace.WaitUntil(
            () => (_registers.Read8(Rtl8139Registers.Command.Offset) & ResetBit) == 0, Rtl8139Registers.Command.Name, s_patience);
        _registers.Write16(Rtl8139Registers.InterruptStatus.Offset, ushort.MaxValue);
    }

    /// <summary>C+ mode comes before the engines, and these before their configuration (data sheet, section 6.28).</summary>
    internal override void Start(NicSetup setup)
    {
        _registers.Write16(Rtl8139Registers.PlusCommand.Offset, PlusModes);
        _registers.Fill(Rtl8139Registers.Mar, uint.MaxValue, 2);
        _registers.Write16(Rtl8139Registers.InterruptMask.Offset, Queues | LinkChange | BusError);
    }

    internal override NicReceiveQueue MakeReceive(AdapterRing ring, ulong iova) => new DescriptorReceiveQueue<PlusFormat>(
        ring, iova, Memory.Take("rx", ring.NumSlots * DescriptorBytes), new NoDoorbell(), ReceiveBytes(ring.BufferSize));

    internal override NicTransmitQueue MakeTransmit(AdapterRing ring, ulong iova) => new DescriptorTransmitQueue<PlusFormat>(
        ring, iova, Memory.Take("tx", ring.NumSlots * DescriptorBytes), _link,
        new PollDoorbell(_registers, Rtl8139Registers.TransmitPoll.Offset, PollNormal), FrameBytesMax);

    internal override void StartReceive(NicReceiveQueue queue)
    {
        WriteAddress(Rtl8139Registers.Rdsar, queue.Block);
        Switch(ReceiveOn, isOn: true);
        _registers.Write(Rtl8139Registers.ReceiveConfig, ReceiveUsual | AcceptUsual);
    }

    internal override void StartTransmit(NicTransmitQueue queue)
    {
        WriteAddress(Rtl8139Registers.Tnpds, queue.Block);
        Switch(TransmitOn, isOn: true);
        _registers.Write(Rtl8139Registers.TransmitConfig, TransmitUsual);
    }

    internal override void Run()
    {
    }

    internal override void StopReceive(NicReceiveQueue queue) => Switch(ReceiveOn, isOn: false);

    internal override void StopTransmit(NicTransmitQueue queue) => Switch(TransmitOn, isOn: false);

    internal override void Stop()
    {
        _registers.Write16(Rtl8139Registers.InterruptMask.Offset, 0);
        Switch(ReceiveOn | TransmitOn, isOn: false);
    }

    internal override bool HasLink() => (_registers.Read8(Rtl8139Registers.MediaStatus.Offset) & NoLink) == 0;

    internal override NicCauses TakeCauses(uint vector)
    {
        ushort causes = _registers.Read16(Rtl8139Registers.InterruptStatus.Offset);
        _registers.Write16(Rtl8139Registers.InterruptStatus.Offset, causes);
        return ((causes & Queues) != 0 ? NicCauses.Queues : 0)
            | ((causes & LinkChange) != 0 ? NicCauses.Link : 0)
            | ((causes & BusError) != 0 ? NicCauses.Restart : 0);
    }

    internal override void SetReceiveMode(bool isPromiscuous, bool allMulticast) => _registers.Write(
        Rtl8139Registers.ReceiveConfig, ReceiveUsual | AcceptUsual | (isPromiscuous ? AcceptAll : 0));

    internal override void ReadCounters(Action<string, ulong> tell)
    {
        _missed += _registers.Read(Rtl8139Registers.Missed) & 0xff_ffff;
        _registers.Write(Rtl8139Registers.Missed, 0);
        if (_missed != 0)
        {
            tell(Rtl8139Registers.Missed.Name, _missed);
        }
    }

    /// <summary>The high half first: the low one takes effect.</summary>
    private void WriteAddress(Register register, DmaBlock block)
    {
        _registers.Write8(Rtl8139Registers.Unlock.Offset, Unlocked);
        _registers.Write32(register.Offset + sizeof(uint), block.High);
        _registers.Write32(register.Offset, block.Low);
        _registers.Write8(Rtl8139Registers.Unlock.Offset, Locked);
    }

    private void Switch(byte engines, bool isOn)
    {
        byte command = _registers.Read8(Rtl8139Registers.Command.Offset);
        _registers.Write8(Rtl8139Registers.Command.Offset, (byte)(isOn ? command | engines : command & ~engines));
        _ = _registers.Read8(Rtl8139Registers.Command.Offset);
    }
}
