using System.Buffers.Binary;

namespace NetmapCuse.Models.Intel;

/// <summary>
/// 82599 with a KX4 backplane (8086:10f7): no PHY and no module to ask. Section numbers are those of the Intel 82599 10 GbE
/// Controller Datasheet (331520); Linux's ixgbe judges it.
/// </summary>
public sealed class Ixgbe82599Model : ChipModel
{
    private const int Vectors = 64;
    private const int MemoryBar = 0;
    private const int MsiXBar = 4;
    private const uint MemoryBytes = 0x80000;

    // 8.2.3.1 to 8.2.3.3: general, EEPROM.
    private const uint Ctrl = 0x00000;
    private const uint CtrlReset = (1 << 26) | (1 << 3);
    private const uint Status = 0x00008;
    private const uint Eec = 0x10010;
    private const uint EecIsThere = (1 << 8) | (2 << 11);
    private const uint EecAutoReadDone = 1 << 9;
    private const uint Eerd = 0x10014;
    private const uint Autoc = 0x042a0;
    private const uint Links = 0x042a4;
    private const uint LinksUpAt10G = (1u << 31) | (1 << 30) | (3 << 28) | (1 << 7); // negotiated, up, 10 Gbit/s
    private const uint Anlp1 = 0x042b0;
    private const uint NegotiationHasBegun = 1 << 16;
    private const uint Msca = 0x0425c;
    private const uint Msrwd = 0x04260;
    private const uint FdirCtrl = 0x0ee00;
    private const uint FdirInitDone = 8;

    // 8.2.3.5: interrupts.
    private const uint Eicr = 0x00800;
    private const uint Eics = 0x00808;
    private const uint Eiac = 0x00810;
    private const uint Eims = 0x00880;
    private const uint Eimc = 0x00888;
    private const uint Eiam = 0x00890;
    private const uint Gpie = 0x00898;
    private const uint GpieMsiX = 1 << 4;
    private const uint GpieAutoMask = 1 << 30;
    private const uint Ivar = 0x00900;
    private const uint IvarMisc = 0x00a00;
    private const uint EicsEx = 0x00a90;
    private const uint EimsEx = 0x00aa0;
    private const uint EimcEx = 0x00ab0;
    private const uint EiamEx = 0x00ad0;
    private const uint QueueCauses = 0xffff;
    private const uint LinkCause = 1 << 20;
    private const uint CauseIsValid = 0x80;

    // 8.2.3.7 and 8.2.3.8: receive.
    private const uint Fctrl = 0x05080;
    private const uint FctrlMulticast = 1 << 8;
    private const uint FctrlUnicast = 1 << 9;
    private const uint FctrlBroadcast = 1 << 10;
    private const uint McstCtrl = 0x05090;
    private const uint MulticastFilterOn = 1 << 2;
    private const uint Mta = 0x05200;
    private const uint Ral = 0x0a200;
    private const uint OldRal = 0x05400;
    private const int OldAddresses = 16;
    private const int ReceiveAddresses = 128;
    private const uint Rxctrl = 0x03000;
    private const uint SecRxCtrl = 0x08d00;
    private const uint SecRxStat = 0x08d04;
    private const uint SecRxOff = 2;
    private const uint Rdrxctl = 0x02f00;
    private const uint RdrxctlStrip = 2;
    private const uint RdrxctlDmaReady = 8;
    private const uint Hlreg0 = 0x04240;
    private const uint Hlreg0AfterReset = 0x403; // checksums added and stripped, short frames padded
    private const uint Hlreg0Strip = 2;
    private const uint Hlreg0Jumbo = 4;
    private const uint Maxfrs = 0x04268;

    // 8.2.3.9: transmit.
    private const uint Dmatxctl = 0x04a80;
    private const uint Mtqc = 0x08120;
    private const uint Rttdcs = 0x04900;
    private const uint ArbiterOff = 1 << 6;

    private const uint Gprc = 0x04074;
    private const uint Gptc = 0x04080;
    private const uint Rxmpc = 0x03fa0;

    private const int ChecksumBytes = 4;
    private const int ShortestFrame = 60;
    private const int StandardFrame = 1518;
    private const int FifoFrames = 128;

