/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * What can be tested without a server: names, frames, checksums, capture files, ring arithmetic.
 *
 *	unit [CAPTURE]	prints "ok NAME" or "FAIL NAME"; exit 1 if anything failed
 */
#include <stdlib.h>
#include <unistd.h>

#define NETMAP_WITH_LIBS
#include "common/packet.h"
#include "common/pcap.h"
#include "common/port.h"
#include "common/util.h"

static int failures;

static void
check(const char *name, int good)
{
	printf("%s %s\n", good ? "ok" : "FAIL", name);
	failures += !good;
}

struct name_case {
	const char *spec;	/* what the user writes */
	const char *name;	/* NULL: refused */
	uint32_t mode;
	uint16_t ring, mem_id;
	uint64_t flags;
};

static void
test_port_names(void)
{
	static const struct name_case cases[] = {
		{ "netmap:eth0", "eth0", NR_REG_ALL_NIC, 0, 0, 0 },
		{ "netmap:eth0^", "eth0", NR_REG_SW, 0, 0, 0 },
		{ "netmap:eth0^3", "eth0", NR_REG_ONE_SW, 3, 0, 0 },
		{ "netmap:eth0*", "eth0", NR_REG_NIC_SW, 0, 0, 0 },
		{ "netmap:eth0-4094/xT@7", "eth0", NR_REG_ONE_NIC, 4094, 7, NR_EXCLUSIVE | NR_TX_RINGS_ONLY },
		{ "vale0:a{pipe_1/R", "vale0:a{pipe_1", NR_REG_ALL_NIC, 0, 0, NR_RX_RINGS_ONLY },
		{ "vale:x}9@2", "vale:x}9", NR_REG_ALL_NIC, 0, 2, 0 },
		{ "vale:", "vale:", NR_REG_ALL_NIC, 0, 0, 0 },
		{ "vale0:a@conf:rings=2,tx-slots=64", "vale0:a", NR_REG_ALL_NIC, 0, 0, 0 },
		{ "netmap:eth0-4095", NULL, 0, 0, 0, 0 }, { "netmap:", NULL, 0, 0, 0, 0 },
		{ "eth0", NULL, 0, 0, 0, 0 }, { "vale-0:a", NULL, 0, 0, 0, 0 }, { "vale0", NULL, 0, 0, 0, 0 },
		{ "netmap:a{", NULL, 0, 0, 0, 0 }, { "netmap:a{b.c", NULL, 0, 0, 0, 0 },
		{ "netmap:a{b{c", NULL, 0, 0, 0, 0 }, { "netmap:a/", NULL, 0, 0, 0, 0 },
		{ "netmap:a@0", NULL, 0, 0, 0, 0 }, { "netmap:a@1@2", NULL, 0, 0, 0, 0 },
		{ "netmap:a^x", NULL, 0, 0, 0, 0 }, { "netmap:a@conf:x=1", NULL, 0, 0, 0, 0 },
	};
	char name[NETMAP_REQ_IFNAMSIZ], why[PORT_ERROR_SIZE], text[128];
	unsigned int i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct name_case *c = &cases[i];
		struct nmreq_register reg = { 0 };
		int result = port_parse(c->spec, name, &reg, why);
		int good = c->name == NULL ? result == -1 : result == 0 && strcmp(name, c->name) == 0 &&
		    reg.nr_mode == c->mode && reg.nr_ringid == c->ring && reg.nr_mem_id == c->mem_id &&
		    reg.nr_flags == c->flags;

		snprintf(text, sizeof(text), "port_parse %s", c->spec);
		check(text, good);
	}
}

static void
test_legacy_names(void)
{
	static const struct name_case cases[] = {
		{ "netmap:eth0", "eth0", NR_REG_ALL_NIC, 0, 0, 0 },
		{ "netmap:eth0-2", "eth0", NR_REG_ONE_NIC, 2, 0, 0 },
		{ "vale0:x{3/x@4", "vale0:x", NR_REG_PIPE_MASTER | NR_EXCLUSIVE, 3, 4, 0 },
		{ "vale0:x}", "vale0:x", NR_REG_PIPE_SLAVE, 0, 0, 0 },
		{ "netmap:eth0^", "eth0", NR_REG_SW, 0, 0, 0 }, { "netmap:eth0*", "eth0", NR_REG_NIC_SW, 0, 0, 0 },
		{ "netmap:eth0+", "eth0+", NR_REG_ALL_NIC, 0, 0, 0 }, { "netmap:eth0^1", NULL, 0, 0, 0, 0 },
		{ "vale0:", NULL, 0, 0, 0, 0 }, { "netmap:a@1@1", NULL, 0, 0, 0, 0 },
		{ "netmap:0123456789abcdef", NULL, 0, 0, 0, 0 }, { "eth0", NULL, 0, 0, 0, 0 },
	};
	char why[NM_ERRBUF_SIZE], text[128];
	unsigned int i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct name_case *c = &cases[i];
		struct nm_desc d = { 0 };
		int result = nm_parse(c->spec, &d, why);
		int good = c->name == NULL ? result == -1 : result == 0 && strcmp(d.req.nr_name, c->name) == 0 &&
		    d.req.nr_flags == c->mode && d.req.nr_ringid == c->ring && d.req.nr_arg2 == c->mem_id;

		snprintf(text, sizeof(text), "nm_parse %s", c->spec);
		check(text, good);
	}
	check("nm_open leaves foreign names alone", nm_open("eth0", NULL, 0, NULL) == NULL && errno == 0);
}

