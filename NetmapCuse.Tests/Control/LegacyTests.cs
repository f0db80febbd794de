using System.Runtime.InteropServices;
using FluentAssertions;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Tests.Device;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Control;

/// <summary>NIOCREGIF and NIOCGINFO: reference/netmap-behaviour.md section 3.</summary>
[Collection(MountTests.Name)]
public sealed class LegacyTests(AnyDevice device) : DeviceTest(device), IClassFixture<AnyDevice>
{
    [Fact]
    public void A_registration_fills_in_the_sizes_and_nothing_else()
    {
        NetmapClient client = Open();
        Nmreq request = Request("vale0:a") with { RingId = 0x9000, Flags = 0x81000, Arg1 = 77, Arg3 = 3, Spare2 = 5 };

        client.TryRegisterLegacy(ref request).Should().Be(0);

        WireName.Read(request.Name).Should().Be("vale0:a");
        (request.Version, request.RingId, request.Flags, request.Arg1, request.Spare2, request.Command)
            .Should().Be((14u, (ushort)0x9000, 0x81000u, (ushort)77, 5u, LegacyCommand.None));
        (request.TxSlots, request.RxSlots, request.TxRings, request.RxRings)
            .Should().Be((1024u, 1024u, (ushort)1, (ushort)1));
        request.Arg2.Should().BeGreaterThan(1);
        request.Arg3.Should().Be(3);
        client.ExtraBuffers().Should().HaveCount(3);
        client.Poll(1, 10).Should().Be(0);
    }

    [Theory]
    [InlineData(0u, 0x0000, 0, 0b1111)]
    [InlineData(0u, 0x4002, 0, 0b0100)]
    [InlineData(0u, 0x2000, Errno.Inval, 0)]
    [InlineData(1u, 0x4002, 0, 0b1111)]
    [InlineData(2u, 0x0000, Errno.Inval, 0)]
    [InlineData(4u, 0x0003, 0, 0b1000)]
    [InlineData(4u, 0x0004, Errno.Inval, 0)]
    [InlineData(9u, 0x0000, Errno.Inval, 0)]
    public void The_mode_comes_from_flags_or_else_from_the_ring_id(uint flags, int ringId, int errno, int bound)
    {
        NetmapClient client = Open();
        Nmreq request = Request("vale0:a") with { TxRings = 4, RxRings = 4, Flags = flags, RingId = (ushort)ringId };

        client.TryRegisterLegacy(ref request).Should().Be(errno);

        client.TxRings.Take(4).Select((ring, i) => ring is null ? 0 : 1 << i).Sum().Should().Be(bound);
        request.RingId.Should().Be((ushort)ringId);
        request.Flags.Should().Be(flags);
    }

    [Theory]
    [InlineData(0x1000, false)]
    [InlineData(0x0000, true)]
    public void No_tx_poll_is_a_bit_of_the_ring_id(int ringId, bool pushes)
    {
        NetmapClient client = Open();
        NetmapClient other = Open().Register("vale0:b");
        Nmreq request = Request("vale0:a") with { RingId = (ushort)ringId };
        client.TryRegisterLegacy(ref request).Should().Be(0);
        client.Tx.Put(Frames.Make(Frames.Broadcast, 1));

        client.Poll(1).Should().Be(0);

        other.Receive().Should().HaveCount(pushes ? 1 : 0);
    }

    [Fact]
    public void Pipes_are_modes_with_numbers()
    {
        NetmapClient master = Open();
        NetmapClient slave = Open().Register("vale0:a}7");
        Nmreq request = Request("vale0:a") with { Flags = 5, RingId = 7 };

        master.TryRegisterLegacy(ref request).Should().Be(0);
        master.Send(Frames.Make(1, 2));

        (request.Flags, request.RingId, WireName.Read(request.Name)).Should().Be((5u, (ushort)7, "vale0:a"));
        slave.Receive().Should().HaveCount(1);
        Nmreq second = Request("vale0:a") with { Flags = 6, RingId = 7 };
        Open().TryRegisterLegacy(ref second).Should().Be(0);
    }

    [Fact]
    public void Names_are_cut_to_15_characters()
    {
        NetmapClient client = Open();
        Nmreq request = Request("");
        "valeX1:Y4{pipeexbuf"u8[..16].CopyTo(request.Name);

        client.TryRegisterLegacy(ref request).Should().Be(0);

        NmreqPortHeader body = default;
        client.Control(RequestType.PortHeaderGet, "valeX1:Y4{pipee", ref body).Should().Be(0);
    }

