/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * From offsets and indexes to pointers, and, with NETMAP_WITH_LIBS defined, the small pcap-like library:
 *
 *	#define NETMAP_WITH_LIBS
 *	#include <net/netmap_user.h>
 *
 *	struct nm_desc *d = nm_open("netmap:eth0", NULL, 0, NULL);
 *	struct pollfd p = { .fd = NETMAP_FD(d), .events = POLLIN };
 *
 *	poll(&p, 1, -1);
 *	while ((packet = nm_nextpkt(d, &header)) != NULL)
 *		consume(packet, header.len);
 *	nm_close(d);
 */
#ifndef _NET_NETMAP_USER_H_
#define _NET_NETMAP_USER_H_

#define NETMAP_DEVICE_NAME	"/dev/netmap"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#ifndef IFNAMSIZ
#include <net/if.h>
#endif
#include <net/netmap.h>

#ifndef likely
#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#endif

#define NETMAP_PTR_(type, base, offset)	((type)(void *)((char *)(uintptr_t)(base) + (offset)))

#define _NETMAP_OFFSET(type, ptr, offset)	NETMAP_PTR_(type, ptr, offset)	/* its name in old programs */

#define NETMAP_IF(_base, _ofs)	NETMAP_PTR_(struct netmap_if *, _base, _ofs)

/* An index counts the rings of one direction, host rings after the NIC rings. */
#define NETMAP_TXRING(nifp, index) \
	NETMAP_PTR_(struct netmap_ring *, nifp, (nifp)->ring_ofs[index])

#define NETMAP_RXRING(nifp, index) \
	NETMAP_PTR_(struct netmap_ring *, nifp, \
	    (nifp)->ring_ofs[(index) + (nifp)->ni_tx_rings + (nifp)->ni_host_tx_rings])

#define NETMAP_BUF(ring, index) \
	((char *)(uintptr_t)(ring) + (ring)->buf_ofs + (int64_t)(index) * (ring)->nr_buf_size)

#define NETMAP_BUF_IDX(ring, buf) \
	(((char *)(uintptr_t)(buf) - ((char *)(uintptr_t)(ring) + (ring)->buf_ofs)) / (ring)->nr_buf_size)

/* Where the packet of a slot starts in its buffer, and the same as a pointer. 0 for ports without offsets. */
#define NETMAP_ROFFSET(ring, slot)	((slot)->ptr & (ring)->offset_mask)

#define NETMAP_BUF_OFFSET(ring, slot) \
	(NETMAP_BUF(ring, (slot)->buf_idx) + NETMAP_ROFFSET(ring, slot))

#define NETMAP_WOFFSET(ring, slot, offset) \
	do { \
		(slot)->ptr = ((slot)->ptr & ~(ring)->offset_mask) | ((offset) & (ring)->offset_mask); \
	} while (0)

static inline void
nm_pkt_copy(const void *src, void *dst, int len)
{
	if (len > 0)
		memcpy(dst, src, (size_t)len);
}

