/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * nm-ctl: persistent ports, attachments and switches.
 */
#include <sys/ioctl.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/port.h"
#include "common/util.h"

static const char usage[] =
"nm-ctl [-D DEVICE] [-L] [-C SLOTS[,SLOTS[,RINGS[,RINGS]]]] [-m MEMID] [REQUEST...]\n"
"  -n NAME        make a persistent port with the sizes of -C (tx slots, rx slots, tx rings, rx rings)\n"
"  -r NAME        delete it\n"
"  -a valeX:IF    attach an interface to a switch;  -h valeX:IF  with its host rings\n"
"  -d valeX:IF    detach it\n"
"  -g NAME        rings, slots and region of a port\n"
"  -l [valeX:P]   all ports of all switches, or where one is; also what no request at all does\n"
"  -v NAME=LEN    set the length of the virtio-net header (0, 10, 12);  -v NAME  show it\n"
"  -p valeX:IF    enable polling on the CPUs of -c, -P valeX:IF disables it\n"
"  -c FIRST[,N]   one CPU that polls all rings, or N CPUs from FIRST on, one a ring\n"
"  -L             requests of the old kind (NIOCREGIF, NIOCGINFO) from here on\n"
"Requests are done in order, options count for those behind them. The first failure ends the program.\n"
"exit: 0 fine, 1 failed, 2 wrong options\n";

struct settings {
	int fd, legacy;
	uint64_t size[4];		/* tx slots, rx slots, tx rings, rx rings */
	uint16_t memory;
	uint32_t first_cpu, cpus, polling_mode;
};

/* Up to max numbers with commas between them. Returns how many; ends the program on anything else. */
static int
numbers_or_exit(const char *option, char *text, uint64_t *numbers, int max)
{
	int count = 0;

	for (char *save, *one = strtok_r(text, ",", &save); one != NULL; one = strtok_r(NULL, ",", &save)) {
		if (count == max) {
			fprintf(stderr, "nm-ctl: %s takes %d numbers at most\n", option, max);
			exit(EXIT_USAGE);
		}
		numbers[count++] = number_or_exit(option, one, 0, UINT16_MAX);
	}
	return count;
}

/* NIOCCTRL, or the errno as a complaint. 0 or -1. */
static int
control(const struct settings *s, uint16_t type, const char *name, void *body)
{
	char wire[NETMAP_REQ_IFNAMSIZ];

	snprintf(wire, sizeof(wire), "%s", name);
	if (port_request(s->fd, type, wire, body) == 0)
		return 0;
	complain("nm-ctl", name, errno);
	return -1;
}

/* An old request; its name has room for 15 characters. 0 or -1. */
static int
legacy(const struct settings *s, unsigned long command, const char *name, struct nmreq *req)
{
	if (strlen(name) >= sizeof(req->nr_name)) {
		complain("nm-ctl", name, ENAMETOOLONG);
		return -1;
	}
	strcpy(req->nr_name, name);
	req->nr_version = NETMAP_API;
	if (ioctl(s->fd, command, req) == 0)
		return 0;
	complain("nm-ctl", name, errno);
	return -1;
}

static int
make(const struct settings *s, const char *name)
{
	struct nmreq_vale_newif body = {
		.nr_tx_slots = s->size[0], .nr_rx_slots = s->size[1],
		.nr_tx_rings = s->size[2], .nr_rx_rings = s->size[3], .nr_mem_id = s->memory,
	};
	struct nmreq req = { .nr_cmd = NETMAP_BDG_NEWIF };

	if (s->legacy) {
		req.nr_tx_slots = s->size[0];
		req.nr_rx_slots = s->size[1];
		req.nr_tx_rings = s->size[2];
		req.nr_rx_rings = s->size[3];
		req.nr_arg2 = s->memory;
		if (legacy(s, NIOCREGIF, name, &req) != 0)
			return -1;
		body = (struct nmreq_vale_newif){ req.nr_tx_slots, req.nr_rx_slots, req.nr_tx_rings, req.nr_rx_rings,
		    req.nr_arg2, 0 };
	} else if (control(s, NETMAP_REQ_VALE_NEWIF, name, &body) != 0)
		return -1;
	printf("%s: slots %u/%u rings %u/%u memory %u\n", name, body.nr_tx_slots, body.nr_rx_slots, body.nr_tx_rings,
	    body.nr_rx_rings, body.nr_mem_id);
	return 0;
}

