/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * The library for programs that use netmap ports: from a port's name to mapped rings. The names, the structures and what
 * the functions do are those of netmap's own libnetmap, so its programs compile and link unchanged; the text is our own.
 *
 *	#include <libnetmap.h>				cc ... -lnetmap
 *
 *	struct nmport_d *d = nmport_open("vale0:a");
 *
 *	for (unsigned i = d->first_rx_ring; i <= d->last_rx_ring; i++)
 *		use(NETMAP_RXRING(d->nifp, i));
 *	nmport_close(d);
 *
 * A port is named so:
 *
 *	("netmap:" NAME | "vale" [ID] ":" NAME) [ "{" ID | "}" ID ] [ RINGS ] { "/" LETTERS | "@" MEMID } { "@" OPTION }
 *
 *	{ID }ID		the ends of the pipe ID at that port
 *	RINGS		"^" host rings, "^N" one of them, "*" NIC and host rings, "-N" one NIC ring; none: all NIC rings
 *	LETTERS		x exclusive, z zero-copy monitor, t and r monitor of what is transmitted and received,
 *			T and R transmit or receive rings only
 *	MEMID		the number of a memory region
 *	OPTION		share=PORT			the region of that port
 *			conf:KEY=N,...			wishes for a port that this call makes: rings, slots, host-rings, and
 *							each of them with tx- or rx- (host-tx-rings) for one direction;
 *							conf=N: rings
 *			extmem:file=PATH,KEY=N,...	this file, mapped, is the region; if-num, if-size, ring-num,
 *							ring-size, buf-num, buf-size; extmem=PATH: file
 *			offset:initial=N,bits=N		packets start N bytes into their buffers; offset=N: initial. Only
 *							after nmport_enable_option("offset")
 *
 * Functions that return a pointer return NULL on failure, the others -1; both set errno and tell the reason to the
 * context's error function. The environment variable NETMAP_DEVICE, if set, names the device to open.
 */
#ifndef LIBNETMAP_H_
#define LIBNETMAP_H_

/* With NETMAP_WITH_LIBS, nm_open and its kin come along; define it before any of these headers. */
#include <net/netmap_user.h>

