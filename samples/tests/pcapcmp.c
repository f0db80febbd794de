/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * Compares two captures frame by frame, times apart: pcapcmp A B
 * Exit: 0 the same frames in the same order, 1 a difference, 2 a file cannot be read.
 */
#include <stdlib.h>
#include <string.h>

#include "common/pcap.h"

static struct pcap_frame frame_a, frame_b;

/* 1 with a frame, 0 at the end; ends the program when the file is damaged. */
static int
next(struct pcap_file *file, const char *path, struct pcap_frame *frame)
{
	int more = pcap_read(file, frame);

	if (more < 0) {
		fprintf(stderr, "%s: damaged\n", path);
		exit(2);
	}
	return more;
}

int
main(int argc, char **argv)
{
	struct pcap_file a, b;
	unsigned long frames = 0, bytes = 0;
	int more_a, more_b;

	if (argc != 3) {
		fprintf(stderr, "pcapcmp A B\n");
		return 2;
	}
	if (pcap_open_read(&a, argv[1]) != 0 || pcap_open_read(&b, argv[2]) != 0) {
		fprintf(stderr, "pcapcmp: %s\n", a.error ? a.error : b.error);
		return 2;
	}
	for (;;) {
		more_a = next(&a, argv[1], &frame_a);
		more_b = next(&b, argv[2], &frame_b);
		if (!more_a || !more_b)
			break;
		frames++;
		if (frame_a.length != frame_b.length || memcmp(frame_a.data, frame_b.data, frame_a.length) != 0) {
			printf("frame %lu differs (%u and %u bytes)\n", frames, frame_a.length, frame_b.length);
			return 1;
		}
		bytes += frame_a.length;
	}
	if (more_a != more_b) {
		printf("%s has more than the %lu frames of the other\n", argv[more_a ? 1 : 2], frames);
		return 1;
	}
	printf("identical: %lu frames, %lu bytes\n", frames, bytes);
	return 0;
}
