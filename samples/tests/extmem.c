/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * Regions in memory of the program.
 *
 *	extmem TEST [FILE]	prints "ok NAME" or "FAIL NAME"; exit 1 if anything failed
 *
 * "hold" prints "ready" and stays until it is killed.
 */
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/port.h"
#include "common/util.h"

#define SIZE	(16u << 20)
#define FRAME	60
#define ODD	1527	/* bytes of a buffer: 1527 is 55 beyond a cache line */

static int failures;

static void
check(const char *name, int good)
{
	printf("%s %s\n", good ? "ok" : "FAIL", name);
	failures += !good;
}

static void
expect(const char *name, int result, int expected)
{
	if (result != expected)
		printf("%s: %s instead of %s\n", name, strerror(result), strerror(expected));
	check(name, result == expected);
}

struct client {
	int fd, error;
	uint32_t extra;
	struct nmreq_register reg;
	struct nmreq_opt_extmem opt;
	char *mem;
	struct netmap_if *nifp;
};

/* Registers a port with c->extra extra buffers and its region at mem, or without the option where that is NULL. */
static void
client_open(struct client *c, const char *name, char *mem, uint64_t size)
{
	struct nmreq_header hdr = { .nr_version = NETMAP_API, .nr_reqtype = NETMAP_REQ_REGISTER };

	c->fd = open(port_device(), O_RDWR);
	c->reg = (struct nmreq_register){ .nr_mode = NR_REG_ALL_NIC, .nr_extra_bufs = c->extra };
	c->opt.nro_opt = (struct nmreq_option){ .nro_reqtype = NETMAP_REQ_OPT_EXTMEM, .nro_status = 77 };
	c->opt.nro_opt.nro_size = sizeof(c->opt);
	c->opt.nro_usrptr = (uintptr_t)mem;
	c->opt.nro_info.nr_memsize = size;
	c->mem = mem;
	snprintf(hdr.nr_name, sizeof(hdr.nr_name), "%s", name);
	hdr.nr_body = (uintptr_t)&c->reg;
	hdr.nr_options = mem ? (uintptr_t)&c->opt : 0;
	c->error = ioctl(c->fd, NIOCCTRL, &hdr) < 0 ? errno : 0;
	if (c->error != 0)
		return;
	if (mem == NULL)
		c->mem = mmap(NULL, c->reg.nr_memsize, PROT_READ | PROT_WRITE, MAP_SHARED, c->fd, 0);
	c->nifp = NETMAP_IF(c->mem, c->reg.nr_offset);
}

static int
memory_file(const char *kind, const char *path)
{
	int fd = -1;

	if (!strcmp(kind, "memfd"))
		fd = memfd_create("extmem", MFD_ALLOW_SEALING);
	else if (!strcmp(kind, "unsealable"))
		fd = memfd_create("extmem", 0);
	else if (!strcmp(kind, "huge"))
		fd = memfd_create("extmem", MFD_HUGETLB);
	else if (path)
		fd = open(path, O_RDWR | O_CREAT, 0600);
	if (fd < 0 || ftruncate(fd, SIZE) != 0) {
		perror(path ? path : kind);
		exit(2);
	}
	return fd;
}

static char *
map(int fd, uint64_t offset, uint64_t size)
{
	char *mem = mmap(NULL, size, PROT_READ | PROT_WRITE, fd < 0 ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED, fd, offset);

	if (mem == MAP_FAILED) {
		perror("mmap");
		exit(2);
	}
	return mem;
}

static void
send_frames(struct client *from, uint32_t count, unsigned char number)
{
	struct netmap_ring *ring = NETMAP_TXRING(from->nifp, 0);

	while (count-- > 0) {
		char *buf = NETMAP_BUF(ring, ring->slot[ring->head].buf_idx);

		memset(buf, 0xff, 6);
		memset(buf + 6, 2, 6);
		memset(buf + 12, number, FRAME - 12);
		ring->slot[ring->head].len = FRAME;
		ring->head = ring->cur = nm_ring_next(ring, ring->head);
		ioctl(from->fd, NIOCTXSYNC, NULL);
	}
}

static int
receive_frames(struct client *to, uint32_t count, unsigned char number)
{
	struct netmap_ring *ring = NETMAP_RXRING(to->nifp, 0);

	ioctl(to->fd, NIOCRXSYNC, NULL);
	while (count-- > 0) {
		const unsigned char *buf = (unsigned char *)NETMAP_BUF(ring, ring->slot[ring->head].buf_idx);

		if (nm_ring_empty(ring) || ring->slot[ring->head].len != FRAME || buf[12] != number ||
		    buf[FRAME - 1] != number)
			return 0;
		ring->head = ring->cur = nm_ring_next(ring, ring->head);
	}
	ioctl(to->fd, NIOCRXSYNC, NULL);
	return nm_ring_empty(ring);
}