    private readonly Dictionary<uint, uint> _registers = [];
    private readonly AdvancedQueue[] _tx = new AdvancedQueue[AdvancedQueue.Most];
    private readonly AdvancedQueue[] _rx = new AdvancedQueue[AdvancedQueue.Most];
    private readonly ushort[] _eeprom = MakeEeprom();
    private readonly Queue<byte[]> _fifo = new();
    private uint _causes;
    private uint _mask;
    private bool _otherIsTold; // a message goes out when its cause comes, not while it stands
    private uint _seenReceived; // what the counters showed when they were read last
    private uint _seenSent;
    private uint _seenMissed;

    /// <summary>A chip with this address.</summary>
    public Ixgbe82599Model(string name, byte[] address, int seed = 0)
        : base(name, s_identity, address, seed)
    {
        for (int i = 0; i < AdvancedQueue.Most; i++)
        {
            _tx[i] = new AdvancedQueue(0x6000u + (0x40u * (uint)i));
            _rx[i] = new AdvancedQueue(0x1000u + (0x40u * (uint)i));
        }

        PowerOn();
    }

    private static readonly PciIdentity s_identity = new()
    {
        Id = (0x8086, 0x10f7),
        Subsystem = (0x8086, 0x000c),
        Revision = 1,
        Bars = [new(MemoryBar, MemoryBytes, Is64Bit: true), new(2, 32, IsIo: true), new(MsiXBar, 0x4000, Is64Bit: true)],
        HasMsi = true,
        MsiXVectors = Vectors,
        MsiXBar = MsiXBar,
        IsExpress = true,
    };

    /// <inheritdoc/>
    protected override void PowerOn()
    {
        _registers.Clear();
        for (int i = 0; i < AdvancedQueue.Most; i++)
        {
            _tx[i].Reset();
            _rx[i].Reset();
        }

        _fifo.Clear();
        _registers[Ral] = Word(Address, 0);
        _registers[Ral + 4] = BinaryPrimitives.ReadUInt16LittleEndian(Address.AsSpan(4)) | (1u << 31);
        _registers[Eec] = EecIsThere | EecAutoReadDone;
        _registers[Autoc] = 0xc09c_6004;
        _registers[Hlreg0] = Hlreg0AfterReset;
        _registers[Rdrxctl] = RdrxctlDmaReady;
        _registers[SecRxStat] = 1;
        _causes = _mask = 0;
        SetLine(false);
    }

    /// <inheritdoc/>
    protected override void LinkChanged() => Cause(LinkCause);

    /// <inheritdoc/>
    protected override uint Read(int bar, ulong offset, int bytes)
    {
        if (bar != MemoryBar)
        {
            return 0;
        }

        if (bytes != 4 || offset % 4 != 0)
        {
            Fault($"read of {bytes} bytes at {offset:x}: registers have 4");
        }

        uint at = Canonical((uint)offset);
        switch (at)
        {
            case Eicr:
                uint causes = _causes;
                _causes = 0;
                Update();
                return causes;
            case Eics:
                return _causes;
            case Eims:
                return _mask;
            case Eimc or EimcEx:
                Fault($"EIMC is read, which can only be written");
                return 0;
            case Status:
                return 0;
            case Links:
                return HasCarrier ? LinksUpAt10G : 0;
            case Anlp1:
                return NegotiationHasBegun;
            case FdirCtrl:
                return Get(at) | FdirInitDone;
            case Msca:
                return Get(at) & ~(1u << 30);
            case Msrwd:
                return 0xffff_0000;
            case Gprc:
                return Since(Counters.Received, ref _seenReceived);
            case Gptc:
                return Since(Counters.Sent, ref _seenSent);
            case Rxmpc:
                return Since(Counters.Missed, ref _seenMissed);
            default:
                return QueueAt(at, out AdvancedQueue? queue, out _) && at - queue!.Base == AdvancedQueue.Head ? (uint)queue.At : Get(at);
        }
    }

    /// <inheritdoc/>
    protected override void Write(int bar, ulong offset, int bytes, uint value)
    {
        if (bar != MemoryBar)
        {
            return;
        }

        if (bytes != 4 || offset % 4 != 0)
        {
            Fault($"write of {bytes} bytes at {offset:x}: registers have 4");
        }

        uint at = Canonical((uint)offset);
        if (QueueAt(at, out AdvancedQueue? queue, out bool isTx))
        {
            WriteQueue(queue!, at - queue!.Base, value, isTx);
            return;
        }

        if (IsInterruptRegister(at, value))
        {
            return;
        }

        switch (at)
        {
            case Ctrl when (value & CtrlReset) != 0:
                PowerOn();
                return;
            case Eerd:
                value = ReadEeprom(value);
                break;
            case Mtqc when (Get(Rttdcs) & ArbiterOff) == 0:
                Fault($"MTQC is written while the arbiter is on (7.2.1.2.1)");
                break;
            case Rxctrl when (value & 1) != 0 && (Get(Hlreg0) & Hlreg0Strip) != (Get(Rdrxctl) & RdrxctlStrip):
                Fault($"HLREG0 and RDRXCTL do not agree on stripping checksums (8.2.3.22.8)");
                break;
            case Maxfrs when value >> 16 < 64:
                Fault($"MAXFRS {value:x} is too small for any frame");
                break;
        }

        _registers[at] = value;
        if (at is Rxctrl or SecRxCtrl)
        {
            Drain();
        }
    }

