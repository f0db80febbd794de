/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * A descriptor bound to a port, by NIOCCTRL: parsing of the name, registration, mapping, ring pointers.
 */
#ifndef COMMON_PORT_H
#define COMMON_PORT_H

#include <net/netmap_user.h>

#define PORT_RINGS_MAX	512
#define PORT_ERROR_SIZE	256

struct port {
	int fd;
	char name[NETMAP_REQ_IFNAMSIZ];		/* as the server knows it, without prefix and suffixes */
	struct nmreq_register reg;		/* wishes before port_bind, answers after it */
	char *mem;
	struct netmap_if *nifp;
	unsigned int tx_rings, rx_rings;	/* bound ones only */
	struct netmap_ring *tx[PORT_RINGS_MAX];
	struct netmap_ring *rx[PORT_RINGS_MAX];
};

/* What a program wants beyond the name. */
struct port_wish {
	const char *device;	/* NULL: port_device() */
	uint32_t slots;		/* 0: default */
	uint16_t rings;		/* 0: default */
	uint32_t extra_bufs;
	uint64_t flags;		/* NR_*, added to those of the name */
	int ring;		/* bind only this ring where the name says "all", or -1 */
};

/* The device to open: the environment's NETMAP_DEVICE or /dev/netmap. */
const char *port_device(void);

/*
 * Understands
 *	("netmap:" NAME | "vale" ID ":" NAME) [ "{" ID | "}" ID ] [ "-" N | "*" | "^" [ N ] ] { "/" LETTERS | "@" MEMID }
 *	    [ "@conf:" KEY "=" N { "," KEY "=" N } ]
 * with LETTERS of xztrRT and KEYs rings, slots, host-rings, and these with tx- or rx- in front (host-tx-rings).
 * Returns 0, or -1 and a reason.
 */
int port_parse(const char *spec, char name[NETMAP_REQ_IFNAMSIZ], struct nmreq_register *reg,
    char why[PORT_ERROR_SIZE]);

/* One NIOCCTRL with a body and no options. */
int port_request(int fd, uint16_t type, char name[NETMAP_REQ_IFNAMSIZ], void *body);

/* port_open = device, port_parse, port_bind, port_map. Each returns 0, or -1 with the reason on standard error. */
int port_open(struct port *port, const char *spec, const struct port_wish *wish);
int port_bind(struct port *port);
int port_map(struct port *port);
void port_close(struct port *port);

/* "text: No such device (ENXIO)" on standard error. */
void complain(const char *subject, const char *what, int error);

/*
 * Rings and slots can have anything in them: whoever has the same region mapped can write there. So a program that has to survive
 * that keeps the numbers of slots that REGISTER told, reads each word once, and looks where a buffer lies before it goes there.
 */

/* The bytes of a slot, or NULL if they do not lie in what is mapped. */
static inline char *
port_buffer(const struct port *port, const struct netmap_ring *ring, const struct netmap_slot *slot, size_t length)
{
	uint64_t at = (uint64_t)((const char *)ring - port->mem) + (uint64_t)*(volatile const int64_t *)&ring->buf_ofs;

	at += (uint64_t)*(volatile const uint32_t *)&slot->buf_idx * *(volatile const uint32_t *)&ring->nr_buf_size;
	at += *(volatile const uint64_t *)&slot->ptr & *(volatile const uint64_t *)&ring->offset_mask;
	return at <= port->reg.nr_memsize && length <= port->reg.nr_memsize - at ? port->mem + at : NULL;
}

/* An index as it stands in a ring, or 0 if it is none. */
static inline uint32_t
port_index(const volatile uint32_t *index, uint32_t slots)
{
	uint32_t at = *index;

	return at < slots ? at : 0;
}

static inline uint32_t
port_next(uint32_t at, uint32_t slots)
{
	return at + 1 < slots ? at + 1 : 0;
}

/* Slots from one index to another. */
static inline uint32_t
port_distance(uint32_t from, uint32_t to, uint32_t slots)
{
	return to >= from ? to - from : to + slots - from;
}

#endif
