/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * epolltest: a receiver that sleeps must wake for every batch, whichever call it sleeps in.
 *
 *	epolltest [-d DEVICE] [-s SWITCH | -P NAME] [-n BATCHES] [-b FRAMES] [-W BOUND_MS]
 *
 * Ports are SWITCH:epa and SWITCH:epb (vale4), or with -P the ends NAME{ep and NAME}ep of a pipe. For each of poll,
 * select, epoll level and edge triggered: prints "MODE: batches N min X median Y p99 Z max W us" and checks. Exit 0, 3
 * if a wake-up was missed or late, 1 if the ports cannot be opened, 2 usage.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <unistd.h>

#include "common/exchange.h"
#include "common/util.h"

#define BATCHES_MAX	10000

enum mode { MODE_POLL, MODE_SELECT, MODE_LEVEL, MODE_EDGE, MODES };

static const char *const mode_names[] = { "poll", "select", "epoll level", "epoll edge" };

static struct port from, to;
static unsigned int batches = 50, frames = 8, bound_ms = 1000;

struct sleeper {
	enum mode mode;
	int epoll;
	unsigned int armed, received;	/* batches; written by the sleeper */
	uint64_t sent_at;		/* written by the sender before it syncs */
	unsigned int wrong, early;
	double latency[BATCHES_MAX];
};

/* Sleeps until the receiving port is ready, for bound_ms at most; whether it is. */
static int
sleep_in(struct sleeper *s)
{
	struct pollfd p = { .fd = to.fd, .events = POLLIN };
	struct timeval limit = { .tv_sec = bound_ms / 1000, .tv_usec = bound_ms % 1000 * 1000 };
	struct epoll_event event;
	fd_set set;

	switch (s->mode) {
	case MODE_POLL:
		return poll(&p, 1, (int)bound_ms) == 1 && (p.revents & POLLIN);
	case MODE_SELECT:
		FD_ZERO(&set);
		FD_SET(to.fd, &set);
		return select(to.fd + 1, &set, NULL, NULL, &limit) == 1;
	default:
		return epoll_wait(s->epoll, &event, 1, (int)bound_ms) == 1 && (event.events & EPOLLIN);
	}
}

/* With everything read, level triggered epoll must be quiet; with something left, it must not. */
static void
check_level(struct sleeper *s)
{
	struct epoll_event event;

	if (s->mode == MODE_LEVEL && epoll_wait(s->epoll, &event, 1, 0) != 1)
		s->early++;
}

