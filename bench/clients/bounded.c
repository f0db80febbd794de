/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * bounded SECONDS COMMAND [ARGUMENTS]: runs a command, kills it when the time is over, and says at the end, as one more
 * line of JSON on standard output, what it cost. The command dies with this program.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/util.h"

static pid_t
start(char **argv, const sigset_t *before)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigprocmask(SIG_SETMASK, before, NULL);
	execvp(argv[0], argv);
	perror(argv[0]);
	_exit(127);
}

/* Until the child ends, or the time is over, or somebody tells us to stop: then the child is killed. Returns 1 if so. */
static int
watch(pid_t pid, const sigset_t *set, uint64_t limit_ns, int *status, struct rusage *usage)
{
	uint64_t end = now_ns() + limit_ns, now;
	struct timespec rest;

	while (wait4(pid, status, WNOHANG, usage) == 0) {
		now = now_ns();
		rest.tv_sec = now < end ? (time_t)((end - now) / NS_PER_SECOND) : 0;
		rest.tv_nsec = now < end ? (long)((end - now) % NS_PER_SECOND) : 0;
		if (now < end && (sigtimedwait(set, NULL, &rest) == SIGCHLD || errno == EINTR))
			continue;
		kill(pid, SIGKILL);
		wait4(pid, status, 0, usage);
		return 1;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	struct rusage usage = { 0 };
	sigset_t set, before;
	struct json j;
	int status = 0, killed;
	uint64_t limit;
	pid_t pid;

	if (argc < 3) {
		fputs("bounded SECONDS COMMAND [ARGUMENTS]\n", stderr);
		return EXIT_USAGE;
	}
	limit = seconds_or_exit("SECONDS", argv[1]);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, &before);
	pid = start(argv + 2, &before);
	if (pid < 0) {
		perror("fork");
		return 1;
	}
	killed = watch(pid, &set, limit, &status, &usage);
	json_begin(&j, stdout);
	json_real(&j, "cpu_seconds", (double)usage.ru_utime.tv_sec + (double)usage.ru_stime.tv_sec +
	    (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
	json_count(&j, "killed", (uint64_t)killed);
	json_end(&j);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
