/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * See util.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

void
show_usage(const char *usage)
{
	fputs(usage, stdout);
	exit(0);
}

volatile int stop;

static void
on_signal(int number)
{
	(void)number;
	stop = 1;
}

void
stop_on_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

void
sleep_ns(uint64_t ns)
{
	uint64_t end = now_ns() + ns, now;

	while (!stop && (now = now_ns()) < end) {
		uint64_t piece = end - now < 20000000 ? end - now : 20000000;
		struct timespec t = { .tv_nsec = (long)piece };

		nanosleep(&t, NULL);
	}
}

static void
usage_number(const char *option, const char *text)
{
	fprintf(stderr, "%s: '%s' is not a number in range\n", option, text);
	exit(EXIT_USAGE);
}

uint64_t
number_or_exit(const char *option, const char *text, uint64_t min, uint64_t max)
{
	uint64_t value, scale = 1;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (*end == 'k')
		scale = 1000;
	else if (*end == 'M')
		scale = 1000000;
	else if (*end == 'G')
		scale = 1000000000;
	if (scale > 1)
		end++;
	if (errno || end == text || *end || *text == '-' || value > max / scale || value * scale < min)
		usage_number(option, text);
	return value * scale;
}

uint64_t
seconds_or_exit(const char *option, const char *text)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !isfinite(value) || value < 0 || value > 1e9)
		usage_number(option, text);
	return (uint64_t)(value * 1e9);
}

void
pin_to_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((unsigned int)cpu, &set);
	errno = pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
	if (errno)
		perror("cpu affinity");
}

void
json_begin(struct json *j, FILE *out)
{
	j->out = out;
	j->fields = 0;
	fputc('{', out);
}

static void
json_name(struct json *j, const char *name)
{
	fprintf(j->out, "%s\"%s\": ", j->fields++ ? ", " : "", name);
}

void
json_string(struct json *j, const char *name, const char *value)
{
	json_name(j, name);
	fputc('"', j->out);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			fprintf(j->out, "\\%c", *value);
		else if ((unsigned char)*value < 0x20)
			fprintf(j->out, "\\u%04x", (unsigned int)(unsigned char)*value);
		else
			fputc(*value, j->out);
	}
	fputc('"', j->out);
}

void
json_count(struct json *j, const char *name, uint64_t value)
{
	json_name(j, name);
	fprintf(j->out, "%" PRIu64, value);
}

void
json_real(struct json *j, const char *name, double value)
{
	json_name(j, name);
	fprintf(j->out, "%.6f", isfinite(value) ? value : 0.0);
}

void
json_end(struct json *j)
{
	fputs("}\n", j->out);
	fflush(j->out);
}
