using System.Globalization;
using NetmapCuse.Core.Rings;
using NetmapCuse.Drivers.Intel;
using NetmapCuse.Drivers.Mmio;
using NetmapCuse.Drivers.Nic;
using NetmapCuse.Drivers.Vfio;
using Reg = NetmapCuse.Drivers.Ixgbe.IxgbeRegisters;

namespace NetmapCuse.Drivers.Ixgbe;

/// <summary>
/// 82599, and X540 and X550, which differ in identifiers and PHY: up to 16 queues with advanced descriptors, an MSI-X vector each
/// (331520 sections 4.6.3 to 4.6.8, 7.1 to 7.3, 8.2.3; reference/nic-drivers.md section 12). Not yet seen on hardware.
/// </summary>
internal sealed class IxgbeDriver : NicDriver
{
    private const uint DescriptorBytes = 16;
    private const uint CrcBytes = 4;
    private const uint UsualFrame = 1518;
    private const uint KiB = 1024;
    private const uint BufferMax = 15 * KiB;

    // CTRL, STATUS, CTRL_EXT, ESDP
    private const uint MasterOff = 1u << 2;
    private const uint ResetLinkAndDevice = (1u << 26) | (1u << 3);
    private const uint MasterIsOn = 1u << 19;
    private const uint NoSnoopOff = 1u << 16;
    private const uint DriverLoaded = 1u << 28;
    private const uint LaserOff = 1u << 3;
    private const uint AutoReadDone = 1u << 9; // EEC
    private const uint RestartNegotiation = 1u << 12; // AUTOC
    private const uint LinkIsUp = 1u << 30; // LINKS

    // GPIE: 4 MSI-X, 31 PBA support
    private const uint GpieMessages = (1u << 4) | (1u << 31);
    private const uint CauseQueues = 0xffff;
    private const uint CauseLink = 1u << 20;
    private const uint IvarValid = 0x80;

    /// <summary>EITR bits 11:3 in units of 2 us (8.2.3.5.12): the least distance between two interrupts of a vector.</summary>
    private const uint InterruptInterval = 40 / 2 << 3;

    /// <summary>EITR: the counter itself is not written.</summary>
    private const uint KeepCounter = 1u << 31;

    // SRRCTL: 4:0 buffer in KiB, 27:25 advanced descriptors with one buffer, 28 drop frames that find no descriptor
    private const uint OneBuffer = 1u << 25;
    private const uint DropEnable = 1u << 28;

    private const uint QueueEnable = 1u << 25; // RXDCTL, TXDCTL
    private const uint ReservedDca = 1u << 12; // DCA_RXCTRL, must be cleared (4.6.7)

    /// <summary>TXDCTL: prefetch 32, host 1, write-back at once: only few descriptors report.</summary>
    private const uint TxThresholds = 32 | (1u << 8);

    private const uint TransmitOn = 1; // DMATXCTL
    private const uint ReceiveOn = 1; // RXCTRL
    private const uint SecurityOff = 2; // SECRXCTRL.RX_DIS
    private const uint SecurityReady = 1; // SECRXSTAT
    private const uint ArbiterOff = 1u << 6; // RTTDCS
    private const uint DmaReady = 1u << 3; // RDRXCTL
    private const uint RdrxctlStrip = 1u << 1;
    private const uint FirstSize = 0x1fu << 17; // RDRXCTL.RSCFRSTSIZE
    private const uint Hlreg0Usual = (1u << 0) | (1u << 1) | (1u << 10); // add CRC, strip CRC, pad
    private const uint Jumbo = 1u << 2;
    private const uint HashInDescriptor = 1u << 13; // RXCSUM.PCSD
    private const uint VlanFilter = 1u << 30; // VLNCTRL
    private const uint AllGroups = 1u << 8; // FCTRL
    private const uint AllAddresses = 1u << 9;
    private const uint Broadcast = 1u << 10;

