/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * Attacks on the server, each with a witness: another process, on the same CPU, whose request has to be answered
 * meanwhile and afterwards.
 *
 *	attack TEST	prints "ok NAME" or "FAIL NAME"; exit 1 if anything failed
 */
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <linux/userfaultfd.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/port.h"
#include "common/util.h"

#define PATIENCE	15
#define FRAME		100
#define STORMS		6
#define LONG_FRAME	2000

static int failures;

static void
check(const char *name, int good)
{
	printf("%s %s\n", good ? "ok" : "FAIL", name);
	failures += !good;
}

static int
call(int fd, uint16_t type, const char *name, void *body, void *options)
{
	struct nmreq_header hdr = { .nr_version = NETMAP_API, .nr_reqtype = type };

	snprintf(hdr.nr_name, sizeof(hdr.nr_name), "%s", name);
	hdr.nr_body = (uintptr_t)body;
	hdr.nr_options = (uintptr_t)options;
	return ioctl(fd, NIOCCTRL, &hdr) < 0 ? errno : 0;
}

struct client {
	int fd, error;
	struct nmreq_register reg;
	char *mem;
	struct netmap_if *nifp;
};

static struct client
client_open(const char *name, uint64_t flags, void *option)
{
	struct client c = { .fd = open(port_device(), O_RDWR), .reg = { .nr_mode = NR_REG_ALL_NIC, .nr_flags = flags } };

	c.error = call(c.fd, NETMAP_REQ_REGISTER, name, &c.reg, option);
	if (c.error != 0)
		return c;
	c.mem = mmap(NULL, c.reg.nr_memsize, PROT_READ | PROT_WRITE, MAP_SHARED, c.fd, 0);
	c.nifp = NETMAP_IF(c.mem, c.reg.nr_offset);
	return c;
}

static void
pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* Another process opens, registers and closes on each CPU: all of that within the patience. */
static int
served(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int good = 1, status, left;

	for (long cpu = 0; cpu < cpus; cpu++) {
		pid_t child = fork();

		if (child == 0) {
			struct client c;

			pin(cpu);
			c = client_open("vale7:witness", 0, NULL);
			_exit(c.error != 0);
		}
		for (left = PATIENCE * 1000; waitpid(child, &status, WNOHANG) == 0 && left > 0; left--)
			usleep(1000);
		if (left == 0) {
			kill(child, SIGKILL);
			good = 0;
		} else {
			good &= WIFEXITED(status) && WEXITSTATUS(status) == 0;
		}
	}
	return good;
}

/* The device itself among the eventfds of a loop: to close a copy of it is a request to the server. */
static void
test_self_as_event(void)
{
	struct nm_csb_atok *atok = aligned_alloc(64, 4096);
	struct nmreq_opt_csb csb = { .nro_opt = { .nro_reqtype = NETMAP_REQ_OPT_CSB, .nro_size = sizeof(csb) } };
	struct {
		struct nmreq_option opt;
		struct { int32_t ioeventfd, irqfd; } fds[2];
	} events = { .opt = { .nro_reqtype = NETMAP_REQ_OPT_SYNC_KLOOP_EVENTFDS, .nro_size = sizeof(events) } };
	struct nmreq_sync_kloop_start body = { 0 };
	struct client c;

	memset(atok, 0, 4096);
	csb.csb_atok = (uintptr_t)atok;
	csb.csb_ktoa = (uintptr_t)atok + 2048;
	c = client_open("vale6:a", NR_EXCLUSIVE, &csb);
	check("register", c.error == 0);
	if (fork() == 0) {
		for (int i = 0; i < 2; i++)
			events.fds[i].ioeventfd = events.fds[i].irqfd = c.fd;
		_exit(call(c.fd, NETMAP_REQ_SYNC_KLOOP_START, "", &body, &events) != EINVAL);
	}
	usleep(300000);
	check("others are served", served());
}

/* Closes copies of a bound descriptor all the time: each announces a release that never comes. */
static void
test_flush_storm(void)
{
	struct client c = client_open("vale6:a", 0, NULL);
	pid_t storms[STORMS];

	for (int i = 0; i < STORMS; i++) {
		storms[i] = fork();
		while (storms[i] == 0)
			close(dup(c.fd));
	}
	usleep(200000);
	check("others are served", served());
	for (int i = 0; i < STORMS; i++) {
		kill(storms[i], SIGKILL);
		waitpid(storms[i], NULL, 0);
	}
}

/* A page whose first access never ends. */
static char *
bottomless(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	range.range.start = (uintptr_t)page;
	range.range.len = 4096;
	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) != 0 || ioctl(fd, UFFDIO_REGISTER, &range) != 0) {
		perror("userfaultfd");
		exit(2);
	}
	return page;
}

static void *page;
static int by_poll;

static void *
hang_main(void *arg)
{
	struct client *c = arg;

	pin(0);
	if (c == NULL)
		call(open(port_device(), O_RDWR), NETMAP_REQ_PORT_INFO_GET, "vale6:b", page, NULL);
	else if (by_poll)
		poll(&(struct pollfd){ .fd = c->fd, .events = POLLOUT }, 1, -1);
	else
		ioctl(c->fd, NIOCTXSYNC, NULL);
	return NULL;
}

/* A request whose body is on that page. Ends with the process, which takes the page with it. */
static void
test_hanging_body(void)
{
	pthread_t thread;

	page = bottomless();
	pthread_create(&thread, NULL, hang_main, NULL);
	usleep(300000);
	check("others are served", served());
}