static void
traffic(struct client *a, struct client *b)
{
	int good = 1;

	for (int i = 1; i < 40; i++) {
		send_frames(a, 50, i);
		good &= receive_frames(b, 50, i);
		send_frames(b, 50, 100 + i);
		good &= receive_frames(a, 50, 100 + i);
	}
	check("frames go both ways", good);
}

/* Walks the list of extra buffers: each is in our memory and in no slot. */
static void
check_extra(struct client *c)
{
	struct netmap_ring *tx = NETMAP_TXRING(c->nifp, 0), *rx = NETMAP_RXRING(c->nifp, 0);
	uint32_t count = 0, good = 1;

	for (uint32_t i = c->nifp->ni_bufs_head; i != 0 && count <= c->extra; i = *(uint32_t *)(void *)NETMAP_BUF(tx, i)) {
		count++;
		good &= i >= 2 && NETMAP_BUF(tx, i) + tx->nr_buf_size <= c->mem + SIZE;
		for (uint32_t j = 0; j < tx->num_slots; j++)
			good &= tx->slot[j].buf_idx != i && rx->slot[j].buf_idx != i;
	}
	check("extra buffers", good && count == c->extra && c->reg.nr_extra_bufs == c->extra);
}

/* The whole way, with memory at an offset of its file. */
static void
test_use(char *mem, uint64_t size, uint32_t bufs)
{
	struct client ext = { .extra = 7 }, plain = { 0 };

	client_open(&ext, "vale0:ext", mem, size);
	expect("register", ext.error, 0);
	if (ext.error)
		return;
	check("option", ext.opt.nro_opt.nro_status == 0);
	check("zero fields are filled in", ext.opt.nro_info.nr_if_pool_objtotal == 2 &&
	    ext.opt.nro_info.nr_if_pool_objsize == 1024 && ext.opt.nro_info.nr_ring_pool_objtotal == 4 &&
	    ext.opt.nro_info.nr_ring_pool_objsize == 20480 && ext.opt.nro_info.nr_buf_pool_objtotal == 4098 &&
	    ext.opt.nro_info.nr_buf_pool_objsize == 2048 && ext.opt.nro_info.nr_mem_id == 0);
	check("sizes", ext.reg.nr_memsize == size && ext.reg.nr_offset == 0 && ext.reg.nr_mem_id > 1);
	check("the interface is in our memory", ext.nifp->ni_tx_rings == 1 && !strcmp(ext.nifp->ni_name, "vale0:ext") &&
	    (ext.nifp->ni_flags & NI_PRIV_MEM));
	check("the rings, too", (char *)NETMAP_RXRING(ext.nifp, 0) == mem + 4096 &&
	    NETMAP_RXRING(ext.nifp, 0)->slot[0].buf_idx == 2 && NETMAP_TXRING(ext.nifp, 0)->num_slots == 1024);
	check("buffers", NETMAP_BUF(NETMAP_TXRING(ext.nifp, 0), bufs) == mem + size);
	check_extra(&ext);
	client_open(&plain, "vale0:plain", NULL, 0);
	traffic(&ext, &plain);
	close(ext.fd);
	close(plain.fd);
}

static void
refused(const char *name, char *mem, uint64_t size, int error)
{
	struct client c = { 0 };

	client_open(&c, "vale0:refused", mem, size);
	expect(name, c.error, error);
	check("the option says so", (int)c.opt.nro_opt.nro_status == error);
	close(c.fd);
}

static void
test_refused(const char *path)
{
	int fd = memory_file("memfd", NULL), disk = memory_file("file", path);
	char *mem = map(fd, 0, SIZE), *two = map(fd, 0, SIZE), *ro, *hole;
	struct client c = { 0 };

	refused("private memory", mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), SIZE,
	    EFAULT);
	refused("private file mapping", mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0), SIZE, EFAULT);
	refused("read only", mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0), SIZE, EFAULT);
	refused("a file on disk", map(disk, 0, SIZE), SIZE, EFAULT);
	refused("nothing", (char *)0x1000, SIZE, EFAULT);
	refused("kernel addresses", (char *)0xffffffffff600000, SIZE, EFAULT);
	refused("endless", mem, UINT64_MAX, EFAULT);
	refused("beyond the mapping", mem, SIZE * 2ull, EFAULT);
	refused("too small", mem, 4096, ENOMEM);
	refused("nothing at all", mem, 0, ENOMEM);
	ro = map(fd, 0, SIZE);
	mprotect(ro + (1 << 20), 4096, PROT_READ);
	refused("partly read only", ro, SIZE, EFAULT);
	hole = map(fd, 0, SIZE);
	munmap(hole + (1 << 20), 4096);
	refused("with a hole", hole, SIZE, EFAULT);
	munmap(two, SIZE);

	c.opt.nro_info.nr_buf_pool_objtotal = 1u << 31;
	client_open(&c, "vale0:refused", mem, SIZE);
	expect("more buffers than memory", c.error, ENOMEM);
	c.opt.nro_info.nr_buf_pool_objtotal = 100;
	c.opt.nro_info.nr_buf_pool_objsize = 63;
	client_open(&c, "vale0:refused", mem, SIZE);
	expect("tiny buffers", c.error, ENOMEM);
	c.opt.nro_info.nr_buf_pool_objsize = 65537;
	client_open(&c, "vale0:refused", mem, SIZE);
	expect("huge buffers", c.error, ENOMEM);
	c.opt.nro_info.nr_buf_pool_objsize = 2048;
	client_open(&c, "vale0:refused", mem, SIZE);
	expect("good again", c.error, 0);
}

