using System.Buffers.Binary;

namespace NetmapCuse.Models.Realtek;

/// <summary>
/// RTL8168h (XID 541). Register names are those of Linux's drivers/net/ethernet/realtek/r8169_main.c, whose driver judges
/// this model; descriptors: reference nic-drivers.md, section 13.
/// </summary>
public sealed class Rtl8168Model : ChipModel
{
    private const uint Xid = 0x541;
    private const uint TxConfigIdentity = (Xid << 20) | (1 << 11);
    private const int MemoryBar = 2;
    private const int RegisterBytes = 256;
    private const int DescriptorBytes = 16;
    private const int MostDescriptors = 1024;
    private const int ShortestFrame = 60;
    private const int ChecksumBytes = 4;
    private const int AuditEach = 16;
    private const ulong RingAlignment = 256;

    private const int CounterAddressLow = 0x10;
    private const int CounterAddressHigh = 0x14;
    private const int TxRing = 0x20;
    private const int ChipCommand = 0x37;
    private const int TxPoll = 0x38;
    private const int IntrMask = 0x3c;
    private const int IntrStatus = 0x3e;
    private const int TxConfig = 0x40;
    private const int RxConfig = 0x44;
    private const int Lock = 0x50;
    private const int PhyAccess = 0x60;
    private const int CsiData = 0x64;
    private const int CsiAccess = 0x68;
    private const int PhyStatus = 0x6c;
    private const int EriData = 0x70;
    private const int EriAccess = 0x74;
    private const int EphyAccess = 0x80;
    private const int MacOcp = 0xb0;
    private const int PhyOcp = 0xb8;
    private const int Mcu = 0xd3;
    private const int RxMaxSize = 0xda;
    private const int RxRing = 0xe4;
    private const int Misc = 0xf0;

    private const uint CommandTx = 0x04;
    private const uint CommandRx = 0x08;
    private const uint CommandReset = 0x10;
    private const uint PollNormal = 0x40;
    private const uint Unlocked = 0xc0;
    private const uint RxGate = 1 << 19;
    private const uint McuReady = 0x32; // link list ready, both FIFOs empty
    private const uint LinkUpGigabit = 0x13;
    private const uint Busy = 0x8000_0000;

    private const uint RxOk = 0x01;
    private const uint TxOk = 0x04;
    private const uint RxUnavailable = 0x10;
    private const uint LinkChange = 0x20;
    private const uint TxUnavailable = 0x80;

    private const uint Own = 1u << 31;
    private const uint EndOfRing = 1 << 30;
    private const uint FirstPart = 1 << 29;
    private const uint LastPart = 1 << 28;
    private const uint TxLength = 0xffff;
    private const uint RxLength = 0x3fff;

    private readonly byte[] _registers = new byte[RegisterBytes];
    private readonly Dictionary<uint, uint> _phyOcp = [];
    private readonly Dictionary<uint, uint> _macOcp = [];
    private readonly Dictionary<uint, uint> _eri = [];
    private readonly Dictionary<uint, uint> _ephy = [];
    private readonly Dictionary<uint, uint> _csi = [];
    private readonly Dictionary<uint, uint> _mii = [];
    private readonly List<byte> _frame = [];
    private int _tx;
    private int _rx;
    private bool _txIsDue;
    private int _lastSlot; // the one that Next saw last
    private long _audit;

    /// <summary>A chip with this address.</summary>
    public Rtl8168Model(string name, byte[] address, int seed = 0)
        : base(name, s_identity, address, seed) => PowerOn();

    private static readonly PciIdentity s_identity = new()
    {
        Id = (0x10ec, 0x8168),
        Subsystem = (0x10ec, 0x8168),
        Revision = 0x15,
        Bars = [new(0, RegisterBytes, IsIo: true), new(MemoryBar, 4096, Is64Bit: true)],
        HasMsi = true,
    };

    private bool MayTransmit => (_registers[ChipCommand] & CommandTx) != 0;

    private bool MayReceive => (_registers[ChipCommand] & CommandRx) != 0 && (Get(Misc, 4) & RxGate) == 0;

