/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * regcheck: one REGISTER with the given numbers, and everything that came of it as key=value.
 *
 *	regcheck -i NAME [-d DEVICE] [-M MODE] [-R RINGID] [-f FLAGS] [-s TXSLOTS[,RXSLOTS]] [-r TXRINGS[,RXRINGS]]
 *	    [-H HOSTTX[,HOSTRX]] [-m MEMID] [-x EXTRA] [-V VERSION] [-L] [-k SECONDS]
 *
 * NAME goes to the server as it is (no netmap: in front). Numbers may be hexadecimal. -L uses NIOCREGIF: MODE and FLAGS
 * then make nr_flags, EXTRA nr_arg3, MEMID nr_arg2. -k keeps the binding for so long after printing. The extra buffers
 * of the list are printed up to 64. Exit 0; 1 and errno=NAME if it was refused; 2 usage.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/port.h"
#include "common/util.h"

#define EXTRA_SHOWN	64

struct request {
	const char *device, *name;
	uint64_t version, mode, ring, flags, mem_id, extra, keep_ns;
	uint64_t slots[2], rings[2], host[2];
	int legacy;
};

static void
show(const char *key, uint64_t value)
{
	printf("%s=%" PRIu64 "\n", key, value);
}

/* "A" or "A,B" into two numbers; one alone stands for both. */
static void
pair(const char *option, char *text, uint64_t out[2])
{
	char *comma = strchr(text, ',');

	if (comma != NULL)
		*comma = '\0';
	out[0] = out[1] = number_or_exit(option, text, 0, UINT32_MAX);
	if (comma != NULL)
		out[1] = number_or_exit(option, comma + 1, 0, UINT32_MAX);
}

static int
parse(struct request *r, int argc, char **argv)
{
	int letter;

	*r = (struct request){ .device = port_device(), .version = NETMAP_API, .mode = NR_REG_ALL_NIC };
	while ((letter = getopt(argc, argv, "i:d:M:R:f:s:r:H:m:x:V:Lk:")) != -1) {
		switch (letter) {
		case 'i': r->name = optarg; break;
		case 'd': r->device = optarg; break;
		case 'M': r->mode = number_or_exit("-M", optarg, 0, UINT32_MAX); break;
		case 'R': r->ring = number_or_exit("-R", optarg, 0, UINT16_MAX); break;
		case 'f': r->flags = number_or_exit("-f", optarg, 0, UINT64_MAX); break;
		case 's': pair("-s", optarg, r->slots); break;
		case 'r': pair("-r", optarg, r->rings); break;
		case 'H': pair("-H", optarg, r->host); break;
		case 'm': r->mem_id = number_or_exit("-m", optarg, 0, UINT16_MAX); break;
		case 'x': r->extra = number_or_exit("-x", optarg, 0, UINT32_MAX); break;
		case 'V': r->version = number_or_exit("-V", optarg, 0, UINT32_MAX); break;
		case 'L': r->legacy = 1; break;
		case 'k': r->keep_ns = seconds_or_exit("-k", optarg); break;
		default: return -1;
		}
	}
	return r->name != NULL && optind == argc ? 0 : -1;
}

static int
register_new(const struct request *r, struct port *port)
{
	struct nmreq_register *g = &port->reg;
	struct nmreq_header header = { .nr_version = (uint16_t)r->version, .nr_reqtype = NETMAP_REQ_REGISTER,
	    .nr_body = (uintptr_t)g };

	*g = (struct nmreq_register){ .nr_mode = (uint32_t)r->mode, .nr_ringid = (uint16_t)r->ring,
	    .nr_flags = r->flags, .nr_mem_id = (uint16_t)r->mem_id, .nr_extra_bufs = (uint32_t)r->extra,
	    .nr_tx_slots = (uint32_t)r->slots[0], .nr_rx_slots = (uint32_t)r->slots[1],
	    .nr_tx_rings = (uint16_t)r->rings[0], .nr_rx_rings = (uint16_t)r->rings[1],
	    .nr_host_tx_rings = (uint16_t)r->host[0], .nr_host_rx_rings = (uint16_t)r->host[1] };
	memcpy(header.nr_name, port->name, sizeof(header.nr_name));
	if (ioctl(port->fd, NIOCCTRL, &header) != 0)
		return -1;
	show("nr_reserved", header.nr_reserved);
	return 0;
}

static int
register_legacy(const struct request *r, struct port *port)
{
	struct nmreq q = { .nr_version = (uint32_t)r->version, .nr_ringid = (uint16_t)r->ring,
	    .nr_flags = (uint32_t)(r->mode | r->flags), .nr_arg2 = (uint16_t)r->mem_id, .nr_arg3 = (uint32_t)r->extra,
	    .nr_tx_slots = (uint32_t)r->slots[0], .nr_rx_slots = (uint32_t)r->slots[1],
	    .nr_tx_rings = (uint16_t)r->rings[0], .nr_rx_rings = (uint16_t)r->rings[1] };
	struct nmreq_register *g = &port->reg;

	memcpy(q.nr_name, port->name, sizeof(q.nr_name));
	if (ioctl(port->fd, NIOCREGIF, &q) != 0)
		return -1;
	*g = (struct nmreq_register){ .nr_offset = q.nr_offset, .nr_memsize = q.nr_memsize, .nr_mem_id = q.nr_arg2,
	    .nr_extra_bufs = q.nr_arg3, .nr_tx_slots = q.nr_tx_slots, .nr_rx_slots = q.nr_rx_slots,
	    .nr_tx_rings = q.nr_tx_rings, .nr_rx_rings = q.nr_rx_rings, .nr_ringid = q.nr_ringid,
	    .nr_flags = q.nr_flags };
	printf("nr_name=%.*s\n", IFNAMSIZ, q.nr_name);
	show("nr_cmd", q.nr_cmd);
	show("nr_arg1", q.nr_arg1);
	show("nr_version", q.nr_version);
	return 0;
}

