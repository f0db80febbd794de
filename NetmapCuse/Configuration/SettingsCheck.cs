using NetmapCuse.Core;
using NetmapCuse.Core.Ports;
using Serilog.Core;

namespace NetmapCuse.Configuration;

/// <summary>Everything that "serve" would refuse, without serving.</summary>
internal static class SettingsCheck
{
    internal static void Require(ServeSettings settings)
    {
        _ = settings.ParseTransport();
        _ = settings.ParseSpin();
        _ = settings.ParseSharedSwitches();
        foreach (DeviceSettings device in settings.DistinctDevices())
        {
            _ = settings.ParseVhostUser(device);
            Require(device);
        }
    }

    private static void Require(DeviceSettings device)
    {
        _ = device.ParseDoor();
        _ = device.ParseMode();
        _ = Accounts.UserId(device.Owner);
        _ = Accounts.GroupId(device.Group);
        HostBackends nothing = new() { Interfaces = new SysfsInterfaces() };
        using NetmapDevice trial = new(new DeviceOptions { ArenaBytes = device.ParseArenaBytes() }, nothing, Logger.None);
        device.SetParameters(trial.Parameters);
    }
}