    [Theory]
    [InlineData(0u, Errno.Inval)]
    [InlineData(13u, Errno.Inval)]
    [InlineData(14u, 0)]
    [InlineData(15u, 0)]
    [InlineData(16u, 0)]
    [InlineData(99u, 0)]
    public void Any_version_from_14_on_is_good(uint version, int errno)
    {
        Nmreq register = Request("vale0:a") with { Version = version };
        Nmreq info = register;

        Open().Legacy(NetmapApi.NiocGInfo, ref info).Should().Be(errno);
        Open().Legacy(NetmapApi.NiocRegIf, ref register).Should().Be(errno);

        register.Version.Should().Be(version);
    }

    [Theory]
    [InlineData(3, Errno.Inval)]
    [InlineData(4, Errno.Inval)]
    [InlineData(8, Errno.NoMem)]
    [InlineData(9, Errno.NoMem)]
    [InlineData(13, Errno.Inval)]
    [InlineData(65535, Errno.Inval)]
    public void Commands_that_registration_does_not_have(int command, int errno)
    {
        Nmreq request = Request("vale0:a") with { Command = (LegacyCommand)command };

        Open().Legacy(NetmapApi.NiocRegIf, ref request).Should().Be(errno);
    }

    [Theory]
    [InlineData("nothing0", Errno.NxIo)]
    [InlineData("valley0", Errno.NoMem)]
    [InlineData("vale0:ifx0", Errno.Inval)]
    public void Errors_are_those_of_the_request_that_it_becomes(string name, int errno)
    {
        Nmreq request = Request(name) with { TxSlots = 9 };
        byte[] before = Bytes(request);

        Open().Legacy(NetmapApi.NiocRegIf, ref request).Should().Be(errno);
        Open().Legacy(NetmapApi.NiocGInfo, ref request).Should().Be(errno);

        Bytes(request).Should().Equal(before);
    }

    [Fact]
    public void A_second_registration_is_busy()
    {
        NetmapClient client = Open().Register("vale0:a");
        Nmreq request = Request("vale0:b");

        client.TryRegisterLegacy(ref request).Should().Be(Errno.Busy);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(9)]
    public void Information_about_a_port_ignores_the_command(int command)
    {
        Nmreq request = Request("vale0:a") with { Command = (LegacyCommand)command, TxRings = 2, RxSlots = 100 };

        Open().Legacy(NetmapApi.NiocGInfo, ref request).Should().Be(0);

        (request.TxRings, request.RxRings, request.TxSlots, request.RxSlots)
            .Should().Be(((ushort)2, (ushort)1, 1024u, 100u));
        request.MemorySize.Should().NotBe(0);
        request.Offset.Should().Be(0);
    }

    [Fact]
    public void Listing_gives_switch_port_and_name()
    {
        Open().Register("vale3:a");
        Open().Register("vale3:b");
        Nmreq named = Request("vale3:b") with { Command = LegacyCommand.BridgeList };
        Nmreq next = Request("") with { Command = LegacyCommand.BridgeList };
        Nmreq end = Request("") with { Command = LegacyCommand.BridgeList, Arg2 = 2 };

        Open().Legacy(NetmapApi.NiocGInfo, ref named).Should().Be(0);
        Open().Legacy(NetmapApi.NiocGInfo, ref next).Should().Be(0);
        Open().Legacy(NetmapApi.NiocGInfo, ref end).Should().Be(Errno.NoEnt);

        (named.Arg1, named.Arg2).Should().Be(((ushort)0, (ushort)1));
        WireName.Read(next.Name).Should().Be("vale3:a");
    }

    [Fact]
    public void The_header_length_comes_back_in_arg1()
    {
        Open().Register("vale0:a");
        Nmreq request = Request("vale0:a") with { Command = LegacyCommand.VnetHeaderGet, Arg1 = 9 };
        Nmreq missing = Request("vale0:b") with { Command = LegacyCommand.VnetHeaderGet, Arg1 = 9 };

        Open().Legacy(NetmapApi.NiocRegIf, ref request).Should().Be(0);
        Open().Legacy(NetmapApi.NiocRegIf, ref missing).Should().Be(Errno.NxIo);

        request.Arg1.Should().Be(0);
        missing.Arg1.Should().Be(9);
    }

    private static byte[] Bytes(Nmreq request) => MemoryMarshal.AsBytes(new ReadOnlySpan<Nmreq>(in request)).ToArray();

    private static Nmreq Request(string name)
    {
        Nmreq request = new() { Version = NetmapApi.Version };
        WireName.Write(request.Name, name);
        return request;
    }
}
