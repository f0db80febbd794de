/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * The headers against the numbers of the reference: what is wrong does not compile. Run, it prints every size, offset
 * and constant as "name value", and so lets other languages compare. First the lists, then what is made of them.
 */
#include <stddef.h>
#include <stdio.h>

#define NETMAP_WITH_LIBS
#include <net/netmap_user.h>

/* STRUCT(name, size, alignment) and its FIELD(structure, name, offset, size) */
#define LAYOUT \
	STRUCT(nmreq, 60, 4) \
	FIELD(nmreq, nr_name, 0, 16) \
	FIELD(nmreq, nr_version, 16, 4) \
	FIELD(nmreq, nr_offset, 20, 4) \
	FIELD(nmreq, nr_memsize, 24, 4) \
	FIELD(nmreq, nr_tx_slots, 28, 4) \
	FIELD(nmreq, nr_rx_slots, 32, 4) \
	FIELD(nmreq, nr_tx_rings, 36, 2) \
	FIELD(nmreq, nr_rx_rings, 38, 2) \
	FIELD(nmreq, nr_ringid, 40, 2) \
	FIELD(nmreq, nr_cmd, 42, 2) \
	FIELD(nmreq, nr_arg1, 44, 2) \
	FIELD(nmreq, nr_arg2, 46, 2) \
	FIELD(nmreq, nr_arg3, 48, 4) \
	FIELD(nmreq, nr_flags, 52, 4) \
	FIELD(nmreq, spare2, 56, 4) \
	STRUCT(nm_ifreq, 272, 1) \
	FIELD(nm_ifreq, nifr_name, 0, 16) \
	FIELD(nm_ifreq, data, 16, 256) \
	STRUCT(nmreq_header, 88, 8) \
	FIELD(nmreq_header, nr_version, 0, 2) \
	FIELD(nmreq_header, nr_reqtype, 2, 2) \
	FIELD(nmreq_header, nr_reserved, 4, 4) \
	FIELD(nmreq_header, nr_name, 8, 64) \
	FIELD(nmreq_header, nr_options, 72, 8) \
	FIELD(nmreq_header, nr_body, 80, 8) \
	STRUCT(nmreq_register, 56, 8) \
	FIELD(nmreq_register, nr_offset, 0, 8) \
	FIELD(nmreq_register, nr_memsize, 8, 8) \
	FIELD(nmreq_register, nr_tx_slots, 16, 4) \
	FIELD(nmreq_register, nr_rx_slots, 20, 4) \
	FIELD(nmreq_register, nr_tx_rings, 24, 2) \
	FIELD(nmreq_register, nr_rx_rings, 26, 2) \
	FIELD(nmreq_register, nr_host_tx_rings, 28, 2) \
	FIELD(nmreq_register, nr_host_rx_rings, 30, 2) \
	FIELD(nmreq_register, nr_mem_id, 32, 2) \
	FIELD(nmreq_register, nr_ringid, 34, 2) \
	FIELD(nmreq_register, nr_mode, 36, 4) \
	FIELD(nmreq_register, nr_extra_bufs, 40, 4) \
	FIELD(nmreq_register, nr_flags, 48, 8) \
	STRUCT(nmreq_port_info_get, 32, 8) \
	FIELD(nmreq_port_info_get, nr_memsize, 0, 8) \
	FIELD(nmreq_port_info_get, nr_tx_slots, 8, 4) \
	FIELD(nmreq_port_info_get, nr_rx_slots, 12, 4) \
	FIELD(nmreq_port_info_get, nr_tx_rings, 16, 2) \
	FIELD(nmreq_port_info_get, nr_rx_rings, 18, 2) \
	FIELD(nmreq_port_info_get, nr_host_tx_rings, 20, 2) \
	FIELD(nmreq_port_info_get, nr_host_rx_rings, 22, 2) \
	FIELD(nmreq_port_info_get, nr_mem_id, 24, 2) \
	STRUCT(nmreq_vale_attach, 64, 8) \
	FIELD(nmreq_vale_attach, reg, 0, 56) \
	FIELD(nmreq_vale_attach, port_index, 56, 4) \
	STRUCT(nmreq_vale_detach, 8, 4) \
	FIELD(nmreq_vale_detach, port_index, 0, 4) \
	STRUCT(nmreq_vale_list, 8, 4) \
	FIELD(nmreq_vale_list, nr_bridge_idx, 0, 2) \
	FIELD(nmreq_vale_list, nr_port_idx, 4, 4) \
	STRUCT(nmreq_port_hdr, 8, 4) \
	FIELD(nmreq_port_hdr, nr_hdr_len, 0, 4) \
	STRUCT(nmreq_vale_newif, 16, 4) \
	FIELD(nmreq_vale_newif, nr_tx_slots, 0, 4) \
	FIELD(nmreq_vale_newif, nr_rx_slots, 4, 4) \
	FIELD(nmreq_vale_newif, nr_tx_rings, 8, 2) \
	FIELD(nmreq_vale_newif, nr_rx_rings, 10, 2) \
	FIELD(nmreq_vale_newif, nr_mem_id, 12, 2) \
	STRUCT(nmreq_vale_polling, 16, 4) \
	FIELD(nmreq_vale_polling, nr_mode, 0, 4) \
	FIELD(nmreq_vale_polling, nr_first_cpu_id, 4, 4) \
	FIELD(nmreq_vale_polling, nr_num_polling_cpus, 8, 4) \
	STRUCT(nmreq_pools_info, 64, 8) \
	FIELD(nmreq_pools_info, nr_memsize, 0, 8) \
	FIELD(nmreq_pools_info, nr_mem_id, 8, 2) \
	FIELD(nmreq_pools_info, nr_if_pool_offset, 16, 8) \
	FIELD(nmreq_pools_info, nr_if_pool_objtotal, 24, 4) \
	FIELD(nmreq_pools_info, nr_if_pool_objsize, 28, 4) \
	FIELD(nmreq_pools_info, nr_ring_pool_offset, 32, 8) \
	FIELD(nmreq_pools_info, nr_ring_pool_objtotal, 40, 4) \
	FIELD(nmreq_pools_info, nr_ring_pool_objsize, 44, 4) \
	FIELD(nmreq_pools_info, nr_buf_pool_offset, 48, 8) \
	FIELD(nmreq_pools_info, nr_buf_pool_objtotal, 56, 4) \
	FIELD(nmreq_pools_info, nr_buf_pool_objsize, 60, 4) \
	STRUCT(nmreq_sync_kloop_start, 8, 4) \
	FIELD(nmreq_sync_kloop_start, sleep_us, 0, 4) \
	STRUCT(nmreq_option, 24, 8) \
	FIELD(nmreq_option, nro_next, 0, 8) \
	FIELD(nmreq_option, nro_reqtype, 8, 4) \
	FIELD(nmreq_option, nro_status, 12, 4) \
	FIELD(nmreq_option, nro_size, 16, 8) \
	STRUCT(nmreq_opt_extmem, 96, 8) \
	FIELD(nmreq_opt_extmem, nro_opt, 0, 24) \
	FIELD(nmreq_opt_extmem, nro_usrptr, 24, 8) \
	FIELD(nmreq_opt_extmem, nro_info, 32, 64) \
	STRUCT(nmreq_opt_sync_kloop_eventfds, 24, 8) \
	FIELD(nmreq_opt_sync_kloop_eventfds, nro_opt, 0, 24) \
	FIELD(nmreq_opt_sync_kloop_eventfds, eventfds, 24, 0) \
	STRUCT(nmreq_opt_csb, 40, 8) \
	FIELD(nmreq_opt_csb, nro_opt, 0, 24) \
	FIELD(nmreq_opt_csb, csb_atok, 24, 8) \
	FIELD(nmreq_opt_csb, csb_ktoa, 32, 8) \
	STRUCT(nmreq_opt_sync_kloop_mode, 32, 8) \
	FIELD(nmreq_opt_sync_kloop_mode, nro_opt, 0, 24) \
	FIELD(nmreq_opt_sync_kloop_mode, mode, 24, 4) \
	STRUCT(nmreq_opt_offsets, 56, 8) \
	FIELD(nmreq_opt_offsets, nro_opt, 0, 24) \
	FIELD(nmreq_opt_offsets, nro_max_offset, 24, 8) \
	FIELD(nmreq_opt_offsets, nro_initial_offset, 32, 8) \
	FIELD(nmreq_opt_offsets, nro_offset_bits, 40, 4) \
	FIELD(nmreq_opt_offsets, nro_tx_align, 44, 4) \
	FIELD(nmreq_opt_offsets, nro_min_gap, 48, 8) \
	STRUCT(nm_csb_atok, 64, 4) \
	FIELD(nm_csb_atok, head, 0, 4) \
	FIELD(nm_csb_atok, cur, 4, 4) \
	FIELD(nm_csb_atok, appl_need_kick, 8, 4) \
	FIELD(nm_csb_atok, sync_flags, 12, 4) \
	STRUCT(nm_csb_ktoa, 64, 4) \
	FIELD(nm_csb_ktoa, hwcur, 0, 4) \
	FIELD(nm_csb_ktoa, hwtail, 4, 4) \
	FIELD(nm_csb_ktoa, kern_need_kick, 8, 4) \
	STRUCT(netmap_slot, 16, 8) \
	FIELD(netmap_slot, buf_idx, 0, 4) \
	FIELD(netmap_slot, len, 4, 2) \
	FIELD(netmap_slot, flags, 6, 2) \
	FIELD(netmap_slot, ptr, 8, 8) \
	STRUCT(netmap_ring, 256, 128) \
	FIELD(netmap_ring, buf_ofs, 0, 8) \
	FIELD(netmap_ring, num_slots, 8, 4) \
	FIELD(netmap_ring, nr_buf_size, 12, 4) \
	FIELD(netmap_ring, ringid, 16, 2) \
	FIELD(netmap_ring, dir, 18, 2) \
	FIELD(netmap_ring, head, 20, 4) \
	FIELD(netmap_ring, cur, 24, 4) \
	FIELD(netmap_ring, tail, 28, 4) \
	FIELD(netmap_ring, flags, 32, 4) \
	FIELD(netmap_ring, ts, 40, 16) \
	FIELD(netmap_ring, offset_mask, 56, 8) \
	FIELD(netmap_ring, buf_align, 64, 8) \
	FIELD(netmap_ring, sem, 128, 128) \
	FIELD(netmap_ring, slot, 256, 0) \
	STRUCT(netmap_if, 56, 8) \
	FIELD(netmap_if, ni_name, 0, 16) \
	FIELD(netmap_if, ni_version, 16, 4) \
	FIELD(netmap_if, ni_flags, 20, 4) \
	FIELD(netmap_if, ni_tx_rings, 24, 4) \
	FIELD(netmap_if, ni_rx_rings, 28, 4) \
	FIELD(netmap_if, ni_bufs_head, 32, 4) \
	FIELD(netmap_if, ni_host_tx_rings, 36, 4) \
	FIELD(netmap_if, ni_host_rx_rings, 40, 4) \
	FIELD(netmap_if, ni_spare1, 44, 12) \
	FIELD(netmap_if, ring_ofs, 56, 0) \
	STRUCT(nm_pkthdr, 56, 8) \
	FIELD(nm_pkthdr, ts, 0, 16) \
	FIELD(nm_pkthdr, caplen, 16, 4) \
	FIELD(nm_pkthdr, len, 20, 4) \
	FIELD(nm_pkthdr, flags, 24, 8) \
	STRUCT(nm_desc, 760, 8) \
	FIELD(nm_desc, self, 0, 8) \
	FIELD(nm_desc, fd, 8, 4)

