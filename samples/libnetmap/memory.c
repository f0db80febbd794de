/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * The memory behind a port: mappings, one a region and context; memory of the program's own; offsets in buffers.
 */
#include <sys/mman.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

/* An option made here, and for extmem from a file what to unmap. */
struct option_cleanup {
	struct nmport_cleanup_d head;
	void *mapping;
	size_t size;
	union {
		struct nmreq_opt_extmem extmem;
		struct nmreq_opt_offsets offsets;
	} option;
};

/* A region that a port of this context has mapped already: by its id, or by where it is. The lock is held. */
static struct nmem_d *
find_region(struct nmctx *ctx, uint16_t mem_id, const void *mapping)
{
	struct nmem_d *first = ctx->mem_descs, *m = first;

	if (first == NULL)
		return NULL;
	do {
		if (mapping != NULL ? m->mem == mapping : m->mem_id == mem_id)
			return m;
		m = m->next;
	} while (m != first);
	return NULL;
}

/* Unmaps a file, unless other ports (clones) are in that region: then the last of them does. */
static void
let_go_of_file(struct nmctx *ctx, void *mapping, size_t size)
{
	struct nmem_d *m;

	nmctx_lock(ctx);
	m = find_region(ctx, 0, mapping);
	if (m != NULL) {
		m->is_extmem = 0;
		m->size = size;
	}
	nmctx_unlock(ctx);
	if (m == NULL)
		munmap(mapping, size);
}

static void
undo_option(struct nmport_cleanup_d *cleanup, struct nmport_d *d)
{
	struct option_cleanup *o = (struct option_cleanup *)cleanup;

	/* The offset of both members is the same. */
	nmreq_remove_option(&d->hdr, &o->option.extmem.nro_opt);
	if (d->extmem == &o->option.extmem)
		d->extmem = NULL;
	if (o->mapping != NULL)
		let_go_of_file(d->ctx, o->mapping, o->size);
	nmctx_free(d->ctx, o);
}

static struct option_cleanup *
add_option(struct nmport_d *d, uint32_t reqtype)
{
	struct option_cleanup *o;

	if (d->register_done) {
		(void)FAIL(d->ctx, EINVAL, "%s: registered already", d->hdr.nr_name);
		return NULL;
	}
	if (nmreq_find_option(&d->hdr, reqtype) != NULL) {
		(void)FAIL(d->ctx, EEXIST, "option %s is given twice", nmreq_option_name(reqtype));
		return NULL;
	}
	o = nmctx_malloc(d->ctx, sizeof(*o));
	if (o == NULL) {
		(void)FAIL(d->ctx, ENOMEM, "no memory for an option");
		return NULL;
	}
	o->head.undo = undo_option;
	o->head.next = d->clist;
	d->clist = &o->head;
	o->option.extmem.nro_opt.nro_reqtype = reqtype;
	nmreq_push_option(&d->hdr, &o->option.extmem.nro_opt);
	return o;
}

static int
add_extmem(struct nmport_d *d, void *base, size_t size, int from_file)
{
	struct option_cleanup *o = add_option(d, NETMAP_REQ_OPT_EXTMEM);

	if (o == NULL)
		return -1;
	if (from_file) {
		o->mapping = base;
		o->size = size;
	}
	o->option.extmem.nro_usrptr = (uintptr_t)base;
	o->option.extmem.nro_info.nr_memsize = size;
	d->extmem = &o->option.extmem;
	return 0;
}

int
nmport_extmem(struct nmport_d *d, void *base, size_t size)
{
	return add_extmem(d, base, size, 0);
}

int
nmport_extmem_from_file(struct nmport_d *d, const char *file)
{
	int fd = open(file, O_RDWR | O_CLOEXEC), error;
	void *base = MAP_FAILED;
	struct stat status;

	if (fd < 0)
		return FAIL(d->ctx, errno, "%s: %s", file, strerror(errno));
	if (fstat(fd, &status) == 0)
		base = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	error = errno;
	close(fd);
	if (base == MAP_FAILED)
		return FAIL(d->ctx, error, "%s: cannot map it: %s", file, strerror(error));
	if (add_extmem(d, base, (size_t)status.st_size, 1) == 0)
		return 0;
	error = errno;
	munmap(base, (size_t)status.st_size);
	errno = error;
	return -1;
}

struct nmreq_pools_info *
nmport_extmem_getinfo(struct nmport_d *d)
{
	return d->extmem != NULL ? &d->extmem->nro_info : NULL;
}

