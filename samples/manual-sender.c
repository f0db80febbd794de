/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * The traffic generator from the section "USING THE NATIVE API" of netmap(4), as printed, with these corrections:
 *
 *  - nmr.nm_version is called nr_version; slot.buf_index is called buf_idx;
 *  - fd, p, i and buf are used but not declared; the headers of the other calls are not included;
 *  - mmap wants six arguments, the page gives three;
 *  - "prepare packet" and "packet length", left to the reader there, are a broadcast frame of 60 bytes;
 *  - the port is an argument, the device may be named by NETMAP_DEVICE, and it ends after some seconds instead of never.
 *    open, ioctl and mmap are looked at for errors.
 *
 *	manual-sender [PORT [SECONDS]]
 *
 * PORT is what goes into nr_name: "vale0:a", "eth0". Prints the number of frames.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>

#include <net/netmap_user.h>

static unsigned long
sender(const char *device, const char *port, time_t seconds)
{
	struct netmap_if *nifp;
	struct netmap_ring *ring;
	struct nmreq nmr;
	struct pollfd fds;
	unsigned long frames = 0;
	time_t end = time(NULL) + seconds;
	unsigned int i;
	char *buf, *p;
	int fd;

	fd = open(device, O_RDWR);
	bzero(&nmr, sizeof(nmr));
	strncpy(nmr.nr_name, port, sizeof(nmr.nr_name) - 1);
	nmr.nr_version = NETMAP_API;
	if (fd < 0 || ioctl(fd, NIOCREGIF, &nmr) != 0) {
		perror(port);
		exit(1);
	}
	p = mmap(0, nmr.nr_memsize, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	nifp = NETMAP_IF(p, nmr.nr_offset);
	ring = NETMAP_TXRING(nifp, 0);
	fds.fd = fd;
	fds.events = POLLOUT;
	while (time(NULL) < end) {
		poll(&fds, 1, 100);
		while (!nm_ring_empty(ring)) {
			i = ring->cur;
			buf = NETMAP_BUF(ring, ring->slot[i].buf_idx);
			memset(buf, 0xff, 6);
			memset(buf + 6, 0x02, 6);
			memset(buf + 12, 0, 48);
			ring->slot[i].len = 60;
			ring->head = ring->cur = nm_ring_next(ring, i);
			frames++;
		}
	}
	return frames;
}

int
main(int argc, char **argv)
{
	const char *device = getenv("NETMAP_DEVICE");
	const char *port = argc > 1 ? argv[1] : "ix0";

	printf("sent %lu\n", sender(device ? device : "/dev/netmap", port, argc > 2 ? atoi(argv[2]) : 2));
	return 0;
}
