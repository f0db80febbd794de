using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Clients;
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
    /// <summary>Where nothing is mapped.</summary>
    private const ulong StrayBytes = 64UL << 30;

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
            move.Leave(record, record.Interface);
            throw;
        }
    }

    /// <summary>A NIC that is taken, or waits for a daemon, is its place on the bus, by whatever name: a number below zero.</summary>
    public int IndexOf(string name, CallerPlace place)
    {
        string? address = place.IsOwn ? Find(name)?.Address ?? (Waits(name) ? move.Records.Find(name)?.Address : null) : null;
        return address is null ? interfaces.IndexOf(name, place) : -1 - PciAddress.NumberOf(address);
    }

    public int Call(uint command, Span<byte> request, Span<byte> data, CallerPlace place) =>
        interfaces.Call(command, request, data, place);

    public int TryCreate(string name, AdapterSettings settings, out IAdapter? adapter)
    {
        if (!settings.Place.IsOwn || settings.Choice == AdapterChoice.Generic)
        {
            return adapters.TryCreate(name, settings, out adapter);
        }

        try
        {
            if (Find(name) is null && Waits(name))
            {
                Add(name, inUse: false);
            }
        }
        catch (PosixException failure)
        {
            log.Warning("{Name}: {Reason}", name, failure.Message);
            adapter = null;
            return failure.Errno;
        }

        if (Find(name) is { } nic)
        {
            adapter = new NicAdapter(nic);
            return Errno.Ok;
        }

        if (settings.Choice == AdapterChoice.Native && PciFunction.Behind(name) is { } function && NicDrivers.For(function) is not null)
        {
            log.Warning("{Name}: admode is 1, and no operator has taken it (netmapcuse nic take, serve --vfio)", name);
        }

        return adapters.TryCreate(name, settings, out adapter);
    }

    /// <summary>An operator has taken it for a daemon, and none has it.</summary>
    private bool Waits(string name) => move.Records.Find(name) is { IsOperators: true, Holder: 0 };

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
                StrayBytes = Environment.GetEnvironmentVariable("NETMAPCUSE_STRAY") is null ? 0 : StrayBytes,
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
        InterfaceState? state = NicMove.Present(taken.Record);
        taken.Nic.Dispose();
        try
        {
            move.Leave(taken.Record, state);
            log.Information("{Name} is given back", taken.Nic.Name);
        }
        catch (PosixException failure)
        {
            log.Error("{Name} cannot be given back to the host: {Reason}", taken.Nic.Name, failure.Message);
        }
    }
}