int
nmport_offset(struct nmport_d *d, uint64_t initial, uint64_t maxoff, uint64_t bits, uint64_t mingap)
{
	struct option_cleanup *o = add_option(d, NETMAP_REQ_OPT_OFFSETS);

	if (o == NULL)
		return -1;
	o->option.offsets.nro_initial_offset = initial;
	o->option.offsets.nro_max_offset = maxoff;
	o->option.offsets.nro_offset_bits = (uint32_t)bits;
	o->option.offsets.nro_min_gap = mingap;
	return 0;
}

static void
link_region(struct nmctx *ctx, struct nmem_d *m)
{
	struct nmem_d *first = ctx->mem_descs;

	m->next = first != NULL ? first : m;
	m->prev = first != NULL ? first->prev : m;
	m->next->prev = m;
	m->prev->next = m;
	ctx->mem_descs = m;
}

static void
unlink_region(struct nmctx *ctx, struct nmem_d *m)
{
	if (ctx->mem_descs == m)
		ctx->mem_descs = m->next != m ? m->next : NULL;
	m->next->prev = m->prev;
	m->prev->next = m->next;
}

static struct nmem_d *
map_region(struct nmport_d *d)
{
	struct nmem_d *m = nmctx_malloc(d->ctx, sizeof(*m));

	if (m == NULL) {
		nmctx_ferror(d->ctx, "no memory for a region");
		return NULL;
	}
	m->mem_id = d->reg.nr_mem_id;
	if (d->extmem != NULL) {
		m->is_extmem = 1;
		m->mem = (void *)(uintptr_t)d->extmem->nro_usrptr;
		m->size = d->extmem->nro_info.nr_memsize;
	} else {
		m->size = d->reg.nr_memsize;
		m->mem = mmap(NULL, m->size, PROT_READ | PROT_WRITE, MAP_SHARED, d->fd, 0);
		if (m->mem == MAP_FAILED) {
			nmctx_ferror(d->ctx, "%s: cannot map it: %s", d->hdr.nr_name, strerror(errno));
			nmctx_discard(d->ctx, m);
			return NULL;
		}
	}
	link_region(d->ctx, m);
	return m;
}

/* The bound rings of one direction are those with an offset, and they are neighbours. None: first is behind last. */
static void
bound_rings(const ssize_t *offsets, uint32_t count, uint16_t *first, uint16_t *last, uint16_t *current)
{
	uint32_t i = 0;

	while (i < count && offsets[i] == 0)
		i++;
	*first = *current = (uint16_t)i;
	while (i < count && offsets[i] != 0)
		i++;
	*last = (uint16_t)(i - 1);	/* there is an entry for a host ring at least, so i > 0 */
}

int
nmport_mmap(struct nmport_d *d)
{
	uint32_t tx;

	if (!d->register_done)
		return FAIL(d->ctx, EINVAL, "%s: not registered yet", d->hdr.nr_name);
	if (d->mmap_done)
		return FAIL(d->ctx, EINVAL, "%s: mapped already", d->hdr.nr_name);
	nmctx_lock(d->ctx);
	d->mem = find_region(d->ctx, d->reg.nr_mem_id, NULL);
	if (d->mem == NULL)
		d->mem = map_region(d);
	if (d->mem != NULL)
		d->mem->refcount++;
	nmctx_unlock(d->ctx);
	if (d->mem == NULL)
		return -1;
	d->nifp = NETMAP_IF(d->mem->mem, d->reg.nr_offset);
	tx = d->reg.nr_tx_rings + d->nifp->ni_host_tx_rings;
	bound_rings(d->nifp->ring_ofs, tx, &d->first_tx_ring, &d->last_tx_ring, &d->cur_tx_ring);
	bound_rings(d->nifp->ring_ofs + tx, d->reg.nr_rx_rings + d->nifp->ni_host_rx_rings, &d->first_rx_ring,
	    &d->last_rx_ring, &d->cur_rx_ring);
	d->mmap_done = 1;
	return 0;
}

void
nmport_undo_mmap(struct nmport_d *d)
{
	struct nmem_d *m = d->mem;

	d->mmap_done = 0;
	d->mem = NULL;
	d->nifp = NULL;
	d->first_tx_ring = d->last_tx_ring = d->cur_tx_ring = 0;
	d->first_rx_ring = d->last_rx_ring = d->cur_rx_ring = 0;
	if (m == NULL)
		return;
	nmctx_lock(d->ctx);
	if (--m->refcount == 0) {
		unlink_region(d->ctx, m);
		if (!m->is_extmem)
			munmap(m->mem, m->size);
		nmctx_free(d->ctx, m);
	}
	nmctx_unlock(d->ctx);
}
