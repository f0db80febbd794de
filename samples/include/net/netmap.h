/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * What a program and /dev/netmap say to each other: the structures in the shared memory, the requests, their options
 * and all constants. Names, values and layouts are those of netmap API 14/15 on 64-bit Linux; the text is our own.
 *
 *   region = [ netmap_if objects ][ netmap_ring objects ][ buffers ]
 *
 *   region + nr_offset                     the netmap_if of this descriptor
 *   netmap_if + ring_ofs[i]                a ring (0: this descriptor has not bound it)
 *   ring + buf_ofs + k * nr_buf_size       buffer number k
 *
 * Comments mark who sets a field: (i) the caller, (o) the server, (io) both, (u) the program at run time,
 * (k) the server at run time.
 */
#ifndef _NET_NETMAP_H_
#define _NET_NETMAP_H_

#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <sys/types.h>

#ifndef IFNAMSIZ
#include <net/if.h>
#endif
#ifndef IFNAMSIZ
#define IFNAMSIZ	16
#endif

#define NETMAP_API		14	/* what a program puts into nr_version */
#define NETMAP_MIN_API		14	/* the oldest version a server takes */
#define NETMAP_MAX_API		15	/* the newest one */

#define NM_CACHE_ALIGN		128	/* alignment a compiler may assume for a ring */
#define NETMAP_MAX_FRAGS	64	/* longest chain of NS_MOREFRAG slots */

/*
 * One packet buffer in a ring.
 */
struct netmap_slot {
	uint32_t	buf_idx;	/* number of the buffer, 0 and 1 are never handed out */
	uint16_t	len;		/* bytes in this buffer, not in the whole packet */
	uint16_t	flags;		/* NS_* */
	uint64_t	ptr;		/* NS_INDIRECT: address of the data; else offset or free for the program */
};

#define NS_BUF_CHANGED	0x0001	/* the program has put another buf_idx here */
#define NS_REPORT	0x0002	/* ask for a completion notice of this slot */
#define NS_FORWARD	0x0004	/* pass this packet on between NIC and host stack (NR_FORWARD) */
#define NS_NO_LEARN	0x0008	/* the switch should not learn the source address */
#define NS_INDIRECT	0x0010	/* data is at ptr, not in the buffer; transmit rings of a switch port only */
#define NS_MOREFRAG	0x0020	/* the packet goes on in the next slot */
#define NS_TXMON	0x0040	/* a monitor's way to tell transmitted packets from received ones */

#define NS_PORT_SHIFT	8
#define NS_PORT_MASK	(0xff << NS_PORT_SHIFT)

/* Slots of a received packet, the same number in each of its slots. */
#define NS_RFRAGS(_slot)	(((_slot)->flags >> 8) & 0xff)

/*
 * A circular queue of slots. One slot always stays empty, num_slots need not be a power of two.
 *
 *   head..tail-1 belong to the program, tail..head-1 to the server
 *   cur          poll sleeps until tail has moved past it; head <= cur <= tail, circularly
 */
struct netmap_ring {
	const int64_t	buf_ofs;	/* from this ring to buffer 0 */
	const uint32_t	num_slots;
	const uint32_t	nr_buf_size;
	const uint16_t	ringid;		/* number in its direction, host rings after the NIC rings */
	const uint16_t	dir;		/* 1 transmit, 0 receive */

	uint32_t	head;		/* (u) first slot of the program */
	uint32_t	cur;		/* (u) wake-up point */
	uint32_t	tail;		/* (k) first slot of the server; programs only read it */

	uint32_t	flags;		/* (u) NR_TIMESTAMP, NR_FORWARD */
	struct timeval	ts;		/* (k) time of the last receive sync */

	const uint64_t	offset_mask;	/* bits of slot.ptr that hold a packet's offset in its buffer */
	const uint64_t	buf_align;	/* alignment the port asks of offsets, 0 for none */

	uint8_t		sem[128] __attribute__((aligned(NM_CACHE_ALIGN)));	/* (u) free for the program */

	struct netmap_slot slot[0];	/* num_slots of them */
};

#define NR_TIMESTAMP	0x0002	/* keep ts up to date whatever the server's default */
#define NR_FORWARD	0x0004	/* NS_FORWARD packets of this ring go to the other side, NIC or host stack */

/*
 * What one descriptor has bound. ring_ofs holds the NIC transmit rings, the host transmit rings, the NIC receive rings
 * and the host receive rings; the host counts are at least 1 here even if the port has no host rings.
 */
