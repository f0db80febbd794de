/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * realtime: two real-time threads spin on every CPU but the last, and a program on the first CPU goes on syncing, at a
 * higher priority: what it waits for is the server only.
 *
 *	realtime [-d DEVICE] [-n SYNCS] [-S SECONDS]
 *
 * Exit 0, 3 if the syncs took too long, 1 if there is no right to real-time priorities or only one CPU, 2 usage.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/exchange.h"
#include "common/util.h"

#define PER_CPU		2
#define PRIORITY	10

static uint64_t spin_until;

static int
become_realtime(int cpu, int priority)
{
	struct sched_param parameter = { .sched_priority = priority };

	pin_to_cpu(cpu);
	return sched_setscheduler(0, SCHED_RR, &parameter);
}

static void *
spin(void *cpu)
{
	if (become_realtime((int)(intptr_t)cpu, PRIORITY) == 0)
		while (now_ns() < spin_until)
			;
	return NULL;
}

int
main(int argc, char **argv)
{
	struct port_wish wish = { .ring = -1 };
	uint64_t seconds = 3 * NS_PER_SECOND, syncs = 200, worst = 0, start, i;
	int cpus = (int)sysconf(_SC_NPROCESSORS_ONLN), cpu, n, option;
	struct port port;
	pthread_t thread;

	while ((option = getopt(argc, argv, "d:n:S:")) != -1) {
		switch (option) {
		case 'd': wish.device = optarg; break;
		case 'n': syncs = number_or_exit("-n", optarg, 1, 1000000); break;
		case 'S': seconds = seconds_or_exit("-S", optarg); break;
		default: return EXIT_USAGE;
		}
	}
	if (cpus < 2) {
		fprintf(stderr, "realtime: one CPU only\n");
		return 1;
	}
	if (port_open(&port, "vale6:rt", &wish) < 0)
		return 1;
	spin_until = now_ns() + seconds;
	for (cpu = 0; cpu < cpus - 1; cpu++)
		for (n = 0; n < PER_CPU; n++)
			pthread_create(&thread, NULL, spin, (void *)(intptr_t)cpu);
	if (become_realtime(0, PRIORITY + 1) < 0) {
		perror("SCHED_RR");
		return 1;
	}
	start = now_ns();
	for (i = 0; i < syncs && now_ns() < spin_until; i++) {
		uint64_t before = now_ns(), took;

		ioctl(port.fd, NIOCTXSYNC, NULL);
		took = now_ns() - before;
		worst = took > worst ? took : worst;
	}
	printf("%llu syncs in %.1f ms, the worst %.1f ms\n", (unsigned long long)i, (double)(now_ns() - start) / 1e6,
	    (double)worst / 1e6);
	check_number("syncs before the spinning ends", i, syncs);
	check_true("none waits for its CPU", worst < 700 * 1000000ull);
	return check_result();
}