static int
delete(const struct settings *s, const char *name)
{
	struct nmreq req = { .nr_cmd = NETMAP_BDG_DELIF };

	return s->legacy ? legacy(s, NIOCREGIF, name, &req) : control(s, NETMAP_REQ_VALE_DELIF, name, NULL);
}

static int
attach(const struct settings *s, const char *name, int host)
{
	struct nmreq_vale_attach body = { .reg.nr_mode = host ? NR_REG_NIC_SW : NR_REG_ALL_NIC, .reg.nr_mem_id = s->memory };
	struct nmreq req = { .nr_cmd = NETMAP_BDG_ATTACH, .nr_arg1 = host ? NETMAP_BDG_HOST : 0, .nr_arg2 = s->memory };

	if (s->legacy)
		return legacy(s, NIOCREGIF, name, &req);
	if (control(s, NETMAP_REQ_VALE_ATTACH, name, &body) != 0)
		return -1;
	printf("%s: port %u\n", name, body.port_index);
	return 0;
}

static int
detach(const struct settings *s, const char *name)
{
	struct nmreq_vale_detach body = { 0 };
	struct nmreq req = { .nr_cmd = NETMAP_BDG_DETACH };

	return s->legacy ? legacy(s, NIOCREGIF, name, &req) : control(s, NETMAP_REQ_VALE_DETACH, name, &body);
}

static int
show(const struct settings *s, const char *name)
{
	struct nmreq_port_info_get info = { 0 };
	struct nmreq req = { 0 };

	if (s->legacy) {
		if (legacy(s, NIOCGINFO, name, &req) != 0)
			return -1;
		info.nr_tx_slots = req.nr_tx_slots;
		info.nr_rx_slots = req.nr_rx_slots;
		info.nr_tx_rings = req.nr_tx_rings;
		info.nr_rx_rings = req.nr_rx_rings;
		info.nr_mem_id = req.nr_arg2;
		info.nr_memsize = req.nr_memsize;
	} else if (control(s, NETMAP_REQ_PORT_INFO_GET, name, &info) != 0)
		return -1;
	printf("%s: slots %u/%u rings %u/%u memory %u bytes %" PRIu64 "\n", name, info.nr_tx_slots, info.nr_rx_slots,
	    info.nr_tx_rings, info.nr_rx_rings, info.nr_mem_id, info.nr_memsize);
	return 0;
}

static int
find(const struct settings *s, const char *name)
{
	struct nmreq_vale_list body = { 0 };
	struct nmreq req = { .nr_cmd = NETMAP_BDG_LIST };

	if (s->legacy) {
		if (legacy(s, NIOCGINFO, name, &req) != 0)
			return -1;
		body.nr_bridge_idx = req.nr_arg1;
		body.nr_port_idx = req.nr_arg2;
	} else if (control(s, NETMAP_REQ_VALE_LIST, name, &body) != 0)
		return -1;
	printf("%s: switch %u port %u\n", name, body.nr_bridge_idx, body.nr_port_idx);
	return 0;
}

/* Walks through all ports; the end is told by ENOENT. */
static int
list(const struct settings *s)
{
	struct nmreq_vale_list body = { 0 };
	struct nmreq req = { .nr_version = NETMAP_API, .nr_cmd = NETMAP_BDG_LIST };
	char name[NETMAP_REQ_IFNAMSIZ];

	for (;; body.nr_port_idx++) {
		int result;

		memset(name, 0, sizeof(name));
		if (s->legacy) {
			memset(req.nr_name, 0, sizeof(req.nr_name));
			req.nr_arg1 = body.nr_bridge_idx;
			req.nr_arg2 = body.nr_port_idx;
			result = ioctl(s->fd, NIOCGINFO, &req);
			memcpy(name, req.nr_name, sizeof(req.nr_name));
			body.nr_bridge_idx = req.nr_arg1;
			body.nr_port_idx = req.nr_arg2;
		} else
			result = port_request(s->fd, NETMAP_REQ_VALE_LIST, name, &body);
		if (result < 0)
			break;
		printf("%s: switch %u port %u\n", name, body.nr_bridge_idx, body.nr_port_idx);
	}
	if (errno == ENOENT)
		return 0;
	complain("nm-ctl", "list", errno);
	return -1;
}

