/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * CSB mode and the synchronisation loop.
 *
 *	kloop TEST	prints "ok NAME" or "FAIL NAME"; exit 1 if anything failed
 *
 * "loop", "event-loop", "stuck" and "hold" print "ready" and stay until they are killed.
 */
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <linux/userfaultfd.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/port.h"
#include "common/util.h"

#define FRAME		60
#define EVENTS_MAX	8
#define SLOTS		64

static int failures;

static void
check(const char *name, int good)
{
	printf("%s %s\n", good ? "ok" : "FAIL", name);
	failures += !good;
}

/* Checks a result of call() against an expected errno, 0 for success. */
static void
expect(const char *name, int result, int expected)
{
	if (result != expected)
		printf("%s: %s instead of %s\n", name, strerror(result), strerror(expected));
	check(name, result == expected);
}

/* NIOCCTRL; returns 0 or errno. A result above 0 is one of the mistakes of the original. */
static int
call(int fd, uint16_t type, const char *name, void *body, void *options)
{
	struct nmreq_header hdr = { .nr_version = NETMAP_API, .nr_reqtype = type };
	int result;

	snprintf(hdr.nr_name, sizeof(hdr.nr_name), "%s", name);
	hdr.nr_body = (uintptr_t)body;
	hdr.nr_options = (uintptr_t)options;
	result = ioctl(fd, NIOCCTRL, &hdr);
	return result < 0 ? errno : result > 0 ? -1 : 0;
}

struct client {
	int fd;
	struct nmreq_register reg;
	char *mem;
	struct netmap_if *nifp;
	struct nm_csb_atok *atok;
	struct nm_csb_ktoa *ktoa;
};

static struct nmreq_opt_csb
csb_option(const struct client *c)
{
	struct nmreq_opt_csb opt = { .nro_opt = { .nro_reqtype = NETMAP_REQ_OPT_CSB } };

	opt.nro_opt.nro_size = sizeof(opt);
	opt.csb_atok = (uintptr_t)c->atok;
	opt.csb_ktoa = (uintptr_t)c->ktoa;
	return opt;
}

static void *
aligned(int shared)
{
	size_t size = EVENTS_MAX * sizeof(struct nm_csb_atok);

	if (shared)
		return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return aligned_alloc(64, size);
}

/* Opens a port with its CSB arrays in private or shared memory. Ends the program on failure. */
static void
client_open(struct client *c, const char *name, int csb, int shared)
{
	struct nmreq_opt_csb opt;
	int error;

	memset(c, 0, sizeof(*c));
	c->fd = open(port_device(), O_RDWR);
	c->atok = aligned(shared);
	c->ktoa = aligned(shared);
	memset(c->atok, 0xff, EVENTS_MAX * sizeof(*c->atok));
	memset(c->ktoa, 0xff, EVENTS_MAX * sizeof(*c->ktoa));
	c->reg.nr_mode = NR_REG_ALL_NIC;
	c->reg.nr_tx_slots = c->reg.nr_rx_slots = SLOTS;
	c->reg.nr_flags = csb ? NR_EXCLUSIVE : 0;
	opt = csb_option(c);
	error = call(c->fd, NETMAP_REQ_REGISTER, name, &c->reg, csb ? &opt : NULL);
	if (error != 0 || (csb && opt.nro_opt.nro_status != 0)) {
		printf("FAIL open %s: %s\n", name, strerror(error));
		exit(1);
	}
	c->mem = mmap(NULL, c->reg.nr_memsize, PROT_READ | PROT_WRITE, MAP_SHARED, c->fd, 0);
	c->nifp = NETMAP_IF(c->mem, c->reg.nr_offset);
}

/* START on a thread of its own. */
struct starter {
	pthread_t thread;
	const struct client *c;
	uint32_t sleep_us;
	void *options;
	volatile int started, done, result;
};

static void *
start_main(void *arg)
{
	struct starter *s = arg;
	struct nmreq_sync_kloop_start body = { .sleep_us = s->sleep_us };

	s->started = 1;
	s->result = call(s->c->fd, NETMAP_REQ_SYNC_KLOOP_START, "", &body, s->options);
	s->done = 1;
	return NULL;
}

