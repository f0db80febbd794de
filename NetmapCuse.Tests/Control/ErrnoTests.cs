using System.Runtime.CompilerServices;
using FluentAssertions;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Tests.Device;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Control;

/// <summary>The errno index, reference/netmap-behaviour.md section 26, and the argument rules of netmap-abi.md section 4.</summary>
[Collection(MountTests.Name)]
public sealed class ErrnoTests(AnyDevice device) : DeviceTest(device), IClassFixture<AnyDevice>
{
    [Theory]
    [InlineData("valley0", Errno.NoMem)]
    [InlineData("vale0", Errno.NoMem)]
    [InlineData("vale-0:a", Errno.NoMem)]
    [InlineData("vale567890123456:x", Errno.NoMem)]
    [InlineData("vale0:1234567890123456", Errno.NoMem)]
    [InlineData("vale0:ifx0", Errno.Inval)]
    [InlineData("nothing0", Errno.NxIo)]
    [InlineData("", Errno.NxIo)]
    [InlineData("{x", Errno.Inval)]
    [InlineData("}x", Errno.Inval)]
    [InlineData("vale0:a{", Errno.Inval)]
    [InlineData("vale0:a}", Errno.Inval)]
    [InlineData("valley0{1", Errno.NoMem)]
    [InlineData("vale0:ifx0{1", Errno.Inval)]
    [InlineData("a234567890123456{1", Errno.NxIo)]
    public void Names_that_no_port_can_have(string name, int errno)
    {
        NetmapClient client = Open();

        client.TryRegister(name).Should().Be(errno);
        Info(client, name).Should().Be(name.Length == 0 ? 0 : errno, "without a name it asks for a region");
        Pools(client, name).Should().Be(errno);
        Register(client, "vale0:ok").Should().Be(0, "a failed request leaves the file as it was");
    }

    [Theory]
    [InlineData(0u, 0)]
    [InlineData(2u, 0)]
    [InlineData(3u, 0)]
    [InlineData(4u, 1)]
    [InlineData(5u, 0)]
    [InlineData(6u, 0)]
    [InlineData(7u, 0)]
    [InlineData(8u, 0)]
    [InlineData(9u, 0)]
    [InlineData(0x10001u, 0)]
    public void Modes_and_rings_that_a_vale_port_does_not_have(uint mode, int ring)
    {
        NmreqRegister body = new() { Mode = (RegisterMode)mode, RingId = (ushort)ring };

        Open().Control(RequestType.Register, "vale0:a", ref body).Should().Be(Errno.Inval);
    }

    [Theory]
    [InlineData(2u)]
    [InlineData(3u)]
    [InlineData(8u)]
    public void Modes_that_a_pipe_does_not_have(uint mode)
    {
        NmreqRegister body = new() { Mode = (RegisterMode)mode };

        Open().Control(RequestType.Register, "vale0:a{1", ref body).Should().Be(Errno.Inval);
    }

    [Fact]
    public void A_bound_file_is_busy()
    {
        NetmapClient client = Open().Register("vale0:a");

        client.TryRegister("vale0:b").Should().Be(Errno.Busy);
        client.TryRegister("valley0").Should().Be(Errno.Busy, "that is looked at first");
    }

    [Fact]
    public void Unknown_memory_ids_are_invalid_everywhere()
    {
        NetmapClient client = Open();
        NmreqPortInfoGet info = new() { MemoryId = 999 };
        NmreqPoolsInfo pools = new() { MemoryId = 999 };

        client.TryRegister("vale0:a", new NmreqRegister { MemoryId = 999 }).Should().Be(Errno.Inval);
        client.TryRegister("n", new NmreqRegister { Mode = RegisterMode.Null, MemoryId = 999 }).Should().Be(Errno.Inval);
        client.Control(RequestType.PortInfoGet, "vale0:a", ref info).Should().Be(Errno.Inval);
        client.Control(RequestType.PortInfoGet, "", ref info).Should().Be(Errno.Inval);
        client.Control(RequestType.PoolsInfoGet, "vale0:a", ref pools).Should().Be(Errno.Inval);
    }

