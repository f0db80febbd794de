/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * What a client must not reach: the memory of others, and the network namespace of the server. Needs root; the device
 * has to be open to all users.
 *
 *	walls TEST	prints "ok NAME" or "FAIL NAME"; exit 1 if anything failed, 2 if it cannot be tried here
 */
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <linux/sched.h>
#include <linux/userfaultfd.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/port.h"
#include "common/util.h"

#define SECRET_AT	0x600000000000ul
#define NOBODY		65534
#define FRAME		100
#define WAIT_US		300000
#define ANSWER_US	2500000		/* a caller that is killed is answered after a second */

/* Twelve bytes of addresses, then what nobody else may see. */
static const char secret[] = "\xff\xff\xff\xff\xff\xff" "macmacEEthe secret of another process";

static int failures;

static void
check(const char *name, int good)
{
	printf("%s %s\n", good ? "ok" : "FAIL", name);
	failures += !good;
}

static void
give_up(const char *why)
{
	perror(why);
	exit(2);
}

static int
call(int fd, uint16_t type, const char *name, void *body)
{
	struct nmreq_header hdr = { .nr_version = NETMAP_API, .nr_reqtype = type };

	snprintf(hdr.nr_name, sizeof(hdr.nr_name), "%s", name);
	hdr.nr_body = (uintptr_t)body;
	return ioctl(fd, NIOCCTRL, &hdr) < 0 ? errno : 0;
}

struct client {
	int fd;
	uint64_t size;
	char *mem;
	struct netmap_if *nifp;
	struct netmap_ring *tx, *rx;
};

