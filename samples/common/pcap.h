/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * Capture files in the classic pcap format: read in either byte order, in micro- or nanoseconds; written in ours.
 */
#ifndef COMMON_PCAP_H
#define COMMON_PCAP_H

#include <stdint.h>
#include <stdio.h>

#define PCAP_FRAME_MAX	262144
#define PCAP_ETHERNET	1

struct pcap_file {
	FILE *file;
	int swapped;		/* the file has the other byte order */
	int nanoseconds;
	uint32_t link_type;
	long first;		/* where the frames begin */
	const char *error;	/* what is wrong with the file, or NULL */
};

struct pcap_frame {
	uint64_t time_ns;
	uint32_t length;	/* bytes in data */
	uint32_t wire_length;	/* bytes the frame had */
	uint8_t data[PCAP_FRAME_MAX];
};

/* 0, or -1 with the reason in p->error. */
/* The path "-" is standard input, or output. */
int pcap_open_read(struct pcap_file *p, const char *path);
int pcap_open_write(struct pcap_file *p, const char *path);

/* 1 with a frame, 0 at the end, -1 if the file is damaged. */
int pcap_read(struct pcap_file *p, struct pcap_frame *frame);
int pcap_write(struct pcap_file *p, uint64_t time_ns, const void *data, uint32_t length);
int pcap_rewind(struct pcap_file *p);
int pcap_close(struct pcap_file *p);

#endif
