/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * See port.h.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "port.h"

const char *
port_device(void)
{
	const char *device = getenv("NETMAP_DEVICE");

	return device != NULL && *device != '\0' ? device : NETMAP_DEVICE_NAME;
}

void
complain(const char *subject, const char *what, int error)
{
	const char *symbol = strerrorname_np(error);

	fprintf(stderr, "%s: %s: %s (%s)\n", subject, what, strerror(error), symbol ? symbol : "?");
}

static int
refuse(char why[PORT_ERROR_SIZE], const char *text)
{
	snprintf(why, PORT_ERROR_SIZE, "%s", text);
	return -1;
}

/* Reads at least one digit and no more than max; moves *s behind the number. */
static int
parse_number(const char **s, unsigned long max, unsigned long *number)
{
	const char *at = *s;

	for (*number = 0; isdigit((unsigned char)*at); at++) {
		*number = *number * 10 + (unsigned long)(*at - '0');
		if (*number > max)
			return -1;
	}
	if (at == *s)
		return -1;
	*s = at;
	return 0;
}

/* The part of a name that goes to the server as it is. */
static int
parse_name(const char **s, char name[NETMAP_REQ_IFNAMSIZ], char why[PORT_ERROR_SIZE])
{
	const char *start = *s, *pipe;
	size_t length, i;

	if (strncmp(start, "netmap:", 7) == 0) {
		start += 7;
	} else {
		length = strncmp(start, "vale", 4) == 0 ? 4 : 0;
		while (length > 0 && (isalnum((unsigned char)start[length]) || start[length] == '_'))
			length++;
		if (length == 0 || start[length] != ':')
			return refuse(why, "a name starts with netmap: or with valeXXX:");
	}
	length = strcspn(start, "-*^/@");
	if (length == 0)
		return refuse(why, "no port name");
	if (length >= NETMAP_REQ_IFNAMSIZ)
		return refuse(why, "name longer than 63 characters");
	pipe = memchr(start, '{', length);
	if (pipe == NULL || memchr(start, '}', (size_t)(pipe - start)) != NULL)
		pipe = memchr(start, '}', length);
	for (i = pipe ? (size_t)(pipe - start) + 1 : length; i < length; i++) {
		if (!isalnum((unsigned char)start[i]) && start[i] != '_')
			return refuse(why, "a pipe id is letters, digits and _");
	}
	if (pipe != NULL && pipe + 1 == start + length)
		return refuse(why, "empty pipe id");
	memset(name, 0, NETMAP_REQ_IFNAMSIZ);
	memcpy(name, start, length);
	*s = start + length;
	return 0;
}

static int
parse_mode(const char **s, struct nmreq_register *reg, char why[PORT_ERROR_SIZE])
{
	unsigned long number = 0;
	char kind = **s;

	reg->nr_mode = NR_REG_ALL_NIC;
	reg->nr_ringid = 0;
	if (kind != '^' && kind != '*' && kind != '-')
		return 0;
	(*s)++;
	if (kind == '*') {
		reg->nr_mode = NR_REG_NIC_SW;
		return 0;
	}
	reg->nr_mode = kind == '^' ? NR_REG_SW : NR_REG_ONE_NIC;
	if (kind == '^' && !isdigit((unsigned char)**s))
		return 0;
	if (parse_number(s, 4094, &number) != 0)
		return refuse(why, "a ring number is 0 to 4094");
	if (kind == '^')
		reg->nr_mode = NR_REG_ONE_SW;
	reg->nr_ringid = (uint16_t)number;
	return 0;
}

static int
parse_flags(const char **s, struct nmreq_register *reg, char why[PORT_ERROR_SIZE])
{
	static const char letters[] = "xztrRT";
	static const uint64_t values[] = { NR_EXCLUSIVE, NR_ZCOPY_MON, NR_MONITOR_TX, NR_MONITOR_RX,
	    NR_RX_RINGS_ONLY, NR_TX_RINGS_ONLY };
	const char *start = *s, *found;

	for (; **s != '\0' && (found = strchr(letters, **s)) != NULL; (*s)++)
		reg->nr_flags |= values[found - letters];
	return *s == start ? refuse(why, "flags after / are of xztrRT") : 0;
}

