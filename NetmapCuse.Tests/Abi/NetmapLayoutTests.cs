using System.Globalization;
using FluentAssertions;
using NetmapCuse.Core.Abi.Netmap;
using Xunit;

namespace NetmapCuse.Tests.Abi;

/// <summary>The numbers of reference/netmap-abi.md sections 2 to 6, and what a C compiler makes of our headers.</summary>
public sealed class NetmapLayoutTests
{
    [Theory]
    [InlineData("nmreq", 60)]
    [InlineData("nmreq_header", 88)]
    [InlineData("nmreq_register", 56)]
    [InlineData("nmreq_port_info_get", 32)]
    [InlineData("nmreq_vale_list", 8)]
    [InlineData("nmreq_port_hdr", 8)]
    [InlineData("nmreq_pools_info", 64)]
    [InlineData("nmreq_option", 24)]
    [InlineData("netmap_slot", 16)]
    [InlineData("netmap_ring", 256)]
    [InlineData("netmap_if", 56)]
    public void Structures_have_the_size_of_the_reference(string structure, int bytes) =>
        NetmapLayout.Measure()[$"sizeof({structure})"].Should().Be(bytes);

    [Theory]
    [InlineData("nmreq.nr_name", 0)]
    [InlineData("nmreq.nr_version", 16)]
    [InlineData("nmreq.nr_offset", 20)]
    [InlineData("nmreq.nr_memsize", 24)]
    [InlineData("nmreq.nr_tx_slots", 28)]
    [InlineData("nmreq.nr_rx_slots", 32)]
    [InlineData("nmreq.nr_tx_rings", 36)]
    [InlineData("nmreq.nr_rx_rings", 38)]
    [InlineData("nmreq.nr_ringid", 40)]
    [InlineData("nmreq.nr_cmd", 42)]
    [InlineData("nmreq.nr_arg1", 44)]
    [InlineData("nmreq.nr_arg2", 46)]
    [InlineData("nmreq.nr_arg3", 48)]
    [InlineData("nmreq.nr_flags", 52)]
    [InlineData("nmreq.spare2", 56)]
    [InlineData("nmreq_header.nr_version", 0)]
    [InlineData("nmreq_header.nr_reqtype", 2)]
    [InlineData("nmreq_header.nr_reserved", 4)]
    [InlineData("nmreq_header.nr_name", 8)]
    [InlineData("nmreq_header.nr_options", 72)]
    [InlineData("nmreq_header.nr_body", 80)]
    [InlineData("nmreq_register.nr_offset", 0)]
    [InlineData("nmreq_register.nr_memsize", 8)]
    [InlineData("nmreq_register.nr_tx_slots", 16)]
    [InlineData("nmreq_register.nr_rx_slots", 20)]
    [InlineData("nmreq_register.nr_tx_rings", 24)]
    [InlineData("nmreq_register.nr_rx_rings", 26)]
    [InlineData("nmreq_register.nr_host_tx_rings", 28)]
    [InlineData("nmreq_register.nr_host_rx_rings", 30)]
    [InlineData("nmreq_register.nr_mem_id", 32)]
    [InlineData("nmreq_register.nr_ringid", 34)]
    [InlineData("nmreq_register.nr_mode", 36)]
    [InlineData("nmreq_register.nr_extra_bufs", 40)]
    [InlineData("nmreq_register.nr_flags", 48)]
    [InlineData("nmreq_port_info_get.nr_memsize", 0)]
    [InlineData("nmreq_port_info_get.nr_tx_slots", 8)]
    [InlineData("nmreq_port_info_get.nr_rx_slots", 12)]
    [InlineData("nmreq_port_info_get.nr_tx_rings", 16)]
    [InlineData("nmreq_port_info_get.nr_rx_rings", 18)]
    [InlineData("nmreq_port_info_get.nr_host_tx_rings", 20)]
    [InlineData("nmreq_port_info_get.nr_host_rx_rings", 22)]
    [InlineData("nmreq_port_info_get.nr_mem_id", 24)]
    [InlineData("nmreq_vale_list.nr_bridge_idx", 0)]
    [InlineData("nmreq_vale_list.nr_port_idx", 4)]
    [InlineData("nmreq_port_hdr.nr_hdr_len", 0)]
    [InlineData("nmreq_pools_info.nr_memsize", 0)]
    [InlineData("nmreq_pools_info.nr_mem_id", 8)]
    [InlineData("nmreq_pools_info.nr_if_pool_offset", 16)]
    [InlineData("nmreq_pools_info.nr_if_pool_objtotal", 24)]
    [InlineData("nmreq_pools_info.nr_if_pool_objsize", 28)]
    [InlineData("nmreq_pools_info.nr_ring_pool_offset", 32)]
    [InlineData("nmreq_pools_info.nr_ring_pool_objtotal", 40)]
    [InlineData("nmreq_pools_info.nr_ring_pool_objsize", 44)]
    [InlineData("nmreq_pools_info.nr_buf_pool_offset", 48)]
    [InlineData("nmreq_pools_info.nr_buf_pool_objtotal", 56)]
    [InlineData("nmreq_pools_info.nr_buf_pool_objsize", 60)]
    [InlineData("nmreq_option.nro_next", 0)]
    [InlineData("nmreq_option.nro_reqtype", 8)]
    [InlineData("nmreq_option.nro_status", 12)]
    [InlineData("nmreq_option.nro_size", 16)]
    [InlineData("netmap_slot.buf_idx", 0)]
    [InlineData("netmap_slot.len", 4)]
    [InlineData("netmap_slot.flags", 6)]
    [InlineData("netmap_slot.ptr", 8)]
    [InlineData("netmap_ring.buf_ofs", 0)]
    [InlineData("netmap_ring.num_slots", 8)]
    [InlineData("netmap_ring.nr_buf_size", 12)]
    [InlineData("netmap_ring.ringid", 16)]
    [InlineData("netmap_ring.dir", 18)]
    [InlineData("netmap_ring.head", 20)]
    [InlineData("netmap_ring.cur", 24)]
    [InlineData("netmap_ring.tail", 28)]
    [InlineData("netmap_ring.flags", 32)]
    [InlineData("netmap_ring.ts", 40)]
    [InlineData("netmap_ring.offset_mask", 56)]
    [InlineData("netmap_ring.buf_align", 64)]
    [InlineData("netmap_if.ni_name", 0)]
    [InlineData("netmap_if.ni_version", 16)]
    [InlineData("netmap_if.ni_flags", 20)]
    [InlineData("netmap_if.ni_tx_rings", 24)]
    [InlineData("netmap_if.ni_rx_rings", 28)]
    [InlineData("netmap_if.ni_bufs_head", 32)]
    [InlineData("netmap_if.ni_host_tx_rings", 36)]
    [InlineData("netmap_if.ni_host_rx_rings", 40)]
    public void Fields_are_where_the_reference_has_them(string field, int offset) =>
        NetmapLayout.Measure()[field].Should().Be(offset);

