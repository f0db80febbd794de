/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * The receiver from the section "HELPER FUNCTIONS" of netmap(4), as printed, with these corrections:
 *
 *  - h is a structure, not a pointer: h.len where the page has h->len;
 *  - <poll.h> is not included there; consume_pkt is left to the reader, here it counts;
 *  - the port is an argument, and it ends after some seconds of the poll loop instead of never; nm_open is looked at for
 *    an error.
 *
 *	manual-receiver [PORT [SECONDS]]
 *
 * PORT is a name for nm_open: "vale0:b", "netmap:eth0". Prints the number of frames and bytes.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define NETMAP_WITH_LIBS
#include <net/netmap_user.h>

static unsigned long frames, bytes;

static void
consume_pkt(const u_char *buf, uint32_t length)
{
	(void)buf;
	frames++;
	bytes += length;
}

static int
receiver(const char *port, time_t seconds)
{
	struct nm_desc *d;
	struct pollfd fds;
	u_char *buf;
	struct nm_pkthdr h;
	time_t end = time(NULL) + seconds;

	d = nm_open(port, NULL, 0, 0);
	if (d == NULL) {
		perror(port);
		return 1;
	}
	fds.fd = NETMAP_FD(d);
	fds.events = POLLIN;
	while (time(NULL) < end) {
		poll(&fds, 1, 100);
		while ((buf = nm_nextpkt(d, &h)))
			consume_pkt(buf, h.len);
	}
	nm_close(d);
	return 0;
}

int
main(int argc, char **argv)
{
	int result = receiver(argc > 1 ? argv[1] : "netmap:ix0", argc > 2 ? atoi(argv[2]) : 2);

	if (result == 0)
		printf("received %lu frames, %lu bytes\n", frames, bytes);
	return result;
}
