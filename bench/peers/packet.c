/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * AF_PACKET with TPACKET_V3 rings in both directions, over a veth pair (-f veth) or through a kernel bridge between two
 * veth pairs (-f bridge). The sender bypasses the queueing discipline. With -i one direction, on an interface that is
 * there.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "peers/links.h"
#include "peers/pair.h"

#define FRAME_SIZE	2048u
#define BLOCK_SIZE	(1u << 18)
#define RX_BLOCKS	32u
#define TX_FRAMES	1024u

static struct {
	int fd;
	uint8_t *ring;
	uint32_t at;
} rx, tx;

static int
open_on(const char *link, uint16_t protocol)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = htons(protocol) };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), version = TPACKET_V3;

	address.sll_ifindex = (int)if_nametoindex(link);
	if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) != 0)
		return -1;
	return bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 ? fd : -1;
}

static uint8_t *
map_ring(int fd, int option, struct tpacket_req3 *request)
{
	if (setsockopt(fd, SOL_PACKET, option, request, sizeof(*request)) != 0)
		return MAP_FAILED;
	return mmap(NULL, (size_t)request->tp_block_size * request->tp_block_nr, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_POPULATE, fd, 0);
}

static int
prepare(struct pair *p)
{
	struct tpacket_req3 in = { .tp_block_size = BLOCK_SIZE, .tp_block_nr = RX_BLOCKS, .tp_frame_size = FRAME_SIZE,
	    .tp_frame_nr = RX_BLOCKS * (BLOCK_SIZE / FRAME_SIZE), .tp_retire_blk_tov = 1 };
	struct tpacket_req3 out = { .tp_block_size = BLOCK_SIZE, .tp_block_nr = TX_FRAMES * FRAME_SIZE / BLOCK_SIZE,
	    .tp_frame_size = FRAME_SIZE, .tp_frame_nr = TX_FRAMES };
	int one = 1;

	if (p->link == NULL && (p->variant != NULL && strcmp(p->variant, "bridge") == 0 ? links_bridge() : links_veth()) != 0)
		return -1;
	if (pair_does("rx")) {
		rx.fd = open_on(p->link ? p->link : LINK_RECEIVE, ETH_P_ALL);
		rx.ring = rx.fd < 0 ? MAP_FAILED : map_ring(rx.fd, PACKET_RX_RING, &in);
	}
	if (pair_does("tx")) {
		tx.fd = open_on(p->link ? p->link : LINK_SEND, 0);
		tx.ring = tx.fd < 0 || setsockopt(tx.fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one)) != 0 ?
		    MAP_FAILED : map_ring(tx.fd, PACKET_TX_RING, &out);
	}
	if (rx.ring == MAP_FAILED || tx.ring == MAP_FAILED) {
		perror("AF_PACKET with TPACKET_V3");
		return -1;
	}
	return 0;
}

static int
send_batch(struct pair *p)
{
	struct tpacket3_hdr *header;
	int n;

	for (n = 0; n < (int)p->batch; n++) {
		header = (struct tpacket3_hdr *)(tx.ring + (size_t)tx.at * FRAME_SIZE);
		if (__atomic_load_n(&header->tp_status, __ATOMIC_ACQUIRE) != TP_STATUS_AVAILABLE)
			break;
		pair_write(p, (uint8_t *)header + TPACKET3_HDRLEN - sizeof(struct sockaddr_ll), p->sent.frames + (uint64_t)n);
		header->tp_len = header->tp_snaplen = (uint32_t)p->length;
		header->tp_next_offset = 0;
		__atomic_store_n(&header->tp_status, TP_STATUS_SEND_REQUEST, __ATOMIC_RELEASE);
		tx.at = (tx.at + 1) % TX_FRAMES;
	}
	if (send(tx.fd, NULL, 0, MSG_DONTWAIT) < 0 && errno != EAGAIN && errno != ENOBUFS && errno != EINTR) {
		perror("send");
		return -1;
	}
	return n;
}

static int
receive_batch(struct pair *p)
{
	struct tpacket_block_desc *block = (struct tpacket_block_desc *)(rx.ring + (size_t)rx.at * BLOCK_SIZE);
	struct pollfd wait = { .fd = rx.fd, .events = POLLIN };
	struct tpacket3_hdr *header;
	uint32_t i, n;

	if (!(__atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER)) {
		poll(&wait, 1, 20);
		return 0;
	}
	n = block->hdr.bh1.num_pkts;
	header = (struct tpacket3_hdr *)((uint8_t *)block + block->hdr.bh1.offset_to_first_pkt);
	for (i = 0; i < n; i++) {
		pair_read(p, (uint8_t *)header + header->tp_mac, header->tp_snaplen);
		header = (struct tpacket3_hdr *)((uint8_t *)header + header->tp_next_offset);
	}
	__atomic_store_n(&block->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
	rx.at = (rx.at + 1) % RX_BLOCKS;
	return (int)n;
}

int
main(int argc, char **argv)
{
	return pair_main((struct peer){ "packet", prepare, send_batch, receive_batch }, argc, argv);
}
