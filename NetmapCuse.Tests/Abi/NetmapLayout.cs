using System.Runtime.CompilerServices;
using NetmapCuse.Core.Abi.Netmap;

namespace NetmapCuse.Tests.Abi;

/// <summary>Sizes and offsets of our structures, under the names that C has for them.</summary>
internal static class NetmapLayout
{
    internal static Dictionary<string, long> Measure()
    {
        Dictionary<string, long> all = [];
        MeasureRequests(all);
        MeasureBodies(all);
        MeasureShared(all);
        return all;
    }

    private static void MeasureRequests(Dictionary<string, long> all)
    {
        Nmreq old = default;
        Fields<Nmreq> nmreq = new(all, "nmreq", ref old);
        nmreq.Add("nr_name", ref old.Name);
        nmreq.Add("nr_version", ref old.Version);
        nmreq.Add("nr_offset", ref old.Offset);
        nmreq.Add("nr_memsize", ref old.MemorySize);
        nmreq.Add("nr_tx_slots", ref old.TxSlots);
        nmreq.Add("nr_rx_slots", ref old.RxSlots);
        nmreq.Add("nr_tx_rings", ref old.TxRings);
        nmreq.Add("nr_rx_rings", ref old.RxRings);
        nmreq.Add("nr_ringid", ref old.RingId);
        nmreq.Add("nr_cmd", ref old.Command);
        nmreq.Add("nr_arg1", ref old.Arg1);
        nmreq.Add("nr_arg2", ref old.Arg2);
        nmreq.Add("nr_arg3", ref old.Arg3);
        nmreq.Add("nr_flags", ref old.Flags);
        nmreq.Add("spare2", ref old.Spare2);

        NmreqHeader head = default;
        Fields<NmreqHeader> header = new(all, "nmreq_header", ref head);
        header.Add("nr_version", ref head.Version);
        header.Add("nr_reqtype", ref head.RequestType);
        header.Add("nr_reserved", ref head.Reserved);
        header.Add("nr_name", ref head.Name);
        header.Add("nr_options", ref head.Options);
        header.Add("nr_body", ref head.Body);

        NmreqOption first = default;
        Fields<NmreqOption> option = new(all, "nmreq_option", ref first);
        option.Add("nro_next", ref first.Next);
        option.Add("nro_reqtype", ref first.RequestType);
        option.Add("nro_status", ref first.Status);
        option.Add("nro_size", ref first.Size);
    }

    private static void MeasureBodies(Dictionary<string, long> all)
    {
        NmreqRegister register = default;
        Fields<NmreqRegister> reg = new(all, "nmreq_register", ref register);
        reg.Add("nr_offset", ref register.Offset);
        reg.Add("nr_memsize", ref register.MemorySize);
        reg.Add("nr_tx_slots", ref register.TxSlots);
        reg.Add("nr_rx_slots", ref register.RxSlots);
        reg.Add("nr_tx_rings", ref register.TxRings);
        reg.Add("nr_rx_rings", ref register.RxRings);
        reg.Add("nr_host_tx_rings", ref register.HostTxRings);
        reg.Add("nr_host_rx_rings", ref register.HostRxRings);
        reg.Add("nr_mem_id", ref register.MemoryId);
        reg.Add("nr_ringid", ref register.RingId);
        reg.Add("nr_mode", ref register.Mode);
        reg.Add("nr_extra_bufs", ref register.ExtraBuffers);
        reg.Add("nr_flags", ref register.Flags);

        NmreqPortInfoGet info = default;
        Fields<NmreqPortInfoGet> port = new(all, "nmreq_port_info_get", ref info);
        port.Add("nr_memsize", ref info.MemorySize);
        port.Add("nr_tx_slots", ref info.TxSlots);
        port.Add("nr_rx_slots", ref info.RxSlots);
        port.Add("nr_tx_rings", ref info.TxRings);
        port.Add("nr_rx_rings", ref info.RxRings);
        port.Add("nr_host_tx_rings", ref info.HostTxRings);
        port.Add("nr_host_rx_rings", ref info.HostRxRings);
        port.Add("nr_mem_id", ref info.MemoryId);

        NmreqValeList vale = default;
        Fields<NmreqValeList> list = new(all, "nmreq_vale_list", ref vale);
        list.Add("nr_bridge_idx", ref vale.BridgeIndex);
        list.Add("nr_port_idx", ref vale.PortIndex);

        NmreqPortHeader length = default;
        Fields<NmreqPortHeader> header = new(all, "nmreq_port_hdr", ref length);
        header.Add("nr_hdr_len", ref length.HeaderLength);

        NmreqPoolsInfo sizes = default;
        Fields<NmreqPoolsInfo> pools = new(all, "nmreq_pools_info", ref sizes);
        pools.Add("nr_memsize", ref sizes.MemorySize);
        pools.Add("nr_mem_id", ref sizes.MemoryId);
        pools.Add("nr_if_pool_offset", ref sizes.IfPoolOffset);
        pools.Add("nr_if_pool_objtotal", ref sizes.IfPoolObjects);
        pools.Add("nr_if_pool_objsize", ref sizes.IfPoolObjectSize);
        pools.Add("nr_ring_pool_offset", ref sizes.RingPoolOffset);
        pools.Add("nr_ring_pool_objtotal", ref sizes.RingPoolObjects);
        pools.Add("nr_ring_pool_objsize", ref sizes.RingPoolObjectSize);
        pools.Add("nr_buf_pool_offset", ref sizes.BufferPoolOffset);
        pools.Add("nr_buf_pool_objtotal", ref sizes.BufferPoolObjects);
        pools.Add("nr_buf_pool_objsize", ref sizes.BufferPoolObjectSize);
    }