static void
start(struct starter *s, const struct client *c, uint32_t sleep_us, void *options)
{
	memset(s, 0, sizeof(*s));
	s->c = c;
	s->sleep_us = sleep_us;
	s->options = options;
	pthread_create(&s->thread, NULL, start_main, s);
}

static int
start_result(struct starter *s)
{
	pthread_join(s->thread, NULL);
	return s->result;
}

/* Waits up to two seconds. */
#define eventually(condition) ({						\
	int left_ = 20000;							\
	while (!(condition) && left_-- > 0)					\
		usleep(100);							\
	(condition);								\
})

static uint32_t
load(const uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

/* Puts one frame with a number into slot i. */
static void
fill(struct netmap_ring *ring, uint32_t i, unsigned char number)
{
	char *buf = NETMAP_BUF(ring, ring->slot[i].buf_idx);

	memset(buf, 0xff, 6);
	memset(buf + 6, 2, 6);
	memset(buf + 12, number, FRAME - 12);
	ring->slot[i].len = FRAME;
	ring->slot[i].flags = 0;
}

static int
holds(struct netmap_ring *ring, uint32_t i, unsigned char number)
{
	const unsigned char *buf = (unsigned char *)NETMAP_BUF(ring, ring->slot[i].buf_idx);

	return ring->slot[i].len == FRAME && buf[12] == number && buf[FRAME - 1] == number;
}

static void
kick(int fd)
{
	uint64_t one = 1;

	if (fd >= 0 && write(fd, &one, sizeof(one)) != sizeof(one))
		perror("eventfd");
}

static int
signalled(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t count;

	return poll(&p, 1, 2000) == 1 && read(fd, &count, sizeof(count)) == sizeof(count);
}

struct eventfds {
	struct nmreq_opt_sync_kloop_eventfds opt;
	struct { int32_t ioeventfd, irqfd; } fds[EVENTS_MAX];
};

static void
eventfds_init(struct eventfds *e, int rings)
{
	memset(e, 0, sizeof(*e));
	e->opt.nro_opt.nro_reqtype = NETMAP_REQ_OPT_SYNC_KLOOP_EVENTFDS;
	e->opt.nro_opt.nro_size = sizeof(e->opt) + rings * sizeof(e->fds[0]);
	for (int i = 0; i < rings; i++) {
		e->fds[i].ioeventfd = eventfd(0, 0);
		e->fds[i].irqfd = eventfd(0, 0);
	}
}

/* Sends a ring's worth of frames and more through a loop, from a CSB port to an ordinary one and back. */
static void
traffic(struct client *c, const struct eventfds *e)
{
	struct client peer;
	struct netmap_ring *tx = NETMAP_TXRING(c->nifp, 0), *rx = NETMAP_RXRING(c->nifp, 0), *ptx, *prx;
	uint32_t hwtail, hwcur, head = 0, n = tx->num_slots, i;
	int io_tx = e ? e->fds[0].ioeventfd : -1, io_rx = e ? e->fds[1].ioeventfd : -1;
	int good = 1;

	client_open(&peer, "vale0:peer", 0, 0);
	ptx = NETMAP_TXRING(peer.nifp, 0);
	prx = NETMAP_RXRING(peer.nifp, 0);
	for (i = 0; i < 3 * n; i++) {
		fill(tx, head, i % 251);
		head = nm_ring_next(tx, head);
		nm_sync_kloop_appl_write(&c->atok[0], head, head);
		if (load(&c->ktoa[0].kern_need_kick))
			kick(io_tx);
		good &= eventually(load(&c->ktoa[0].hwcur) == head);
		ioctl(peer.fd, NIOCRXSYNC, NULL);
		good &= !nm_ring_empty(prx) && holds(prx, prx->head, i % 251);
		prx->head = prx->cur = nm_ring_next(prx, prx->head);
		if (!good)
			break;
	}
	check("frames sent through the loop arrive", good);
	nm_sync_kloop_appl_read(&c->ktoa[0], &hwtail, &hwcur);
	check("transmit ring is free again", nm_ring_next(tx, hwtail) == hwcur);

	for (head = 0, i = 0; i < 3 * n && good; i++) {
		fill(ptx, ptx->head, i % 241);
		ptx->head = ptx->cur = nm_ring_next(ptx, ptx->head);
		ioctl(peer.fd, NIOCTXSYNC, NULL);
		if (e)
			good &= signalled(e->fds[1].irqfd);
		good &= eventually(load(&c->ktoa[1].hwtail) != head) && holds(rx, head, i % 241);
		head = nm_ring_next(rx, head);
		nm_sync_kloop_appl_write(&c->atok[1], head, head);
		if (load(&c->ktoa[1].kern_need_kick))
			kick(io_rx);
	}
	check("frames come through the loop", good);
	close(peer.fd);
}

static void
test_timer(int shared)
{
	struct client c;
	struct starter s;

	client_open(&c, "vale0:c", 1, shared);
	start(&s, &c, 100, NULL);
	traffic(&c, NULL);
	expect("stop", call(c.fd, NETMAP_REQ_SYNC_KLOOP_STOP, "", NULL, NULL), 0);
	expect("start returns", start_result(&s), 0);
	close(c.fd);
}

static void
test_events(uint32_t mode)
{
	struct client c;
	struct starter s;
	struct eventfds e;
	struct nmreq_opt_sync_kloop_mode m = { .nro_opt.nro_reqtype = NETMAP_REQ_OPT_SYNC_KLOOP_MODE };

	client_open(&c, "vale0:c", 1, 0);
	eventfds_init(&e, 2);
	m.nro_opt.nro_size = sizeof(m);
	m.mode = mode;
	m.nro_opt.nro_next = (uintptr_t)&e;
	m.nro_opt.nro_status = e.opt.nro_opt.nro_status = 77;
	start(&s, &c, 0, mode ? (void *)&m : (void *)&e);
	traffic(&c, &e);
	check("the loop asks for kicks", eventually(load(&c.ktoa[0].kern_need_kick)));
	expect("stop", call(c.fd, NETMAP_REQ_SYNC_KLOOP_STOP, "", NULL, NULL), 0);
	expect("start returns", start_result(&s), 0);
	check("option statuses", e.opt.nro_opt.nro_status == 0 && (!mode || m.nro_opt.nro_status == 0));
	close(c.fd);
}

/* A full pipe: the writer is told when the reader has made room. */
static void
test_pipe(void)
{
	struct client c, peer;
	struct starter s;
	struct eventfds e;
	struct netmap_ring *tx, *prx;
	uint32_t n;

	client_open(&c, "vale0:p{1", 1, 0);
	client_open(&peer, "vale0:p}1", 0, 0);
	eventfds_init(&e, 2);
	start(&s, &c, 0, &e);
	tx = NETMAP_TXRING(c.nifp, 0);
	prx = NETMAP_RXRING(peer.nifp, 0);
	n = tx->num_slots;
	for (uint32_t i = 0; i < n - 1; i++)
		fill(tx, i, i % 251);
	nm_sync_kloop_appl_write(&c.atok[0], n - 1, n - 1);
	kick(e.fds[0].ioeventfd);
	check("a ring full of frames is taken", eventually(load(&c.ktoa[0].hwcur) == n - 1));
	check("and is full", load(&c.ktoa[0].hwtail) == n - 1);
	ioctl(peer.fd, NIOCRXSYNC, NULL);
	check("the reader sees them", nm_ring_space(prx) == n - 1 && holds(prx, 7, 7));
	prx->head = prx->cur = 10;
	ioctl(peer.fd, NIOCRXSYNC, NULL);
	check("room is signalled", signalled(e.fds[0].irqfd) && eventually(load(&c.ktoa[0].hwtail) == 9));
	call(c.fd, NETMAP_REQ_SYNC_KLOOP_STOP, "", NULL, NULL);
	expect("start returns", start_result(&s), 0);
	close(c.fd);
	close(peer.fd);
}

static void
test_csb_words(void)
{
	struct client c;
	struct pollfd p;
	struct nmreq_opt_csb opt;

	client_open(&c, "vale0:c", 1, 0);
	check("atok", c.atok[0].head == 0 && c.atok[0].cur == 0 && c.atok[0].appl_need_kick == 1 &&
	    c.atok[0].sync_flags == 1 && c.atok[1].appl_need_kick == 1);
	check("padding of atok stays", c.atok[0].pad[0] == 0xffffffff && c.atok[2].head == 0xffffffff);
	check("ktoa", c.ktoa[0].hwcur == 0 && c.ktoa[0].hwtail == SLOTS - 1 && c.ktoa[0].kern_need_kick == 1 &&
	    c.ktoa[1].hwtail == 0 && c.ktoa[0].pad[12] == 0 && c.ktoa[2].hwcur == 0xffffffff);
	check("TXSYNC is busy", ioctl(c.fd, NIOCTXSYNC, NULL) < 0 && errno == EBUSY);
	check("RXSYNC is busy", ioctl(c.fd, NIOCRXSYNC, NULL) < 0 && errno == EBUSY);
	p = (struct pollfd){ .fd = c.fd, .events = POLLIN | POLLOUT };
	check("poll says error", poll(&p, 1, 1000) == 1 && p.revents == POLLERR);
	opt = csb_option(&c);
	expect("CSB_ENABLE again", call(c.fd, NETMAP_REQ_CSB_ENABLE, "", NULL, &opt), 0);
	close(c.fd);
}

static int
enable(int fd, const void *atok, const void *ktoa, uint32_t *status)
{
	struct nmreq_opt_csb opt = { .nro_opt = { .nro_reqtype = NETMAP_REQ_OPT_CSB, .nro_size = sizeof(opt) } };
	int error;

	opt.csb_atok = (uintptr_t)atok;
	opt.csb_ktoa = (uintptr_t)ktoa;
	error = call(fd, NETMAP_REQ_CSB_ENABLE, "", NULL, &opt);
	*status = opt.nro_opt.nro_status;
	return error;
}

static void
test_csb_errors(void)
{
	struct client c, plain;
	char *ro = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct nmreq_register reg = { .nr_mode = NR_REG_ALL_NIC, .nr_flags = NR_EXCLUSIVE };
	struct nmreq_opt_csb opt;
	struct nmreq_option unknown = { .nro_reqtype = 4711 };
	uint32_t status;
	int fd = open(port_device(), O_RDWR);

	client_open(&plain, "vale0:plain", 0, 0);
	c = plain;
	expect("unbound", enable(fd, plain.atok, plain.ktoa, &status), 0);
	expect("without option", call(plain.fd, NETMAP_REQ_CSB_ENABLE, "", NULL, NULL), EINVAL);
	expect("not exclusive", enable(plain.fd, plain.atok, plain.ktoa, &status), EINVAL);
	check("status of that", status == EINVAL);
	expect("nothing is left of it", ioctl(plain.fd, NIOCTXSYNC, NULL) ? errno : 0, 0);

	expect("register", call(fd, NETMAP_REQ_REGISTER, "vale0:x", &reg, NULL), 0);
	expect("atok unaligned", enable(fd, (char *)c.atok + 8, c.ktoa, &status), EINVAL);
	expect("atok missing", enable(fd, (void *)0x40, c.ktoa, &status), EFAULT);
	check("status of that", status == EFAULT);
	expect("ktoa unaligned", enable(fd, c.atok, (char *)c.ktoa + 4, &status), EINVAL);
	expect("ktoa read only", enable(fd, c.atok, ro, &status), EFAULT);
	expect("still in sync mode", ioctl(fd, NIOCTXSYNC, NULL) ? errno : 0, 0);
	expect("good", enable(fd, c.atok, c.ktoa, &status), 0);
	expect("in CSB mode", ioctl(fd, NIOCTXSYNC, NULL) ? errno : 0, EBUSY);
	close(fd);

	fd = open(port_device(), O_RDWR);
	reg = (struct nmreq_register){ .nr_mode = NR_REG_ALL_NIC, .nr_flags = NR_EXCLUSIVE };
	opt = csb_option(&c);
	opt.csb_ktoa += 4;
	expect("register with bad arrays", call(fd, NETMAP_REQ_REGISTER, "vale0:x", &reg, &opt), EINVAL);
	check("status of that", opt.nro_opt.nro_status == EINVAL);
	opt.csb_ktoa -= 4;
	opt.nro_opt.nro_next = (uintptr_t)&unknown;
	expect("register with an unknown option", call(fd, NETMAP_REQ_REGISTER, "vale0:x", &reg, &opt), EOPNOTSUPP);
	reg.nr_flags = 0;
	opt.nro_opt.nro_next = 0;
	expect("register, not exclusive", call(fd, NETMAP_REQ_REGISTER, "vale0:x", &reg, &opt), EINVAL);
	expect("register without", call(fd, NETMAP_REQ_REGISTER, "vale0:x", &reg, NULL), 0);
	expect("no CSB survives", ioctl(fd, NIOCTXSYNC, NULL) ? errno : 0, 0);
	close(fd);
	close(plain.fd);
}

static void
test_loop_errors(void)
{
	struct client c, plain;
	struct nmreq_sync_kloop_start body = { .sleep_us = 1000001 };
	struct nmreq_opt_sync_kloop_mode m = { .nro_opt.nro_reqtype = NETMAP_REQ_OPT_SYNC_KLOOP_MODE };
	struct eventfds e;
	struct starter s;
	uint32_t status;
	int fd = open(port_device(), O_RDWR), fds[2];

	if (pipe(fds) != 0)
		exit(1);
	client_open(&c, "vale0:c", 1, 0);
	client_open(&plain, "vale0:plain", 0, 0);
	m.nro_opt.nro_size = sizeof(m);
	expect("sleep too long", call(fd, NETMAP_REQ_SYNC_KLOOP_START, "", &body, NULL), EINVAL);
	body.sleep_us = 1000000;
	expect("start, unbound", call(fd, NETMAP_REQ_SYNC_KLOOP_START, "", &body, NULL), ENXIO);
	expect("stop, unbound", call(fd, NETMAP_REQ_SYNC_KLOOP_STOP, "", NULL, NULL), ENXIO);
	expect("start, no CSB", call(plain.fd, NETMAP_REQ_SYNC_KLOOP_START, "", &body, NULL), EINVAL);
	m.mode = 4;
	expect("mode", call(c.fd, NETMAP_REQ_SYNC_KLOOP_START, "", &body, &m), EINVAL);
	check("status of that", m.nro_opt.nro_status == EINVAL);
	eventfds_init(&e, 2);
	e.opt.nro_opt.nro_size -= 8;
	expect("too few eventfds", call(c.fd, NETMAP_REQ_SYNC_KLOOP_START, "", &body, &e), EINVAL);
	check("status of that", e.opt.nro_opt.nro_status == EINVAL);
	e.opt.nro_opt.nro_size += 8;
	m.mode = NM_OPT_SYNC_KLOOP_DIRECT_TX;
	m.nro_opt.nro_next = (uintptr_t)&e;
	close(e.fds[1].ioeventfd);
	e.fds[1].ioeventfd = -1;
	expect("direct without eventfd", call(c.fd, NETMAP_REQ_SYNC_KLOOP_START, "", &body, &m), EINVAL);
	check("statuses of that", m.nro_opt.nro_status == 0 && e.opt.nro_opt.nro_status == EINVAL);
	e.fds[1].ioeventfd = 1000;
	expect("closed descriptor", call(c.fd, NETMAP_REQ_SYNC_KLOOP_START, "", &body, &e), EBADF);
	e.fds[1].ioeventfd = fds[0];
	expect("no eventfd", call(c.fd, NETMAP_REQ_SYNC_KLOOP_START, "", &body, &e), EINVAL);

	start(&s, &c, 1000, NULL);
	check("loop runs", eventually(load(&c.ktoa[0].kern_need_kick) == 0));
	expect("a second loop", call(c.fd, NETMAP_REQ_SYNC_KLOOP_START, "", &body, NULL), EBUSY);
	expect("CSB_ENABLE while it runs", enable(c.fd, c.atok, c.ktoa, &status), EBUSY);
	expect("stop", call(c.fd, NETMAP_REQ_SYNC_KLOOP_STOP, "", NULL, NULL), 0);
	expect("start returns", start_result(&s), 0);
	expect("CSB_ENABLE after it", enable(c.fd, c.atok, c.ktoa, &status), 0);
	close(c.fd);
	close(plain.fd);
}

static void
test_sticky(void)
{
	struct client c;
	struct starter s;

	client_open(&c, "vale0:c", 1, 0);
	for (int i = 0; i < 50; i++) {
		start(&s, &c, 1000, NULL);
		if (i % 2 == 0)
			usleep(i * 20);
		if (call(c.fd, NETMAP_REQ_SYNC_KLOOP_STOP, "", NULL, NULL) != 0 || start_result(&s) != 0) {
			check("start and stop in any order", 0);
			return;
		}
	}
	check("start and stop in any order", 1);
	expect("stop", call(c.fd, NETMAP_REQ_SYNC_KLOOP_STOP, "", NULL, NULL), 0);
	start(&s, &c, 1000000, NULL);
	expect("start after it", start_result(&s), 0);
	start(&s, &c, 1000, NULL);
	usleep(100000);
	check("the mark is gone", !s.done);
	call(c.fd, NETMAP_REQ_SYNC_KLOOP_STOP, "", NULL, NULL);
	start_result(&s);
	close(c.fd);
}

static void
on_signal(int number)
{
	(void)number;
}

static void
test_ends(void)
{
	struct client c;
	struct starter s;
	struct sigaction action = { .sa_handler = on_signal };
	pid_t child;
	int status;

	sigaction(SIGUSR1, &action, NULL);
	client_open(&c, "vale0:c", 1, 0);
	start(&s, &c, 1000000, NULL);
	check("loop runs", eventually(load(&c.ktoa[0].kern_need_kick) == 0));
	child = fork();
	if (child == 0)
		_exit(0);	/* closes its duplicate */
	waitpid(child, &status, 0);
	usleep(50000);
	check("a child that exits ends nothing", !s.done);
	pthread_kill(s.thread, SIGUSR1);
	expect("a signal ends it", start_result(&s), EINTR);

	start(&s, &c, 1000000, NULL);
	check("loop runs again", eventually(s.started) && (usleep(50000), !s.done));
	close(c.fd);
	expect("close ends it", start_result(&s), 0);
}

/* The arrays go away while the loop runs. */
static void
test_fault(void)
{
	struct client c;
	struct starter s;

	client_open(&c, "vale0:c", 1, 0);
	c.atok = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct nmreq_opt_csb opt = csb_option(&c);
	expect("CSB_ENABLE", call(c.fd, NETMAP_REQ_CSB_ENABLE, "", NULL, &opt), 0);
	start(&s, &c, 1000, NULL);
	check("loop runs", eventually(load(&c.ktoa[0].kern_need_kick) == 0));
	munmap(c.atok, 4096);
	expect("start returns", start_result(&s), EFAULT);
	close(c.fd);
}

/* Impossible words harm nobody, and a loop that is full of work can be stopped. */
static void
test_hostile(void)
{
	struct client c;
	struct starter s;
	struct eventfds e;
	uint64_t full = UINT64_MAX - 1;
	time_t end = time(NULL) + 2;

	client_open(&c, "vale0:c", 1, 0);
	eventfds_init(&e, 2);
	check("a full counter", write(e.fds[0].irqfd, &full, sizeof(full)) == sizeof(full) &&
	    write(e.fds[1].irqfd, &full, sizeof(full)) == sizeof(full));
	start(&s, &c, 0, &e);
	while (time(NULL) < end) {
		for (int i = 0; i < 2; i++) {
			nm_sync_kloop_appl_write(&c.atok[i], rand() % 1100, rand() % 1100);
			kick(e.fds[i].ioeventfd);
		}
	}
	check("loop runs", !s.done);
	expect("stop", call(c.fd, NETMAP_REQ_SYNC_KLOOP_STOP, "", NULL, NULL), 0);
	expect("start returns", start_result(&s), 0);
	close(c.fd);
}

/* Takes away a page, which is to come back by what the result is asked for (userfaultfd). */
static int
withhold(void *page)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	range.range.start = (uintptr_t)page;
	range.range.len = 4096;
	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &range) ||
	    madvise(page, 4096, MADV_DONTNEED)) {
		perror("userfaultfd");
		exit(2);
	}
	return fd;
}

