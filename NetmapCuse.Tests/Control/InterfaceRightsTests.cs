using FluentAssertions;
using NetmapCuse.Core;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Tests.Adapters;
using NetmapCuse.Tests.Device;
using Xunit;

namespace NetmapCuse.Tests.Control;

/// <summary>A user who may not take an interface takes it in no way, and everything else stays open to that user.</summary>
public sealed class InterfaceRightsTests
{
    private const uint Stranger = 1000;

    private readonly MemoryAdapters _interfaces = new();

    [Theory]
    [InlineData("nmnic0", 0)]
    [InlineData("nmnic0{1", 0)]
    [InlineData("nmnic0", 0x100)]
    public void Neither_rings_nor_pipes_nor_monitors_of_an_interface(string name, ulong flags)
    {
        using DirectDevice device = Make();
        NmreqRegister body = new() { Mode = RegisterMode.AllNic, Flags = (RegisterFlags)flags };
        using NetmapClient stranger = device.Open(Stranger);
        stranger.Control(RequestType.Register, name, ref body).Should().Be(Errno.Acces);
        stranger.Control(RequestType.Register, "vale0:a", ref body).Should().NotBe(Errno.Acces);
        using NetmapClient root = device.Open();
        body = new NmreqRegister { Mode = RegisterMode.AllNic };
        root.Control(RequestType.Register, "nmnic0", ref body).Should().Be(Errno.Ok);
    }

    [Fact]
    public void Nor_what_joins_it_to_a_switch_or_takes_it_away()
    {
        using DirectDevice device = Make();
        using NetmapClient stranger = device.Open(Stranger);
        using NetmapClient root = device.Open();
        NmreqValeAttach attach = new() { Register = new NmreqRegister { Mode = RegisterMode.AllNic } };
        NmreqValeDetach detach = default;
        stranger.Control(RequestType.ValeAttach, "vale0:nmnic0", ref attach).Should().Be(Errno.Acces);
        root.Control(RequestType.ValeAttach, "vale0:nmnic0", ref attach).Should().Be(Errno.Ok);
        stranger.Control(RequestType.ValeDetach, "vale0:nmnic0", ref detach).Should().Be(Errno.Acces);
        NmreqPortInfoGet info = default;
        stranger.Control(RequestType.PortInfoGet, "vale0:nmnic0", ref info).Should().Be(Errno.Ok, "to look is allowed");
        root.Control(RequestType.ValeDetach, "vale0:nmnic0", ref detach).Should().Be(Errno.Ok);
    }

    private DirectDevice Make()
    {
        _interfaces.Add("nmnic0");
        return new DirectDevice(new HostBackends
        {
            Interfaces = _interfaces,
            Adapters = _interfaces,
            MayTake = static (user, name) => user == 0 || name != "nmnic0",
        });
    }
}
