using System.Globalization;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Rings;
using NetmapCuse.Drivers.Mmio;
using NetmapCuse.Drivers.Nic;

namespace NetmapCuse.Drivers.R8169;

/// <summary>
/// RTL8168c to RTL8168h, RTL8111: one queue each way, own bits, one interrupt (reference/nic-drivers.md section 13). The tables by
/// which Linux tunes PHY and PCIe of each version are left out: the firmware's settings carry traffic. Not yet seen on hardware.
/// </summary>
internal sealed class R8169Driver : NicDriver
{
    private const uint DescriptorBytes = 16;
    private const uint CrcBytes = 4;
    private const uint CounterBytes = 64;
    private const uint MemoryBar = 2;

    // Command
    private const byte SendOn = 0x04;
    private const byte ReceiveOn = 0x08;
    private const byte ResetChip = 0x10;

    private const byte PollNormal = 0x40;
    private const byte Unlock = 0xc0;
    private const byte LinkUp = 0x02;
    private const uint CounterDump = 0x08;

    // InterruptStatus and InterruptMask
    private const ushort CauseLink = 0x0020;
    private const ushort CauseSystemError = 0x8000;
    private const ushort CauseQueues = 0x001f; // sent, received, either with an error, no descriptor
    private const ushort Causes = CauseLink | CauseSystemError | CauseQueues;

    // RxConfig: no early interrupts, bursts without limit (Linux: RX128_INT_EN, RX_MULTI_EN, RX_DMA_BURST, RX_EARLY_OFF)
    private const uint RxUsual = 0xcf00;
    private const uint AcceptAll = 1;
    private const uint AcceptMine = 2;
    private const uint AcceptGroups = 4;
    private const uint AcceptBroadcast = 8;

    /// <summary>TxConfig: the usual gap between frames, bursts without limit, FIFO thresholds by the chip.</summary>
    private const uint TxUsual = (3u << 24) | (7u << 8) | (1u << 7);

    /// <summary>MaxTxSize in units of 128 bytes: sending begins when so much of a frame is there, at the latest.</summary>
    private const byte EarlySize = 0x27;

    private const uint RxGate = 1u << 19; // Misc
    private const byte FifosEmpty = 0x30; // Mcu
    private const uint Busy = 1u << 31; // PhyAccess, PhyOcp

    // The basic control register of the PHY (IEEE 802.3 clause 22.2.4.1): negotiate, begin anew; power-down is off
    private const uint PhyControl = 0;
    private const uint OcpPhyControl = 0xa400;
    private const uint NegotiateAnew = 0x1200;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    private readonly RegisterSpace _registers;
    private readonly NicLink _link;
    private readonly DmaBlock _counters;
    private R8169Version? _version;
    private NicSetup _setup = null!;

    private R8169Driver(NicDevice device, ControlMemory memory, NicLink link) : base(device, memory)
    {
        _registers = device.OpenBar(MemoryBar);
        _link = link;
        _counters = memory.Take("counters", CounterBytes, CounterBytes);
    }

    internal static NicDriverEntry Entry { get; } = new(
        "r8169", 0x10ec, [0x8168], static (device, memory, link) => new R8169Driver(device, memory, link));

    internal override string Chip => _version is null ? "RTL8168" : _version.Name + ", experimental: not yet seen on hardware";

    internal override NicLimits Limits { get; } = new()
    {
        TxQueues = 1,
        RxQueues = 1,
        SlotsMax = 1024,
        FrameMax = 1518,
        SwitchesQueues = false,
        SplitsFrames = false,
        UsesMessages = false,
    };

    internal override ulong Mac =>
        _registers.Read32(R8169Registers.Mac0) | ((ulong)(ushort)_registers.Read32(R8169Registers.Mac4) << 32);

    /// <summary>Multiples of 8, up to 16383 - 7.</summary>
    internal override uint ReceiveBytes(uint bufferSize) => Math.Min(bufferSize, 0x3ff8) & ~7u;

