/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * wakeup: the time from just before NIOCTXSYNC in one thread until a receiver that slept in poll looks at the frame in
 * another. With -e the same between two threads and an eventfd: what the kernel alone takes.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/packet.h"
#include "common/port.h"
#include "common/util.h"

#define SAMPLES_MAX	65536

static const char usage[] =
"wakeup -o TX_PORT -i RX_PORT | -e [-d DEVICE] [-g GAP_US] [-t SECONDS] [-a RX_CPU] [-b TX_CPU]\n";

struct settings {
	const char *tx_spec, *rx_spec, *device;
	uint64_t gap_ns, limit_ns;
	int rx_cpu, tx_cpu, plain;
};

static struct settings s = { .gap_ns = 1000000, .limit_ns = NS_PER_SECOND, .rx_cpu = -1, .tx_cpu = -1 };
static struct port tx, rx;
static struct packet_template frame;
static uint64_t plain_stamp;
static uint32_t samples[SAMPLES_MAX];
static size_t count;
static uint64_t sent;

static void
record(uint64_t stamp)
{
	uint64_t now = now_ns();

	if (stamp && count < SAMPLES_MAX)
		samples[count++] = (uint32_t)(now - stamp);
}

static void
take_frames(void)
{
	struct netmap_ring *ring = rx.rx[0];
	uint64_t stamp;

	while (!nm_ring_empty(ring)) {
		memcpy(&stamp, NETMAP_BUF_OFFSET(ring, &ring->slot[ring->head]) + PACKET_SEQUENCE, sizeof(stamp));
		record(stamp);
		ring->head = ring->cur = nm_ring_next(ring, ring->head);
	}
}

static void *
receiver(void *argument)
{
	struct pollfd p = { .fd = s.plain ? *(int *)argument : rx.fd, .events = POLLIN };
	uint64_t value;

	if (s.rx_cpu >= 0)
		pin_to_cpu(s.rx_cpu);
	while (!stop) {
		if (poll(&p, 1, 50) <= 0)
			continue;
		if (!s.plain)
			take_frames();
		else if (read(p.fd, &value, sizeof(value)) == sizeof(value))
			record(__atomic_load_n(&plain_stamp, __ATOMIC_ACQUIRE));
	}
	return NULL;
}

static int
send_frame(void)
{
	struct netmap_ring *ring = tx.tx[0];
	struct netmap_slot *slot = &ring->slot[ring->head];

	if (nm_ring_empty(ring))
		return ioctl(tx.fd, NIOCTXSYNC, NULL);
	packet_set_sequence(&frame, now_ns());
	memcpy(NETMAP_BUF_OFFSET(ring, slot), frame.data, frame.length);
	slot->len = (uint16_t)frame.length;
	slot->flags = 0;
	ring->head = ring->cur = nm_ring_next(ring, ring->head);
	return ioctl(tx.fd, NIOCTXSYNC, NULL);
}

static int
send_plain(int fd)
{
	uint64_t one = 1;

	__atomic_store_n(&plain_stamp, now_ns(), __ATOMIC_RELEASE);
	return write(fd, &one, sizeof(one)) == sizeof(one) ? 0 : -1;
}

static int
sender(int fd)
{
	uint64_t end = now_ns() + s.limit_ns;
	int result = 0;

	if (s.tx_cpu >= 0)
		pin_to_cpu(s.tx_cpu);
	while (!stop && result == 0 && now_ns() < end) {
		sleep_ns(s.gap_ns);
		result = s.plain ? send_plain(fd) : send_frame();
		sent += result == 0;
	}
	sleep_ns(2000000);
	stop = 1;
	return result;
}

static int
compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static double
percentile(double share)
{
	return count == 0 ? 0 : samples[(size_t)(share * (double)(count - 1) + 0.5)] / 1e3;
}

static void
report(void)
{
	struct json j;

	qsort(samples, count, sizeof(*samples), compare);
	json_begin(&j, stdout);
	json_count(&j, "sent", sent);
	json_count(&j, "samples", count);
	json_real(&j, "min_us", percentile(0));
	json_real(&j, "median_us", percentile(0.5));
	json_real(&j, "p99_us", percentile(0.99));
	json_real(&j, "p999_us", percentile(0.999));
	json_real(&j, "max_us", percentile(1));
	json_end(&j);
}

static int
open_ports(void)
{
	static const uint8_t source[6] = { 2, 0, 0, 0, 0, 1 }, destination[6] = { 2, 0, 0, 0, 0, 2 };
	struct port_wish wish = { .ring = -1, .device = s.device };

	packet_build(&frame, PACKET_MIN, source, destination, 0);
	if (port_open(&rx, s.rx_spec, &wish) != 0)
		return -1;
	if (port_open(&tx, s.tx_spec, &wish) == 0)
		return 0;
	port_close(&rx);
	return -1;
}

static int
parse(int argc, char **argv)
{
	int letter;

	while ((letter = getopt(argc, argv, "i:o:d:g:t:a:b:e")) != -1) {
		switch (letter) {
		case 'i': s.rx_spec = optarg; break;
		case 'o': s.tx_spec = optarg; break;
		case 'd': s.device = optarg; break;
		case 'g': s.gap_ns = number_or_exit("-g", optarg, 1, 1000000) * 1000; break;
		case 't': s.limit_ns = seconds_or_exit("-t", optarg); break;
		case 'a': s.rx_cpu = (int)number_or_exit("-a", optarg, 0, 1023); break;
		case 'b': s.tx_cpu = (int)number_or_exit("-b", optarg, 0, 1023); break;
		case 'e': s.plain = 1; break;
		default: return -1;
		}
	}
	return optind == argc && (s.plain || (s.tx_spec != NULL && s.rx_spec != NULL)) ? 0 : -1;
}

int
main(int argc, char **argv)
{
	pthread_t thread;
	int event, result;

	if (parse(argc, argv) != 0) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	stop_on_signals();
	event = eventfd(0, EFD_CLOEXEC);
	if (event < 0 || (!s.plain && open_ports() != 0))
		return 1;
	errno = pthread_create(&thread, NULL, receiver, &event);
	if (errno) {
		perror("thread");
		return 1;
	}
	result = sender(event);
	pthread_join(thread, NULL);
	report();
	if (!s.plain) {
		port_close(&tx);
		port_close(&rx);
	}
	return result == 0 ? 0 : 1;
}
