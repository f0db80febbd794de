using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;
using NetmapCuse.Drivers.Interop;
using NetmapCuse.Drivers.Pci;
using Serilog;

namespace NetmapCuse.Drivers.Nic;

/// <summary>
/// Moves NICs between the host and VFIO. The host's interface goes with its driver and all that was configured on it, so that is
/// written down first and put back last (reference/nic-drivers.md section 3.4).
/// </summary>
/// <param name="records">Where it is written down.</param>
/// <param name="log">Where it is told.</param>
internal sealed class NicMove(NicRecords records, ILogger log)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    internal NicRecords Records { get; } = records;

    /// <summary>The function of an address, of an interface, or of a NIC that was taken when it had that name.</summary>
    internal PciFunction Find(string addressOrName)
    {
        PciFunction? found = PciAddress.TryParse(addressOrName) is { } address ? new PciFunction(address)
            : Records.Find(addressOrName) is { } record && PciAddress.TryParse(record.Address) is { } taken ? new PciFunction(taken)
            : PciFunction.Behind(addressOrName);
        return found is { Exists: true }
            ? found
            : throw new PosixException($"finding the NIC {addressOrName} (give a PCI address, or the name of its interface)", Errno.NoDev);
    }

    /// <summary>Takes a NIC from the host.</summary>
    /// <param name="function">The NIC.</param>
    /// <param name="asked">Queues and slots, and who will hold it.</param>
    /// <param name="inUse">Also while its interface is in use.</param>
    /// <returns>What was written down.</returns>
    /// <exception cref="PosixException">It cannot be taken; nothing of it is changed then.</exception>
    internal NicRecord Take(PciFunction function, NicRecord asked, bool inUse)
    {
        string address = function.Address.Text;
        if (Records.Find(address) is { } known)
        {
            // An operator took it for us, or we are its heir.
            NicRecord kept = known with { Holder = asked.Holder, HolderStart = asked.HolderStart };
            Records.Write(kept);
            function.BindToVfio();
            return kept;
        }

        Require(function, inUse);
        NicRecord record = asked with
        {
            Address = address,
            Driver = function.Driver == PciFunction.VfioDriver ? null : function.Driver,
            WasPrepared = function.Driver == PciFunction.VfioDriver,
            Interface = function.Interface is { } name ? InterfaceState.Read(name) : null,
        };
        Records.Write(record);
        try
        {
            function.BindToVfio();
        }
        catch (PosixException)
        {
            Return(record, record.Interface);
            throw;
        }

        return record;
    }

    /// <summary>Gives a NIC back, which nobody has open any more.</summary>
    /// <param name="record">What was written down of it.</param>
    /// <param name="state">How its interface is to be: as its TAP was at last, or as it was when it was taken.</param>
    internal void Return(NicRecord record, InterfaceState? state)
    {
        if (PciAddress.TryParse(record.Address) is { } address && new PciFunction(address) is { Exists: true } function
            && !record.WasPrepared)
        {
            function.BindToHost(record.Driver);
            if (state is not null)
            {
                Configure(function, state);
            }
        }

        Records.Remove(record.Address);
    }

    /// <summary>How a NIC's interface is now, as its TAP has it; as it was when it was taken where there is none.</summary>
    internal static InterfaceState? Present(NicRecord record)
    {
        try
        {
            return record.Interface is { } former ? InterfaceState.Read(former.Name) : null;
        }
        catch (PosixException)
        {
            return record.Interface;
        }
    }

    /// <summary>A daemon has done with a NIC: it is the host's again, or waits for the next daemon.</summary>
    internal void Leave(NicRecord record, InterfaceState? state)
    {
        if (record.IsOperators)
        {
            Records.Write(record with { Holder = 0, HolderStart = 0, Interface = state });
        }
        else
        {
            Return(record, state);
        }
    }

    /// <summary>Gives back what a daemon that died has left.</summary>
    internal void ReturnOrphans()
    {
        foreach (NicRecord record in Records.All.Where(NicRecords.IsOrphan).ToList())
        {
            try
            {
                Leave(record, record.Interface);
                log.Information("{Address} is free again: process {Holder} has died with it", record.Address, record.Holder);
            }
            catch (PosixException failure)
            {
                log.Error("{Address} cannot be given back to the host: {Reason}", record.Address, failure.Message);
            }
        }
    }

    private static void Require(PciFunction function, bool inUse)
    {
        if (NicDrivers.For(function) is null)
        {
            throw new PosixException(
                $"driving {function.Address} ({function.Vendor:x4}:{function.Device:x4}): there is no driver for it here", Errno.OpNotSupp);
        }

        if (function.Group is null)
        {
            throw new PosixException($"taking {function.Address}: there is no IOMMU in front of it", Errno.OpNotSupp);
        }

        string[] neighbours = [.. function.GroupObstacles()];
        if (neighbours.Length != 0)
        {
            throw new PosixException(
                $"taking {function.Address}: its IOMMU group has {string.Join(", ", neighbours)}, too", Errno.Busy);
        }

        if (!inUse && function.Interface is { } name && InterfaceState.Use(name) is { } use)
        {
            throw new PosixException($"taking {function.Address} from the host: {name} is in use, {use} (serve --vfio-in-use and nic take --in-use take it all the same)", Errno.Busy);
        }
    }

    private void Configure(PciFunction function, InterfaceState state)
    {
        if (function.AwaitInterface(s_patience) is not { } name)
        {
            log.Error("{Address}: its interface {Name} does not come back", function.Address, state.Name);
            return;
        }

        using InterfaceControl control = new();
        if (name != state.Name)
        {
            using RouteNetlink routes = new();
            control.SetFlags(name, (ushort)(control.Flags(name) & ~InterfaceControl.Up));
            int error = routes.Rename(control.Index(name) ?? 0, state.Name);
            if (error != Errno.Ok)
            {
                log.Error("{Name} cannot get its name {Wanted} back (errno {Errno})", name, state.Name, error);
                return;
            }
        }

        foreach (string failure in state.Restore())
        {
            log.Warning("{Name}: {What} could not be put back", state.Name, failure);
        }
    }
}
