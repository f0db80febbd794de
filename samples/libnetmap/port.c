/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * Ports from their name to the packet that is sent.
 */
#include <sys/ioctl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

int
nmport_device(struct nmctx *ctx)
{
	const char *device = getenv("NETMAP_DEVICE");
	int fd;

	if (device == NULL || *device == '\0')
		device = NETMAP_DEVICE_NAME;
	fd = open(device, O_RDWR);
	return fd >= 0 ? fd : FAIL(ctx, errno, "%s: %s", device, strerror(errno));
}

struct nmport_d *
nmport_new(void)
{
	struct nmctx *ctx = nmctx_get();
	struct nmport_d *d = nmctx_malloc(ctx, sizeof(*d));

	if (d == NULL) {
		nmctx_ferror(ctx, "no memory for a port");
		return NULL;
	}
	nmreq_header_init(&d->hdr, NETMAP_REQ_REGISTER, &d->reg);
	d->ctx = ctx;
	d->fd = -1;
	return d;
}

void
nmport_delete(struct nmport_d *d)
{
	nmctx_discard(d->ctx, d);
}

int
nmport_parse(struct nmport_d *d, const char *portspec)
{
	struct nmport_d before = *d;
	const char *rest = portspec;

	d->clist = NULL;	/* a failure takes back what this call made, not what was there */
	if (nmreq_header_decode(&rest, &d->hdr, d->ctx) != 0 || nmreq_register_decode(&rest, &d->reg, d->ctx) != 0 ||
	    nmreq_options_decode(rest, nmport_parsers(), d, d->ctx) != 0) {
		int error = errno;

		nmport_undo_parse(d);
		*d = before;
		errno = error;
		return -1;
	}
	if (d->clist == NULL)
		d->clist = before.clist;
	else if (before.clist != NULL) {
		struct nmport_cleanup_d *last = d->clist;

		while (last->next != NULL)
			last = last->next;
		last->next = before.clist;
	}
	return 0;
}

void
nmport_undo_parse(struct nmport_d *d)
{
	int error = errno;

	while (d->clist != NULL) {
		struct nmport_cleanup_d *first = d->clist;

		d->clist = first->next;
		first->undo(first, d);
	}
	nmreq_header_init(&d->hdr, NETMAP_REQ_REGISTER, &d->reg);
	memset(&d->reg, 0, sizeof(d->reg));
	errno = error;
}

/* The server says which option it did not like; 95 alone says that it did not get to it. */
static void
tell_of_options(struct nmport_d *d)
{
	struct nmreq_option *option;

	nmreq_foreach_option(&d->hdr, option)
		if (option->nro_status != 0 && option->nro_status != EOPNOTSUPP)
			nmctx_ferror(d->ctx, "%s: option %s: %s", d->hdr.nr_name, nmreq_option_name(option->nro_reqtype),
			    strerror((int)option->nro_status));
}

int
nmport_register(struct nmport_d *d)
{
	int fd, error;

	if (d->register_done)
		return FAIL(d->ctx, EINVAL, "%s: registered already", d->hdr.nr_name);
	fd = nmport_device(d->ctx);
	if (fd < 0)
		return -1;
	if (ioctl(fd, NIOCCTRL, &d->hdr) != 0) {
		error = errno;
		tell_of_options(d);
		close(fd);
		return FAIL(d->ctx, error, "%s: %s", d->hdr.nr_name, strerror(error));
	}
	d->fd = fd;
	d->register_done = 1;
	return 0;
}

/* What the server answered stays in reg. */
void
nmport_undo_register(struct nmport_d *d)
{
	if (d->fd >= 0)
		close(d->fd);
	d->fd = -1;
	d->register_done = 0;
}

struct nmport_d *
nmport_prepare(const char *portspec)
{
	struct nmport_d *d = nmport_new();

	if (d != NULL && nmport_parse(d, portspec) != 0) {
		nmport_delete(d);
		d = NULL;
	}
	return d;
}

