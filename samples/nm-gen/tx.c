/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * The sender: a template, a sequence number, a memcpy for each frame.
 */
#include <errno.h>

#include "gen.h"

/* How many frames the rate limit allows now; sleeps a little when none. */
static uint64_t
allowance(struct worker *w)
{
	uint64_t due, now;

	if (w->rate == 0)
		return UINT64_MAX;
	now = now_ns() - w->begin;
	due = (uint64_t)((double)now * (double)w->rate / 1e9) + 1;
	if (due > w->c.frames)
		return due - w->c.frames;
	now = NS_PER_SECOND / w->rate;
	sleep_ns(now < 1000000 ? now : 1000000);
	return 0;
}

#define AHEAD		16	/* slots */

/*
 * Asks for the cache line of a buffer that is written soon. The other side has just read it: without PREFETCHW, each
 * frame waits until the other CPU has given its line up.
 */
static inline void
want_to_write(const struct netmap_ring *ring, uint32_t at, uint32_t slots)
{
	uint32_t soon = at + AHEAD;

	/* A prefetch of an address where nothing is does nothing. */
	if (soon >= slots)
		soon -= slots;
	if (soon < slots)
		__asm__ volatile("prefetchw %0" : : "m"(*NETMAP_BUF(ring, ring->slot[soon].buf_idx)));
}

/* One frame in one slot. */
static inline void
put_frame(const struct port *port, struct netmap_ring *ring, uint32_t at, struct packet_template *t, uint64_t sequence, int touch)
{
	struct netmap_slot *slot = &ring->slot[at];
	char *frame = touch ? port_buffer(port, ring, slot, t->length) : NULL;

	if (frame) {
		packet_set_sequence(t, sequence);
		memcpy(frame, t->data, t->length);
	}
	slot->len = (uint16_t)t->length;
	slot->flags = 0;
}

/* The same with 60 bytes known to the compiler. */
static inline void
put_frame_60(const struct port *port, struct netmap_ring *ring, uint32_t at, const struct packet_template *t, uint64_t sequence)
{
	struct netmap_slot *slot = &ring->slot[at];
	char *frame = port_buffer(port, ring, slot, PACKET_MIN);
	uint64_t inverse = ~sequence;

	/* The number goes into the buffer, not the template: reading back what was just written would stall the copy. */
	if (frame) {
		memcpy(frame, t->data, PACKET_MIN);
		memcpy(frame + PACKET_SEQUENCE, &sequence, sizeof(sequence));
		memcpy(frame + t->trailer, &inverse, sizeof(inverse));
	}
	slot->len = PACKET_MIN;
	slot->flags = 0;
}

/* One frame in several slots of about the same size; returns the slot behind it. */
static uint32_t
put_fragments(const struct port *port, struct netmap_ring *ring, uint32_t at, struct packet_template *t, uint64_t sequence,
    unsigned int parts, int touch)
{
	size_t left = t->length, done = 0, part;
	char *data;

	packet_set_sequence(t, sequence);
	for (; parts > 0; parts--) {
		struct netmap_slot *slot = &ring->slot[at];

		part = left / parts;
		data = touch ? port_buffer(port, ring, slot, part) : NULL;
		if (data)
			memcpy(data, t->data + done, part);
		slot->len = (uint16_t)part;
		slot->flags = parts > 1 ? NS_MOREFRAG : 0;
		done += part;
		left -= part;
		at = port_next(at, port->reg.nr_tx_slots);
	}
	return at;
}

