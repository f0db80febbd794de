using System.Globalization;
using FluentAssertions;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Tests.Device;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Control;

/// <summary>What REGISTER lays out, as programs find it: the worked examples of reference/netmap-abi.md sections 7.3 to 7.5.</summary>
[Collection(MountTests.Name)]
public sealed class MemoryTests(AnyDevice device) : DeviceTest(device), IClassFixture<AnyDevice>
{
    private const ulong DefaultValeBytes = 42369024;

    [Theory]
    [InlineData(0, 0, 42369024UL, 12, 12288UL, 20, 20480, 421888UL, 20482)]
    [InlineData(1, 16, 8814592UL, 12, 12288UL, 20, 20480, 421888UL, 4098)]
    [InlineData(4, 256, 14180352UL, 12, 12288UL, 26, 20480, 544768UL, 6658)]
    [InlineData(16, 4096, 423657472UL, 12, 12288UL, 64, 65792, 4222976UL, 204802)]
    [InlineData(17, 5000, 423657472UL, 12, 12288UL, 64, 65792, 4222976UL, 204802)]
    public void Pools_of_a_vale_port(
        int rings, int slots, ulong bytes, int ifs, ulong ringOffset, int ringCount, int ringSize, ulong bufOffset, int bufs)
    {
        NetmapClient client = Open().Register("vale0:a", new NmreqRegister
        {
            TxRings = (ushort)rings,
            RxRings = (ushort)rings,
            TxSlots = (uint)slots,
            RxSlots = (uint)slots,
        });
        NmreqPoolsInfo pools = default;
        client.Control(RequestType.PoolsInfoGet, "vale0:a", ref pools).Should().Be(0);
        ulong start = pools.IfPoolOffset;

        (client.Reg.MemorySize - start).Should().Be(bytes);
        pools.MemorySize.Should().Be(client.Reg.MemorySize);
        pools.MemoryId.Should().Be(client.Reg.MemoryId);
        (pools.IfPoolObjects, pools.IfPoolObjectSize).Should().Be(((uint)ifs, 1024u));
        (pools.RingPoolOffset - start, pools.RingPoolObjects, pools.RingPoolObjectSize)
            .Should().Be((ringOffset, (uint)ringCount, (uint)ringSize));
        (pools.BufferPoolOffset - start, pools.BufferPoolObjects, pools.BufferPoolObjectSize)
            .Should().Be((bufOffset, (uint)bufs, 2048u));
    }

    [Fact]
    public void Pools_of_the_global_region()
    {
        NetmapClient client = Open().Register("vale0:a", new NmreqRegister { MemoryId = 1 });
        NmreqPoolsInfo pools = default;

        client.Control(RequestType.PoolsInfoGet, "vale0:a", ref pools).Should().Be(0);

        pools.Should().Be(new NmreqPoolsInfo
        {
            MemorySize = 343019520,
            MemoryId = 1,
            IfPoolOffset = 0,
            IfPoolObjects = 100,
            IfPoolObjectSize = 1024,
            RingPoolOffset = 102400,
            RingPoolObjects = 200,
            RingPoolObjectSize = 36864,
            BufferPoolOffset = 7475200,
            BufferPoolObjects = 163840,
            BufferPoolObjectSize = 2048,
        });
        client.Reg.Offset.Should().Be(0);
        client.Reg.MemorySize.Should().Be(343019520);
        unsafe
        {
            client.Interface->Flags.Should().Be(0);
        }
    }

    [Fact]
    public unsafe void The_example_of_a_default_vale_port()
    {
        NetmapClient client = Open().Register("vale0:a");

        (client.Reg.MemorySize - client.Reg.Offset).Should().Be(DefaultValeBytes, "the netmap_if is the first object");
        client.RingOffsets().Should().Equal(32768, 0, 12288, 0);
        client.Rx.Shared->BufferOffset.Should().Be(409600);
        client.Tx.Shared->BufferOffset.Should().Be(389120);
        client.Rx.Buffers().Should().Equal(Enumerable.Range(2, 1024).Select(i => (uint)i));
        client.Tx.Buffers().Should().Equal(Enumerable.Range(1026, 1024).Select(i => (uint)i));
        (client.Tx.Shared->Direction, client.Rx.Shared->Direction).Should().Be(((ushort)1, (ushort)0));
        (client.Tx.Head, client.Tx.Cur, client.Tx.Tail).Should().Be((0u, 0u, 1023u));
        (client.Rx.Head, client.Rx.Cur, client.Rx.Tail).Should().Be((0u, 0u, 0u));
        client.Tx.Slot(5).Should().Be(new NetmapSlot { BufferIndex = 1031, Length = 2048 });
        WireName.Read(client.Interface->Name).Should().Be("vale0:a");
        client.Interface->Flags.Should().Be(NetmapIf.PrivateMemory);
        client.Interface->Version.Should().Be(0);
        (client.Interface->HostTxRings, client.Interface->HostRxRings).Should().Be((1u, 1u));
        (client.Reg.HostTxRings, client.Reg.HostRxRings).Should().Be(((ushort)0, (ushort)0));
        (client.Reg.TxRings, client.Reg.RxRings, client.Reg.TxSlots, client.Reg.RxSlots)
            .Should().Be(((ushort)1, (ushort)1, 1024u, 1024u));
    }

