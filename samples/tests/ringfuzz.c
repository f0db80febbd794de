/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * ringfuzz: rings and slots with anything in them, synced by ioctl and poll; several processes on ports of one region, so that
 * each also writes into the rings of the others while these are synced.
 *
 *	ringfuzz [-d DEVICE] [-p PROCESSES] [-n STATES] [-t SECONDS] [-s SEED] [-i INTERFACE]
 *
 * A state is what one ring has in it when it is synced. Ends after so many states or seconds, whichever comes first. Beside it a
 * bystander syncs a port of its own (tests/bystander.h). Prints key=value; the last line has the states and calls that were made.
 * Exit 0, 1 if the server does not serve any more, 2 usage.
 */
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/port.h"
#include "common/util.h"
#include "tests/bystander.h"

#define PROCESSES_MAX	16
#define RINGS		4
#define SLOTS		16
#define PORTS		4
#define GLOBAL_REGION	1
#define RING_MEMORY	(7u << 20)	/* netmap_ifs and rings of the global region, which all ports here share */

static struct shared {
	uint64_t states, calls, lives, refused;
	struct bystander bystander;
} *shared;

static const char *device, *interface;

struct bound {
	int fd;
	struct nmreq_register reg;
	char *mem;
	struct netmap_if *nifp;
	struct netmap_ring *tx[RINGS + 1], *rx[RINGS + 1];
	unsigned int tx_rings, rx_rings;
};

/* The others write into our netmap_if, too: what it says is anything. */
static struct netmap_ring *
ring_at(struct bound *b, unsigned int i)
{
	uint64_t at = b->reg.nr_offset + (uint64_t)b->nifp->ring_ofs[i];

	return (void *)(b->mem + (at < RING_MEMORY && at % 64 == 0 ? at : RING_MEMORY / 2));
}

static int
bind_port(struct bound *b, const char *name, struct nmreq_register reg)
{
	struct nmreq_header h = { .nr_version = NETMAP_API, .nr_reqtype = NETMAP_REQ_REGISTER, .nr_body = (uintptr_t)&b->reg };
	char *mem;

	memset(b, 0, sizeof(*b));
	b->reg = reg;
	b->fd = open(device, O_RDWR | O_CLOEXEC);
	snprintf(h.nr_name, sizeof(h.nr_name), "%s", name);
	if (b->fd < 0 || ioctl(b->fd, NIOCCTRL, &h) != 0) {
		if (b->fd >= 0)
			close(b->fd);
		b->fd = -1;
		return -1;
	}
	mem = mmap(NULL, b->reg.nr_memsize, PROT_READ | PROT_WRITE, MAP_SHARED, b->fd, 0);
	if (mem == MAP_FAILED) {
		close(b->fd);
		b->fd = -1;
		return -1;
	}
	b->mem = mem;
	b->nifp = NETMAP_IF(mem, b->reg.nr_offset);
	b->tx_rings = b->reg.nr_tx_rings < RINGS ? b->reg.nr_tx_rings : RINGS;
	b->rx_rings = b->reg.nr_rx_rings < RINGS ? b->reg.nr_rx_rings : RINGS;
	for (unsigned int i = 0; i < b->tx_rings; i++)
		b->tx[i] = ring_at(b, i);
	for (unsigned int i = 0; i < b->rx_rings; i++)
		b->rx[i] = ring_at(b, i + b->reg.nr_tx_rings + (b->reg.nr_host_tx_rings ? b->reg.nr_host_tx_rings : 1));
	return 0;
}

/* Numbers that are nearly right do more harm than random ones. */
static uint32_t
number(uint64_t r)
{
	switch (r & 7) {
	case 0: case 1: case 2: case 3:
		return (uint32_t)(r >> 8) % SLOTS;
	case 4:
		return (uint32_t)(r >> 8) % 5000;
	case 5:
		return UINT32_MAX - ((uint32_t)(r >> 8) & 3);
	case 6:
		return 1u << ((r >> 8) & 31);
	default:
		return (uint32_t)(r >> 16);
	}
}

