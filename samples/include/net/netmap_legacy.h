/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * The requests that came before NIOCCTRL: one flat structure for everything, names of at most 15 characters.
 * <net/netmap.h> includes this file.
 */
#ifndef _NET_NETMAP_LEGACY_H_
#define _NET_NETMAP_LEGACY_H_

#include <stdint.h>
#include <sys/ioctl.h>

#ifndef IFNAMSIZ
#include <net/if.h>
#endif
#ifndef IFNAMSIZ
#define IFNAMSIZ	16
#endif

struct nmreq {
	char		nr_name[IFNAMSIZ];	/* (i) */
	uint32_t	nr_version;	/* (i) NETMAP_API */
	uint32_t	nr_offset;	/* (o) of the netmap_if in the region */
	uint32_t	nr_memsize;	/* (o) bytes to map */
	uint32_t	nr_tx_slots;	/* (io) */
	uint32_t	nr_rx_slots;
	uint16_t	nr_tx_rings;
	uint16_t	nr_rx_rings;
	uint16_t	nr_ringid;	/* (i) ring number and the bits below */
	uint16_t	nr_cmd;		/* (i) 0 or a command below */
	uint16_t	nr_arg1;	/* meaning depends on the command */
	uint16_t	nr_arg2;	/* (io) region */
	uint32_t	nr_arg3;	/* (io) extra buffers */
	uint32_t	nr_flags;	/* (i) NR_REG_* and flags */
	uint32_t	spare2[1];
};

/* nr_ringid */
#define NETMAP_HW_RING		0x4000	/* one NIC ring */
#define NETMAP_SW_RING		0x2000	/* the host rings */
#define NETMAP_RING_MASK	0x0fff	/* the number */
#define NETMAP_NO_TX_POLL	0x1000
#define NETMAP_DO_RX_POLL	0x8000

/* nr_cmd */
#define NETMAP_BDG_ATTACH	1
#define NETMAP_BDG_DETACH	2
#define NETMAP_BDG_REGOPS	3
#define NETMAP_BDG_LIST		4	/* with NIOCGINFO */
#define NETMAP_BDG_VNET_HDR	5
#define NETMAP_BDG_NEWIF	6
#define NETMAP_BDG_DELIF	7
#define NETMAP_PT_HOST_CREATE	8
#define NETMAP_PT_HOST_DELETE	9
#define NETMAP_BDG_POLLING_ON	10
#define NETMAP_BDG_POLLING_OFF	11
#define NETMAP_VNET_HDR_GET	12

/* nr_arg1 of NETMAP_BDG_ATTACH: the host rings as well */
#define NETMAP_BDG_HOST		1

#define NIOCGINFO	_IOWR('i', 145, struct nmreq)
#define NIOCREGIF	_IOWR('i', 146, struct nmreq)

#endif /* _NET_NETMAP_LEGACY_H_ */