    /// <inheritdoc/>
    protected override void Deliver(ReadOnlySpan<byte> frame)
    {
        int longest = (Get(Hlreg0) & Hlreg0Jumbo) != 0 ? (int)(Get(Maxfrs) >> 16) : StandardFrame;
        if ((Get(Rxctrl) & 1) == 0 || (Get(SecRxCtrl) & SecRxOff) != 0 || frame.Length + ChecksumBytes > longest + 4 || !IsForUs(frame))
        {
            Counters.Filtered++;
            return;
        }

        if (_fifo.Count >= FifoFrames)
        {
            Counters.Missed++;
            return;
        }

        int length = Math.Max(frame.Length, ShortestFrame) + ((Get(Hlreg0) & Hlreg0Strip) != 0 ? 0 : ChecksumBytes);
        byte[] stored = new byte[length];
        frame.CopyTo(stored);
        _fifo.Enqueue(stored);
        Drain();
    }

    // Word 3fh makes the sum of words 0 to 3fh baba (6.2); no pointers, so no sections behind it.
    private static ushort[] MakeEeprom()
    {
        const int Words = 0x40;
        ushort[] words = new ushort[Words];
        Array.Fill(words, (ushort)0xffff);
        words[0] = 0;
        words[Words - 1] = (ushort)(0xbaba - words[..^1].Sum(word => word));
        return words;
    }

    // Registers of the first queues that have a second address, and the first receive addresses.
    private static uint Canonical(uint at) => at switch
    {
        >= 0x2100 and < 0x2140 => 0x1014 + (0x40 * ((at - 0x2100) / 4)),
        >= 0x2200 and < 0x2240 => 0x100c + (0x40 * ((at - 0x2200) / 4)),
        >= OldRal and < OldRal + (8 * OldAddresses) => at - OldRal + Ral,
        EicsEx => Eics,
        EimsEx => Eims,
        _ => at,
    };

    private static uint Since(long now, ref uint seen)
    {
        uint change = (uint)now - seen;
        seen = (uint)now;
        return change;
    }

    private bool QueueAt(uint at, out AdvancedQueue? queue, out bool isTx)
    {
        const uint Bytes = 0x40 * AdvancedQueue.Most;
        isTx = at is >= 0x6000 and < 0x6000 + Bytes;
        queue = isTx ? _tx[(at - 0x6000) / 0x40] : at is >= 0x1000 and < 0x1000 + Bytes ? _rx[(at - 0x1000) / 0x40] : null;
        return queue is not null;
    }

    private uint Get(uint at) => _registers.GetValueOrDefault(at);

    private uint ReadEeprom(uint value)
    {
        const uint Done = 2;
        uint address = (value >> 2) & 0x3fff;
        return (value & 0xfffc) | Done | ((address < _eeprom.Length ? _eeprom[address] : 0xffffu) << 16);
    }

    private bool IsInterruptRegister(uint at, uint value)
    {
        switch (at)
        {
            case Eims:
                _mask |= value;
                break;
            case Eimc:
                _mask &= ~value;
                break;
            case EimcEx:
                _mask &= ~value;
                break;
            case Eics:
                _causes |= value;
                break;
            case Eicr:
                _causes &= ~value;
                break;
            case EicsEx + 4 or EimsEx + 4 or EimcEx + 4:
                break; // vectors 32 and up
            default:
                return false;
        }

        Update();
        return true;
    }

