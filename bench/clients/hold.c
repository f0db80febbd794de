/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * hold: opens so many ports, or descriptors bound to nothing, says so in one line of JSON and holds them until the
 * time is over or SIGTERM comes.
 */
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/port.h"
#include "common/util.h"

static const char usage[] = "hold [-p PORTS -i PREFIX] [-o DESCRIPTORS] [-d DEVICE] [-t SECONDS]\n";

static void
allow_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int
hold_ports(struct port *port, const char *prefix, unsigned int ports, const struct port_wish *wish)
{
	char spec[64];
	unsigned int i;

	for (i = 0; i < ports; i++, port->name[0] = '\0') {
		snprintf(spec, sizeof(spec), "%s%u", prefix, i);
		memset(port, 0, sizeof(*port));
		if (port_open(port, spec, wish) != 0)
			return -1;
	}
	return 0;
}

static int
hold_descriptors(const char *device, unsigned int descriptors)
{
	for (; descriptors > 0; descriptors--) {
		if (open(device, O_RDWR | O_CLOEXEC) < 0) {
			perror(device);
			return -1;
		}
	}
	return 0;
}

int
main(int argc, char **argv)
{
	struct port_wish wish = { .ring = -1 };
	unsigned int ports = 0, descriptors = 0;
	const char *prefix = "vale7:hold";
	uint64_t limit = 60 * NS_PER_SECOND;
	static struct port port;
	struct json j;
	int letter;

	while ((letter = getopt(argc, argv, "p:i:o:d:t:")) != -1) {
		switch (letter) {
		case 'p': ports = (unsigned int)number_or_exit("-p", optarg, 0, 100000); break;
		case 'i': prefix = optarg; break;
		case 'o': descriptors = (unsigned int)number_or_exit("-o", optarg, 0, 100000); break;
		case 'd': wish.device = optarg; break;
		case 't': limit = seconds_or_exit("-t", optarg); break;
		default: fputs(usage, stderr); return EXIT_USAGE;
		}
	}
	stop_on_signals();
	allow_descriptors();
	/* The descriptors stay open until the end of the process; nobody needs the struct of a port that only exists. */
	if (hold_ports(&port, prefix, ports, &wish) != 0 ||
	    hold_descriptors(wish.device != NULL ? wish.device : port_device(), descriptors) != 0)
		return 1;
	json_begin(&j, stdout);
	json_count(&j, "ports", ports);
	json_count(&j, "descriptors", descriptors);
	json_end(&j);
	sleep_ns(limit);
	return 0;
}
