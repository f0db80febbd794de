/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * Contexts: memory, messages, the lock.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define MESSAGE_SIZE	1024

static void
print_message(struct nmctx *ctx, const char *message)
{
	(void)ctx;
	fprintf(stderr, "%s\n", message);
}

static void *
allocate(struct nmctx *ctx, size_t size)
{
	(void)ctx;
	return malloc(size);
}

static void
release(struct nmctx *ctx, void *memory)
{
	(void)ctx;
	free(memory);
}

static struct nmctx global_context = {
	.verbose = 1, .error = print_message, .malloc = allocate, .free = release,
};

static struct nmctx *default_context = &global_context;

struct nmctx *
nmctx_get(void)
{
	return default_context;
}

struct nmctx *
nmctx_set_default(struct nmctx *ctx)
{
	struct nmctx *before = default_context;

	default_context = ctx;
	return before;
}

void
nmctx_ferror(struct nmctx *ctx, const char *format, ...)
{
	char message[MESSAGE_SIZE];
	int error = errno;
	va_list arguments;

	if (ctx->verbose && ctx->error != NULL) {
		va_start(arguments, format);
		vsnprintf(message, sizeof(message), format, arguments);
		va_end(arguments);
		ctx->error(ctx, message);
	}
	errno = error;
}

/* The memory is zero, whatever the program's function gives. */
void *
nmctx_malloc(struct nmctx *ctx, size_t size)
{
	void *memory = ctx->malloc(ctx, size);

	if (memory != NULL)
		memset(memory, 0, size);
	else
		errno = ENOMEM;
	return memory;
}

void
nmctx_free(struct nmctx *ctx, void *memory)
{
	ctx->free(ctx, memory);
}

void
nmctx_discard(struct nmctx *ctx, void *memory)
{
	int error = errno;

	nmctx_free(ctx, memory);
	errno = error;
}

void
nmctx_lock(struct nmctx *ctx)
{
	if (ctx->lock != NULL)
		ctx->lock(ctx, 1);
}

void
nmctx_unlock(struct nmctx *ctx)
{
	if (ctx->lock != NULL)
		ctx->lock(ctx, 0);
}