/* Fills up to n frames into a ring; returns how many. */
static uint64_t
fill(struct worker *w, struct netmap_ring *ring, unsigned int parts, uint64_t n)
{
	const struct port *port = &w->port;
	uint32_t slots = port->reg.nr_tx_slots, at = port_index(&ring->head, slots);
	uint32_t space = port_distance(at, port_index(&ring->tail, slots), slots) / parts;
	struct packet_template *t = w->packet;
	uint64_t sequence = w->c.frames, end;

	if (n > space)
		n = space;
	end = sequence + n;
	if (parts > 1) {
		for (; sequence != end; sequence++)
			at = put_fragments(port, ring, at, t, sequence, parts, w->o->touch);
	} else if (w->o->touch && t->length == PACKET_MIN) {
		for (; sequence != end; sequence++, at = port_next(at, slots)) {
			want_to_write(ring, at, slots);
			put_frame_60(port, ring, at, t, sequence);
		}
	} else {
		for (; sequence != end; sequence++, at = port_next(at, slots))
			put_frame(port, ring, at, t, sequence, w->o->touch);
	}
	ring->head = ring->cur = at;
	BUMP(w->c.frames, n);
	BUMP(w->c.bytes, n * t->length);
	return n;
}

/* Slots a frame takes: as asked for, and more where a buffer is too small. */
static unsigned int
parts_of(const struct worker *w, const struct netmap_ring *ring)
{
	size_t size = *(volatile const uint32_t *)&ring->nr_buf_size;
	size_t need = (w->packet->length + size - (size != 0)) / (size ? size : 1);

	if (need == 0 || need > w->port.reg.nr_tx_slots)
		need = 1;	/* nonsense: somebody wrote there */
	return need > w->o->fragments ? (unsigned int)need : w->o->fragments;
}

static uint64_t
fill_all(struct worker *w)
{
	uint64_t allowed = allowance(w), sent = 0, n;
	unsigned int i;

	if (w->count && w->count - w->c.frames < allowed)
		allowed = w->count - w->c.frames;
	for (i = 0; i < w->port.tx_rings && sent < allowed; i++) {
		n = allowed - sent;
		if (w->o->batch && n > w->o->batch)
			n = w->o->batch;
		sent += fill(w, w->port.tx[i], parts_of(w, w->port.tx[i]), n);
	}
	return sent;
}

static uint64_t
pending(struct worker *w)
{
	uint32_t n = w->port.reg.nr_tx_slots;
	struct netmap_ring *ring;
	uint64_t slots = 0;
	unsigned int i;

	for (i = 0; i < w->port.tx_rings; i++) {
		ring = w->port.tx[i];
		slots += port_distance(port_next(port_index(&ring->tail, n), n), port_index(&ring->head, n), n);
	}
	return slots;
}

/* Waits until the port has sent everything, for a second at most: nobody may be reading the other end. */
static void
flush(struct worker *w)
{
	uint64_t deadline = now_ns() + NS_PER_SECOND;
	struct timespec pause = { .tv_nsec = 50000 };

	do {
		if (ioctl(w->port.fd, NIOCTXSYNC, NULL) != 0)
			break;
		w->c.syncs++;
		w->c.pending = pending(w);
		if (w->c.pending)
			nanosleep(&pause, NULL);
	} while (w->c.pending && now_ns() < deadline);
}

/* With a rate limit each batch goes out at once, and poll is only for a full ring. */
static int
push(struct worker *w, uint64_t filled)
{
	if (w->rate == 0)
		return worker_sync(w, POLLOUT);
	if (filled == 0 && nm_ring_space(w->port.tx[0]) == 0)
		return worker_sync(w, POLLOUT);
	if (filled && ioctl(w->port.fd, NIOCTXSYNC, NULL) != 0) {
		complain(w->port.name, "cannot sync", errno);
		return -1;
	}
	w->c.syncs += filled != 0;
	return 0;
}

void
tx_run(struct worker *w)
{
	if (w->port.tx_rings == 0) {
		fprintf(stderr, "%s: no transmit rings\n", w->port.name);
		w->failed = 1;
		return;
	}
	w->begin = now_ns();
	while (!stop && (w->count == 0 || w->c.frames < w->count)) {
		if (push(w, fill_all(w)) != 0) {
			w->failed = 1;
			break;
		}
	}
	flush(w);
	w->end = now_ns();
}