    [Theory]
    [InlineData(1, 1, 2289, Errno.NoMem)]
    [InlineData(1, 1, 2288, 0)]
    [InlineData(60, 60, 2, Errno.NoMem)]
    [InlineData(60, 59, 2, 0)]
    [InlineData(65535, 65535, 2, Errno.NoMem)]
    [InlineData(1, 1, -1, Errno.NoMem)]
    public void What_does_not_fit_in_the_global_region(int tx, int rx, int slots, int errno) =>
        Open().TryRegister("n", new NmreqRegister
        {
            Mode = RegisterMode.Null,
            MemoryId = 1,
            TxRings = (ushort)tx,
            RxRings = (ushort)rx,
            TxSlots = (uint)slots,
            RxSlots = (uint)slots,
        }).Should().Be(errno);

    [Fact]
    public void Options_that_nobody_knows_undo_the_registration()
    {
        using NativeOptions options = new([(99, 0), (77, 0)]);
        NetmapClient client = Open();
        NmreqRegister body = new() { Mode = RegisterMode.AllNic };

        client.Control(RequestType.Register, "vale0:a", ref body, options.First).Should().Be(Errno.OpNotSupp);

        options.Status(0).Should().Be(Errno.OpNotSupp);
        options.Status(1).Should().Be(Errno.OpNotSupp);
        body.MemoryId.Should().Be(0, "a body comes back only after success");
        client.TxSync().Should().Be(Errno.NxIo);
        Register(client, "vale0:a").Should().Be(0);
    }

    [Fact]
    public void Other_requests_leave_options_alone()
    {
        using NativeOptions options = new([(99, 0)]);
        NmreqPortInfoGet body = default;

        Open().Control(RequestType.PortInfoGet, "vale0:a", ref body, options.First).Should().Be(0);

        options.Status(0).Should().Be(Errno.OpNotSupp);
        body.TxSlots.Should().Be(1024);
    }

    [Fact]
    public void A_registration_that_fails_for_another_reason_leaves_options_unsupported()
    {
        using NativeOptions options = new([(99, 0)]);
        NmreqRegister body = new() { Mode = RegisterMode.AllNic };

        Open().Control(RequestType.Register, "nothing0", ref body, options.First).Should().Be(Errno.NxIo);

        options.Status(0).Should().Be(Errno.OpNotSupp);
    }

    [Theory]
    [InlineData(13, 1, Errno.Inval)]
    [InlineData(14, 1, 0)]
    [InlineData(15, 1, 0)]
    [InlineData(16, 1, Errno.Inval)]
    [InlineData(0, 1, Errno.Inval)]
    [InlineData(14, 0, Errno.Inval)]
    [InlineData(14, 16, Errno.Inval)]
    [InlineData(14, 65535, Errno.Inval)]
    public void Versions_and_request_types(int version, int type, int errno)
    {
        NmreqHeader header = Header((RequestType)type);
        header.Version = (ushort)version;

        WithBody(Open(), ref header).Should().Be(errno);

        header.Version.Should().Be((ushort)version, "it is never written back");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(16)]
    public void Unknown_types_are_invalid_without_a_body_too(int type)
    {
        NmreqHeader header = Header((RequestType)type);

        Open().Control(ref header).Should().Be(Errno.Inval);
    }

    [Fact]
    public void The_reserved_word_has_to_be_zero_and_stays_as_it_was()
    {
        NmreqHeader header = Header(RequestType.Register);
        header.Reserved = 7;

        WithBody(Open(), ref header).Should().Be(Errno.Inval);
        header.Reserved.Should().Be(7);
    }

    [Fact]
    public void A_missing_body_is_invalid_and_does_not_spoil_the_header()
    {
        NetmapClient client = Open();
        NmreqHeader header = Header(RequestType.Register);

        client.Control(ref header).Should().Be(Errno.Inval);
        header.Reserved.Should().Be(0);
        WithBody(client, ref header).Should().Be(0);
    }

    [Fact]
    public void A_body_where_none_belongs_is_invalid()
    {
        NmreqHeader header = Header(RequestType.CsbEnable);

        WithBody(Open(), ref header).Should().Be(Errno.Inval);
    }

    [Theory]
    [InlineData(8UL, 0UL)]
    [InlineData(0xffff_ffff_ffff_f000UL, 0UL)]
    [InlineData(0UL, 8UL)]
    public void Pointers_to_nowhere_are_faults(ulong body, ulong options)
    {
        NetmapClient client = Open();
        NmreqHeader header = Header(RequestType.PortInfoGet);
        header.Body = body;
        header.Options = options;

        (body != 0 ? client.Control(ref header) : WithBody(client, ref header)).Should().Be(Errno.Fault);
    }

