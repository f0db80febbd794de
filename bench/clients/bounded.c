/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * bounded [-i] SECONDS COMMAND [ARGUMENTS]: runs a command, kills it when the time is over, and says at the end, as one
 * more line of JSON on standard output, what it cost. With -i the command gets SIGTERM as soon as our standard input
 * ends. It dies with this program.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
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
	dup2(open("/dev/null", O_RDONLY), 0);
	execvp(argv[0], argv);
	perror(argv[0]);
	_exit(127);
}

static int
rest_ms(uint64_t end)
{
	uint64_t now = now_ns();

	return now < end ? (int)((end - now) / 1000000) + 1 : 0;
}

/* Whether a signal that is not about the child has come: somebody wants us to stop. */
static int
told_to_stop(int signals)
{
	struct signalfd_siginfo info;

	return read(signals, &info, sizeof(info)) == sizeof(info) && info.ssi_signo != SIGCHLD;
}

static void
wait_for_news(pid_t pid, struct pollfd p[2], uint64_t end)
{
	char byte;

	if (poll(p, 2, rest_ms(end)) <= 0)
		return;
	if ((p[0].revents & POLLIN) && told_to_stop(p[0].fd))
		kill(pid, SIGTERM);
	if (p[1].revents != 0 && read(p[1].fd, &byte, 1) <= 0) {
		p[1].fd = -1;
		kill(pid, SIGTERM);
	}
}

/* Until the child ends, or the time is over: then it is killed. Returns 1 if so. */
static int
watch(pid_t pid, struct pollfd p[2], uint64_t limit_ns, int *status, struct rusage *usage)
{
	uint64_t end = now_ns() + limit_ns;

	while (wait4(pid, status, WNOHANG, usage) == 0) {
		if (rest_ms(end) > 0) {
			wait_for_news(pid, p, end);
			continue;
		}
		kill(pid, SIGKILL);
		wait4(pid, status, 0, usage);
		return 1;
	}
	return 0;
}

static void
report(const struct rusage *usage, int killed)
{
	struct json j;

	json_begin(&j, stdout);
	json_real(&j, "cpu_seconds", (double)usage->ru_utime.tv_sec + (double)usage->ru_stime.tv_sec +
	    (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e6);
	json_count(&j, "killed", (uint64_t)killed);
	json_end(&j);
}

int
main(int argc, char **argv)
{
	struct pollfd p[2] = { { .events = POLLIN }, { .fd = -1, .events = POLLIN } };
	struct rusage usage = { 0 };
	sigset_t set, before;
	int status = 0, killed;
	uint64_t limit;
	pid_t pid;

	if (argc > 1 && strcmp(argv[1], "-i") == 0) {
		p[1].fd = 0;
		argv++;
		argc--;
	}
	if (argc < 3) {
		fputs("bounded [-i] SECONDS COMMAND [ARGUMENTS]\n", stderr);
		return EXIT_USAGE;
	}
	limit = seconds_or_exit("SECONDS", argv[1]);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, &before);
	p[0].fd = signalfd(-1, &set, SFD_CLOEXEC);
	pid = start(argv + 2, &before);
	if (pid < 0 || p[0].fd < 0) {
		perror("bounded");
		return 1;
	}
	killed = watch(pid, p, limit, &status, &usage);
	report(&usage, killed);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
