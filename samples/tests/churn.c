/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * churn: processes that open, bind, use and close ports without pause.
 *
 *	churn [-d DEVICE] [-n CYCLES] [-p PROCESSES] [-N NAMES] [-S SWITCH] [-s SEED] [-t SECONDS] [-x] [-o]
 *
 * Names are SWITCH:cN and pipe ends on them; all processes choose among the same ones. Every error is unexpected, except
 * EBUSY with -x, where some bindings are exclusive. -o: no pipes. Prints key=value and one line per errno; exit 0, 3 if
 * there was an unexpected error, 1 if a process died or took too long, 2 usage.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/port.h"
#include "common/util.h"

#define PROCESSES_MAX	64
#define ERRNO_MAX	160

struct settings {
	const char *device, *on_switch;
	uint64_t cycles, seed, limit_ns;
	unsigned int processes, names;
	int exclusive, only_ports;
};

/* Shared by all processes. */
struct results {
	uint64_t cycles, busy;
	uint64_t errors[ERRNO_MAX];
};

static struct results *results;

static void
count_error(const struct settings *s, int error)
{
	if (s->exclusive && error == EBUSY)
		__atomic_add_fetch(&results->busy, 1, __ATOMIC_RELAXED);
	else
		__atomic_add_fetch(&results->errors[error < ERRNO_MAX ? error : 0], 1, __ATOMIC_RELAXED);
}

static void
choose(const struct settings *s, uint64_t *seed, struct port *port)
{
	uint64_t r = random_next(seed);
	const char *kind = r % 3 == 0 || s->only_ports ? "" : r % 3 == 1 ? "{" : "}";

	memset(port, 0, sizeof(*port));
	snprintf(port->name, sizeof(port->name), "%.20s:c%u%s", s->on_switch, (unsigned int)(r >> 8) % s->names, kind);
	if (*kind)
		snprintf(port->name + strlen(port->name), 4, "%u", (unsigned int)(r >> 20) % 2);
	port->reg.nr_mode = NR_REG_ALL_NIC;
	if (s->exclusive && (r >> 30) % 4 == 0)
		port->reg.nr_flags = NR_EXCLUSIVE;
}

/* Sends what fits without looking, so that closing finds frames everywhere. */
static void
use(struct port *port, uint64_t *seed)
{
	struct pollfd p = { .fd = port->fd, .events = POLLIN | POLLOUT };
	struct netmap_ring *ring;
	uint64_t r = random_next(seed);

	if (r % 2 || port_map(port) != 0)
		return;
	if (port->tx_rings) {
		ring = port->tx[0];
		ring->head = ring->cur = ring->tail;
	}
	poll(&p, 1, r & 2 ? 0 : 1);
	if (r & 4)
		ioctl(port->fd, NIOCRXSYNC, NULL);
}

static void
cycle(const struct settings *s, uint64_t *seed)
{
	static struct port port;

	choose(s, seed, &port);
	port.fd = open(s->device, O_RDWR | O_CLOEXEC);
	if (port.fd < 0 || port_request(port.fd, NETMAP_REQ_REGISTER, port.name, &port.reg) != 0)
		count_error(s, errno);
	else
		use(&port, seed);
	__atomic_add_fetch(&results->cycles, 1, __ATOMIC_RELAXED);
	port_close(&port);
}

static int
child(const struct settings *s, unsigned int index)
{
	uint64_t seed = s->seed * 1000 + index, end = now_ns() + s->limit_ns, n;

	alarm((unsigned int)(s->limit_ns / NS_PER_SECOND) + 10);
	for (n = 0; n < s->cycles && !stop && now_ns() < end; n++)
		cycle(s, &seed);
	return 0;
}

static int
run(const struct settings *s)
{
	pid_t children[PROCESSES_MAX];
	unsigned int i;
	int status, died = 0;

	for (i = 0; i < s->processes; i++) {
		children[i] = fork();
		if (children[i] == 0)
			_exit(child(s, i));
	}
	for (i = 0; i < s->processes; i++) {
		if (children[i] < 0 || waitpid(children[i], &status, 0) < 0 || !WIFEXITED(status) || WEXITSTATUS(status))
			died++;
	}
	return died;
}

static int
report(int died)
{
	uint64_t unexpected = 0;
	int i;

	for (i = 0; i < ERRNO_MAX; i++) {
		unexpected += results->errors[i];
		if (results->errors[i])
			printf("unexpected.%s=%" PRIu64 "\n", strerrorname_np(i) ? strerrorname_np(i) : "?",
			    results->errors[i]);
	}
	printf("cycles=%" PRIu64 "\nbusy=%" PRIu64 "\nunexpected=%" PRIu64 "\ndied=%d\n", results->cycles,
	    results->busy, unexpected, died);
	return died ? 1 : unexpected ? EXIT_CHECK : 0;
}

int
main(int argc, char **argv)
{
	struct settings s = { .device = port_device(), .on_switch = "vale5", .cycles = 1000, .seed = 1, .processes = 4,
	    .names = 8, .limit_ns = 30 * NS_PER_SECOND };
	int letter;

	while ((letter = getopt(argc, argv, "d:n:p:N:S:s:t:xo")) != -1) {
		switch (letter) {
		case 'd': s.device = optarg; break;
		case 'n': s.cycles = number_or_exit("-n", optarg, 1, UINT32_MAX); break;
		case 'p': s.processes = (unsigned int)number_or_exit("-p", optarg, 1, PROCESSES_MAX); break;
		case 'N': s.names = (unsigned int)number_or_exit("-N", optarg, 1, 200); break;
		case 'S': s.on_switch = optarg; break;
		case 's': s.seed = number_or_exit("-s", optarg, 0, UINT32_MAX); break;
		case 't': s.limit_ns = seconds_or_exit("-t", optarg); break;
		case 'x': s.exclusive = 1; break;
		case 'o': s.only_ports = 1; break;
		default: return EXIT_USAGE;
		}
	}
	stop_on_signals();
	results = mmap(NULL, sizeof(*results), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (results == MAP_FAILED)
		return 1;
	return report(run(&s));
}