    /// <inheritdoc/>
    protected override void PowerOn()
    {
        _phyOcp.Clear();
        _macOcp.Clear();
        _ephy.Clear();
        _csi.Clear();
        _eri.Clear();
        _eri[0xe0] = Word(Address, 0);
        _eri[0xe4] = BinaryPrimitives.ReadUInt16LittleEndian(Address.AsSpan(4));
        Address.CopyTo(_registers, 0);
        ResetPhy();
        ResetMac();
    }

    /// <inheritdoc/>
    protected override void LinkChanged()
    {
        ShowLink();
        Raise(LinkChange);
    }

    /// <inheritdoc/>
    protected override uint Read(int bar, ulong offset, int bytes)
    {
        if (offset + (ulong)bytes > RegisterBytes)
        {
            return 0;
        }

        if (offset == TxPoll)
        {
            Fault($"TxPoll is read, which can only be written");
        }

        return Get((int)offset, bytes);
    }

    /// <inheritdoc/>
    protected override void Write(int bar, ulong offset, int bytes, uint value)
    {
        if (offset + (ulong)bytes > RegisterBytes)
        {
            Fault($"write to {offset:x}, where no register is");
            return;
        }

        int at = (int)offset;
        switch (at)
        {
            case < 6 when (_registers[Lock] & Unlocked) != Unlocked:
                Fault($"the address is written while the configuration is locked");
                break;
            case ChipCommand:
                Command(value);
                break;
            case TxPoll:
                Poll(value);
                break;
            case IntrMask:
                if (bytes == 4)
                {
                    Acknowledge(value >> 16);
                }

                Put(IntrMask, 2, value);
                Update();
                break;
            case IntrStatus:
                Acknowledge(value);
                break;
            case TxRing or RxRing or TxRing + 4 or RxRing + 4:
                SetRing(at, value);
                break;
            case TxConfig:
                Put(at, bytes, (value & 0xf_ffff) | TxConfigIdentity);
                break;
            case PhyStatus:
                break;
            case Mcu:
                Put(at, bytes, (value & 0x80) | McuReady);
                break;
            case CounterAddressLow:
                DumpCounters(value);
                break;
            case PhyAccess or PhyOcp or MacOcp or EriAccess or EphyAccess or CsiAccess:
                Put(at, bytes, Access(at, value));
                break;
            default:
                Put(at, bytes, value);
                break;
        }
    }

    /// <inheritdoc/>
    protected override void Deliver(ReadOnlySpan<byte> frame)
    {
        if (!MayReceive || !IsForUs(frame))
        {
            Counters.Filtered++;
            return;
        }

        int length = Math.Max(frame.Length, ShortestFrame) + ChecksumBytes;
        Span<byte> padded = length <= 2048 ? stackalloc byte[length] : new byte[length];
        padded.Clear();
        frame.CopyTo(padded);
        if (length > Get(RxMaxSize, 2))
        {
            Counters.Missed++;
            return;
        }

        if (_audit++ % AuditEach == 0)
        {
            AuditReceiveRing();
        }

        Put(padded);
    }

    private void ResetMac()
    {
        Span<byte> address = stackalloc byte[6];
        _registers.AsSpan(0, 6).CopyTo(address);
        Array.Clear(_registers);
        address.CopyTo(_registers);
        Put(TxConfig, 4, TxConfigIdentity);
        Put(Mcu, 1, McuReady);
        _tx = _rx = 0;
        _txIsDue = false;
        _frame.Clear();
        ShowLink();
        SetLine(false);
    }

    // A gigabit PHY that has negotiated full duplex with its like (IEEE 802.3, clauses 22 and 28).
    private void ResetPhy()
    {
        _mii.Clear();
        (uint Register, uint Value)[] values =
            [(0, 0x1140), (2, 0x001c), (3, 0xc800), (4, 0x01e1), (5, 0xc5e1), (6, 0x000f), (9, 0x0300), (10, 0x7c00), (15, 0x2000)];
        foreach ((uint register, uint value) in values)
        {
            _mii[register] = value;
        }
    }

