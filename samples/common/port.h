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

#endif
