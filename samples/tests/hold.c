/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * Gets into a state, prints "ready", and stays in it until it is killed.
 *
 *	hold STATE [PORT]
 */
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/port.h"
#include "common/util.h"

#define EXTRA		20
#define RINGS_MAX	8
#define EXTMEM_SIZE	(16u << 20)

static void
fail(const char *what)
{
	printf("FAIL %s: %s\n", what, strerror(errno));
	exit(1);
}

static int
device(void)
{
	int fd = open(port_device(), O_RDWR);

	if (fd < 0)
		fail("open");
	return fd;
}

static struct port *
bound(const char *name, const struct port_wish *wish)
{
	struct port *port = calloc(1, sizeof(*port));

	if (port == NULL || port_open(port, name, wish) != 0)
		fail(name);
	return port;
}

static struct port *
bound_suffix(const char *name, const char *suffix, const struct port_wish *wish)
{
	char spec[NETMAP_REQ_IFNAMSIZ];

	snprintf(spec, sizeof(spec), "%s%s", name, suffix);
	return bound(spec, wish);
}

/* One NIOCCTRL, which has to succeed. */
static void
request(int fd, uint16_t type, const char *name, void *body, void *options)
{
	struct nmreq_header hdr = { .nr_version = NETMAP_API, .nr_reqtype = type };

	snprintf(hdr.nr_name, sizeof(hdr.nr_name), "%s", name);
	hdr.nr_body = (uintptr_t)body;
	hdr.nr_options = (uintptr_t)options;
	if (ioctl(fd, NIOCCTRL, &hdr) < 0)
		fail(name);
}

/* Fills a transmit ring with broadcasts and syncs. */
static void
send_some(struct port *port)
{
	struct netmap_ring *ring = port->tx[0];

	for (; !nm_ring_empty(ring); ring->head = ring->cur = nm_ring_next(ring, ring->head)) {
		struct netmap_slot *slot = &ring->slot[ring->head];
		char *data = NETMAP_BUF(ring, slot->buf_idx);

		memset(data, 0xff, 6);
		memset(data + 6, 2, 54);
		slot->len = 60;
	}
	if (ioctl(port->fd, NIOCTXSYNC, NULL) < 0)
		fail("NIOCTXSYNC");
}

/* Takes extra buffers: some go into rings in exchange, some are dropped from the list, the rest stays on it. */
static void
scatter_extra(const char *name)
{
	struct port_wish wish = { .extra_bufs = EXTRA, .ring = -1 };
	struct port *port = bound(name, &wish);
	struct netmap_ring *rings[2] = { port->tx[0], port->rx[0] };

	if (port->reg.nr_extra_bufs != EXTRA)
		fail("extra buffers");
	for (unsigned int i = 0; i < 8; i++) {
		struct netmap_ring *ring = rings[i % 2];
		uint32_t first = port->nifp->ni_bufs_head, old = ring->slot[i].buf_idx;
		uint32_t next = *(uint32_t *)(void *)NETMAP_BUF(ring, first);

		*(uint32_t *)(void *)NETMAP_BUF(ring, old) = next;
		port->nifp->ni_bufs_head = i % 4 == 3 ? next : old;
		ring->slot[i].buf_idx = first;
		ring->slot[i].flags |= NS_BUF_CHANGED;
	}
	send_some(port);
}

static void
with_offsets(const char *name)
{
	struct nmreq_register reg = { .nr_mode = NR_REG_ALL_NIC };
	struct nmreq_opt_offsets opt = { .nro_opt = { .nro_reqtype = NETMAP_REQ_OPT_OFFSETS, .nro_size = sizeof(opt) } };

	opt.nro_max_offset = 128;
	opt.nro_initial_offset = 64;
	request(device(), NETMAP_REQ_REGISTER, name, &reg, &opt);
}

static void
with_header(const char *name)
{
	struct port_wish wish = { .flags = NR_ACCEPT_VNET_HDR, .ring = -1 };
	struct port *port = bound(name, &wish);
	struct nmreq_port_hdr body = { .nr_hdr_len = 12 };

	request(port->fd, NETMAP_REQ_PORT_HDR_SET, name, &body, NULL);
}

/* A port in CSB mode. Returns its descriptor. */
static int
with_csb(const char *name)
{
	struct nmreq_register reg = { .nr_mode = NR_REG_ALL_NIC, .nr_flags = NR_EXCLUSIVE };
	struct nmreq_opt_csb opt = { .nro_opt = { .nro_reqtype = NETMAP_REQ_OPT_CSB, .nro_size = sizeof(opt) } };
	int fd = device();

	opt.csb_atok = (uintptr_t)aligned_alloc(64, RINGS_MAX * sizeof(struct nm_csb_atok));
	opt.csb_ktoa = (uintptr_t)aligned_alloc(64, RINGS_MAX * sizeof(struct nm_csb_ktoa));
	request(fd, NETMAP_REQ_REGISTER, name, &reg, &opt);
	return fd;
}

