/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * nm-replay: sends a capture file through a port, or records one. Frames larger than a buffer travel as chains of
 * NS_MOREFRAG slots and are joined when recorded.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "common/pcap.h"
#include "common/port.h"
#include "common/util.h"

static const char usage[] =
"nm-replay -i PORT -r FILE [--speed X | --asap] [--loop N] [options]   send\n"
"nm-replay -i PORT -w FILE [options]                                   record\n"
"  FILE may be -, standard input or output\n"
"  -d DEVICE   device file, else $NETMAP_DEVICE, else /dev/netmap\n"
"  -n COUNT    end after so many frames\n"
"  -t SECONDS  end after this time; -W SECONDS wait before sending\n"
"  --speed X   X times as fast as recorded (1); --asap without pauses; --loop N the file N times, 0 for ever (1)\n"
"  --json      the last line as JSON\n"
"exit: 0 fine, 1 failed, 2 wrong options\n";

struct replay {
	struct port port;
	struct pcap_file file;
	struct pcap_frame frame;
	const char *path;
	double speed;		/* 0: as soon as possible */
	uint64_t loops, count, limit_ns, wait_ns, deadline;
	uint64_t frames, bytes, too_long, partial;
	int record, json;
};

static int
out_of_time(const struct replay *r)
{
	return stop || (r->deadline && now_ns() >= r->deadline);
}

static int
wait_for(struct replay *r, short events)
{
	struct pollfd p = { .fd = r->port.fd, .events = events };
	int n = poll(&p, 1, 50);

	if ((n < 0 && errno != EINTR) || (n > 0 && (p.revents & (POLLERR | POLLNVAL)))) {
		complain(r->port.name, "cannot poll", n < 0 ? errno : EIO);
		return -1;
	}
	return 0;
}

/* Fills one frame into the ring, which has room for it. */
static void
put(struct netmap_ring *ring, const uint8_t *data, uint32_t length)
{
	uint32_t at = ring->head, part;

	for (; length > 0; length -= part, data += part) {
		struct netmap_slot *slot = &ring->slot[at];

		part = ring->nr_buf_size - (uint32_t)NETMAP_ROFFSET(ring, slot);
		if (part > length)
			part = length;
		memcpy(NETMAP_BUF_OFFSET(ring, slot), data, part);
		slot->len = (uint16_t)part;
		/* The file has both sides of each conversation: a switch must not learn that both are on this port. */
		slot->flags = NS_NO_LEARN | (part < length ? NS_MOREFRAG : 0);
		at = nm_ring_next(ring, at);
	}
	ring->head = ring->cur = at;
}

/* Waits for room and queues the current frame; 1 if time is up. */
static int
send_frame(struct replay *r)
{
	struct netmap_ring *ring = r->port.tx[0];
	uint32_t slots = (r->frame.length + ring->nr_buf_size - 1) / ring->nr_buf_size + (ring->offset_mask != 0);

	if (r->frame.length == 0 || slots > NETMAP_MAX_FRAGS || slots >= ring->num_slots) {
		r->too_long++;
		return 0;
	}
	while (nm_ring_space(ring) < slots) {
		ring->cur = ring->tail;		/* more room than there is now */
		if (wait_for(r, POLLOUT) != 0)
			return -1;
		ring->cur = ring->head;
		if (nm_ring_space(ring) < slots && out_of_time(r))
			return 1;
	}
	put(ring, r->frame.data, r->frame.length);
	r->frames++;
	r->bytes += r->frame.length;
	return 0;
}

static void
sleep_until(uint64_t when)
{
	uint64_t now = now_ns();

	if (when > now)
		sleep_ns(when - now);
}

/* Sends the file once. Before each pause everything queued goes out. */
static int
send_file(struct replay *r)
{
	uint64_t start = now_ns(), first = 0, when, n = 0;
	int got, result = 0;

	while ((got = pcap_read(&r->file, &r->frame)) == 1 && result == 0) {
		if (out_of_time(r) || (r->count && r->frames >= r->count))
			return 1;
		if (n++ == 0)
			first = r->frame.time_ns;
		if (r->speed > 0 && r->frame.time_ns > first) {
			when = start + (uint64_t)((double)(r->frame.time_ns - first) / r->speed);
			if (r->deadline && when > r->deadline)
				when = r->deadline;
			if (when > now_ns())
				ioctl(r->port.fd, NIOCTXSYNC, NULL);
			sleep_until(when);
		}
		result = send_frame(r);
	}
	if (got < 0)
		fprintf(stderr, "%s: %s\n", r->path, r->file.error);
	return got < 0 ? -1 : result;
}

static int
replay(struct replay *r)
{
	uint64_t loop, end;
	struct timespec pause = { .tv_nsec = 100000 };
	int result = 0;

	if (r->port.tx_rings == 0) {
		fprintf(stderr, "%s: no transmit rings\n", r->port.name);
		return -1;
	}
	for (loop = 0; result == 0 && (r->loops == 0 || loop < r->loops); loop++) {
		if (pcap_rewind(&r->file) != 0)
			return -1;
		result = send_file(r);
		if (r->frames == 0)
			break;
	}
	for (end = now_ns() + NS_PER_SECOND; result >= 0;) {
		ioctl(r->port.fd, NIOCTXSYNC, NULL);
		if (!nm_tx_pending(r->port.tx[0]) || now_ns() > end)
			break;
		nanosleep(&pause, NULL);
	}
	return result < 0 ? -1 : 0;
}