    [Fact]
    public void A_null_port_of_the_reference_in_the_global_region()
    {
        NetmapClient client = Open().Register("x", new NmreqRegister
        {
            Mode = RegisterMode.Null,
            MemoryId = 1,
            TxRings = 10,
            RxRings = 5,
            TxSlots = 256,
            RxSlots = 100,
        });

        client.Reg.Offset.Should().Be(0);
        long[] offsets = client.RingOffsets();
        offsets[11..16].Should().Equal(Enumerable.Range(0, 5).Select(i => 102400L + (i * 36864)), "RX rings come first");
        offsets[..10].Should().Equal(Enumerable.Range(5, 10).Select(i => 102400L + (i * 36864)));
        client.RxRings[0]!.Buffers()[0].Should().Be(2);
        client.TxRings[9]!.Buffers()[255].Should().Be(2 + 500 + 2560 - 1);
        client.TxSync().Should().Be(0);
        client.Tx.Advance(3);
        client.TxSync().Should().Be(0);
        client.Tx.Tail.Should().Be(255, "TX never drains");
        client.RxSync().Should().Be(0);
        client.Rx.Ready.Should().Be(0);
    }

    [Theory]
    [InlineData(0, 0, 0, 0)]
    [InlineData(2, 0, 16, 0)]
    [InlineData(2, 2, 0, 0)]
    public void A_null_port_has_exactly_what_was_asked_for(int tx, int rx, int txSlots, int rxSlots)
    {
        NetmapClient client = Open().Register("x", new NmreqRegister
        {
            Mode = RegisterMode.Null,
            MemoryId = 1,
            ExtraBuffers = 7,
            TxRings = (ushort)tx,
            RxRings = (ushort)rx,
            TxSlots = (uint)txSlots,
            RxSlots = (uint)rxSlots,
        });

        (client.Reg.TxRings, client.Reg.RxRings, client.Reg.TxSlots, client.Reg.RxSlots)
            .Should().Be(((ushort)tx, (ushort)rx, (uint)txSlots, (uint)rxSlots));
        client.Reg.ExtraBuffers.Should().Be(7);
        client.TxSync().Should().Be(0);
        client.RxSync().Should().Be(0);
        client.Poll(5, 10).Should().BeGreaterThanOrEqualTo(0);
    }

    [Fact]
    public void Extra_buffers_are_linked_last_one_first()
    {
        NetmapClient client = Open().Register("vale0:a", new NmreqRegister { ExtraBuffers = 5 });

        client.Reg.ExtraBuffers.Should().Be(5);
        client.ExtraBuffers().Should().Equal(2054u, 2053u, 2052u, 2051u, 2050u);
    }

    [Fact]
    public void When_the_pool_is_dry_fewer_extra_buffers_are_no_error()
    {
        Open().Register("vale0:a");
        NetmapClient greedy = Open().Register("vale0:a", new NmreqRegister { ExtraBuffers = 20000 });
        NetmapClient late = Open().Register("vale0:a", new NmreqRegister { ExtraBuffers = 1 });

        greedy.Reg.ExtraBuffers.Should().Be(18432);
        greedy.ExtraBuffers().Should().HaveCount(18432).And.OnlyHaveUniqueItems();
        late.Reg.ExtraBuffers.Should().Be(0);
        late.ExtraBuffers().Should().BeEmpty();
    }

    [Fact]
    public unsafe void Extra_buffers_come_back_from_where_the_program_left_the_list()
    {
        NetmapClient keeper = Open().Register("vale0:a");
        NetmapClient extra = Open().Register("vale0:a", new NmreqRegister { ExtraBuffers = 3 });
        List<uint> buffers = extra.ExtraBuffers();
        ref NetmapSlot slot = ref extra.Tx.Slot(0);
        uint inRing = slot.BufferIndex;
        slot.BufferIndex = buffers[0];
        System.Runtime.InteropServices.MemoryMarshal.Write(extra.Tx.Buffer(inRing), buffers[1]);
        extra.Interface->BuffersHead = inRing;

        extra.Dispose();

        Settled();
        Device.Device.Plane.Inspect(ports => ports.Ports.First().Region.Buffers.Audit())
            .Should().Be((18432u, 2048u, 0u));
        NetmapClient next = Open().Register("vale0:a", new NmreqRegister { ExtraBuffers = 3 });
        next.ExtraBuffers().Should().NotContain(buffers[0], "a ring shows it").And.Contain(inRing);
        keeper.Tx.Slot(0).BufferIndex.Should().Be(buffers[0]);
    }

