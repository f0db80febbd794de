using System.Globalization;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Rings;
using NetmapCuse.Drivers.Mmio;
using NetmapCuse.Drivers.Vfio;
using Serilog;

namespace NetmapCuse.Drivers.Nic;

/// <summary>
/// A NIC that the daemon drives, from the moment it is taken until it is given back: who has which queue, what the NIC reaches of our
/// memory, its interrupts and its link. Queues that no program has serve the host by its TAP.
/// </summary>
internal sealed partial class DrivenNic : IRegionDevice, IDisposable
{
    /// <summary>Ethernet header and VLAN tag.</summary>
    private const uint HeaderBytes = 18;

    private const uint UsualBuffer = 2048;

    private readonly Lock _gate = new();
    private readonly NicDevice _device;
    private readonly NicDriver _driver;
    private readonly ControlMemory _memory;
    private readonly NicSettings _settings;
    private readonly NicLink _link;
    private readonly NicTap? _tap;
    private readonly ILogger _log;
    private readonly NicReceiveQueue?[] _receive;
    private readonly NicTransmitQueue?[] _transmit;
    private readonly NicInterrupts _interrupts;
    private readonly NicThread _thread;
    private readonly HostService? _service;
    private NicSetup _setup;
    private IAdapterEvents? _events;
    private Region? _region;
    private ulong _regionIova;
    private volatile int _programSenders;
    private volatile bool _isLost;
    private bool _isRunning;
    private uint _mtu;

