/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * hostile: a client that writes random bytes where it can, while two threads poll and sync. It checks nothing itself:
 * the server must go on serving others, and this program must get to its end.
 *
 *	hostile -i PORT [-d DEVICE] [-m rings|all] [-t SECONDS] [-s SEED] [-r WRITES_PER_BURST]
 *
 * rings: its own netmap_if, rings and slots. all: these, and random places on a limited number of pages of everything
 * that is mapped. Prints key=value; exit 0 at the end of the time, 1 if it could not start, got SIGBUS, or
 * hangs in a call 10 seconds after the end, 2 usage.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/port.h"
#include "common/util.h"

#define PAGES_MAX	2048

struct area {
	char *start;
	size_t length;
};

static struct port port;
static struct area areas[PORT_RINGS_MAX * 2 + 1 + PAGES_MAX];
static size_t area_count;
static uint64_t syncs, sync_errors, poll_errors;

/* Where things are is looked up before anything gets overwritten. */
static void
add_area(void *start, size_t length)
{
	areas[area_count].start = start;
	areas[area_count++].length = length;
}

static void
find_areas(int everything, uint64_t *seed)
{
	size_t pages = port.reg.nr_memsize / 4096;
	unsigned int i;

	for (i = 0; i < port.tx_rings; i++)
		add_area(port.tx[i], sizeof(*port.tx[i]) + port.tx[i]->num_slots * sizeof(struct netmap_slot));
	for (i = 0; i < port.rx_rings; i++)
		add_area(port.rx[i], sizeof(*port.rx[i]) + port.rx[i]->num_slots * sizeof(struct netmap_slot));
	add_area(port.nifp, sizeof(*port.nifp) + 8 * sizeof(ssize_t));
	for (i = 0; everything && i < PAGES_MAX; i++)
		add_area(port.mem + random_next(seed) % pages * 4096, 4096);
}

/* Numbers that are nearly right do more harm than random ones. */
static uint32_t
nasty_word(uint64_t *seed)
{
	uint64_t r = random_next(seed);

	switch (r >> 60) {
	case 0: case 1: return (uint32_t)r % 1025;
	case 2: return UINT32_MAX - (uint32_t)r % 4;
	case 3: return 0x80000000u;
	case 4: case 5: return (uint32_t)r % 200000;
	case 6: return (uint32_t)r & 0x00ff003f;
	default: return (uint32_t)r;
	}
}

static void
scribble(uint64_t *seed)
{
	uint64_t r = random_next(seed);
	struct area *a = &areas[r % area_count];
	size_t words = a->length / sizeof(uint32_t), at;
	uint32_t value = nasty_word(seed);

	/* Half of the time the head of the structure: head, cur, tail and what else stands there. */
	at = r & (1ull << 40) ? (r >> 41) % (words < 20 ? words : 20) : (r >> 41) % words;
	__atomic_store_n((uint32_t *)(void *)a->start + at, value, __ATOMIC_RELAXED);
}

static void *
sync_loop(void *argument)
{
	uint64_t seed = (uint64_t)(uintptr_t)argument;
	struct pollfd p = { .fd = port.fd };

	while (!stop) {
		uint64_t r = random_next(&seed);

		__atomic_add_fetch(&syncs, 1, __ATOMIC_RELAXED);
		if (r % 3 == 0) {
			if (ioctl(port.fd, r & 16 ? NIOCTXSYNC : NIOCRXSYNC, NULL) != 0)
				__atomic_add_fetch(&sync_errors, 1, __ATOMIC_RELAXED);
			continue;
		}
		p.events = (short)((r & 32 ? POLLIN : 0) | (r & 64 ? POLLOUT : 0));
		if (poll(&p, 1, (int)((r >> 32) % 3)) > 0 && (p.revents & POLLERR))
			__atomic_add_fetch(&poll_errors, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void
on_bus_error(int number)
{
	static const char text[] = "SIGBUS: the mapping lost a page\n";
	ssize_t ignored = write(2, text, sizeof(text) - 1);

	(void)number;
	(void)ignored;
	_exit(1);
}

static void
on_alarm(int number)
{
	static const char text[] = "a poll or sync does not return\n";
	ssize_t ignored = write(2, text, sizeof(text) - 1);

	(void)number;
	(void)ignored;
	_exit(1);
}

static void
run(uint64_t seconds_ns, uint64_t burst, uint64_t seed)
{
	uint64_t end = now_ns() + seconds_ns, writes = 0, i;
	pthread_t threads[2];
	struct timespec pause = { .tv_nsec = 20000 };

	for (i = 0; i < 2; i++) {
		if (pthread_create(&threads[i], NULL, sync_loop, (void *)(uintptr_t)(seed + i + 1)) != 0)
			exit(1);
	}
	while (!stop && now_ns() < end) {
		for (i = 0; i < burst; i++)
			scribble(&seed);
		writes += burst;
		nanosleep(&pause, NULL);
	}
	stop = 1;
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	printf("writes=%" PRIu64 "\nsyncs=%" PRIu64 "\nsync_errors=%" PRIu64 "\npoll_errors=%" PRIu64 "\n", writes, syncs,
	    sync_errors, poll_errors);
}

int
main(int argc, char **argv)
{
	struct port_wish wish = { .ring = -1 };
	uint64_t seed = 1, seconds = 2 * NS_PER_SECOND, burst = 64;
	const char *spec = NULL;
	int letter, everything = 0, wrong = 0;

	while ((letter = getopt(argc, argv, "i:d:m:t:s:r:")) != -1) {
		switch (letter) {
		case 'i': spec = optarg; break;
		case 'd': wish.device = optarg; break;
		case 'm': everything = strcmp(optarg, "all") == 0; wrong |= !everything && strcmp(optarg, "rings"); break;
		case 't': seconds = seconds_or_exit("-t", optarg); break;
		case 's': seed = number_or_exit("-s", optarg, 0, UINT64_MAX); break;
		case 'r': burst = number_or_exit("-r", optarg, 1, 1000000); break;
		default: wrong = 1;
		}
	}
	if (wrong || spec == NULL || optind != argc) {
		fprintf(stderr, "hostile -i PORT [-d DEVICE] [-m rings|all] [-t SECONDS] [-s SEED] [-r WRITES]\n");
		return EXIT_USAGE;
	}
	stop_on_signals();
	signal(SIGBUS, on_bus_error);
	signal(SIGALRM, on_alarm);
	alarm((unsigned int)(seconds / NS_PER_SECOND) + 10);
	if (port_open(&port, spec, &wish) != 0)
		return 1;
	find_areas(everything, &seed);
	run(seconds, burst, seed);
	port_close(&port);
	return 0;
}
