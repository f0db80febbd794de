using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Rings;
using NetmapCuse.Drivers.Mmio;
using NetmapCuse.Drivers.Nic;
using Reg = NetmapCuse.Drivers.Forcedeth.ForcedethRegisters;

namespace NetmapCuse.Drivers.Forcedeth;

/// <summary>
/// The MAC of nForce4 (CK804) and MCP51: one queue each way with descriptors of version 3, the wire interrupt
/// (reference/nic-drivers.md section 14). Older ones have descriptors of 8 bytes, newer ones other interrupts: they are refused.
/// Not yet seen on hardware.
/// </summary>
internal sealed class ForcedethDriver : NicDriver
{
    private const uint DescriptorBytes = 16;

    // TxRxControl
    private const uint Kick = 1;
    private const uint Bit2 = 4;
    private const uint ResetRings = 0x10;
    private const uint Version3 = 0xc0_2200;

    private const uint On = 1; // TransmitterControl, ReceiverControl
    private const uint IsBusy = 1; // their status registers
    private const uint CauseLink = 0x40;
    private const uint CauseQueues = 0x1f; // received, no buffer, sent, either with an error
    private const uint Causes = CauseQueues | CauseLink;
    private const uint MiiCauses = 0xf; // MIIStatus
    private const uint MiiLinkChange = 8;
    private const uint AddressIsInOrder = 0x8000; // TransmitPoll
    private const uint SetupDone = 1u << 31; // SetupReg5

    // PacketFilterFlags: always; our address; all
    private const uint FilterAlways = 0x7f_0000;
    private const uint FilterMine = 0x20;
    private const uint FilterAll = 0x80;

    private const uint Misc1Usual = 0x3b_0f3c;
    private const uint SlotTimeUsual = 0x8000_7f00;
    private const uint WatermarkUsual = 0x1e0_8000;
    private const uint TxDeferralGigabit = 0x15_050f;
    private const uint RxDeferralUsual = 0x16;
    private const uint MiiSpeedUsual = 0x105;
    private const uint PhyUsesRgmii = 1; // PhyInterface

    // AdapterControl
    private const uint PhyIsValid = 1u << 18;
    private const uint IsRunning = 1u << 20;
    private const int PhyShift = 24;

    // LinkSpeed: forced, and the divider of a speed
    private const uint ForcedSpeed = 0x1_0000;
    private const uint Gigabit = 50;
    private const uint Fast = 100;
    private const uint Slow = 1000;

    // MIIControl
    private const uint MiiBusy = 0x8000;
    private const uint MiiWrite = 0x400;
    private const int MiiPhyShift = 5;
    private const uint PhyCount = 32;

    // IEEE 802.3 clause 22.2.4: control, status, identifier, link partner; 40.5.1: gigabit
    private const uint PhyControl = 0;
    private const uint PhyStatus = 1;
    private const uint PhyId = 2;
    private const uint PhyPartner = 5;
    private const uint PhyGigabit = 10;
    private const uint NegotiateAnew = 0x1200;
    private const uint LinkStatus = 4;
    private const uint PartnerIsFast = 0x380;
    private const uint PartnerIsGigabit = 0xc00;
    private const uint NoPhy = 0xffff;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    private readonly RegisterSpace _registers;
    private readonly NicLink _link;
    private readonly ushort _id;
    private ulong _mac;
    private uint _phy;
    private uint _rxSlots;
    private uint _txSlots;
    private bool _hadLink;

    private ForcedethDriver(NicDevice device, ControlMemory memory, NicLink link) : base(device, memory)
    {
        _registers = device.OpenBar(0);
        _link = link;
        _id = device.Config.Device;
    }

    internal static NicDriverEntry Entry { get; } = new(
        "forcedeth", 0x10de, [0x0056, 0x0057, 0x0268, 0x0269], static (device, memory, link) => new ForcedethDriver(device, memory, link));

    internal override string Chip => (_id < 0x100 ? "nForce4" : "MCP51") + ", experimental: not yet seen on hardware";