struct netmap_if {
	char		ni_name[IFNAMSIZ];
	const uint32_t	ni_version;
	const uint32_t	ni_flags;	/* NI_* */
	const uint32_t	ni_tx_rings;	/* NIC rings of the port, not of this binding */
	const uint32_t	ni_rx_rings;
	uint32_t	ni_bufs_head;	/* (u) first extra buffer; each starts with the number of the next, 0 ends */
	const uint32_t	ni_host_tx_rings;
	const uint32_t	ni_host_rx_rings;
	uint32_t	ni_spare1[3];
	const ssize_t	ring_ofs[0];
};

#define NI_PRIV_MEM	0x1	/* the region is not the global one */

/*
 * Requests. NIOCCTRL takes a header; the header points to a body, whose type nr_reqtype tells, and to a list of options.
 */
#define NETMAP_REQ_IFNAMSIZ	64

#define NM_BDG_NAME	"vale"	/* how the names of switches begin */

struct nmreq_header {
	uint16_t	nr_version;	/* (i) NETMAP_API */
	uint16_t	nr_reqtype;	/* (i) NETMAP_REQ_* */
	uint32_t	nr_reserved;	/* (i) 0 */
	char		nr_name[NETMAP_REQ_IFNAMSIZ];	/* (i) port; (o) for VALE_LIST */
	uint64_t	nr_options;	/* (i) address of the first struct nmreq_option, or 0 */
	uint64_t	nr_body;	/* (i) address of the body, or 0 for requests without */
};

enum {
	NETMAP_REQ_REGISTER = 1,	/* bind a descriptor to a port */
	NETMAP_REQ_PORT_INFO_GET,	/* rings, slots, region of a port */
	NETMAP_REQ_VALE_ATTACH,		/* connect an interface to a switch */
	NETMAP_REQ_VALE_DETACH,
	NETMAP_REQ_VALE_LIST,		/* look up a port of a switch, or walk through all */
	NETMAP_REQ_PORT_HDR_SET,	/* length of the virtio-net header of a port */
	NETMAP_REQ_PORT_HDR_GET,
	NETMAP_REQ_VALE_NEWIF,		/* create a persistent port */
	NETMAP_REQ_VALE_DELIF,
	NETMAP_REQ_VALE_POLLING_ENABLE,
	NETMAP_REQ_VALE_POLLING_DISABLE,
	NETMAP_REQ_POOLS_INFO_GET,	/* the pools of a region */
	NETMAP_REQ_SYNC_KLOOP_START,	/* let the server sync in a loop; blocks until STOP */
	NETMAP_REQ_SYNC_KLOOP_STOP,
	NETMAP_REQ_CSB_ENABLE,		/* exchange head, cur and tail in the program's own memory */
};

enum {
	NETMAP_REQ_OPT_EXTMEM = 1,
	NETMAP_REQ_OPT_SYNC_KLOOP_EVENTFDS,
	NETMAP_REQ_OPT_CSB,
	NETMAP_REQ_OPT_SYNC_KLOOP_MODE,
	NETMAP_REQ_OPT_OFFSETS,
	NETMAP_REQ_OPT_MAX,		/* not a type: the first number without meaning */
};

#define NETMAP_REQ_MAXSIZE	4096	/* most bytes a body and its options may have together */

struct nmreq_option {
	uint64_t	nro_next;	/* (i) address of the next option, or 0 */
	uint32_t	nro_reqtype;	/* (i) NETMAP_REQ_OPT_* */
	uint32_t	nro_status;	/* (o) 0, or the errno of this option */
	uint64_t	nro_size;	/* (i) bytes of an option of variable length, this head included */
};

/* NETMAP_REQ_REGISTER */
struct nmreq_register {
	uint64_t	nr_offset;	/* (o) of the netmap_if in the region */
	uint64_t	nr_memsize;	/* (o) bytes to map */
	uint32_t	nr_tx_slots;	/* (io) wishes count only where the request creates the port */
	uint32_t	nr_rx_slots;
	uint16_t	nr_tx_rings;
	uint16_t	nr_rx_rings;
	uint16_t	nr_host_tx_rings;
	uint16_t	nr_host_rx_rings;
	uint16_t	nr_mem_id;	/* (io) region, 0 for the port's default */
	uint16_t	nr_ringid;	/* (i) for the modes that name one ring */
	uint32_t	nr_mode;	/* (i) NR_REG_* */
	uint32_t	nr_extra_bufs;	/* (io) buffers outside the rings */
	uint64_t	nr_flags;	/* (i) see below */
};

enum {
	NR_REG_DEFAULT = 0,		/* for the legacy request only */
	NR_REG_ALL_NIC = 1,
	NR_REG_SW = 2,			/* all host rings */
	NR_REG_NIC_SW = 3,
	NR_REG_ONE_NIC = 4,
	NR_REG_PIPE_MASTER = 5,		/* for the legacy request only */
	NR_REG_PIPE_SLAVE = 6,		/* for the legacy request only */
	NR_REG_NULL = 7,
	NR_REG_ONE_SW = 8,
};

