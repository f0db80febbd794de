/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * work: what the daemon's loops do to slots and buffers, as one plain loop in one process: the limit of a rate.
 *
 *	copy	a slot is read, its frame copied from one 2 KiB buffer to another, the other slot written
 *	pass	the same, and a sender that writes the frame before and a receiver that reads it afterwards: all that
 *		happens to a packet, on one CPU
 *	swap	the buffers of two slots change places
 */
#include <getopt.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/packet.h"
#include "common/util.h"

#include <net/netmap_user.h>

#define BUFFER	2048

static const char usage[] = "work -f copy|pass|swap [-l BYTES] [-C SLOTS] [-t SECONDS] [-a CPU]\n";

struct work {
	uint32_t slots;
	uint16_t length;
	struct netmap_slot *from, *to;
	uint8_t *buffers;
	uint64_t sink;
	struct packet_template frame;
};

typedef void (*turn)(struct work *w, uint64_t sequence);

/* Length is one of the usual ones, known to the compiler, or any. */
static inline void
copy_frame(uint8_t *to, const uint8_t *from, uint16_t length)
{
	if (length == 60)
		memcpy(to, from, 64);
	else if (length == 256)
		memcpy(to, from, 256);
	else
		memcpy(to, from, length);
}

static void
turn_copy(struct work *w, uint64_t sequence)
{
	uint32_t i;

	(void)sequence;
	for (i = 0; i < w->slots; i++) {
		struct netmap_slot in = w->from[i];

		copy_frame(w->buffers + (size_t)w->to[i].buf_idx * BUFFER, w->buffers + (size_t)in.buf_idx * BUFFER,
		    in.len);
		w->to[i].len = in.len;
		w->to[i].flags = in.flags;
	}
}

static void
turn_pass(struct work *w, uint64_t sequence)
{
	uint32_t i;
	uint64_t word;
	size_t at;

	for (i = 0; i < w->slots; i++) {
		packet_set_sequence(&w->frame, sequence + i);
		copy_frame(w->buffers + (size_t)w->from[i].buf_idx * BUFFER, w->frame.data, w->length);
		w->from[i].len = w->length;
		w->from[i].flags = 0;
	}
	turn_copy(w, sequence);
	for (i = 0; i < w->slots; i++) {
		for (at = 0; at + sizeof(word) <= w->to[i].len; at += 64) {
			memcpy(&word, w->buffers + (size_t)w->to[i].buf_idx * BUFFER + at, sizeof(word));
			w->sink += word;
		}
	}
}

static void
turn_swap(struct work *w, uint64_t sequence)
{
	uint32_t i;

	(void)sequence;
	for (i = 0; i < w->slots; i++) {
		struct netmap_slot in = w->from[i], out = w->to[i];

		out.flags |= NS_BUF_CHANGED;
		in.flags |= NS_BUF_CHANGED;
		w->from[i] = out;
		w->to[i] = in;
	}
}

static int
prepare(struct work *w)
{
	size_t size = (size_t)w->slots * 2 * BUFFER;
	int memory = memfd_create("work", MFD_CLOEXEC);
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 1 };
	uint32_t i;

	if (memory < 0 || ftruncate(memory, (off_t)size) != 0)
		return -1;
	w->buffers = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, memory, 0);
	w->from = calloc(w->slots, sizeof(*w->from));
	w->to = calloc(w->slots, sizeof(*w->to));
	if (w->buffers == MAP_FAILED || w->from == NULL || w->to == NULL)
		return -1;
	packet_build(&w->frame, w->length, mac, mac, 0);
	for (i = 0; i < w->slots; i++) {
		w->from[i].buf_idx = i;
		w->from[i].len = w->length;
		w->to[i].buf_idx = w->slots + i;
		memcpy(w->buffers + (size_t)i * BUFFER, w->frame.data, w->length);
	}
	return 0;
}

static uint64_t
run(struct work *w, turn one, uint64_t limit_ns, uint64_t *took)
{
	uint64_t start = now_ns(), frames = 0;

	while ((*took = now_ns() - start) < limit_ns) {
		one(w, frames);
		frames += w->slots;
	}
	return frames;
}

static turn
turn_of(const char *name)
{
	if (strcmp(name, "copy") == 0)
		return turn_copy;
	if (strcmp(name, "pass") == 0)
		return turn_pass;
	return strcmp(name, "swap") == 0 ? turn_swap : NULL;
}

int
main(int argc, char **argv)
{
	static struct work w = { .slots = 1024, .length = PACKET_MIN };
	uint64_t limit = NS_PER_SECOND, took = 0, frames;
	int letter, cpu = -1;
	turn one = NULL;
	struct json j;

	while ((letter = getopt(argc, argv, "f:l:C:t:a:")) != -1) {
		switch (letter) {
		case 'f': one = turn_of(optarg); break;
		case 'l': w.length = (uint16_t)number_or_exit("-l", optarg, PACKET_MIN, BUFFER); break;
		case 'C': w.slots = (uint32_t)number_or_exit("-C", optarg, 1, 65536); break;
		case 't': limit = seconds_or_exit("-t", optarg); break;
		case 'a': cpu = (int)number_or_exit("-a", optarg, 0, 1023); break;
		default: one = NULL; optind = argc; break;
		}
	}
	if (one == NULL) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (cpu >= 0)
		pin_to_cpu(cpu);
	if (prepare(&w) != 0) {
		perror("memory");
		return 1;
	}
	one(&w, 0);
	frames = run(&w, one, limit, &took);
	json_begin(&j, stdout);
	json_count(&j, "frames", frames);
	json_real(&j, "mpps", (double)frames * 1e3 / (double)took);
	json_real(&j, "ns", (double)took / (double)frames);
	json_count(&j, "sink", w.sink);
	json_end(&j);
	return 0;
}
