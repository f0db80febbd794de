/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * The smallest host there is, on any port: has an IPv4 address, answers ARP requests for it and pings to it.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/packet.h"
#include "common/port.h"
#include "common/util.h"

static const char usage[] =
"usage: nm-host [-d DEVICE] [-m MAC] [-t SECONDS] PORT ADDRESS\n"
"  -m MAC      (02:00:00:00:00:01)\n"
"  -t SECONDS  how long (until it is interrupted)\n";

enum {
	ETHERNET = 14, ARP_BYTES = 28, IP_HEADER = 20, ICMP_HEADER = 8,
	ARP_REQUEST = 1, ARP_REPLY = 2, ICMP = 1, ECHO_REQUEST = 8, ECHO_REPLY = 0, FRAGMENT = 0x3fff,
};

static uint8_t mac[6] = { 2, 0, 0, 0, 0, 1 };
static uint8_t address[4];
static uint64_t arps, pings;

static unsigned int
word(const uint8_t *p)
{
	return (unsigned int)p[0] << 8 | p[1];
}

/* Turns a request for our address into its answer. */
static int
answer_arp(uint8_t *frame, size_t length)
{
	uint8_t *arp = frame + ETHERNET;

	if (length < ETHERNET + ARP_BYTES || word(arp + 6) != ARP_REQUEST || memcmp(arp + 24, address, 4) != 0)
		return 0;
	arp[7] = ARP_REPLY;
	memcpy(arp + 18, arp + 8, 10);		/* the target is who asked */
	memcpy(arp + 8, mac, 6);
	memcpy(arp + 14, address, 4);
	arps++;
	return 1;
}

/* Whole pings without options; the IP checksum stays good when the addresses change places. */
static int
answer_ping(uint8_t *frame, size_t length)
{
	uint8_t *ip = frame + ETHERNET, *icmp = ip + IP_HEADER;
	size_t bytes;
	uint16_t sum;

	if (length < ETHERNET + IP_HEADER + ICMP_HEADER || ip[0] != 0x45 || ip[9] != ICMP || (word(ip + 6) & FRAGMENT))
		return 0;
	bytes = word(ip + 2);
	if (bytes < IP_HEADER + ICMP_HEADER || bytes > length - ETHERNET || memcmp(ip + 16, address, 4) != 0
	    || icmp[0] != ECHO_REQUEST)
		return 0;
	memcpy(ip + 16, ip + 12, 4);
	memcpy(ip + 12, address, 4);
	icmp[0] = ECHO_REPLY;
	icmp[2] = icmp[3] = 0;
	sum = (uint16_t)~checksum_fold(checksum_add(0, icmp, bytes - IP_HEADER));
	memcpy(icmp + 2, &sum, sizeof(sum));
	pings++;
	return 1;
}

static int
answer(uint8_t *frame, size_t length)
{
	unsigned int type = length >= ETHERNET ? word(frame + 12) : 0;

	if (!(type == 0x0806 && answer_arp(frame, length)) && !(type == 0x0800 && answer_ping(frame, length)))
		return 0;
	memcpy(frame, frame + 6, 6);
	memcpy(frame + 6, mac, 6);
	return 1;
}

static void
send_frame(struct port *port, const uint8_t *frame, uint16_t length)
{
	struct netmap_ring *tx = port->tx[0];
	struct netmap_slot *slot;

	if (nm_ring_empty(tx))
		return;
	slot = &tx->slot[tx->head];
	memcpy(NETMAP_BUF_OFFSET(tx, slot), frame, length);
	slot->len = length;
	slot->flags = 0;
	tx->head = tx->cur = nm_ring_next(tx, tx->head);
}

static void
serve(struct port *port)
{
	uint8_t frame[2048];
	unsigned int i;

	for (i = 0; i < port->rx_rings; i++) {
		struct netmap_ring *rx = port->rx[i];

		for (; !nm_ring_empty(rx); rx->head = rx->cur = nm_ring_next(rx, rx->head)) {
			const struct netmap_slot *slot = &rx->slot[rx->head];
			uint16_t length = slot->len;

			if (length > sizeof(frame) || (slot->flags & NS_MOREFRAG))
				continue;
			memcpy(frame, NETMAP_BUF_OFFSET(rx, slot), length);
			if (answer(frame, length))
				send_frame(port, frame, length);
		}
	}
	ioctl(port->fd, NIOCTXSYNC, NULL);
}

int
main(int argc, char **argv)
{
	struct port_wish wish = { .ring = -1 };
	static struct port port;
	uint64_t end = UINT64_MAX;
	int letter;

	while ((letter = getopt(argc, argv, "d:m:t:h")) != -1) {
		switch (letter) {
		case 'd': wish.device = optarg; break;
		case 'h': show_usage(usage);
		case 't': end = now_ns() + seconds_or_exit("-t", optarg); break;
		case 'm':
			if (packet_parse_mac(optarg, mac) == 0)
				break;
			/* fall through */
		default: fputs(usage, stderr); return EXIT_USAGE;
		}
	}
	if (argc - optind != 2 || inet_pton(AF_INET, argv[optind + 1], address) != 1) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	stop_on_signals();
	if (port_open(&port, argv[optind], &wish) != 0)
		return 1;
	while (!stop && now_ns() < end) {
		struct pollfd p = { .fd = port.fd, .events = POLLIN };

		if (poll(&p, 1, 100) < 0 || (p.revents & POLLERR))
			break;
		serve(&port);
	}
	fprintf(stderr, "%s: answered %llu ARP requests, %llu pings\n", port.name, (unsigned long long)arps,
	    (unsigned long long)pings);
	port_close(&port);
	return 0;
}