/* Joins the packet at the head of the ring into r->frame; 0 if its end has not come yet. */
static int
take(struct replay *r, struct netmap_ring *ring)
{
	uint32_t at = ring->head;
	struct netmap_slot *slot;

	r->frame.length = 0;
	do {
		if (at == ring->tail)
			return 0;
		slot = &ring->slot[at];
		if (r->frame.length + slot->len <= PCAP_FRAME_MAX) {
			memcpy(r->frame.data + r->frame.length, NETMAP_BUF_OFFSET(ring, slot), slot->len);
			r->frame.length += slot->len;
		} else {
			r->partial++;
		}
		at = nm_ring_next(ring, at);
	} while (slot->flags & NS_MOREFRAG);
	ring->head = ring->cur = at;
	return 1;
}

static int
record_ring(struct replay *r, struct netmap_ring *ring)
{
	uint64_t time_ns = (uint64_t)ring->ts.tv_sec * NS_PER_SECOND + (uint64_t)ring->ts.tv_usec * 1000;
	struct timespec now;

	if (time_ns == 0) {
		clock_gettime(CLOCK_REALTIME, &now);
		time_ns = (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
	}
	while ((r->count == 0 || r->frames < r->count) && ring->head != ring->tail) {
		if (!take(r, ring)) {
			ring->cur = ring->tail;
			return 0;
		}
		if (pcap_write(&r->file, time_ns, r->frame.data, r->frame.length) != 0)
			return -1;
		r->frames++;
		r->bytes += r->frame.length;
	}
	return 0;
}

static int
record(struct replay *r)
{
	unsigned int i;

	while (!out_of_time(r) && (r->count == 0 || r->frames < r->count)) {
		if (wait_for(r, POLLIN) != 0)
			return -1;
		for (i = 0; i < r->port.rx_rings; i++) {
			if (record_ring(r, r->port.rx[i]) != 0) {
				fprintf(stderr, "%s: %s\n", r->path, r->file.error);
				return -1;
			}
		}
		fflush(r->file.file);
	}
	ioctl(r->port.fd, NIOCRXSYNC, NULL);
	return 0;
}

static void
report(const struct replay *r, double seconds)
{
	FILE *out = r->record && strcmp(r->path, "-") == 0 ? stderr : stdout;	/* what is recorded has stdout for itself */
	struct json j;

	if (!r->json) {
		fprintf(out, "%s %s: %" PRIu64 " frames, %" PRIu64 " bytes in %.3f s; %" PRIu64 " left out\n",
		    r->record ? "recorded" : "sent", r->path, r->frames, r->bytes, seconds, r->too_long + r->partial);
		return;
	}
	json_begin(&j, out);
	json_string(&j, "role", r->record ? "record" : "replay");
	json_string(&j, "port", r->port.name);
	json_string(&j, "file", r->path);
	json_count(&j, "frames", r->frames);
	json_count(&j, "bytes", r->bytes);
	json_count(&j, "skipped", r->too_long + r->partial);
	json_real(&j, "seconds", seconds);
	json_end(&j);
}

static int
parse(struct replay *r, int argc, char **argv, const char **spec, struct port_wish *wish)
{
	static const struct option long_options[] = { { "speed", required_argument, NULL, 'S' },
	    { "asap", no_argument, NULL, 'A' }, { "loop", required_argument, NULL, 'L' },
	    { "json", no_argument, NULL, 'J' }, { NULL, 0, NULL, 0 } };
	int letter, modes = 0;

	r->speed = 1;
	r->loops = 1;
	while ((letter = getopt_long(argc, argv, "i:r:w:d:n:t:W:h", long_options, NULL)) != -1) {
		switch (letter) {
		case 'h': show_usage(usage);
		case 'i': *spec = optarg; break;
		case 'r': r->path = optarg; modes++; break;
		case 'w': r->path = optarg; r->record = 1; modes++; break;
		case 'd': wish->device = optarg; break;
		case 'n': r->count = number_or_exit("-n", optarg, 0, UINT64_MAX); break;
		case 't': r->limit_ns = seconds_or_exit("-t", optarg); break;
		case 'W': r->wait_ns = seconds_or_exit("-W", optarg); break;
		case 'S':
			r->speed = (double)seconds_or_exit("--speed", optarg) / 1e9;
			if (r->speed <= 0)
				return -1;
			break;
		case 'A': r->speed = 0; break;
		case 'L': r->loops = number_or_exit("--loop", optarg, 0, UINT64_MAX); break;
		case 'J': r->json = 1; break;
		default: return -1;
		}
	}
	return *spec && modes == 1 && optind == argc ? 0 : -1;
}

int
main(int argc, char **argv)
{
	struct replay *r = calloc(1, sizeof(*r));
	struct port_wish wish = { .ring = -1 };
	const char *spec = NULL;
	uint64_t start;
	int result;

	if (r == NULL || parse(r, argc, argv, &spec, &wish) != 0) {
		fputs(usage, stderr);
		free(r);
		return EXIT_USAGE;
	}
	stop_on_signals();
	if ((r->record ? pcap_open_write(&r->file, r->path) : pcap_open_read(&r->file, r->path)) != 0) {
		fprintf(stderr, "%s: %s\n", r->path, r->file.error);
		result = -1;
	} else if ((result = port_open(&r->port, spec, &wish)) == 0) {
		sleep_ns(r->wait_ns);
		start = now_ns();
		r->deadline = r->limit_ns ? start + r->limit_ns : 0;
		result = r->record ? record(r) : replay(r);
		report(r, (double)(now_ns() - start) / 1e9);
		port_close(&r->port);
	}
	if (pcap_close(&r->file) != 0)
		result = -1;
	free(r);
	return result == 0 ? 0 : 1;
}
