using System.Globalization;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Rings;
using NetmapCuse.Drivers.Mmio;
using NetmapCuse.Drivers.Nic;
using NetmapCuse.Drivers.Vfio;

namespace NetmapCuse.Drivers.Vmxnet3;

/// <summary>
/// vmxnet3: all that driver and device agree on lies in one structure in memory, and queues begin and end with the device
/// (reference/nic-drivers.md section 11).
/// </summary>
internal sealed class Vmxnet3Driver : NicDriver
{
    private const uint DoorbellBar = 0;
    private const uint CommandBar = 1;
    private const uint FirstRevision = 1;
    private const uint DescriptorBytes = 16;
    private const uint SecondRingSlots = 32;
    private const uint IdleSlots = 32;
    private const uint HeaderBytes = 18;
    private const uint QueuesMax = 8;
    private const uint VectorsMax = 25;

    /// <summary>A 64-bit Linux: what the device wants to hear.</summary>
    private const uint LinuxGuest = 2 | (1u << 2);

    /// <summary>A length has 14 bits.</summary>
    private const uint BufferMax = 0x3fff;

    private const uint BufferMin = 1522;

    // Events
    private const uint QueueErrors = 1 | 2;
    private const uint LinkEvent = 4;

    // Modes of receiving: for us, for everybody, for all groups, for all
    private const uint UsualMode = 1 | 4 | 8;
    private const uint Promiscuous = 0x10;

    private readonly RegisterSpace _doorbells;
    private readonly RegisterSpace _commands;
    private readonly NicLink _link;
    private DmaBlock? _shared;
    private DmaBlock? _queueTable;
    private NicSetup _setup = null!;
    private bool _isActive;

    internal Vmxnet3Driver(NicDevice device, ControlMemory memory, NicLink link) : base(device, memory)
    {
        _doorbells = device.OpenBar(DoorbellBar);
        _commands = device.OpenBar(CommandBar);
        _link = link;
    }

    internal static NicDriverEntry Entry { get; } = new(
        "vmxnet3", 0x15ad, [0x07b0], static (device, memory, link) => new Vmxnet3Driver(device, memory, link));

    internal override string Chip => "vmxnet3";

    internal override NicLimits Limits { get; } = new()
    {
        TxQueues = QueuesMax,
        RxQueues = 1,
        SlotsMax = 2048,
        SlotsMultiple = 32,
        FrameMax = BufferMax,
        SwitchesQueues = false,
        SplitsFrames = false,
    };

    internal override ulong Mac => Ask(Vmxnet3Command.MacLow) | ((ulong)(ushort)Ask(Vmxnet3Command.MacHigh) << 32);

    private DmaBlock Shared => _shared ??= Memory.Take("shared", Vmxnet3Shared.Bytes);

    private DmaBlock QueueTable => _queueTable ??= Memory.Take("queues", (QueuesMax + 1) * Vmxnet3Shared.QueueBytes);

    /// <summary>TX queues come first in the table.</summary>
    private DmaBlock ReceiveControl => QueueTable.Part(_setup.TxQueues * Vmxnet3Shared.QueueBytes, Vmxnet3Shared.QueueBytes);

    /// <summary>A frame is received into one buffer.</summary>
    internal override uint ReceiveBytes(uint bufferSize) => bufferSize < BufferMin ? 0 : Math.Min(bufferSize, BufferMax);

    internal override void Reset()
    {
        _isActive = false;
        Tell(Vmxnet3Command.Quiesce);
        Tell(Vmxnet3Command.Reset);
        if ((_commands.Read(Vmxnet3Registers.Vrrs) & FirstRevision) == 0 || (_commands.Read(Vmxnet3Registers.Uvrs) & FirstRevision) == 0)
        {
            throw new PosixException($"driving {Device.Address}: it does not offer the first revision of vmxnet3", Errno.OpNotSupp);
        }

        _commands.Write(Vmxnet3Registers.Vrrs, FirstRevision);
        _commands.Write(Vmxnet3Registers.Uvrs, FirstRevision);
    }