/* Messages of test programs: always, never, at most n a second. */
#ifndef D
#define D(_fmt, ...) \
	do { \
		struct timeval nm_now_; \
		gettimeofday(&nm_now_, NULL); \
		fprintf(stderr, "%03d.%06d [%d] %s: " _fmt "\n", (int)(nm_now_.tv_sec % 1000), (int)nm_now_.tv_usec, \
		    __LINE__, __func__, ##__VA_ARGS__); \
	} while (0)
#endif
#ifndef ND
#define ND(_fmt, ...)	do { } while (0)
#endif
#ifndef RD
#define RD(_per_second, _fmt, ...) \
	do { \
		static time_t nm_second_; \
		static int nm_said_; \
		struct timeval nm_tick_; \
		gettimeofday(&nm_tick_, NULL); \
		if (nm_second_ != nm_tick_.tv_sec) { \
			nm_second_ = nm_tick_.tv_sec; \
			nm_said_ = 0; \
		} \
		if (nm_said_++ < (_per_second)) \
			D(_fmt, ##__VA_ARGS__); \
	} while (0)
#endif

#ifdef NETMAP_WITH_LIBS

#ifndef HAVE_NETMAP_WITH_LIBS
#define HAVE_NETMAP_WITH_LIBS
#endif

/* Programs rely on all of these to come from here. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define NM_ERRBUF_SIZE	512

struct nm_desc;

struct nm_pkthdr {
	struct timeval	ts;		/* of the ring's last sync */
	uint32_t	caplen;		/* bytes behind buf */
	uint32_t	len;		/* bytes of the packet in all its slots */
	uint64_t	flags;		/* NM_MORE_PKTS */
	struct nm_desc	*d;
	struct netmap_slot *slot;	/* the first */
	uint8_t		*buf;
};

#define NM_MORE_PKTS	1	/* nm_dispatch has another packet after this one */

struct nm_stat {
	unsigned int	ps_recv;
	unsigned int	ps_drop;
	unsigned int	ps_ifdrop;
};

struct nm_desc {
	struct nm_desc	*self;		/* how IS_NETMAP_DESC knows one */
	int		fd;
	void		*mem;		/* the mapped region */
	size_t		memsize;
	int		done_mmap;	/* the mapping is ours to unmap */
	struct netmap_if *nifp;
	uint16_t	first_tx_ring, last_tx_ring, cur_tx_ring;
	uint16_t	first_rx_ring, last_rx_ring, cur_rx_ring;
	struct nmreq	req;		/* as the server answered it */
	struct nm_pkthdr hdr;		/* what nm_dispatch shows */

	struct netmap_ring *some_ring;	/* any bound ring: enough to find buffers */
	void		*buf_start;
	void		*buf_end;

	/* Room for programs that imitate pcap; unused here. */
	int		snaplen;
	int		promisc;
	int		to_ms;
	char		*errbuf;
	uint32_t	if_flags;
	uint32_t	if_reqcap;
	uint32_t	if_curcap;
	struct nm_stat	st;
	char		msg[NM_ERRBUF_SIZE];
};

#define P2NMD(p)		((struct nm_desc *)(p))
#define IS_NETMAP_DESC(d)	((d) != NULL && P2NMD(d)->self == P2NMD(d))
#define NETMAP_FD(d)		(P2NMD(d)->fd)

/* new_flags of nm_open; NETMAP_NO_TX_POLL and NETMAP_DO_RX_POLL go in there as well. */
enum {
	NM_OPEN_NO_MMAP =	0x040000,	/* do not map; take over arg's mapping if it is the same region */
	NM_OPEN_IFNAME =	0x080000,	/* name, rings and flags from arg */
	NM_OPEN_ARG1 =		0x100000,	/* nr_arg1 from arg, and so on */
	NM_OPEN_ARG2 =		0x200000,
	NM_OPEN_ARG3 =		0x400000,
	NM_OPEN_RING_CFG =	0x800000,	/* numbers of rings and slots from arg */
};

#define NM_OPEN_ARG1_DEFAULT_	4	/* once the number of pipes that a port should have room for; no server looks at it */

typedef void (*nm_cb_t)(u_char *, const struct nm_pkthdr *, const u_char *);

/*
 * Port names: ("netmap:" NAME | "vale" ID ":" ID) [ "-" N | "*" | "^" | "{" N | "}" N ] { "/" letters | "@" N }
 */

static inline int
nm_is_identifier(const char *s, const char *end)
{
	for (; s != end; s++) {
		if (!(*s >= 'a' && *s <= 'z') && !(*s >= 'A' && *s <= 'Z') && !(*s >= '0' && *s <= '9') && *s != '_')
			return 0;
	}
	return 1;
}

/* Reads a decimal number of at most max; returns what follows it, or NULL. No digits at all read as 0. */
static inline const char *
nm_parse_number_(const char *s, unsigned long max, unsigned long *number)
{
	for (*number = 0; *s >= '0' && *s <= '9'; s++) {
		*number = *number * 10 + (unsigned long)(*s - '0');
		if (*number > max)
			return NULL;
	}
	return s;
}

static inline uint32_t
nm_parse_flag_(char letter)
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

/* The part that says which rings: at most one of them. */
static inline const char *
nm_parse_rings_(const char *s, struct nmreq *req, const char **why)
{
	unsigned long number = 0;
	const char *next = s + 1;

	switch (*s) {
	case '^': req->nr_flags = NR_REG_SW; return next;
	case '*': req->nr_flags = NR_REG_NIC_SW; return next;
	case '-': req->nr_flags = NR_REG_ONE_NIC; break;
	case '{': req->nr_flags = NR_REG_PIPE_MASTER; break;
	case '}': req->nr_flags = NR_REG_PIPE_SLAVE; break;
	default: req->nr_flags = NR_REG_ALL_NIC; return s;
	}
	s = nm_parse_number_(next, NETMAP_RING_MASK - 1, &number);
	if (s == NULL || (s == next && req->nr_flags == NR_REG_ONE_NIC)) {
		*why = "bad ring or pipe number";
		return NULL;
	}
	req->nr_ringid = (uint16_t)number;
	return s;
}

/* The part that says how: flags and the memory region. */
static inline int
nm_parse_rest_(const char *s, struct nmreq *req, const char **why)
{
	unsigned long number = 0;
	const char *start;
	uint32_t flag;

	while (*s == '/' || *s == '@') {
		start = s + 1;
		if (*s == '/') {
			for (s = start; (flag = nm_parse_flag_(*s)) != 0; s++)
				req->nr_flags |= flag;
			*why = "unknown flag";
		} else {
			*why = req->nr_arg2 ? "two memory ids" : "bad memory id";
			if (req->nr_arg2)
				return -1;
			s = nm_parse_number_(start, UINT16_MAX, &number);
			req->nr_arg2 = (uint16_t)number;
			if (number == 0)
				return -1;
		}
		if (s == start)
			return -1;
	}
	*why = "unexpected characters at the end";
	return *s == '\0' ? 0 : -1;
}

/*
 * Fills name, rings, flags and region of d->req from a port name. Returns 0, or -1 with a reason in err, which has
 * room for NM_ERRBUF_SIZE bytes. A name of some other kind is an error with errno 0, so that callers can try it on
 * another library.
 */
static inline int
nm_parse(const char *ifname, struct nm_desc *d, char *err)
{
	const char *why = "a name starts with netmap: or vale", *port = ifname, *end, *colon;
	size_t length;

	errno = 0;
	if (strncmp(ifname, "netmap:", 7) == 0)
		port = ifname + 7;
	else if (strncmp(ifname, "vale", 4) != 0)
		goto fail;

	errno = EINVAL;
	length = strcspn(port, "-*^{}/@");
	end = port + length;
	if (port == ifname) {
		why = "switch and port must be letters, digits and _, with a : between them";
		colon = (const char *)memchr(port, ':', length);
		if (colon == NULL || colon + 1 == end || !nm_is_identifier(port, colon) ||
		    !nm_is_identifier(colon + 1, end))
			goto fail;
	}
	why = length ? "name too long" : "no port name";
	if (length == 0 || length >= sizeof(d->req.nr_name))
		goto fail;
	memset(d->req.nr_name, 0, sizeof(d->req.nr_name));
	memcpy(d->req.nr_name, port, length);
	d->req.nr_ringid = 0;
	d->req.nr_arg2 = 0;

	end = nm_parse_rings_(end, &d->req, &why);
	if (end == NULL || nm_parse_rest_(end, &d->req, &why) != 0)
		goto fail;
	errno = 0;
	return 0;
fail:
	if (err != NULL)
		snprintf(err, NM_ERRBUF_SIZE, "%s: %s", ifname, why);
	return -1;
}

static inline int
nm_close(struct nm_desc *d)
{
	if (!IS_NETMAP_DESC(d))
		return EINVAL;
	if (d->done_mmap && d->mem != NULL)
		munmap(d->mem, d->memsize);
	if (d->fd != -1)
		close(d->fd);
	memset(d, 0, sizeof(*d));
	free(d);
	return 0;
}

/* Which rings this descriptor has, by its mode and the numbers that the server returned. */
static inline int
nm_ring_range_(struct nm_desc *d)
{
	uint16_t tx = d->req.nr_tx_rings, rx = d->req.nr_rx_rings, number = d->req.nr_ringid & NETMAP_RING_MASK;

	switch (d->req.nr_flags & NR_REG_MASK) {
	case NR_REG_SW:
		d->first_tx_ring = d->last_tx_ring = tx;
		d->first_rx_ring = d->last_rx_ring = rx;
		break;
	case NR_REG_ALL_NIC:
		d->last_tx_ring = (uint16_t)(tx - 1);
		d->last_rx_ring = (uint16_t)(rx - 1);
		break;
	case NR_REG_NIC_SW:
		d->last_tx_ring = tx;
		d->last_rx_ring = rx;
		break;
	case NR_REG_ONE_NIC:
		d->first_tx_ring = d->last_tx_ring = number;
		d->first_rx_ring = d->last_rx_ring = number;
		break;
	case NR_REG_PIPE_MASTER:
	case NR_REG_PIPE_SLAVE:
		break;
	default:
		return -1;
	}
	d->cur_tx_ring = d->first_tx_ring;
	d->cur_rx_ring = d->first_rx_ring;
	return 0;
}

/* Maps the region, or takes over the mapping of a descriptor with the same one. */
static inline int
nm_mmap(struct nm_desc *d, const struct nm_desc *parent)
{
	struct netmap_ring *ring;

	if (d->done_mmap)
		return 0;
	if (IS_NETMAP_DESC(parent) && parent->mem != NULL && parent->req.nr_arg2 == d->req.nr_arg2) {
		d->mem = parent->mem;
		d->memsize = parent->memsize;
	} else {
		d->memsize = d->req.nr_memsize;
		d->mem = mmap(NULL, d->memsize, PROT_READ | PROT_WRITE, MAP_SHARED, d->fd, 0);
		if (d->mem == MAP_FAILED) {
			d->mem = NULL;
			return EINVAL;
		}
		d->done_mmap = 1;
	}
	d->nifp = NETMAP_IF(d->mem, d->req.nr_offset);
	ring = NETMAP_RXRING(d->nifp, d->first_rx_ring);
	if ((void *)ring == (void *)d->nifp)	/* a binding without receive rings */
		ring = NETMAP_TXRING(d->nifp, d->first_tx_ring);
	d->some_ring = ring;
	d->buf_start = NETMAP_BUF(ring, 0);
	d->buf_end = (char *)d->mem + d->memsize;
	return 0;
}

/*
 * Joins the request of the caller, the parts of arg that new_flags names, and the port name. An arg that no nm_open made
 * counts as none. Where there are flags, nr_arg1 and nr_arg3 that none of them names get their defaults.
 */
static inline int
nm_open_request_(struct nm_desc *d, const char *ifname, const struct nmreq *req, uint64_t new_flags,
    const struct nm_desc *arg)
{
	struct nmreq *r = &d->req;

	if (req != NULL)
		*r = *req;
	if (!IS_NETMAP_DESC(arg) || new_flags == 0)
		arg = NULL;
	if (arg != NULL && (new_flags & NM_OPEN_IFNAME)) {
		memcpy(r->nr_name, arg->req.nr_name, sizeof(r->nr_name));
		r->nr_ringid = arg->req.nr_ringid;
		r->nr_flags = arg->req.nr_flags;
		r->nr_arg2 = arg->req.nr_arg2;
	} else {
		uint16_t region = r->nr_arg2;

		if (nm_parse(ifname, d, d->msg) != 0)
			return -1;
		if (r->nr_arg2 == 0)
			r->nr_arg2 = region;
	}
	if (arg != NULL) {
		r->nr_arg1 = new_flags & NM_OPEN_ARG1 ? arg->req.nr_arg1 : NM_OPEN_ARG1_DEFAULT_;
		r->nr_arg3 = new_flags & NM_OPEN_ARG3 ? arg->req.nr_arg3 : 0;
		if (new_flags & NM_OPEN_ARG2)
			r->nr_arg2 = arg->req.nr_arg2;
		if (new_flags & NM_OPEN_RING_CFG) {
			r->nr_tx_slots = arg->req.nr_tx_slots;
			r->nr_rx_slots = arg->req.nr_rx_slots;
			r->nr_tx_rings = arg->req.nr_tx_rings;
			r->nr_rx_rings = arg->req.nr_rx_rings;
		}
	}
	r->nr_version = NETMAP_API;
	r->nr_cmd = 0;
	r->nr_ringid |= (uint16_t)(new_flags & (NETMAP_NO_TX_POLL | NETMAP_DO_RX_POLL));
	return 0;
}

/*
 * Binds a new descriptor to a port. The environment variable NETMAP_DEVICE, if set, names the device. Returns NULL on
 * failure: errno 0 means that the name is not one of ours, in every other case the reason is on standard error.
 */
static inline struct nm_desc *
nm_open(const char *ifname, const struct nmreq *req, uint64_t new_flags, const struct nm_desc *arg)
{
	struct nm_desc *d = (struct nm_desc *)calloc(1, sizeof(*d));
	const char *device = getenv("NETMAP_DEVICE");
	const char *why = NULL;
	int error;

	if (d == NULL)
		return NULL;
	d->self = d;
	d->fd = -1;
	errno = 0;
	if (nm_open_request_(d, ifname, req, new_flags, arg) != 0) {
		why = errno ? d->msg : NULL;
		goto fail;
	}
	why = "cannot open the device";
	d->fd = open(device && *device ? device : NETMAP_DEVICE_NAME, O_RDWR | O_CLOEXEC);
	if (d->fd == -1)
		goto fail;
	why = "cannot bind the port";
	if (ioctl(d->fd, NIOCREGIF, &d->req) != 0)
		goto fail;
	why = "unknown mode";
	errno = EINVAL;
	if (nm_ring_range_(d) != 0)
		goto fail;
	why = "cannot map the region";
	if ((!(new_flags & NM_OPEN_NO_MMAP) || arg != NULL) && nm_mmap(d, arg) != 0)
		goto fail;
	errno = 0;
	return d;
fail:
	error = errno;
	if (why != NULL)
		fprintf(stderr, "nm_open: %s: %s: %s\n", ifname ? ifname : d->req.nr_name, why, strerror(error));
	nm_close(d);
	errno = error;
	return NULL;
}

/* Puts one packet into ring i, over several slots if need be; returns 0 if it does not fit. */
static inline int
nm_inject_ring_(struct nm_desc *d, uint16_t i, const char *data, size_t size)
{
	struct netmap_ring *ring = NETMAP_TXRING(d->nifp, i);
	uint32_t slots = (uint32_t)((size + ring->nr_buf_size - 1) / ring->nr_buf_size);
	uint32_t at = ring->head;
	struct netmap_slot *slot;
	size_t part;

	if (size == 0 || nm_ring_space(ring) < slots)
		return 0;
	for (; size > 0; size -= part) {
		part = size < ring->nr_buf_size ? size : ring->nr_buf_size;
		slot = &ring->slot[at];
		nm_pkt_copy(data, NETMAP_BUF(ring, slot->buf_idx), (int)part);
		slot->len = (uint16_t)part;
		slot->flags = part < size ? NS_MOREFRAG : 0;
		data += part;
		at = nm_ring_next(ring, at);
	}
	ring->head = ring->cur = at;
	d->cur_tx_ring = i;
	return 1;
}

/* Queues a packet on the first ring with room; the next poll or NIOCTXSYNC sends it. Returns size, or 0. */
static inline int
nm_inject(struct nm_desc *d, const void *buf, size_t size)
{
	int n = d->last_tx_ring - d->first_tx_ring + 1, ring = d->cur_tx_ring;

	for (; n > 0; n--, ring++) {
		if (ring > d->last_tx_ring)
			ring = d->first_tx_ring;
		if (nm_inject_ring_(d, (uint16_t)ring, (const char *)buf, size))
			return (int)size;
	}
	return 0;
}

/*
 * Describes the packet at the program's first slot of a ring. Returns the slot behind the packet; a chain of slots that
 * is cut off ends where the ring's content ends.
 */
static inline uint32_t
nm_packet_at_(struct netmap_ring *ring, struct nm_pkthdr *hdr)
{
	uint32_t at = ring->head, flags;

	hdr->slot = &ring->slot[at];
	hdr->buf = (uint8_t *)NETMAP_BUF_OFFSET(ring, hdr->slot);
	hdr->caplen = hdr->slot->len;
	hdr->ts = ring->ts;
	hdr->len = 0;
	do {
		hdr->len += ring->slot[at].len;
		flags = ring->slot[at].flags;
		at = nm_ring_next(ring, at);
	} while ((flags & NS_MOREFRAG) && at != ring->tail);
	return at;
}

/* The next receive ring with packets, from cur_rx_ring on; NULL if there is none. */
static inline struct netmap_ring *
nm_next_ring_(struct nm_desc *d)
{
	int n = d->last_rx_ring - d->first_rx_ring + 1, i = d->cur_rx_ring;

	for (; n > 0; n--, i++) {
		struct netmap_ring *ring;

		if (i > d->last_rx_ring)
			i = d->first_rx_ring;
		ring = NETMAP_RXRING(d->nifp, i);
		if ((void *)ring == (void *)d->nifp || nm_ring_empty(ring))
			continue;
		d->cur_rx_ring = (uint16_t)i;
		return ring;
	}
	return NULL;
}

/* Calls cb for up to cnt packets (all if cnt <= 0) that are in the rings already. Returns their number. */
static inline int
nm_dispatch(struct nm_desc *d, int cnt, nm_cb_t cb, u_char *arg)
{
	struct netmap_ring *ring;
	uint32_t next;
	int done = 0;

	d->hdr.d = d;
	while ((cnt <= 0 || done < cnt) && (ring = nm_next_ring_(d)) != NULL) {
		next = nm_packet_at_(ring, &d->hdr);
		d->hdr.flags = next != ring->tail && done + 1 != cnt ? NM_MORE_PKTS : 0;
		cb(arg, &d->hdr, d->hdr.buf);
		ring->head = ring->cur = next;
		done++;
	}
	return done;
}

/* The next packet, or NULL. It stays valid until the next poll or NIOCRXSYNC. */
static inline u_char *
nm_nextpkt(struct nm_desc *d, struct nm_pkthdr *hdr)
{
	struct netmap_ring *ring = nm_next_ring_(d);

	if (ring == NULL)
		return NULL;
	hdr->d = d;
	hdr->flags = 0;
	ring->head = ring->cur = nm_packet_at_(ring, hdr);
	return hdr->buf;
}

#endif /* NETMAP_WITH_LIBS */

#endif /* _NET_NETMAP_USER_H_ */
