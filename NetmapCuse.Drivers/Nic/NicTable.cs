using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Ports;
using NetmapCuse.Drivers.Pci;
using NetmapCuse.Drivers.Vfio;
using Serilog;

namespace NetmapCuse.Drivers.Nic;

/// <summary>
/// The NICs that the daemon drives, by address and by the name of their interface. Other interfaces are left to other drivers, and
/// nothing is taken from the host by a program's asking: only by the operator's.
/// </summary>
/// <param name="move">Takes NICs and gives them back.</param>
/// <param name="adapters">Drivers of all other interfaces.</param>
/// <param name="interfaces">The host's interfaces.</param>
/// <param name="log">Where it is told.</param>
internal sealed class NicTable(NicMove move, IAdapterFactory adapters, IHostInterfaces interfaces, ILogger log)
    : IAdapterFactory, IHostInterfaces, IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<(DrivenNic Nic, NicRecord Record)> _nics = [];

    /// <summary>Takes a NIC and starts it.</summary>
    /// <param name="addressOrName">PCI address, or name of the interface.</param>
    /// <param name="inUse">Also while the interface is in use.</param>
    /// <exception cref="PosixException">It cannot be; it is the host's again.</exception>
    internal void Add(string addressOrName, bool inUse)
    {
        PciFunction function = move.Find(addressOrName);
        NicRecord record = move.Take(
            function,
            new NicRecord
            {
                Address = function.Address.Text,
                Holder = Environment.ProcessId,
                HolderStart = NicRecords.StartOf(Environment.ProcessId),
            },
            inUse);
        try
        {
            DrivenNic nic = Start(function, record);
            lock (_gate)
            {
                _nics.Add((nic, record));
            }

            nic.Wanted = Lose;
            log.Information("{Name} is ours: {Status}", nic.Name, nic.Status);
        }
        catch (PosixException)
        {
            move.Return(record, record.Interface);
            throw;
        }
    }

    public bool Exists(string name, CallerPlace place) =>
        (place.IsOwn && Find(name) is not null) || interfaces.Exists(name, place);

    public int TryCreate(string name, AdapterSettings settings, out IAdapter? adapter)
    {
        if (settings.Place.IsOwn && settings.Choice != AdapterChoice.Generic && Find(name) is { } nic)
        {
            adapter = new NicAdapter(nic);
            return Errno.Ok;
        }

        return adapters.TryCreate(name, settings, out adapter);
    }

    /// <summary>All NICs are the host's again.</summary>
    public void Dispose()
    {
        List<(DrivenNic Nic, NicRecord Record)> nics;
        lock (_gate)
        {
            nics = [.. _nics];
            _nics.Clear();
        }

        nics.ForEach(GiveBack);
    }

    private DrivenNic? Find(string name)
    {
        lock (_gate)
        {
            return _nics.Find(taken => taken.Nic.Name == name || taken.Nic.Address == name).Nic;
        }
    }

    private DrivenNic Start(PciFunction function, NicRecord record)
    {
        NicDriverEntry entry = NicDrivers.For(function)
            ?? throw new PosixException($"driving {function.Address}: there is no driver for it here", Errno.OpNotSupp);
        InterfaceState? state = record.Interface;
        VfioDevice device = VfioDevice.Open(function);
        NicTap? tap = null;
        try
        {
            tap = state is null ? null : new NicTap(state.Name, state.Mac, state.Mtu);
            foreach (string failure in state?.Restore() ?? [])
            {
                log.Warning("{Name}: {What} could not be put on its TAP", state!.Name, failure);
            }

            NicSettings usual = new();
            NicSettings settings = usual with
            {
                Queues = record.Queues,
                Slots = record.Slots != 0 ? record.Slots : usual.Slots,
                Mtu = state?.Mtu ?? usual.Mtu,
            };
            return new DrivenNic(state?.Name ?? record.Address, device, entry, settings, tap, log);
        }
        catch
        {
            tap?.Dispose();
            device.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Somebody else takes the device from us: whoever it is (netmapcuse nic release, an operator, a bus that loses it) sees to it that
    /// it goes where it belongs.
    /// </summary>
    private void Lose(DrivenNic nic)
    {
        lock (_gate)
        {
            if (_nics.RemoveAll(taken => taken.Nic == nic) == 0)
            {
                return;
            }
        }

        nic.Dispose();
    }

    private void GiveBack((DrivenNic Nic, NicRecord Record) taken)
    {
        InterfaceState? state = taken.Record.Interface;
        try
        {
            state = state is null ? null : InterfaceState.Read(state.Name);
        }
        catch (PosixException failure)
        {
            log.Warning("{Name}: its TAP is gone ({Reason}); the interface will be as it was when it was taken", taken.Nic.Name, failure.Message);
        }

        taken.Nic.Dispose();
        try
        {
            move.Return(taken.Record, state);
            log.Information("{Name} is the host's again", taken.Nic.Name);
        }
        catch (PosixException failure)
        {
            log.Error("{Name} cannot be given back to the host: {Reason}", taken.Nic.Name, failure.Message);
        }
    }
}