/* A frame's UDP checksum computed again, which comes out as 0 if it is right. */
static uint16_t
udp_sum(const struct packet_template *t)
{
	uint32_t sum = checksum_add(0, t->data + 26, 8);

	return checksum_fold(checksum_add(sum + 17 + (uint32_t)(t->length - 34), t->data + 34, t->length - 34));
}

static void
test_frames(void)
{
	static const size_t lengths[] = { 60, 61, 64, 67, 1514, 9001, PACKET_MAX };
	static struct packet_template t;
	uint8_t mac[6], stream = 0;
	uint64_t sequence = 0;
	unsigned int i;
	int sums = 1, verdicts = 1, damage = 1;

	check("mac", packet_parse_mac("02:00:00:00:00:1f", mac) == 0 && mac[0] == 2 && mac[5] == 0x1f);
	check("mac refused", packet_parse_mac("02:00:00:00:00", mac) && packet_parse_mac("02:00:00:00:00:01x", mac));
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		packet_build(&t, lengths[i], mac, mac, 9);
		packet_set_sequence(&t, 0x123456789abcdefull + i);
		sums &= udp_sum(&t) == 0 && checksum_fold(checksum_add(0, t.data + 14, 20)) == 0;
		verdicts &= packet_check(t.data, t.length, &stream, &sequence) == PACKET_GOOD && stream == 9 &&
		    sequence == 0x123456789abcdefull + i;
		t.data[PACKET_SEQUENCE] ^= 1;
		damage &= packet_check(t.data, t.length, &stream, &sequence) == PACKET_CORRUPT;
		t.data[PACKET_SEQUENCE] ^= 1;
		t.data[t.trailer - 1] ^= 0x80;
		damage &= packet_check(t.data, t.length, &stream, &sequence) == PACKET_CORRUPT;
		t.data[23] = 6;
		damage &= packet_check(t.data, t.length, &stream, &sequence) == PACKET_FOREIGN;
	}
	check("checksums stay right whatever the sequence number", sums);
	check("frames are recognised", verdicts);
	check("damage is recognised", damage);
	check("checksum of RFC 1071's example",
	    checksum_fold(checksum_add(0, "\x00\x01\xf2\x03\xf4\xf5\xf6\xf7", 8)) == (uint16_t)~0xddf2);
}

static void
write_words(const char *path, const uint32_t *words, size_t n)
{
	FILE *f = fopen(path, "wb");

	if (f == NULL || fwrite(words, sizeof(*words), n, f) != n)
		exit(1);
	fclose(f);
}

static void
test_capture_formats(const char *path)
{
	static struct pcap_frame frame;
	uint32_t native[] = { 0xa1b2c3d4, 2 | 4 << 16, 0, 0, 65535, 1, 5, 7, 4, 60, 0x11223344 };
	struct pcap_file p;
	uint32_t i;

	write_words(path, native, 11);
	check("microseconds", pcap_open_read(&p, path) == 0 && pcap_read(&p, &frame) == 1 &&
	    frame.time_ns == 5000007000ull && frame.length == 4 && frame.wire_length == 60);
	check("end", pcap_read(&p, &frame) == 0);
	check("rewind", pcap_rewind(&p) == 0 && pcap_read(&p, &frame) == 1);
	pcap_close(&p);
	write_words(path, native, 10);
	check("cut in a frame", pcap_open_read(&p, path) == 0 && pcap_read(&p, &frame) == -1 && p.error != NULL);
	pcap_close(&p);
	native[0] = 0xa1b23c4d;
	for (i = 0; i < 10; i++)
		native[i] = __builtin_bswap32(native[i]);
	write_words(path, native, 11);
	check("other byte order, nanoseconds", pcap_open_read(&p, path) == 0 && pcap_read(&p, &frame) == 1 &&
	    frame.time_ns == 5000000007ull && frame.length == 4);
	pcap_close(&p);
	native[0] = 0x0a0d0d0a;
	write_words(path, native, 11);
	check("other formats refused", pcap_open_read(&p, path) == -1);
	pcap_close(&p);
	check("written and read again", pcap_open_write(&p, path) == 0 && pcap_write(&p, 3000000001ull, "abc", 3) == 0 &&
	    pcap_close(&p) == 0 && pcap_open_read(&p, path) == 0 && pcap_read(&p, &frame) == 1 &&
	    frame.time_ns == 3000000001ull && frame.length == 3 && memcmp(frame.data, "abc", 3) == 0);
	pcap_close(&p);
}