/* START in CSB mode whose array atok is not there yet. */
static int
start_without_page(struct client *c, struct starter *s)
{
	struct nmreq_opt_csb opt;
	int fault;

	client_open(c, "vale0:c", 1, 0);
	c->atok = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	opt = csb_option(c);
	call(c->fd, NETMAP_REQ_CSB_ENABLE, "", NULL, &opt);
	fault = withhold(c->atok);
	start(s, c, 1000, NULL);
	return fault;
}

/* Whoever brings the page: it is asked for once, and the loop works with it. */
static void
test_late(void)
{
	struct client c;
	struct starter s;
	struct uffd_msg message;
	struct uffdio_copy copy = { .len = 4096 };
	static char page[4096] __attribute__((aligned(4096)));
	int fault = start_without_page(&c, &s);
	struct pollfd asked = { .fd = fault, .events = POLLIN };

	check("the page is asked for", poll(&asked, 1, 30000) == 1 && read(fault, &message, sizeof(message)) ==
	    sizeof(message) && message.event == UFFD_EVENT_PAGEFAULT);
	usleep(300000);
	check("start waits", !s.done);
	((struct nm_csb_atok *)(void *)page)->appl_need_kick = 1;
	copy.dst = (uintptr_t)c.atok;
	copy.src = (uintptr_t)page;
	check("the page comes", ioctl(fault, UFFDIO_COPY, &copy) == 0);
	check("loop runs", eventually(load(&c.ktoa[0].kern_need_kick) == 0) && !s.done);
	expect("stop", call(c.fd, NETMAP_REQ_SYNC_KLOOP_STOP, "", NULL, NULL), 0);
	expect("start returns", start_result(&s), 0);
	close(c.fd);
	close(fault);
}

