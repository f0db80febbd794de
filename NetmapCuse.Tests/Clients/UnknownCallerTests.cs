using System.Runtime.InteropServices;
using FluentAssertions;
using NetmapCuse.Core;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Transport;
using NetmapCuse.Tests.Device;
using Xunit;

namespace NetmapCuse.Tests.Clients;

/// <summary>A caller outside the daemon's pid namespace, who has no id there: it is nowhere, and not where the daemon is.</summary>
public sealed class UnknownCallerTests : IDisposable
{
    private static readonly Caller s_unknown = new(0, 0, 0);

    private readonly NetmapDevice _device = new(new DeviceOptions(), new TestInterfaces(), Serilog.Core.Logger.None);

    [Fact]
    public void It_binds_nothing_that_the_daemon_has()
    {
        Nmreq old = new() { Version = NetmapApi.VersionMax, Flags = (uint)RegisterMode.AllNic };
        WireName.Write(old.Name, "vale0:a");

        Ioctl(NetmapApi.NiocRegIf, MemoryMarshal.AsBytes(new Span<Nmreq>(ref old))).Should().Be(-Errno.NxIo);
        Ioctl(NetmapApi.NiocRxSync, []).Should().Be(-Errno.NxIo, "nothing is bound");
    }

    [Fact]
    public void It_learns_nothing_of_what_the_daemon_has()
    {
        Nmreq old = new() { Version = NetmapApi.VersionMax };
        WireName.Write(old.Name, "vale0:a");

        Ioctl(NetmapApi.NiocGInfo, MemoryMarshal.AsBytes(new Span<Nmreq>(ref old))).Should().Be(-Errno.NxIo);
    }

    [Fact]
    public void Its_memory_cannot_be_read()
    {
        NmreqRegister body = new() { Mode = RegisterMode.AllNic };
        NmreqHeader header = new() { Version = NetmapApi.VersionMax, RequestType = RequestType.Register };
        unsafe
        {
            header.Body = (ulong)&body;
        }

        Ioctl(NetmapApi.NiocCtrl, MemoryMarshal.AsBytes(new Span<NmreqHeader>(ref header))).Should().Be(-Errno.Fault);
    }

    public void Dispose() => _device.Dispose();

    private int Ioctl(uint command, Span<byte> data)
    {
        _device.Open(s_unknown, out ulong handle).Should().Be(Errno.Ok);
        IoctlCall call = new(handle, command, 0, data, s_unknown, null);
        return _device.Ioctl(ref call);
    }
}