static void *
sleeper_main(void *argument)
{
	struct sleeper *s = argument;
	unsigned int got, i, n;
	uint64_t woke;

	for (i = 0; i < batches; i++) {
		__atomic_store_n(&s->armed, i + 1, __ATOMIC_RELEASE);
		if (!sleep_in(s))
			return NULL;
		woke = now_ns();
		s->latency[i] = (double)(woke - __atomic_load_n(&s->sent_at, __ATOMIC_ACQUIRE)) / 1e3;
		check_level(s);
		got = 0;
		/* Edge triggered means: read until nothing is left, only then sleep again. */
		do {
			n = frames_receive(&to, frames - got, i * 1000ull + got, NS_PER_SECOND, &s->wrong);
			got += n;
		} while (got < frames && n > 0);
		if (got < frames)
			return NULL;
		__atomic_store_n(&s->received, i + 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

static int
reaches(const unsigned int *counter, unsigned int value)
{
	uint64_t end = now_ns() + (bound_ms + 1000ull) * 1000000;

	while (__atomic_load_n(counter, __ATOMIC_ACQUIRE) < value) {
		struct timespec pause = { .tv_nsec = 20000 };

		if (now_ns() > end)
			return 0;
		nanosleep(&pause, NULL);
	}
	return 1;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
judge(struct sleeper *s)
{
	unsigned int n = s->received;
	char text[64];

	qsort(s->latency, n, sizeof(s->latency[0]), compare);
	if (n)
		printf("%s: batches %u min %.1f median %.1f p99 %.1f max %.1f us\n", mode_names[s->mode], n,
		    s->latency[0], s->latency[n / 2], s->latency[(n - 1) * 99 / 100], s->latency[n - 1]);
	snprintf(text, sizeof(text), "%s: woken for every batch", mode_names[s->mode]);
	check_number(text, n, batches);
	snprintf(text, sizeof(text), "%s: frames in order", mode_names[s->mode]);
	check_number(text, s->wrong, 0);
	snprintf(text, sizeof(text), "%s: ready as long as frames wait", mode_names[s->mode]);
	check_number(text, s->early, 0);
	snprintf(text, sizeof(text), "%s: within the bound", mode_names[s->mode]);
	check_true(text, n && s->latency[n - 1] <= bound_ms * 1000.0);
}

static void
run_mode(enum mode mode, uint64_t *seed)
{
	static struct sleeper s;
	struct epoll_event event = { .events = EPOLLIN | (mode == MODE_EDGE ? EPOLLET : 0) };
	pthread_t thread;
	unsigned int i;

	memset(&s, 0, sizeof(s));
	s.mode = mode;
	s.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (s.epoll < 0 || epoll_ctl(s.epoll, EPOLL_CTL_ADD, to.fd, &event) != 0) {
		check_true("the descriptor can be added to epoll", 0);
		return;
	}
	if (pthread_create(&thread, NULL, sleeper_main, &s) != 0)
		exit(1);
	for (i = 0; i < batches && reaches(&s.armed, i + 1); i++) {
		/* Sometimes before it sleeps, mostly after. */
		sleep_ns(random_next(seed) % 3000000);
		__atomic_store_n(&s.sent_at, now_ns(), __ATOMIC_RELEASE);
		if (frames_send(&from, frames, i * 1000ull) != (int)frames)
			break;
		if (!reaches(&s.received, i + 1))
			break;
	}
	pthread_join(thread, NULL);
	close(s.epoll);
	judge(&s);
}

/* Nothing to read: poll and epoll say so; nobody asked: no event. */
static void
check_quiet(void)
{
	struct pollfd p[2] = { { .fd = to.fd, .events = POLLIN }, { .fd = from.fd, .events = POLLOUT } };

	check_number("nothing to read", (uint64_t)poll(p, 1, 0), 0);
	check_number("room to send", (uint64_t)poll(p + 1, 1, 0), 1);
	check_number("only what was asked comes back", (uint64_t)p[1].revents, POLLOUT);
	p[1].events = POLLOUT | POLLWRNORM;
	poll(p + 1, 1, 0);
	check_number("both names of writing", (uint64_t)p[1].revents, POLLOUT | POLLWRNORM);
}

static int
open_ports(const char *on_switch, const char *pipe, const struct port_wish *wish)
{
	char a[96], b[96];

	snprintf(a, sizeof(a), pipe ? "%s{ep" : "%s:epa", pipe ? pipe : on_switch);
	snprintf(b, sizeof(b), pipe ? "%s}ep" : "%s:epb", pipe ? pipe : on_switch);
	return port_open(&from, a, wish) || port_open(&to, b, wish) ? -1 : 0;
}

int
main(int argc, char **argv)
{
	struct port_wish wish = { .ring = -1 };
	const char *on_switch = "vale4", *pipe = NULL;
	uint64_t seed = 1;
	int letter, mode;

	while ((letter = getopt(argc, argv, "d:s:P:n:b:W:")) != -1) {
		switch (letter) {
		case 'd': wish.device = optarg; break;
		case 's': on_switch = optarg; break;
		case 'P': pipe = optarg; break;
		case 'n': batches = (unsigned int)number_or_exit("-n", optarg, 1, BATCHES_MAX); break;
		case 'b': frames = (unsigned int)number_or_exit("-b", optarg, 1, 500); break;
		case 'W': bound_ms = (unsigned int)number_or_exit("-W", optarg, 1, 60000); break;
		default: return EXIT_USAGE;
		}
	}
	if (open_ports(on_switch, pipe, &wish) != 0)
		return 1;
	check_quiet();
	for (mode = 0; mode < MODES; mode++)
		run_mode((enum mode)mode, &seed);
	port_close(&to);
	port_close(&from);
	return check_result();
}
