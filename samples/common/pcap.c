/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * See pcap.h. A file is a header of 24 bytes, then for each frame one of 16 bytes and its data.
 */
#include <errno.h>
#include <string.h>

#include "pcap.h"
#include "util.h"

#define MAGIC_MICROSECONDS	0xa1b2c3d4u
#define MAGIC_NANOSECONDS	0xa1b23c4du

static uint32_t
field(const struct pcap_file *p, const uint32_t *words, int i)
{
	return p->swapped ? __builtin_bswap32(words[i]) : words[i];
}

static int
fail(struct pcap_file *p, const char *why)
{
	p->error = why;
	return -1;
}

int
pcap_open_read(struct pcap_file *p, const char *path)
{
	uint32_t words[6], magic;

	memset(p, 0, sizeof(*p));
	p->file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
	if (p->file == NULL)
		return fail(p, strerror(errno));
	if (fread(words, sizeof(words), 1, p->file) != 1)
		return fail(p, "too short for a capture file");
	magic = words[0];
	if (magic != MAGIC_MICROSECONDS && magic != MAGIC_NANOSECONDS) {
		p->swapped = 1;
		magic = __builtin_bswap32(magic);
	}
	if (magic != MAGIC_MICROSECONDS && magic != MAGIC_NANOSECONDS)
		return fail(p, "not a pcap file (pcapng is not supported)");
	p->nanoseconds = magic == MAGIC_NANOSECONDS;
	p->link_type = field(p, words, 5) & 0x0fffffff;
	p->first = ftell(p->file);
	return p->link_type == PCAP_ETHERNET ? 0 : fail(p, "not a capture of Ethernet frames");
}

int
pcap_open_write(struct pcap_file *p, const char *path)
{
	/* The second word holds two halves of 16 bits: version 2.4. */
	uint32_t words[6] = { MAGIC_NANOSECONDS, 2 | 4 << 16, 0, 0, PCAP_FRAME_MAX, PCAP_ETHERNET };

	memset(p, 0, sizeof(*p));
	p->nanoseconds = 1;
	p->link_type = PCAP_ETHERNET;
	p->file = strcmp(path, "-") == 0 ? stdout : fopen(path, "wb");
	if (p->file == NULL)
		return fail(p, strerror(errno));
	if (fwrite(words, sizeof(words), 1, p->file) != 1)
		return fail(p, "cannot write");
	p->first = ftell(p->file);
	return 0;
}

int
pcap_read(struct pcap_file *p, struct pcap_frame *frame)
{
	uint32_t words[4];
	size_t got = fread(words, 1, sizeof(words), p->file);

	if (got == 0)
		return ferror(p->file) ? fail(p, "cannot read") : 0;
	if (got != sizeof(words))
		return fail(p, "ends inside the header of a frame");
	frame->time_ns = field(p, words, 0) * NS_PER_SECOND + field(p, words, 1) * (p->nanoseconds ? 1ull : 1000ull);
	frame->length = field(p, words, 2);
	frame->wire_length = field(p, words, 3);
	if (frame->length > PCAP_FRAME_MAX)
		return fail(p, "a frame is longer than a frame can be");
	if (frame->length && fread(frame->data, frame->length, 1, p->file) != 1)
		return fail(p, "ends inside a frame");
	return 1;
}

int
pcap_write(struct pcap_file *p, uint64_t time_ns, const void *data, uint32_t length)
{
	uint32_t words[4] = { (uint32_t)(time_ns / NS_PER_SECOND), (uint32_t)(time_ns % NS_PER_SECOND), length, length };

	if (fwrite(words, sizeof(words), 1, p->file) != 1 || (length && fwrite(data, length, 1, p->file) != 1))
		return fail(p, "cannot write");
	return 0;
}

int
pcap_rewind(struct pcap_file *p)
{
	return fseek(p->file, p->first, SEEK_SET) == 0 ? 0 : fail(p, "cannot go back to the start");
}

int
pcap_close(struct pcap_file *p)
{
	int result = p->file ? fclose(p->file) : 0;

	p->file = NULL;
	return result == 0 ? 0 : fail(p, "cannot write");
}