static struct client
client_on(int fd, const char *name)
{
	struct nmreq_register reg = { .nr_mode = NR_REG_ALL_NIC };
	struct client c = { .fd = fd };

	errno = call(fd, NETMAP_REQ_REGISTER, name, &reg);
	if (errno != 0)
		give_up(name);
	c.size = reg.nr_memsize;
	c.mem = mmap(NULL, c.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (c.mem == MAP_FAILED)
		give_up("mmap");
	c.nifp = NETMAP_IF(c.mem, reg.nr_offset);
	c.tx = NETMAP_TXRING(c.nifp, 0);
	c.rx = NETMAP_RXRING(c.nifp, 0);
	return c;
}

static struct client
client_open(const char *name)
{
	int fd = open(port_device(), O_RDWR);

	if (fd < 0)
		give_up(port_device());
	return client_on(fd, name);
}

static void
become_nobody(void)
{
	if (setgroups(0, NULL) != 0 || setresgid(NOBODY, NOBODY, NOBODY) != 0 || setresuid(NOBODY, NOBODY, NOBODY) != 0)
		give_up("setresuid");
}

static void
keep_secret(void)
{
	char *page = mmap((void *)SECRET_AT, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	if (page == MAP_FAILED)
		give_up("mmap");
	memcpy(page, secret, sizeof(secret));
}

/* Takes what has come, and counts the frames and those with the secret in them. */
static void
receive(struct client *c, unsigned int *frames, unsigned int *secrets)
{
	ioctl(c->fd, NIOCRXSYNC, NULL);
	for (; !nm_ring_empty(c->rx); c->rx->head = c->rx->cur = nm_ring_next(c->rx, c->rx->cur)) {
		struct netmap_slot *slot = &c->rx->slot[c->rx->cur];

		(*frames)++;
		*secrets += memmem(NETMAP_BUF(c->rx, slot->buf_idx), slot->len, secret + 14, 10) != NULL;
	}
}

static void
put(struct netmap_ring *ring, unsigned int i, uint16_t flags, const void *at)
{
	struct netmap_slot *slot = &ring->slot[i];

	if (flags == 0)
		memset(NETMAP_BUF(ring, slot->buf_idx), 0xff, FRAME);
	slot->ptr = (uintptr_t)at;
	slot->len = FRAME;
	slot->flags = flags;
}

static void
put_all(struct netmap_ring *ring)
{
	for (unsigned int i = 0; i < ring->num_slots; i++) {
		ring->slot[i].ptr = SECRET_AT;
		ring->slot[i].len = FRAME;
		ring->slot[i].flags = NS_INDIRECT;
	}
}

/*
 * A deputy: a program of root sends ordinary frames. Another user has the same memory mapped, writes indirect slots
 * into its ring, and looks at what it sends.
 */
static void
deputy_main(int ready)
{
	struct client v = client_open("vale8:v");

	keep_secret();
	if (write(ready, "x", 1) != 1)
		give_up("write");
	for (;;) {
		put(v.tx, v.tx->head, 0, NULL);
		v.tx->head = v.tx->cur = nm_ring_next(v.tx, v.tx->head);
		ioctl(v.fd, NIOCTXSYNC, NULL);
		usleep(500);
	}
}

static struct netmap_if *
find_interface(struct client *c, const char *name)
{
	for (uint64_t at = 0; at < c->size; at += 64) {
		struct netmap_if *nifp = (struct netmap_if *)(c->mem + at);

		if (strcmp(nifp->ni_name, name) == 0)
			return nifp;
	}
	return NULL;
}

static void
attack_deputy(int fd)
{
	unsigned int frames = 0, secrets = 0;
	struct client c;
	struct netmap_if *nifp;
	uint64_t end;

	alarm(40);
	become_nobody();
	c = client_on(fd >= 0 ? fd : open(port_device(), O_RDWR), "vale8:c");
	nifp = find_interface(&c, "vale8:v");
	check("the ring of the deputy is there", nifp != NULL);
	for (end = now_ns() + 3 * NS_PER_SECOND; nifp != NULL && now_ns() < end && secrets == 0;) {
		put_all(NETMAP_TXRING(nifp, 0));
		receive(&c, &frames, &secrets);
	}
	check("the deputy's memory stays its own", secrets == 0);
	_exit(failures);
}

static void
test_deputy(int with_descriptor_of_root)
{
	int fd = with_descriptor_of_root ? open(port_device(), O_RDWR) : -1, ready[2], status;
	pid_t victim, attacker;
	char go;

	if (pipe(ready) != 0)
		give_up("pipe");
	victim = fork();
	if (victim == 0)
		deputy_main(ready[1]);
	if (read(ready[0], &go, 1) != 1)
		give_up("read");
	attacker = fork();
	if (attacker == 0)
		attack_deputy(fd);
	waitpid(attacker, &status, 0);
	failures += status != 0;
	check("the deputy lives", waitpid(victim, NULL, WNOHANG) == 0);
	kill(victim, SIGKILL);
	waitpid(victim, NULL, 0);
}

/* A process with the id that another one had. */
static pid_t
process_with_id(pid_t id)
{
	struct clone_args args = { .exit_signal = SIGCHLD, .set_tid = (uintptr_t)&id, .set_tid_size = 1 };
	pid_t made = -1;

	/* The id is free when whoever had it has been waited for and nobody looks at it any more. */
	for (int i = 0; i < 100 && made < 0; i++) {
		made = syscall(SYS_clone3, &args, sizeof(args));
		if (made < 0)
			usleep(10000);
	}
	if (made < 0)
		give_up("clone3 with set_tid");
	return made;
}

static int faults;

/* A page that is there when somebody fills it. */
static char *
missing_page(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	faults = syscall(SYS_userfaultfd, 0);
	range.range.start = (uintptr_t)page;
	range.range.len = 4096;
	if (faults < 0 || ioctl(faults, UFFDIO_API, &api) != 0 || ioctl(faults, UFFDIO_REGISTER, &range) != 0)
		give_up("userfaultfd");
	return page;
}

/* Fails when the memory has gone with its process: then nobody reads it any more either. */
static void
fill(void *page, const void *with, size_t length)
{
	static char source[4096] __attribute__((aligned(4096)));
	struct uffdio_copy copy = { .dst = (uintptr_t)page, .src = (uintptr_t)source, .len = 4096 };

	memcpy(source, with, length);
	ioctl(faults, UFFDIO_COPY, &copy);
}

/*
 * A poll is answered at once, and its indirect slots are read later. The first one's page is missing until the caller is
 * gone and another process has its id; the second one points to where that has its secret.
 */
static void
dead_reader_main(int go_on)
{
	char *page = missing_page(), ordinary[FRAME], go;
	struct client s;

	become_nobody();
	prctl(PR_SET_DUMPABLE, 1);
	s = client_open("vale6:s");
	if (fork() == 0) {
		/* Keeps the port open. */
		memset(ordinary, 0xff, sizeof(ordinary));
		if (read(go_on, &go, 1) == 1)
			fill(page, ordinary, sizeof(ordinary));
		sleep(4);
		_exit(0);
	}
	put(s.tx, 0, NS_INDIRECT, page);
	put(s.tx, 1, NS_INDIRECT, (void *)SECRET_AT);
	s.tx->head = s.tx->cur = 2;
	poll(&(struct pollfd){ .fd = s.fd, .events = POLLOUT }, 1, 0);
	usleep(100000);
	_exit(0);
}

static void
test_dead_reader(void)
{
	unsigned int frames = 0, secrets = 0;
	struct client t = client_open("vale6:t");
	pid_t caller, victim;
	int go_on[2], status;

	if (pipe(go_on) != 0)
		give_up("pipe");
	caller = fork();
	if (caller == 0)
		dead_reader_main(go_on[0]);
	waitpid(caller, &status, 0);
	check("the caller has polled", status == 0);
	victim = process_with_id(caller);
	if (victim == 0) {
		keep_secret();
		sleep(20);
		_exit(0);
	}
	usleep(WAIT_US);
	if (write(go_on[1], "x", 1) != 1)
		give_up("write");
	for (int i = 0; i < 30 && secrets == 0; i++) {
		usleep(100000);
		receive(&t, &frames, &secrets);
	}
	check("the memory of whoever has the id now stays its own", secrets == 0);
	kill(victim, SIGKILL);
	waitpid(victim, NULL, 0);
}

/*
 * The body of a NIOCCTRL is missing until the caller is dead. Then nothing may be done in its name: neither written to
 * where another process, which has its id now, has memory, nor bound to a port of the server's own namespace.
 */
static void
dead_caller_main(int fd, int in_namespace, int go_on, int shown)
{
	struct nmreq_register reg = { .nr_mode = NR_REG_ALL_NIC };
	struct nmreq_port_info_get info = { 0 };
	char *page, go;

	if (in_namespace && unshare(CLONE_NEWNET) != 0)
		give_up("unshare");
	page = missing_page();
	if (fork() == 0) {
		if (read(go_on, &go, 1) == 1)
			fill(page, in_namespace ? (void *)&reg : (void *)&info, in_namespace ? sizeof(reg) : sizeof(info));
		_exit(0);
	}
	if (write(shown, &page, sizeof(page)) != sizeof(page))
		give_up("write");
	call(fd, in_namespace ? NETMAP_REQ_REGISTER : NETMAP_REQ_PORT_INFO_GET, "vale6:w", page);
	_exit(0);
}

/* Has zeros where the dead one had its body, and looks at them for a while. */
static void
watch_page(char *page)
{
	char *mine = mmap(page, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	for (int i = 0; mine != MAP_FAILED && i < 20; i++) {
		for (int k = 0; k < 4096; k++)
			if (mine[k] != 0)
				_exit(1);
		usleep(100000);
	}
	_exit(mine == MAP_FAILED ? 2 : 0);
}

static void
test_dead_caller(int in_namespace)
{
	int fd = open(port_device(), O_RDWR), go_on[2], shown[2], status;
	char *page;
	pid_t caller, victim;

	if (pipe(go_on) != 0 || pipe(shown) != 0)
		give_up("pipe");
	caller = fork();
	if (caller == 0)
		dead_caller_main(fd, in_namespace, go_on[0], shown[1]);
	if (read(shown[0], &page, sizeof(page)) != sizeof(page))
		give_up("read");
	if (!in_namespace)
		client_open("vale6:w");
	usleep(WAIT_US);
	kill(caller, SIGKILL);
	usleep(ANSWER_US);
	waitpid(caller, NULL, 0);
	victim = process_with_id(caller);
	if (victim == 0)
		watch_page(page);
	usleep(WAIT_US);
	if (write(go_on[1], "x", 1) != 1)
		give_up("write");
	waitpid(victim, &status, 0);
	check("the memory of whoever has the id now is not written", status == 0);
	check("nothing is bound in the name of the dead", ioctl(fd, NIOCRXSYNC, NULL) < 0 && errno == ENXIO);
}

/* What its own user may not read is not read through a descriptor of that user's. */
static void
test_not_dumpable(void)
{
	unsigned int frames = 0, secrets = 0;
	struct client s, t;
	pid_t child;

	become_nobody();
	prctl(PR_SET_DUMPABLE, 1);		/* as after login; setresuid() has taken it away */
	s = client_open("vale6:s");
	t = client_open("vale6:t");
	put(s.tx, 0, NS_INDIRECT, (void *)SECRET_AT);
	put(s.tx, 1, 0, NULL);
	s.tx->head = s.tx->cur = 2;
	child = fork();
	if (child == 0) {
		keep_secret();
		prctl(PR_SET_DUMPABLE, 0);
		ioctl(s.fd, NIOCTXSYNC, NULL);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	receive(&t, &frames, &secrets);
	check("memory that its user may not read is not read", secrets == 0);
	check("other slots are sent", frames == 1);
}

/* Those who could read each other's memory anyway use indirect slots side by side. */
static void
test_same_user(void)
{
	unsigned int frames = 0, secrets = 0;
	struct client t = client_open("vale6:t");
	pid_t child = fork();

	if (child == 0) {
		struct client s = client_open("vale6:s");

		keep_secret();
		put(s.tx, 0, NS_INDIRECT, (void *)SECRET_AT);
		s.tx->head = s.tx->cur = 1;
		ioctl(s.fd, NIOCTXSYNC, NULL);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	receive(&t, &frames, &secrets);
	check("an indirect slot is sent", frames == 1 && secrets == 1);
}

int
main(int argc, char **argv)
{
	const char *test = argc == 2 ? argv[1] : "";

	setvbuf(stdout, NULL, _IOLBF, 0);
	alarm(40);
	if (strcmp(test, "deputy") == 0)
		test_deputy(0);
	else if (strcmp(test, "dropped-rights") == 0)
		test_deputy(1);
	else if (strcmp(test, "dead-reader") == 0)
		test_dead_reader();
	else if (strcmp(test, "dead-writer") == 0)
		test_dead_caller(0);
	else if (strcmp(test, "dead-namespace") == 0)
		test_dead_caller(1);
	else if (strcmp(test, "not-dumpable") == 0)
		test_not_dumpable();
	else if (strcmp(test, "same-user") == 0)
		test_same_user();
	else
		return EXIT_USAGE;
	return failures != 0;
}