    [Fact]
    public void A_default_region_has_room_for_12_bindings()
    {
        NetmapClient[] bound = [.. Enumerable.Range(0, 12).Select(_ => Open().Register("vale0:a"))];
        NetmapClient more = Open();

        more.TryRegister("vale0:a").Should().Be(Errno.NoMem);
        bound[4].Dispose();
        more.TryRegister("vale0:a").Should().Be(0);
        (more.Reg.MemorySize - DefaultValeBytes + 4096).Should().Be(more.Reg.Offset, "the lowest free object is taken");
    }

    [Fact]
    public void The_global_region_has_room_for_100_bindings()
    {
        NmreqRegister tiny = new() { Mode = RegisterMode.Null, MemoryId = 1 };
        for (int i = 0; i < 100; i++)
        {
            Open().Register("n", tiny);
        }

        Open().TryRegister("n", tiny).Should().Be(Errno.NoMem);
    }

    [Fact]
    public void A_default_region_has_room_for_5_pipes()
    {
        for (int i = 0; i < 5; i++)
        {
            Open().Register($"vale0:a{{{i}");
        }

        Open().TryRegister("vale0:a{5").Should().Be(Errno.NoMem);
        Open().Register("vale0:a}3");
    }

    [Fact]
    public void Memory_ids_count_up_and_the_last_one_is_used_again()
    {
        ushort first = Open().Register("vale0:a").Reg.MemoryId;
        NetmapClient b = Open().Register("vale0:b");

        b.Reg.MemoryId.Should().Be((ushort)(first + 1));
        b.Dispose();
        Open().Register("vale0:c").Reg.MemoryId.Should().Be((ushort)(first + 1));
    }

    [Fact]
    public void A_port_shares_the_region_that_its_creator_names()
    {
        NetmapClient a = Open().Register("vale0:a", new NmreqRegister { TxSlots = 64, RxSlots = 64 });
        NetmapClient b = Open().Register("vale0:b", new NmreqRegister
        {
            MemoryId = a.Reg.MemoryId,
            TxSlots = 64,
            RxSlots = 64,
        });
        NetmapClient late = Open().Register("vale0:a", new NmreqRegister { MemoryId = 1 });

        b.Reg.MemoryId.Should().Be(a.Reg.MemoryId);
        b.Reg.MemorySize.Should().Be(a.Reg.MemorySize);
        late.Reg.MemoryId.Should().Be(a.Reg.MemoryId, "only the request that creates the port counts");
        b.Rx.Buffers().Should().NotIntersectWith(a.Rx.Buffers());
    }

    [Fact]
    public void The_next_owner_of_memory_finds_zeros()
    {
        NetmapClient a = Open().Register("vale0:a");
        ulong where = a.Reg.Offset;
        uint buffer = a.Tx.Slot(0).BufferIndex;
        a.Tx.Buffer(buffer).Fill(0xaa);
        a.Tx.Slot(1000).Pointer = 5;
        a.Dispose();

        NetmapClient b = Open().Register("vale0:b");

        b.Reg.Offset.Should().Be(where);
        b.Tx.Buffer(buffer).ToArray().Should().OnlyContain(value => value == 0);
        b.Tx.Slot(1000).Pointer.Should().Be(0);
    }

    [Fact]
    public void The_c_client_sees_the_same()
    {
        (int exitCode, string output) = Samples.Run("tests/regcheck", "-d", Device.Path, "-i", "vale0:a", "-x", "3");
        exitCode.Should().Be(0, output);
        Dictionary<string, string> values = output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split('=', 2)).Where(pair => pair.Length == 2)
            .GroupBy(pair => pair[0]).ToDictionary(group => group.Key, group => group.First()[1]);

        ulong Number(string key) => ulong.Parse(values[key], CultureInfo.InvariantCulture);
        (Number("nr_memsize") - Number("nr_offset")).Should().Be(DefaultValeBytes + (4 * 2048), "three more buffers are rounded to whole clusters");
        Number("nr_extra_bufs").Should().Be(3);
    }

    private void Settled()
    {
        NmreqPortInfoGet body = default;
        Open().Control(RequestType.PortInfoGet, "", ref body).Should().Be(0, "a request waits for releases under way");
    }
}
