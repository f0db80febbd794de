using System.Globalization;
using System.Numerics;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Rings;
using NetmapCuse.Drivers.Mmio;
using NetmapCuse.Drivers.Nic;
using NetmapCuse.Drivers.Vfio;

namespace NetmapCuse.Drivers.VirtioNet;

/// <summary>
/// virtio-net over PCI: the modern interface, split or packed virtqueues, several pairs (VIRTIO 1.2 sections 2.7, 2.8, 3.1, 4.1, 5.1;
/// reference/nic-drivers.md section 10).
/// </summary>
internal sealed class VirtioNetDriver : NicDriver
{
    // device_status
    private const byte Acknowledge = 1;
    private const byte Driver = 2;
    private const byte DriverReady = 4;
    private const byte FeaturesReady = 8;
    private const byte NeedsReset = 0x40;

    private const ushort NoVector = 0xffff;
    private const ushort LinkUp = 1; // VIRTIO_NET_S_LINK_UP
    private const uint ConfigurationChanged = 2; // ISR
    private const uint QueueUsed = 1;

    // Control commands
    private const byte ReceiveKind = 0;
    private const byte Promiscuous = 0;
    private const byte AllMulticast = 1;
    private const byte QueuesKind = 4;
    private const byte SetPairs = 0;

    private const uint SlotsMost = 1024;
    private const uint FrameBytesMax = 65535 - VirtioTables.HeaderBytes;
    private const uint BufferMin = 1522;
    private const uint ControlSize = 16;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private readonly VirtioCapabilities _structures;
    private readonly NicLink _link;
    private readonly List<NicReceiveQueue> _started = []; // to be told of their buffers when the device runs
    private readonly ulong _features;
    private readonly uint _pairsMax;
    private NicSetup _setup = null!;
    private IVirtioControl? _control;
    private (bool Promiscuous, bool AllMulticast) _mode = (false, true);

    internal VirtioNetDriver(NicDevice device, ControlMemory memory, NicLink link) : base(device, memory)
    {
        _structures = new VirtioCapabilities(device);
        _link = link;
        Reset();
        ulong offered = ReadFeatures();
        if ((offered & VirtioFeatures.Needed) != VirtioFeatures.Needed)
        {
            throw new PosixException(
                string.Create(CultureInfo.InvariantCulture, $"driving virtio device {device.Address}: it offers features 0x{offered:x} only"),
                Errno.OpNotSupp);
        }

        _features = offered & VirtioFeatures.Wanted;
        _pairsMax = Has(VirtioFeatures.SeveralQueues | VirtioFeatures.ControlQueue)
            ? Math.Max(_structures.Device.Read16(VirtioRegisters.NetPairsMax), 1u)
            : 1u;
        Limits = new NicLimits
        {
            TxQueues = _pairsMax,
            RxQueues = _pairsMax,
            SlotsMax = Math.Min(SlotsMost, Math.Min(QueueSize(0), QueueSize(1))),
            SlotsArePowers = true,
            FrameMax = FrameBytesMax,
            SwitchesQueues = false,
            SplitsFrames = false,
        };
    }

    internal static NicDriverEntry Entry { get; } = new(
        "virtio-net", 0x1af4, [0x1041, 0x1000], static (device, memory, link) => new VirtioNetDriver(device, memory, link));

    internal override string Chip => IsPacked ? "virtio-net, packed ring" : "virtio-net, split ring";

    internal override NicLimits Limits { get; }

    internal override ulong Mac
    {
        get
        {
            ulong mac = 0;
            for (uint i = 0; i < 6; i++)
            {
                mac |= (ulong)_structures.Device.Read8(VirtioRegisters.NetMac, i) << (int)(8 * i);
            }

            return mac;
        }
    }

    private bool IsPacked => Has(VirtioFeatures.Packed);

    /// <summary>A frame is received into one buffer: it has to be as long as a usual frame.</summary>
    internal override uint ReceiveBytes(uint bufferSize) => bufferSize >= BufferMin ? bufferSize : 0;

    /// <summary>VIRTIO 1.2 section 4.1.4.3.1: until it reads back as 0.</summary>
    internal override void Reset()
    {
        _structures.Common.Write8(VirtioRegisters.Status, 0);
        RegisterSpace.WaitUntil(
            () => _structures.Common.Read8(VirtioRegisters.Status) == 0, VirtioRegisters.Status.Name, s_patience);
    }

