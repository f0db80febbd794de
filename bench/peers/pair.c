/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * See pair.h.
 */
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "common/util.h"
#include "peers/pair.h"

#define SETTLE_NS	60000000ull	/* how long the receiver stays after the sender */

static struct peer the_peer;
static struct pair pair = { .length = PACKET_MIN, .limit_ns = NS_PER_SECOND, .rx_cpu = -1, .tx_cpu = -1,
    .batch = 256 };
static int failed;

static void
end(int unused)
{
	(void)unused;
	__atomic_store_n(&pair.stopping, 2, __ATOMIC_RELAXED);
}

int
pair_does(const char *role)
{
	return pair.link == NULL || (pair.variant != NULL && strcmp(pair.variant, role) == 0);
}

static void *
receiver(void *unused)
{
	int n = 0;

	(void)unused;
	if (pair.rx_cpu >= 0)
		pin_to_cpu(pair.rx_cpu);
	while (n >= 0 && __atomic_load_n(&pair.stopping, __ATOMIC_RELAXED) < 2) {
		n = the_peer.receive(&pair);
		if (n <= 0)
			continue;
		pair.received.last = now_ns();
		pair.received.frames += (uint64_t)n;
	}
	failed |= n < 0;
	return NULL;
}

static void *
sender(void *unused)
{
	int n = 0;

	(void)unused;
	if (pair.tx_cpu >= 0)
		pin_to_cpu(pair.tx_cpu);
	while (n >= 0 && __atomic_load_n(&pair.stopping, __ATOMIC_RELAXED) < 1) {
		n = the_peer.send(&pair);
		if (n > 0)
			pair.sent.frames += (uint64_t)n;
	}
	failed |= n < 0;
	return NULL;
}

/* The rate is over all of the run: a few frames at its begin must not look like a high one. */
static void
report(uint64_t start, uint64_t took)
{
	uint64_t active = pair.received.last > start ? pair.received.last - start : 0;
	struct json j;

	if (active < took)
		active = took;
	json_begin(&j, stdout);
	json_string(&j, "peer", the_peer.name);
	json_count(&j, "length", pair.length);
	json_count(&j, "frames", pair.received.frames);
	json_count(&j, "sent", pair.sent.frames);
	json_real(&j, "seconds", (double)active / 1e9);
	json_real(&j, "mpps", (double)pair.received.frames * 1e3 / (double)active);
	json_real(&j, "sent_mpps", (double)pair.sent.frames * 1e3 / (double)took);
	json_end(&j);
}

static int
parse(int argc, char **argv)
{
	int letter;

	while ((letter = getopt(argc, argv, "f:i:l:n:t:a:b:")) != -1) {
		switch (letter) {
		case 'f': pair.variant = optarg; break;
		case 'i': pair.link = optarg; break;
		case 'n': pair.batch = (uint32_t)number_or_exit("-n", optarg, 1, PAIR_BATCH_MAX); break;
		case 'l': pair.length = number_or_exit("-l", optarg, PACKET_MIN, 1514); break;
		case 't': pair.limit_ns = seconds_or_exit("-t", optarg); break;
		case 'a': pair.rx_cpu = (int)number_or_exit("-a", optarg, 0, 1023); break;
		case 'b': pair.tx_cpu = (int)number_or_exit("-b", optarg, 0, 1023); break;
		default: return -1;
		}
	}
	return optind == argc ? 0 : -1;
}

/* Sleeps for the time of the run, or until SIGTERM says that the other side has ended. */
static void
wait_end(void)
{
	uint64_t deadline = now_ns() + pair.limit_ns;

	while (now_ns() < deadline && __atomic_load_n(&pair.stopping, __ATOMIC_RELAXED) == 0)
		sleep_ns(pair.link != NULL ? 1000000 : pair.limit_ns);
	__atomic_store_n(&pair.stopping, 1, __ATOMIC_RELAXED);
}

static void
run(void)
{
	int receives = pair_does("rx"), sends = pair_does("tx");
	pthread_t rx, tx;
	uint64_t start, took;

	if (receives && (errno = pthread_create(&rx, NULL, receiver, NULL)) != 0) {
		failed = 1;
		return;
	}
	start = now_ns();
	if (sends && (errno = pthread_create(&tx, NULL, sender, NULL)) != 0) {
		failed = 1;
		sends = 0;
	} else {
		wait_end();
	}
	if (sends)
		pthread_join(tx, NULL);
	took = now_ns() - start;
	sleep_ns(SETTLE_NS);
	__atomic_store_n(&pair.stopping, 2, __ATOMIC_RELAXED);
	if (receives)
		pthread_join(rx, NULL);
	report(start, took);
}

int
pair_main(struct peer peer, int argc, char **argv)
{
	static const uint8_t source[6] = { 2, 0, 0, 0, 0, 1 }, destination[6] = { 2, 0, 0, 0, 0, 2 };

	the_peer = peer;
	pair.frame = calloc(1, sizeof(*pair.frame));
	if (pair.frame == NULL || parse(argc, argv) != 0) {
		fprintf(stderr, "peer-%s [-f VARIANT] [-l BYTES] [-t SECONDS] [-a RX_CPU] [-b TX_CPU] [-n BATCH] [-i LINK -f tx|rx]\n", peer.name);
		return EXIT_USAGE;
	}
	packet_build(pair.frame, pair.length, source, destination, 0);
	if (the_peer.prepare(&pair) != 0)
		return 1;
	if (pair.link != NULL) {
		signal(SIGTERM, end);
		puts("ready");
		fflush(stdout);
	}
	run();
	return failed || pair.received.frames + (pair.link != NULL ? pair.sent.frames : 0) == 0;
}