/* A loop whose thread hangs in our memory: nobody here answers for the page. */
static void
stick(void)
{
	static struct client c;
	static struct starter s;

	start_without_page(&c, &s);
	usleep(300000);
	printf(s.done ? "FAIL start does not wait\n" : "ready\n");
	fflush(stdout);
	for (;;)
		pause();
}

static void
stay(int loop)
{
	static struct client c;
	static struct starter s;
	static struct eventfds e;

	client_open(&c, "vale0:c", 1, 0);
	if (loop) {
		eventfds_init(&e, 2);
		start(&s, &c, 1000, loop == 1 ? NULL : &e);
		if (!eventually(load(&c.ktoa[0].hwtail) != 0 && s.started))
			exit(1);
		usleep(50000);
	}
	printf("ready\n");
	fflush(stdout);
	for (;;)
		pause();
}

int
main(int argc, char **argv)
{
	const char *test = argc > 1 ? argv[1] : "";

	setlinebuf(stdout);
	if (!strcmp(test, "words"))
		test_csb_words();
	else if (!strcmp(test, "csb-errors"))
		test_csb_errors();
	else if (!strcmp(test, "loop-errors"))
		test_loop_errors();
	else if (!strcmp(test, "timer"))
		test_timer(0);
	else if (!strcmp(test, "shared"))
		test_timer(1);
	else if (!strcmp(test, "events"))
		test_events(0);
	else if (!strcmp(test, "direct"))
		test_events(NM_OPT_SYNC_KLOOP_DIRECT_TX | NM_OPT_SYNC_KLOOP_DIRECT_RX);
	else if (!strcmp(test, "pipe"))
		test_pipe();
	else if (!strcmp(test, "sticky"))
		test_sticky();
	else if (!strcmp(test, "ends"))
		test_ends();
	else if (!strcmp(test, "fault"))
		test_fault();
	else if (!strcmp(test, "hostile"))
		test_hostile();
	else if (!strcmp(test, "hold"))
		stay(0);
	else if (!strcmp(test, "late"))
		test_late();
	else if (!strcmp(test, "stuck"))
		stick();
	else if (!strcmp(test, "loop"))
		stay(1);
	else if (!strcmp(test, "event-loop"))
		stay(2);
	else
		failures = fprintf(stderr, "kloop: no test \"%s\"\n", test);
	return failures != 0;
}