static void
show_answer(const struct nmreq_register *g)
{
	show("nr_offset", g->nr_offset);
	show("nr_memsize", g->nr_memsize);
	show("nr_tx_slots", g->nr_tx_slots);
	show("nr_rx_slots", g->nr_rx_slots);
	show("nr_tx_rings", g->nr_tx_rings);
	show("nr_rx_rings", g->nr_rx_rings);
	show("nr_host_tx_rings", g->nr_host_tx_rings);
	show("nr_host_rx_rings", g->nr_host_rx_rings);
	show("nr_mem_id", g->nr_mem_id);
	show("nr_ringid", g->nr_ringid);
	show("nr_mode", g->nr_mode);
	show("nr_extra_bufs", g->nr_extra_bufs);
	show("nr_flags", g->nr_flags);
}

static void
show_interface(const struct netmap_if *nifp)
{
	uint32_t n = nifp->ni_tx_rings + nifp->ni_host_tx_rings + nifp->ni_rx_rings + nifp->ni_host_rx_rings, i;

	printf("ni_name=%.*s\n", IFNAMSIZ, nifp->ni_name);
	show("ni_version", nifp->ni_version);
	show("ni_flags", nifp->ni_flags);
	show("ni_tx_rings", nifp->ni_tx_rings);
	show("ni_rx_rings", nifp->ni_rx_rings);
	show("ni_host_tx_rings", nifp->ni_host_tx_rings);
	show("ni_host_rx_rings", nifp->ni_host_rx_rings);
	show("ni_bufs_head", nifp->ni_bufs_head);
	printf("ring_ofs=");
	for (i = 0; i < n; i++)
		printf("%s%zd", i ? "," : "", nifp->ring_ofs[i]);
	printf("\n");
}

static void
show_ring(const char *kind, unsigned int i, const struct port *port, const struct netmap_ring *ring)
{
	uint32_t last = ring->num_slots - 1;

	printf("%s%u.at=%td\n", kind, i, (const char *)ring - port->mem);
	printf("%s%u.buf_ofs=%" PRId64 "\n", kind, i, ring->buf_ofs);
	printf("%s%u.num_slots=%u\n", kind, i, ring->num_slots);
	printf("%s%u.nr_buf_size=%u\n", kind, i, ring->nr_buf_size);
	printf("%s%u.ringid=%u\n", kind, i, ring->ringid);
	printf("%s%u.dir=%u\n", kind, i, ring->dir);
	printf("%s%u.head=%u\n", kind, i, ring->head);
	printf("%s%u.cur=%u\n", kind, i, ring->cur);
	printf("%s%u.tail=%u\n", kind, i, ring->tail);
	printf("%s%u.flags=%u\n", kind, i, ring->flags);
	printf("%s%u.offset_mask=%" PRIu64 "\n", kind, i, ring->offset_mask);
	printf("%s%u.first_buf=%u\n", kind, i, ring->slot[0].buf_idx);
	printf("%s%u.last_buf=%u\n", kind, i, ring->slot[last].buf_idx);
	printf("%s%u.first_len=%u\n", kind, i, ring->slot[0].len);
	printf("%s%u.first_flags=%u\n", kind, i, ring->slot[0].flags);
}

/* Any bound ring leads to the buffers; without one the list cannot be walked. */
static void
show_extra(const struct port *port)
{
	const struct netmap_ring *ring = port->tx_rings ? port->tx[0] : port->rx_rings ? port->rx[0] : NULL;
	uint32_t index = port->nifp->ni_bufs_head, n = 0;

	printf("extra=");
	while (index != 0 && ring != NULL && n < EXTRA_SHOWN) {
		printf("%s%u", n++ ? "," : "", index);
		memcpy(&index, NETMAP_BUF(ring, index), sizeof(index));
	}
	printf("%s0\n", n ? "," : "");
}

int
main(int argc, char **argv)
{
	static struct port port;
	struct request r;
	unsigned int i;

	if (parse(&r, argc, argv) != 0) {
		fprintf(stderr, "regcheck -i NAME [-d DEVICE] [-M MODE] [-R RINGID] [-f FLAGS] [-s TX[,RX]] [-r TX[,RX]]\n"
		    "    [-H TX[,RX]] [-m MEMID] [-x EXTRA] [-V VERSION] [-L] [-k SECONDS]\n");
		return EXIT_USAGE;
	}
	stop_on_signals();
	strncpy(port.name, r.name, sizeof(port.name) - 1);
	port.fd = open(r.device, O_RDWR | O_CLOEXEC);
	if (port.fd < 0 || (r.legacy ? register_legacy(&r, &port) : register_new(&r, &port)) != 0) {
		printf("errno=%s\n", strerrorname_np(errno));
		return 1;
	}
	show_answer(&port.reg);
	if (port_map(&port) != 0)
		return 1;
	show_interface(port.nifp);
	show("bound_tx", port.tx_rings);
	show("bound_rx", port.rx_rings);
	for (i = 0; i < port.tx_rings; i++)
		show_ring("tx", i, &port, port.tx[i]);
	for (i = 0; i < port.rx_rings; i++)
		show_ring("rx", i, &port, port.rx[i]);
	show_extra(&port);
	fflush(stdout);
	sleep_ns(r.keep_ns);
	port_close(&port);
	return 0;
}
