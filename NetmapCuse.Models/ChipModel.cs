using System.Buffers.Binary;
using System.Globalization;

namespace NetmapCuse.Models;

/// <summary>
/// A network chip at the level of its registers. It does what its data sheet says, and keeps a list of what a driver did that
/// the data sheet forbids: a test fails on every entry. Stands behind the vfio-user server, where Linux's driver judges it,
/// or behind a driver of ours in the same process; what it does later is done by the <see cref="Wire"/> that it hangs on.
/// </summary>
public abstract class ChipModel : IDeviceModel
{
    private const int MostFaults = 100;
    private readonly List<string> _faults = [];
    private readonly ModelClock _clock = new();
    private readonly ModelTiming _timing;
    private bool _lineIsUp;

    /// <summary>A chip that is switched on and that no driver has touched.</summary>
    protected ChipModel(string name, PciIdentity identity, byte[] address, int seed)
    {
        Name = name;
        Identity = identity;
        Address = address;
        Config = new PciConfigSpace(identity);
        _timing = new ModelTiming(seed);
    }

    /// <summary>For messages.</summary>
    public string Name { get; }

    /// <summary>What it is.</summary>
    public PciIdentity Identity { get; }

    /// <summary>Its Ethernet address, 6 bytes.</summary>
    public byte[] Address { get; }

    /// <summary>Its configuration space: under <see cref="Guard"/>.</summary>
    public PciConfigSpace Config { get; }

    /// <summary>Which registers were written: under <see cref="Guard"/>.</summary>
    public RegisterLog Writes { get; } = new();

    /// <summary>What it reaches by DMA.</summary>
    public IDmaMemory Memory { get; set; } = NoMemory.Instance;

    /// <summary>Where its interrupts go.</summary>
    public IInterruptSink Interrupts { get; set; } = NoInterrupts.Instance;

    /// <summary>Registers, DMA memory and time of a chip are looked at by one thread at a time.</summary>
    public Lock Guard { get; } = new();

    /// <summary>The cable, if there is one.</summary>
    public Wire? Wire { get; internal set; }

    /// <summary>Frames that were sent, received, and dropped for want of a descriptor; doorbells and interrupts.</summary>
    public ChipCounters Counters { get; } = new();

    /// <summary>Its one interrupt has a cause that the driver has not taken.</summary>
    public bool HasCause
    {
        get
        {
            lock (Guard)
            {
                return _lineIsUp;
            }
        }
    }

    /// <summary>What the driver did that the data sheet forbids.</summary>
    public IReadOnlyList<string> Faults
    {
        get
        {
            lock (Guard)
            {
                return [.. _faults];
            }
        }
    }

    /// <inheritdoc/>
    public uint ReadRegister(int bar, ulong offset, int bytes)
    {
        lock (Guard)
        {
            return Read(bar, offset, bytes) & Mask(bytes);
        }
    }

    /// <inheritdoc/>
    public void WriteRegister(int bar, ulong offset, int bytes, uint value)
    {
        lock (Guard)
        {
            Writes.Add(bar, offset, bytes, value);
            Write(bar, offset, bytes, value);
        }
    }

    /// <summary>A reset of the function: by the bus.</summary>
    public void Reset()
    {
        lock (Guard)
        {
            _clock.Clear();
            _lineIsUp = false;
            PowerOn();
        }
    }

    /// <summary>The driver has handled a level interrupt.</summary>
    public void Unmasked()
    {
        lock (Guard)
        {
            if (_lineIsUp)
            {
                Interrupt(0);
            }
        }
    }

    /// <summary>A frame arrives, without its checksum.</summary>
    public void Receive(ReadOnlySpan<byte> frame)
    {
        lock (Guard)
        {
            Deliver(frame);
        }
    }

    /// <summary>Does what is due, or all that there is to do later. Returns how much that was.</summary>
    public int DoLater(bool everything)
    {
        lock (Guard)
        {
            return _clock.Run(everything);
        }
    }

    /// <summary>Until there is something to do; null: nothing waits.</summary>
    internal TimeSpan? UntilNext
    {
        get
        {
            lock (Guard)
            {
                return _clock.UntilNext;
            }
        }
    }

    /// <summary>The cable was pulled or plugged in.</summary>
    internal void LinkMayHaveChanged()
    {
        lock (Guard)
        {
            LinkChanged();
        }
    }

