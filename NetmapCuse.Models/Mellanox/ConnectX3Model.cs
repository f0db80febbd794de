using System.Buffers.Binary;

namespace NetmapCuse.Models.Mellanox;

/// <summary>
/// ConnectX-3 as an Ethernet card with one port (15b3:1003), its firmware's commands and queues. Its programmer's manual is not
/// public: layouts are those of Linux's include/linux/mlx4 and drivers/net/ethernet/mellanox/mlx4, whose driver judges it.
/// Everything is big endian. Queues and steering are in the other half of this class.
/// </summary>
public sealed partial class ConnectX3Model : ChipModel
{
    private const int Vectors = 32;
    private const int CommandBar = 0;
    private const int DoorbellBar = 2;
    private const int MsiXBar = 4;
    private const ulong CommandRegister = 0x80680;
    private const int CommandWords = 7;
    private const ulong ResetRegister = 0xf0010;
    private const ulong ClearInterrupt = 0xf00d8;
    private const ulong ErrorBuffer = 0x7bf00;
    private const int ErrorWords = 0x10;
    private const uint Go = 1 << 23;
    private const uint ByEvent = 1 << 22;
    private const int FirmwarePages = 64;
    private const int AuxiliaryPages = 16;
    private const int BoxBytes = 0x100;
    private const uint NumberMask = 0xff_ffff;

    private enum Result : byte
    {
        Ok = 0,
        InternalError = 1,
        BadOperation = 2,
        BadParameter = 3,
        BadResource = 5,
    }

    private readonly uint[] _command = new uint[CommandWords];
    private readonly Dictionary<ulong, ulong> _icm = [];
    private readonly HashSet<uint> _keys = [];
    private byte[] _hca = [];
    private ulong _table;
    private long _firmwarePages;
    private bool _isRunning;
    private bool _commandIsDue;
    private bool _hasError;
    private bool _portIsUp;
    private bool _isPromiscuous;

    /// <summary>A card with this address.</summary>
    public ConnectX3Model(string name, byte[] address, int seed = 0)
        : base(name, s_identity, address, seed) => PowerOn();

    private static readonly PciIdentity s_identity = new()
    {
        Id = (0x15b3, 0x1003),
        Subsystem = (0x15b3, 0x0050),
        Bars = [new(CommandBar, 1 << 20, Is64Bit: true), new(DoorbellBar, 8 << 20, Is64Bit: true), new(MsiXBar, 0x4000, Is64Bit: true)],
        MsiXVectors = Vectors,
        MsiXBar = MsiXBar,
        IsExpress = true,
    };

    /// <summary>The firmware stops with an error of its own, which a driver sees in a buffer that it has to watch.</summary>
    public void Crash()
    {
        lock (Guard)
        {
            _hasError = true;
            _qps.Clear();
        }
    }

    /// <inheritdoc/>
    protected override void PowerOn()
    {
        Array.Clear(_command);
        _icm.Clear();
        _keys.Clear();
        _hca = [];
        _table = 0;
        _firmwarePages = 0;
        _isRunning = _commandIsDue = _hasError = _portIsUp = _isPromiscuous = false;
        ResetQueues();
    }

    /// <inheritdoc/>
    protected override void LinkChanged()
    {
        if (_portIsUp)
        {
            TellOfPort();
        }
    }

    /// <inheritdoc/>
    protected override uint Read(int bar, ulong offset, int bytes) => (bar, offset) switch
    {
        (CommandBar, >= CommandRegister and < CommandRegister + (4 * CommandWords)) => Swap(_command[(offset - CommandRegister) / 4]),
        (CommandBar, >= ErrorBuffer and < ErrorBuffer + (4 * ErrorWords)) => _hasError ? Swap(1) : 0,
        (DoorbellBar, _) => Unreadable(offset),
        _ => 0,
    };

    /// <inheritdoc/>
    protected override void Write(int bar, ulong offset, int bytes, uint value)
    {
        if (bar == DoorbellBar)
        {
            Doorbell(offset, Swap(value), bytes);
            return;
        }

        switch (offset)
        {
            case >= CommandRegister and < CommandRegister + (4 * CommandWords):
                WriteCommand((int)(offset - CommandRegister) / 4, Swap(value));
                break;
            case ResetRegister when value != 0:
                PowerOn();
                break;
        }
    }

    private static uint Swap(uint value) => BinaryPrimitives.ReverseEndianness(value);

    private static uint Big(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);

    private static ulong Big64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64BigEndian(bytes[at..]);

    private static void Put16(byte[] box, int at, int value) => BinaryPrimitives.WriteUInt16BigEndian(box.AsSpan(at), (ushort)value);

    private static void Put32(byte[] box, int at, uint value) => BinaryPrimitives.WriteUInt32BigEndian(box.AsSpan(at), value);