static int loop_fd;
static void *loop_options;

static void *
loop_main(void *unused)
{
	struct nmreq_sync_kloop_start body = { .sleep_us = loop_options ? 0 : 100 };

	(void)unused;
	request(loop_fd, NETMAP_REQ_SYNC_KLOOP_START, "", &body, loop_options);
	fail("the loop ended");
	return NULL;
}

/* A loop that runs: by timer, on event descriptors, or with these direct modes. */
static void
with_loop(const char *name, int events, uint32_t mode)
{
	static struct {
		struct nmreq_opt_sync_kloop_eventfds opt;
		struct { int32_t ioeventfd, irqfd; } fds[2];
	} e;
	static struct nmreq_opt_sync_kloop_mode m;
	pthread_t thread;

	loop_fd = with_csb(name);
	if (events) {
		e.opt.nro_opt.nro_reqtype = NETMAP_REQ_OPT_SYNC_KLOOP_EVENTFDS;
		e.opt.nro_opt.nro_size = sizeof(e);
		for (int i = 0; i < 2; i++) {
			e.fds[i].ioeventfd = eventfd(0, 0);
			e.fds[i].irqfd = eventfd(0, 0);
		}
		m.nro_opt.nro_reqtype = NETMAP_REQ_OPT_SYNC_KLOOP_MODE;
		m.nro_opt.nro_size = sizeof(m);
		m.nro_opt.nro_next = (uintptr_t)&e;
		m.mode = mode;
		loop_options = &m;
	}
	pthread_create(&thread, NULL, loop_main, NULL);
	usleep(100000);
}

