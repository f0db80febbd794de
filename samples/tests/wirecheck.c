/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * Frames of all sizes from one interface to another and back, over packet sockets: numbered, in order, each byte checked.
 *
 *   wirecheck echo INTERFACE                     sends back what comes, until nobody has sent for a while
 *   wirecheck run INTERFACE ADDRESS FRAMES       the other side of it; ADDRESS is the echo's; prints how many came back
 *   wirecheck cut INTERFACE MILLISECONDS         asks a wire of device models to be cut for so long
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define TYPE_CHECK	0x88b5		/* IEEE 802, local experimental 1 and 2 */
#define TYPE_CUT	0x88b6
#define HEADER		14
#define SHORTEST	60
#define LONGEST		1514
#define WINDOW		32
#define PROBE		UINT32_MAX	/* comes back as soon as there is an echo */
#define PROBE_MS	300
#define PROBES		100
#define ROOM		(4 << 20)
#define SILENCE_MS	15000
#define ECHO_IDLE_MS	20000

static uint8_t own[6];

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

/* With several queues the processor chooses one: who moves to another one overtakes its own frames. */
static void
stay(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	if (sched_setaffinity(0, sizeof(one), &one) < 0)
		die("sched_setaffinity");
}

static int
open_interface(const char *name, int type)
{
	int fd = socket(AF_PACKET, SOCK_RAW, htons(type));
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(type) };
	struct ifreq request = { 0 };

	if (fd < 0)
		die("socket");
	stay();
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(fd, SIOCGIFHWADDR, &request) < 0)
		die(name);
	memcpy(own, request.ifr_hwaddr.sa_data, sizeof(own));
	if (ioctl(fd, SIOCGIFINDEX, &request) < 0)
		die(name);
	at.sll_ifindex = request.ifr_ifindex;
	/* Else they take room among what has come. */
	if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &(int){ 1 }, sizeof(int)) < 0)
		die("PACKET_IGNORE_OUTGOING");
	/* A queueing discipline may drop what waits for long, and says nothing. */
	if (setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &(int){ 1 }, sizeof(int)) < 0)
		die("PACKET_QDISC_BYPASS");
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &(int){ ROOM }, sizeof(int)) < 0)
		die("SO_RCVBUFFORCE");
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		die("bind");
	return fd;
}

/* Every size comes, in no simple order. */
static int
size_of(uint32_t number)
{
	return SHORTEST + (number * 389) % (LONGEST - SHORTEST + 1);
}

static uint8_t
byte_of(uint32_t number, int at)
{
	return (uint8_t)(number * 31 + at * 7 + (at >> 8));
}

static uint32_t
number_of(const uint8_t *frame)
{
	uint32_t found;

	memcpy(&found, frame + HEADER, sizeof(found));
	return ntohl(found);
}

static int
is_whole(const uint8_t *frame, int length, uint32_t number)
{
	if (number_of(frame) != number || length != size_of(number))
		return 0;
	for (int at = HEADER + 4; at < length; at++)
		if (frame[at] != byte_of(number, at))
			return 0;
	return 1;
}

static int
make(uint8_t *frame, const uint8_t *to, uint32_t number)
{
	uint32_t shown = htonl(number);
	int length = size_of(number);

	memcpy(frame, to, 6);
	memcpy(frame + 6, own, 6);
	frame[12] = TYPE_CHECK >> 8;
	frame[13] = TYPE_CHECK & 0xff;
	memcpy(frame + HEADER, &shown, sizeof(shown));
	for (int at = HEADER + 4; at < length; at++)
		frame[at] = byte_of(number, at);
	return length;
}

static void
send_frame(int fd, const uint8_t *frame, int length)
{
	while (send(fd, frame, length, 0) < 0) {
		if (errno != ENOBUFS && errno != EAGAIN)
			die("send");
		usleep(1000);
	}
}

/* 0: nothing came in time. */
static int
receive(int fd, uint8_t *frame, int patience)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };

	while (poll(&wait, 1, patience) > 0) {
		int length = recv(fd, frame, 2048, 0);

		if (length >= HEADER + 4)
			return length;
		if (length < 0 && errno != ENETDOWN)
			die("recv");
	}
	return 0;
}

static int
echo(const char *name)
{
	int fd = open_interface(name, TYPE_CHECK), length;
	uint8_t frame[2048];

	while ((length = receive(fd, frame, ECHO_IDLE_MS)) > 0) {
		memcpy(frame, frame + 6, 6);
		memcpy(frame + 6, own, 6);
		send_frame(fd, frame, length);
	}
	return 0;
}

static int
find_echo(int fd, const uint8_t *to)
{
	uint8_t frame[2048];

	for (int tries = 0; tries < PROBES; tries++) {
		int length = make(frame, to, PROBE);

		send_frame(fd, frame, length);
		if (receive(fd, frame, PROBE_MS) > 0)
			return 1;
	}
	return 0;
}

static void
print_state(int fd, uint32_t sent, uint32_t back)
{
	struct tpacket_stats seen = { 0 };
	socklen_t size = sizeof(seen);

	getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &seen, &size);
	printf("sent %u, back %u; the socket has seen %u and dropped %u\n", sent, back, seen.tp_packets, seen.tp_drops);
}

static int
run(const char *name, const char *address, uint32_t frames)
{
	int fd = open_interface(name, TYPE_CHECK), length;
	uint32_t sent = 0, back = 0;
	uint8_t frame[2048], to[6];

	if (sscanf(address, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", to, to + 1, to + 2, to + 3, to + 4, to + 5) != 6)
		return 2;
	if (!find_echo(fd, to)) {
		printf("there is no echo\n");
		return 1;
	}
	while (back < frames) {
		while (sent < frames && sent - back < WINDOW) {
			length = make(frame, to, sent++);
			send_frame(fd, frame, length);
		}
		length = receive(fd, frame, SILENCE_MS);
		if (!length) {
			printf("nothing comes any more\n");
			print_state(fd, sent, back);
			return 1;
		}
		if (number_of(frame) == PROBE)
			continue;
		if (!is_whole(frame, length, back)) {
			printf("frame %u is not what was sent (number %u, %d bytes)\n", back, number_of(frame), length);
			print_state(fd, sent, back);
			return 1;
		}
		back++;
	}
	printf("%u frames there and back\n", back);
	return 0;
}

static int
cut(const char *name, int milliseconds)
{
	int fd = open_interface(name, TYPE_CUT);
	uint8_t frame[SHORTEST] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	memcpy(frame + 6, own, 6);
	frame[12] = TYPE_CUT >> 8;
	frame[13] = TYPE_CUT & 0xff;
	frame[14] = milliseconds >> 8;
	frame[15] = milliseconds;
	send_frame(fd, frame, sizeof(frame));
	return 0;
}

int
main(int count, char **words)
{
	if (count == 3 && !strcmp(words[1], "echo"))
		return echo(words[2]);
	if (count == 5 && !strcmp(words[1], "run"))
		return run(words[2], words[3], strtoul(words[4], NULL, 0));
	if (count == 4 && !strcmp(words[1], "cut"))
		return cut(words[2], atoi(words[3]));
	fprintf(stderr, "usage: see the head of wirecheck.c\n");
	return 2;
}
