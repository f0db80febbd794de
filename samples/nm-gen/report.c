/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * The rate while it runs, the sum at the end.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "gen.h"

static struct counters
sum_up(const struct worker *workers, const struct options *o)
{
	struct counters sum = { 0 };
	unsigned int i;

	for (i = 0; i < o->threads; i++) {
		const struct counters *c = &workers[i].c;

		sum.frames += __atomic_load_n(&c->frames, __ATOMIC_RELAXED);
		sum.bytes += __atomic_load_n(&c->bytes, __ATOMIC_RELAXED);
		sum.syncs += __atomic_load_n(&c->syncs, __ATOMIC_RELAXED);
		sum.lost += __atomic_load_n(&c->lost, __ATOMIC_RELAXED);
		sum.reordered += __atomic_load_n(&c->reordered, __ATOMIC_RELAXED);
		sum.corrupt += __atomic_load_n(&c->corrupt, __ATOMIC_RELAXED);
		sum.foreign += __atomic_load_n(&c->foreign, __ATOMIC_RELAXED);
		sum.pending += c->pending;
	}
	return sum;
}

static int
all_done(const struct worker *workers, const struct options *o)
{
	unsigned int i;

	for (i = 0; i < o->threads; i++) {
		if (!__atomic_load_n(&workers[i].done, __ATOMIC_ACQUIRE))
			return 0;
	}
	return 1;
}

static void
report_interval(const struct counters *now, const struct counters *before, double seconds, double since_start)
{
	uint64_t frames = now->frames - before->frames, syncs = now->syncs - before->syncs;

	fprintf(stderr, "%8.3f s  %10.4f Mpps  %9.4f Gbit/s  %8.1f frames/sync  %" PRIu64 " frames\n", since_start,
	    (double)frames / seconds / 1e6, (double)(now->bytes - before->bytes) * 8 / seconds / 1e9,
	    syncs ? (double)frames / (double)syncs : 0, now->frames);
}

void
report_loop(struct worker *workers, const struct options *o)
{
	struct timespec pause = { .tv_nsec = 5000000 };
	uint64_t start = now_ns(), last = start, now;
	struct counters before = { 0 }, sum;

	while (!all_done(workers, o)) {
		nanosleep(&pause, NULL);
		now = now_ns();
		if (o->limit_ns && now - start >= o->limit_ns)
			stop = 1;
		if (o->quiet || now - last < o->report_ns)
			continue;
		sum = sum_up(workers, o);
		report_interval(&sum, &before, (double)(now - last) / 1e9, (double)(now - start) / 1e9);
		before = sum;
		last = now;
	}
}

static double
seconds_of(const struct worker *workers, const struct options *o)
{
	uint64_t begin = UINT64_MAX, end = 0;
	unsigned int i;

	for (i = 0; i < o->threads; i++) {
		if (workers[i].begin && workers[i].begin < begin)
			begin = workers[i].begin;
		if (workers[i].end > end)
			end = workers[i].end;
	}
	return end > begin ? (double)(end - begin) / 1e9 : 0;
}

static int
compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* The round trip that a share of all round trips does not exceed, in microseconds. */
static double
percentile(const struct worker *w, double share)
{
	if (w->rtts == 0)
		return 0;
	return w->rtt[(uint32_t)(share * (w->rtts - 1) + 0.5)] / 1e3;
}

static void
report_json(const struct worker *w, const struct options *o, const struct counters *sum, double seconds)
{
	struct json j;

	json_begin(&j, stdout);
	json_string(&j, "role", o->role_name);
	json_string(&j, "port", o->spec);
	json_count(&j, "threads", o->threads);
	json_count(&j, "frames", sum->frames);
	json_count(&j, "bytes", sum->bytes);
	json_real(&j, "seconds", seconds);
	json_real(&j, "mpps", seconds > 0 ? (double)sum->frames / seconds / 1e6 : 0);
	json_real(&j, "gbps", seconds > 0 ? (double)sum->bytes * 8 / seconds / 1e9 : 0);
	json_count(&j, "syncs", sum->syncs);
	json_count(&j, "lost", sum->lost);
	json_count(&j, "reordered", sum->reordered);
	json_count(&j, "corrupt", sum->corrupt);
	json_count(&j, "foreign", sum->foreign);
	json_count(&j, "pending", sum->pending);
	if (o->role == ROLE_PING) {
		json_count(&j, "answers", w->rtts);
		json_real(&j, "rtt_min_us", percentile(w, 0));
		json_real(&j, "rtt_median_us", percentile(w, 0.5));
		json_real(&j, "rtt_p99_us", percentile(w, 0.99));
		json_real(&j, "rtt_p999_us", percentile(w, 0.999));
		json_real(&j, "rtt_max_us", percentile(w, 1));
	}
	json_end(&j);
}

static void
report_text(const struct worker *w, const struct options *o, const struct counters *sum, double seconds)
{
	printf("%s %s: %" PRIu64 " frames, %" PRIu64 " bytes in %.3f s: %.4f Mpps, %.4f Gbit/s, %.1f frames/sync\n",
	    o->role_name, o->spec, sum->frames, sum->bytes, seconds,
	    seconds > 0 ? (double)sum->frames / seconds / 1e6 : 0,
	    seconds > 0 ? (double)sum->bytes * 8 / seconds / 1e9 : 0,
	    sum->syncs ? (double)sum->frames / (double)sum->syncs : 0);
	if (o->check || o->role == ROLE_PING)
		printf("lost %" PRIu64 ", reordered %" PRIu64 ", corrupt %" PRIu64 ", foreign %" PRIu64 "\n",
		    sum->lost, sum->reordered, sum->corrupt, sum->foreign);
	if (sum->pending)
		printf("%" PRIu64 " slots not sent: nobody takes them at the other end\n", sum->pending);
	if (o->role == ROLE_PING)
		printf("round trips %u: min %.1f, median %.1f, p99 %.1f, p99.9 %.1f, max %.1f us\n", w->rtts,
		    percentile(w, 0), percentile(w, 0.5), percentile(w, 0.99), percentile(w, 0.999),
		    percentile(w, 1));
}

void
report_final(struct worker *workers, const struct options *o)
{
	struct counters sum = sum_up(workers, o);
	double seconds = seconds_of(workers, o);

	if (o->role == ROLE_PING)
		qsort(workers->rtt, workers->rtts, sizeof(*workers->rtt), compare);
	if (o->json)
		report_json(workers, o, &sum, seconds);
	else
		report_text(workers, o, &sum, seconds);
}
