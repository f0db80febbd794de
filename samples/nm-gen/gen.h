/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * nm-gen: traffic source and sink. One worker, which is one thread with one descriptor, for each -p.
 */
#ifndef NM_GEN_H
#define NM_GEN_H

#include <poll.h>
#include <pthread.h>

#include "common/packet.h"
#include "common/port.h"
#include "common/util.h"

enum role { ROLE_NONE, ROLE_TX, ROLE_RX, ROLE_PING, ROLE_PONG };

struct options {
	enum role role;
	const char *role_name;
	const char *spec;
	struct port_wish wish;
	size_t length;
	uint64_t count;		/* all workers together, 0: no end */
	uint32_t batch;		/* 0: as much as the ring takes */
	unsigned int threads;
	uint64_t rate;		/* frames a second, all workers together, 0: no limit */
	uint64_t report_ns;
	uint64_t wait_ns;
	uint64_t limit_ns;	/* 0: no limit */
	uint64_t idle_ns;	/* rx: end after this silence, 0: never */
	uint8_t source[6], destination[6];
	int cpu;		/* -1: not pinned */
	unsigned int fragments;
	int check, json, quiet, touch, busy;
};

/* Written by the worker, read by the reporter: a cache line of its own, so that nobody slows down by being watched. */
struct counters {
	uint64_t frames, bytes, syncs;
	uint64_t lost, reordered, corrupt, foreign;
	uint64_t pending;	/* tx: slots the port had not finished with at the end */
} __attribute__((aligned(64)));

#define STREAMS		256
#define RTT_MAX		(1u << 20)

struct worker {
	struct counters c;
	const struct options *o;
	struct port port;
	pthread_t thread;
	unsigned int index;
	uint64_t count, rate;	/* this worker's share */
	uint64_t begin, end;	/* times, 0: nothing yet */
	int failed, done;
	struct packet_template *packet;
	uint64_t expected[STREAMS];	/* rx: next sequence number of each stream */
	uint8_t *joined;	/* rx: where a packet of several slots is put together */
	uint64_t sink;		/* rx: what reading packets leaves behind, so that it is not optimised away */
	uint32_t *rtt;		/* ping: round trips in nanoseconds */
	uint32_t rtts;
};

void tx_run(struct worker *w);
void rx_run(struct worker *w);
void ping_run(struct worker *w);
void pong_run(struct worker *w);

/* Waits in poll for at most 100 ms, or does the ioctl; -1 if the descriptor is broken. */
int worker_sync(struct worker *w, short events);

void report_final(struct worker *workers, const struct options *o);
void report_loop(struct worker *workers, const struct options *o);
int options_parse(struct options *o, int argc, char **argv);

#define BUMP(counter, n)	__atomic_store_n(&(counter), (counter) + (n), __ATOMIC_RELAXED)

#endif
