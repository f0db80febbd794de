/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * A UNIX socket pair of type SOCK_SEQPACKET, 64 frames a call.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>

#include "peers/pair.h"

#define BATCH		64
#define BUFFER		2048

static int ends[2];

struct batch {
	struct mmsghdr messages[BATCH];
	struct iovec parts[BATCH];
	uint8_t buffers[BATCH][BUFFER];
};

static struct batch in, out;

static void
point(struct batch *b, size_t length)
{
	int i;

	for (i = 0; i < BATCH; i++) {
		b->parts[i] = (struct iovec){ b->buffers[i], length };
		b->messages[i].msg_hdr.msg_iov = &b->parts[i];
		b->messages[i].msg_hdr.msg_iovlen = 1;
	}
}

static int
prepare(struct pair *p)
{
	struct timeval patience = { .tv_usec = 20000 };
	int size = 8 << 20;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
		perror("socketpair");
		return -1;
	}
	setsockopt(ends[0], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	setsockopt(ends[0], SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	setsockopt(ends[1], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	point(&out, p->length);
	point(&in, BUFFER);
	return 0;
}

static int
send_batch(struct pair *p)
{
	int i, n;

	for (i = 0; i < BATCH; i++)
		pair_write(p, out.buffers[i], p->sent.frames + (uint64_t)i);
	n = sendmmsg(ends[0], out.messages, BATCH, 0);
	return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : n;
}

static int
receive_batch(struct pair *p)
{
	int i, n = recvmmsg(ends[1], in.messages, BATCH, MSG_WAITFORONE, NULL);

	for (i = 0; i < n; i++)
		pair_read(p, in.buffers[i], in.messages[i].msg_len);
	return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : n;
}

int
main(int argc, char **argv)
{
	return pair_main((struct peer){ "seqpacket", prepare, send_batch, receive_batch }, argc, argv);
}
