/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * Small things that every program here needs: time, numbers from the command line, signals, CPU pinning.
 */
#ifndef COMMON_UTIL_H
#define COMMON_UTIL_H

#include <stdint.h>
#include <stdio.h>
#include <time.h>

#define NS_PER_SECOND	1000000000ull

#define EXIT_USAGE	2	/* wrong command line */
/* For -h: the usage on standard output, and a good end. */
void show_usage(const char *usage) __attribute__((noreturn));

#define EXIT_CHECK	3	/* the program worked, what it checked did not */

/* Set by SIGINT and SIGTERM after stop_on_signals(), or by the program itself. */
extern volatile int stop;
void stop_on_signals(void);

static inline uint64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NS_PER_SECOND + (uint64_t)t.tv_nsec;
}

/* Sleeps in short pieces, so that stop ends it. */
void sleep_ns(uint64_t ns);

/* Decimal with an optional k, M or G (powers of 1000); ends the program with EXIT_USAGE if it is not in range. */
uint64_t number_or_exit(const char *option, const char *text, uint64_t min, uint64_t max);

/* The same for seconds with a fraction, returned in nanoseconds. */
uint64_t seconds_or_exit(const char *option, const char *text);

void pin_to_cpu(int cpu);

/* A line of "name: value" pairs in braces; names are plain, strings get escaped. */
struct json {
	FILE *out;
	int fields;
};

void json_begin(struct json *j, FILE *out);
void json_string(struct json *j, const char *name, const char *value);
void json_count(struct json *j, const char *name, uint64_t value);
void json_real(struct json *j, const char *name, double value);
void json_end(struct json *j);

/* A small random number generator with a seed, for tests that can be repeated. */
static inline uint64_t
random_next(uint64_t *state)
{
	uint64_t x = *state += 0x9e3779b97f4a7c15ull;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
	return x ^ (x >> 31);
}

#endif
