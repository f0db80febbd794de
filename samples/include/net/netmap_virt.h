/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * Programs that control switches include this file out of habit. The paravirtual NIC it once described does not exist
 * here; what such programs use is the CSB, and that is in <net/netmap.h>.
 */
#ifndef _NET_NETMAP_VIRT_H_
#define _NET_NETMAP_VIRT_H_

#include <net/netmap.h>

#endif /* _NET_NETMAP_VIRT_H_ */