/* Buffers that end inside a cache line: frames are copied to the byte, from there and to there, up to the end of the memory. */
static void
test_odd(void)
{
	struct client ext = { 0 }, plain = { 0 };
	struct netmap_ring *tx, *rx;
	int fd = memory_file("memfd", NULL), whole = 1, inside = 1;
	char *mem, *buf;

	mem = map(fd, 0, SIZE);
	ext.opt.nro_info.nr_if_pool_objsize = 1001;
	ext.opt.nro_info.nr_ring_pool_objsize = 20481;
	ext.opt.nro_info.nr_buf_pool_objtotal = 3000;
	ext.opt.nro_info.nr_buf_pool_objsize = ODD;
	client_open(&ext, "vale0:ext", mem, SIZE);
	client_open(&plain, "vale0:plain", NULL, 0);
	expect("register", ext.error | plain.error, 0);
	if (ext.error | plain.error)
		return;
	tx = NETMAP_TXRING(plain.nifp, 0);
	rx = NETMAP_RXRING(ext.nifp, 0);
	check("sizes", ext.opt.nro_info.nr_buf_pool_objsize == ODD && rx->nr_buf_size == ODD);
	traffic(&ext, &plain);
	for (int i = 0; i < 1500; i++) {
		uint32_t idx = rx->slot[rx->head].buf_idx, len = 60 + (i * 97u) % (ODD - 59);

		if (i % 3 == 0)
			len = ODD;
		memset(NETMAP_BUF(rx, idx), 0x5a, ODD);
		memset(NETMAP_BUF(rx, idx + 1), 0x5a, 64);
		buf = NETMAP_BUF(tx, tx->slot[tx->head].buf_idx);
		memset(buf, 0xff, 6);
		memset(buf + 6, 2, 6);
		memset(buf + 12, i, len - 12);
		tx->slot[tx->head].len = len;
		tx->head = tx->cur = nm_ring_next(tx, tx->head);
		ioctl(plain.fd, NIOCTXSYNC, NULL);
		ioctl(ext.fd, NIOCRXSYNC, NULL);
		whole &= !nm_ring_empty(rx) && rx->slot[rx->head].len == len &&
		    !memcmp(NETMAP_BUF(rx, rx->slot[rx->head].buf_idx), buf, len);
		for (uint32_t end = len; end < ODD + 64; end++)
			inside &= NETMAP_BUF(rx, idx)[end] == 0x5a;
		rx->head = rx->cur = nm_ring_next(rx, rx->head);
	}
	check("frames are whole", whole);
	check("nothing is written behind them", inside);

	/* The last buffer of the memory ends with its last page, or close to it. */
	tx = NETMAP_TXRING(ext.nifp, 0);
	rx = NETMAP_RXRING(plain.nifp, 0);
	ioctl(plain.fd, NIOCRXSYNC, NULL);
	rx->head = rx->cur = rx->tail;
	tx->slot[tx->head].buf_idx = (mem + SIZE - NETMAP_BUF(tx, 0)) / ODD - 1;
	tx->slot[tx->head].flags = NS_BUF_CHANGED;
	buf = NETMAP_BUF(tx, tx->slot[tx->head].buf_idx);
	memset(buf, 0xff, 6);
	memset(buf + 6, 4, ODD - 6);
	tx->slot[tx->head].len = ODD;
	tx->head = tx->cur = nm_ring_next(tx, tx->head);
	ioctl(ext.fd, NIOCTXSYNC, NULL);
	ioctl(plain.fd, NIOCRXSYNC, NULL);
	check("the last buffer", !nm_ring_empty(rx) && rx->slot[rx->head].len == ODD &&
	    !memcmp(NETMAP_BUF(rx, rx->slot[rx->head].buf_idx), buf, ODD));
}

/* A mapping that other calls have cut into pieces is still one range of one file. */
static void
test_pieces(void)
{
	char *mem = map(memory_file("memfd", NULL), 0, SIZE);

	madvise(mem + (1 << 20), 4096, MADV_DONTFORK);
	madvise(mem + (3 << 20), 8192, MADV_DONTFORK);
	test_use(mem, SIZE, 8150);
}

