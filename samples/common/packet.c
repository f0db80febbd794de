/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * See packet.h.
 */
#include <arpa/inet.h>
#include <stdio.h>

#include "packet.h"

#define ETHERTYPE_AT	12
#define IP_AT		14
#define UDP_AT		34
#define UDP_PORT	0x6e00		/* plus the stream */
#define UDP_TO		0x6e6d

static void
put16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static uint8_t
pattern(size_t offset)
{
	return (uint8_t)(offset * 31 + (offset >> 8) + 7);
}

static size_t
trailer_of(size_t length)
{
	return (length - sizeof(uint64_t)) & ~(size_t)1;
}

uint32_t
checksum_add(uint32_t sum, const void *data, size_t length)
{
	const uint8_t *bytes = data;
	uint64_t total = sum;
	size_t i;

	for (i = 0; i + 1 < length; i += 2)
		total += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	if (length & 1)
		total += (uint32_t)(bytes[length - 1] << 8);
	while (total >> 32)
		total = (total & 0xffffffff) + (total >> 32);
	return (uint32_t)total;
}

uint16_t
checksum_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void
build_ip(uint8_t *ip, size_t length, uint8_t stream)
{
	memset(ip, 0, 20);
	ip[0] = 0x45;
	put16(ip + 2, length);
	ip[8] = 64;
	ip[9] = 17;
	memcpy(ip + 12, "\x0a\x00\x00\x01\x0a\x01\x00\x01", 8);
	ip[14] = stream;
	put16(ip + 10, checksum_fold(checksum_add(0, ip, 20)));
}

/* The sum over pseudo header, UDP header and payload; 0 is sent as 0xffff, because 0 means "no checksum". */
static uint16_t
udp_checksum(const uint8_t *ip, size_t udp_length)
{
	uint32_t sum = checksum_add(0, ip + 12, 8);
	uint16_t result;

	sum += 17 + (uint32_t)udp_length;
	sum = checksum_add(sum, ip + 20, udp_length);
	result = checksum_fold(sum);
	return result ? result : 0xffff;
}

void
packet_build(struct packet_template *t, size_t length, const uint8_t source[6], const uint8_t destination[6],
    uint8_t stream)
{
	uint8_t *udp = t->data + UDP_AT;
	size_t i;

	t->length = length;
	t->trailer = trailer_of(length);
	memcpy(t->data, destination, 6);
	memcpy(t->data + 6, source, 6);
	put16(t->data + ETHERTYPE_AT, 0x0800);
	build_ip(t->data + IP_AT, length - IP_AT, stream);
	put16(udp, UDP_PORT + (size_t)stream);
	put16(udp + 2, UDP_TO);
	put16(udp + 4, length - UDP_AT);
	put16(udp + 6, 0);
	for (i = PACKET_SEQUENCE; i < length; i++)
		t->data[i] = pattern(i);
	packet_set_sequence(t, 0);
	put16(udp + 6, udp_checksum(t->data + IP_AT, length - UDP_AT));
}

int
packet_parse_mac(const char *text, uint8_t mac[6])
{
	unsigned int b[6], i;
	int used = 0;

	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", b, b + 1, b + 2, b + 3, b + 4, b + 5, &used) != 6 || text[used])
		return -1;
	for (i = 0; i < 6; i++)
		mac[i] = (uint8_t)b[i];
	return 0;
}

static int
same_pattern(const uint8_t *data, size_t from, size_t to)
{
	static uint8_t expected[PACKET_MAX];
	static int ready;
	size_t i;

	if (!__atomic_load_n(&ready, __ATOMIC_ACQUIRE)) {
		for (i = 0; i < PACKET_MAX; i++)	/* two threads doing this write the same bytes */
			expected[i] = pattern(i);
		__atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
	}
	return memcmp(data + from, expected + from, to - from) == 0;
}

enum packet_verdict
packet_check(const uint8_t *data, size_t length, uint8_t *stream, uint64_t *sequence)
{
	const uint8_t *udp = data + UDP_AT;
	uint64_t inverse;
	size_t trailer;

	if (length < PACKET_MIN || length > PACKET_MAX || data[ETHERTYPE_AT] != 8 || data[ETHERTYPE_AT + 1] != 0 ||
	    data[IP_AT] != 0x45 || data[IP_AT + 9] != 17 || udp[0] != UDP_PORT >> 8 || udp[2] != UDP_TO >> 8 ||
	    udp[3] != (UDP_TO & 0xff))
		return PACKET_FOREIGN;
	*stream = udp[1];
	memcpy(sequence, data + PACKET_SEQUENCE, sizeof(*sequence));
	trailer = trailer_of(length);
	memcpy(&inverse, data + trailer, sizeof(inverse));
	if (inverse != ~*sequence || (size_t)(data[IP_AT + 2] << 8 | data[IP_AT + 3]) != length - IP_AT ||
	    checksum_fold(checksum_add(0, data + IP_AT, 20)) != 0 ||
	    !same_pattern(data, PACKET_SEQUENCE + sizeof(*sequence), trailer))
		return PACKET_CORRUPT;
	return PACKET_GOOD;
}
