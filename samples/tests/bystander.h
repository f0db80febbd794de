/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * Somebody who has nothing to do with an attack: a process with two ports of its own that syncs and exchanges frames, and
 * measures how long its worst sync took, first alone and then beside whatever goes on.
 *
 * On a machine where every CPU is busy a sync also waits for its turn on the CPU: it asks for a real-time priority for itself,
 * and what a sync took is compared with what a system call that asks nobody took at the same time.
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
	uint64_t syncs, worst_without, worst_beside, stalls, lost;
};

/* CPU time that others had on our CPU does not count: what counts is how long the server let us wait. */
static inline uint64_t
bystander_waited(void)
{
	static int file = -1;
	char text[128];
	unsigned long long run = 0, waited = 0;
	ssize_t n;

	if (file < 0)
		file = open("/proc/self/schedstat", O_RDONLY | O_CLOEXEC);
	n = pread(file, text, sizeof(text) - 1, 0);
	if (n > 0) {
		text[n] = 0;
		if (sscanf(text, "%llu %llu", &run, &waited) != 2)
			return 0;
	}
	return waited;
}

static inline void
bystander_run(struct bystander *b, const char *device)
{
	struct nmreq_register reg = { .nr_mode = NR_REG_ALL_NIC, .nr_tx_slots = 64, .nr_rx_slots = 64 };
	struct nmreq_header h = { .nr_version = NETMAP_API, .nr_reqtype = NETMAP_REQ_REGISTER, .nr_body = (uintptr_t)&reg };
	struct sched_param priority = { .sched_priority = 1 };
	struct timespec pause = { .tv_nsec = 200000 };
	int fd = open(device, O_RDWR | O_CLOEXEC);
	uint64_t begin, took, waited;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(h.nr_name, sizeof(h.nr_name), "valeby:stander");
	if (fd < 0 || ioctl(fd, NIOCCTRL, &h) != 0) {
		fprintf(stderr, "bystander: %s\n", strerror(errno));
		b->failed = 1;
		_exit(1);
	}
	sched_setscheduler(0, SCHED_FIFO, &priority);
	b->ready = 1;
	while (!b->stop) {
		int beside = b->attacked;

		waited = bystander_waited();
		begin = now_ns();
		if (ioctl(fd, NIOCTXSYNC, NULL) != 0) {
			b->failed = 1;
			_exit(1);
		}
		took = now_ns() - begin;
		waited = bystander_waited() - waited;
		took = took > waited ? took - waited : 0;
		b->syncs++;
		if (!beside) {
			b->worst_without = took > b->worst_without ? took : b->worst_without;
		} else {
			b->worst_beside = took > b->worst_beside ? took : b->worst_beside;
			b->stalls += took > BYSTANDER_STALL_NS;
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

#endif
