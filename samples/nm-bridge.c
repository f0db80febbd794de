/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * nm-bridge: forwards between two ports. Where both have the same memory region buffers change places, else data is
 * copied. poll asks for room to send only when frames wait for it.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>

#include "common/port.h"
#include "common/util.h"

static const char usage[] =
"nm-bridge [options] PORT_A PORT_B\n"
"  -d DEVICE   device file, else $NETMAP_DEVICE, else /dev/netmap\n"
"  -b BURST    slots per ring and turn (1024)\n"
"  -1          only from A to B\n"
"  -w SECONDS  wait before starting\n"
"  -t SECONDS  end after this time\n"
"  -v          counters every second; --copy never exchange buffers; --json last line as JSON\n"
"exit: 0 fine, 1 failed, 2 wrong options\n";

struct direction {
	struct port *from, *to;
	uint64_t frames, bytes, swapped, copied, cut;
};

struct settings {
	const char *device;
	uint32_t burst;
	uint64_t wait_ns, limit_ns;
	int one_way, verbose, copy, json;
};

/* The slots of the first packet in the ring, or 0 if its end has not come yet. */
static uint32_t
packet_slots(const struct netmap_ring *ring, uint32_t at)
{
	uint32_t n;

	for (n = 1; at != ring->tail; n++) {
		if (!(ring->slot[at].flags & NS_MOREFRAG))
			return n;
		at = nm_ring_next(ring, at);
	}
	return 0;
}

static void
move_slot(struct direction *d, struct netmap_ring *rx, struct netmap_slot *in, struct netmap_ring *tx,
    struct netmap_slot *out, int swap)
{
	uint16_t more = in->flags & NS_MOREFRAG;
	uint32_t room = tx->nr_buf_size - (uint32_t)NETMAP_ROFFSET(tx, out);

	out->len = in->len;
	out->flags = more;
	if (swap) {
		uint32_t index = out->buf_idx;

		out->buf_idx = in->buf_idx;
		in->buf_idx = index;
		out->flags |= NS_BUF_CHANGED;
		in->flags |= NS_BUF_CHANGED;
		NETMAP_WOFFSET(tx, out, NETMAP_ROFFSET(rx, in));
		d->swapped++;
	} else {
		if (out->len > room) {
			out->len = (uint16_t)room;
			d->cut++;
		}
		memcpy(NETMAP_BUF_OFFSET(tx, out), NETMAP_BUF_OFFSET(rx, in), out->len);
		d->copied++;
	}
	d->bytes += out->len;
}

/* Whole packets from one ring to another, at most burst slots. */
static uint32_t
move_ring(struct direction *d, struct netmap_ring *rx, struct netmap_ring *tx, uint32_t burst, int swap)
{
	uint32_t room = nm_ring_space(tx), moved = 0, n, from = rx->head, to = tx->head;

	while ((n = packet_slots(rx, from)) != 0 && moved + n <= burst + NETMAP_MAX_FRAGS && moved + n <= room) {
		moved += n;
		for (; n > 0; n--) {
			move_slot(d, rx, &rx->slot[from], tx, &tx->slot[to], swap);
			from = nm_ring_next(rx, from);
			to = nm_ring_next(tx, to);
		}
		d->frames++;
		if (moved >= burst)
			break;
	}
	rx->head = rx->cur = from;
	tx->head = tx->cur = to;
	/* A packet whose end is missing: sleep until more comes, not because of what is there. */
	if (from != rx->tail && packet_slots(rx, from) == 0)
		rx->cur = rx->tail;
	return moved;
}

/* Rings are paired in order; whichever runs out first gives way to the next. */
static int
move_port(struct direction *d, uint32_t burst, int swap)
{
	struct netmap_ring *rx, *tx;
	unsigned int i = 0, j = 0;
	int moved = 0;

	while (i < d->from->rx_rings && j < d->to->tx_rings) {
		rx = d->from->rx[i];
		tx = d->to->tx[j];
		if (nm_ring_empty(rx)) {
			i++;
			continue;
		}
		if (nm_ring_space(tx) == 0) {
			j++;
			continue;
		}
		moved += move_ring(d, rx, tx, burst, swap) != 0;
		i++;
		j += nm_ring_space(tx) == 0;
	}
	return moved;
}

static int
has_input(const struct port *port)
{
	unsigned int i;

	for (i = 0; i < port->rx_rings; i++) {
		if (!nm_ring_empty(port->rx[i]))
			return 1;
	}
	return 0;
}

/*
 * Input waits for output: then the only event of interest is room at the other port. Otherwise wait for input. Polling
 * a port pushes what it has to send, whatever is asked.
 */
