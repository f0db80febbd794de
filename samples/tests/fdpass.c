/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * fdpass: a bound descriptor used by a process that did not open it: inherited, sent over a socket, duplicated.
 *
 *	fdpass [-d DEVICE] [-s SWITCH] [-n FRAMES]
 *
 * Makes ports SWITCH:fda and SWITCH:fdb (vale6). Prints "ok" and "FAIL" lines; exit 0, 3 if one failed, 1 if ports
 * cannot be opened, 2 usage.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/exchange.h"
#include "common/util.h"

#define TIME_LIMIT	20	/* seconds, for each process */

static unsigned int frames = 100;

/* What a process needs to use a descriptor that another has bound. */
struct handover {
	char name[NETMAP_REQ_IFNAMSIZ];
	struct nmreq_register reg;
};

static int
send_fd(int through, int fd, const struct handover *what)
{
	struct iovec data = { (void *)(uintptr_t)what, sizeof(*what) };
	union { struct cmsghdr head; char room[CMSG_SPACE(sizeof(int))]; } control = { 0 };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control,
	    .msg_controllen = sizeof(control) };
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &fd, sizeof(fd));
	return sendmsg(through, &message, 0) == (ssize_t)sizeof(*what) ? 0 : -1;
}

static int
receive_fd(int through, struct handover *what)
{
	struct iovec data = { what, sizeof(*what) };
	union { struct cmsghdr head; char room[CMSG_SPACE(sizeof(int))]; } control = { 0 };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control,
	    .msg_controllen = sizeof(control) };
	int fd = -1;

	if (recvmsg(through, &message, 0) != (ssize_t)sizeof(*what) || CMSG_FIRSTHDR(&message) == NULL)
		return -1;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

static int
child_ok(pid_t child)
{
	int status = 0;

	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Both directions with descriptors and mappings that came through fork. */
static void
test_fork(struct port *a, struct port *b)
{
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		alarm(TIME_LIMIT);
		_exit(frames_exchange(a, b, frames) && frames_exchange(b, a, frames) ? 0 : 1);
	}
	check_true("fork: the child sends and receives", child_ok(child));
	check_true("fork: the parent goes on", frames_exchange(a, b, frames) && frames_exchange(b, a, frames));
}

/* A child that was there before the port gets the descriptor, maps it itself and answers what it receives. */
static int
socket_child(int through)
{
	static struct port port;
	struct handover what;
	unsigned int wrong = 0;

	port.fd = receive_fd(through, &what);
	if (port.fd < 0)
		return 1;
	memcpy(port.name, what.name, sizeof(port.name));
	port.reg = what.reg;
	if (port_map(&port) != 0)
		return 2;
	if (frames_receive(&port, frames, 1000, 2 * NS_PER_SECOND, &wrong) != frames || wrong)
		return 3;
	if (frames_send(&port, frames, 5000) != (int)frames)
		return 4;
	port_close(&port);
	return 0;
}

static void
test_socket(int through, pid_t child, struct port *a, struct port *b)
{
	struct handover what = { .reg = a->reg };
	unsigned int wrong = 0, got;

	memcpy(what.name, a->name, sizeof(what.name));
	check_true("socket: descriptor sent", send_fd(through, a->fd, &what) == 0);
	check_true("socket: frames for the child", frames_send(b, frames, 1000) == (int)frames);
	got = frames_receive(b, frames, 5000, 3 * NS_PER_SECOND, &wrong);
	check_number("socket: answers from the child", got, frames);
	check_number("socket: wrong answers", wrong, 0);
	check_true("socket: the child is content", child_ok(child));
	check_true("socket: the port survives the child's close", frames_exchange(b, a, frames) == 1);
}

static void
test_dup(struct port *a, struct port *b)
{
	int copy = dup(a->fd);

	close(a->fd);
	a->fd = copy;
	check_true("dup: the copy works without the original",
	    copy >= 0 && frames_exchange(a, b, frames) && frames_exchange(b, a, frames));
}

/* A port lives as long as a descriptor or a mapping of it. */
static void
test_end(struct port *a, struct port *b)
{
	struct nmreq_vale_list where = { 0 };
	char name[NETMAP_REQ_IFNAMSIZ];
	int i, gone = 0;

	memcpy(name, a->name, sizeof(name));
	port_close(a);
	for (i = 0; i < 100 && !gone; i++) {
		sleep_ns(10000000);
		where = (struct nmreq_vale_list){ 0 };
		gone = port_request(b->fd, NETMAP_REQ_VALE_LIST, name, &where) != 0 || where.nr_port_idx == 255;
	}
	check_true("the port goes with its last descriptor", gone);
}

static int
run(const char *on_switch, const struct port_wish *wish)
{
	static struct port a, b;
	char spec[64];
	int pair[2];
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) != 0)
		return 1;
	child = fork();
	if (child == 0) {
		alarm(TIME_LIMIT);
		close(pair[0]);
		_exit(socket_child(pair[1]));
	}
	close(pair[1]);
	alarm(TIME_LIMIT);
	snprintf(spec, sizeof(spec), "%s:fda", on_switch);
	if (port_open(&a, spec, wish) != 0)
		return 1;
	snprintf(spec, sizeof(spec), "%s:fdb", on_switch);
	if (port_open(&b, spec, wish) != 0)
		return 1;
	check_true("one process", frames_exchange(&a, &b, frames) && frames_exchange(&b, &a, frames));
	test_fork(&a, &b);
	test_socket(pair[0], child, &a, &b);
	test_dup(&a, &b);
	test_end(&a, &b);
	port_close(&b);
	return check_result();
}

int
main(int argc, char **argv)
{
	struct port_wish wish = { .ring = -1 };
	const char *on_switch = "vale6";
	int letter;

	while ((letter = getopt(argc, argv, "d:s:n:")) != -1) {
		if (letter == 'd')
			wish.device = optarg;
		else if (letter == 's')
			on_switch = optarg;
		else if (letter == 'n')
			frames = (unsigned int)number_or_exit("-n", optarg, 1, 1000);
		else
			return EXIT_USAGE;
	}
	return run(on_switch, &wish);
}