    [Fact]
    public void The_c_headers_have_the_same_layout_and_the_same_numbers()
    {
        (int exitCode, string output) = Samples.Run("tests/layout");
        exitCode.Should().Be(0);
        Dictionary<string, long> c = output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' '))
            .ToDictionary(words => words[0], words => long.Parse(words[1], CultureInfo.InvariantCulture));

        foreach ((string name, long value) in NetmapLayout.Measure().Concat(Constants()))
        {
            // struct timeval is two fields of ours.
            if (name != "sizeof(netmap_ring.ts)")
            {
                c.Should().Contain(name, value);
            }
        }

        c["sizeof(netmap_ring.ts)"].Should().Be(16);
    }

    private static Dictionary<string, long> Constants() => new()
    {
        ["NETMAP_API"] = NetmapApi.Version,
        ["NETMAP_MIN_API"] = NetmapApi.VersionMin,
        ["NETMAP_MAX_API"] = NetmapApi.VersionMax,
        ["NIOCGINFO"] = NetmapApi.NiocGInfo,
        ["NIOCREGIF"] = NetmapApi.NiocRegIf,
        ["NIOCTXSYNC"] = NetmapApi.NiocTxSync,
        ["NIOCRXSYNC"] = NetmapApi.NiocRxSync,
        ["NIOCCONFIG"] = NetmapApi.NiocConfig,
        ["NIOCCTRL"] = NetmapApi.NiocCtrl,
        ["NETMAP_REQ_REGISTER"] = (long)RequestType.Register,
        ["NETMAP_REQ_PORT_INFO_GET"] = (long)RequestType.PortInfoGet,
        ["NETMAP_REQ_VALE_LIST"] = (long)RequestType.ValeList,
        ["NETMAP_REQ_PORT_HDR_GET"] = (long)RequestType.PortHeaderGet,
        ["NETMAP_REQ_POOLS_INFO_GET"] = (long)RequestType.PoolsInfoGet,
        ["NETMAP_REQ_CSB_ENABLE"] = (long)RequestType.CsbEnable,
        ["NR_REG_DEFAULT"] = (long)RegisterMode.Default,
        ["NR_REG_ALL_NIC"] = (long)RegisterMode.AllNic,
        ["NR_REG_SW"] = (long)RegisterMode.Host,
        ["NR_REG_NIC_SW"] = (long)RegisterMode.NicAndHost,
        ["NR_REG_ONE_NIC"] = (long)RegisterMode.OneNic,
        ["NR_REG_PIPE_MASTER"] = (long)RegisterMode.PipeMaster,
        ["NR_REG_PIPE_SLAVE"] = (long)RegisterMode.PipeSlave,
        ["NR_REG_NULL"] = (long)RegisterMode.Null,
        ["NR_REG_ONE_SW"] = (long)RegisterMode.OneHost,
        ["NR_EXCLUSIVE"] = (long)RegisterFlags.Exclusive,
        ["NR_RX_RINGS_ONLY"] = (long)RegisterFlags.RxRingsOnly,
        ["NR_TX_RINGS_ONLY"] = (long)RegisterFlags.TxRingsOnly,
        ["NR_NO_TX_POLL"] = (long)RegisterFlags.NoTxPoll,
        ["NS_BUF_CHANGED"] = (long)SlotFlags.BufferChanged,
        ["NS_NO_LEARN"] = (long)SlotFlags.NoLearn,
        ["NS_INDIRECT"] = (long)SlotFlags.Indirect,
        ["NS_MOREFRAG"] = (long)SlotFlags.MoreFragments,
    };
}