static void
spoil_slot(struct netmap_slot *slot, uint64_t r)
{
	switch (r & 15) {
	case 0:
		slot->buf_idx = number(r >> 4);
		break;
	case 1:
		slot->len = (uint16_t)number(r >> 4);
		break;
	case 2:
		slot->ptr = (r & 16) ? number(r >> 5) : r;
		break;
	case 3:
		slot->flags = (uint16_t)(r >> 8);
		break;
	case 4:
		slot->flags = NS_MOREFRAG | NS_BUF_CHANGED;
		break;
	case 5:
		slot->flags = NS_INDIRECT;
		slot->ptr = (r & 64) ? (uintptr_t)slot & ~(uint64_t)4095 : r;
		break;
	default:
		slot->len = (uint16_t)(14 + (r >> 8) % 100);
		slot->flags = 0;
	}
}

static void
spoil(struct netmap_ring *ring, uint64_t *seed)
{
	uint64_t r = random_next(seed);
	unsigned int n = (r >> 4) % 6;

	switch (r & 15) {
	case 0:
		ring->head = number(r >> 8);
		break;
	case 1:
		ring->cur = number(r >> 8);
		break;
	case 2:
		ring->tail = number(r >> 8);
		break;
	case 3:
		*(volatile uint32_t *)(uintptr_t)&ring->num_slots = number(r >> 8);
		break;
	case 4:
		*(volatile int64_t *)(uintptr_t)&ring->buf_ofs = (int64_t)r;
		break;
	case 5:
		ring->flags = (uint32_t)(r >> 8);
		break;
	case 6:
		ring->head = ring->cur = number(r >> 8);
		break;
	default:	/* what a program does that sends all it can */
		ring->head = ring->cur = ring->tail % SLOTS;
	}
	for (; n > 0; n--) {
		r = random_next(seed);
		spoil_slot(&ring->slot[r % SLOTS], r >> 8);
		if ((r & 0x70) == 0) {
			/* A destination address in some buffer. */
			memcpy((char *)ring + RING_MEMORY + 2048 * (r >> 48 & 1023), &r, 6);
		}
	}
}

static void
one_round(struct bound *b, uint64_t *seed)
{
	uint64_t r = random_next(seed);
	struct pollfd p = { .fd = b->fd, .events = POLLIN | POLLOUT };

	for (unsigned int i = 0; i < b->tx_rings; i++)
		spoil(b->tx[i], seed);
	for (unsigned int i = 0; i < b->rx_rings; i++)
		spoil(b->rx[i], seed);
	if ((r & 0xf00) == 0) {
		/* Somebody else's ring, or a netmap_if; what lies here is anything. */
		uint32_t word = number(r >> 16), at = (uint32_t)(random_next(seed) % (RING_MEMORY / 4)) * 4;

		if (at + 4 < b->reg.nr_memsize)
			memcpy(b->mem + at, &word, 4);
	}
	switch (r % 4) {
	case 0:
		ioctl(b->fd, NIOCTXSYNC, NULL);
		__atomic_add_fetch(&shared->states, b->tx_rings, __ATOMIC_RELAXED);
		break;
	case 1:
		ioctl(b->fd, NIOCRXSYNC, NULL);
		__atomic_add_fetch(&shared->states, b->rx_rings, __ATOMIC_RELAXED);
		break;
	default:
		poll(&p, 1, 0);
		__atomic_add_fetch(&shared->states, b->tx_rings + b->rx_rings, __ATOMIC_RELAXED);
	}
	__atomic_add_fetch(&shared->calls, 1, __ATOMIC_RELAXED);
}