    // MRQC: RSS by TCP and IP, version 4 and 6, and UDP
    private const uint SpreadMode = 1 | (1u << 16) | (1u << 17) | (1u << 20) | (1u << 21) | (1u << 22) | (1u << 23);

    // Packet buffers: all to one traffic class; the threshold in KiB lies a long frame below the size
    private const uint RxBuffer = 512 * KiB;
    private const uint TxBuffer = 160 * KiB;
    private const uint TxThreshold = 160 - 10;
    private const uint LargestRequest = 0xffff; // DTXMXSZRQ

    private const ushort SfpId = 0x10fb;
    private const ushort SfpId2 = 0x154d;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_resetTime = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_drainTime = TimeSpan.FromMilliseconds(10);

    private readonly RegisterSpace _registers;
    private readonly NicLink _link;
    private readonly ushort _id;
    private NicSetup _setup = null!;
    private ulong _missed;
    private ulong _damaged;

    private IxgbeDriver(NicDevice device, ControlMemory memory, NicLink link) : base(device, memory)
    {
        _registers = device.OpenBar(0);
        _link = link;
        _id = device.Config.Device;
    }

    internal static NicDriverEntry Entry { get; } = new(
        "ixgbe", 0x8086, [SfpId, SfpId2, 0x10f7, 0x151c, 0x1528, 0x1563],
        static (device, memory, link) => new IxgbeDriver(device, memory, link));

    internal override string Chip => (_id switch
    {
        0x1528 => "X540",
        0x1563 => "X550",
        _ => "82599",
    }) + ", experimental: not yet seen on hardware";

    internal override NicLimits Limits { get; } = new()
    {
        TxQueues = 16,
        RxQueues = 16,
        SlotsMax = 4096,
        FrameMax = 9728 - CrcBytes,
    };

    internal override ulong Mac =>
        _registers.Read(Reg.Ral) | ((ulong)(ushort)_registers.Read(Reg.Rah) << 32);

    internal override uint ReceiveBytes(uint bufferSize) => Math.Min(bufferSize, BufferMax) / KiB * KiB;

    /// <summary>4.6.3, 5.2.5.3.2: nothing is under way on the bus when the reset comes.</summary>
    internal override void Reset()
    {
        MaskInterrupts();
        _registers.Clear(Reg.Rxctrl, ReceiveOn);
        _registers.Clear(Reg.Dmatxctl, TransmitOn);
        _registers.Set(Reg.Ctrl, MasterOff);
        _registers.Wait(Reg.Status, MasterIsOn, 0, s_patience);
        _registers.Set(Reg.Ctrl, ResetLinkAndDevice);
        Thread.Sleep(s_resetTime);
        _registers.Wait(Reg.Ctrl, ResetLinkAndDevice, 0, s_patience);
        MaskInterrupts();
        _registers.Wait(Reg.Eec, AutoReadDone, AutoReadDone, s_patience);
        _registers.Wait(Reg.Rdrxctl, DmaReady, DmaReady, s_patience);
    }

    internal override void Start(NicSetup setup)
    {
        _setup = setup;
        _registers.Clear(Reg.Ctrl, MasterOff);
        _registers.Set(Reg.CtrlExt, DriverLoaded | NoSnoopOff);
        StartLink();
        StartFilters();
        StartReceiving();
        StartSending();
        StartInterrupts();
    }

    internal override NicReceiveQueue MakeReceive(AdapterRing ring, ulong iova) => new DescriptorReceiveQueue<AdvancedFormat>(
        ring, iova, Descriptors("rx", ring), new TailDoorbell(_registers, Reg.Rdt.At(ring.Number)), ReceiveBytes(ring.BufferSize));

    internal override NicTransmitQueue MakeTransmit(AdapterRing ring, ulong iova) => new DescriptorTransmitQueue<AdvancedFormat>(
        ring, iova, Descriptors("tx", ring), _link, new TailDoorbell(_registers, Reg.Tdt.At(ring.Number)), Limits.FrameMax);

