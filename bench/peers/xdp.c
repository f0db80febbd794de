/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * AF_XDP in copy mode over a veth pair, by plain system calls: one socket that sends at one end, one that receives at
 * the other, where an XDP program passes what comes to it. With -i one of both, on an interface that is there.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_xdp.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "peers/links.h"
#include "peers/pair.h"

#define FRAME_SIZE	2048u
#define RING		2048u
#define FRAMES		4096u

struct ring {
	uint32_t *producer, *consumer;
	void *entries;
	uint32_t at;		/* ours: the producer or the consumer */
};

struct xsk {
	int fd;
	uint8_t *frames;
	struct ring work;		/* RX or TX */
	struct ring buffers;		/* fill of the receiver, completion of the sender */
};

static struct xsk rx, tx;
static uint64_t free_frames[FRAMES];
static uint32_t free_count;

static int
bpf_call(int command, union bpf_attr *attributes)
{
	return (int)syscall(SYS_bpf, command, attributes, sizeof(*attributes));
}

static int
add_frames(struct xsk *x)
{
	struct xdp_umem_reg area = { .len = (uint64_t)FRAMES * FRAME_SIZE, .chunk_size = FRAME_SIZE };

	x->frames = mmap(NULL, area.len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (x->frames == MAP_FAILED)
		return -1;
	area.addr = (uintptr_t)x->frames;
	return setsockopt(x->fd, SOL_XDP, XDP_UMEM_REG, &area, sizeof(area));
}

static int
map_ring(struct xsk *x, struct ring *ring, const struct xdp_ring_offset *offset, uint64_t where, size_t entry)
{
	uint8_t *at = mmap(NULL, offset->desc + RING * entry, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, x->fd,
	    (off_t)where);

	if (at == MAP_FAILED)
		return -1;
	ring->producer = (uint32_t *)(at + offset->producer);
	ring->consumer = (uint32_t *)(at + offset->consumer);
	ring->entries = at + offset->desc;
	return 0;
}

static int
open_on(struct xsk *x, const char *link, int receive)
{
	struct sockaddr_xdp address = { .sxdp_family = AF_XDP, .sxdp_flags = XDP_COPY };
	struct xdp_mmap_offsets offsets;
	socklen_t size = sizeof(offsets);
	uint32_t entries = RING;

	address.sxdp_ifindex = if_nametoindex(link);
	x->fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (x->fd < 0 || add_frames(x) != 0 ||
	    setsockopt(x->fd, SOL_XDP, XDP_UMEM_FILL_RING, &entries, sizeof(entries)) != 0 ||
	    setsockopt(x->fd, SOL_XDP, XDP_UMEM_COMPLETION_RING, &entries, sizeof(entries)) != 0 ||
	    setsockopt(x->fd, SOL_XDP, receive ? XDP_RX_RING : XDP_TX_RING, &entries, sizeof(entries)) != 0 ||
	    getsockopt(x->fd, SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &size) != 0)
		return -1;
	if (map_ring(x, &x->work, receive ? &offsets.rx : &offsets.tx,
	    receive ? XDP_PGOFF_RX_RING : XDP_PGOFF_TX_RING, sizeof(struct xdp_desc)) != 0 ||
	    map_ring(x, &x->buffers, receive ? &offsets.fr : &offsets.cr,
	    receive ? XDP_UMEM_PGOFF_FILL_RING : XDP_UMEM_PGOFF_COMPLETION_RING, sizeof(uint64_t)) != 0)
		return -1;
	return bind(x->fd, (struct sockaddr *)&address, sizeof(address));
}

/* return bpf_redirect_map(map, ctx->rx_queue_index, XDP_PASS), attached in the driver's hook. */
static int
attach(int xsk_fd, const char *link)
{
	union bpf_attr map = { .map_type = BPF_MAP_TYPE_XSKMAP, .key_size = 4, .value_size = 4, .max_entries = 1 };
	int map_fd = bpf_call(BPF_MAP_CREATE, &map);
	struct bpf_insn program[] = {
		{ .code = 0x61, .dst_reg = 2, .src_reg = 1, .off = 16 },
		{ .code = 0x18, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_FD, .imm = map_fd }, { .code = 0 },
		{ .code = 0xb7, .dst_reg = 3, .imm = XDP_PASS },
		{ .code = 0x85, .imm = BPF_FUNC_redirect_map },
		{ .code = 0x95 },
	};
	union bpf_attr load = { .prog_type = BPF_PROG_TYPE_XDP, .insn_cnt = 6, .insns = (uintptr_t)program,
	    .license = (uintptr_t)"BSD" };
	union bpf_attr link_to = { .link_create = { .attach_type = BPF_XDP } };
	union bpf_attr entry = { .map_fd = (uint32_t)map_fd };
	uint32_t queue = 0;
	int program_fd = map_fd < 0 ? -1 : bpf_call(BPF_PROG_LOAD, &load);

	if (program_fd < 0)
		return -1;
	entry.key = (uintptr_t)&queue;
	entry.value = (uintptr_t)&xsk_fd;
	link_to.link_create.prog_fd = (uint32_t)program_fd;
	link_to.link_create.target_ifindex = if_nametoindex(link);
	link_to.link_create.flags = 4;		/* XDP_FLAGS_DRV_MODE */
	return bpf_call(BPF_MAP_UPDATE_ELEM, &entry) == 0 && bpf_call(BPF_LINK_CREATE, &link_to) >= 0 ? 0 : -1;
}

static void
give_all_frames(void)
{
	uint64_t *addresses = rx.buffers.entries;
	uint32_t i;

	for (i = 0; i < FRAMES; i++)
		free_frames[free_count++] = (uint64_t)i * FRAME_SIZE;
	if (!pair_does("rx"))
		return;
	for (i = 0; i < RING; i++)
		addresses[i] = (uint64_t)i * FRAME_SIZE;
	rx.buffers.at = RING;
	__atomic_store_n(rx.buffers.producer, RING, __ATOMIC_RELEASE);
}

static int
prepare(struct pair *p)
{
	struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_MEMLOCK, &unlimited);
	if (p->link == NULL && links_veth() != 0)
		return -1;
	if ((pair_does("rx") && open_on(&rx, p->link ? p->link : LINK_RECEIVE, 1) != 0) ||
	    (pair_does("tx") && open_on(&tx, p->link ? p->link : LINK_SEND, 0) != 0)) {
		perror("AF_XDP");
		return -1;
	}
	give_all_frames();
	if (pair_does("rx") && attach(rx.fd, p->link ? p->link : LINK_RECEIVE) != 0) {
		perror("XDP program");
		return -1;
	}
	return 0;
}