    private void ShowLink()
    {
        Put(PhyStatus, 1, HasCarrier ? LinkUpGigabit : 0);
        _mii[1] = HasCarrier ? 0x796du : 0x7949u;
    }

    private void Command(uint value)
    {
        if ((value & CommandReset) != 0)
        {
            ResetMac();
            return;
        }

        uint before = _registers[ChipCommand];
        Put(ChipCommand, 1, value & (CommandTx | CommandRx));
        _tx = MayTransmit && (before & CommandTx) != 0 ? _tx : 0;
        _rx = (value & CommandRx) != 0 && (before & CommandRx) != 0 ? _rx : 0;
    }

    private void SetRing(int at, uint value)
    {
        bool isTx = at is TxRing or TxRing + 4;
        if ((_registers[ChipCommand] & (isTx ? CommandTx : CommandRx)) != 0)
        {
            Fault($"ring register {at:x} is written while its side is on");
        }

        if (at is TxRing or RxRing && value % RingAlignment != 0)
        {
            Fault($"ring at {value:x} is not aligned to {RingAlignment}");
        }

        Put(at, 4, value);
    }

    private void Raise(uint causes)
    {
        Put(IntrStatus, 2, Get(IntrStatus, 2) | causes);
        Update();
    }

    private void Acknowledge(uint causes)
    {
        Put(IntrStatus, 2, Get(IntrStatus, 2) & ~causes);
        Update();
    }

    private void Update() => SetLine((Get(IntrStatus, 2) & Get(IntrMask, 2)) != 0);

    // The ways to registers behind registers: the driver waits for bit 31 to be set by a read, cleared by a write.
    private uint Access(int at, uint value)
    {
        bool isWrite = (value & Busy) != 0;
        switch (at)
        {
            case PhyAccess:
                return Behind(value, isWrite, (value >> 16) & 31, ReadMii, WriteMii);
            case PhyOcp:
                return Behind(value, isWrite, (value >> 15) & 0xfffe, ReadPhy, WritePhy);
            case EphyAccess:
                return Behind(value, isWrite, (value >> 16) & 0x7f, register => _ephy.GetValueOrDefault(register), (register, data) => _ephy[register] = data);
            case MacOcp:
                uint place = (value >> 15) & 0xfffe;
                _macOcp[place] = isWrite ? value & 0xffff : _macOcp.GetValueOrDefault(place);
                return isWrite ? value & ~Busy : _macOcp[place];
            case EriAccess:
                return Indirect(_eri, EriData, value, isWrite);
            default:
                return Indirect(_csi, CsiData, value, isWrite);
        }
    }

    private static uint Behind(uint value, bool isWrite, uint register, Func<uint, uint> read, Action<uint, uint> write)
    {
        if (isWrite)
        {
            write(register, value & 0xffff);
            return value & ~Busy;
        }

        return Busy | (value & 0x7fff_0000) | read(register);
    }

    private uint Indirect(Dictionary<uint, uint> space, int data, uint value, bool isWrite)
    {
        uint place = value & 0xfff;
        if (isWrite)
        {
            space[place] = Get(data, 4);
            return value & ~Busy;
        }

        Put(data, 4, space.GetValueOrDefault(place));
        return value | Busy;
    }

    private uint ReadMii(uint register) => _mii.GetValueOrDefault(register);

    private void WriteMii(uint register, uint value)
    {
        const uint Restart = 0x8200; // reset, restart of the negotiation
        if (register == 0)
        {
            if ((value & Restart) != 0)
            {
                Later(TimeSpan.FromMilliseconds(50), LinkChanged);
            }

            value &= ~Restart;
        }

        if (register is not (1 or 2 or 3 or 5 or 10))
        {
            _mii[register] = value;
        }
    }

    private uint ReadPhy(uint register) =>
        register is >= 0xa400 and < 0xa420 ? ReadMii((register - 0xa400) / 2) : _phyOcp.GetValueOrDefault(register);