    private static void Put64(byte[] box, int at, ulong value) => BinaryPrimitives.WriteUInt64BigEndian(box.AsSpan(at), value);

    private uint Unreadable(ulong offset)
    {
        Fault($"doorbell page {offset:x} is read, which can only be written");
        return 0;
    }

    private void WriteCommand(int word, uint value)
    {
        if (_commandIsDue)
        {
            Fault($"the command register is written while a command is under way");
        }

        _command[word] = value;
        if (word == CommandWords - 1 && (value & Go) != 0)
        {
            _commandIsDue = true;
            Soon(Execute);
        }
    }

    private void Execute()
    {
        if (!_commandIsDue || _hasError)
        {
            return;
        }

        uint status = _command[6];
        Opcode opcode = (Opcode)(status & 0xfff);
        int modifier = (int)(status >> 12) & 15;
        ulong input = ((ulong)_command[0] << 32) | _command[1];
        ulong output = ((ulong)_command[3] << 32) | _command[4];
        ulong immediate = 0;
        Result result = Execute(opcode, modifier, input, _command[2], output, ref immediate);
        _commandIsDue = false;
        _command[3] = (uint)(immediate >> 32);
        _command[4] = (uint)immediate;
        _command[6] = (status & ~(Go | 0xff00_0000)) | ((uint)result << 24);
        if ((status & ByEvent) != 0)
        {
            byte[] entry = new byte[EventBytes];
            entry[1] = CommandEvent;
            Put16(entry, 6, (int)(_command[5] >> 16));
            entry[15] = (byte)result;
            Put64(entry, 16, immediate);
            TellByType(CommandEvent, entry);
        }
    }

    private Result Execute(Opcode opcode, int modifier, ulong input, uint index, ulong output, ref ulong immediate)
    {
        switch (opcode)
        {
            case Opcode.QueryFw:
                return Answer(output, DescribeFirmware());
            case Opcode.MapFa:
                return MapPages(input, index, (_, pages) => _firmwarePages += pages);
            case Opcode.RunFw:
                _isRunning = _firmwarePages >= FirmwarePages;
                return Require(_isRunning, $"RUN_FW with {_firmwarePages} pages of {FirmwarePages}");
            case Opcode.QueryDevCap:
                return Answer(output, DescribeCapabilities());
            case Opcode.QueryAdapter:
                byte[] adapter = new byte[BoxBytes];
                adapter[0x10] = 1; // INTA pin
                return Answer(output, adapter);
            case Opcode.SetIcmSize:
                immediate = AuxiliaryPages;
                return Require(_isRunning, $"SET_ICM_SIZE before RUN_FW");
            case Opcode.MapIcm:
                return MapPages(input, index, MapIcm);
            case Opcode.UnmapIcm:
                for (uint page = 0; page < index; page++)
                {
                    _icm.Remove((input >> 12) + page);
                }

                return Result.Ok;
            case Opcode.InitHca:
                _hca = new byte[0x200];
                DmaRead(input, _hca, "INIT_HCA");
                _table = Big64(_hca, 0x100);
                return Require(_isRunning, $"INIT_HCA before RUN_FW");
            case Opcode.CloseHca:
                ResetQueues();
                return Result.Ok;
            case Opcode.QueryHca:
                return Answer(output, _hca.Length > 0 ? _hca[..BoxBytes] : new byte[BoxBytes]);
            case Opcode.QueryPort:
                return Answer(output, DescribePort());
            case Opcode.DumpEthernetStatistics:
                return Answer(output, new byte[0x400]);
            case Opcode.SetPort:
                return SetPort(index, input);
            case Opcode.InitPort:
                _portIsUp = true;
                Later(TimeSpan.FromMilliseconds(50), TellOfPort);
                return Result.Ok;
            case Opcode.ClosePort:
                _portIsUp = false;
                return Result.Ok;
            case Opcode.SwToHwMpt:
                byte[] region = new byte[0x40];
                DmaRead(input, region, "SW2HW_MPT");
                _keys.Add(Big(region, 8));
                return Result.Ok;
            case Opcode.HwToSwMpt:
                return Result.Ok;
            case Opcode.DiagReport or Opcode.MadInterface or Opcode.AccessRegister or Opcode.ReadMulticast or Opcode.QueryFunction:
                return Answer(output, new byte[BoxBytes]);
            case Opcode.MapIcmAux or Opcode.UnmapIcmAux or Opcode.UnmapFa or Opcode.Nop or Opcode.ModifyStatus or Opcode.ConfSpecialQp:
            case Opcode.WriteMulticast or Opcode.MulticastHash or Opcode.ConfigDevice or Opcode.SetVlanFilter:
            case Opcode.SetMulticastFilter or Opcode.SensePort or Opcode.SetNode:
                return Result.Ok;
            default:
                return ExecuteOnQueues(opcode, modifier, input, index & NumberMask, index);
        }
    }

