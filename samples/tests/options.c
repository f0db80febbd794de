/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * options: how NIOCCTRL treats headers, bodies and option chains.
 *
 *	options [-d DEVICE] [-i NAME]
 *
 * NAME (vale7:opt) is a switch port that gets created. Prints "ok NAME" or "FAIL NAME: got X expected Y"; exit 0, 3 if
 * something failed, 1 if the device cannot be opened, 2 usage.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/exchange.h"
#include "common/util.h"

#define CHAIN_MAX	160
#define UNKNOWN_TYPE	(NETMAP_REQ_OPT_MAX + 77)
#define UNTOUCHED	4242

static const char *device;
static const char *port_name = "vale7:opt";
static char *page;		/* readable, with an unreadable one behind it */
static struct nmreq_option chain[CHAIN_MAX];

struct request {
	struct nmreq_header header;
	struct nmreq_register body;
};

static struct request
new_request(void)
{
	struct request r = { .header = { .nr_version = NETMAP_API, .nr_reqtype = NETMAP_REQ_REGISTER },
	    .body = { .nr_mode = NR_REG_ALL_NIC } };

	strncpy(r.header.nr_name, port_name, sizeof(r.header.nr_name) - 1);
	return r;
}

static int
open_device(void)
{
	int fd = open(device, O_RDWR | O_CLOEXEC);

	if (fd < 0) {
		complain(device, "cannot open", errno);
		exit(1);
	}
	return fd;
}

/* The request as it stands, on a descriptor of its own; returns the errno, 0 for success. */
static int
try_header(struct nmreq_header *header)
{
	int fd = open_device();
	int error = ioctl(fd, NIOCCTRL, header) == 0 ? 0 : errno;

	close(fd);
	return error;
}

static int
try_request(struct request *r, const void *options)
{
	r->header.nr_body = (uintptr_t)&r->body;
	r->header.nr_options = (uintptr_t)options;
	return try_header(&r->header);
}

/* n options of a type that nobody knows, one behind the other. */
static struct nmreq_option *
unknown_chain(unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		chain[i] = (struct nmreq_option){ .nro_reqtype = UNKNOWN_TYPE, .nro_status = UNTOUCHED,
		    .nro_next = i + 1 < n ? (uintptr_t)&chain[i + 1] : 0 };
	return chain;
}

static int
all_have_status(unsigned int n, uint32_t status)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (chain[i].nro_status != status)
			return 0;
	}
	return 1;
}

static void
test_versions(void)
{
	static const struct { uint16_t version; int error; const char *name; } cases[] = {
		{ 0, EINVAL, "version 0" }, { 13, EINVAL, "version 13" }, { 14, 0, "version 14" },
		{ 15, 0, "version 15" }, { 16, EINVAL, "version 16" },
	};
	unsigned int i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct request r = new_request();

		r.header.nr_version = cases[i].version;
		check_errno(cases[i].name, try_request(&r, NULL), cases[i].error);
		check_number("version comes back unchanged", r.header.nr_version, cases[i].version);
	}
}

static void
test_header(void)
{
	struct request r = new_request();
	int fd, error;

	r.header.nr_reserved = 7;
	check_errno("reserved not 0", try_request(&r, NULL), EINVAL);
	check_number("reserved stays", r.header.nr_reserved, 7);

	r = new_request();
	check_errno("register without body", try_header(&r.header), EINVAL);
	check_errno("the same header again, with body", try_request(&r, NULL), 0);
	r = new_request();
	r.header.nr_reqtype = NETMAP_REQ_SYNC_KLOOP_STOP;
	check_errno("body where none belongs", try_request(&r, NULL), EINVAL);
	r.header.nr_reqtype = 0;
	check_errno("request type 0", try_request(&r, NULL), EINVAL);
	r.header.nr_reqtype = 16;
	check_errno("request type 16", try_request(&r, NULL), EINVAL);
	r.header.nr_body = 0;
	check_errno("request type 16 without body", try_header(&r.header), EINVAL);
	r = new_request();
	r.header.nr_body = (uintptr_t)page + 4096;
	check_errno("unreadable body", try_header(&r.header), EFAULT);
	r.header.nr_body = (uintptr_t)page + 4096 - 8;
	check_errno("body that becomes unreadable", try_header(&r.header), EFAULT);

	r = new_request();
	memset(r.header.nr_name, 'x', sizeof(r.header.nr_name));
	check_errno("name without end", try_request(&r, NULL), ENXIO);
	check_number("name gets an end in the caller's copy", (uint64_t)r.header.nr_name[63], 0);

	fd = open_device();
	error = ioctl(fd, NIOCCTRL, NULL) == 0 ? 0 : errno;
	check_true("header NULL: EINVAL or EFAULT", error == EINVAL || error == EFAULT);
	check_errno("header unreadable", ioctl(fd, NIOCCTRL, page + 4096) == 0 ? 0 : errno, EFAULT);
	check_errno("unknown ioctl", ioctl(fd, _IO('i', 147)) == 0 ? 0 : errno, EOPNOTSUPP);
	check_errno("sync without a port", ioctl(fd, NIOCTXSYNC) == 0 ? 0 : errno, ENXIO);
	close(fd);
}