#define NR_REG_MASK		0xf	/* the mode in the legacy nr_flags */

#define NR_MONITOR_TX		0x100
#define NR_MONITOR_RX		0x200
#define NR_ZCOPY_MON		0x400
#define NR_EXCLUSIVE		0x800	/* nobody else may bind the same rings */
#define NR_RX_RINGS_ONLY	0x2000
#define NR_TX_RINGS_ONLY	0x4000
#define NR_ACCEPT_VNET_HDR	0x8000	/* the program knows virtio-net headers */
#define NR_DO_RX_POLL		0x10000
#define NR_NO_TX_POLL		0x20000	/* poll pushes transmit rings only when asked for POLLOUT */

/* NETMAP_REQ_PORT_INFO_GET */
struct nmreq_port_info_get {
	uint64_t	nr_memsize;	/* (o) */
	uint32_t	nr_tx_slots;	/* (io) */
	uint32_t	nr_rx_slots;
	uint16_t	nr_tx_rings;
	uint16_t	nr_rx_rings;
	uint16_t	nr_host_tx_rings;
	uint16_t	nr_host_rx_rings;
	uint16_t	nr_mem_id;
	uint16_t	pad[3];
};

/* NETMAP_REQ_VALE_ATTACH */
struct nmreq_vale_attach {
	struct nmreq_register reg;	/* (i) only nr_mem_id, nr_mode and nr_ringid */
	uint32_t	port_index;	/* (o) */
	uint32_t	pad1;
};

/* NETMAP_REQ_VALE_DETACH */
struct nmreq_vale_detach {
	uint32_t	port_index;	/* (o) */
	uint32_t	pad1;
};

/* NETMAP_REQ_VALE_LIST */
struct nmreq_vale_list {
	uint16_t	nr_bridge_idx;	/* (io) number of the switch */
	uint16_t	pad1;
	uint32_t	nr_port_idx;	/* (io) number of the port in it */
};

/* NETMAP_REQ_PORT_HDR_SET, NETMAP_REQ_PORT_HDR_GET */
struct nmreq_port_hdr {
	uint32_t	nr_hdr_len;	/* 0, 10 or 12 */
	uint32_t	pad1;
};

/* NETMAP_REQ_VALE_NEWIF */
struct nmreq_vale_newif {
	uint32_t	nr_tx_slots;	/* (io) */
	uint32_t	nr_rx_slots;
	uint16_t	nr_tx_rings;
	uint16_t	nr_rx_rings;
	uint16_t	nr_mem_id;
	uint16_t	pad1;
};

/* NETMAP_REQ_VALE_POLLING_ENABLE, NETMAP_REQ_VALE_POLLING_DISABLE */
struct nmreq_vale_polling {
	uint32_t	nr_mode;	/* (i) NETMAP_POLLING_MODE_* */
	uint32_t	nr_first_cpu_id;
	uint32_t	nr_num_polling_cpus;
	uint32_t	pad1;
};

#define NETMAP_POLLING_MODE_SINGLE_CPU	1
#define NETMAP_POLLING_MODE_MULTI_CPU	2

/* NETMAP_REQ_POOLS_INFO_GET; also a part of the extmem option */
struct nmreq_pools_info {
	uint64_t	nr_memsize;	/* (o) */
	uint16_t	nr_mem_id;	/* (io) */
	uint16_t	pad1[3];
	uint64_t	nr_if_pool_offset;
	uint32_t	nr_if_pool_objtotal;
	uint32_t	nr_if_pool_objsize;
	uint64_t	nr_ring_pool_offset;
	uint32_t	nr_ring_pool_objtotal;
	uint32_t	nr_ring_pool_objsize;
	uint64_t	nr_buf_pool_offset;
	uint32_t	nr_buf_pool_objtotal;
	uint32_t	nr_buf_pool_objsize;
};

/* NETMAP_REQ_SYNC_KLOOP_START */
struct nmreq_sync_kloop_start {
	uint32_t	sleep_us;	/* (i) pause between rounds where no event descriptors are given */
	uint32_t	pad1;
};

/* NETMAP_REQ_OPT_EXTMEM: a mapping of the program becomes the region. */
struct nmreq_opt_extmem {
	struct nmreq_option nro_opt;
	uint64_t	nro_usrptr;	/* (i) start of the mapping */
	struct nmreq_pools_info nro_info;	/* (io) sizes wanted and got */
};

