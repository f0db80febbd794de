/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * The lock of the default context. In the static library this file is linked only into programs that refer to
 * nmctx_threadsafe, which <libnetmap.h> does unless LIBNETMAP_NOTHREADSAFE is defined.
 */
#include <pthread.h>

#include "internal.h"

int nmctx_threadsafe;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void
lock_or_unlock(struct nmctx *ctx, int lock)
{
	(void)ctx;
	if (lock)
		pthread_mutex_lock(&mutex);
	else
		pthread_mutex_unlock(&mutex);
}

void
nmctx_set_threadsafe(void)
{
	nmctx_get()->lock = lock_or_unlock;
}

static void __attribute__((constructor))
give_the_default_context_its_lock(void)
{
	nmctx_set_threadsafe();
}