    internal override void Reset()
    {
        MaskInterrupts();
        uint config = _registers.Read32(R8169Registers.TxConfig);
        _version = R8169Version.Of(config) ?? throw new PosixException(
            string.Create(CultureInfo.InvariantCulture, $"driving an RTL8168 of the unknown version {config >> 20 & 0xfff:x}"), Errno.OpNotSupp);
        Quiet();
        _registers.Write8(R8169Registers.Command, ResetChip);
        RegisterSpace.WaitUntil(() => (_registers.Read8(R8169Registers.Command) & ResetChip) == 0, "ChipCmd.RST", s_patience);
        MaskInterrupts();
    }

    internal override void Start(NicSetup setup)
    {
        _setup = setup;
        _registers.Write8(R8169Registers.Lock, Unlock);
        _registers.Write16(R8169Registers.CPlusCommand, (ushort)(_registers.Read16(R8169Registers.CPlusCommand) & 0x1f9f)); // no checksums, no VLANs
        _registers.Write16(R8169Registers.Mitigation, 0);
        _registers.Write8(R8169Registers.MaxTxSize, EarlySize);
        _registers.Write16(R8169Registers.RxMaxSize, (ushort)(Math.Min(setup.FrameBytes, ReceiveBytes(setup.BufferSize) - CrcBytes) + CrcBytes));
        _registers.Write32(R8169Registers.Multicast0, uint.MaxValue);
        _registers.Write32(R8169Registers.Multicast4, uint.MaxValue);
        _registers.Write8(R8169Registers.Lock, 0);
        StartPhy();
    }

    internal override NicReceiveQueue MakeReceive(AdapterRing ring, ulong iova) => new DescriptorReceiveQueue<R8169Format>(
        ring, iova, Memory.Take("rx", ring.NumSlots * DescriptorBytes), new NoDoorbell(), ReceiveBytes(ring.BufferSize));

    internal override NicTransmitQueue MakeTransmit(AdapterRing ring, ulong iova) => new DescriptorTransmitQueue<R8169Format>(
        ring, iova, Memory.Take("tx", ring.NumSlots * DescriptorBytes), _link,
        new PollDoorbell(_registers, R8169Registers.TxPoll, PollNormal), Limits.FrameMax);

    /// <summary>The high half first: the low one makes both valid.</summary>
    internal override void StartReceive(NicReceiveQueue queue)
    {
        _registers.Write32(R8169Registers.RxRingHigh, queue.Block.High);
        _registers.Write32(R8169Registers.RxRingLow, queue.Block.Low);
        queue.Tell();
    }

    internal override void StartTransmit(NicTransmitQueue queue)
    {
        _registers.Write32(R8169Registers.TxRingHigh, queue.Block.High);
        _registers.Write32(R8169Registers.TxRingLow, queue.Block.Low);
    }

    /// <summary>Directions without a ring stay off.</summary>
    internal override void Run()
    {
        byte on = 0;
        on |= _registers.Read32(R8169Registers.TxRingLow) != 0 ? SendOn : (byte)0;
        on |= _registers.Read32(R8169Registers.RxRingLow) != 0 ? ReceiveOn : (byte)0;
        if (_version!.HasGate)
        {
            _registers.Write32(R8169Registers.Misc, _registers.Read32(R8169Registers.Misc) & ~RxGate);
        }

        _registers.Write8(R8169Registers.Command, on);
        _registers.Write32(R8169Registers.TxConfig, TxUsual);
        _registers.Write32(R8169Registers.RxConfig, RxUsual | AcceptMine | AcceptGroups | AcceptBroadcast);
        _registers.Write16(R8169Registers.InterruptMask, Causes);
    }

    /// <summary>There is no switch for one queue: the chip is started anew without it.</summary>
    internal override void StopReceive(NicReceiveQueue queue)
    {
    }

    /// <summary>As for receiving.</summary>
    internal override void StopTransmit(NicTransmitQueue queue)
    {
    }

