namespace NetmapCuse.Models.Intel;

/// <summary>A descriptor queue of the 82599: its registers, and how far the chip is (8.2.3.8, 8.2.3.9).</summary>
internal sealed class AdvancedQueue(uint @base)
{
    /// <summary>Queues that have registers in the first block of each kind.</summary>
    internal const int Most = 64;

    internal const int DescriptorBytes = 16;
    internal const uint AddressLow = 0x00;
    internal const uint AddressHigh = 0x04;
    internal const uint Bytes = 0x08;
    internal const uint Head = 0x10;
    internal const uint Split = 0x14;
    internal const uint Tail = 0x18;
    internal const uint Control = 0x28;
    internal const uint HeadAddressLow = 0x38;
    internal const uint HeadAddressHigh = 0x3c;
    private const uint Enable = 1 << 25;
    private const uint Alignment = 128;
    private const uint DropWhenFull = 1 << 28;

    private readonly Dictionary<uint, uint> _registers = [];
    private readonly HashSet<ulong> _lent = [];

    internal uint Base => @base;

    /// <summary>The descriptor that the chip handles next.</summary>
    internal int At { get; set; }

    /// <summary>Work is put off.</summary>
    internal bool IsDue { get; set; }

    /// <summary>What there is of a frame of several descriptors.</summary>
    internal List<byte> Frame { get; } = [];

    internal bool IsOn => (Get(Control) & Enable) != 0;

    internal bool Drops => (Get(Split) & DropWhenFull) != 0;

    internal int Length => (int)(Get(Bytes) / DescriptorBytes);

    internal int TailAt => (int)Get(Tail);

    /// <summary>Descriptors from here to the tail.</summary>
    internal int Room => Length == 0 ? 0 : (TailAt - At + Length) % Length;

    internal int BufferBytes => (int)(Get(Split) & 0x1f) << 10;

    /// <summary>Where the head is written to instead of descriptors (7.2.3.5.2).</summary>
    internal ulong? HeadWriteBack =>
        (Get(HeadAddressLow) & 1) != 0 ? (Get(HeadAddressLow) & ~3u) | ((ulong)Get(HeadAddressHigh) << 32) : null;

    internal ulong Address(int index) =>
        (Get(AddressLow) | ((ulong)Get(AddressHigh) << 32)) + (ulong)(index * DescriptorBytes);

    internal void Reset()
    {
        _registers.Clear();
        _lent.Clear();
        Frame.Clear();
        At = 0;
        IsDue = false;
    }

    internal uint Shown(uint register) => Get(register);

    /// <summary>Buffers between head and tail are each there once: false if this one was used since the tail last moved.</summary>
    internal bool Lend(ulong buffer) => _lent.Add(buffer);

    /// <summary>What is wrong with it, or null.</summary>
    internal string? Write(uint register, uint value)
    {
        bool wasOn = IsOn;
        string? fault = register switch
        {
            AddressLow when value % Alignment != 0 => $"base {value:x} is not a multiple of {Alignment}",
            Bytes when value % Alignment != 0 => $"length {value:x} is not a multiple of {Alignment}",
            AddressLow or AddressHigh or Bytes or Head when wasOn => $"register {register:x} is written while the queue is on",
            Tail when value != 0 && !wasOn => $"tail {value} is written while the queue is off",
            Tail when value != 0 && value >= Length => $"tail {value} lies behind the end, {Length}",
            Control when (value & Enable) != 0 && Length == 0 => "it is turned on without a length",
            _ => null,
        };
        _registers[register] = value;
        if (register == Head && !wasOn)
        {
            At = (int)value;
        }

        if (register == Tail)
        {
            _lent.Clear();
        }

        if (register == Control && !IsOn)
        {
            _lent.Clear();
            Frame.Clear();
            At = 0;
        }

        return fault;
    }

    private uint Get(uint register) => _registers.GetValueOrDefault(register);
}
