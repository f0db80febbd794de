/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * See exchange.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>

#include "exchange.h"
#include "packet.h"
#include "util.h"

int check_failures;

int
frames_send(struct port *port, unsigned int n, uint64_t first)
{
	static const uint8_t source[6] = { 2, 0, 0, 0, 0, 0x77 }, everybody[6] = { 255, 255, 255, 255, 255, 255 };
	static __thread struct packet_template t;
	struct netmap_ring *ring = port->tx[0];
	unsigned int sent;

	packet_build(&t, PACKET_MIN, source, everybody, 0);
	for (sent = 0; sent < n && !nm_ring_empty(ring); sent++) {
		struct netmap_slot *slot = &ring->slot[ring->cur];

		packet_set_sequence(&t, first + sent);
		memcpy(NETMAP_BUF_OFFSET(ring, slot), t.data, t.length);
		slot->len = (uint16_t)t.length;
		slot->flags = 0;
		ring->head = ring->cur = nm_ring_next(ring, ring->cur);
	}
	return ioctl(port->fd, NIOCTXSYNC, NULL) == 0 ? (int)sent : -1;
}

static unsigned int
take_ring(struct netmap_ring *ring, unsigned int n, uint64_t first, unsigned int *wrong)
{
	uint64_t sequence;
	unsigned int got;
	uint8_t stream;

	for (got = 0; got < n && !nm_ring_empty(ring); got++) {
		struct netmap_slot *slot = &ring->slot[ring->cur];

		if (packet_check((uint8_t *)NETMAP_BUF_OFFSET(ring, slot), slot->len, &stream, &sequence) !=
		    PACKET_GOOD || sequence != first + got)
			(*wrong)++;
		ring->head = ring->cur = nm_ring_next(ring, ring->cur);
	}
	return got;
}

unsigned int
frames_receive(struct port *port, unsigned int n, uint64_t first, uint64_t timeout_ns, unsigned int *wrong)
{
	uint64_t end = now_ns() + timeout_ns;
	struct pollfd p = { .fd = port->fd, .events = POLLIN };
	unsigned int got = 0, i;

	while (got < n && now_ns() < end) {
		if (poll(&p, 1, 50) < 0 && errno != EINTR)
			break;
		for (i = 0; i < port->rx_rings; i++)
			got += take_ring(port->rx[i], n - got, first + got, wrong);
	}
	return got;
}

int
frames_exchange(struct port *from, struct port *to, unsigned int n)
{
	static uint64_t first = 1;
	unsigned int wrong = 0, got;

	first += n;
	if (frames_send(from, n, first) != (int)n)
		return 0;
	got = frames_receive(to, n, first, 2 * NS_PER_SECOND, &wrong);
	return got == n && wrong == 0;
}

void
check_true(const char *name, int good)
{
	printf(good ? "ok %s\n" : "FAIL %s\n", name);
	fflush(stdout);
	check_failures += !good;
}

void
check_number(const char *name, uint64_t got, uint64_t expected)
{
	if (got == expected) {
		check_true(name, 1);
		return;
	}
	printf("FAIL %s: got %" PRIu64 " expected %" PRIu64 "\n", name, got, expected);
	fflush(stdout);
	check_failures++;
}

static const char *
errno_name(int error)
{
	return error == 0 ? "success" : strerrorname_np(error) ? strerrorname_np(error) : "?";
}

void
check_errno(const char *name, int got, int expected)
{
	if (got == expected) {
		check_true(name, 1);
		return;
	}
	printf("FAIL %s: got %s expected %s\n", name, errno_name(got), errno_name(expected));
	fflush(stdout);
	check_failures++;
}

int
check_result(void)
{
	printf("%d failed\n", check_failures);
	return check_failures ? EXIT_CHECK : 0;
}
