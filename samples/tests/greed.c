/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * What one client does must not end the server, nor take everything from the others. Needs root.
 *
 *	greed TEST	prints "ok NAME" or "FAIL NAME"; exit 1 if anything failed, 2 if it cannot be tried here
 */
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/port.h"
#include "common/util.h"

#define SECONDS		3
#define GREEDY		2000	/* a user id */
#define MODEST		3000
#define AT_ONCE		128
#define TOUCHED		((size_t)256 << 20)
#define PAGE		4096

static int failures;

static void
check(const char *name, int good, const char *what)
{
	printf("%s %s%s%s\n", good ? "ok" : "FAIL", name, good ? "" : ": ", good ? "" : what);
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

static int
device(void)
{
	return open(port_device(), O_RDWR);
}

static int
bind_port(int fd, const char *name, void *option)
{
	struct nmreq_register reg = { .nr_mode = NR_REG_ALL_NIC, .nr_tx_slots = 64, .nr_rx_slots = 64 };

	return call(fd, NETMAP_REQ_REGISTER, name, &reg, option);
}

/* Runs a function as another user, in a process of its own. Its result is a small number. */
static int
as_user(unsigned int uid, int (*run)(void))
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(setresuid(uid, uid, uid) != 0 ? 255 : run());
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 254;
}

/* Starts a function as another user; it says what came of it and stays until it is ended. */
static pid_t
start_as_user(unsigned int uid, int (*run)(void), int *hold, int *result)
{
	int ready[2], stay[2];
	char byte;
	pid_t child;

	if (pipe(ready) != 0 || pipe(stay) != 0)
		exit(2);
	child = fork();
	if (child == 0) {
		close(stay[1]);
		byte = (char)(setresuid(uid, uid, uid) != 0 ? -1 : run());
		if (write(ready[1], &byte, 1) == 1 && read(stay[0], &byte, 1) >= 0)
			_exit(0);
		_exit(1);
	}
	close(ready[1]);
	close(stay[0]);
	if (read(ready[0], &byte, 1) != 1)
		exit(2);
	close(ready[0]);
	*result = (unsigned char)byte;
	*hold = stay[1];
	return child;
}

static void
end(pid_t child, int hold)
{
	close(hold);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

/* Opens and binds: 0, or the errno of what failed. */
static int
one_more(void)
{
	int fd = device(), error;

	if (fd < 0)
		return errno;
	error = bind_port(fd, "vale7:w", NULL);
	close(fd);
	return error;
}

/* --- polls of a file whose REGISTER fails at its options: a binding is seen complete or not at all */

static int shared;

static void *
poller(void *unused)
{
	while (!stop) {
		struct pollfd p = { .fd = shared, .events = POLLIN };

		poll(&p, 1, 0);
		p.events = POLLIN | POLLOUT;
		poll(&p, 1, 1);
	}
	return unused;
}

static void
failing_register(void)
{
	pthread_t threads[2];
	uint64_t until = now_ns() + SECONDS * NS_PER_SECOND;
	long registers = 0, wrong = 0;
	char said[64];

	shared = device();
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, poller, NULL);
	for (; now_ns() < until && wrong == 0; registers++) {
		struct nmreq_option unknown = { .nro_reqtype = 200 };
		int error = bind_port(shared, "vale9:x", &unknown);

		wrong = error == EOPNOTSUPP ? 0 : error;
	}
	stop = 1;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	snprintf(said, sizeof(said), "%s after %ld", strerror((int)wrong), registers);
	check("every REGISTER gets EOPNOTSUPP", wrong == 0, said);
	check("the server lives", one_more() == 0, "it does not serve");
}

/* --- many at once of one user */

static void
many_at_once(void)
{
	int *results = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int go[2], bound = 0, error = 0;
	char byte, said[64];

	if (results == MAP_FAILED || pipe(go) != 0)
		exit(2);
	for (int i = 0; i < AT_ONCE; i++) {
		if (fork() == 0) {
			char name[32];
			int fd = device();

			close(go[1]);
			results[i] = -1;
			snprintf(name, sizeof(name), "vale%d:p%d", i % 8, i);
			if (read(go[0], &byte, 1) == 0)
				results[i] = fd < 0 ? errno : bind_port(fd, name, NULL);
			_exit(0);
		}
	}
	usleep(500000);
	close(go[1]);
	while (wait(NULL) > 0)
		continue;
	for (int i = 0; i < AT_ONCE; i++) {
		bound += results[i] == 0;
		error = results[i] ? results[i] : error;
	}
	snprintf(said, sizeof(said), "%d of %d, else %s", bound, AT_ONCE, strerror(error));
	check("all register", bound == AT_ONCE, said);
}

/* --- one user takes what there is of a thing; others and root get theirs all the same */

static int
take_files(void)
{
	struct rlimit many = { 20000, 20000 };

	setrlimit(RLIMIT_NOFILE, &many);
	while (device() >= 0)
		continue;
	return errno;
}

