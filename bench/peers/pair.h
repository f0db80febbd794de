/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * What all peers have in common: a thread that sends and one that receives, each on its CPU, and a report. A peer says
 * how one batch is sent and received.
 */
#ifndef PEERS_PAIR_H
#define PEERS_PAIR_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/packet.h"

#define PAIR_BATCH_MAX	1024u

struct pair {
	size_t length;
	uint64_t limit_ns;
	int rx_cpu, tx_cpu;		/* -1: not pinned */
	const char *variant;		/* -f */
	const char *link;		/* -i: an interface that is there; the variant says whether to send or to receive */
	uint32_t batch;			/* -n */
	int stopping;			/* set for the sender when the time is over, 2 when the receiver shall end too */
	struct packet_template *frame;
	struct {
		uint64_t frames, last, sink;	/* last: when frames came last */
	} received __attribute__((aligned(64)));
	struct {
		uint64_t frames;
	} sent __attribute__((aligned(64)));
};

struct peer {
	const char *name;
	int (*prepare)(struct pair *p);		/* 0, or -1 with the reason on standard error */
	int (*send)(struct pair *p);		/* a batch; frames taken by the kernel, or -1 */
	int (*receive)(struct pair *p);		/* what has come, after 20 ms at most; frames, or -1 */
};

/* True when this process is to send ("tx") or to receive ("rx"): both, unless it has an interface of somebody else. */
int pair_does(const char *role);

/* The whole program: options, threads, report. */
int pair_main(struct peer peer, int argc, char **argv);

/* Writes the next frame as nm-gen does. */
static inline void
pair_write(struct pair *p, void *to, uint64_t sequence)
{
	packet_set_sequence(p->frame, sequence);
	memcpy(to, p->frame->data, p->length);
}

/* Reads a word of each cache line as nm-gen does. */
static inline void
pair_read(struct pair *p, const void *frame, size_t length)
{
	const char *data = frame;
	uint64_t word;
	size_t at;

	for (at = 0; at + sizeof(word) <= length; at += 64) {
		memcpy(&word, data + at, sizeof(word));
		p->received.sink += word;
	}
}

#endif
