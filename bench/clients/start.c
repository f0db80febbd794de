/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * start DEVICE COMMAND [ARGUMENTS]: the time from just before exec of the daemon until its device answers an ioctl as
 * only netmap does (an empty file with this name can be there before). Then ends the daemon. One line of JSON.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/port.h"
#include "common/util.h"

#define PATIENCE	(10 * NS_PER_SECOND)

static pid_t
start(char **argv)
{
	pid_t pid = fork();
	int null;

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	null = open("/dev/null", O_WRONLY);
	dup2(null, 1);
	execvp(argv[0], argv);
	perror(argv[0]);
	_exit(127);
}

static int
answers(const char *device)
{
	int fd = open(device, O_RDWR | O_CLOEXEC), good;

	if (fd < 0)
		return 0;
	good = ioctl(fd, NIOCTXSYNC, NULL) == -1 && errno == ENXIO;
	close(fd);
	return good;
}

static int
wait_open(const char *device, pid_t pid, uint64_t start_ns, uint64_t *took)
{
	struct timespec pause = { .tv_nsec = 200000 };

	while (now_ns() - start_ns < PATIENCE) {
		if (answers(device)) {
			*took = now_ns() - start_ns;
			return 0;
		}
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return -1;
		nanosleep(&pause, NULL);
	}
	return -1;
}

/* SIGTERM, and SIGKILL if that does not help; nanoseconds until it was gone. */
static uint64_t
end(pid_t pid)
{
	struct timespec pause = { .tv_nsec = 1000000 };
	uint64_t start_ns = now_ns();

	kill(pid, SIGTERM);
	while (waitpid(pid, NULL, WNOHANG) == 0) {
		if (now_ns() - start_ns > PATIENCE)
			kill(pid, SIGKILL);
		nanosleep(&pause, NULL);
	}
	return now_ns() - start_ns;
}

int
main(int argc, char **argv)
{
	uint64_t start_ns, took = 0;
	struct json j;
	int result;
	pid_t pid;

	if (argc < 3) {
		fputs("start DEVICE COMMAND [ARGUMENTS]\n", stderr);
		return EXIT_USAGE;
	}
	start_ns = now_ns();
	pid = start(argv + 2);
	if (pid < 0) {
		perror("fork");
		return 1;
	}
	result = wait_open(argv[1], pid, start_ns, &took);
	json_begin(&j, stdout);
	json_real(&j, "open_ms", (double)took / 1e6);
	json_real(&j, "end_ms", (double)end(pid) / 1e6);
	json_end(&j);
	return result == 0 ? 0 : 1;
}