static void
test_same(void)
{
	struct client a = { 0 }, b = { 0 }, c = { 0 }, d = { 0 };
	int fd = memory_file("memfd", NULL), status = 1;
	pid_t child;

	a.opt.nro_info.nr_if_pool_objtotal = 8;
	a.opt.nro_info.nr_ring_pool_objtotal = 16;
	client_open(&a, "vale0:a", map(fd, 0, SIZE), SIZE);
	b.opt.nro_info.nr_buf_pool_objtotal = 17;
	client_open(&b, "vale0:b", map(fd, 0, SIZE), SIZE / 2);
	expect("two ports", a.error | b.error, 0);
	check("one region", a.reg.nr_mem_id == b.reg.nr_mem_id && b.reg.nr_memsize == SIZE);
	traffic(&a, &b);
	child = fork();
	if (child == 0) {
		client_open(&c, "vale0:c", map(fd, 0, SIZE), SIZE);
		if (c.error != 0 || c.reg.nr_mem_id != a.reg.nr_mem_id)
			_exit(1);
		close(c.fd);
		client_open(&c, "vale0:a{1", map(fd, 0, SIZE), SIZE);	/* in the region of its parent anyway */
		_exit(c.error != 0 || c.reg.nr_mem_id != a.reg.nr_mem_id);
	}
	waitpid(child, &status, 0);
	check("another process", status == 0);
	d.opt.nro_info.nr_buf_pool_objsize = 4096;
	d.opt.nro_info.nr_buf_pool_objtotal = 3000;
	client_open(&d, "vale0:d", map(memory_file("memfd", NULL), 0, SIZE), SIZE);
	check("other pages, other region", d.error == 0 && d.reg.nr_mem_id != a.reg.nr_mem_id);
}

/* What the client takes away, the daemon must not miss. Nothing here touches the memory after that. */
static void
test_taken_away(const char *kind, const char *path, int punch)
{
	struct client ext = { 0 }, plain = { 0 }, later = { 0 };
	int fd = memory_file(kind, path);
	char *mem = map(fd, 0, SIZE);

	client_open(&ext, "vale0:ext", mem, SIZE);
	client_open(&plain, "vale0:plain", NULL, 0);
	expect("register", ext.error | plain.error, 0);
	if (ext.error)
		return;
	traffic(&ext, &plain);
	if (punch)
		check("hole", fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, SIZE) == 0);
	else
		check("truncate", ftruncate(fd, 0) == 0);
	send_frames(&plain, 100, 7);
	ioctl(ext.fd, NIOCRXSYNC, NULL);
	ioctl(ext.fd, NIOCTXSYNC, NULL);
	send_frames(&plain, 100, 8);
	close(ext.fd);
	client_open(&later, "vale0:later", NULL, 0);
	expect("the daemon lives", later.error, 0);
	traffic(&plain, &later);
}

int
main(int argc, char **argv)
{
	const char *test = argc > 1 ? argv[1] : "", *path = argc > 2 ? argv[2] : NULL;

	setlinebuf(stdout);
	if (!strcmp(test, "memfd") || !strcmp(test, "unsealable") || !strcmp(test, "huge"))
		test_use(map(memory_file(test, NULL), 0, SIZE), SIZE, 8150);
	else if (!strcmp(test, "file"))
		test_use(map(memory_file(test, path), 0, SIZE), SIZE, 8150);
	else if (!strcmp(test, "anonymous"))
		test_use(map(-1, 0, SIZE), SIZE, 8150);
	else if (!strcmp(test, "middle"))
		test_use(map(memory_file("memfd", NULL), 1 << 20, SIZE - (1 << 20)) + 4096 * 3, 12 << 20, 6102);
	else if (!strcmp(test, "pieces"))
		test_pieces();
	else if (!strcmp(test, "odd"))
		test_odd();
	else if (!strcmp(test, "refused"))
		test_refused(path);
	else if (!strcmp(test, "same"))
		test_same();
	else if (!strcmp(test, "truncate"))
		test_taken_away("memfd", NULL, 0);
	else if (!strcmp(test, "truncate-file"))
		test_taken_away("file", path, 0);
	else if (!strcmp(test, "punch-huge"))
		test_taken_away("huge", NULL, 1);
	else if (!strcmp(test, "hold")) {
		struct client c = { 0 };

		c.extra = 5;
		client_open(&c, "vale0:ext", map(-1, 0, SIZE), SIZE);
		printf(c.error ? "FAIL\n" : "ready\n");
		for (;;)
			pause();
	} else
		failures = fprintf(stderr, "extmem: no test \"%s\"\n", test);
	return failures != 0;
}
