using NetmapCuse.Core.Clients;
using NetmapCuse.Core.Ports;

namespace NetmapCuse.Tests.Device;

/// <summary>A machine with one network interface, whatever this one has.</summary>
internal sealed class TestInterfaces : IHostInterfaces
{
    internal const string Only = "ifx0";

    public int IndexOf(string name, CallerPlace place) => name == Only ? 1 : 0;
}