static int
bind_external(int number)
{
	struct nmreq_opt_extmem o = { .nro_opt = { .nro_reqtype = NETMAP_REQ_OPT_EXTMEM, .nro_size = sizeof(o) } };
	size_t size = 4 << 20;
	int memory = memfd_create("walls", MFD_CLOEXEC), fd;
	char name[32];
	void *p;

	if (ftruncate(memory, (off_t)size) != 0)
		return errno;
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	close(memory);
	o.nro_usrptr = (uintptr_t)p;
	o.nro_info.nr_memsize = size;
	o.nro_info.nr_buf_pool_objtotal = 500;
	o.nro_info.nr_buf_pool_objsize = 2048;
	o.nro_info.nr_ring_pool_objtotal = 10;
	o.nro_info.nr_ring_pool_objsize = 4096;
	o.nro_info.nr_if_pool_objtotal = 4;
	o.nro_info.nr_if_pool_objsize = 1024;
	snprintf(name, sizeof(name), "vale%d:e%d", number / 200, number % 200);
	fd = device();
	return fd < 0 ? errno : bind_port(fd, name, &o);
}

static int
take_external(void)
{
	int i = 0, error;

	do
		error = bind_external(i);
	while (error == 0 && ++i < 600);
	return error;
}

static int
take_persistent(void)
{
	int fd = device(), i = 0, error;
	char name[16];

	do {
		struct nmreq_vale_newif newif = { .nr_tx_slots = 64, .nr_rx_slots = 64 };

		snprintf(name, sizeof(name), "nmw%d", i);
		error = call(fd, NETMAP_REQ_VALE_NEWIF, name, &newif, NULL);
	} while (error == 0 && ++i < 600);
	return error;
}

static int
one_external(void)
{
	return bind_external(1500);
}

static int
one_persistent(void)
{
	struct nmreq_vale_newif newif = { .nr_tx_slots = 64, .nr_rx_slots = 64 };
	char name[16];
	int fd = device(), error;

	snprintf(name, sizeof(name), "nmwx%d", (int)getuid());
	error = call(fd, NETMAP_REQ_VALE_NEWIF, name, &newif, NULL);
	return error != 0 ? error : call(fd, NETMAP_REQ_VALE_DELIF, name, NULL, NULL);
}

static void
delete_persistent(void)
{
	int fd = device();
	char name[16];

	for (int i = 0; i < 600; i++) {
		snprintf(name, sizeof(name), "nmw%d", i);
		if (call(fd, NETMAP_REQ_VALE_DELIF, name, NULL, NULL) != 0)
			break;
	}
}

static void
greed(int (*take)(void), int (*one)(void))
{
	int hold, again, error;
	pid_t first = start_as_user(GREEDY, take, &hold, &error), second;

	check("out of it is ENOMEM", error == ENOMEM, strerror(error));
	error = as_user(MODEST, one);
	check("another user gets one", error == 0, strerror(error));
	second = start_as_user(GREEDY + 1, take, &again, &error);
	error = as_user(MODEST, one);
	check("another user gets one beside two", error == 0, strerror(error));
	error = as_user(0, one);
	check("root gets one", error == 0, strerror(error));
	end(first, hold);
	end(second, again);
}

/* --- pages of the packet memory that are touched outside of any region */

static long
shared_memory_mib(void)
{
	FILE *f = fopen("/proc/meminfo", "r");
	char line[128];
	long kib = 0;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Shmem: %ld", &kib) == 1)
			break;
	fclose(f);
	return kib >> 10;
}

static int
touch(void)
{
	int fd = device();
	char *p = mmap(NULL, TOUCHED, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)4 << 30);

	if (p == MAP_FAILED)
		return errno;
	memset(p, 0x5e, TOUCHED);
	return 0;
}

static void
touched_pages(void)
{
	long before = shared_memory_mib(), after = 0;
	int hold, i, error;
	pid_t child = start_as_user(GREEDY, touch, &hold, &error);
	char said[64];

	check("they can be touched", error == 0, strerror(error));
	end(child, hold);
	for (i = 0; i < 300; i++) {
		after = shared_memory_mib();
		if (after < before + (long)(TOUCHED >> 21))
			break;
		usleep(100000);
	}
	snprintf(said, sizeof(said), "%ld MiB before, %ld after", before, after);
	check("they are given back", i < 300, said);
}

int
main(int argc, char **argv)
{
	const char *test = argc == 2 ? argv[1] : "";

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (strcmp(test, "failing-register") == 0)
		failing_register();
	else if (strcmp(test, "many-at-once") == 0)
		many_at_once();
	else if (strcmp(test, "files") == 0)
		greed(take_files, one_more);
	else if (strcmp(test, "external") == 0)
		greed(take_external, one_external);
	else if (strcmp(test, "persistent") == 0) {
		greed(take_persistent, one_persistent);
		delete_persistent();
	} else if (strcmp(test, "touched-pages") == 0)
		touched_pages();
	else
		return 2;
	return failures != 0;
}