static int
parse_mem_id(const char **s, struct nmreq_register *reg, char why[PORT_ERROR_SIZE])
{
	unsigned long number = 0;

	if (parse_number(s, UINT16_MAX, &number) != 0 || number == 0)
		return refuse(why, "a memory id is 1 to 65535");
	if (reg->nr_mem_id != 0 && reg->nr_mem_id != number)
		return refuse(why, "two memory ids");
	reg->nr_mem_id = (uint16_t)number;
	return 0;
}

/* One KEY=N of @conf. */
static int
parse_key(const char **s, struct nmreq_register *reg, char why[PORT_ERROR_SIZE])
{
	size_t length = strcspn(*s, "=");
	const char *key = *s;
	unsigned long number = 0;
	int host = strncmp(key, "host-", 5) == 0;
	int tx, rx;

	*s += length;
	if (**s != '=')
		return refuse(why, "conf wants key=number");
	(*s)++;
	if (parse_number(s, UINT16_MAX, &number) != 0)
		return refuse(why, "conf wants key=number");
	if (host) {
		key += 5;
		length -= 5;
	}
	tx = length < 3 || strncmp(key, "rx-", 3) != 0;
	rx = length < 3 || strncmp(key, "tx-", 3) != 0;
	if (!tx || !rx) {
		key += 3;
		length -= 3;
	}
	if (length == 5 && strncmp(key, "rings", 5) == 0) {
		if (tx)
			*(host ? &reg->nr_host_tx_rings : &reg->nr_tx_rings) = (uint16_t)number;
		if (rx)
			*(host ? &reg->nr_host_rx_rings : &reg->nr_rx_rings) = (uint16_t)number;
		return 0;
	}
	if (host || length != 5 || strncmp(key, "slots", 5) != 0)
		return refuse(why, "conf knows rings, slots and host-rings, with tx- or rx-");
	if (tx)
		reg->nr_tx_slots = (uint32_t)number;
	if (rx)
		reg->nr_rx_slots = (uint32_t)number;
	return 0;
}

static int
parse_conf(const char **s, struct nmreq_register *reg, char why[PORT_ERROR_SIZE])
{
	if (strncmp(*s, "conf:", 5) != 0)
		return refuse(why, "the only option after @ is conf:");
	*s += 5;
	for (;;) {
		if (parse_key(s, reg, why) != 0)
			return -1;
		if (**s != ',')
			return 0;
		(*s)++;
	}
}

int
port_parse(const char *spec, char name[NETMAP_REQ_IFNAMSIZ], struct nmreq_register *reg, char why[PORT_ERROR_SIZE])
{
	int error;

	if (parse_name(&spec, name, why) != 0 || parse_mode(&spec, reg, why) != 0)
		return -1;
	while (*spec != '\0') {
		if (*spec != '/' && *spec != '@')
			return refuse(why, "unexpected characters at the end");
		if (*spec++ == '/')
			error = parse_flags(&spec, reg, why);
		else if (isdigit((unsigned char)*spec))
			error = parse_mem_id(&spec, reg, why);
		else
			error = parse_conf(&spec, reg, why);
		if (error)
			return -1;
	}
	return 0;
}

int
port_request(int fd, uint16_t type, char name[NETMAP_REQ_IFNAMSIZ], void *body)
{
	struct nmreq_header header = { .nr_version = NETMAP_API, .nr_reqtype = type, .nr_body = (uintptr_t)body };
	int result;

	memcpy(header.nr_name, name, sizeof(header.nr_name));
	result = ioctl(fd, NIOCCTRL, &header);
	memcpy(name, header.nr_name, sizeof(header.nr_name));
	return result;
}

int
port_bind(struct port *port)
{
	if (port_request(port->fd, NETMAP_REQ_REGISTER, port->name, &port->reg) == 0)
		return 0;
	complain(port->name, "cannot bind", errno);
	return -1;
}