    /// <summary>4.6.7.1: the tail comes when the queue says that it is on. A full queue that did not drop would hold up all others.</summary>
    internal override void StartReceive(NicReceiveQueue queue)
    {
        uint n = queue.Number;
        _registers.Write(Reg.Rxdctl, 0, n);
        _registers.Write(Reg.Rdbal, queue.Block.Low, n);
        _registers.Write(Reg.Rdbah, queue.Block.High, n);
        _registers.Write(Reg.Rdlen, queue.Block.Bytes, n);
        _registers.Write(Reg.Srrctl, (ReceiveBytes(queue.Ring.BufferSize) / KiB) | OneBuffer | (_setup.RxQueues > 1 ? DropEnable : 0), n);
        _registers.Clear(Reg.DcaRxctrl, ReservedDca, n);
        _registers.Write(Reg.Rdh, 0, n);
        _registers.Write(Reg.Rdt, 0, n);
        _registers.Write(Reg.Rxdctl, QueueEnable, n);
        _registers.Wait(Reg.Rxdctl, QueueEnable, QueueEnable, s_patience, n);
        queue.Tell();
    }

    /// <summary>4.6.8.1.</summary>
    internal override void StartTransmit(NicTransmitQueue queue)
    {
        uint n = queue.Number;
        _registers.Write(Reg.Txdctl, 0, n);
        _registers.Write(Reg.Tdbal, queue.Block.Low, n);
        _registers.Write(Reg.Tdbah, queue.Block.High, n);
        _registers.Write(Reg.Tdlen, queue.Block.Bytes, n);
        _registers.Write(Reg.Tdh, 0, n);
        _registers.Write(Reg.Tdt, 0, n);
        _registers.Write(Reg.Txdctl, TxThresholds | QueueEnable, n);
        _registers.Wait(Reg.Txdctl, QueueEnable, QueueEnable, s_patience, n);
    }

    /// <summary>4.6.7: the last step of setting up, with the path behind the filters held up.</summary>
    internal override void Run()
    {
        _registers.Set(Reg.SecRxCtrl, SecurityOff);
        _registers.Wait(Reg.SecRxStat, SecurityReady, SecurityReady, s_patience);
        _registers.Set(Reg.Rxctrl, ReceiveOn);
        _registers.Clear(Reg.SecRxCtrl, SecurityOff);
    }

    /// <summary>4.6.7.1.2: what was fetched is written back within 100 us.</summary>
    internal override void StopReceive(NicReceiveQueue queue)
    {
        _registers.Clear(Reg.Rxdctl, QueueEnable, queue.Number);
        _registers.Wait(Reg.Rxdctl, QueueEnable, 0, s_patience, queue.Number);
        Thread.Sleep(1);
    }

    internal override void StopTransmit(NicTransmitQueue queue)
    {
        uint n = queue.Number;
        if (HasLink())
        {
            _ = SpinWait.SpinUntil(() => _registers.Read(Reg.Tdh, n) == _registers.Read(Reg.Tdt, n), s_drainTime);
        }

        _registers.Clear(Reg.Txdctl, QueueEnable, n);
        _registers.Wait(Reg.Txdctl, QueueEnable, 0, s_patience, n);
    }

    internal override void Stop()
    {
        MaskInterrupts();
        _registers.Clear(Reg.Rxctrl, ReceiveOn);
        _registers.Clear(Reg.Dmatxctl, TransmitOn);
        _registers.Set(Reg.Ctrl, MasterOff);
        _registers.Wait(Reg.Status, MasterIsOn, 0, s_patience);
        Thread.Sleep(1);
    }

    internal override bool HasLink() => (_registers.Read(Reg.Links) & LinkIsUp) != 0;

