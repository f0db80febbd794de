/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * nm-ports: switches, their ports, and the memory behind them, as the server tells them.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/port.h"
#include "common/util.h"

static const char usage[] =
"nm-ports [-d DEVICE] [--json] [NAME...]\n"
"Without a name: all ports of all switches, and the global memory region. NAME is a port as the server knows it\n"
"(vale0:a, vale0:a{1, eth0); netmap: in front is taken off. Asking for a port that does not exist makes it for a moment.\n"
"exit: 0 fine, 1 failed or no such port, 2 wrong options\n";

static int as_json;

struct listed {
	char name[NETMAP_REQ_IFNAMSIZ];
	uint32_t bridge, port;		/* UINT32_MAX: not from a list */
};

static void
show_header(void)
{
	if (!as_json)
		printf("%-4s %-5s %-24s %7s %7s %9s %9s %6s %6s %12s\n", "sw", "port", "name", "tx", "rx", "tx slots",
		    "rx slots", "host", "mem", "bytes");
}

static void
show_index(uint32_t index, int width)
{
	if (index == UINT32_MAX)
		printf("%-*s ", width, "-");
	else
		printf("%-*" PRIu32 " ", width, index);
}

/*
 * The region's own bytes. Its memsize counts from the start of what is mapped, where other regions may lie before it; its
 * pools are whole pages.
 */
static uint64_t
region_bytes(const struct nmreq_pools_info *p)
{
	uint64_t buffers = (uint64_t)p->nr_buf_pool_objtotal * p->nr_buf_pool_objsize;

	return p->nr_buf_pool_offset - p->nr_if_pool_offset + (buffers + 4095) / 4096 * 4096;
}

static int
ask_pools(int fd, const char *port, struct nmreq_pools_info *p)
{
	char name[NETMAP_REQ_IFNAMSIZ];

	memcpy(name, port, sizeof(name));
	memset(p, 0, sizeof(*p));
	return port_request(fd, NETMAP_REQ_POOLS_INFO_GET, name, p);
}

static void
show_port_json(const struct listed *port, const struct nmreq_port_info_get *info, uint64_t bytes)
{
	struct json j;

	json_begin(&j, stdout);
	json_string(&j, "name", port->name);
	if (port->bridge != UINT32_MAX) {
		json_count(&j, "switch", port->bridge);
		json_count(&j, "index", port->port);
	}
	json_count(&j, "tx_rings", info->nr_tx_rings);
	json_count(&j, "rx_rings", info->nr_rx_rings);
	json_count(&j, "tx_slots", info->nr_tx_slots);
	json_count(&j, "rx_slots", info->nr_rx_slots);
	json_count(&j, "host_tx_rings", info->nr_host_tx_rings);
	json_count(&j, "host_rx_rings", info->nr_host_rx_rings);
	json_count(&j, "mem_id", info->nr_mem_id);
	json_count(&j, "memsize", info->nr_memsize);
	json_count(&j, "bytes", bytes);
	json_end(&j);
}

static int
show_port(int fd, const struct listed *port)
{
	struct nmreq_port_info_get info = { 0 };
	struct nmreq_pools_info pools;
	char name[NETMAP_REQ_IFNAMSIZ];
	uint64_t bytes;

	memcpy(name, port->name, sizeof(name));
	if (port_request(fd, NETMAP_REQ_PORT_INFO_GET, name, &info) != 0) {
		complain(port->name, "cannot ask", errno);
		return -1;
	}
	bytes = ask_pools(fd, port->name, &pools) == 0 ? region_bytes(&pools) : info.nr_memsize;
	if (as_json) {
		show_port_json(port, &info, bytes);
		return 0;
	}
	show_index(port->bridge, 4);
	show_index(port->port, 5);
	printf("%-24s %7u %7u %9u %9u %3u/%-2u %6u %12" PRIu64 "\n", port->name, info.nr_tx_rings, info.nr_rx_rings,
	    info.nr_tx_slots, info.nr_rx_slots, info.nr_host_tx_rings, info.nr_host_rx_rings, info.nr_mem_id,
	    bytes);
	return 0;
}

static void
show_pool(const char *what, uint64_t offset, uint32_t count, uint32_t size)
{
	if (!as_json)
		printf("       %-6s at %10" PRIu64 "  %7u x %6u\n", what, offset, count, size);
}

