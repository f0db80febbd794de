/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * The command line of nm-gen.
 */
#include <getopt.h>
#include <stdlib.h>

#include "gen.h"

static const char usage[] =
"nm-gen -f tx|rx|ping|pong -i PORT [options]\n"
"  -i PORT       netmap:NAME or valeX:NAME, with {id }id -N * ^ /flags @memid @conf:...\n"
"  -d DEVICE     device file, else $NETMAP_DEVICE, else /dev/netmap\n"
"  -l BYTES      frame length without checksum, 60 to 65000 (60)\n"
"  -n COUNT      end after so many frames (no end); k, M, G allowed\n"
"  -t SECONDS    end after this time\n"
"  -b BATCH      frames per ring and sync (all that fit)\n"
"  -p THREADS    each with a descriptor and a ring of its own (1)\n"
"  -r RATE       frames a second, all threads together\n"
"  -F N          slots per frame (1)\n"
"  -C SLOTS,RINGS  wishes for a port that is created by this\n"
"  -D MAC -S MAC destination and source address\n"
"  -a CPU        pin thread i to CPU + i\n"
"  -w SECONDS    wait between opening and starting\n"
"  -T MS         report interval (1000); -N no reports but the last\n"
"  -c --check    rx: check sequence numbers and contents\n"
"  --idle SECONDS  rx: end when nothing has come for so long after the first frame\n"
"  --touch=none  move slots only, neither write nor read packets\n"
"  --sync=poll|ioctl  sleep in poll, or call NIOCTXSYNC/NIOCRXSYNC without end\n"
"  --json        the last report as one line of JSON\n"
"exit: 0 fine, 1 failed, 2 wrong options, 3 --check found corrupt or reordered frames\n";

static const struct option long_options[] = {
	{ "check", no_argument, NULL, 'c' }, { "json", no_argument, NULL, 'J' },
	{ "touch", required_argument, NULL, 'U' }, { "sync", required_argument, NULL, 'Y' },
	{ "idle", required_argument, NULL, 'I' }, { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 },
};

static int
role_of(const char *name)
{
	static const char *const names[] = { "", "tx", "rx", "ping", "pong" };
	int i;

	for (i = ROLE_TX; i <= ROLE_PONG; i++) {
		if (strcmp(names[i], name) == 0)
			return i;
	}
	return ROLE_NONE;
}

/* A word that is either the first or the second of two. */
static int
choice(const char *text, const char *first, const char *second, int *chosen)
{
	*chosen = strcmp(text, second) == 0;
	return *chosen || strcmp(text, first) == 0 ? 0 : -1;
}

static void
creation(struct options *o, char *text)
{
	char *comma = strchr(text, ',');

	if (comma != NULL) {
		*comma = '\0';
		o->wish.rings = (uint16_t)number_or_exit("-C", comma + 1, 0, UINT16_MAX);
	}
	o->wish.slots = (uint32_t)number_or_exit("-C", text, 0, UINT32_MAX);
}

static int
take_number(struct options *o, int letter, const char *text)
{
	switch (letter) {
	case 'l': o->length = number_or_exit("-l", text, PACKET_MIN, PACKET_MAX); return 0;
	case 'n': o->count = number_or_exit("-n", text, 0, UINT64_MAX); return 0;
	case 'b': o->batch = (uint32_t)number_or_exit("-b", text, 0, UINT32_MAX); return 0;
	case 'p': o->threads = (unsigned int)number_or_exit("-p", text, 1, STREAMS); return 0;
	case 'r': o->rate = number_or_exit("-r", text, 0, UINT32_MAX); return 0;
	case 'F': o->fragments = (unsigned int)number_or_exit("-F", text, 1, NETMAP_MAX_FRAGS); return 0;
	case 'a': o->cpu = (int)number_or_exit("-a", text, 0, 1023); return 0;
	case 'T': o->report_ns = number_or_exit("-T", text, 1, 1000000) * 1000000; return 0;
	case 't': o->limit_ns = seconds_or_exit("-t", text); return 0;
	case 'w': o->wait_ns = seconds_or_exit("-w", text); return 0;
	case 'I': o->idle_ns = seconds_or_exit("--idle", text); return 0;
	}
	return -1;
}

static int
take_option(struct options *o, int letter, char *text)
{
	int no_touch = 0, error;

	switch (letter) {
	case 'f': o->role = (enum role)role_of(text); o->role_name = text; return o->role == ROLE_NONE ? -1 : 0;
	case 'i': o->spec = text; return 0;
	case 'd': o->wish.device = text; return 0;
	case 'C': creation(o, text); return 0;
	case 'D': return packet_parse_mac(text, o->destination);
	case 'S': return packet_parse_mac(text, o->source);
	case 'c': o->check = 1; return 0;
	case 'J': o->json = 1; return 0;
	case 'N': o->quiet = 1; return 0;
	case 'Y': return choice(text, "poll", "ioctl", &o->busy);
	case 'U':
		error = choice(text, "all", "none", &no_touch);
		o->touch = !no_touch;
		return error;
	}
	return take_number(o, letter, text);
}

int
options_parse(struct options *o, int argc, char **argv)
{
	int letter;

	*o = (struct options){ .length = PACKET_MIN, .threads = 1, .report_ns = NS_PER_SECOND, .cpu = -1,
	    .fragments = 1, .touch = 1, .wish = { .ring = -1 }, .source = { 2, 0, 0, 0, 0, 1 },
	    .destination = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
	while ((letter = getopt_long(argc, argv, "f:i:d:l:n:t:b:p:r:F:C:D:S:a:w:T:Nch", long_options, NULL)) != -1) {
		if (letter == 'h') {
			fputs(usage, stdout);
			exit(0);
		}
		if (take_option(o, letter, optarg) != 0) {
			fprintf(stderr, "wrong option or value near '%s'\n", argv[optind - 1]);
			return -1;
		}
	}
	if (o->role == ROLE_NONE || o->spec == NULL || optind != argc || o->fragments * 2 > o->length) {
		fputs(usage, stderr);
		return -1;
	}
	if (o->role == ROLE_PING || o->role == ROLE_PONG)
		o->threads = 1;
	if (o->check)
		o->touch = 1;
	return 0;
}