    internal override NicLimits Limits { get; } = new()
    {
        TxQueues = 1,
        RxQueues = 1,
        SlotsMax = 1024,
        FrameMax = 1518,
        DmaBits = 39,
        SwitchesQueues = false,
        SplitsFrames = false,
        UsesMessages = false,
    };

    internal override ulong Mac => _mac;

    internal override uint ReceiveBytes(uint bufferSize) => Math.Min(bufferSize, 0x3fff);

    internal override void Reset()
    {
        Quiet();
        ResetTheRings();
        _mac = ReadMac();
        _phy = FindPhy();
    }

    internal override void Start(NicSetup setup)
    {
        (_rxSlots, _txSlots) = (0, 0);
        WriteMac();
        _registers.Write(Reg.PacketFilter, FilterAlways | FilterMine);
        AcceptGroups();
        _registers.Write(Reg.MiiMask, 0);
        _registers.Write(Reg.LinkSpeed, ForcedSpeed | Gigabit);
        ResetTheRings();
        _registers.Write(Reg.SetupReg6, 0);
        _registers.Write(Reg.TxWatermark, WatermarkUsual);
        _registers.Write(Reg.Misc1, Misc1Usual);
        _registers.Write(Reg.OffloadConfig, ReceiveBytes(setup.BufferSize));
        _registers.Write(Reg.SlotTime, SlotTimeUsual | RxDeferralUsual);
        _registers.Write(Reg.TxDeferral, TxDeferralGigabit);
        _registers.Write(Reg.RxDeferral, RxDeferralUsual);
        _registers.Write(Reg.MiiSpeed, MiiSpeedUsual);
        _registers.Write(Reg.PhyInterface, PhyUsesRgmii);
        _registers.Wait(Reg.SetupReg5, SetupDone, SetupDone, s_patience);
        _registers.Write(Reg.AdapterControl, (_phy << PhyShift) | PhyIsValid | IsRunning);
        WritePhy(PhyControl, NegotiateAnew);
        _hadLink = false;
    }

    internal override NicReceiveQueue MakeReceive(AdapterRing ring, ulong iova) => new DescriptorReceiveQueue<ForcedethFormat>(
        ring, iova, Memory.Take("rx", ring.NumSlots * DescriptorBytes), new NoDoorbell(), ReceiveBytes(ring.BufferSize));

    internal override NicTransmitQueue MakeTransmit(AdapterRing ring, ulong iova) => new DescriptorTransmitQueue<ForcedethFormat>(
        ring, iova, Memory.Take("tx", ring.NumSlots * DescriptorBytes), _link,
        new KickDoorbell(_registers, Reg.TxRxControl.Offset, Kick | Version3), Limits.FrameMax);

    internal override void StartReceive(NicReceiveQueue queue)
    {
        _rxSlots = queue.Ring.NumSlots;
        _registers.Write(Reg.RxRing, queue.Block.Low);
        _registers.Write(Reg.RxRingHigh, queue.Block.High);
        queue.Tell();
    }

    internal override void StartTransmit(NicTransmitQueue queue)
    {
        _txSlots = queue.Ring.NumSlots;
        _registers.Write(Reg.TxRing, queue.Block.Low);
        _registers.Write(Reg.TxRingHigh, queue.Block.High);
    }

    /// <summary>Directions without a ring stay off.</summary>
    internal override void Run()
    {
        _registers.Write(Reg.RingSizes, ((Math.Max(_rxSlots, 1) - 1) << 16) | (Math.Max(_txSlots, 1) - 1));
        _registers.Write(Reg.ReceiverControl, _rxSlots != 0 ? On : 0);
        _registers.Write(Reg.TransmitterControl, _txSlots != 0 ? On : 0);
        _registers.Write(Reg.MiiMask, MiiLinkChange);
        _registers.Write(Reg.IrqMask, Causes);
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
        Quiet();
        ResetTheRings();
    }

    /// <summary>The first of two reads tells of a link that was lost meanwhile.</summary>
    internal override bool HasLink()
    {
        _ = ReadPhy(PhyStatus);
        bool isUp = (ReadPhy(PhyStatus) & LinkStatus) != 0;
        if (isUp && !_hadLink)
        {
            UseSpeed();
        }

        _hadLink = isUp;
        return isUp;
    }

