using System.Buffers.Binary;

namespace NetmapCuse.Models.Nvidia;

/// <summary>
/// The MAC of the nForce4 (CK804, 10de:0057), with descriptors of version 3. There is no public data sheet: the names are those
/// of Linux's forcedeth, which judges it.
/// </summary>
public sealed class NforceModel : ChipModel
{
    private const uint IrqStatus = 0x000;
    private const uint IrqMask = 0x004;
    private const uint PollingInterval = 0x00c;
    private const uint TransmitterControl = 0x084;
    private const uint TransmitterStatus = 0x088;
    private const uint PacketFilter = 0x08c;
    private const uint ReceiverControl = 0x094;
    private const uint ReceiverStatus = 0x098;
    private const uint MacAddressA = 0x0a8;
    private const uint MacAddressB = 0x0ac;
    private const uint MulticastA = 0x0b0;
    private const uint MulticastB = 0x0b4;
    private const uint MulticastMaskA = 0x0b8;
    private const uint MulticastMaskB = 0x0bc;
    private const uint TxRing = 0x100;
    private const uint RxRing = 0x104;
    private const uint RingSizes = 0x108;
    private const uint TransmitPoll = 0x10c;
    private const uint AddressIsInOrder = 0x8000;
    private const uint SetupReg5 = 0x130;
    private const uint TxRxControl = 0x144;
    private const uint TxRingHigh = 0x148;
    private const uint RxRingHigh = 0x14c;
    private const uint MiiStatus = 0x180;
    private const uint MiiControl = 0x190;
    private const uint MiiData = 0x194;

    private const uint IrqRx = 0x02;
    private const uint IrqRxNoBuffer = 0x04;
    private const uint IrqTxOk = 0x10;
    private const uint IrqTimer = 0x20;
    private const uint IrqLink = 0x40;
    private const uint MiiLinkChange = 0x08;
    private const uint MiiError = 0x01;
    private const uint Kick = 1;
    private const uint Idle = 8;
    private const uint Version3 = 0xc0_2200;
    private const uint Promiscuous = 0x80;
    private const uint MyAddress = 0x20;

    private const uint Valid = 1u << 31;
    private const uint TxLast = 1 << 29;
    private const uint RxValid = 1 << 29;
    private const uint Length = 0x3fff;
    private const int DescriptorBytes = 16;
    private const int FlagsAt = 12;
    private const int AddressBits = 39;
    private const int ShortestFrame = 60;
    private const int AuditEach = 16;
    private const uint PhyAddress = 1;

    private readonly Dictionary<uint, uint> _registers = [];
    private readonly Dictionary<uint, uint> _mii = [];
    private readonly List<byte> _frame = [];
    private uint _status;
    private uint _miiStatus;
    private int _tx;
    private int _rx;
    private bool _txIsDue;
    private bool _timerRuns;
    private long _audit;

    /// <summary>A chip with this address.</summary>
    public NforceModel(string name, byte[] address, int seed = 0)
        : base(name, s_identity, address, seed) => PowerOn();

    private static readonly PciIdentity s_identity = new()
    {
        Id = (0x10de, 0x0057),
        Subsystem = (0x10de, 0xcb84),
        Revision = 0xa3,
        Class = 0x0680,
        Bars = [new(0, 0x1000)],
    };

    /// <inheritdoc/>
    protected override void PowerOn()
    {
        _registers.Clear();
        _registers[MacAddressA] = Word(Address, 0);
        _registers[MacAddressB] = BinaryPrimitives.ReadUInt16LittleEndian(Address.AsSpan(4));
        _registers[TransmitPoll] = AddressIsInOrder;
        _status = _miiStatus = 0;
        _tx = _rx = 0;
        _txIsDue = _timerRuns = false;
        _frame.Clear();
        (uint Register, uint Value)[] values =
            [(0, 0x1140), (2, 0x7c0f), (3, 0xa000), (4, 0x05e1), (5, 0xc5e1), (6, 0xf), (9, 0x0300), (10, 0x7c00), (15, 0x3000)];
        foreach ((uint register, uint value) in values)
        {
            _mii[register] = value;
        }

        SetLine(false);
    }

    /// <inheritdoc/>
    protected override void LinkChanged()
    {
        _miiStatus |= MiiLinkChange;
        Raise(IrqLink);
    }

    /// <inheritdoc/>
    protected override uint Read(int bar, ulong offset, int bytes)
    {
        CheckWidth(offset, bytes);
        return (uint)offset switch
        {
            IrqStatus => _status,
            SetupReg5 => Get(SetupReg5) | (1u << 31),
            MiiStatus => _miiStatus,
            TransmitterStatus or ReceiverStatus => 0,
            TxRxControl => (Get(TxRxControl) & ~0x13u) | Idle,
            _ => Get((uint)offset),
        };
    }