    /// <summary>True if there is a cable at both ends.</summary>
    protected bool HasCarrier => Wire is { IsCut: false };

    /// <summary>The link has come or gone.</summary>
    protected abstract void LinkChanged();

    /// <summary>A read that the lock is held for.</summary>
    protected abstract uint Read(int bar, ulong offset, int bytes);

    /// <summary>A write that the lock is held for.</summary>
    protected abstract void Write(int bar, ulong offset, int bytes, uint value);

    /// <summary>Everything as it is after a reset by the bus.</summary>
    protected abstract void PowerOn();

    /// <summary>A frame from the wire.</summary>
    protected abstract void Deliver(ReadOnlySpan<byte> frame);

    /// <summary>The driver has done what it must not do.</summary>
    protected void Fault(FormattableString text)
    {
        if (_faults.Count < MostFaults)
        {
            _faults.Add(Name + ": " + text.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Does it now, or in a while, as the seed has it.</summary>
    protected void Soon(Action work) => Later(_timing.NextDelay(), work);

    /// <summary>Does it after so long; zero: now.</summary>
    protected void Later(TimeSpan delay, Action work)
    {
        if (delay == TimeSpan.Zero)
        {
            work();
            return;
        }

        _clock.Schedule(delay, work);
        Wire?.Wake();
    }

    /// <summary>How many descriptors come next without a pause.</summary>
    protected int Burst() => _timing.NextBurst();

    /// <summary>Sends a frame, without its checksum.</summary>
    protected void Send(ReadOnlySpan<byte> frame)
    {
        Counters.Sent++;
        Wire?.Carry(this, frame);
    }

    /// <summary>DMA from memory. False, and a fault, where nothing is mapped.</summary>
    protected bool DmaRead(ulong iova, Span<byte> into, string what)
    {
        if (MayReach(what) && Memory.Read(iova, into))
        {
            return true;
        }

        Fault($"DMA read of {into.Length} bytes at {iova:x} ({what}) fails");
        return false;
    }

    /// <summary>DMA to memory. False, and a fault, where nothing is mapped.</summary>
    protected bool DmaWrite(ulong iova, ReadOnlySpan<byte> bytes, string what)
    {
        // Nothing, at the end of a page, is no access to the next one.
        if (bytes.IsEmpty)
        {
            return true;
        }

        if (MayReach(what) && Memory.Write(iova, bytes))
        {
            return true;
        }

        Fault($"DMA write of {bytes.Length} bytes at {iova:x} ({what}) fails");
        return false;
    }

    /// <summary>
    /// Writes a descriptor back, the bytes from <paramref name="deciding"/> to <paramref name="end"/> after the others, which
    /// some seeds make a step of its own: a driver that looks elsewhere than at these sees the descriptor half written.
    /// </summary>
    protected void WriteBack(ulong iova, ReadOnlySpan<byte> descriptor, int deciding, int end)
    {
        DmaWrite(iova, descriptor[..deciding], "descriptor");
        DmaWrite(iova + (ulong)end, descriptor[end..], "descriptor");
        if (_timing.NextIsHalf())
        {
            Thread.Yield();
        }

        DmaWrite(iova + (ulong)deciding, descriptor[deciding..end], "descriptor");
    }

    /// <summary>A message for a vector, or the only interrupt there is.</summary>
    protected void Interrupt(int vector)
    {
        Counters.Interrupts++;
        Interrupts.Signal(vector);
    }

    /// <summary>The one cause of interrupts of a chip that has one: a message, or a level, at its beginning.</summary>
    protected void SetLine(bool isUp)
    {
        bool rises = isUp && !_lineIsUp;
        _lineIsUp = isUp;
        if (rises)
        {
            Interrupt(0);
        }
    }

    private static uint Mask(int bytes) => bytes == 4 ? uint.MaxValue : (1u << (8 * bytes)) - 1;

    private bool MayReach(string what)
    {
        if (!Config.IsBusMaster)
        {
            Fault($"DMA ({what}) while bus mastering is off");
        }

        return Config.IsBusMaster;
    }

    /// <summary>A number of a descriptor.</summary>
    protected static uint Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    /// <summary>An address of a descriptor.</summary>
    protected static ulong Quad(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
}