    internal override NicCauses TakeCauses(uint vector)
    {
        uint causes = _registers.Read(Reg.IrqStatus);
        _registers.Write(Reg.IrqStatus, causes);
        if ((causes & CauseLink) != 0)
        {
            _registers.Write(Reg.MiiStatus, MiiCauses);
        }

        return ((causes & CauseQueues) != 0 ? NicCauses.Queues : 0) | ((causes & CauseLink) != 0 ? NicCauses.Link : 0);
    }

    internal override void SetReceiveMode(bool isPromiscuous, bool allMulticast) =>
        _registers.Write(Reg.PacketFilter, FilterAlways | (isPromiscuous ? FilterAll : FilterMine));

    private void Quiet()
    {
        _registers.Write(Reg.IrqMask, 0);
        _registers.Write(Reg.IrqStatus, uint.MaxValue);
        _registers.Write(Reg.MiiMask, 0);
        _registers.Write(Reg.ReceiverControl, 0);
        _registers.Wait(Reg.ReceiverStatus, IsBusy, 0, s_patience);
        Forget(Reg.ReceiverStatus);
        _registers.Write(Reg.TransmitterControl, 0);
        _registers.Wait(Reg.TransmitterStatus, IsBusy, 0, s_patience);
        Forget(Reg.TransmitterStatus);
    }

    /// <summary>Bits of a status go as they are written back.</summary>
    private void Forget(Register status) => _registers.Write(status, _registers.Read(status));

    private void ResetTheRings()
    {
        _registers.Write(Reg.TxRxControl, Bit2 | ResetRings | Version3);
        Thread.Sleep(1);
        _registers.Write(Reg.TxRxControl, Bit2 | Version3);
    }

    /// <summary>Old BIOSes leave the address with its last byte first.</summary>
    private ulong ReadMac()
    {
        ulong mac = _registers.Read(Reg.MacA) | ((ulong)(ushort)_registers.Read(Reg.MacB) << 32);
        return (_registers.Read(Reg.TransmitPoll) & AddressIsInOrder) != 0
            ? mac
            : System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(mac) >> 16;
    }

    private void WriteMac()
    {
        _registers.Write(Reg.MacA, (uint)_mac);
        _registers.Write(Reg.MacB, (uint)(_mac >> 32));
        _registers.Set(Reg.TransmitPoll, AddressIsInOrder);
    }

    /// <summary>All groups: the only bit of an address that counts says that it is one.</summary>
    private void AcceptGroups()
    {
        _registers.Write(Reg.MulticastA, 1);
        _registers.Write(Reg.MulticastB, 0);
        _registers.Write(Reg.MulticastMaskA, 1);
        _registers.Write(Reg.MulticastMaskB, 0);
    }

    private void UseSpeed()
    {
        uint divider = (ReadPhy(PhyGigabit) & PartnerIsGigabit) != 0 ? Gigabit
            : (ReadPhy(PhyPartner) & PartnerIsFast) != 0 ? Fast
            : Slow;
        _registers.Write(Reg.LinkSpeed, ForcedSpeed | divider);
    }

    private uint FindPhy()
    {
        for (uint i = 1; i < PhyCount; i++)
        {
            _phy = i;
            if (ReadPhy(PhyId) is not (NoPhy or 0))
            {
                return i;
            }
        }

        throw new PosixException("finding the PHY of the NIC", Errno.NoDev);
    }

    private uint ReadPhy(uint register)
    {
        AccessPhy((_phy << MiiPhyShift) | register);
        return _registers.Read(Reg.MiiData);
    }

    private void WritePhy(uint register, uint value)
    {
        _registers.Write(Reg.MiiData, value);
        AccessPhy(MiiWrite | (_phy << MiiPhyShift) | register);
    }

    private void AccessPhy(uint command)
    {
        if ((_registers.Read(Reg.MiiControl) & MiiBusy) != 0)
        {
            _registers.Write(Reg.MiiControl, MiiBusy);
            Thread.Sleep(1);
        }

        _registers.Write(Reg.MiiControl, command);
        _registers.Wait(Reg.MiiControl, MiiBusy, 0, s_patience);
    }
}