static void
test_modes(void)
{
	static const uint32_t bad[] = { NR_REG_DEFAULT, NR_REG_PIPE_MASTER, NR_REG_PIPE_SLAVE, 9, 15, NR_REG_SW };
	struct request r;
	unsigned int i;
	int fd;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char name[32];

		snprintf(name, sizeof(name), "mode %u", bad[i]);
		r = new_request();
		r.body.nr_mode = bad[i];
		check_errno(name, try_request(&r, NULL), EINVAL);
	}
	r = new_request();
	r.body.nr_mode = 9;
	r.body.nr_flags = NR_RX_RINGS_ONLY | NR_TX_RINGS_ONLY;
	check_errno("neither direction: the mode is not looked at", try_request(&r, NULL), 0);
	r = new_request();
	r.body.nr_mem_id = 60000;
	check_errno("unknown memory id", try_request(&r, NULL), EINVAL);

	fd = open_device();
	r = new_request();
	r.header.nr_body = (uintptr_t)&r.body;
	check_errno("bind", ioctl(fd, NIOCCTRL, &r.header) == 0 ? 0 : errno, 0);
	check_errno("bind again", ioctl(fd, NIOCCTRL, &r.header) == 0 ? 0 : errno, EBUSY);
	close(fd);
}

static void
test_unknown_options(void)
{
	struct request r = new_request();

	check_errno("1 unknown option", try_request(&r, unknown_chain(1)), EOPNOTSUPP);
	check_true("its status is EOPNOTSUPP", all_have_status(1, EOPNOTSUPP));
	r = new_request();
	check_errno("127 unknown options", try_request(&r, unknown_chain(127)), EOPNOTSUPP);
	check_true("all have status EOPNOTSUPP", all_have_status(127, EOPNOTSUPP));
	r = new_request();
	check_errno("128 unknown options", try_request(&r, unknown_chain(128)), EMSGSIZE);

	r = new_request();
	unknown_chain(1)->nro_next = (uintptr_t)chain;
	check_errno("unknown option linked to itself", try_request(&r, chain), EMSGSIZE);
	check_true("nothing is copied back then", all_have_status(1, UNTOUCHED));
	r = new_request();
	unknown_chain(1)->nro_size = 100000;
	check_errno("size of an unknown option does not matter", try_request(&r, chain), EOPNOTSUPP);

	r = new_request();
	unknown_chain(2);
	chain[1].nro_reqtype = 0;
	check_errno("option type 0", try_request(&r, chain), EINVAL);
	check_number("its status", chain[1].nro_status, EINVAL);
	check_number("status of the one before", chain[0].nro_status, 0);
	r = new_request();
	strcpy(r.header.nr_name, "nosuchif0");
	check_errno("no such interface, with an option", try_request(&r, unknown_chain(1)), ENXIO);
	check_true("the option still gets EOPNOTSUPP", all_have_status(1, EOPNOTSUPP));
}

static void
test_unreadable_options(void)
{
	struct nmreq_option *last = (struct nmreq_option *)(void *)(page + 4096 - sizeof(*last));
	struct request r = new_request();

	check_errno("first option unreadable", try_request(&r, page + 4096), EFAULT);
	r = new_request();
	unknown_chain(1)->nro_next = (uintptr_t)page + 4096;
	check_errno("second option unreadable", try_request(&r, chain), EFAULT);
	check_number("status of the first", chain[0].nro_status, 0);
	*last = (struct nmreq_option){ .nro_reqtype = NETMAP_REQ_OPT_CSB };
	r = new_request();
	check_errno("option body unreadable", try_request(&r, last), EFAULT);
	*last = (struct nmreq_option){ .nro_reqtype = UNKNOWN_TYPE };
	r = new_request();
	check_errno("unknown types have no body to read", try_request(&r, last), EOPNOTSUPP);
}

static void
test_duplicates(void)
{
	struct nmreq_opt_offsets a = { .nro_opt = { .nro_reqtype = NETMAP_REQ_OPT_OFFSETS } }, b = a;
	struct request r = new_request();

	a.nro_opt.nro_next = (uintptr_t)&b;
	check_errno("the same type twice", try_request(&r, &a), EINVAL);
	check_number("status of the first", a.nro_opt.nro_status, EINVAL);
	check_number("status of the second", b.nro_opt.nro_status, EINVAL);
	a.nro_opt.nro_next = (uintptr_t)&a;
	r = new_request();
	check_errno("known option linked to itself", try_request(&r, &a), EINVAL);
}