    /// <summary>A message of a queue clears its cause (EIAC) and stays unmasked; what is read here are the causes of the others.</summary>
    internal override NicCauses TakeCauses(uint vector)
    {
        if (_setup.Interrupts == InterruptKind.Messages)
        {
            if (vector != _setup.OtherVector)
            {
                return NicCauses.Queues;
            }

            // Reading EICR would clear causes of queues, too.
            _registers.Write(Reg.Eicr, CauseLink);
            return NicCauses.Link;
        }

        uint causes = _registers.Read(Reg.Eicr);
        return ((causes & CauseQueues) != 0 ? NicCauses.Queues : 0) | ((causes & CauseLink) != 0 ? NicCauses.Link : 0);
    }

    /// <summary>No table of groups is kept: all groups are received, as the host expects of its own.</summary>
    internal override void SetReceiveMode(bool isPromiscuous, bool allMulticast) =>
        _registers.Write(Reg.Fctrl, Broadcast | AllGroups | (isPromiscuous ? AllAddresses : 0));

    internal override void ReadCounters(Action<string, ulong> tell)
    {
        _missed += _registers.Read(Reg.Rxmpc);
        _damaged += _registers.Read(Reg.Crcerrs);
        if (_missed != 0)
        {
            tell(Reg.Rxmpc.Name, _missed);
        }

        if (_damaged != 0)
        {
            tell(Reg.Crcerrs.Name, _damaged);
        }
    }

    private DmaBlock Descriptors(string direction, AdapterRing ring) =>
        Memory.Take(direction + ring.Number.ToString(CultureInfo.InvariantCulture), ring.NumSlots * DescriptorBytes);

    /// <summary>4.6.3.1, once before and once after the reset.</summary>
    private void MaskInterrupts()
    {
        _registers.Write(Reg.Eimc, 0x7fff_ffff);
        _registers.Write(Reg.EimcEx, uint.MaxValue, 0);
        _registers.Write(Reg.EimcEx, uint.MaxValue, 1);
        _ = _registers.Read(Reg.Eicr);
    }

    /// <summary>4.6.4: as the EEPROM has it, with the laser of a module on; a link that is missing is no error.</summary>
    private void StartLink()
    {
        if (_id is SfpId or SfpId2)
        {
            _registers.Clear(Reg.Esdp, LaserOff);
        }

        _registers.Set(Reg.Autoc, RestartNegotiation);
    }

    /// <summary>7.1.1, 4.6.7: our address, broadcast, all groups; no VLAN filter.</summary>
    private void StartFilters()
    {
        _registers.Fill(Reg.Mta, 0, Reg.MtaCount);
        for (uint i = 1; i < Reg.AddressCount; i++)
        {
            _registers.Write(Reg.Rah, 0, i);
        }

        _registers.Clear(Reg.Vlnctrl, VlanFilter);
        _registers.Write(Reg.Fctrl, Broadcast | AllGroups);
    }

    private void StartReceiving()
    {
        _registers.Clear(Reg.Rxctrl, ReceiveOn);
        _registers.Write(Reg.Rxpbsize, RxBuffer, 0);
        for (uint i = 1; i < Reg.PacketBuffers; i++)
        {
            _registers.Write(Reg.Rxpbsize, 0, i);
        }

        StopFlowControl();
        _registers.Write(Reg.Hlreg0, Hlreg0Usual | (_setup.FrameBytes > UsualFrame ? Jumbo : 0));
        _registers.Write(Reg.Maxfrs, (_setup.FrameBytes + CrcBytes) << 16);
        _registers.Write(Reg.Rdrxctl, (_registers.Read(Reg.Rdrxctl) & ~FirstSize) | RdrxctlStrip);
        SpreadFlows();
    }

