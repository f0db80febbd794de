/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * What a minimal driver in C does with netmap slots and the descriptors of an Intel 82576, beside memory that plays a perfect chip:
 * the measure for the loops of NetmapCuse.Drivers/Nic. Built into a library that NetmapCuse.Bench loads.
 */
#include <stddef.h>
#include <stdint.h>

#define BUFFER_BYTES	2048u
#define MORE_FRAGMENTS	0x0020u
#define CHANGED_REPORT	0x0003u
#define TX_WORD		((3ull << 20) | (1ull << 24) | (1ull << 25) | (1ull << 29))
#define TX_REPORT	(1ull << 27)
#define TX_DONE		(1ull << 32)
#define REPORT_EACH	32u

struct slot { uint32_t buffer; uint16_t length, flags; uint64_t pointer; };
struct descriptor { volatile uint64_t low, high; };

uint64_t nicloop_tx(struct slot *slots, struct descriptor *ring, uint32_t *held, uint32_t count, uint32_t buffers, uint64_t pool,
    uint32_t batch, uint64_t rounds);
uint64_t nicloop_rx(struct slot *slots, struct descriptor *ring, uint32_t *held, uint32_t count, uint32_t buffers, uint64_t pool,
    uint32_t batch, uint64_t rounds);

static volatile uint32_t doorbell;

/* Sends batches; the chip has sent each when it is looked for. */
uint64_t nicloop_tx(struct slot *slots, struct descriptor *ring, uint32_t *held, uint32_t count, uint32_t buffers, uint64_t pool,
    uint32_t batch, uint64_t rounds)
{
	uint32_t next = 0, clean = 0;
	uint64_t bytes = 0;

	for (uint64_t r = 0; r < rounds; r++) {
		uint32_t last = next;

		for (uint32_t i = 0; i < batch; i++) {
			struct slot *shared = &slots[next];
			struct slot s = *(volatile struct slot *)shared;
			uint32_t buffer = s.buffer;

			if (s.flags & CHANGED_REPORT)
				shared->flags = s.flags & ~CHANGED_REPORT;
			if (buffer < 2 || buffer >= buffers || s.length == 0 || s.length > BUFFER_BYTES || (s.flags & MORE_FRAGMENTS))
				continue;
			bytes += s.length;
			held[next] = buffer;
			ring[next].low = pool + (uint64_t)buffer * BUFFER_BYTES;
			ring[next].high = s.length | TX_WORD | ((uint64_t)s.length << 46) |
			    ((i + 1) % REPORT_EACH == 0 || i + 1 == batch ? TX_REPORT : 0);
			last = next;
			if (++next == count)
				next = 0;
		}
		doorbell = next;
		ring[last].high = TX_DONE;	/* the chip */
		if (ring[last].high & TX_DONE)
			clean = last;
	}
	return bytes + clean;
}

/* Receives batches and gives the buffers back at once. */
uint64_t nicloop_rx(struct slot *slots, struct descriptor *ring, uint32_t *held, uint32_t count, uint32_t buffers, uint64_t pool,
    uint32_t batch, uint64_t rounds)
{
	uint32_t next = 0, given = 0;
	uint64_t bytes = 0;

	for (uint64_t r = 0; r < rounds; r++) {
		uint32_t chip = next;

		for (uint32_t i = 0; i < batch; i++) {	/* the chip */
			ring[chip].high = (60ull << 32) | 3;
			if (++chip == count)
				chip = 0;
		}
		for (uint32_t i = 0; i < batch; i++) {
			uint64_t word = ring[next].high;

			if ((word & 3) != 3 || (word & 0x97000000ull))
				break;
			slots[next].buffer = held[next];
			slots[next].length = (uint16_t)(word >> 32);
			slots[next].flags = 0;
			bytes += (uint16_t)(word >> 32);
			if (++next == count)
				next = 0;
		}
		while (given != next) {
			struct slot *s = &slots[given];
			uint32_t buffer = *(volatile uint32_t *)&s->buffer;

			if (s->flags & 1)
				s->flags &= ~1;
			if (buffer < 2 || buffer >= buffers)
				buffer = 0;
			held[given] = buffer;
			ring[given].high = 0;
			ring[given].low = pool + (uint64_t)buffer * BUFFER_BYTES;
			if (++given == count)
				given = 0;
		}
		doorbell = given;
	}
	return bytes;
}
