/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * roundtrip: what one call costs when there is nothing to do.
 *
 *	txsync, rxsync	NIOCTXSYNC and NIOCRXSYNC on idle rings
 *	poll		poll for room to send, which is there
 *	pollin		poll with no time to wait for frames that are not there
 *	unbound		NIOCTXSYNC on a descriptor bound to nothing, which is ENXIO at once: the transport and no more
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/port.h"
#include "common/util.h"

#define CHUNK		64
#define CHUNKS_MAX	65536

static const char usage[] =
"roundtrip -f txsync|rxsync|poll|pollin|unbound [-i PORT] [-d DEVICE] [-t SECONDS] [-a CPU]\n";

enum call { CALL_NONE, CALL_TXSYNC, CALL_RXSYNC, CALL_POLL, CALL_POLLIN, CALL_UNBOUND };

static const char *const names[] = { "", "txsync", "rxsync", "poll", "pollin", "unbound" };

static int
call_once(int fd, enum call call)
{
	struct pollfd p = { .fd = fd, .events = call == CALL_POLLIN ? POLLIN : POLLOUT };

	switch (call) {
	case CALL_TXSYNC: return ioctl(fd, NIOCTXSYNC, NULL);
	case CALL_RXSYNC: return ioctl(fd, NIOCRXSYNC, NULL);
	case CALL_POLL: return poll(&p, 1, 1000) == 1 && p.revents == POLLOUT ? 0 : -1;
	case CALL_POLLIN: return poll(&p, 1, 0) == 0 ? 0 : -1;
	case CALL_UNBOUND: return ioctl(fd, NIOCTXSYNC, NULL) == -1 && errno == ENXIO ? 0 : -1;
	case CALL_NONE: break;
	}
	return -1;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
report(enum call call, double *ns, size_t chunks)
{
	struct json j;

	qsort(ns, chunks, sizeof(*ns), compare);
	json_begin(&j, stdout);
	json_string(&j, "call", names[call]);
	json_count(&j, "calls", chunks * CHUNK);
	json_real(&j, "ns", ns[chunks / 2]);
	json_real(&j, "ns_low", ns[0]);
	json_real(&j, "ns_p90", ns[chunks * 9 / 10]);
	json_end(&j);
}

/* Times chunks of calls: the median chunk is not disturbed by what else the machine does now and then. */
static int
measure(int fd, enum call call, uint64_t limit_ns)
{
	double *ns = calloc(CHUNKS_MAX, sizeof(*ns));
	uint64_t end = now_ns() + limit_ns, before, now = 0;
	size_t chunks = 0;
	int i;

	if (ns == NULL)
		return -1;
	for (before = now_ns(); chunks < CHUNKS_MAX && before < end && !stop; before = now, chunks++) {
		for (i = 0; i < CHUNK; i++) {
			if (call_once(fd, call) != 0) {
				complain(names[call], "unexpected answer", errno);
				free(ns);
				return -1;
			}
		}
		now = now_ns();
		ns[chunks] = (double)(now - before) / CHUNK;
	}
	report(call, ns, chunks);
	free(ns);
	return 0;
}

static enum call
call_of(const char *name)
{
	int i;

	for (i = CALL_TXSYNC; i <= CALL_UNBOUND; i++) {
		if (strcmp(name, names[i]) == 0)
			return (enum call)i;
	}
	return CALL_NONE;
}

int
main(int argc, char **argv)
{
	struct port_wish wish = { .ring = -1 };
	uint64_t limit = NS_PER_SECOND;
	const char *spec = "vale0:roundtrip";
	enum call call = CALL_NONE;
	static struct port port;
	int letter, cpu = -1;

	while ((letter = getopt(argc, argv, "f:i:d:t:a:")) != -1) {
		switch (letter) {
		case 'f': call = call_of(optarg); break;
		case 'i': spec = optarg; break;
		case 'd': wish.device = optarg; break;
		case 't': limit = seconds_or_exit("-t", optarg); break;
		case 'a': cpu = (int)number_or_exit("-a", optarg, 0, 1023); break;
		default: call = CALL_NONE; optind = argc; break;
		}
	}
	if (call == CALL_NONE || optind != argc) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	stop_on_signals();
	if (cpu >= 0)
		pin_to_cpu(cpu);
	if (call == CALL_UNBOUND) {
		port.fd = open(wish.device != NULL ? wish.device : port_device(), O_RDWR);
		if (port.fd < 0) {
			perror("open");
			return 1;
		}
		return measure(port.fd, call, limit) == 0 ? 0 : 1;
	}
	if (port_open(&port, spec, &wish) != 0)
		return 1;
	letter = measure(port.fd, call, limit);
	port_close(&port);
	return letter == 0 ? 0 : 1;
}