static void
test_capture(const char *path)
{
	static struct pcap_frame frame;
	unsigned int frames = 0, arp = 0, icmp = 0, tcp = 0, udp = 0, bad = 0;
	struct pcap_file p;

	if (pcap_open_read(&p, path) != 0) {
		check("demo capture opens", 0);
		return;
	}
	while (pcap_read(&p, &frame) == 1) {
		const uint8_t *ip = frame.data + 14;

		frames++;
		bad += frame.length != frame.wire_length || frame.length < 14 || frame.length > 1514;
		arp += frame.data[12] == 8 && frame.data[13] == 6;
		if (frame.data[12] != 8 || frame.data[13] != 0)
			continue;
		bad += checksum_fold(checksum_add(0, ip, (ip[0] & 15u) * 4)) != 0;
		icmp += ip[9] == 1;
		tcp += ip[9] == 6;
		udp += ip[9] == 17;
	}
	printf("# %s: %u frames, arp %u, icmp %u, tcp %u, udp %u\n", path, frames, arp, icmp, tcp, udp);
	check("demo capture has real frames of each kind", p.error == NULL && !bad && arp && icmp && tcp && udp);
	pcap_close(&p);
}

/* A region in plain memory: two transmit slots' worth of nm_inject, read back by nm_nextpkt and nm_dispatch. */
struct fake {
	struct netmap_ring ring;
	struct netmap_slot slots[8];
	char buffers[8][64];
};

static void
count_packet(u_char *sum, const struct nm_pkthdr *hdr, const u_char *data)
{
	(void)data;
	*(uint32_t *)sum += hdr->len;
	*(uint32_t *)sum += hdr->flags & NM_MORE_PKTS ? 1000 : 0;
}

static void
set_word(const void *at, uint32_t value)
{
	memcpy((void *)(uintptr_t)at, &value, sizeof(value));
}

static void
test_helpers(void)
{
	static struct { struct netmap_if nif; ssize_t ofs[4]; struct fake f __attribute__((aligned(128))); } m;
	struct nm_desc d = { .self = &d, .nifp = &m.nif };
	struct netmap_ring *ring = &m.f.ring;
	struct nm_pkthdr hdr;
	static const char text[100] = "a packet of two slots";
	uint32_t i, sum = 0;
	int64_t ofs = (char *)m.f.buffers - (char *)ring;

	for (i = 0; i < 4; i++)
		m.ofs[i] = (char *)ring - (char *)&m.nif;
	set_word(&m.nif.ni_tx_rings, 1);
	set_word(&m.nif.ni_host_tx_rings, 1);
	memcpy((void *)(uintptr_t)&ring->buf_ofs, &ofs, sizeof(ofs));
	set_word(&ring->num_slots, 8);
	set_word(&ring->nr_buf_size, 64);
	for (i = 0; i < 8; i++)
		ring->slot[i].buf_idx = i;
	ring->head = ring->cur = 6;
	ring->tail = 5;
	check("space", nm_ring_space(ring) == 7 && !nm_tx_pending(ring) && nm_ring_next(ring, 7) == 0);
	check("inject", nm_inject(&d, text, 100) == 100 && nm_inject(&d, text, 20) == 20 && ring->head == 1 &&
	    nm_tx_pending(ring));
	check("inject into a full ring", nm_inject(&d, text, 64 * 5) == 0 && ring->head == 1);
	ring->head = ring->cur = 6;
	ring->tail = 1;
	check("nextpkt", nm_nextpkt(&d, &hdr) == (u_char *)m.f.buffers[6] && hdr.len == 100 && hdr.caplen == 64 &&
	    ring->head == 0);
	ring->head = ring->cur = 6;
	check("dispatch", nm_dispatch(&d, -1, count_packet, (u_char *)&sum) == 2 && sum == 1120 && ring->head == 1);
	check("buffer index", NETMAP_BUF_IDX(ring, NETMAP_BUF(ring, 5)) == 5);
}

int
main(int argc, char **argv)
{
	char path[] = "/tmp/nm-unit-XXXXXX";
	int fd = mkstemp(path);

	if (fd < 0)
		return 1;
	close(fd);
	test_port_names();
	test_legacy_names();
	test_frames();
	test_capture_formats(path);
	unlink(path);
	if (argc > 1)
		test_capture(argv[1]);
	test_helpers();
	printf("%d failed\n", failures);
	return failures ? 1 : 0;
}