/* NETMAP_REQ_OPT_SYNC_KLOOP_EVENTFDS: all transmit rings, then all receive rings. */
struct nmreq_opt_sync_kloop_eventfds {
	struct nmreq_option nro_opt;	/* nro_size covers the array */
	struct {
		int32_t	ioeventfd;	/* the program wakes the loop */
		int32_t	irqfd;		/* the loop wakes the program */
	} eventfds[0];
};

/* NETMAP_REQ_OPT_SYNC_KLOOP_MODE */
struct nmreq_opt_sync_kloop_mode {
	struct nmreq_option nro_opt;
	uint32_t	mode;		/* (i) NM_OPT_SYNC_KLOOP_* */
};

#define NM_OPT_SYNC_KLOOP_DIRECT_TX	1
#define NM_OPT_SYNC_KLOOP_DIRECT_RX	2

/* NETMAP_REQ_OPT_CSB: two arrays in the program's memory, one entry per ring, transmit rings first. */
struct nmreq_opt_csb {
	struct nmreq_option nro_opt;
	uint64_t	csb_atok;	/* (i) struct nm_csb_atok[] */
	uint64_t	csb_ktoa;	/* (i) struct nm_csb_ktoa[] */
};

/* NETMAP_REQ_OPT_OFFSETS: packets start at an offset that each slot carries in its ptr. */
struct nmreq_opt_offsets {
	struct nmreq_option nro_opt;
	uint64_t	nro_max_offset;		/* (io) */
	uint64_t	nro_initial_offset;	/* (i) */
	uint32_t	nro_offset_bits;	/* (i) bits of ptr in use, 0 for all */
	uint32_t	nro_tx_align;
	uint64_t	nro_min_gap;		/* (i) */
};

struct nm_csb_atok {
	uint32_t	head;
	uint32_t	cur;
	uint32_t	appl_need_kick;	/* the program wants to be woken */
	uint32_t	sync_flags;
	uint32_t	pad[12];
};

struct nm_csb_ktoa {
	uint32_t	hwcur;
	uint32_t	hwtail;
	uint32_t	kern_need_kick;	/* the loop wants to be woken */
	uint32_t	pad[13];
};

/* NIOCCONFIG */
#define NM_IFRDATA_LEN	256

struct nm_ifreq {
	char	nifr_name[IFNAMSIZ];
	char	data[NM_IFRDATA_LEN];
};

#define NIOCTXSYNC	_IO('i', 148)
#define NIOCRXSYNC	_IO('i', 149)
#define NIOCCONFIG	_IOWR('i', 150, struct nm_ifreq)
#define NIOCCTRL	_IOWR('i', 151, struct nmreq_header)

#include <net/netmap_legacy.h>

/* The slot after slot i. */
static inline uint32_t
nm_ring_next(const struct netmap_ring *ring, uint32_t i)
{
	return i + 1 == ring->num_slots ? 0 : i + 1;
}

/*
 * Slots of the program: from head on, not from cur, which a program moves up to tail when it wants to sleep until there
 * are more slots than it has now.
 */
static inline uint32_t
nm_ring_space(const struct netmap_ring *ring)
{
	uint32_t head = ring->head, tail = ring->tail;

	return tail >= head ? tail - head : tail + ring->num_slots - head;
}

static inline int
nm_ring_empty(const struct netmap_ring *ring)
{
	return ring->head == ring->tail;
}

/* Whether a transmit ring has slots that the port has not finished with. */
static inline int
nm_tx_pending(const struct netmap_ring *ring)
{
	return nm_ring_next(ring, ring->tail) != ring->head;
}

/*
 * The two halves of a CSB exchange. Whoever reads, reads in the opposite order of writing, so that a head seen is never
 * newer than the cur seen with it, and a tail seen is never newer than the slots it covers.
 */
#define nm_stst_barrier()	__atomic_thread_fence(__ATOMIC_RELEASE)
#define nm_ldld_barrier()	__atomic_thread_fence(__ATOMIC_ACQUIRE)
#define nm_stld_barrier()	__atomic_thread_fence(__ATOMIC_SEQ_CST)

static inline void
nm_sync_kloop_appl_write(struct nm_csb_atok *atok, uint32_t cur, uint32_t head)
{
	__atomic_store_n(&atok->cur, cur, __ATOMIC_RELAXED);
	nm_stst_barrier();
	__atomic_store_n(&atok->head, head, __ATOMIC_RELAXED);
}

static inline void
nm_sync_kloop_appl_read(struct nm_csb_ktoa *ktoa, uint32_t *hwtail, uint32_t *hwcur)
{
	*hwtail = __atomic_load_n(&ktoa->hwtail, __ATOMIC_RELAXED);
	nm_ldld_barrier();
	*hwcur = __atomic_load_n(&ktoa->hwcur, __ATOMIC_RELAXED);
}

#endif /* _NET_NETMAP_H_ */