    internal override void Stop()
    {
        MaskInterrupts();
        Quiet();
        _registers.Write8(R8169Registers.Command, ResetChip);
        RegisterSpace.WaitUntil(() => (_registers.Read8(R8169Registers.Command) & ResetChip) == 0, "ChipCmd.RST", s_patience);
        MaskInterrupts();
    }

    internal override bool HasLink() => (_registers.Read8(R8169Registers.PhyStatus) & LinkUp) != 0;

    /// <summary>
    /// Causes go as they are written back. A message is sent when there is a cause and was none: with the mask off meanwhile, one that
    /// comes between the read and the write is told of, too.
    /// </summary>
    internal override NicCauses TakeCauses(uint vector)
    {
        _registers.Write16(R8169Registers.InterruptMask, 0);
        ushort causes = _registers.Read16(R8169Registers.InterruptStatus);
        if (causes == ushort.MaxValue)
        {
            return NicCauses.None; // the device is gone
        }

        _registers.Write16(R8169Registers.InterruptStatus, causes);
        _registers.Write16(R8169Registers.InterruptMask, Causes);
        return ((causes & CauseQueues) != 0 ? NicCauses.Queues : 0)
            | ((causes & CauseLink) != 0 ? NicCauses.Link : 0)
            | ((causes & CauseSystemError) != 0 ? NicCauses.Restart : 0);
    }

    internal override void SetReceiveMode(bool isPromiscuous, bool allMulticast) => _registers.Write32(
        R8169Registers.RxConfig,
        RxUsual | AcceptMine | AcceptGroups | AcceptBroadcast | (isPromiscuous ? AcceptAll : 0));

    /// <summary>The chip writes its counters into memory when it is asked to.</summary>
    internal override void ReadCounters(Action<string, ulong> tell)
    {
        const uint RxErrorsAt = 24;
        const uint RxMissedAt = 28;
        _registers.Write32(R8169Registers.CounterHigh, _counters.High);
        _registers.Write32(R8169Registers.CounterLow, _counters.Low);
        _registers.Write32(R8169Registers.CounterLow, _counters.Low | CounterDump);
        RegisterSpace.WaitUntil(() => (_registers.Read32(R8169Registers.CounterLow) & CounterDump) == 0, "CounterAddrLow", s_patience);
        Tell(tell, "RxErr", _counters.At<uint>(RxErrorsAt));
        Tell(tell, "MissPkt", _counters.At<ushort>(RxMissedAt));
    }

    private static void Tell(Action<string, ulong> tell, string name, ulong value)
    {
        if (value != 0)
        {
            tell(name, value);
        }
    }

    private void MaskInterrupts()
    {
        _registers.Write16(R8169Registers.InterruptMask, 0);
        _registers.Write16(R8169Registers.InterruptStatus, ushort.MaxValue);
    }

    /// <summary>Nothing comes in any more, and what is in the chip has left it.</summary>
    private void Quiet()
    {
        _registers.Write32(R8169Registers.RxConfig, RxUsual);
        if (_version!.HasGate)
        {
            _registers.Write32(R8169Registers.Misc, _registers.Read32(R8169Registers.Misc) | RxGate);
            RegisterSpace.WaitUntil(() => (_registers.Read8(R8169Registers.Mcu) & FifosEmpty) == FifosEmpty, "MCU", s_patience);
        }
    }

    /// <summary>A driver before us may have put it to sleep.</summary>
    private void StartPhy()
    {
        (uint access, uint command) = _version!.HasGate
            ? (R8169Registers.PhyOcp, Busy | (OcpPhyControl << 15) | NegotiateAnew)
            : (R8169Registers.PhyAccess, Busy | (PhyControl << 16) | NegotiateAnew);
        _registers.Write32(access, command);
        RegisterSpace.WaitUntil(() => (_registers.Read32(access) & Busy) == 0, "PHYAR", s_patience);
    }
}