/* "NAME" or "NAME=LENGTH". */
static int
header(const struct settings *s, char *text)
{
	char *value = strchr(text, '=');
	struct nmreq_port_hdr body = { 0 };
	struct nmreq req = { .nr_cmd = value ? NETMAP_BDG_VNET_HDR : NETMAP_VNET_HDR_GET };

	if (value != NULL) {
		*value++ = '\0';
		body.nr_hdr_len = number_or_exit("-v", value, 0, UINT16_MAX);
		req.nr_arg1 = body.nr_hdr_len;
	}
	if (s->legacy) {
		if (legacy(s, NIOCREGIF, text, &req) != 0)
			return -1;
		body.nr_hdr_len = req.nr_arg1;
	} else if (control(s, value ? NETMAP_REQ_PORT_HDR_SET : NETMAP_REQ_PORT_HDR_GET, text, &body) != 0)
		return -1;
	printf("%s: header %u\n", text, body.nr_hdr_len);
	return 0;
}

static int
polling(const struct settings *s, const char *name, int enable)
{
	struct nmreq_vale_polling body = {
		.nr_mode = s->polling_mode, .nr_first_cpu_id = s->first_cpu, .nr_num_polling_cpus = s->cpus,
	};
	struct nmreq req = { .nr_cmd = enable ? NETMAP_BDG_POLLING_ON : NETMAP_BDG_POLLING_OFF };

	req.nr_flags = s->polling_mode == NETMAP_POLLING_MODE_SINGLE_CPU ? NR_REG_ALL_NIC : NR_REG_ONE_NIC;
	req.nr_ringid = s->first_cpu;
	req.nr_arg1 = s->cpus;
	if (s->legacy)
		return legacy(s, NIOCREGIF, name, &req);
	return control(s, enable ? NETMAP_REQ_VALE_POLLING_ENABLE : NETMAP_REQ_VALE_POLLING_DISABLE, name, &body);
}

static void
set_cpus(struct settings *s, char *text)
{
	uint64_t numbers[2] = { 0, 1 };
	int count = numbers_or_exit("-c", text, numbers, 2);

	s->first_cpu = numbers[0];
	s->cpus = numbers[1];
	s->polling_mode = count == 2 ? NETMAP_POLLING_MODE_MULTI_CPU : NETMAP_POLLING_MODE_SINGLE_CPU;
}

static void
open_device(struct settings *s, const char *device)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = open(device, O_RDWR);
	if (s->fd < 0) {
		complain("nm-ctl", device, errno);
		exit(1);
	}
}

/* One option that asks for something; 0, or -1 when it failed. */
static int
run(const struct settings *s, int option, char *argument)
{
	switch (option) {
	case 'n': return make(s, argument);
	case 'r': return delete(s, argument);
	case 'a': return attach(s, argument, 0);
	case 'h': return attach(s, argument, 1);
	case 'd': return detach(s, argument);
	case 'g': return show(s, argument);
	case 'v': return header(s, argument);
	case 'p': return polling(s, argument, 1);
	case 'P': return polling(s, argument, 0);
	}
	fputs(usage, stderr);
	exit(EXIT_USAGE);
}

int
main(int argc, char **argv)
{
	struct settings s = { .fd = -1, .cpus = 1, .polling_mode = NETMAP_POLLING_MODE_SINGLE_CPU };
	int option, requests = 0;

	setlinebuf(stdout);
	if (argc == 2 && (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0))
		show_usage(usage);	/* -h with a name is something else, as in vale-ctl */
	while ((option = getopt(argc, argv, "D:LC:m:c:n:r:a:h:d:g:lv:p:P:")) != -1) {
		int error = 0;

		if (option == 'D')
			open_device(&s, optarg);
		else if (option == 'L')
			s.legacy = 1;
		else if (option == 'C') {
			memset(s.size, 0, sizeof(s.size));
			numbers_or_exit("-C", optarg, s.size, 4);
		} else if (option == 'm')
			s.memory = number_or_exit("-m", optarg, 0, UINT16_MAX);
		else if (option == 'c')
			set_cpus(&s, optarg);
		else {
			if (option == '?') {
				fputs(usage, stderr);
				return EXIT_USAGE;
			}
			if (s.fd < 0)
				open_device(&s, port_device());
			requests++;
			if (option == 'l')	/* its name is optional, which getopt does not know */
				error = optind < argc && argv[optind][0] != '-' ? find(&s, argv[optind++]) : list(&s);
			else
				error = run(&s, option, optarg);
		}
		if (error != 0)
			return 1;
	}
	if (optind != argc) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (requests == 0) {
		if (s.fd < 0)
			open_device(&s, port_device());
		return list(&s) != 0;
	}
	return 0;
}