/* The event descriptors of option 2 have no fixed number, so their size counts against the limits. */
static int
try_eventfds(uint64_t size, unsigned int unknown_before)
{
	static struct { struct nmreq_option head; char rest[8192]; } big;
	struct request r = new_request();

	memset(&big, 0, sizeof(big));
	big.head.nro_reqtype = NETMAP_REQ_OPT_SYNC_KLOOP_EVENTFDS;
	big.head.nro_size = size;
	if (unknown_before == 0)
		return try_request(&r, &big);
	unknown_chain(unknown_before)[unknown_before - 1].nro_next = (uintptr_t)&big;
	return try_request(&r, chain);
}

static void
test_sizes(void)
{
	struct nmreq_opt_csb csb = { .nro_opt = { .nro_reqtype = NETMAP_REQ_OPT_CSB, .nro_size = 4097 } };
	struct request r = new_request();

	check_errno("event descriptors of 4040 bytes", try_eventfds(4040, 0), EOPNOTSUPP);
	check_errno("event descriptors of 4072 bytes", try_eventfds(4072, 0), EMSGSIZE);
	check_errno("event descriptors smaller than a head", try_eventfds(1, 0), EOPNOTSUPP);
	check_errno("99 unknown, then 1000 bytes", try_eventfds(1000, 99), EMSGSIZE);
	check_errno("known option of 4097 bytes", try_request(&r, &csb), EMSGSIZE);
}

static void
test_known_options(void)
{
	struct nmreq_opt_offsets o = { .nro_opt = { .nro_reqtype = NETMAP_REQ_OPT_OFFSETS, .nro_size = sizeof(o) },
	    .nro_max_offset = 128, .nro_offset_bits = 16 };
	static struct nm_csb_atok atok[2] __attribute__((aligned(64)));
	static struct nm_csb_ktoa ktoa[2] __attribute__((aligned(64)));
	struct nmreq_opt_csb csb = { .nro_opt = { .nro_reqtype = NETMAP_REQ_OPT_CSB, .nro_size = sizeof(csb) },
	    .csb_atok = (uintptr_t)atok, .csb_ktoa = (uintptr_t)ktoa };
	struct request r = new_request();

	check_errno("offsets", try_request(&r, &o), 0);
	check_number("their status", o.nro_opt.nro_status, 0);
	check_number("largest offset", o.nro_max_offset, 128);
	o.nro_max_offset = 1 << 20;
	o.nro_offset_bits = 32;
	r = new_request();
	check_errno("offset larger than a buffer", try_request(&r, &o), EINVAL);
	check_number("its status", o.nro_opt.nro_status, EINVAL);
	r = new_request();
	check_errno("CSB without exclusive use", try_request(&r, &csb), EINVAL);
	check_number("its status", csb.nro_opt.nro_status, EINVAL);
	r = new_request();
	r.body.nr_flags = NR_EXCLUSIVE;
	csb.csb_atok += 4;
	check_errno("CSB out of line", try_request(&r, &csb), EINVAL);
	csb.csb_atok = (uintptr_t)page + 4096;
	check_errno("CSB unreadable", try_request(&r, &csb), EFAULT);
	csb.csb_atok = (uintptr_t)atok;
	check_errno("CSB", try_request(&r, &csb), 0);
	check_number("its status", csb.nro_opt.nro_status, 0);
	check_number("the loop wants to be woken", ktoa[0].kern_need_kick, 1);
	check_number("so does the program", atok[0].appl_need_kick, 1);
}

static void
test_other_requests(void)
{
	struct nmreq_port_info_get info = { 0 };
	struct request r = new_request();
	struct nmreq old = { .nr_version = 13 };
	int fd;

	r.header.nr_reqtype = NETMAP_REQ_PORT_INFO_GET;
	r.header.nr_body = (uintptr_t)&info;
	r.header.nr_options = (uintptr_t)unknown_chain(1);
	check_errno("other requests do not mind options", try_header(&r.header), 0);
	check_true("but say that they did not look", all_have_status(1, EOPNOTSUPP));
	check_number("slots of a new switch port", info.nr_tx_slots, 1024);

	strncpy(old.nr_name, port_name, sizeof(old.nr_name) - 1);
	fd = open_device();
	check_errno("legacy version 13", ioctl(fd, NIOCREGIF, &old) == 0 ? 0 : errno, EINVAL);
	old.nr_version = 99;
	check_errno("legacy version 99", ioctl(fd, NIOCREGIF, &old) == 0 ? 0 : errno, 0);
	check_number("legacy version stays", old.nr_version, 99);
	close(fd);
}

int
main(int argc, char **argv)
{
	int letter;

	device = port_device();
	while ((letter = getopt(argc, argv, "d:i:")) != -1) {
		if (letter == 'd')
			device = optarg;
		else if (letter == 'i')
			port_name = optarg;
		else
			return EXIT_USAGE;
	}
	page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED || mprotect(page + 4096, 4096, PROT_NONE) != 0)
		return 1;
	test_versions();
	test_header();
	test_modes();
	test_unknown_options();
	test_unreadable_options();
	test_duplicates();
	test_sizes();
	test_known_options();
	test_other_requests();
	return check_result();
}