    private void WriteQueue(AdvancedQueue queue, uint register, uint value, bool isTx)
    {
        string? fault = queue.Write(register, value);
        if (fault is not null)
        {
            Fault($"{(isTx ? "transmit" : "receive")} queue {(queue.Base & 0xfff) / 0x40}: {fault}");
        }

        if (isTx && register == AdvancedQueue.Control && queue.IsOn && (Get(Dmatxctl) & 1) == 0)
        {
            Fault($"a transmit queue is enabled before DMATXCTL.TE (4.6.8)");
        }

        _registers[queue.Base + register] = queue.Shown(register);
        if (register != AdvancedQueue.Tail || !queue.IsOn)
        {
            return;
        }

        if (!isTx)
        {
            Drain();
            return;
        }

        Counters.Doorbells++;
        if (!queue.IsDue)
        {
            queue.IsDue = true;
            Soon(() => Transmit(queue));
        }
    }

    private void Transmit(AdvancedQueue queue)
    {
        queue.IsDue = false;
        bool told = false;
        Span<byte> descriptor = stackalloc byte[AdvancedQueue.DescriptorBytes];
        for (int left = Burst(); queue.IsOn && queue.At != queue.TailAt; left--)
        {
            if (left == 0)
            {
                queue.IsDue = true;
                Later(TimeSpan.FromMicroseconds(50), () => Transmit(queue));
                break;
            }

            ulong at = queue.Address(queue.At);
            if (!DmaRead(at, descriptor, "transmit descriptor"))
            {
                return;
            }

            told |= Take(queue, at, descriptor);
            queue.At = (queue.At + 1) % queue.Length;
        }

        if (queue.HeadWriteBack is { } place)
        {
            Span<byte> head = stackalloc byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(head, queue.At);
            DmaWrite(place, head, "head");
        }

        if (told)
        {
            Cause(VectorOf(queue, isTx: true));
        }
    }

    // 7.2.3.2.4: an advanced data descriptor. True if it is to be told of.
    private bool Take(AdvancedQueue queue, ulong at, Span<byte> descriptor)
    {
        const uint EndOfFrame = 1 << 24;
        const uint Report = 1 << 27;
        const uint Extended = 1 << 29;
        const uint Segment = 1u << 31;
        const uint ContextType = 2;
        const uint DataType = 3;
        uint command = Word(descriptor, 8);
        uint type = (command >> 20) & 15;
        if ((command & Extended) == 0 || type is not (ContextType or DataType))
        {
            Fault($"transmit descriptor {queue.At} of type {type}, command {command:x}");
            return false;
        }

        if (type == DataType)
        {
            byte[] part = new byte[command & 0xffff];
            if (part.Length == 0 || (command & Segment) != 0)
            {
                Fault($"transmit descriptor {queue.At}: no length, or segmentation, which this model does not do");
            }

            DmaRead(Quad(descriptor, 0), part, "frame");
            queue.Frame.AddRange(part);
            uint payload = Word(descriptor, 12) >> 14;
            if ((command & EndOfFrame) != 0)
            {
                EndFrame(queue, payload);
            }
        }

        if ((command & Report) == 0)
        {
            return false;
        }

        BinaryPrimitives.WriteUInt32LittleEndian(descriptor[12..], Word(descriptor, 12) | 1);
        DmaWrite(at + 12, descriptor[12..], "transmit descriptor");
        return true;
    }

    private void EndFrame(AdvancedQueue queue, uint payload)
    {
        if (payload != queue.Frame.Count)
        {
            Fault($"PAYLEN is {payload} of a frame of {queue.Frame.Count} bytes");
        }

        Send([.. queue.Frame]);
        queue.Frame.Clear();
    }

    private bool IsForUs(ReadOnlySpan<byte> frame)
    {
        uint filter = Get(Fctrl);
        ReadOnlySpan<byte> to = frame[..6];
        if (to.IndexOfAnyExcept((byte)0xff) < 0)
        {
            return (filter & (FctrlBroadcast | FctrlMulticast)) != 0;
        }

        if ((to[0] & 1) != 0)
        {
            // 7.1.2.2, MO = 0: bits 47 to 36 choose one of 4096.
            int hash = (to[4] >> 4) | (to[5] << 4);
            return (filter & FctrlMulticast) != 0 || ((Get(McstCtrl) & MulticastFilterOn) != 0 &&
                ((Get(Mta + (4u * (uint)(hash >> 5))) >> (hash & 31)) & 1) != 0);
        }

        if ((filter & FctrlUnicast) != 0)
        {
            return true;
        }

        for (uint i = 0; i < ReceiveAddresses; i++)
        {
            uint high = Get(Ral + (8 * i) + 4);
            if (high >> 31 != 0 && Get(Ral + (8 * i)) == Word(to, 0) && (high & 0xffff) == BinaryPrimitives.ReadUInt16LittleEndian(to[4..]))
            {
                return true;
            }
        }

        return false;
    }

