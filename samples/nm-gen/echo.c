/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * Round trips: ping sends one frame and waits for it, pong sends everything back with the addresses exchanged.
 */
#include "gen.h"

#define ANSWER_NS	NS_PER_SECOND

static int
send_one(struct worker *w, uint64_t sequence)
{
	struct netmap_ring *ring = w->port.tx[0];
	uint32_t at, slots = w->port.reg.nr_tx_slots;
	struct netmap_slot *slot;
	char *frame;

	if (nm_ring_empty(ring) && (worker_sync(w, POLLOUT) != 0 || nm_ring_empty(ring)))
		return -1;
	at = port_index(&ring->head, slots);
	slot = &ring->slot[at];
	packet_set_sequence(w->packet, sequence);
	frame = port_buffer(&w->port, ring, slot, w->packet->length);
	if (frame)
		memcpy(frame, w->packet->data, w->packet->length);
	slot->len = (uint16_t)w->packet->length;
	slot->flags = 0;
	ring->head = ring->cur = port_next(at, slots);
	BUMP(w->c.frames, 1);
	BUMP(w->c.bytes, w->packet->length);
	w->c.syncs++;
	return ioctl(w->port.fd, NIOCTXSYNC, NULL);
}

/* Empties all rings; whether the answer was among the frames. */
static int
look_for(struct worker *w, uint64_t sequence)
{
	uint64_t got;
	uint8_t stream;
	unsigned int i;
	int found = 0;

	for (i = 0; i < w->port.rx_rings; i++) {
		struct netmap_ring *ring = w->port.rx[i];
		uint32_t slots = w->port.reg.nr_rx_slots;
		uint32_t at = port_index(&ring->cur, slots), tail = port_index(&ring->tail, slots);

		for (; at != tail; at = port_next(at, slots)) {
			size_t length = *(volatile uint16_t *)&ring->slot[at].len;
			void *data = port_buffer(&w->port, ring, &ring->slot[at], length);

			switch (data ? packet_check(data, length, &stream, &got) : PACKET_CORRUPT) {
			case PACKET_GOOD: found |= got == sequence; break;
			case PACKET_CORRUPT: w->c.corrupt++; break;
			case PACKET_FOREIGN: w->c.foreign++; break;
			}
		}
		ring->head = ring->cur = tail;
	}
	return found;
}

static int
ping_once(struct worker *w, uint64_t sequence)
{
	uint64_t start = now_ns(), now = start;
	int found = 0;

	if (send_one(w, sequence) != 0)
		return -1;
	while (!stop && !found && now - start < ANSWER_NS) {
		if (worker_sync(w, POLLIN) != 0)
			return -1;
		found = look_for(w, sequence);
		now = now_ns();
	}
	if (!found)
		w->c.lost += !stop;
	else if (w->rtts < RTT_MAX)
		w->rtt[w->rtts++] = (uint32_t)(now - start);
	return 0;
}

static int
has_both_directions(struct worker *w)
{
	if (w->port.tx_rings && w->port.rx_rings)
		return 1;
	fprintf(stderr, "%s: ping and pong need both directions\n", w->port.name);
	w->failed = 1;
	return 0;
}

void
ping_run(struct worker *w)
{
	uint64_t next, gap = w->rate ? NS_PER_SECOND / w->rate : 0, now;

	if (!has_both_directions(w))
		return;
	next = w->begin = now_ns();
	while (!stop && (w->count == 0 || w->c.frames < w->count)) {
		if (ping_once(w, w->c.frames) != 0) {
			w->failed = 1;
			break;
		}
		next += gap;
		now = now_ns();
		if (gap && next > now)
			sleep_ns(next - now);
	}
	w->end = now_ns();
}

/* Copies what one ring holds into another, as far as it goes. */
static void
answer(struct worker *w, struct netmap_ring *from, struct netmap_ring *to)
{
	uint32_t sources = w->port.reg.nr_rx_slots, targets = w->port.reg.nr_tx_slots;
	uint32_t at = port_index(&from->cur, sources), put = port_index(&to->cur, targets);
	uint32_t end = port_index(&from->tail, sources), room = port_index(&to->tail, targets);

	for (; at != end && put != room; at = port_next(at, sources), put = port_next(put, targets)) {
		struct netmap_slot *in = &from->slot[at], *out = &to->slot[put];
		uint16_t length = *(volatile uint16_t *)&in->len, flags = *(volatile uint16_t *)&in->flags & NS_MOREFRAG;
		char *source = port_buffer(&w->port, from, in, length), *target = port_buffer(&w->port, to, out, length);

		if (source && target) {
			memcpy(target, source, length);
			if (length >= 12) {
				memcpy(target, source + 6, 6);
				memcpy(target + 6, source, 6);
			}
		}
		out->len = length;
		out->flags = flags;
		BUMP(w->c.frames, !flags);
		BUMP(w->c.bytes, length);
	}
	from->head = from->cur = at;
	to->head = to->cur = put;
}

void
pong_run(struct worker *w)
{
	unsigned int i, full;

	if (!has_both_directions(w))
		return;
	w->begin = now_ns();
	for (full = 0; !stop && (w->count == 0 || w->c.frames < w->count);) {
		/* With room to send, poll for frames pushes the last answers too. */
		if (worker_sync(w, full ? POLLOUT : POLLIN) != 0) {
			w->failed = 1;
			break;
		}
		for (i = 0, full = 0; i < w->port.rx_rings; i++) {
			answer(w, w->port.rx[i], w->port.tx[i % w->port.tx_rings]);
			full |= !nm_ring_empty(w->port.rx[i]);
		}
		if (w->o->busy)
			ioctl(w->port.fd, NIOCTXSYNC, NULL);
	}
	ioctl(w->port.fd, NIOCTXSYNC, NULL);
	w->end = now_ns();
}