    private void WritePhy(uint register, uint value)
    {
        if (register is >= 0xa400 and < 0xa420)
        {
            WriteMii((register - 0xa400) / 2, value);
        }
        else
        {
            _phyOcp[register] = value;
        }
    }

    private void DumpCounters(uint value)
    {
        const uint Dump = 8;
        const uint Clear = 1;
        if ((value & Dump) != 0)
        {
            byte[] counters = new byte[64];
            BinaryPrimitives.WriteInt64LittleEndian(counters, Counters.Sent);
            BinaryPrimitives.WriteInt64LittleEndian(counters.AsSpan(8), Counters.Received);
            BinaryPrimitives.WriteInt64LittleEndian(counters.AsSpan(40), Counters.Received);
            BinaryPrimitives.WriteUInt16LittleEndian(counters.AsSpan(28), (ushort)Math.Min(Counters.Missed, ushort.MaxValue));
            DmaWrite(((ulong)Get(CounterAddressHigh, 4) << 32) | (value & ~0x3fu), counters, "counters");
        }

        Put(CounterAddressLow, 4, value & ~(Dump | Clear));
    }

    private void Poll(uint value)
    {
        Counters.Doorbells++;
        if (!MayTransmit)
        {
            Fault($"doorbell while the transmitter is off");
            return;
        }

        if ((value & ~(PollNormal | 0x81u)) != 0)
        {
            Fault($"doorbell with reserved bits: {value:x}");
        }

        if ((value & PollNormal) != 0 && !_txIsDue)
        {
            _txIsDue = true;
            Soon(Transmit);
        }
    }

    private void Transmit()
    {
        _txIsDue = false;
        if (!MayTransmit)
        {
            return;
        }

        ulong ring = Ring(TxRing);
        Span<byte> descriptor = stackalloc byte[DescriptorBytes];
        bool isSent = false;
        for (int left = Burst(); DmaRead(ring + (ulong)(DescriptorBytes * _tx), descriptor, "transmit descriptor"); left--)
        {
            uint flags = Word(descriptor, 0);
            if ((flags & Own) == 0)
            {
                if (_frame.Count > 0)
                {
                    Fault($"the transmit ring ends within a frame, at {_tx}");
                }

                break;
            }

            if (left == 0)
            {
                _txIsDue = true;
                Later(TimeSpan.FromMicroseconds(50), Transmit);
                break;
            }

            isSent |= TakePart(ring, flags, Quad(descriptor, 8));
        }

        if (isSent)
        {
            Raise(TxOk | (_txIsDue ? 0 : TxUnavailable));
        }
    }

    // True if that was the end of a frame.
    private bool TakePart(ulong ring, uint flags, ulong address)
    {
        int length = (int)(flags & TxLength);
        byte[] part = new byte[length];
        if (length == 0)
        {
            Fault($"transmit descriptor {_tx} without a length");
        }

        if ((flags & FirstPart) != 0 != (_frame.Count == 0))
        {
            Fault($"transmit descriptor {_tx}: first part, or not, in the wrong place");
        }

        DmaRead(address, part, "frame");
        _frame.AddRange(part);
        Span<byte> back = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(back, flags & ~Own);
        DmaWrite(ring + (ulong)(DescriptorBytes * _tx), back, "transmit descriptor");
        _tx = Next(_tx, flags);
        if ((flags & LastPart) == 0)
        {
            return false;
        }

        Send([.. _frame]);
        _frame.Clear();
        return true;
    }

    private bool IsForUs(ReadOnlySpan<byte> frame)
    {
        const uint Everything = 1;
        const uint Mine = 2;
        const uint Multicast = 4;
        const uint Broadcast = 8;
        uint accepted = Get(RxConfig, 4);
        bool isBroadcast = frame[..6].IndexOfAnyExcept((byte)0xff) < 0;
        return (accepted & Everything) != 0 ||
            ((accepted & Broadcast) != 0 && isBroadcast) ||
            ((accepted & Multicast) != 0 && (frame[0] & 1) != 0) ||
            ((accepted & Mine) != 0 && frame[..6].SequenceEqual(_registers.AsSpan(0, 6)));
    }

