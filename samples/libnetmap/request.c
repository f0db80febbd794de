/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * Request headers, their options, and the names of ports.
 */
#include <sys/ioctl.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

#define NETMAP_PREFIX	"netmap:"

static int
is_identifier_character(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

void
nmreq_header_init(struct nmreq_header *hdr, uint16_t reqtype, void *body)
{
	memset(hdr, 0, sizeof(*hdr));
	hdr->nr_version = NETMAP_API;
	hdr->nr_reqtype = reqtype;
	hdr->nr_body = (uintptr_t)body;
}

void
nmreq_push_option(struct nmreq_header *hdr, struct nmreq_option *option)
{
	option->nro_next = hdr->nr_options;
	hdr->nr_options = (uintptr_t)option;
}

void
nmreq_remove_option(struct nmreq_header *hdr, struct nmreq_option *option)
{
	uint64_t *link = &hdr->nr_options;

	while (*link != 0 && *link != (uintptr_t)option)
		link = &((struct nmreq_option *)(uintptr_t)*link)->nro_next;
	if (*link != 0) {
		*link = option->nro_next;
		option->nro_next = 0;
	}
}

struct nmreq_option *
nmreq_find_option(struct nmreq_header *hdr, uint32_t reqtype)
{
	struct nmreq_option *option;

	nmreq_foreach_option(hdr, option)
		if (option->nro_reqtype == reqtype)
			break;
	return option;
}

void
nmreq_free_options(struct nmreq_header *hdr)
{
	while (hdr->nr_options != 0) {
		struct nmreq_option *option = (struct nmreq_option *)(uintptr_t)hdr->nr_options;

		hdr->nr_options = option->nro_next;
		nmctx_free(nmctx_get(), option);
	}
}

const char *
nmreq_option_name(uint32_t reqtype)
{
	switch (reqtype) {
	case NETMAP_REQ_OPT_EXTMEM: return "extmem";
	case NETMAP_REQ_OPT_SYNC_KLOOP_EVENTFDS: return "sync-kloop-eventfds";
	case NETMAP_REQ_OPT_CSB: return "csb";
	case NETMAP_REQ_OPT_SYNC_KLOOP_MODE: return "sync-kloop-mode";
	case NETMAP_REQ_OPT_OFFSETS: return "offsets";
	}
	return "unknown";
}

/* What follows "netmap:" or "vale...:", or NULL. */
static const char *
skip_prefix(const char *s)
{
	if (strncmp(s, NETMAP_PREFIX, strlen(NETMAP_PREFIX)) == 0)
		return s + strlen(NETMAP_PREFIX);
	if (strncmp(s, NM_BDG_NAME, strlen(NM_BDG_NAME)) != 0)
		return NULL;
	for (s += strlen(NM_BDG_NAME); is_identifier_character(*s); s++)
		;
	return *s == ':' ? s + 1 : NULL;
}

int
nmreq_header_decode(const char **portspec, struct nmreq_header *hdr, struct nmctx *ctx)
{
	const char *spec = *portspec, *rest = skip_prefix(spec), *name, *pipe, *end;

	if (rest == NULL)
		return FAIL(ctx, EINVAL, "%s: a port's name starts with netmap: or vale...:", spec);
	name = strncmp(spec, NM_BDG_NAME, strlen(NM_BDG_NAME)) == 0 ? spec : rest;
	end = rest + strcspn(rest, "-*^/@");
	if (end == name)
		return FAIL(ctx, EINVAL, "%s: the port's name is empty", spec);
	pipe = rest + strcspn(rest, "{}");
	if (pipe < end) {
		const char *c = pipe + 1;

		while (c < end && is_identifier_character(*c))
			c++;
		if (c != end || end == pipe + 1)
			return FAIL(ctx, EINVAL, "%s: a pipe is named by letters, digits and _", spec);
	}
	if ((size_t)(end - name) >= sizeof(hdr->nr_name))
		return FAIL(ctx, EINVAL, "%s: longer than %zu characters", spec, sizeof(hdr->nr_name) - 1);
	memset(hdr->nr_name, 0, sizeof(hdr->nr_name));
	memcpy(hdr->nr_name, name, (size_t)(end - name));
	*portspec = end;
	return 0;
}

/* Reads digits; returns what follows, or NULL if the number exceeds max. */
static const char *
read_number(const char *s, uint32_t max, uint32_t *number)
{
	for (*number = 0; isdigit((unsigned char)*s); s++) {
		*number = *number * 10 + (uint32_t)(*s - '0');
		if (*number > max)
			return NULL;
	}
	return s;
}

static uint64_t
flag_of(char letter)
{
	switch (letter) {
	case 'x': return NR_EXCLUSIVE;
	case 'z': return NR_ZCOPY_MON;
	case 't': return NR_MONITOR_TX;
	case 'r': return NR_MONITOR_RX;
	case 'R': return NR_RX_RINGS_ONLY;
	case 'T': return NR_TX_RINGS_ONLY;
	}
	return 0;
}

/* "^", "^N", "*", "-N" or nothing. */
static const char *
decode_rings(const char *s, struct nmreq_register *reg)
{
	const char mark = *s, *digits = s + 1;
	uint32_t number = 0;

	reg->nr_mode = NR_REG_ALL_NIC;
	reg->nr_ringid = 0;
	if (mark == '*') {
		reg->nr_mode = NR_REG_NIC_SW;
		return s + 1;
	}
	if (mark != '^' && mark != '-')
		return s;
	s = read_number(digits, NETMAP_RING_MASK - 1, &number);
	if (s == digits && mark == '-')
		return NULL;
	reg->nr_mode = mark == '-' ? NR_REG_ONE_NIC : s == digits ? NR_REG_SW : NR_REG_ONE_SW;
	reg->nr_ringid = (uint16_t)number;
	return s;
}

int
nmreq_register_decode(const char **mode, struct nmreq_register *reg, struct nmctx *ctx)
{
	struct nmreq_register wish = *reg;
	const char *s = decode_rings(*mode, &wish);
	uint32_t region = 0, number;
	uint64_t flag;

	if (s == NULL)
		return FAIL(ctx, EINVAL, "%s: a ring number is 0 to %u", *mode, NETMAP_RING_MASK - 1);
	wish.nr_flags = 0;
	while (*s == '/' || (*s == '@' && isdigit((unsigned char)s[1]))) {
		if (*s == '/') {
			const char *letters = ++s;

			for (; (flag = flag_of(*s)) != 0; s++)
				wish.nr_flags |= flag;
			if (s == letters)
				return FAIL(ctx, EINVAL, "%s: letters of xztrRT follow a /", *mode);
			continue;
		}
		s = read_number(s + 1, UINT16_MAX, &number);
		if (s == NULL || number == 0)
			return FAIL(ctx, EINVAL, "%s: a memory id is 1 to %u", *mode, UINT16_MAX);
		if (region != 0 && region != number)
			return FAIL(ctx, EINVAL, "%s: two memory ids", *mode);
		region = number;
		wish.nr_mem_id = (uint16_t)number;
	}
	if (*s != '\0' && *s != '@')
		return FAIL(ctx, EINVAL, "%s: not understood from here on: %s", *mode, s);
	*reg = wish;
	*mode = s;
	return 0;
}

int32_t
nmreq_get_mem_id(const char **portname, struct nmctx *ctx)
{
	struct nmreq_port_info_get info = { 0 };
	struct nmreq_header hdr;
	const char *rest = *portname;
	int fd, error;

	nmreq_header_init(&hdr, NETMAP_REQ_PORT_INFO_GET, &info);
	if (nmreq_header_decode(&rest, &hdr, ctx) != 0)
		return -1;
	fd = nmport_device(ctx);
	if (fd < 0)
		return -1;
	error = ioctl(fd, NIOCCTRL, &hdr) == 0 ? 0 : errno;
	close(fd);
	if (error != 0)
		return FAIL(ctx, error, "%s: %s", hdr.nr_name, strerror(error));
	*portname = rest;
	return info.nr_mem_id;
}