    /// <summary>VIRTIO 1.2 section 3.1.1, steps 2 to 6.</summary>
    internal override void Start(NicSetup setup)
    {
        _setup = setup;
        _control = null;
        AddStatus(Acknowledge);
        AddStatus(Driver);
        WriteFeatures(_features);
        AddStatus(FeaturesReady);
        if ((_structures.Common.Read8(VirtioRegisters.Status) & FeaturesReady) == 0)
        {
            throw new PosixException(
                string.Create(CultureInfo.InvariantCulture, $"agreeing with the virtio device on features 0x{_features:x}"), Errno.Io);
        }

        uint vector = setup.Interrupts == InterruptKind.Messages ? setup.OtherVector : NoVector;
        _structures.Common.Write16(VirtioRegisters.ConfigVector, vector);
    }

    internal override NicReceiveQueue MakeReceive(AdapterRing ring, ulong iova)
    {
        uint queue = 2 * ring.Number;
        DmaBlock block = Descriptors(queue, ring.NumSlots);
        return IsPacked
            ? new VirtioReceiveQueue<PackedRing>(
                ring, iova, block, Tables(queue, ring.NumSlots), new PackedRing(block, ring.NumSlots), DoorbellOf(queue))
            : new VirtioReceiveQueue<SplitRing>(
                ring, iova, block, Tables(queue, ring.NumSlots), new SplitRing(block, ring.NumSlots), DoorbellOf(queue));
    }

    internal override NicTransmitQueue MakeTransmit(AdapterRing ring, ulong iova)
    {
        uint queue = (2 * ring.Number) + 1;
        DmaBlock block = Descriptors(queue, ring.NumSlots);
        return IsPacked
            ? new VirtioTransmitQueue<PackedRing>(
                ring, iova, block, Tables(queue, ring.NumSlots), new PackedRing(block, ring.NumSlots), _link, DoorbellOf(queue), FrameBytesMax)
            : new VirtioTransmitQueue<SplitRing>(
                ring, iova, block, Tables(queue, ring.NumSlots), new SplitRing(block, ring.NumSlots), _link, DoorbellOf(queue), FrameBytesMax);
    }

    internal override void StartReceive(NicReceiveQueue queue)
    {
        StartQueue(2 * queue.Number, queue.Block, queue.Ring.NumSlots, _setup.VectorOf(queue.Number));
        _started.Add(queue);
    }

    internal override void StartTransmit(NicTransmitQueue queue) =>
        StartQueue((2 * queue.Number) + 1, queue.Block, queue.Ring.NumSlots, _setup.VectorOf(queue.Number));

    internal override void Run()
    {
        StartControl();
        AddStatus(DriverReady);
        _started.ForEach(static queue => queue.Tell());
        _started.Clear();
        if (_control is not null && _setup.RxQueues > 1)
        {
            Span<byte> pairs = [(byte)_setup.RxQueues, (byte)(_setup.RxQueues >> 8)];
            if (!_control.Tell(QueuesKind, SetPairs, pairs))
            {
                throw new PosixException($"asking the virtio device for {_setup.RxQueues} pairs of queues", Errno.Io);
            }
        }

        SetReceiveMode(_mode.Promiscuous, _mode.AllMulticast);
    }

    /// <summary>Queues stop with a reset only.</summary>
    internal override void StopReceive(NicReceiveQueue queue) => Reset();

    internal override void StopTransmit(NicTransmitQueue queue) => Reset();

    internal override void Stop() => Reset();

    internal override bool HasLink() =>
        !Has(VirtioFeatures.Status) || (_structures.Device.Read16(VirtioRegisters.NetStatus) & LinkUp) != 0;

    internal override NicCauses TakeCauses(uint vector)
    {
        if (_setup.Interrupts == InterruptKind.Messages)
        {
            return vector == _setup.OtherVector ? Changes() : NicCauses.Queues;
        }

        // Reading lets the wire go.
        uint causes = _structures.Interrupts.Space.Read8(_structures.Interrupts.Start);
        return ((causes & QueueUsed) != 0 ? NicCauses.Queues : 0) | ((causes & ConfigurationChanged) != 0 ? Changes() : 0);
    }