/* A ring of the netmap_if, or NULL: none, or nonsense that somebody wrote there. */
static struct netmap_ring *
ring_at(const struct port *port, uint32_t index, uint32_t slots)
{
	uint64_t entry = port->reg.nr_offset + sizeof(struct netmap_if) + (uint64_t)index * sizeof(port->nifp->ring_ofs[0]), at;
	uint64_t size = sizeof(struct netmap_ring) + (uint64_t)slots * sizeof(struct netmap_slot);

	if (entry + sizeof(port->nifp->ring_ofs[0]) > port->reg.nr_memsize)
		return NULL;
	at = (uint64_t)*(volatile ssize_t *)&port->nifp->ring_ofs[index];
	if (at == 0)
		return NULL;
	at += port->reg.nr_offset;
	if (at > port->reg.nr_memsize || size > port->reg.nr_memsize - at)
		return NULL;
	return (void *)(port->mem + at);
}

int
port_map(struct port *port)
{
	struct netmap_ring *ring;
	struct netmap_if *nifp;
	uint32_t i, tx, rx;

	port->mem = mmap(NULL, port->reg.nr_memsize, PROT_READ | PROT_WRITE, MAP_SHARED, port->fd, 0);
	if (port->mem == MAP_FAILED) {
		port->mem = NULL;
		complain(port->name, "cannot map the region", errno);
		return -1;
	}
	nifp = port->nifp = NETMAP_IF(port->mem, port->reg.nr_offset);
	tx = nifp->ni_tx_rings + nifp->ni_host_tx_rings;
	rx = nifp->ni_rx_rings + nifp->ni_host_rx_rings;
	for (i = 0; i < tx && port->tx_rings < PORT_RINGS_MAX; i++) {
		if ((ring = ring_at(port, i, port->reg.nr_tx_slots)) != NULL)
			port->tx[port->tx_rings++] = ring;
	}
	for (i = 0; i < rx && port->rx_rings < PORT_RINGS_MAX; i++) {
		if ((ring = ring_at(port, tx + i, port->reg.nr_rx_slots)) != NULL)
			port->rx[port->rx_rings++] = ring;
	}
	return 0;
}

static void
add_wishes(struct nmreq_register *reg, const struct port_wish *wish)
{
	if (wish->slots)
		reg->nr_tx_slots = reg->nr_rx_slots = wish->slots;
	if (wish->rings)
		reg->nr_tx_rings = reg->nr_rx_rings = wish->rings;
	reg->nr_extra_bufs = wish->extra_bufs;
	reg->nr_flags |= wish->flags;
	if (wish->ring >= 0 && (reg->nr_mode == NR_REG_ALL_NIC || reg->nr_mode == NR_REG_SW)) {
		reg->nr_mode = reg->nr_mode == NR_REG_SW ? NR_REG_ONE_SW : NR_REG_ONE_NIC;
		reg->nr_ringid = (uint16_t)wish->ring;
	}
}

int
port_open(struct port *port, const char *spec, const struct port_wish *wish)
{
	const char *device = wish && wish->device ? wish->device : port_device();
	char why[PORT_ERROR_SIZE];

	memset(port, 0, sizeof(*port));
	port->fd = -1;
	if (port_parse(spec, port->name, &port->reg, why) != 0) {
		fprintf(stderr, "%s: %s\n", spec, why);
		errno = EINVAL;
		return -1;
	}
	if (wish != NULL)
		add_wishes(&port->reg, wish);
	port->fd = open(device, O_RDWR | O_CLOEXEC);
	if (port->fd < 0) {
		complain(device, "cannot open", errno);
		return -1;
	}
	if (port_bind(port) == 0 && port_map(port) == 0)
		return 0;
	port_close(port);
	return -1;
}

void
port_close(struct port *port)
{
	int error = errno;

	if (port->mem != NULL)
		munmap(port->mem, port->reg.nr_memsize);
	if (port->fd >= 0)
		close(port->fd);
	port->mem = NULL;
	port->fd = -1;
	errno = error;
}