    internal override void Start(NicSetup setup)
    {
        _setup = setup;
        Shared.Clear();
        QueueTable.Clear();
        Shared.Write(0, Vmxnet3Shared.Magic);
        Shared.Write(Vmxnet3Shared.Version, 1u);
        Shared.Write(Vmxnet3Shared.GuestBits, LinuxGuest);
        Shared.Write(Vmxnet3Shared.Revision, FirstRevision);
        Shared.Write(Vmxnet3Shared.PassThroughRevision, FirstRevision);
        Shared.Write(Vmxnet3Shared.DriverData, Shared.Iova);
        Shared.Write(Vmxnet3Shared.DriverDataBytes, Vmxnet3Shared.Bytes);
        Shared.Write(Vmxnet3Shared.QueueDescriptors, QueueTable.Iova);
        Shared.Write(Vmxnet3Shared.QueueDescriptorBytes, (setup.TxQueues + 1) * Vmxnet3Shared.QueueBytes);
        Shared.Write(Vmxnet3Shared.Mtu, setup.FrameBytes - HeaderBytes);
        Shared.Write(Vmxnet3Shared.ReceiveParts, (ushort)1);
        Shared.Write(Vmxnet3Shared.TxQueues, (byte)setup.TxQueues);
        Shared.Write(Vmxnet3Shared.RxQueues, (byte)1);
        Shared.Write(Vmxnet3Shared.Interrupts, (byte)setup.Vectors);
        Shared.Write(Vmxnet3Shared.EventInterrupt, (byte)setup.OtherVector);
        Shared.Write(Vmxnet3Shared.ReceiveMode, UsualMode);
        for (uint i = 0; i <= setup.TxQueues; i++)
        {
            WriteIdle(QueueTable.Part(i * Vmxnet3Shared.QueueBytes, Vmxnet3Shared.QueueBytes));
        }

        ReceiveControl.Write(Vmxnet3Shared.SecondRingSize, IdleSlots);
        ReceiveControl.Write(Vmxnet3Shared.CompletionSize, 2 * IdleSlots);
        Shared.Part(Vmxnet3Shared.VlanTable, Vmxnet3Shared.VlanTableBytes).Items<byte>().Fill(byte.MaxValue);
    }

    internal override NicReceiveQueue MakeReceive(AdapterRing ring, ulong iova) => new Vmxnet3ReceiveQueue(
        ring, iova,
        Memory.Take("rx", ring.NumSlots * DescriptorBytes),
        Memory.Take("rx completions", (ring.NumSlots + SecondRingSlots) * DescriptorBytes),
        ReceiveControl, new TailDoorbell(_doorbells, Vmxnet3Registers.RxProd.Offset), ReceiveBytes(ring.BufferSize));

    internal override NicTransmitQueue MakeTransmit(AdapterRing ring, ulong iova) => new Vmxnet3TransmitQueue(
        ring, iova,
        Memory.Take(Name("tx", ring), ring.NumSlots * DescriptorBytes),
        Memory.Take(Name("tx completions", ring), ring.NumSlots * DescriptorBytes),
        _link, new TailDoorbell(_doorbells, Vmxnet3Registers.TxProd.At(ring.Number)), BufferMax);

    internal override void StartReceive(NicReceiveQueue queue)
    {
        Vmxnet3ReceiveQueue receive = (Vmxnet3ReceiveQueue)queue;
        DmaBlock second = Memory.Take("rx second", SecondRingSlots * DescriptorBytes);
        DmaBlock control = ReceiveControl;
        control.Write(Vmxnet3Shared.Ring, queue.Block.Iova);
        control.Write(Vmxnet3Shared.SecondRing, second.Iova);
        control.Write(Vmxnet3Shared.RxCompletions, receive.Completions.Iova);
        control.Write(Vmxnet3Shared.RingSize, queue.Ring.NumSlots);
        control.Write(Vmxnet3Shared.SecondRingSize, SecondRingSlots);
        control.Write(Vmxnet3Shared.CompletionSize, queue.Ring.NumSlots + SecondRingSlots);
        control.Write(Vmxnet3Shared.Interrupt, (byte)_setup.VectorOf(0));
    }

