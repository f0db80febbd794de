/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * Somebody who has nothing to do with an attack: a process with two ports of its own that syncs and exchanges frames, and
 * measures how long its worst sync took, first alone and then beside whatever goes on.
 *
 * On a machine where every CPU is busy a sync also waits until the server gets its turn. So an echo is measured at the same time: a
 * byte through two pipes and a process of usual priority. A stall is a sync that took 20 ms more than the worst echo.
 */
#ifndef TESTS_BYSTANDER_H
#define TESTS_BYSTANDER_H

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/port.h"
#include "common/util.h"

#define BYSTANDER_ALONE_NS	500000000ull
#define BYSTANDER_STALL_NS	20000000ull

struct bystander {
	volatile int stop, attacked, ready, failed;
	pid_t pid;
	uint64_t syncs, worst_without, worst_beside, worst_echo, stalls;
};

/* Sends back what it gets. */
static inline void
bystander_echo(int from, int to)
{
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (read(from, &byte, 1) == 1 && write(to, &byte, 1) == 1)
		continue;
	_exit(0);
}

static inline uint64_t
bystander_echoed(int to, int from)
{
	uint64_t begin = now_ns();
	char byte = 0;

	if (write(to, &byte, 1) != 1 || read(from, &byte, 1) != 1)
		_exit(1);
	return now_ns() - begin;
}

static inline void
bystander_run(struct bystander *b, const char *device)
{
	struct nmreq_register reg = { .nr_mode = NR_REG_ALL_NIC, .nr_tx_slots = 64, .nr_rx_slots = 64 };
	struct nmreq_header h = { .nr_version = NETMAP_API, .nr_reqtype = NETMAP_REQ_REGISTER, .nr_body = (uintptr_t)&reg };
	struct sched_param priority = { .sched_priority = 1 };
	struct timespec pause = { .tv_nsec = 200000 };
	int fd = open(device, O_RDWR | O_CLOEXEC);
	int there[2], back[2];
	uint64_t begin, took, echo;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(h.nr_name, sizeof(h.nr_name), "valeby:stander");
	if (fd < 0 || ioctl(fd, NIOCCTRL, &h) != 0) {
		fprintf(stderr, "bystander: %s\n", strerror(errno));
		b->failed = 1;
		_exit(1);
	}
	if (pipe(there) != 0 || pipe(back) != 0)
		_exit(1);
	if (fork() == 0)
		bystander_echo(there[0], back[1]);
	sched_setscheduler(0, SCHED_FIFO, &priority);
	b->ready = 1;
	while (!b->stop) {
		int beside = b->attacked;

		echo = bystander_echoed(there[1], back[0]);
		begin = now_ns();
		if (ioctl(fd, NIOCTXSYNC, NULL) != 0) {
			b->failed = 1;
			_exit(1);
		}
		took = now_ns() - begin;
		b->worst_echo = echo > b->worst_echo ? echo : b->worst_echo;
		b->syncs++;
		if (!beside) {
			b->worst_without = took > b->worst_without ? took : b->worst_without;
		} else {
			b->worst_beside = took > b->worst_beside ? took : b->worst_beside;
			b->stalls += took > BYSTANDER_STALL_NS + b->worst_echo;
		}
		nanosleep(&pause, NULL);
	}
	_exit(0);
}

/* 1 once it runs and has been alone for a while, 0 if it cannot. */
static inline int
bystander_start(struct bystander *b, const char *device)
{
	uint64_t until = now_ns() + 30 * NS_PER_SECOND;

	memset(b, 0, sizeof(*b));
	b->pid = fork();
	if (b->pid == 0)
		bystander_run(b, device);
	while (!b->ready && !b->failed && now_ns() < until)
		sleep_ns(1000000);
	if (!b->ready)
		return 0;
	sleep_ns(BYSTANDER_ALONE_NS);
	b->attacked = 1;
	return 1;
}

/* Whether it was served to the end. */
static inline int
bystander_end(struct bystander *b)
{
	uint64_t before = b->syncs, until = now_ns() + 30 * NS_PER_SECOND;
	int status = 0;

	while (b->syncs == before && !b->failed && now_ns() < until)
		sleep_ns(1000000);
	b->stop = 1;
	if (b->syncs == before)
		kill(b->pid, SIGKILL);
	waitpid(b->pid, &status, 0);
	return b->syncs != before && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static inline void
bystander_print(const struct bystander *b)
{
	printf("bystander_syncs=%llu worst_us_without=%llu worst_us_beside=%llu worst_echo_us=%llu stalls=%llu\n",
	    (unsigned long long)b->syncs, (unsigned long long)b->worst_without / 1000, (unsigned long long)b->worst_beside / 1000,
	    (unsigned long long)b->worst_echo / 1000, (unsigned long long)b->stalls);
}

#endif