    // From the packet buffer to memory, in order: a full queue that does not drop holds up all others (7.1.4.1).
    private void Drain()
    {
        uint told = 0;
        while (_fifo.TryPeek(out byte[]? frame))
        {
            (int index, uint hash) = Toeplitz.Choose(frame, Get);
            AdvancedQueue queue = _rx[index];
            if (!queue.IsOn)
            {
                Counters.Missed++;
            }
            else if (queue.Room * queue.BufferBytes < frame.Length)
            {
                if (!queue.Drops)
                {
                    break;
                }

                Counters.Missed++;
            }
            else if (Store(queue, frame, hash))
            {
                told |= VectorOf(queue, isTx: false);
            }

            _fifo.Dequeue();
        }

        if (told != 0)
        {
            Cause(told);
        }
    }

    // 7.1.6.2: the write-back of each descriptor. Status and length come together: Linux decides by the length.
    private bool Store(AdvancedQueue queue, ReadOnlySpan<byte> frame, uint hash)
    {
        const int StatusAt = 8;
        const int LengthAt = 12;
        const uint Done = 1;
        const uint EndOfFrame = 2;
        Span<byte> descriptor = stackalloc byte[AdvancedQueue.DescriptorBytes];
        while (frame.Length > 0)
        {
            ulong at = queue.Address(queue.At);
            if (!DmaRead(at, descriptor, "receive descriptor"))
            {
                return false;
            }

            ulong buffer = Quad(descriptor, 0);
            if ((Word(descriptor, LengthAt) & 0xffff) != 0)
            {
                // DD may be what it was: who decides by the length, as Linux's driver does, clears no more than that.
                Fault($"receive descriptor {queue.At} is given with a length");
            }

            if (!queue.Lend(buffer))
            {
                Fault($"receive descriptor {queue.At} has a buffer that another one before the tail has, too");
            }

            ReadOnlySpan<byte> part = frame[..Math.Min(frame.Length, queue.BufferBytes)];
            frame = frame[part.Length..];
            if (!DmaWrite(buffer, part, "frame"))
            {
                return false;
            }

            descriptor.Clear();
            BinaryPrimitives.WriteUInt32LittleEndian(descriptor[4..], hash);
            BinaryPrimitives.WriteUInt32LittleEndian(descriptor[StatusAt..], Done | (frame.Length == 0 ? EndOfFrame : 0));
            BinaryPrimitives.WriteUInt16LittleEndian(descriptor[LengthAt..], (ushort)part.Length);
            WriteBack(at, descriptor, StatusAt, AdvancedQueue.DescriptorBytes);
            queue.At = (queue.At + 1) % queue.Length;
        }

        Counters.Received++;
        return true;
    }

    // 7.3.4: which bit of EICR a queue sets.
    private uint VectorOf(AdvancedQueue queue, bool isTx)
    {
        int index = (int)((queue.Base & 0xfff) / 0x40);
        uint entry = Get(Ivar + (4u * (uint)(index / 2))) >> ((16 * (index & 1)) + (isTx ? 8 : 0));
        return (entry & CauseIsValid) != 0 ? 1u << (int)(entry & 31) : 0;
    }

    private void Cause(uint causes)
    {
        _causes |= causes;
        Update();
    }

    private void Update()
    {
        uint hot = _causes & _mask;
        if (Interrupts.Mode != InterruptMode.MsiX || (Get(Gpie) & GpieMsiX) == 0)
        {
            SetLine(hot != 0);
            return;
        }

        bool isOther = (hot & LinkCause) != 0 && ((Get(IvarMisc) >> 8) & CauseIsValid) != 0;
        if (isOther && !_otherIsTold)
        {
            Interrupt((int)((Get(IvarMisc) >> 8) & 63));
        }

        _otherIsTold = isOther;

        for (int vector = 0; vector < 16; vector++)
        {
            uint bit = 1u << vector;
            if ((hot & QueueCauses & bit) == 0)
            {
                continue;
            }

            // A message clears its cause (EIAC), and masks itself where that is asked for (EIAM).
            _causes &= ~bit;
            if ((Get(Gpie) & GpieAutoMask) != 0 && ((Get(EiamEx) | Get(Eiam)) & bit) != 0)
            {
                _mask &= ~bit;
            }

            Interrupt(vector);
        }
    }
}