    internal override void SetReceiveMode(bool isPromiscuous, bool allMulticast)
    {
        _mode = (isPromiscuous, true);
        if (_control is not null && Has(VirtioFeatures.ControlReceive))
        {
            _ = _control.Tell(ReceiveKind, Promiscuous, [isPromiscuous ? (byte)1 : (byte)0]);
            _ = _control.Tell(ReceiveKind, AllMulticast, [1]);
        }
    }

    private bool Has(ulong features) => (_features & features) == features;

    private NicCauses Changes() =>
        NicCauses.Link | ((_structures.Common.Read8(VirtioRegisters.Status) & NeedsReset) != 0 ? NicCauses.Restart : 0);

    private void AddStatus(byte bits) => _structures.Common.Write8(
        VirtioRegisters.Status, (byte)(_structures.Common.Read8(VirtioRegisters.Status) | bits));

    private ulong ReadFeatures()
    {
        _structures.Common.Write32(VirtioRegisters.DeviceFeatureSelect, 0);
        ulong low = _structures.Common.Read32(VirtioRegisters.DeviceFeature);
        _structures.Common.Write32(VirtioRegisters.DeviceFeatureSelect, 1);
        return low | ((ulong)_structures.Common.Read32(VirtioRegisters.DeviceFeature) << 32);
    }

    private void WriteFeatures(ulong features)
    {
        _structures.Common.Write32(VirtioRegisters.DriverFeatureSelect, 0);
        _structures.Common.Write32(VirtioRegisters.DriverFeature, (uint)features);
        _structures.Common.Write32(VirtioRegisters.DriverFeatureSelect, 1);
        _structures.Common.Write32(VirtioRegisters.DriverFeature, (uint)(features >> 32));
    }

    private uint QueueSize(uint queue)
    {
        _structures.Common.Write16(VirtioRegisters.QueueSelect, queue);
        uint size = _structures.Common.Read16(VirtioRegisters.QueueSize);
        return size == 0 ? 0 : 1u << BitOperations.Log2(size);
    }

    private DmaBlock Descriptors(uint queue, uint size) => Memory.Take(
        string.Create(CultureInfo.InvariantCulture, $"ring{queue}"), IsPacked ? PackedRing.Bytes(size) : SplitRing.Bytes(size));

    private DmaBlock Tables(uint queue, uint size) => Memory.Take(
        string.Create(CultureInfo.InvariantCulture, $"tables{queue}"), VirtioTables.Bytes(size));

    private NotifyDoorbell DoorbellOf(uint queue)
    {
        _structures.Common.Write16(VirtioRegisters.QueueSelect, queue);
        uint place = _structures.Common.Read16(VirtioRegisters.QueueNotifyOffset) * _structures.NotifyStep;
        return new NotifyDoorbell(_structures.Notify.Space, _structures.Notify.Start + place, (ushort)queue);
    }

    /// <summary>VIRTIO 1.2 section 4.1.5.1.3.</summary>
    private void StartQueue(uint queue, DmaBlock block, uint size, uint vector)
    {
        VirtioWindow common = _structures.Common;
        common.Write16(VirtioRegisters.QueueSelect, queue);
        common.Write16(VirtioRegisters.QueueSize, size);
        common.Write16(VirtioRegisters.QueueVector, _setup.Interrupts == InterruptKind.Messages ? vector : NoVector);
        (ulong driver, ulong device) = IsPacked
            ? (new PackedRing(block, size).DriverEvents, new PackedRing(block, size).DeviceEvents)
            : (new SplitRing(block, size).Available, new SplitRing(block, size).Used);
        common.Write64(VirtioRegisters.QueueDescriptors, block.Iova);
        common.Write64(VirtioRegisters.QueueDriver, driver);
        common.Write64(VirtioRegisters.QueueDevice, device);
        common.Write16(VirtioRegisters.QueueEnable, 1);
    }

    private void StartControl()
    {
        if (!Has(VirtioFeatures.ControlQueue))
        {
            return;
        }

        uint queue = 2 * _pairsMax;
        uint size = Math.Min(QueueSize(queue), ControlSize);
        DmaBlock block = Descriptors(queue, size);
        DmaBlock page = Memory.Take("control", 4096);
        StartQueue(queue, block, size, NoVector);
        _control = IsPacked
            ? new VirtioControl<PackedRing>(page, new PackedRing(block, size), DoorbellOf(queue))
            : new VirtioControl<SplitRing>(page, new SplitRing(block, size), DoorbellOf(queue));
    }
}
