/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * See links.h. The interfaces are made with ip(8).
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "peers/links.h"

#define UP(name) "ip link set " name " addrgenmode none mtu 1500 && ip link set " name " up"

static int
run(const char *commands)
{
	if (unshare(CLONE_NEWNET) != 0) {
		perror("network namespace");
		return -1;
	}
	if (system(commands) == 0)
		return 0;
	fputs("the interfaces cannot be made\n", stderr);
	return -1;
}

int
links_veth(void)
{
	return run("ip link add " LINK_SEND " type veth peer name " LINK_RECEIVE " && " UP(LINK_SEND) " && "
	    UP(LINK_RECEIVE));
}

int
links_bridge(void)
{
	return run("ip link add " LINK_SEND " type veth peer name nma1 && ip link add " LINK_RECEIVE
	    " type veth peer name nmb1 && ip link add nmbr type bridge forward_delay 0 stp_state 0 mcast_snooping 0 &&"
	    " ip link set nma1 master nmbr && ip link set nmb1 master nmbr && " UP("nma1") " && " UP("nmb1") " && "
	    UP("nmbr") " && " UP(LINK_SEND) " && " UP(LINK_RECEIVE));
}