static int
show_pools(int fd, const struct listed *port)
{
	struct nmreq_pools_info p;
	struct json j;

	if (ask_pools(fd, port->name, &p) != 0) {
		complain(port->name, "cannot ask for the pools", errno);
		return -1;
	}
	if (as_json) {
		json_begin(&j, stdout);
		json_string(&j, "region_of", port->name);
		json_count(&j, "mem_id", p.nr_mem_id);
		json_count(&j, "memsize", p.nr_memsize);
		json_count(&j, "if_count", p.nr_if_pool_objtotal);
		json_count(&j, "if_size", p.nr_if_pool_objsize);
		json_count(&j, "ring_offset", p.nr_ring_pool_offset);
		json_count(&j, "ring_count", p.nr_ring_pool_objtotal);
		json_count(&j, "ring_size", p.nr_ring_pool_objsize);
		json_count(&j, "buf_offset", p.nr_buf_pool_offset);
		json_count(&j, "buf_count", p.nr_buf_pool_objtotal);
		json_count(&j, "buf_size", p.nr_buf_pool_objsize);
		json_end(&j);
		return 0;
	}
	printf("  region %u of %s: %" PRIu64 " bytes\n", p.nr_mem_id, port->name, region_bytes(&p));
	show_pool("if", p.nr_if_pool_offset, p.nr_if_pool_objtotal, p.nr_if_pool_objsize);
	show_pool("rings", p.nr_ring_pool_offset, p.nr_ring_pool_objtotal, p.nr_ring_pool_objsize);
	show_pool("bufs", p.nr_buf_pool_offset, p.nr_buf_pool_objtotal, p.nr_buf_pool_objsize);
	return 0;
}

/* The request with an empty name answers with the first port at or behind the two indexes. */
static size_t
list_ports(int fd, struct listed **all)
{
	struct nmreq_vale_list at = { 0 };
	size_t n = 0, room = 0;
	char name[NETMAP_REQ_IFNAMSIZ];

	for (*all = NULL;; at.nr_port_idx++) {
		memset(name, 0, sizeof(name));
		if (port_request(fd, NETMAP_REQ_VALE_LIST, name, &at) != 0)
			break;
		if (n == room) {
			struct listed *more = realloc(*all, (room = room * 2 + 16) * sizeof(**all));

			if (more == NULL)
				break;
			*all = more;
		}
		memcpy((*all)[n].name, name, sizeof(name));
		(*all)[n].bridge = at.nr_bridge_idx;
		(*all)[n++].port = at.nr_port_idx;
	}
	if (errno != ENOENT)
		complain("list", "cannot ask", errno);
	return n;
}

/* With an empty name the answer is about a region, here the global one. */
static int
show_global(int fd)
{
	struct nmreq_port_info_get info = { .nr_mem_id = 1 };
	char name[NETMAP_REQ_IFNAMSIZ] = "";
	struct json j;

	if (port_request(fd, NETMAP_REQ_PORT_INFO_GET, name, &info) != 0) {
		complain("global region", "cannot ask", errno);
		return -1;
	}
	if (!as_json) {
		printf("global region: mem id %u, %" PRIu64 " bytes\n", info.nr_mem_id, info.nr_memsize);
		return 0;
	}
	json_begin(&j, stdout);
	json_string(&j, "region_of", "");
	json_count(&j, "mem_id", info.nr_mem_id);
	json_count(&j, "memsize", info.nr_memsize);
	json_end(&j);
	return 0;
}

static int
show_all(int fd)
{
	struct listed *all;
	size_t i, n = list_ports(fd, &all);
	int result = 0;

	if (n)
		show_header();
	else if (!as_json)
		printf("no ports on any switch\n");
	for (i = 0; i < n; i++)
		show_port(fd, &all[i]);		/* a port may go between the list and the question */
	for (i = 0; i < n && !as_json; i++)
		show_pools(fd, &all[i]);
	result = show_global(fd);
	free(all);
	return result;
}

static int
show_named(int fd, const char *name)
{
	struct listed port = { .bridge = UINT32_MAX, .port = UINT32_MAX };
	struct nmreq_vale_list at = { 0 };
	char copy[NETMAP_REQ_IFNAMSIZ];

	if (strncmp(name, "netmap:", 7) == 0)
		name += 7;
	if (strlen(name) >= sizeof(port.name)) {
		complain(name, "cannot ask", ENAMETOOLONG);
		return -1;
	}
	memcpy(port.name, name, strlen(name));
	memcpy(copy, port.name, sizeof(copy));
	if (strncmp(name, "vale", 4) == 0 && strpbrk(name, "{}") == NULL &&
	    port_request(fd, NETMAP_REQ_VALE_LIST, copy, &at) == 0 && at.nr_port_idx < 254) {
		port.bridge = at.nr_bridge_idx;
		port.port = at.nr_port_idx;
	}
	return show_port(fd, &port) != 0 || show_pools(fd, &port) != 0 ? -1 : 0;
}

int
main(int argc, char **argv)
{
	static const struct option long_options[] = { { "json", no_argument, &as_json, 1 }, { NULL, 0, NULL, 0 } };
	const char *device = port_device();
	int letter, fd, result = 0;

	while ((letter = getopt_long(argc, argv, "d:h", long_options, NULL)) != -1) {
		if (letter == 'h') {
			show_usage(usage);
		} else if (letter == 'd') {
			device = optarg;
		} else if (letter != 0) {
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	fd = open(device, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		complain(device, "cannot open", errno);
		return 1;
	}
	if (optind == argc) {
		result = show_all(fd);
	} else {
		show_header();
		for (; optind < argc; optind++)
			result |= show_named(fd, argv[optind]);
	}
	close(fd);
	return result ? 1 : 0;
}