    /// <inheritdoc/>
    protected override void Write(int bar, ulong offset, int bytes, uint value)
    {
        CheckWidth(offset, bytes);
        uint at = (uint)offset;
        switch (at)
        {
            case IrqStatus:
                _status &= ~value;
                Update();
                RunTimer();
                return;
            case MiiStatus:
                _miiStatus &= ~value;
                return;
            case MiiControl:
                value = AccessPhy(value);
                break;
            case TxRing or TxRingHigh:
                CheckIsOff(TransmitterControl, at);
                _tx = 0;
                _frame.Clear();
                break;
            case RxRing or RxRingHigh:
                CheckIsOff(ReceiverControl, at);
                _rx = 0;
                break;
            case RingSizes:
                CheckIsOff(ReceiverControl, at);
                break;
        }

        _registers[at] = value;
        switch (at)
        {
            case IrqMask:
                Update();
                RunTimer();
                break;
            case TxRxControl when (value & Kick) != 0:
                KickTransmitter(value);
                break;
        }
    }

    /// <inheritdoc/>
    protected override void Deliver(ReadOnlySpan<byte> frame)
    {
        if ((Get(ReceiverControl) & 1) == 0 || !IsForUs(frame))
        {
            Counters.Filtered++;
            return;
        }

        if (_audit++ % AuditEach == 0)
        {
            AuditReceiveRing();
        }

        Span<byte> descriptor = stackalloc byte[DescriptorBytes];
        ulong at = Ring(RxRing, RxRingHigh) + (ulong)(DescriptorBytes * _rx);
        if (!DmaRead(at, descriptor, "receive descriptor"))
        {
            return;
        }

        uint flags = Word(descriptor, FlagsAt);
        int length = Math.Max(frame.Length, ShortestFrame);
        if ((flags & Valid) == 0 || (flags & Length) < length)
        {
            Counters.Missed++;
            Raise(IrqRxNoBuffer);
            return;
        }

        byte[] padded = new byte[length];
        frame.CopyTo(padded);
        DmaWrite(AddressOf(descriptor), padded, "frame");
        BinaryPrimitives.WriteUInt32LittleEndian(descriptor[8..], 0);
        BinaryPrimitives.WriteUInt32LittleEndian(descriptor[FlagsAt..], RxValid | (uint)length);
        WriteBack(at + 8, descriptor[8..], 4, 8);
        _rx = (_rx + 1) % RxSlots;
        Counters.Received++;
        Raise(IrqRx);
    }

    private int TxSlots => (int)(Get(RingSizes) & 0xffff) + 1;

    private int RxSlots => (int)(Get(RingSizes) >> 16) + 1;

    private uint Get(uint at) => _registers.GetValueOrDefault(at);

    private ulong Ring(uint low, uint high) => Get(low) | ((ulong)Get(high) << 32);

    private void CheckWidth(ulong offset, int bytes)
    {
        if (bytes != 4 || offset % 4 != 0)
        {
            Fault($"access of {bytes} bytes at {offset:x}: registers have 4");
        }
    }

    private void CheckIsOff(uint control, uint register)
    {
        if ((Get(control) & 1) != 0)
        {
            Fault($"register {register:x} is written while its side is on");
        }
    }

    private ulong AddressOf(ReadOnlySpan<byte> descriptor)
    {
        ulong address = ((ulong)Word(descriptor, 0) << 32) | Word(descriptor, 4);
        if (address >> AddressBits != 0)
        {
            Fault($"address {address:x} has more than {AddressBits} bits");
        }

        return address;
    }

    private void Raise(uint causes)
    {
        _status |= causes;
        Update();
    }

    // A busy driver masks the interrupts of frames and looks at its rings as often as this timer ticks: units of 100/1024 ms.
    private void RunTimer()
    {
        const double UnitMicroseconds = 100_000.0 / 1024;
        if (!_timerRuns && (Get(IrqMask) & IrqTimer) != 0 && (_status & IrqTimer) == 0)
        {
            _timerRuns = true;
            Later(TimeSpan.FromMicroseconds((Get(PollingInterval) + 1) * UnitMicroseconds), Tick);
        }
    }

    private void Tick()
    {
        _timerRuns = false;
        if ((Get(IrqMask) & IrqTimer) != 0)
        {
            Raise(IrqTimer);
        }
    }

    private void Update() => SetLine((_status & Get(IrqMask)) != 0);

