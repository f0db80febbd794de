/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * What the files of the library share and programs do not see.
 */
#ifndef LIBNETMAP_INTERNAL_H
#define LIBNETMAP_INTERNAL_H

/* The library itself does not ask for its lock: the program does. */
#define LIBNETMAP_NOTHREADSAFE
#include <libnetmap.h>

#define PRIVATE	__attribute__((visibility("hidden")))

/* Something that nmport_undo_parse takes back; lies at the start of what it belongs to. */
struct nmport_cleanup_d {
	struct nmport_cleanup_d *next;
	void (*undo)(struct nmport_cleanup_d *, struct nmport_d *);
};

/* Frees memory and keeps errno. */
PRIVATE void nmctx_discard(struct nmctx *, void *);

/* Sets errno, tells the reason, returns -1. */
#define FAIL(ctx, error, ...)	(nmctx_ferror(ctx, __VA_ARGS__), errno = (error), -1)

/* The device, opened; -1 with a message. */
PRIVATE int nmport_device(struct nmctx *);

/* The options of names that nmport_parse knows. */
PRIVATE struct nmreq_opt_parser *nmport_parsers(void);

/* A decimal number of at most max and nothing else; -1 with a message that names the key. */
PRIVATE int nmport_number(struct nmctx *, const char *key, const char *text, uint64_t max, uint64_t *number);

#endif