#ifdef __cplusplus
extern "C" {
#endif

struct nmctx;
struct nmem_d;
struct nmport_cleanup_d;

/*
 * A port. Programs may write hdr and reg until it is registered; everything else is for reading.
 */
struct nmport_d {
	struct nmreq_header hdr;
	struct nmreq_register reg;		/* wishes, then the answers */

	struct nmem_d	*mem;			/* equal for ports in one region: they can exchange buffers */
	struct nmctx	*ctx;

	int		register_done;
	int		mmap_done;
	struct nmreq_opt_extmem *extmem;	/* the option in hdr, if there is one */

	/* named as in struct nm_desc */
	int		fd;			/* -1: not open */
	struct netmap_if *nifp;
	uint16_t	first_tx_ring;		/* first > last: no ring in this direction */
	uint16_t	last_tx_ring;
	uint16_t	first_rx_ring;
	uint16_t	last_rx_ring;
	uint16_t	cur_tx_ring;		/* where nmport_inject starts to look */
	uint16_t	cur_rx_ring;

	struct nmport_cleanup_d *clist;		/* what else nmport_undo_parse takes back */
};

/*
 * Everything at once, and taken apart:
 *
 *	nmport_open = nmport_prepare (nmport_new, nmport_parse), then nmport_open_desc (nmport_register, nmport_mmap)
 *
 * Between nmport_prepare and nmport_open_desc a program sets what a name cannot say, nr_extra_bufs for instance. Each
 * step has its undo, and a step that fails leaves the port as it was.
 */
struct nmport_d *nmport_open(const char *portspec);
void nmport_close(struct nmport_d *);

struct nmport_d *nmport_prepare(const char *portspec);
void nmport_undo_prepare(struct nmport_d *);
int nmport_open_desc(struct nmport_d *);
void nmport_undo_open_desc(struct nmport_d *);

struct nmport_d *nmport_new(void);
void nmport_delete(struct nmport_d *);
int nmport_parse(struct nmport_d *, const char *portspec);
void nmport_undo_parse(struct nmport_d *);
int nmport_register(struct nmport_d *);
void nmport_undo_register(struct nmport_d *);
int nmport_mmap(struct nmport_d *);
void nmport_undo_mmap(struct nmport_d *);

/*
 * A prepared port with the same name and request, in the same region and context, for one more nmport_open_desc. Options
 * are left out. A port with extmem can be cloned once it is registered.
 */
struct nmport_d *nmport_clone(struct nmport_d *);

/*
 * Copies a packet into the next ring with room, over several slots if one is too small; the next poll or NIOCTXSYNC sends
 * it. Returns size, or 0 if no ring has room.
 */
int nmport_inject(struct nmport_d *, const void *buf, size_t size);

/*
 * Between nmport_parse and nmport_register: the program's own memory, or a file's, becomes the region. The answer of
 * getinfo is where to write wishes before, and to read sizes after registration; NULL without extmem.
 */
int nmport_extmem(struct nmport_d *, void *base, size_t size);
int nmport_extmem_from_file(struct nmport_d *, const char *file);
struct nmreq_pools_info *nmport_extmem_getinfo(struct nmport_d *);

/* Between nmport_parse and nmport_register: packets start at an offset, kept in these bits (0: all) of a slot's ptr. */
int nmport_offset(struct nmport_d *, uint64_t initial, uint64_t maxoff, uint64_t bits, uint64_t mingap);

/*
 * Which options of names this program takes. A disabled one is an error (EOPNOTSUPP); enabling one that does not exist is,
 * too. For the start of a program, before there are threads.
 */
void nmport_disable_option(const char *opt);
int nmport_enable_option(const char *opt);

/* A header with version, type and body set and the rest 0. */
void nmreq_header_init(struct nmreq_header *, uint16_t reqtype, void *body);

/*
 * A name bit by bit. Each reads its part, moves the pointer behind it and fills its fields of the structure; on failure
 * both stay as they are and errno is EINVAL.
 *
 * header: the port and its pipe end (nr_name). register: rings, letters, memory id (nr_mode, nr_ringid, nr_flags,
 * nr_mem_id); it stops without an error before an "@" that no digit follows.
 */
int nmreq_header_decode(const char **portspec, struct nmreq_header *, struct nmctx *);
int nmreq_register_decode(const char **mode, struct nmreq_register *, struct nmctx *);

/* The region of an existing port; moves the pointer behind its name. */
int32_t nmreq_get_mem_id(const char **portname, struct nmctx *);

/*
 * Options of names for programs that have their own. Each option, "@PREFIX", "@PREFIX=VALUE" or "@PREFIX:KEY=VALUE,...",
 * goes to the parser with that prefix, values sorted by their keys' ids. In keys - and _ are the same.
 */
struct nmreq_parse_ctx;
typedef int (*nmreq_opt_parser_cb)(struct nmreq_parse_ctx *);

#define NMREQ_OPT_MAXKEYS	16

struct nmreq_opt_key {
	const char	*key;
	int		id;		/* where its value is in nmreq_parse_ctx.keys */
	unsigned int	flags;
#define NMREQ_OPTK_ALLOWEMPTY	(1U << 0)	/* KEY alone is fine, its value is "" */
#define NMREQ_OPTK_MUSTSET	(1U << 1)
#define NMREQ_OPTK_DEFAULT	(1U << 2)	/* the one that PREFIX=VALUE means; default_key has its id */
};

struct nmreq_opt_parser {
	const char	*prefix;
	nmreq_opt_parser_cb parse;	/* 0, or -1 with errno set */
	int		default_key;	/* id of the key that PREFIX=VALUE sets, or -1 */
	int		nr_keys;
	unsigned int	flags;
#define NMREQ_OPTF_DISABLED	(1U << 0)
#define NMREQ_OPTF_ALLOWEMPTY	(1U << 1)	/* PREFIX alone is fine */
	struct nmreq_opt_parser *next;
	struct nmreq_opt_key keys[NMREQ_OPT_MAXKEYS];
} __attribute__((aligned(16)));

struct nmreq_parse_ctx {
	struct nmctx	*ctx;
	void		*token;		/* as given to nmreq_options_decode */
	const char	*keys[NMREQ_OPT_MAXKEYS];	/* NULL: not set */
};

int nmreq_options_decode(const char *opt, struct nmreq_opt_parser *parsers, void *token, struct nmctx *);

/* The list of options at a header. free_options frees those that nmctx_malloc of the default context made. */
void nmreq_push_option(struct nmreq_header *, struct nmreq_option *);
void nmreq_remove_option(struct nmreq_header *, struct nmreq_option *);
struct nmreq_option *nmreq_find_option(struct nmreq_header *, uint32_t reqtype);
void nmreq_free_options(struct nmreq_header *);
const char *nmreq_option_name(uint32_t reqtype);

#define nmreq_foreach_option(header, option) \
	for ((option) = (struct nmreq_option *)(uintptr_t)(header)->nr_options; (option) != NULL; \
	    (option) = (struct nmreq_option *)(uintptr_t)(option)->nro_next)

/*
 * A context: how the library allocates, locks and complains, and which regions are mapped through it. Ports of one
 * context share mappings. There is a default one; programs may change its functions or put their own in its place.
 */
typedef void (*nmctx_error_cb)(struct nmctx *, const char *message);
typedef void *(*nmctx_malloc_cb)(struct nmctx *, size_t);
typedef void (*nmctx_free_cb)(struct nmctx *, void *);
typedef void (*nmctx_lock_cb)(struct nmctx *, int lock);	/* 1 lock, 0 unlock */

struct nmctx {
	int		verbose;	/* 0: no messages */
	nmctx_error_cb	error;
	nmctx_malloc_cb	malloc;
	nmctx_free_cb	free;
	nmctx_lock_cb	lock;		/* NULL: only one thread uses this context */
	struct nmem_d	*mem_descs;
};

struct nmctx *nmctx_get(void);
struct nmctx *nmctx_set_default(struct nmctx *);	/* returns the one before */

/* A mapped region. */
struct nmem_d {
	uint16_t	mem_id;
	int		refcount;	/* ports */
	void		*mem;
	size_t		size;
	int		is_extmem;	/* the program's own: never unmapped here */
	struct nmem_d	*next;		/* a circle; mem_descs is one of them */
	struct nmem_d	*prev;
};

void nmctx_set_threadsafe(void);
void nmctx_ferror(struct nmctx *, const char *format, ...) __attribute__((format(printf, 2, 3)));
void *nmctx_malloc(struct nmctx *, size_t);
void nmctx_free(struct nmctx *, void *);
void nmctx_lock(struct nmctx *);
void nmctx_unlock(struct nmctx *);

/*
 * The part of the library that gives the default context its lock is linked into every program that does not define
 * LIBNETMAP_NOTHREADSAFE: by this reference to it.
 */
#ifndef LIBNETMAP_NOTHREADSAFE
extern int nmctx_threadsafe;
static int *const libnetmap_threadsafe_ __attribute__((used)) = &nmctx_threadsafe;
#endif

#ifdef __cplusplus
}
#endif

#endif /* LIBNETMAP_H_ */