    /// <param name="name">The interface's name, or the address of a NIC that has none.</param>
    /// <param name="device">The NIC; ends with this.</param>
    /// <param name="entry">Its driver.</param>
    /// <param name="settings">What the operator wants.</param>
    /// <param name="tap">The host's side; null for a NIC that the host does not see. Ends with this.</param>
    /// <param name="log">Where changes are told.</param>
    internal DrivenNic(string name, NicDevice device, NicDriverEntry entry, NicSettings settings, NicTap? tap, ILogger log)
    {
        Name = name;
        _device = device;
        _settings = settings;
        _tap = tap;
        _log = log;
        _mtu = settings.Mtu;
        _link = new NicLink();
        _memory = new ControlMemory(DmaPlan.Control, DmaPlan.ControlBytes);
        _device.Dma.Map(_memory);
        _driver = entry.Make(device, _memory, _link);
        NicLimits limits = _driver.Limits;
        uint queues = settings.Queues != 0 ? settings.Queues : (uint)Environment.ProcessorCount;
        _receive = new NicReceiveQueue?[Math.Clamp(queues, 1, limits.RxQueues)];
        _transmit = new NicTransmitQueue?[Math.Clamp(queues, 1, limits.TxQueues)];
        _driver.Reset();
        _device.Config.IsMaster = true;
        _interrupts = new NicInterrupts(device, (uint)Math.Max(_receive.Length, _transmit.Length), limits.UsesMessages);
        _setup = MakeSetup(UsualBuffer);
        _thread = new NicThread(this, _interrupts, tap);
        _service = tap is null ? null : new HostService(this, tap);
        try
        {
            Begin();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    internal string Name { get; }

    internal string Address => _device.Address;

    internal string Chip => _driver.Chip;

    internal ulong Mac => _driver.Mac;

    internal bool HasLink => _link.IsUp;

    /// <summary>The NIC is gone, or is being given back: programs get errors.</summary>
    internal bool IsLost => _isLost;

    /// <summary>A port of some device file has it.</summary>
    internal bool IsBound => _events is not null;

    internal IHostStack? Host => _tap;

    internal uint Queues => (uint)_receive.Length;

    internal uint RxSlots => _driver.Limits.Slots(_settings.Slots);

    /// <summary>Somebody wants the NIC back. From a thread of the pool.</summary>
    internal Action<DrivenNic> Wanted { get; set; } = static _ => { };

    internal AdapterProperties Properties => new()
    {
        Rings = new PortRings(
            (uint)_transmit.Length, (uint)_receive.Length, _driver.Limits.Slots(_settings.Slots), RxSlots),
        Mtu = _mtu,
        ReceiveBufferMax = _driver.Limits.SplitsFrames ? UsualBuffer : uint.MaxValue,
        SplitsFrames = _driver.Limits.SplitsFrames,
        IsNative = true,
        HostRings = _tap is null ? 0u : 1,
    };

    internal string Status
    {
        get
        {
            List<string> counters = [];
            lock (_gate)
            {
                if (!_isLost)
                {
                    _driver.ReadCounters((name, value) =>
                        counters.Add(string.Create(CultureInfo.InvariantCulture, $"{name} {value}")));
                }
            }

            string link = _link.IsUp ? "link up" : "no link";
            return string.Create(
                CultureInfo.InvariantCulture,
                $"VFIO {Address} ({Chip}), {link}, {_interrupts.Description}{string.Concat(counters.Select(static text => ", " + text))}");
        }
    }

    internal int Open(Region region, IAdapterEvents events)
    {
        lock (_gate)
        {
            if (_isLost || _events is not null)
            {
                return _isLost ? Errno.NxIo : Errno.Busy;
            }

            if (Obstacle(region) is { } obstacle)
            {
                _log.Warning("{Name}: {Reason}", Name, obstacle);
                return Errno.OpNotSupp;
            }

            return Try("open", () => Attach(region, events));
        }
    }

    internal int OpenReceive(AdapterRing ring, SlotBatch slots, out IReceiveQueue? queue)
    {
        queue = null;
        lock (_gate)
        {
            if (_isLost)
            {
                return Errno.NxIo;
            }

            try
            {
                // A queue's descriptors are the same memory whoever has it.
                _service?.LeaveReceive(ring.Number);
                NicReceiveQueue made = _driver.MakeReceive(ring, _regionIova);
                made.Take(slots);
                made.Closing = CloseProgram;
                Put(made);
                queue = made;
                return Errno.Ok;
            }
            catch (PosixException failure)
            {
                return Explain("receive from", failure);
            }
        }
    }

    internal int OpenTransmit(AdapterRing ring, out ITransmitQueue? queue)
    {
        ITransmitQueue? made = null;
        int error;
        lock (_gate)
        {
            error = _isLost ? Errno.NxIo : Try("send by", () =>
            {
                _programSenders++;
                _service?.LeaveTransmit(ring.Number);
                NicTransmitQueue queue = _driver.MakeTransmit(ring, _regionIova + _settings.StrayBytes);
                queue.Closing = CloseProgram;
                Put(queue);
                made = queue;
            });
        }

        queue = made;
        return error;
    }

    /// <summary>The last binding is gone.</summary>
    internal void Close()
    {
        lock (_gate)
        {
            _events = null;
            if (_region is { } region)
            {
                region.RemoveDevice(this);
                LetGo(region);
            }

            if (!_isLost && _setup.BufferSize != UsualBuffer && _driver.Limits.HasOneBufferSize)
            {
                _ = Try("restart", () => Restart(UsualBuffer));
            }
        }
    }

    /// <summary>The region's pages are going back to the system. All queues in it are closed.</summary>
    public void LetGo(Region region)
    {
        lock (_gate)
        {
            if (_region == region)
            {
                _region = null;
                if (!_isLost)
                {
                    _device.Dma.Unmap(_regionIova, region.Layout.MemorySize);
                }
            }
        }
    }

    /// <summary>
    /// The NIC does not belong to us any more: programs get errors, nothing is read or written by it, and the host's side is gone.
    /// What programs still have of it stays in memory until they close.
    /// </summary>
    public void Dispose()
    {
        IAdapterEvents? events = _events;
        bool wasLost = _isLost;
        _isLost = true;
        events?.Gone();
        _thread.Dispose();
        lock (_gate)
        {
            _service?.Dispose();
            if (!wasLost)
            {
                Quiesce();
            }

            // The name is free when the host's driver comes back.
            _tap?.Dispose();
            _device.Dispose();
            _interrupts.Dispose();
        }
    }

    private static string? Obstacle(Region region) =>
        region.IsExternal ? "memory of a program (extmem) cannot be reached by a NIC; use a region of the device"
        : region.FaultsAskUs ? "a NIC does not reach the packet memory of the page-cache door; serve the device with --door passthrough or cuse"
        : null;

    private void Attach(Region region, IAdapterEvents events)
    {
        uint bufferSize = region.Layout.Buffer.ObjectSize;
        if (_driver.ReceiveBytes(bufferSize) == 0)
        {
            throw new PosixException(
                string.Create(CultureInfo.InvariantCulture, $"receiving into buffers of {bufferSize} bytes"), Errno.Inval);
        }

        _regionIova = DmaPlan.Place(region, _driver.Limits.DmaBits)
            ?? throw new PosixException("reaching the region with the short addresses of this chip (lower buf_num)", Errno.NoMem);
        _device.Dma.Map(region, _regionIova);
        _region = region;
        region.AddDevice(this);
        _events = events;
        if (_driver.Limits.HasOneBufferSize && bufferSize != _setup.BufferSize)
        {
            Restart(bufferSize);
        }
    }

    private void CloseProgram(NicQueue queue)
    {
        lock (_gate)
        {
            if (queue is NicTransmitQueue)
            {
                _programSenders--;
            }

            if (!_isLost)
            {
                Take(queue);
                _service?.Enter(queue);
            }
        }
    }

    private int Try(string what, Action action)
    {
        try
        {
            action();
            return Errno.Ok;
        }
        catch (PosixException failure)
        {
            return Explain(what, failure);
        }
    }

    private int Explain(string what, PosixException failure)
    {
        _log.Warning("Cannot {What} {Name}: {Reason}", what, Name, failure.Message);
        return failure.Errno;
    }
}