    private Result Answer(ulong output, byte[] box) => DmaWrite(output, box, "mailbox") ? Result.Ok : Result.InternalError;

    private Result Require(bool holds, FormattableString otherwise)
    {
        if (!holds)
        {
            Fault(otherwise);
        }

        return holds ? Result.Ok : Result.BadParameter;
    }

    // Pairs of a virtual address and a physical one, the latter with log2 of the number of pages in its lowest bits.
    private Result MapPages(ulong input, uint count, Action<(ulong Virtual, ulong Physical), int> map)
    {
        byte[] list = new byte[16 * count];
        if (!DmaRead(input, list, "list of pages"))
        {
            return Result.InternalError;
        }

        for (int i = 0; i < count; i++)
        {
            ulong physical = Big64(list, (16 * i) + 8);
            map((Big64(list, 16 * i), physical & ~0xffful), 1 << (int)(physical & 0x1f));
        }

        return Result.Ok;
    }

    private void MapIcm((ulong Virtual, ulong Physical) chunk, int pages)
    {
        for (int i = 0; i < pages; i++)
        {
            _icm[(chunk.Virtual >> 12) + (ulong)i] = chunk.Physical + (4096ul * (ulong)i);
        }
    }

    private static byte[] DescribeFirmware()
    {
        byte[] box = new byte[BoxBytes];
        Put16(box, 0, FirmwarePages);
        Put16(box, 2, 2); // version 2.42.5700
        Put16(box, 4, 5700);
        Put16(box, 6, 42);
        Put16(box, 0xa, 3); // command interface
        box[0xf] = 4;
        Put64(box, 0x20, ClearInterrupt);
        Put64(box, 0x30, ErrorBuffer);
        Put32(box, 0x38, ErrorWords);
        return box;
    }

    // Mostly logarithms: of what there may be and of what is reserved, then sizes of the context entries.
    private static byte[] DescribeCapabilities()
    {
        (int At, byte Value)[] bytes =
        [
            (0x10, 14), (0x11, 14), (0x12, 6), (0x13, 16), (0x14, 0x60), (0x15, 16), (0x19, 20), (0x1a, 6), (0x1b, 16), (0x1d, 17),
            (0x1e, 2), (0x1f, 8), (0x20, 0x40), (0x22, 4), (0x23, 19), (0x29, 7), (0x2b, 7), (0x2e, 0x27), (0x2f, 18), (0x35, 15),
            (0x36, 0x53), (0x37, 0x81), (0x38, 30), (0x3b, 7), (0x3f, 7), (0x48, 0x80), (0x49, 3), (0x4b, 12), (0x51, 62), (0x55, 32),
            (0x61, 8), (0x62, 4), (0x63, 13), (0x64, 0x40), (0x65, 15),
        ];
        (int At, ushort Value)[] sizes =
        [
            (0x52, 1008), (0x56, 512), (0x80, 32), (0x82, 256), (0x84, 256), (0x86, 64), (0x88, 128), (0x8a, 128), (0x8c, 128),
            (0x8e, 64), (0x90, 8), (0x92, 64),
        ];
        byte[] box = new byte[BoxBytes];
        foreach ((int at, byte value) in bytes)
        {
            box[at] = value;
        }

        foreach ((int at, ushort value) in sizes)
        {
            Put16(box, at, value);
        }

        Put64(box, 0xa0, 1ul << 40);
        Put32(box, 0x44, 1 << 5);
        return box;
    }

    private byte[] DescribePort()
    {
        const byte Up = 0x80;
        const byte Ethernet = 2;
        byte[] box = new byte[BoxBytes];
        box[0] = (byte)(Ethernet | (HasCarrier && _portIsUp ? Up : 0));
        box[1] = 5;
        Put16(box, 2, 9600);
        box[6] = 3;
        box[7] = 0x47;
        box[0xa] = 0x77;
        box[0xb] = 0x88;
        ulong address = 0;
        foreach (byte part in Address)
        {
            address = (address << 8) | part;
        }

        Put64(box, 0x10, address);
        return box;
    }

    // Kind 1 of an Ethernet port's settings says which queues get what (struct mlx4_set_port_rqp_calc_context).
    private Result SetPort(uint index, ulong input)
    {
        const uint ReceiveQueues = 1;
        const uint Promiscuous = 1u << 31;
        byte[] box = new byte[0x40];
        if (!DmaRead(input, box, "SET_PORT"))
        {
            return Result.InternalError;
        }

        if ((index >> 8) == ReceiveQueues)
        {
            _isPromiscuous = (Big(box, 0x14) & Promiscuous) != 0;
        }

        return Result.Ok;
    }
}
