using System.Diagnostics;
using System.Globalization;
using FluentAssertions;
using NetmapCuse.Core;
using NetmapCuse.Drivers.Nic;
using NetmapCuse.Drivers.Pci;
using NetmapCuse.Drivers.Vfio;
using NetmapCuse.Models;
using NetmapCuse.Tests.Device;

namespace NetmapCuse.Tests.Drivers.Nic;

/// <summary>
/// Two NICs of a kind on a wire, each driven by our driver and offered to programs: nic0 and nic1, whose addresses are those of the
/// stations 1 and 2 of <see cref="Frames"/>. At its end no driver may have done what its chip's data sheet forbids.
/// </summary>
internal sealed class ModelRig : IDisposable
{
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ModelNics _names = new();

    internal ModelRig(string chip, int seed = 0, uint queues = 1, InterruptKind? interrupts = null)
    {
        Chips = [.. Enumerable.Range(0, 2).Select(i => Models.Chips.Make(
            chip, string.Create(CultureInfo.InvariantCulture, $"{chip}.{i}"), [2, 0, 0, 0, 0, (byte)(i + 1)], seed == 0 ? 0 : (2 * seed) + i)!)];
        Array.ForEach(Chips, Wire.Attach);
        Wire.Start();
        Devices = [.. Chips.Select(model => new ModelDevice(model, interrupts))];
        Nics = [.. Devices.Select((device, i) => Drive(device, i, queues))];
        Array.ForEach(Nics, _names.Add);
        Device = new DirectDevice(new HostBackends { Interfaces = _names, Adapters = _names });
        AwaitLink(true);
    }

    internal Wire Wire { get; } = new();

    internal ChipModel[] Chips { get; }

    internal ModelDevice[] Devices { get; }

    internal DrivenNic[] Nics { get; }

    internal DirectDevice Device { get; }

    /// <summary>A program that has a NIC.</summary>
    internal NetmapClient Open(int nic) => Device.Open().Register(Nics[nic].Name);

    internal void AwaitLink(bool isUp)
    {
        foreach (DrivenNic nic in Nics)
        {
            Await(() => nic.HasLink == isUp, $"{nic.Name} has {(isUp ? "a" : "no")} link");
        }
    }

    internal static void Await(Func<bool> condition, string what)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Stopwatch.GetElapsedTime(start).Should().BeLessThan(Patience, "{0}", what);
            Thread.Sleep(0);
        }
    }

    public void Dispose()
    {
        Device.Dispose();
        Array.ForEach(Nics, nic => nic.Dispose());
        Wire.Dispose();
        foreach (ChipModel chip in Chips)
        {
            chip.Faults.Should().BeEmpty();
        }
    }

    private static DrivenNic Drive(ModelDevice device, int number, uint queues)
    {
        PciConfig config = device.Config;
        NicDriverEntry entry = NicDrivers.All.First(entry => entry.Drives(config.Vendor, config.Device, config.Revision));
        return new DrivenNic(
            string.Create(CultureInfo.InvariantCulture, $"nic{number}"), device, entry, new NicSettings { Queues = queues, Slots = 256 },
            tap: null, Serilog.Core.Logger.None);
    }
}
