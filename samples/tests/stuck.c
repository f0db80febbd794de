/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * stuck: requests that never end, because the page that their argument lies in never comes (userfaultfd), beside requests of others
 * on the same CPU at the same moment; and callers of such requests that are killed.
 *
 *	stuck [-d DEVICE] [-n HANGING] [-i INNOCENT] [-k KILLED]
 *
 * Prints "ok" and "FAIL" lines; exit 0, 3 if one failed, 1 if there is no userfaultfd or device, 2 usage.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/exchange.h"
#include "common/util.h"

#define CHILDREN_MAX	256
#define PATIENCE	(15 * NS_PER_SECOND)

/* Shared by all processes. */
static struct shared {
	int ready, go;
	int answered[CHILDREN_MAX];
} *shared;

static const char *device;
static char *hole;	/* a page that never comes */

static int
make_hole(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);

	hole = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	range.range.start = (uintptr_t)hole;
	range.range.len = 4096;
	return fd >= 0 && ioctl(fd, UFFDIO_API, &api) == 0 && ioctl(fd, UFFDIO_REGISTER, &range) == 0 ? 0 : -1;
}

static void
ask(int fd, void *body)
{
	struct nmreq_header header = { .nr_version = NETMAP_API, .nr_reqtype = NETMAP_REQ_PORT_INFO_GET };

	strcpy(header.nr_name, "vale6:nobody");
	header.nr_body = (uintptr_t)body;
	ioctl(fd, NIOCCTRL, &header);
}

static void
await_go(void)
{
	__atomic_add_fetch(&shared->ready, 1, __ATOMIC_SEQ_CST);
	while (!__atomic_load_n(&shared->go, __ATOMIC_SEQ_CST))
		sched_yield();
}

static void *
hang(void *fd)
{
	pin_to_cpu(0);
	await_go();
	ask((int)(intptr_t)fd, hole);
	return NULL;
}

/* One process with n threads, each of which makes a request that hangs. */
static pid_t
start_hanging(int n)
{
	pid_t child = fork();
	pthread_t thread;
	int fd;

	if (child != 0)
		return child;
	fd = open(device, O_RDWR);
	if (fd < 0 || make_hole() < 0)
		_exit(1);
	while (n-- > 0)
		pthread_create(&thread, NULL, hang, (void *)(intptr_t)fd);
	for (;;)
		pause();
}

static pid_t
start_innocent(int number)
{
	pid_t child = fork();
	struct nmreq_port_info_get body = { 0 };
	int fd;

	if (child != 0)
		return child;
	fd = open(device, O_RDWR);
	pin_to_cpu(0);
	await_go();
	ask(fd, &body);
	__atomic_store_n(&shared->answered[number], 1, __ATOMIC_SEQ_CST);
	_exit(fd < 0);
}

static int
all_end(const pid_t *children, int n)
{
	uint64_t end = now_ns() + PATIENCE;
	int left = n, i;
	pid_t rest[CHILDREN_MAX];

	memcpy(rest, children, (size_t)n * sizeof(rest[0]));
	while (left > 0 && now_ns() < end) {
		for (i = 0; i < left; i++)
			if (waitpid(rest[i], NULL, WNOHANG) == rest[i])
				rest[i--] = rest[--left];
		usleep(1000);
	}
	return left;
}

static void
check_innocent(int hanging, int innocent)
{
	pid_t attacker, others[CHILDREN_MAX];
	uint64_t end = now_ns() + PATIENCE;
	int i;

	attacker = start_hanging(hanging);
	for (i = 0; i < innocent; i++)
		others[i] = start_innocent(i);
	while (__atomic_load_n(&shared->ready, __ATOMIC_SEQ_CST) < hanging + innocent && now_ns() < end)
		usleep(1000);
	pin_to_cpu((int)sysconf(_SC_NPROCESSORS_ONLN) - 1);
	__atomic_store_n(&shared->go, 1, __ATOMIC_SEQ_CST);
	check_number("requests of others that are not answered", (uint64_t)all_end(others, innocent), 0);
	kill(attacker, SIGKILL);
	check_number("killed attackers that stay", (uint64_t)all_end(&attacker, 1), 0);
}

/* Each is killed about when its request starts. */
static void
check_killed(int killed)
{
	pid_t children[CHILDREN_MAX];
	uint64_t state = 7, end;
	int i;

	for (i = 0; i < killed; i++) {
		int gate[2];
		char byte = 0;

		if (pipe(gate) < 0)
			_exit(1);
		if ((children[i] = fork()) == 0) {
			int fd = open(device, O_RDWR);

			if (fd < 0 || make_hole() < 0 || write(gate[1], &byte, 1) != 1)
				_exit(1);
			ask(fd, hole);
			_exit(0);
		}
		if (read(gate[0], &byte, 1) != 1)
			_exit(1);
		for (end = now_ns() + random_next(&state) % 60000; now_ns() < end; )
			;
		kill(children[i], SIGKILL);
		close(gate[0]);
		close(gate[1]);
	}
	check_number("killed callers that stay", (uint64_t)all_end(children, killed), 0);
}

int
main(int argc, char **argv)
{
	int hanging = 24, innocent = 24, killed = 40, option;

	device = port_device();
	while ((option = getopt(argc, argv, "d:n:i:k:")) != -1) {
		switch (option) {
		case 'd': device = optarg; break;
		case 'n': hanging = (int)number_or_exit("-n", optarg, 0, CHILDREN_MAX); break;
		case 'i': innocent = (int)number_or_exit("-i", optarg, 0, CHILDREN_MAX); break;
		case 'k': killed = (int)number_or_exit("-k", optarg, 0, CHILDREN_MAX); break;
		default: return EXIT_USAGE;
		}
	}
	setbuf(stdout, NULL);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (make_hole() < 0) {
		perror("userfaultfd");
		return 1;
	}
	check_innocent(hanging, innocent);
	check_killed(killed);
	return check_result();
}