#define CONSTANTS \
	CONSTANT(NETMAP_API, 14) \
	CONSTANT(NETMAP_MIN_API, 14) \
	CONSTANT(NETMAP_MAX_API, 15) \
	CONSTANT(NETMAP_REQ_REGISTER, 1) \
	CONSTANT(NETMAP_REQ_PORT_INFO_GET, 2) \
	CONSTANT(NETMAP_REQ_VALE_ATTACH, 3) \
	CONSTANT(NETMAP_REQ_VALE_DETACH, 4) \
	CONSTANT(NETMAP_REQ_VALE_LIST, 5) \
	CONSTANT(NETMAP_REQ_PORT_HDR_SET, 6) \
	CONSTANT(NETMAP_REQ_PORT_HDR_GET, 7) \
	CONSTANT(NETMAP_REQ_VALE_NEWIF, 8) \
	CONSTANT(NETMAP_REQ_VALE_DELIF, 9) \
	CONSTANT(NETMAP_REQ_VALE_POLLING_ENABLE, 10) \
	CONSTANT(NETMAP_REQ_VALE_POLLING_DISABLE, 11) \
	CONSTANT(NETMAP_REQ_POOLS_INFO_GET, 12) \
	CONSTANT(NETMAP_REQ_SYNC_KLOOP_START, 13) \
	CONSTANT(NETMAP_REQ_SYNC_KLOOP_STOP, 14) \
	CONSTANT(NETMAP_REQ_CSB_ENABLE, 15) \
	CONSTANT(NETMAP_REQ_OPT_EXTMEM, 1) \
	CONSTANT(NETMAP_REQ_OPT_SYNC_KLOOP_EVENTFDS, 2) \
	CONSTANT(NETMAP_REQ_OPT_CSB, 3) \
	CONSTANT(NETMAP_REQ_OPT_SYNC_KLOOP_MODE, 4) \
	CONSTANT(NETMAP_REQ_OPT_OFFSETS, 5) \
	CONSTANT(NETMAP_REQ_OPT_MAX, 6) \
	CONSTANT(NR_REG_DEFAULT, 0) \
	CONSTANT(NR_REG_ALL_NIC, 1) \
	CONSTANT(NR_REG_SW, 2) \
	CONSTANT(NR_REG_NIC_SW, 3) \
	CONSTANT(NR_REG_ONE_NIC, 4) \
	CONSTANT(NR_REG_PIPE_MASTER, 5) \
	CONSTANT(NR_REG_PIPE_SLAVE, 6) \
	CONSTANT(NR_REG_NULL, 7) \
	CONSTANT(NR_REG_ONE_SW, 8) \
	CONSTANT(NR_REG_MASK, 0xf) \
	CONSTANT(NR_MONITOR_TX, 0x100) \
	CONSTANT(NR_MONITOR_RX, 0x200) \
	CONSTANT(NR_ZCOPY_MON, 0x400) \
	CONSTANT(NR_EXCLUSIVE, 0x800) \
	CONSTANT(NR_RX_RINGS_ONLY, 0x2000) \
	CONSTANT(NR_TX_RINGS_ONLY, 0x4000) \
	CONSTANT(NR_ACCEPT_VNET_HDR, 0x8000) \
	CONSTANT(NR_DO_RX_POLL, 0x10000) \
	CONSTANT(NR_NO_TX_POLL, 0x20000) \
	CONSTANT(NR_TIMESTAMP, 2) \
	CONSTANT(NR_FORWARD, 4) \
	CONSTANT(NS_BUF_CHANGED, 1) \
	CONSTANT(NS_REPORT, 2) \
	CONSTANT(NS_FORWARD, 4) \
	CONSTANT(NS_NO_LEARN, 8) \
	CONSTANT(NS_INDIRECT, 0x10) \
	CONSTANT(NS_MOREFRAG, 0x20) \
	CONSTANT(NS_TXMON, 0x40) \
	CONSTANT(NS_PORT_MASK, 0xff00) \
	CONSTANT(NS_PORT_SHIFT, 8) \
	CONSTANT(NI_PRIV_MEM, 1) \
	CONSTANT(NETMAP_MAX_FRAGS, 64) \
	CONSTANT(NETMAP_REQ_IFNAMSIZ, 64) \
	CONSTANT(IFNAMSIZ, 16) \
	CONSTANT(NETMAP_REQ_MAXSIZE, 4096) \
	CONSTANT(NM_CACHE_ALIGN, 128) \
	CONSTANT(NM_IFRDATA_LEN, 256) \
	CONSTANT(NM_ERRBUF_SIZE, 512) \
	CONSTANT(NETMAP_POLLING_MODE_SINGLE_CPU, 1) \
	CONSTANT(NETMAP_POLLING_MODE_MULTI_CPU, 2) \
	CONSTANT(NM_OPT_SYNC_KLOOP_DIRECT_TX, 1) \
	CONSTANT(NM_OPT_SYNC_KLOOP_DIRECT_RX, 2) \
	CONSTANT(NETMAP_HW_RING, 0x4000) \
	CONSTANT(NETMAP_SW_RING, 0x2000) \
	CONSTANT(NETMAP_RING_MASK, 0xfff) \
	CONSTANT(NETMAP_NO_TX_POLL, 0x1000) \
	CONSTANT(NETMAP_DO_RX_POLL, 0x8000) \
	CONSTANT(NETMAP_BDG_ATTACH, 1) \
	CONSTANT(NETMAP_BDG_DETACH, 2) \
	CONSTANT(NETMAP_BDG_REGOPS, 3) \
	CONSTANT(NETMAP_BDG_LIST, 4) \
	CONSTANT(NETMAP_BDG_VNET_HDR, 5) \
	CONSTANT(NETMAP_BDG_NEWIF, 6) \
	CONSTANT(NETMAP_BDG_DELIF, 7) \
	CONSTANT(NETMAP_PT_HOST_CREATE, 8) \
	CONSTANT(NETMAP_PT_HOST_DELETE, 9) \
	CONSTANT(NETMAP_BDG_POLLING_ON, 10) \
	CONSTANT(NETMAP_BDG_POLLING_OFF, 11) \
	CONSTANT(NETMAP_VNET_HDR_GET, 12) \
	CONSTANT(NETMAP_BDG_HOST, 1) \
	CONSTANT(NM_OPEN_NO_MMAP, 0x40000) \
	CONSTANT(NM_OPEN_IFNAME, 0x80000) \
	CONSTANT(NM_OPEN_ARG1, 0x100000) \
	CONSTANT(NM_OPEN_ARG2, 0x200000) \
	CONSTANT(NM_OPEN_ARG3, 0x400000) \
	CONSTANT(NM_OPEN_RING_CFG, 0x800000) \
	CONSTANT(NM_MORE_PKTS, 1) \
	CONSTANT(NIOCGINFO, 0xc03c6991) \
	CONSTANT(NIOCREGIF, 0xc03c6992) \
	CONSTANT(NIOCTXSYNC, 0x00006994) \
	CONSTANT(NIOCRXSYNC, 0x00006995) \
	CONSTANT(NIOCCONFIG, 0xc1106996) \
	CONSTANT(NIOCCTRL, 0xc0586997)

#define STRUCT(s, size, align) \
	_Static_assert(sizeof(struct s) == (size), "size of " #s); \
	_Static_assert(_Alignof(struct s) == (align), "alignment of " #s);
#define FIELD(s, f, offset, size) \
	_Static_assert(offsetof(struct s, f) == (offset), "offset of " #s "." #f); \
	_Static_assert(sizeof(((struct s *)0)->f) == (size), "size of " #s "." #f);
#define CONSTANT(name, value) \
	_Static_assert((unsigned long)(name) == (value), #name);
LAYOUT
CONSTANTS
#undef STRUCT
#undef FIELD
#undef CONSTANT

#define STRUCT(s, size, align) \
	printf("sizeof(%s) %zu\n", #s, sizeof(struct s)); \
	printf("alignof(%s) %zu\n", #s, _Alignof(struct s));
#define FIELD(s, f, offset, size) \
	printf("%s.%s %zu\n", #s, #f, offsetof(struct s, f)); \
	printf("sizeof(%s.%s) %zu\n", #s, #f, sizeof(((struct s *)0)->f));
#define CONSTANT(name, value) \
	printf("%s %lu\n", #name, (unsigned long)(name));

int
main(void)
{
	LAYOUT
	CONSTANTS
	return 0;
}
