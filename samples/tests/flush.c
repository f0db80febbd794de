/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * Has the dirty pages of the device file written back and waits for that, over and over: what the kernel does now and then
 * on its own where the packet memory is the page cache of a file.
 *
 *	flush [-t SECONDS] [-p PAUSE_US] [-w START_US]
 *
 * Opens the device, prints "open", waits START_US, and flushes for that long (1) with that pause (0) between.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "common/port.h"
#include "common/util.h"

static double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

int
main(int argc, char **argv)
{
	const unsigned int whole = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
	double seconds = 1, end, longest = 0, sum = 0;
	unsigned long count = 0;
	useconds_t pause_us = 0, start_us = 0;
	int c, fd;

	while ((c = getopt(argc, argv, "t:p:w:")) != -1)
		switch (c) {
		case 't': seconds = atof(optarg); break;
		case 'p': pause_us = (useconds_t)atoi(optarg); break;
		case 'w': start_us = (useconds_t)atoi(optarg); break;
		default: return EXIT_USAGE;
		}
	fd = open(port_device(), O_RDWR);
	if (fd < 0) {
		perror(port_device());
		return 1;
	}
	setlinebuf(stdout);
	printf("open\n");
	usleep(start_us);
	end = now_ms() + seconds * 1e3;
	do {
		double start = now_ms(), took;

		if (sync_file_range(fd, 0, 0, whole) != 0 || syncfs(fd) != 0) {
			perror("flush");
			return 1;
		}
		took = now_ms() - start;
		longest = took > longest ? took : longest;
		sum += took;
		count++;
		usleep(pause_us);
	} while (now_ms() < end);
	printf("flushes %lu: mean %.2f ms, max %.2f ms\n", count, sum / count, longest);
	return 0;
}