/* An indirect slot on that page, on a port that has a monitor, which closes meanwhile. */
static void
test_hanging_slot(int monitored)
{
	struct client sender = client_open("vale6:a", 0, NULL), monitor = { .fd = -1 };
	struct netmap_ring *ring = NETMAP_TXRING(sender.nifp, 0);
	pthread_t thread;

	if (monitored)
		monitor = client_open("vale6:a", NR_MONITOR_TX, NULL);
	check("monitor", monitor.error == 0);
	page = bottomless();
	ring->slot[0].flags = NS_INDIRECT;
	ring->slot[0].ptr = (uintptr_t)page;
	ring->slot[0].len = FRAME;
	ring->head = ring->cur = 1;
	pthread_create(&thread, NULL, hang_main, &sender);
	usleep(300000);
	if (monitored) {
		munmap(monitor.mem, monitor.reg.nr_memsize);
		close(monitor.fd);
		usleep(300000);
		/* On the other CPU only: what is asked here is the lock of the control plane. */
		pin(1);
		alarm(PATIENCE);
		check("another port opens", client_open("vale7:w", 0, NULL).error == 0);
	} else {
		check("others are served", served());
	}
}

/* The same with poll in place of the ioctl. */
static void
test_hanging_poll(void)
{
	by_poll = 1;
	test_hanging_slot(0);
}

/* A region in so much address space. The children stay until the end. */
static int
take_vast(int number, uint64_t size)
{
	struct nmreq_opt_extmem opt = { .nro_opt = { .nro_reqtype = NETMAP_REQ_OPT_EXTMEM, .nro_size = sizeof(opt) } };
	int answer[2];
	char name[16], good = 0;
	pid_t child;

	if (pipe(answer) != 0)
		exit(2);
	child = fork();
	if (child == 0) {
		int file = memfd_create("vast", 0);

		if (file < 0 || ftruncate(file, size) != 0)
			_exit(2);
		opt.nro_usrptr = (uintptr_t)mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file, 0);
		opt.nro_info.nr_memsize = size;
		snprintf(name, sizeof(name), "vale6:v%d", number);
		good = client_open(name, 0, &opt).error == 0;
		if (write(answer[1], &good, 1) == 1 && good)
			pause();
		_exit(0);
	}
	close(answer[1]);
	if (read(answer[0], &good, 1) != 1)
		good = 0;
	close(answer[0]);
	return good;
}

/* More address space than the server has, in ever smaller pieces. */
static void
test_vast_memory(void)
{
	uint64_t size = 64ull << 40, total = 0;

	for (int i = 0; i < 60 && size >= 1ull << 39; i++) {
		if (take_vast(i, size))
			total += size;
		else
			size /= 2;
	}
	printf("%llu GiB taken\n", (unsigned long long)total >> 30);
	check("address space is left", total == 0);
	check("others are served", served());
	signal(SIGTERM, SIG_IGN);
	kill(0, SIGTERM);
}

/* Sends frames from the start of data and counts what is not zero behind them, up to the next multiple of 64. */
static int
stale_bytes(char *data, uint16_t length)
{
	struct client from = client_open("vale6:a", 0, NULL), to = client_open("vale6:b", 0, NULL);
	struct netmap_ring *tx = NETMAP_TXRING(from.nifp, 0), *rx = NETMAP_RXRING(to.nifp, 0);
	int stale = 0;

	for (uint32_t i = 0; i < 1000; i++) {
		tx->slot[i].flags = NS_INDIRECT;
		tx->slot[i].ptr = (uintptr_t)data;
		tx->slot[i].len = length;
	}
	tx->head = tx->cur = 1000;
	ioctl(from.fd, NIOCTXSYNC, NULL);
	ioctl(to.fd, NIOCRXSYNC, NULL);
	check("frames arrive", nm_ring_space(rx) == 1000);
	for (uint32_t i = 0; i < 1000; i++) {
		const char *buf = NETMAP_BUF(rx, rx->slot[i].buf_idx);

		for (int j = length; j < (length + 63) / 64 * 64; j++)
			stale += buf[j] != 0;
	}
	munmap(from.mem, from.reg.nr_memsize);
	munmap(to.mem, to.reg.nr_memsize);
	close(from.fd);
	close(to.fd);
	return stale;
}

/* What lies behind a short indirect frame in the receiver's buffer is nobody's business: not the data of the last port. */
static void
test_stale_bytes(void)
{
	static char frame[LONG_FRAME];
	int stale = 0;

	memset(frame, 0x5e, sizeof(frame));
	memset(frame, 0xff, 6);
	for (int i = 0; i < 4; i++) {
		stale_bytes(frame, LONG_FRAME);
		stale += stale_bytes(frame, 14);
	}
	printf("%d stale bytes\n", stale);
	check("nothing behind the frames", stale == 0);
}

int
main(int argc, char **argv)
{
	const char *test = argc > 1 ? argv[1] : "";

	/* Children are ended by a signal to the group, which is nobody else's. */
	setpgid(0, 0);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!strcmp(test, "self-as-event"))
		test_self_as_event();
	else if (!strcmp(test, "flush-storm"))
		test_flush_storm();
	else if (!strcmp(test, "hanging-body"))
		test_hanging_body();
	else if (!strcmp(test, "hanging-slot"))
		test_hanging_slot(0);
	else if (!strcmp(test, "hanging-poll"))
		test_hanging_poll();
	else if (!strcmp(test, "monitored-slot"))
		test_hanging_slot(1);
	else if (!strcmp(test, "vast-memory"))
		test_vast_memory();
	else if (!strcmp(test, "stale-bytes"))
		test_stale_bytes();
	else
		return 2;
	fflush(stdout);
	_exit(failures != 0);
}
