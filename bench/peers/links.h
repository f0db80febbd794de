/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * Interfaces for one measurement, in a network namespace without a name, which goes away with the process, however that
 * ends.
 */
#ifndef PEERS_LINKS_H
#define PEERS_LINKS_H

#define LINK_SEND	"nma0"
#define LINK_RECEIVE	"nmb0"

/* LINK_SEND and LINK_RECEIVE are the two ends of one veth pair. 0, or -1 with the reason on standard error. */
int links_veth(void);

/* LINK_SEND, its peer, a kernel bridge, LINK_RECEIVE's peer, LINK_RECEIVE. */
int links_bridge(void);

#endif