void
nmport_undo_prepare(struct nmport_d *d)
{
	nmport_undo_parse(d);
	nmport_delete(d);
}

int
nmport_open_desc(struct nmport_d *d)
{
	struct nmreq_register wish = d->reg;

	if (nmport_register(d) != 0)
		return -1;
	if (nmport_mmap(d) == 0)
		return 0;
	nmport_undo_register(d);
	d->reg = wish;
	return -1;
}

void
nmport_undo_open_desc(struct nmport_d *d)
{
	nmport_undo_mmap(d);
	nmport_undo_register(d);
}

struct nmport_d *
nmport_open(const char *portspec)
{
	struct nmport_d *d = nmport_prepare(portspec);

	if (d != NULL && nmport_open_desc(d) != 0) {
		int error = errno;

		nmport_undo_prepare(d);
		errno = error;
		d = NULL;
	}
	return d;
}

void
nmport_close(struct nmport_d *d)
{
	if (d == NULL)
		return;
	nmport_undo_open_desc(d);
	nmport_undo_prepare(d);
}

struct nmport_d *
nmport_clone(struct nmport_d *d)
{
	struct nmport_d *clone;

	if (d->extmem != NULL && !d->register_done) {
		nmctx_ferror(d->ctx, "%s: its region has no id before it is registered", d->hdr.nr_name);
		errno = EINVAL;
		return NULL;
	}
	clone = nmctx_malloc(d->ctx, sizeof(*clone));
	if (clone == NULL) {
		nmctx_ferror(d->ctx, "no memory for a port");
		return NULL;
	}
	clone->hdr = d->hdr;
	clone->hdr.nr_options = 0;
	clone->hdr.nr_body = (uintptr_t)&clone->reg;
	clone->reg = d->reg;
	clone->ctx = d->ctx;
	clone->fd = -1;
	return clone;
}

/* Slots that a packet takes from the ring's head on; 0 if it does not fit. */
static uint32_t
slots_for(struct netmap_ring *ring, size_t size)
{
	uint32_t space = nm_ring_space(ring), at = ring->head, n = 0;

	while (size > 0 && n < space) {
		uint64_t offset = NETMAP_ROFFSET(ring, &ring->slot[at]);
		size_t room = offset < ring->nr_buf_size ? (size_t)(ring->nr_buf_size - offset) : 0;

		size -= size < room ? size : room;
		at = nm_ring_next(ring, at);
		n++;
	}
	return size == 0 ? n : 0;
}

static void
fill(struct netmap_ring *ring, const char *data, size_t size)
{
	uint32_t at = ring->head;

	while (size > 0) {
		struct netmap_slot *slot = &ring->slot[at];
		uint64_t offset = NETMAP_ROFFSET(ring, slot);
		size_t room = offset < ring->nr_buf_size ? (size_t)(ring->nr_buf_size - offset) : 0;
		size_t part = size < room ? size : room;

		nm_pkt_copy(data, NETMAP_BUF_OFFSET(ring, slot), (int)part);
		slot->len = (uint16_t)part;
		slot->flags = part < size ? NS_MOREFRAG : 0;
		data += part;
		size -= part;
		at = nm_ring_next(ring, at);
	}
	ring->head = ring->cur = at;
}

int
nmport_inject(struct nmport_d *d, const void *buf, size_t size)
{
	int n = d->last_tx_ring - d->first_tx_ring + 1;
	uint16_t i = d->cur_tx_ring;

	for (; n > 0; n--, i++) {
		struct netmap_ring *ring;

		if (i < d->first_tx_ring || i > d->last_tx_ring)
			i = d->first_tx_ring;
		ring = NETMAP_TXRING(d->nifp, i);
		if (slots_for(ring, size) == 0)
			continue;
		fill(ring, buf, size);
		d->cur_tx_ring = i;
		return (int)size;
	}
	return 0;
}