    // Bit 15: in use, written to end what is under way; 10: a write; 9 to 5 the PHY, 4 to 0 its register.
    private uint AccessPhy(uint value)
    {
        const uint InUse = 0x8000;
        const uint IsWrite = 0x400;
        const uint ResetAndRestart = 0x8200;
        uint register = value & 31;
        bool isThere = ((value >> 5) & 31) == PhyAddress;
        if ((value & InUse) != 0)
        {
            return value & ~InUse;
        }

        if ((value & IsWrite) == 0)
        {
            _registers[MiiData] = !isThere ? 0xffff : register == 1 ? (HasCarrier ? 0x796du : 0x7949u) : _mii.GetValueOrDefault(register);
            _miiStatus |= isThere ? 0 : MiiError;
        }
        else if (isThere && register is not (1 or 2 or 3 or 5 or 10))
        {
            _mii[register] = register == 0 ? Get(MiiData) & ~ResetAndRestart : Get(MiiData);
        }

        return value;
    }

    private void KickTransmitter(uint value)
    {
        Counters.Doorbells++;
        if ((Get(TransmitterControl) & 1) == 0)
        {
            Fault($"doorbell while the transmitter is off");
            return;
        }

        if ((value & Version3) != Version3)
        {
            Fault($"doorbell {value:x} without the descriptor version");
        }

        if (!_txIsDue)
        {
            _txIsDue = true;
            Soon(Transmit);
        }
    }

    private void Transmit()
    {
        _txIsDue = false;
        bool isSent = false;
        ulong ring = Ring(TxRing, TxRingHigh);
        Span<byte> descriptor = stackalloc byte[DescriptorBytes];
        for (int left = Burst(); (Get(TransmitterControl) & 1) != 0; left--)
        {
            ulong at = ring + (ulong)(DescriptorBytes * _tx);
            if (!DmaRead(at, descriptor, "transmit descriptor"))
            {
                break;
            }

            uint flags = Word(descriptor, FlagsAt);
            if ((flags & Valid) == 0)
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

            byte[] part = new byte[(flags & Length) + 1];
            DmaRead(AddressOf(descriptor), part, "frame");
            _frame.AddRange(part);
            BinaryPrimitives.WriteUInt32LittleEndian(descriptor[FlagsAt..], flags & ~Valid);
            DmaWrite(at + FlagsAt, descriptor[FlagsAt..], "transmit descriptor");
            _tx = (_tx + 1) % TxSlots;
            if ((flags & TxLast) != 0)
            {
                Send([.. _frame]);
                _frame.Clear();
                isSent = true;
            }
        }

        if (isSent)
        {
            Raise(IrqTxOk);
        }
    }

    private bool IsForUs(ReadOnlySpan<byte> frame)
    {
        uint filter = Get(PacketFilter);
        uint low = Word(frame, 0);
        uint high = BinaryPrimitives.ReadUInt16LittleEndian(frame[4..]);
        if ((filter & Promiscuous) != 0 || (low == uint.MaxValue && high == ushort.MaxValue))
        {
            return true;
        }

        if ((frame[0] & 1) != 0)
        {
            return (low & Get(MulticastMaskA)) == (Get(MulticastA) & Get(MulticastMaskA)) &&
                (high & Get(MulticastMaskB)) == (Get(MulticastB) & Get(MulticastMaskB));
        }

        return (filter & MyAddress) != 0 && low == Get(MacAddressA) && high == (Get(MacAddressB) & 0xffff);
    }

    // What the chip owns is one run from where it stands, and no two descriptors of it have the same buffer. From the farthest one
    // back: the driver gives them in order, so whoever is given has all before it given, however fast more are.
    private void AuditReceiveRing()
    {
        Span<byte> descriptor = stackalloc byte[DescriptorBytes];
        HashSet<ulong> buffers = [];
        bool hasBegun = false;
        for (int i = RxSlots - 1; i >= 0; i--)
        {
            int at = (_rx + i) % RxSlots;
            if (!DmaRead(Ring(RxRing, RxRingHigh) + (ulong)(DescriptorBytes * at), descriptor, "receive descriptor"))
            {
                return;
            }

            bool isOwned = (Word(descriptor, FlagsAt) & Valid) != 0;
            if (!isOwned && hasBegun)
            {
                Fault($"receive descriptor {at} is not given, but the one behind it");
                return;
            }

            if (isOwned && !buffers.Add(AddressOf(descriptor)))
            {
                Fault($"receive descriptor {at} has a buffer that another one has, too");
            }

            hasBegun |= isOwned;
        }
    }
}