static void
live(unsigned int who, uint64_t seed, uint64_t until, uint64_t states)
{
	struct nmreq_register reg = {
		.nr_mode = NR_REG_ALL_NIC, .nr_tx_slots = SLOTS, .nr_rx_slots = SLOTS, .nr_tx_rings = RINGS, .nr_rx_rings = RINGS,
		.nr_mem_id = GLOBAL_REGION,
	};
	struct bound ports[PORTS + 1];
	char name[40];
	unsigned int count = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (unsigned int i = 0; i < PORTS; i++) {
		struct nmreq_register wanted = reg;

		/* Two ports on a switch, a pipe of which the neighbour has the other end, a monitor of what is first. */
		switch (i) {
		case 0: case 1:
			snprintf(name, sizeof(name), "vale3:f%u%u", who, i);
			break;
		case 2:
			snprintf(name, sizeof(name), "vale3:f%u0%c%u", who & ~1u, who & 1 ? '}' : '{', who / 2);
			break;
		default:
			snprintf(name, sizeof(name), "vale3:f%u0", who & ~1u);
			wanted.nr_flags = NR_MONITOR_TX | NR_MONITOR_RX | (who & 2 ? NR_ZCOPY_MON : 0);
		}
		if (bind_port(&ports[count], name, wanted) == 0)
			count++;
		else
			__atomic_add_fetch(&shared->refused, 1, __ATOMIC_RELAXED);
	}
	if (interface) {
		reg.nr_tx_rings = reg.nr_rx_rings = 0;
		reg.nr_mem_id = 0;
		reg.nr_mode = NR_REG_NIC_SW;
		if (bind_port(&ports[count], interface, reg) == 0)
			count++;
	}
	for (uint64_t rounds = 2000 + random_next(&seed) % 20000; count && rounds && shared->states < states && now_ns() < until; rounds--)
		one_round(&ports[random_next(&seed) % count], &seed);
	if (count == 0)
		sleep_ns(10000000);
	_exit(0);
}

static void
usage(void)
{
	fprintf(stderr, "ringfuzz [-d DEVICE] [-p PROCESSES] [-n STATES] [-t SECONDS] [-s SEED] [-i INTERFACE]\n");
	exit(2);
}

int
main(int argc, char **argv)
{
	uint64_t states = UINT64_MAX, seconds = 10, seed = 1, until, begin, round = 0;
	pid_t pids[PROCESSES_MAX] = { 0 };
	unsigned int processes = 4;
	int option, alive;

	device = port_device();
	while ((option = getopt(argc, argv, "d:p:n:t:s:i:")) != -1) {
		switch (option) {
		case 'd': device = optarg; break;
		case 'p': processes = (unsigned int)atoi(optarg); break;
		case 'n': states = strtoull(optarg, NULL, 0); break;
		case 't': seconds = strtoull(optarg, NULL, 0); break;
		case 's': seed = strtoull(optarg, NULL, 0); break;
		case 'i': interface = optarg; break;
		default: usage();
		}
	}
	if (processes == 0 || processes > PROCESSES_MAX || optind != argc)
		usage();
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!bystander_start(&shared->bystander, device))
		return 1;
	begin = now_ns();
	until = begin + seconds * NS_PER_SECOND;
	while (shared->states < states && now_ns() < until) {
		for (unsigned int i = 0; i < processes; i++) {
			if (pids[i] == 0) {
				pids[i] = fork();
				if (pids[i] == 0)
					live(i, seed * 1000003 + round, until, states);
				round++;
			} else if (waitpid(pids[i], NULL, WNOHANG) == pids[i]) {
				pids[i] = 0;
				shared->lives++;
			}
		}
		sleep_ns(1000000);
	}
	for (unsigned int i = 0; i < processes; i++) {
		if (pids[i] != 0) {
			kill(pids[i], SIGKILL);
			waitpid(pids[i], NULL, 0);
		}
	}
	alive = bystander_end(&shared->bystander);
	bystander_print(&shared->bystander);
	printf("alive=%d seconds=%.1f lives=%" PRIu64 " refused=%" PRIu64 " calls=%" PRIu64 " states=%" PRIu64 "\n", alive,
	    (double)(now_ns() - begin) / 1e9, shared->lives, shared->refused, shared->calls, shared->states);
	return !alive;
}