static void
reclaim(void)
{
	uint32_t end = __atomic_load_n(tx.buffers.producer, __ATOMIC_ACQUIRE);
	uint64_t *addresses = tx.buffers.entries;

	for (; tx.buffers.at != end; tx.buffers.at++)
		free_frames[free_count++] = addresses[tx.buffers.at % RING];
	__atomic_store_n(tx.buffers.consumer, end, __ATOMIC_RELEASE);
}

static int
send_batch(struct pair *p)
{
	uint32_t room = RING - (tx.work.at - __atomic_load_n(tx.work.consumer, __ATOMIC_ACQUIRE)), n;
	struct xdp_desc *descriptors = tx.work.entries;

	reclaim();
	for (n = 0; n < p->batch && n < room && free_count > 0; n++, tx.work.at++) {
		uint64_t at = free_frames[--free_count];

		pair_write(p, tx.frames + at, p->sent.frames + n);
		descriptors[tx.work.at % RING] = (struct xdp_desc){ .addr = at, .len = (uint32_t)p->length };
	}
	__atomic_store_n(tx.work.producer, tx.work.at, __ATOMIC_RELEASE);
	/* A call sends a part and says EAGAIN while there is more. */
	while (sendto(tx.fd, NULL, 0, MSG_DONTWAIT, NULL, 0) < 0 && errno == EAGAIN) {
		if (__atomic_load_n(tx.work.consumer, __ATOMIC_ACQUIRE) == tx.work.at)
			break;
		reclaim();
	}
	return (int)n;
}

/* Sleeping a little when there is nothing gives the best rate: every wake-up from poll is paid by the sender. */
static int
receive_batch(struct pair *p)
{
	uint32_t end = __atomic_load_n(rx.work.producer, __ATOMIC_ACQUIRE), n = end - rx.work.at;
	struct xdp_desc *descriptors = rx.work.entries;
	uint64_t *addresses = rx.buffers.entries;
	struct timespec pause = { .tv_nsec = 50000 };

	if (n == 0) {
		nanosleep(&pause, NULL);
		return 0;
	}
	for (; rx.work.at != end; rx.work.at++) {
		struct xdp_desc got = descriptors[rx.work.at % RING];

		pair_read(p, rx.frames + got.addr, got.len);
		addresses[rx.buffers.at++ % RING] = got.addr - got.addr % FRAME_SIZE;
	}
	__atomic_store_n(rx.work.consumer, end, __ATOMIC_RELEASE);
	__atomic_store_n(rx.buffers.producer, rx.buffers.at, __ATOMIC_RELEASE);
	return (int)n;
}

int
main(int argc, char **argv)
{
	return pair_main((struct peer){ "xdp", prepare, send_batch, receive_batch }, argc, argv);
}