static void
choose_events(struct pollfd p[2], struct direction d[2], int ways)
{
	int i;

	p[0].events = p[1].events = 0;
	for (i = 0; i < ways; i++) {
		if (has_input(d[i].from))
			p[!i].events |= POLLOUT;
		else
			p[i].events |= POLLIN;
	}
	p[0].fd = d[0].from->fd;
	p[1].fd = d[0].to->fd;
}

static void
show(const struct direction *d, int ways)
{
	int i;

	for (i = 0; i < ways; i++) {
		fprintf(stderr, "%s -> %s: %" PRIu64 " frames, %" PRIu64 " bytes, %" PRIu64 " slots exchanged, %" PRIu64
		    " copied, %" PRIu64 " cut\n", d[i].from->name, d[i].to->name, d[i].frames, d[i].bytes,
		    d[i].swapped, d[i].copied, d[i].cut);
	}
}

static void
show_json(const struct direction *d, int swap)
{
	struct json j;

	json_begin(&j, stdout);
	json_string(&j, "a", d[0].from->name);
	json_string(&j, "b", d[0].to->name);
	json_count(&j, "zero_copy", (uint64_t)swap);
	json_count(&j, "frames_ab", d[0].frames);
	json_count(&j, "bytes_ab", d[0].bytes);
	json_count(&j, "frames_ba", d[1].frames);
	json_count(&j, "bytes_ba", d[1].bytes);
	json_count(&j, "swapped", d[0].swapped + d[1].swapped);
	json_count(&j, "copied", d[0].copied + d[1].copied);
	json_count(&j, "cut", d[0].cut + d[1].cut);
	json_end(&j);
}

static int
forward(struct direction d[2], const struct settings *s, int swap)
{
	uint64_t start = now_ns(), shown = start, now;
	int ways = s->one_way ? 1 : 2, i;
	struct pollfd p[2];

	while (!stop) {
		choose_events(p, d, ways);
		if (poll(p, 2, 100) < 0 && errno != EINTR) {
			perror("poll");
			return -1;
		}
		for (i = 0; i < 2; i++) {
			if (p[i].revents & (POLLERR | POLLNVAL)) {
				fprintf(stderr, "poll reports an error on port %c\n", 'A' + i);
				return -1;
			}
		}
		for (i = 0; i < ways; i++)
			move_port(&d[i], s->burst, swap);
		now = now_ns();
		if (s->limit_ns && now - start >= s->limit_ns)
			break;
		if (s->verbose && now - shown >= NS_PER_SECOND) {
			show(d, ways);
			shown = now;
		}
	}
	for (i = 0; i < ways; i++)
		ioctl(d[i].to->fd, NIOCTXSYNC, NULL);
	return 0;
}

static int
parse(struct settings *s, int argc, char **argv)
{
	static const struct option long_options[] = { { "copy", no_argument, NULL, 'c' },
	    { "json", no_argument, NULL, 'J' }, { NULL, 0, NULL, 0 } };
	int letter;

	while ((letter = getopt_long(argc, argv, "d:b:w:t:1vh", long_options, NULL)) != -1) {
		switch (letter) {
		case 'd': s->device = optarg; break;
		case 'b': s->burst = (uint32_t)number_or_exit("-b", optarg, 1, UINT16_MAX); break;
		case 'w': s->wait_ns = seconds_or_exit("-w", optarg); break;
		case 't': s->limit_ns = seconds_or_exit("-t", optarg); break;
		case '1': s->one_way = 1; break;
		case 'h': show_usage(usage);
		case 'v': s->verbose = 1; break;
		case 'c': s->copy = 1; break;
		case 'J': s->json = 1; break;
		default: return -1;
		}
	}
	return argc - optind == 2 ? 0 : -1;
}

int
main(int argc, char **argv)
{
	struct settings s = { .burst = 1024 };
	struct port_wish wish = { .ring = -1 };
	static struct port a, b;
	struct direction d[2] = { { .from = &a, .to = &b }, { .from = &b, .to = &a } };
	int swap, result;

	if (parse(&s, argc, argv) != 0) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	stop_on_signals();
	wish.device = s.device;
	if (port_open(&a, argv[optind], &wish) != 0)
		return 1;
	if (port_open(&b, argv[optind + 1], &wish) != 0) {
		port_close(&a);
		return 1;
	}
	swap = a.reg.nr_mem_id == b.reg.nr_mem_id && !s.copy;
	if (s.verbose)
		fprintf(stderr, "%s <-> %s: %s\n", a.name, b.name, swap ? "one region, exchanging buffers" : "copying");
	sleep_ns(s.wait_ns);
	result = forward(d, &s, swap);
	if (s.json)
		show_json(d, swap);
	else
		show(d, s.one_way ? 1 : 2);
	port_close(&b);
	port_close(&a);
	return result == 0 ? 0 : 1;
}
