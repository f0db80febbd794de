/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * indirect: frames whose data is in the sender's own memory (NS_INDIRECT), good and bad ones.
 *
 *	indirect [-d DEVICE] [-s SWITCH] [-n FRAMES]
 *
 * Ports SWITCH:ina and SWITCH:inb (vale3). Prints "ok" and "FAIL" lines; exit 0, 3 if one failed, 1 if the ports cannot
 * be opened, 2 usage.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/exchange.h"
#include "common/packet.h"
#include "common/util.h"

static struct port from, to;

static void
fill_frame(uint8_t *data, size_t length, uint8_t value)
{
	memset(data, value, length);
	memset(data, 0xff, 6);
	memset(data + 6, 2, 6);
}

/* Queues one slot that points to data, without sync. */
static void
queue(const void *data, size_t length)
{
	struct netmap_ring *ring = from.tx[0];
	struct netmap_slot *slot = &ring->slot[ring->cur];

	slot->ptr = (uintptr_t)data;
	slot->len = (uint16_t)length;
	slot->flags = NS_INDIRECT;
	ring->head = ring->cur = nm_ring_next(ring, ring->cur);
}

/* The next received slot within the time, or NULL; it stays valid until done() is called. */
static struct netmap_slot *
next_slot(int timeout_ms)
{
	struct pollfd p = { .fd = to.fd, .events = POLLIN };

	if (nm_ring_empty(to.rx[0]) && poll(&p, 1, timeout_ms) <= 0)
		return NULL;
	return nm_ring_empty(to.rx[0]) ? NULL : &to.rx[0]->slot[to.rx[0]->cur];
}

static void
done(void)
{
	to.rx[0]->head = to.rx[0]->cur = nm_ring_next(to.rx[0], to.rx[0]->cur);
}

/*
 * Sends one frame and, behind it, an ordinary one as a mark. Says what came before the mark: the frame, an empty slot,
 * or nothing.
 */
enum outcome { NOTHING, EMPTY, WHOLE, DAMAGED };

static enum outcome
send_and_see(const void *data, size_t length, const void *expected)
{
	static uint8_t mark[64];
	struct netmap_slot *slot;
	enum outcome outcome = NOTHING;

	fill_frame(mark, sizeof(mark), 0x5a);
	queue(data, length);
	queue(mark, sizeof(mark));
	ioctl(from.fd, NIOCTXSYNC, NULL);
	while ((slot = next_slot(1000)) != NULL) {
		const char *got = NETMAP_BUF(to.rx[0], slot->buf_idx);
		int is_mark = slot->len == sizeof(mark) && memcmp(got, mark, sizeof(mark)) == 0;

		if (slot->len == 0)
			outcome = EMPTY;
		else if (!is_mark)
			outcome = slot->len == length && expected && memcmp(got, expected, length) == 0 ? WHOLE : DAMAGED;
		done();
		if (is_mark)
			return outcome;
	}
	return DAMAGED;
}

static void
test_many(unsigned int n)
{
	uint8_t *memory = malloc(n * 2048ul);
	unsigned int i, good = 0;
	struct netmap_slot *slot;

	if (memory == NULL)
		exit(1);
	for (i = 0; i < n; i++) {
		size_t length = 60 + i * 37 % 1455;

		fill_frame(memory + i * 2048ul + i % 64, length, (uint8_t)(i + 1));
		queue(memory + i * 2048ul + i % 64, length);
	}
	ioctl(from.fd, NIOCTXSYNC, NULL);
	memset(memory, 0, n * 2048ul);		/* the data must have been read by now */
	for (i = 0; i < n && (slot = next_slot(1000)) != NULL; i++) {
		const uint8_t *got = (const uint8_t *)NETMAP_BUF(to.rx[0], slot->buf_idx);

		good += slot->len == 60 + i * 37 % 1455 && got[0] == 0xff && got[14] == (uint8_t)(i + 1) &&
		    got[slot->len - 1] == (uint8_t)(i + 1);
		done();
	}
	check_number("frames from malloc memory, at all alignments", good, n);
	free(memory);
}

static void
test_edges(void)
{
	uint8_t *pages = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t *end = pages + 8192;
	enum outcome seen;

	if (pages == MAP_FAILED || mprotect(end, 4096, PROT_NONE) != 0)
		exit(1);
	fill_frame(pages + 4096 - 500, 1000, 0x33);
	check_number("across two pages", send_and_see(pages + 4096 - 500, 1000, pages + 4096 - 500), WHOLE);
	fill_frame(end - 128, 128, 0x44);
	check_number("up to the last byte of a mapping", send_and_see(end - 128, 128, end - 128), WHOLE);
	fill_frame(end - 101, 101, 0x45);
	check_number("the same, not aligned", send_and_see(end - 101, 101, end - 101), WHOLE);
	check_number("NULL", send_and_see(NULL, 60, NULL), NOTHING);
	check_number("unreadable from the first byte", send_and_see(end, 60, NULL), NOTHING);
	check_number("an address no process has", send_and_see((void *)(uintptr_t)0xffff800000000000ull, 60, NULL), NOTHING);
	fill_frame(end - 40, 40, 0x46);
	seen = send_and_see(end - 40, 200, NULL);
	check_true("readable at first, then not: nothing or an empty slot", seen == NOTHING || seen == EMPTY);
	check_number("longer than a buffer", send_and_see(pages, 4000, NULL), NOTHING);
	fill_frame(pages, 13, 1);
	check_number("shorter than an Ethernet header", send_and_see(pages, 13, NULL), NOTHING);
	munmap(pages, 3 * 4096);
}

int
main(int argc, char **argv)
{
	struct port_wish wish = { .ring = -1 };
	const char *on_switch = "vale3";
	unsigned int n = 256;
	char spec[64];
	int letter;

	while ((letter = getopt(argc, argv, "d:s:n:")) != -1) {
		switch (letter) {
		case 'd': wish.device = optarg; break;
		case 's': on_switch = optarg; break;
		case 'n': n = (unsigned int)number_or_exit("-n", optarg, 1, 1000); break;
		default: return EXIT_USAGE;
		}
	}
	alarm(60);
	snprintf(spec, sizeof(spec), "%s:ina", on_switch);
	if (port_open(&from, spec, &wish) != 0)
		return 1;
	snprintf(spec, sizeof(spec), "%s:inb", on_switch);
	if (port_open(&to, spec, &wish) != 0)
		return 1;
	test_many(n);
	test_edges();
	check_true("ordinary frames still pass", frames_exchange(&from, &to, 10));
	port_close(&to);
	port_close(&from);
	return check_result();
}
