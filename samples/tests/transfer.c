/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * Ordinary TCP for tests of what interfaces do to it: random bytes one way, a hash of what each side saw.
 *
 *   transfer receive PORT            takes one connection, prints "BYTES HASH"
 *   transfer send ADDRESS PORT MEGS  connects within ten seconds, sends, prints "BYTES HASH"
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/util.h"

#define CHUNK		(1u << 20)
#define CONNECT_SECONDS	10
#define SILENCE_SECONDS	60

static uint8_t chunk[CHUNK];

/* FNV-1a, 64 bits. */
static uint64_t
hash_more(uint64_t hash, const uint8_t *data, size_t length)
{
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ data[i]) * 0x100000001b3ull;
	return hash;
}

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static int
tcp_socket(void)
{
	struct timeval patience = { .tv_sec = SILENCE_SECONDS };
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (s < 0)
		die("socket");
	setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return s;
}

static struct sockaddr_in
address_of(const char *host, const char *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };

	a.sin_port = htons((uint16_t)number_or_exit("PORT", port, 1, 65535));
	if (host && inet_pton(AF_INET, host, &a.sin_addr) != 1) {
		fprintf(stderr, "%s is no IPv4 address\n", host);
		exit(EXIT_USAGE);
	}
	return a;
}

static int
receive_one(const char *port)
{
	struct sockaddr_in a = address_of(NULL, port);
	int s = tcp_socket(), one = 1, connection;
	uint64_t bytes = 0, hash = 0xcbf29ce484222325ull;
	ssize_t length;

	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(s, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(s, 1) < 0)
		die("listen");
	if ((connection = accept(s, NULL, NULL)) < 0)
		die("accept");
	while ((length = read(connection, chunk, sizeof(chunk))) > 0) {
		hash = hash_more(hash, chunk, (size_t)length);
		bytes += (uint64_t)length;
	}
	if (length < 0)
		die("read");
	printf("%llu %016llx\n", (unsigned long long)bytes, (unsigned long long)hash);
	return 0;
}

static int
send_megabytes(const char *host, const char *port, uint64_t megabytes)
{
	struct sockaddr_in a = address_of(host, port);
	uint64_t end = now_ns() + CONNECT_SECONDS * NS_PER_SECOND, random = 1;
	uint64_t bytes = 0, hash = 0xcbf29ce484222325ull;
	int s;

	while (s = tcp_socket(), connect(s, (struct sockaddr *)&a, sizeof(a)) < 0) {
		if (now_ns() > end)
			die("connect");
		close(s);
		sleep_ns(NS_PER_SECOND / 20);
	}
	while (bytes < megabytes * CHUNK) {
		for (size_t i = 0; i < CHUNK; i += sizeof(random)) {
			uint64_t word = random_next(&random);

			memcpy(chunk + i, &word, sizeof(word));
		}
		for (size_t done = 0; done < CHUNK;) {
			ssize_t length = write(s, chunk + done, CHUNK - done);

			if (length <= 0)
				die("write");
			done += (size_t)length;
		}
		hash = hash_more(hash, chunk, CHUNK);
		bytes += CHUNK;
	}
	close(s);
	printf("%llu %016llx\n", (unsigned long long)bytes, (unsigned long long)hash);
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "receive") == 0)
		return receive_one(argv[2]);
	if (argc == 5 && strcmp(argv[1], "send") == 0)
		return send_megabytes(argv[2], argv[3], number_or_exit("MEGS", argv[4], 1, 100000));
	fprintf(stderr, "usage: transfer receive PORT | send ADDRESS PORT MEGS\n");
	return EXIT_USAGE;
}
