/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * The frames of nm-gen: Ethernet, IPv4, UDP, and a payload that can be checked.
 *
 *   42                50                              trailer             length
 *   | sequence number | bytes that depend on position | ~sequence number | (0 or 1 byte) |
 *
 * The trailer stands at an even offset, so that in one's complement arithmetic it cancels the sequence number: the UDP
 * checksum is the same for all frames of a stream. The low byte of the UDP source port is the number of the stream.
 */
#ifndef COMMON_PACKET_H
#define COMMON_PACKET_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PACKET_MIN	60
#define PACKET_MAX	65000
#define PACKET_SEQUENCE	42

struct packet_template {
	size_t length;
	size_t trailer;
	uint8_t data[PACKET_MAX];
};

enum packet_verdict {
	PACKET_GOOD,
	PACKET_FOREIGN,		/* not from nm-gen */
	PACKET_CORRUPT,
};

void packet_build(struct packet_template *t, size_t length, const uint8_t source[6], const uint8_t destination[6],
    uint8_t stream);

/* One's complement sum of RFC 1071, not inverted; start with 0 and feed pieces of even length. */
uint32_t checksum_add(uint32_t sum, const void *data, size_t length);
uint16_t checksum_fold(uint32_t sum);

/* "02:00:00:00:00:01" to six bytes; 0 or -1. */
int packet_parse_mac(const char *text, uint8_t mac[6]);

enum packet_verdict packet_check(const uint8_t *data, size_t length, uint8_t *stream, uint64_t *sequence);

static inline void
packet_set_sequence(struct packet_template *t, uint64_t sequence)
{
	uint64_t inverse = ~sequence;

	memcpy(t->data + PACKET_SEQUENCE, &sequence, sizeof(sequence));
	memcpy(t->data + t->trailer, &inverse, sizeof(inverse));
}

#endif