static void
with_extmem(const char *name)
{
	struct nmreq_register reg = { .nr_mode = NR_REG_ALL_NIC, .nr_extra_bufs = 5 };
	struct nmreq_opt_extmem opt = { .nro_opt = { .nro_reqtype = NETMAP_REQ_OPT_EXTMEM, .nro_size = sizeof(opt) } };

	opt.nro_usrptr = (uintptr_t)mmap(NULL, EXTMEM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	opt.nro_info.nr_memsize = EXTMEM_SIZE;
	request(device(), NETMAP_REQ_REGISTER, name, &reg, &opt);
}

static void
with_null(void)
{
	struct nmreq_register reg = { .nr_mode = NR_REG_NULL, .nr_mem_id = 1, .nr_extra_bufs = EXTRA };

	request(device(), NETMAP_REQ_REGISTER, "null", &reg, NULL);
}

/* Two ports whose region is the same memory of ours, and a null port in it. */
static void
share_extmem(const char *name)
{
	struct nmreq_opt_extmem opt = { .nro_opt = { .nro_reqtype = NETMAP_REQ_OPT_EXTMEM, .nro_size = sizeof(opt) } };
	struct nmreq_register a = { .nr_mode = NR_REG_ALL_NIC }, b = a, null = { .nr_mode = NR_REG_NULL };
	char other[NETMAP_REQ_IFNAMSIZ];

	opt.nro_usrptr = (uintptr_t)mmap(NULL, EXTMEM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	opt.nro_info.nr_memsize = EXTMEM_SIZE;
	opt.nro_info.nr_if_pool_objtotal = 8;
	opt.nro_info.nr_ring_pool_objtotal = 16;
	snprintf(other, sizeof(other), "%s2", name);
	request(device(), NETMAP_REQ_REGISTER, name, &a, &opt);
	request(device(), NETMAP_REQ_REGISTER, other, &b, &opt);
	request(device(), NETMAP_REQ_REGISTER, "null", &null, &opt);
	if (a.nr_mem_id != b.nr_mem_id || a.nr_mem_id != null.nr_mem_id)
		fail("one region");
}

/* A port in the region of another. */
static void
share_region(const char *name)
{
	struct port *first = bound(name, NULL);
	struct nmreq_register reg = { .nr_mode = NR_REG_ALL_NIC, .nr_extra_bufs = EXTRA };
	char other[NETMAP_REQ_IFNAMSIZ];

	reg.nr_mem_id = first->reg.nr_mem_id;
	snprintf(other, sizeof(other), "%s2", name);
	request(device(), NETMAP_REQ_REGISTER, other, &reg, NULL);
	send_some(first);
}

/* By the old request, which older programs know. */
static void
with_legacy(const char *name)
{
	struct nmreq req = { .nr_version = 14, .nr_arg3 = EXTRA };

	snprintf(req.nr_name, sizeof(req.nr_name), "%s", name);
	if (ioctl(device(), NIOCREGIF, &req) < 0)
		fail("NIOCREGIF");
}

/* One direction each, exclusively, by two descriptors; and host rings by a third where there are some. */
static void
one_direction(const char *name)
{
	struct port_wish tx = { .flags = NR_TX_RINGS_ONLY | NR_EXCLUSIVE, .ring = -1 };
	struct port_wish rx = { .flags = NR_RX_RINGS_ONLY | NR_EXCLUSIVE, .ring = -1 };

	send_some(bound(name, &tx));
	bound(name, &rx);
}

/* Both ends of a pipe on the end of a pipe. */
static void
pipe_of_pipe(const char *name)
{
	for (int i = 0; i < 2; i++) {
		struct nmreq_register reg = { .nr_mode = NR_REG_ALL_NIC, .nr_extra_bufs = EXTRA };
		char end[NETMAP_REQ_IFNAMSIZ];

		snprintf(end, sizeof(end), "%s}1%c2", name, i == 0 ? '{' : '}');
		request(device(), NETMAP_REQ_REGISTER, end, &reg, NULL);
	}
}

/* Null ports with rings, which nothing ever drains. */
static void
with_null_rings(void)
{
	struct nmreq_register reg = { .nr_mode = NR_REG_NULL, .nr_mem_id = 1, .nr_tx_rings = 10, .nr_rx_rings = 5 };

	reg.nr_tx_slots = 256;
	reg.nr_rx_slots = 100;
	for (int i = 0; i < 2; i++) {
		struct nmreq_register one = reg;

		request(device(), NETMAP_REQ_REGISTER, "null", &one, NULL);
	}
}

static void
attach(int fd, const char *name, uint32_t mode)
{
	struct nmreq_vale_attach body = { .reg.nr_mode = mode };

	request(fd, NETMAP_REQ_VALE_ATTACH, name, &body, NULL);
}

/* A pipe on an interface, whose name wants a prefix. */
static struct port *
bound_pipe(const char *interface)
{
	char spec[NETMAP_REQ_IFNAMSIZ];

	snprintf(spec, sizeof(spec), "netmap:%s{1", interface);
	return bound(spec, NULL);
}

/* Requests that outlive the program; NAME is "valeX:interface". */
static int
lasting(const char *state, const char *name)
{
	const char *interface = strchr(name, ':') ? strchr(name, ':') + 1 : name;
	struct nmreq_vale_newif newif = { 0 };
	struct nmreq_vale_polling polling = { .nr_mode = NETMAP_POLLING_MODE_SINGLE_CPU, .nr_num_polling_cpus = 1 };
	int fd = device();

	if (!strncmp(state, "newif", 5)) {
		request(fd, NETMAP_REQ_VALE_NEWIF, interface, &newif, NULL);
		if (!strcmp(state, "newif-bound"))
			bound_suffix("netmap:", interface, NULL);
		if (!strcmp(state, "newif-attached") || !strcmp(state, "newif-attached-bound"))
			attach(fd, name, NR_REG_ALL_NIC);
		if (!strcmp(state, "newif-attached-bound"))
			send_some(bound(name, NULL));
		if (!strcmp(state, "newif-piped"))
			send_some(bound_pipe(interface));
		if (!strcmp(state, "newif-joined")) {
			char second[NETMAP_REQ_IFNAMSIZ], monitor[NETMAP_REQ_IFNAMSIZ];

			attach(fd, name, NR_REG_ALL_NIC);
			snprintf(second, sizeof(second), "vale8:%s", interface);
			attach(fd, second, NR_REG_ALL_NIC);
			snprintf(monitor, sizeof(monitor), "netmap:%s", interface);
			bound_suffix(monitor, "/rt", NULL);
			send_some(bound("vale8:x", NULL));
		}
	} else if (!strcmp(state, "attached"))
		attach(fd, name, NR_REG_ALL_NIC);
	else if (!strcmp(state, "attached-host"))
		attach(fd, name, NR_REG_NIC_SW);
	else if (!strcmp(state, "polling")) {
		attach(fd, name, NR_REG_ALL_NIC);
		request(fd, NETMAP_REQ_VALE_POLLING_ENABLE, name, &polling, NULL);
	} else
		return 0;
	return 1;
}

/* States of traffic that never ends; they print "ready" themselves. */
static void
busy(const char *state, const char *name)
{
	struct port *port;
	struct pollfd p = { .events = POLLIN };

	if (!strcmp(state, "sending")) {
		port = bound(name, NULL);
		printf("ready\n");
		for (;;)
			send_some(port);
	}
	if (!strcmp(state, "forwarding")) {
		port = bound(name, NULL);
		for (unsigned int i = 0; i < port->rx_rings; i++)
			port->rx[i]->flags |= NR_FORWARD;
		p.fd = port->fd;
		printf("ready\n");
		while (poll(&p, 1, -1) >= 0)
			for (unsigned int i = 0; i < port->rx_rings; i++) {
				struct netmap_ring *ring = port->rx[i];

				for (; !nm_ring_empty(ring); ring->head = ring->cur = nm_ring_next(ring, ring->head))
					ring->slot[ring->head].flags |= NS_FORWARD;
			}
		fail("poll");
	}
	if (!strcmp(state, "receiving")) {
		port = bound(name, NULL);
		p.fd = port->fd;
		printf("ready\n");
		while (poll(&p, 1, -1) >= 0)
			for (unsigned int i = 0; i < port->rx_rings; i++)
				port->rx[i]->head = port->rx[i]->cur = port->rx[i]->tail;
		fail("poll");
	}
}

static void
enter(const char *state, const char *name)
{
	struct port_wish exclusive = { .flags = NR_EXCLUSIVE, .ring = -1 };

	if (!strcmp(state, "open"))
		device();
	else if (!strcmp(state, "bound"))
		send_some(bound(name, NULL));
	else if (!strcmp(state, "exclusive"))
		send_some(bound(name, &exclusive));
	else if (!strcmp(state, "extra"))
		scatter_extra(name);
	else if (!strcmp(state, "pipe-end"))
		send_some(bound_suffix(name, "{1", NULL));
	else if (!strcmp(state, "pipe-ends")) {
		struct port *master = bound_suffix(name, "{1", NULL), *slave = bound_suffix(name, "}1", NULL);

		send_some(master);
		send_some(slave);
	} else if (!strcmp(state, "monitor-copy"))
		bound_suffix(name, "/rt", NULL);
	else if (!strcmp(state, "monitor-zcopy"))
		bound_suffix(name, "/zrt", NULL);
	else if (!strcmp(state, "monitored") || !strcmp(state, "monitored-zcopy")) {
		struct port *port = bound(name, NULL);

		bound_suffix(name, strcmp(state, "monitored") ? "/zrt" : "/rt", NULL);
		send_some(port);
	} else if (!strcmp(state, "monitor-chain")) {
		struct port *port = bound(name, NULL);

		for (int i = 0; i < 3; i++)
			bound_suffix(name, i == 1 ? "/rt" : "/zrt", NULL);
		send_some(port);
	} else if (!strcmp(state, "monitor-extra")) {
		struct port_wish wish = { .extra_bufs = EXTRA, .ring = -1 };
		struct port *port = bound(name, NULL);

		bound_suffix(name, "/rt", &wish);
		bound_suffix(name, "/zrt", &wish);
		send_some(port);
	} else if (!strcmp(state, "one-direction"))
		one_direction(name);
	else if (!strcmp(state, "legacy"))
		with_legacy(name);
	else if (!strcmp(state, "shared-region"))
		share_region(name);
	else if (!strcmp(state, "shared-extmem"))
		share_extmem(name);
	else if (!strcmp(state, "pipe-of-pipe"))
		pipe_of_pipe(name);
	else if (!strcmp(state, "null-rings"))
		with_null_rings();
	else if (!strcmp(state, "vnet"))
		with_header(name);
	else if (!strcmp(state, "offsets"))
		with_offsets(name);
	else if (!strcmp(state, "csb"))
		with_csb(name);
	else if (!strcmp(state, "loop-timer"))
		with_loop(name, 0, 0);
	else if (!strcmp(state, "loop-events"))
		with_loop(name, 1, 0);
	else if (!strcmp(state, "loop-direct-tx"))
		with_loop(name, 1, NM_OPT_SYNC_KLOOP_DIRECT_TX);
	else if (!strcmp(state, "loop-direct-rx"))
		with_loop(name, 1, NM_OPT_SYNC_KLOOP_DIRECT_RX);
	else if (!strcmp(state, "loop-direct"))
		with_loop(name, 1, NM_OPT_SYNC_KLOOP_DIRECT_TX | NM_OPT_SYNC_KLOOP_DIRECT_RX);
	else if (!strcmp(state, "extmem"))
		with_extmem(name);
	else if (!strcmp(state, "null"))
		with_null();
	else if (!lasting(state, name)) {
		printf("FAIL no state \"%s\"\n", state);
		exit(EXIT_USAGE);
	}
}

int
main(int argc, char **argv)
{
	const char *state = argc > 1 ? argv[1] : "", *name = argc > 2 ? argv[2] : "vale9:k";

	setlinebuf(stdout);
	busy(state, name);
	enter(state, name);
	printf("ready\n");
	for (;;)
		pause();
}