    private void Put(ReadOnlySpan<byte> frame)
    {
        uint kind = (frame[0] & 1) == 0 ? 1u << 27 : 1 << 26;
        int total = frame.Length;
        int taken = 0;
        Span<byte> descriptor = stackalloc byte[DescriptorBytes];
        do
        {
            ulong at = Ring(RxRing) + (ulong)(DescriptorBytes * _rx);
            if (!DmaRead(at, descriptor, "receive descriptor"))
            {
                return;
            }

            uint flags = Word(descriptor, 0);
            if ((flags & Own) == 0)
            {
                Counters.Missed++;
                Raise(RxUnavailable);
                return;
            }

            int part = Math.Min((int)(flags & RxLength), frame.Length);
            if (part == 0)
            {
                Fault($"receive descriptor {_rx} without a length");
                return;
            }

            DmaWrite(Quad(descriptor, 8), frame[..part], "frame");
            frame = frame[part..];
            uint shown = (flags & EndOfRing) | (taken == 0 ? FirstPart : 0) | (frame.Length == 0 ? LastPart : 0) | kind | (uint)total;
            BinaryPrimitives.WriteUInt32LittleEndian(descriptor, shown);
            BinaryPrimitives.WriteUInt32LittleEndian(descriptor[4..], 0);
            taken += part;
            WriteBack(at, descriptor[..8], 0, 4);
            _rx = Next(_rx, flags);
        }
        while (frame.Length > 0);

        Counters.Received++;
        Raise(RxOk);
    }

    // What the chip owns is one run from where it stands, and no two descriptors of it have the same buffer. From the farthest one
    // back: the driver gives them in order, so whoever is given has all before it given, however fast more are.
    private void AuditReceiveRing()
    {
        ulong ring = Ring(RxRing);
        Span<byte> descriptor = stackalloc byte[DescriptorBytes];
        HashSet<ulong> buffers = [];
        bool hasBegun = false;
        int slots = CountReceiveSlots(ring);
        for (int i = slots - 1; i >= 0; i--)
        {
            int at = (_rx + i) % slots;
            if (!DmaRead(ring + (ulong)(DescriptorBytes * at), descriptor, "receive descriptor"))
            {
                return;
            }

            bool isOwned = (Word(descriptor, 0) & Own) != 0;
            if (!isOwned && hasBegun)
            {
                Fault($"receive descriptor {at} is not given, but the one behind it");
                return;
            }

            if (isOwned && !buffers.Add(Quad(descriptor, 8)))
            {
                Fault($"receive descriptor {at} has a buffer that another one has, too");
            }

            hasBegun |= isOwned;
        }
    }

    // The mark of its end stays where it is.
    private int CountReceiveSlots(ulong ring)
    {
        Span<byte> descriptor = stackalloc byte[DescriptorBytes];
        int at = 0;
        do
        {
            if (!DmaRead(ring + (ulong)(DescriptorBytes * at), descriptor, "receive descriptor"))
            {
                return 0;
            }

            at = Next(at, Word(descriptor, 0));
        }
        while (at != 0);
        return _lastSlot + 1;
    }

    private int Next(int at, uint flags)
    {
        _lastSlot = at;
        if ((flags & EndOfRing) != 0)
        {
            return 0;
        }

        if (at + 1 >= MostDescriptors)
        {
            Fault($"a ring has no end within {MostDescriptors} descriptors");
            return 0;
        }

        return at + 1;
    }

    private ulong Ring(int register) => Get(register, 4) | ((ulong)Get(register + 4, 4) << 32);

    private uint Get(int at, int bytes)
    {
        uint value = 0;
        for (int i = 0; i < bytes; i++)
        {
            value |= (uint)_registers[at + i] << (8 * i);
        }

        return value;
    }

    private void Put(int at, int bytes, uint value)
    {
        for (int i = 0; i < bytes; i++)
        {
            _registers[at + i] = (byte)(value >> (8 * i));
        }
    }
}