    internal override void StartTransmit(NicTransmitQueue queue)
    {
        Vmxnet3TransmitQueue transmit = (Vmxnet3TransmitQueue)queue;
        DmaBlock control = QueueTable.Part(queue.Number * Vmxnet3Shared.QueueBytes, Vmxnet3Shared.QueueBytes);
        control.Write(Vmxnet3Shared.Ring, queue.Block.Iova);
        control.Write(Vmxnet3Shared.TxCompletions, transmit.Completions.Iova);
        control.Write(Vmxnet3Shared.RingSize, queue.Ring.NumSlots);
        control.Write(Vmxnet3Shared.CompletionSize, queue.Ring.NumSlots);
        control.Write(Vmxnet3Shared.Interrupt, (byte)_setup.VectorOf(queue.Number));
    }

    internal override void Run()
    {
        _commands.Write(Vmxnet3Registers.Dsal, Shared.Low);
        _commands.Write(Vmxnet3Registers.Dsah, Shared.High);
        uint result = Ask(Vmxnet3Command.Activate);
        if (result != 0)
        {
            throw new PosixException(
                string.Create(CultureInfo.InvariantCulture, $"activating vmxnet3 {Device.Address} (it says {result})"), Errno.Io);
        }

        _isActive = true;
        for (uint i = 0; i < _setup.Vectors; i++)
        {
            _doorbells.Write(Vmxnet3Registers.Imr, 0, i);
        }

        Tell(Vmxnet3Command.UpdateVlans);
        Tell(Vmxnet3Command.UpdateReceiveMode);
    }

    internal override void StopReceive(NicReceiveQueue queue) => Stop();

    internal override void StopTransmit(NicTransmitQueue queue) => Stop();

    internal override void Stop()
    {
        for (uint i = 0; i < VectorsMax; i++)
        {
            _doorbells.Write(Vmxnet3Registers.Imr, 1, i);
        }

        Tell(Vmxnet3Command.Quiesce);
        Tell(Vmxnet3Command.Reset);
        _isActive = false;
    }

    internal override bool HasLink() => _isActive && (Ask(Vmxnet3Command.Link) & 1) != 0;

    internal override NicCauses TakeCauses(uint vector)
    {
        if (_setup.Interrupts == InterruptKind.Messages && vector != _setup.OtherVector)
        {
            return NicCauses.Queues;
        }

        if (_setup.Interrupts == InterruptKind.Wire)
        {
            _ = _commands.Read(Vmxnet3Registers.Icr);
        }

        uint events = Volatile.Read(ref Shared.At<uint>(Vmxnet3Shared.Events));
        if (events != 0)
        {
            _commands.Write(Vmxnet3Registers.Ecr, events);
        }

        return NicCauses.Queues
            | ((events & LinkEvent) != 0 ? NicCauses.Link : 0)
            | ((events & QueueErrors) != 0 ? NicCauses.Restart : 0);
    }

    internal override void SetReceiveMode(bool isPromiscuous, bool allMulticast)
    {
        Shared.Write(Vmxnet3Shared.ReceiveMode, UsualMode | (isPromiscuous ? Promiscuous : 0));
        if (_isActive)
        {
            Tell(Vmxnet3Command.UpdateReceiveMode);
        }
    }

    private static string Name(string kind, AdapterRing ring) =>
        string.Create(CultureInfo.InvariantCulture, $"{kind} {ring.Number}");

    /// <summary>A queue that nobody has is there all the same, with rings that stay empty.</summary>
    private void WriteIdle(DmaBlock control)
    {
        DmaBlock idle = Memory.Take("idle", 4 * IdleSlots * DescriptorBytes);
        control.Write(Vmxnet3Shared.Ring, idle.Iova);
        control.Write(Vmxnet3Shared.SecondRing, idle.Part(IdleSlots * DescriptorBytes, DescriptorBytes).Iova);
        control.Write(Vmxnet3Shared.TxCompletions, idle.Part(2 * IdleSlots * DescriptorBytes, DescriptorBytes).Iova);
        control.Write(Vmxnet3Shared.RingSize, IdleSlots);
        control.Write(Vmxnet3Shared.CompletionSize, IdleSlots);
    }

    private void Tell(Vmxnet3Command command) => _commands.Write(Vmxnet3Registers.Command, (uint)command);

    private uint Ask(Vmxnet3Command command)
    {
        Tell(command);
        return _commands.Read(Vmxnet3Registers.Command);
    }
}
