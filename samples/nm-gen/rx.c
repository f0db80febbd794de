/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * The sink: counts, reads, checks.
 */
#include "gen.h"

/* Reads a word of each cache line: what costs a receiver is getting the lines, not looking at all of a line. */
static inline uint64_t
read_packet(const char *data, size_t length)
{
	uint64_t sum = 0, word;
	size_t i;

	for (i = 0; i + sizeof(word) <= length; i += 64) {
		memcpy(&word, data + i, sizeof(word));
		sum += word;
	}
	return sum;
}

static void
check_sequence(struct worker *w, uint8_t stream, uint64_t sequence)
{
	uint64_t *expected = &w->expected[stream];

	if (sequence < *expected) {
		BUMP(w->c.reordered, 1);
		return;
	}
	/* The first frame of a stream may be any: the sender can have been there before us. */
	if (*expected != 0)
		BUMP(w->c.lost, sequence - *expected);
	*expected = sequence + 1;
}

static void
check_packet(struct worker *w, const void *data, size_t length)
{
	uint64_t sequence;
	uint8_t stream;

	if (data == NULL) {
		BUMP(w->c.corrupt, 1);
		return;
	}
	switch (packet_check(data, length, &stream, &sequence)) {
	case PACKET_GOOD:
		check_sequence(w, stream, sequence);
		break;
	case PACKET_FOREIGN:
		BUMP(w->c.foreign, 1);
		break;
	case PACKET_CORRUPT:
		BUMP(w->c.corrupt, 1);
		break;
	}
}

/*
 * A packet of several slots: joins it, checks it and returns the slot behind it. If its end has not arrived, returns
 * the slot where it starts.
 */
static uint32_t
take_fragments(struct worker *w, struct netmap_ring *ring, uint32_t at, uint32_t end, size_t *length)
{
	uint32_t start = at, slots = w->port.reg.nr_rx_slots;
	const volatile struct netmap_slot *slot;
	const char *data;
	size_t part;
	uint16_t flags;

	*length = 0;
	do {
		if (at == end)
			return start;
		slot = &ring->slot[at];
		part = slot->len;
		flags = slot->flags;
		data = port_buffer(&w->port, ring, &ring->slot[at], part);
		if (w->o->touch && data && *length + part <= PACKET_MAX)
			memcpy(w->joined + *length, data, part);
		*length += part;
		at = port_next(at, slots);
	} while (flags & NS_MOREFRAG);
	if (w->o->check)
		check_packet(w, *length <= PACKET_MAX ? w->joined : NULL, *length);
	return at;
}

static uint64_t
drain(struct worker *w, struct netmap_ring *ring)
{
	uint32_t slots = w->port.reg.nr_rx_slots, next;
	uint32_t at = port_index(&ring->head, slots), tail = port_index(&ring->tail, slots);
	uint32_t budget = w->o->batch ? w->o->batch : slots;
	uint64_t frames = 0, bytes = 0, sum = 0;
	const volatile struct netmap_slot *slot;
	const char *data;
	size_t length;

	for (; at != tail && budget > 0; budget--, frames++, at = next) {
		slot = &ring->slot[at];
		length = slot->len;
		next = port_next(at, slots);
		if (slot->flags & NS_MOREFRAG) {
			next = take_fragments(w, ring, at, tail, &length);
			if (next == at)
				break;
		} else if (w->o->check || w->o->touch) {
			data = port_buffer(&w->port, ring, &ring->slot[at], length);
			if (w->o->check)
				check_packet(w, data, length);
			else
				sum += data ? read_packet(data, length) : 0;
		}
		bytes += length;
	}
	ring->head = at;
	/* An unfinished packet stays ours, and cur says that we wait for what comes behind the part we know. */
	ring->cur = budget > 0 ? tail : at;
	w->sink += sum;
	BUMP(w->c.bytes, bytes);
	BUMP(w->c.frames, frames);
	return frames;
}

void
rx_run(struct worker *w)
{
	uint64_t got, now;
	unsigned int i;

	while (!stop && (w->count == 0 || w->c.frames < w->count)) {
		if (worker_sync(w, POLLIN) != 0) {
			w->failed = 1;
			break;
		}
		for (i = 0, got = 0; i < w->port.rx_rings; i++)
			got += drain(w, w->port.rx[i]);
		now = now_ns();
		if (got) {
			w->begin = w->begin ? w->begin : now;
			w->end = now;
		} else if (w->o->idle_ns && w->end && now - w->end > w->o->idle_ns) {
			break;
		}
	}
	ioctl(w->port.fd, NIOCRXSYNC, NULL);	/* gives the slots back */
}