    /// <summary>3.7.7.3: a program that does not read must not stop the other end.</summary>
    private void StopFlowControl()
    {
        _registers.Write(Reg.Fccfg, 0);
        _registers.Write(Reg.Mflcn, 0);
        _registers.Fill(Reg.Fcttv, 0, 4);
        _registers.Fill(Reg.Fcrtl, 0, Reg.PacketBuffers);
        _registers.Fill(Reg.Fcrth, 0, Reg.PacketBuffers);
        _registers.Write(Reg.Fcrtv, 0);
    }

    /// <summary>7.1.2.8.</summary>
    private void SpreadFlows()
    {
        if (_setup.RxQueues == 1)
        {
            _registers.Write(Reg.Mrqc, 0);
            return;
        }

        for (uint i = 0; i < Reg.RetaCount; i++)
        {
            uint entries = 0;
            for (uint k = 0; k < sizeof(uint); k++)
            {
                entries |= (((i * sizeof(uint)) + k) % _setup.RxQueues) << (int)(8 * k);
            }

            _registers.Write(Reg.Reta, entries, i);
        }

        for (uint i = 0; i < RssKey.Words.Length; i++)
        {
            _registers.Write(Reg.Rssrk, RssKey.Words[(int)i], i);
        }

        _registers.Set(Reg.Rxcsum, HashInDescriptor);
        _registers.Write(Reg.Mrqc, SpreadMode);
    }

    /// <summary>4.6.8, 4.6.11.3.4: sizes and modes of sending only while the arbiter is off.</summary>
    private void StartSending()
    {
        _registers.Write(Reg.Txpbsize, TxBuffer, 0);
        _registers.Write(Reg.Txpbthresh, TxThreshold, 0);
        for (uint i = 1; i < Reg.PacketBuffers; i++)
        {
            _registers.Write(Reg.Txpbsize, 0, i);
            _registers.Write(Reg.Txpbthresh, 0, i);
        }

        _registers.Set(Reg.Rttdcs, ArbiterOff);
        _registers.Write(Reg.Dtxmxszrq, LargestRequest);
        _registers.Write(Reg.Mtqc, 0);
        _registers.Clear(Reg.Rttdcs, ArbiterOff);
        _registers.Set(Reg.Dmatxctl, TransmitOn);
    }

    /// <summary>7.3.</summary>
    private void StartInterrupts()
    {
        _registers.Write(Reg.Eiam, 0);
        if (_setup.Interrupts != InterruptKind.Messages)
        {
            _registers.Write(Reg.Gpie, 0);
            _registers.Write(Reg.Eiac, 0);
            _registers.Write(Reg.Eitr, InterruptInterval | KeepCounter);
            for (uint i = 0; i < Math.Max(_setup.RxQueues, _setup.TxQueues); i++)
            {
                Route(i, 0);
            }

            _registers.Write(Reg.Eims, 1 | CauseLink);
            return;
        }

        uint queues = (1u << (int)_setup.QueueVectors) - 1;
        _registers.Write(Reg.Gpie, GpieMessages);
        for (uint i = 0; i < Math.Max(_setup.RxQueues, _setup.TxQueues); i++)
        {
            Route(i, _setup.VectorOf(i));
        }

        _registers.Write(Reg.IvarMisc, (IvarValid | _setup.OtherVector) << 8);
        for (uint i = 0; i < _setup.QueueVectors; i++)
        {
            _registers.Write(Reg.Eitr, InterruptInterval | KeepCounter, i);
        }

        _registers.Write(Reg.Eiac, queues);
        _registers.Write(Reg.Eims, queues | CauseLink);
    }

    /// <summary>8.2.3.5.16: two queues a register, an entry of eight bits for each direction.</summary>
    private void Route(uint queue, uint vector)
    {
        int shift = (int)(queue % 2) * 16;
        uint entry = IvarValid | vector;
        uint others = _registers.Read(Reg.Ivar, queue / 2) & ~(0xffffu << shift);
        _registers.Write(Reg.Ivar, others | ((entry | (entry << 8)) << shift), queue / 2);
    }
}