    [Fact]
    public void A_name_without_end_is_cut_in_the_callers_copy()
    {
        NmreqHeader header = Header(RequestType.Register);
        ((Span<byte>)header.Name).Fill((byte)'x');

        WithBody(Open(), ref header).Should().Be(Errno.NxIo);

        header.Name[63].Should().Be(0);
    }

    [Theory]
    [InlineData("eth0", Errno.Inval)]
    [InlineData("val0:a", Errno.Inval)]
    [InlineData("vale9:a", Errno.NoEnt)]
    [InlineData("vale", Errno.NoEnt)]
    [InlineData("vale-:a", Errno.NoEnt)]
    [InlineData("", Errno.NoEnt)]
    public void Listing_what_is_not_there(string name, int errno)
    {
        NmreqValeList body = default;

        Open().Control(RequestType.ValeList, name, ref body).Should().Be(errno);
    }

    [Theory]
    [InlineData("vale0:a", Errno.NxIo)]
    [InlineData("vale-:a", Errno.NxIo)]
    [InlineData("nothing0", Errno.NxIo)]
    [InlineData("nothing0{1", Errno.NxIo)]
    [InlineData("", Errno.NxIo)]
    [InlineData("vale0:there{1", Errno.NoDev)]
    [InlineData("vale0:there", 0)]
    [InlineData("vale0:there{yes", 0)]
    [InlineData("vale0:there}yes", 0)]
    public void Asking_for_a_header_creates_nothing(string name, int errno)
    {
        Open().Register("vale0:there");
        Open().Register("vale0:there{yes");
        NmreqPortHeader body = new() { HeaderLength = 99 };

        Open().Control(RequestType.PortHeaderGet, name, ref body).Should().Be(errno);

        body.HeaderLength.Should().Be(errno == 0 ? 0u : 99);
    }

    [Fact]
    public void Syncs_of_an_unbound_file()
    {
        NetmapClient client = Open();

        client.TxSync().Should().Be(Errno.NxIo);
        client.RxSync().Should().Be(Errno.NxIo);
    }

    [Fact]
    public void The_configuration_ioctl_is_always_invalid()
    {
        byte[] argument = new byte[272];
        "vale0"u8.CopyTo(argument);

        Open().File.Ioctl(NetmapApi.NiocConfig, argument).Should().Be(-Errno.Inval);
        Open().Register("vale0:a").File.Ioctl(NetmapApi.NiocConfig, argument).Should().Be(-Errno.Inval);
    }

    [Theory]
    [InlineData(0xc03c6993u, 60)]
    [InlineData(0x00006993u, 0)]
    [InlineData(0x00006998u, 0)]
    [InlineData(0x00008901u, 0)]
    [InlineData(0xc0586996u, 88)]
    public void Other_ioctls_are_not_supported(uint command, int bytes) =>
        Open().File.Ioctl(command, new byte[bytes]).Should().Be(-Errno.OpNotSupp);

    [Fact]
    public void A_program_cannot_read_or_write_the_file()
    {
        MountedFile file = (MountedFile)Open().Register("vale0:a").File;

        Client.ReadErrno(file.Fd).Should().NotBe(0);
        Client.WriteErrno(file.Fd).Should().NotBe(0);
    }

    private static int Register(NetmapClient client, string name) => client.TryRegister(name);

    private static int Info(NetmapClient client, string name)
    {
        NmreqPortInfoGet body = default;
        return client.Control(RequestType.PortInfoGet, name, ref body);
    }

    private static int Pools(NetmapClient client, string name)
    {
        NmreqPoolsInfo body = default;
        return client.Control(RequestType.PoolsInfoGet, name, ref body);
    }

    private static NmreqHeader Header(RequestType type)
    {
        NmreqHeader header = new() { Version = NetmapApi.Version, RequestType = type };
        WireName.Write(header.Name, "vale0:a");
        return header;
    }

    private static unsafe int WithBody(NetmapClient client, ref NmreqHeader header)
    {
        NmreqRegister body = new() { Mode = RegisterMode.AllNic };
        header.Body = (ulong)Unsafe.AsPointer(ref body);
        return client.Control(ref header);
    }
}