    private static void MeasureShared(Dictionary<string, long> all)
    {
        NetmapIf nifp = default;
        Fields<NetmapIf> netmapIf = new(all, "netmap_if", ref nifp);
        netmapIf.Add("ni_name", ref nifp.Name);
        netmapIf.Add("ni_version", ref nifp.Version);
        netmapIf.Add("ni_flags", ref nifp.Flags);
        netmapIf.Add("ni_tx_rings", ref nifp.TxRings);
        netmapIf.Add("ni_rx_rings", ref nifp.RxRings);
        netmapIf.Add("ni_bufs_head", ref nifp.BuffersHead);
        netmapIf.Add("ni_host_tx_rings", ref nifp.HostTxRings);
        netmapIf.Add("ni_host_rx_rings", ref nifp.HostRxRings);

        NetmapRing ring = default;
        Fields<NetmapRing> netmapRing = new(all, "netmap_ring", ref ring);
        netmapRing.Add("buf_ofs", ref ring.BufferOffset);
        netmapRing.Add("num_slots", ref ring.NumSlots);
        netmapRing.Add("nr_buf_size", ref ring.BufferSize);
        netmapRing.Add("ringid", ref ring.RingId);
        netmapRing.Add("dir", ref ring.Direction);
        netmapRing.Add("head", ref ring.Head);
        netmapRing.Add("cur", ref ring.Cur);
        netmapRing.Add("tail", ref ring.Tail);
        netmapRing.Add("flags", ref ring.Flags);
        netmapRing.Add("ts", ref ring.TimestampSeconds);
        netmapRing.Add("offset_mask", ref ring.OffsetMask);
        netmapRing.Add("buf_align", ref ring.BufferAlign);

        NetmapSlot entry = default;
        Fields<NetmapSlot> slot = new(all, "netmap_slot", ref entry);
        slot.Add("buf_idx", ref entry.BufferIndex);
        slot.Add("len", ref entry.Length);
        slot.Add("flags", ref entry.Flags);
        slot.Add("ptr", ref entry.Pointer);
    }

    /// <summary>Adds "structure.field" and its size to the table.</summary>
    private readonly ref struct Fields<T>
        where T : unmanaged
    {
        private readonly Dictionary<string, long> _all;
        private readonly string _structure;
        private readonly ref byte _start;

        internal Fields(Dictionary<string, long> all, string structure, ref T start)
        {
            _all = all;
            _structure = structure;
            _start = ref Unsafe.As<T, byte>(ref start);
            all[$"sizeof({structure})"] = Unsafe.SizeOf<T>();
        }

        internal void Add<TField>(string name, ref TField field)
            where TField : unmanaged
        {
            _all[$"{_structure}.{name}"] = Unsafe.ByteOffset(ref _start, ref Unsafe.As<TField, byte>(ref field));
            _all[$"sizeof({_structure}.{name})"] = Unsafe.SizeOf<TField>();
        }
    }
}
