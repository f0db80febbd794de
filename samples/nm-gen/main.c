/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * Opens a port per worker, starts them, reports.
 */
#include <errno.h>
#include <stdlib.h>

#include "gen.h"

int
worker_sync(struct worker *w, short events)
{
	struct pollfd p = { .fd = w->port.fd, .events = events };
	int n;

	w->c.syncs++;
	if (w->o->busy) {
		if (ioctl(w->port.fd, events & POLLIN ? NIOCRXSYNC : NIOCTXSYNC, NULL) == 0)
			return 0;
		complain(w->port.name, "cannot sync", errno);
		return -1;
	}
	n = poll(&p, 1, 100);
	if (n < 0 && errno != EINTR) {
		complain(w->port.name, "cannot poll", errno);
		return -1;
	}
	if (n > 0 && (p.revents & (POLLERR | POLLNVAL))) {
		fprintf(stderr, "%s: poll reports an error (0x%x)\n", w->port.name, (unsigned int)p.revents);
		return -1;
	}
	return 0;
}

static void *
worker_main(void *argument)
{
	struct worker *w = argument;

	if (w->o->cpu >= 0)
		pin_to_cpu(w->o->cpu + (int)w->index);
	switch (w->o->role) {
	case ROLE_TX: tx_run(w); break;
	case ROLE_RX: rx_run(w); break;
	case ROLE_PING: ping_run(w); break;
	case ROLE_PONG: pong_run(w); break;
	case ROLE_NONE: break;
	}
	__atomic_store_n(&w->done, 1, __ATOMIC_RELEASE);
	return NULL;
}

/* Worker i of several binds ring i of the port; one alone binds what the name says. */
static int
worker_open(struct worker *w, const struct options *o, unsigned int index)
{
	struct port_wish wish = o->wish;

	w->o = o;
	w->index = index;
	w->rate = o->rate / o->threads + (index < o->rate % o->threads);
	w->count = o->count / o->threads + (index < o->count % o->threads);
	if (o->threads > 1) {
		wish.ring = (int)index;
		if (wish.rings == 0)
			wish.rings = (uint16_t)o->threads;
	}
	w->packet = aligned_alloc(64, (sizeof(*w->packet) + 63) & ~(size_t)63);
	w->joined = malloc(PACKET_MAX);
	w->rtt = malloc(RTT_MAX * sizeof(*w->rtt));
	if (w->packet == NULL || w->joined == NULL || w->rtt == NULL) {
		perror("memory");
		return -1;
	}
	packet_build(w->packet, o->length, o->source, o->destination, (uint8_t)index);
	return port_open(&w->port, o->spec, &wish);
}

static void
worker_close(struct worker *w)
{
	if (w->o != NULL && w->port.name[0] != '\0')
		port_close(&w->port);
	free(w->packet);
	free(w->joined);
	free(w->rtt);
}

static int
run(struct worker *workers, const struct options *o)
{
	unsigned int i, started;
	int failed = 0;

	for (i = 0; i < o->threads; i++) {
		if (worker_open(&workers[i], o, i) != 0)
			return -1;
	}
	sleep_ns(o->wait_ns);
	for (started = 0; started < o->threads; started++) {
		errno = pthread_create(&workers[started].thread, NULL, worker_main, &workers[started]);
		if (errno) {
			perror("thread");
			stop = failed = 1;
			break;
		}
	}
	for (i = started; i < o->threads; i++)
		workers[i].done = 1;
	report_loop(workers, o);
	for (i = 0; i < started; i++) {
		pthread_join(workers[i].thread, NULL);
		failed |= workers[i].failed;
	}
	report_final(workers, o);
	return failed ? -1 : 0;
}

int
main(int argc, char **argv)
{
	struct worker *workers;
	struct options o;
	unsigned int i;
	int result;

	if (options_parse(&o, argc, argv) != 0)
		return EXIT_USAGE;
	stop_on_signals();
	workers = aligned_alloc(64, o.threads * sizeof(*workers));
	if (workers == NULL)
		return 1;
	memset(workers, 0, o.threads * sizeof(*workers));
	for (i = 0; i < o.threads; i++)
		workers[i].port.fd = -1;
	result = run(workers, &o) == 0 ? 0 : 1;
	for (i = 0; i < o.threads; i++) {
		if (result == 0 && o.check && (workers[i].c.corrupt || workers[i].c.reordered))
			result = EXIT_CHECK;
		worker_close(&workers[i]);
	}
	free(workers);
	return result;
}
