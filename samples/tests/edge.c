/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * edge: an edge-triggered epoll receiver, and a sender whose frames come a random moment apart. No receiver may sleep
 * while a frame is in its ring.
 *
 *	edge [-d DEVICE] [-s SWITCH] [-S SECONDS]
 *
 * Makes ports SWITCH:eda and SWITCH:edb (vale6). Exit 0, 3 if a wake-up was lost, 1 if ports cannot be opened, 2 usage.
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/exchange.h"
#include "common/util.h"

#define SLEEP_MS	500	/* who sleeps so long while frames wait has not been woken */
#define GAP_US		30	/* the longest moment between two frames */

static struct port from, to;
static unsigned long seen, lost;
static int receiver_end;

static unsigned long
take_all(struct netmap_ring *ring)
{
	unsigned long n = 0;

	for (; !nm_ring_empty(ring); n++)
		ring->head = ring->cur = nm_ring_next(ring, ring->cur);
	return n;
}

/* Reads until nothing is left, then sleeps: what edge triggered means. */
static void *
receiver(void *unused)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int epoll = epoll_create1(0);

	(void)unused;
	epoll_ctl(epoll, EPOLL_CTL_ADD, to.fd, &event);
	while (!__atomic_load_n(&receiver_end, __ATOMIC_ACQUIRE)) {
		int woken = epoll_wait(epoll, &event, 1, SLEEP_MS);
		unsigned long n = take_all(to.rx[0]);

		if (woken == 0) {
			unsigned long late;

			ioctl(to.fd, NIOCRXSYNC, NULL);
			late = take_all(to.rx[0]);
			lost += late != 0 && !__atomic_load_n(&receiver_end, __ATOMIC_ACQUIRE);
			n += late;
		}
		__atomic_fetch_add(&seen, n, __ATOMIC_RELEASE);
	}
	close(epoll);
	return NULL;
}

static void
send_one(uint64_t *state)
{
	struct netmap_ring *ring = from.tx[0];
	uint64_t until;

	ring->slot[ring->cur].len = 60;
	ring->head = ring->cur = nm_ring_next(ring, ring->cur);
	ioctl(from.fd, NIOCTXSYNC, NULL);
	for (until = now_ns() + random_next(state) % GAP_US * 1000; now_ns() < until; )
		;
}

int
main(int argc, char **argv)
{
	const char *where = "vale6";
	struct port_wish wish = { .ring = -1 };
	uint64_t end, seconds = 10 * NS_PER_SECOND, state = 1;
	unsigned long rounds, sent = 0;
	char name[64];
	pthread_t thread;
	unsigned int i;
	int option;

	while ((option = getopt(argc, argv, "d:s:S:")) != -1) {
		switch (option) {
		case 'd': wish.device = optarg; break;
		case 's': where = optarg; break;
		case 'S': seconds = seconds_or_exit("-S", optarg); break;
		default: return EXIT_USAGE;
		}
	}
	snprintf(name, sizeof(name), "%s:eda", where);
	if (port_open(&from, name, &wish) < 0)
		return 1;
	snprintf(name, sizeof(name), "%s:edb", where);
	if (port_open(&to, name, &wish) < 0)
		return 1;
	for (i = 0; i < from.tx[0]->num_slots; i++)
		memset(NETMAP_BUF(from.tx[0], from.tx[0]->slot[i].buf_idx), 0xff, 60);
	pthread_create(&thread, NULL, receiver, NULL);
	usleep(100000);
	end = now_ns() + seconds;
	for (rounds = 0; now_ns() < end; rounds++) {
		uint64_t limit;

		send_one(&state);
		send_one(&state);
		sent += 2;
		limit = now_ns() + 4 * SLEEP_MS * 1000000ull;
		while (__atomic_load_n(&seen, __ATOMIC_ACQUIRE) < sent && now_ns() < limit)
			sched_yield();
	}
	__atomic_store_n(&receiver_end, 1, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	printf("%lu rounds, %lu frames sent, %lu seen\n", rounds, sent, seen);
	check_number("lost wake-ups", lost, 0);
	check_number("frames", seen, sent);
	return check_result();
}
