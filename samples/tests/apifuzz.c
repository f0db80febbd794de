/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * apifuzz: several processes that make any call with any argument, in any order, die in the middle, and come back.
 *
 *	apifuzz [-d DEVICE] [-p PROCESSES] [-n CALLS] [-t SECONDS] [-s SEED] [-i INTERFACE ...]
 *
 * Ends after so many calls or seconds, whichever comes first. Beside it a bystander syncs a port of its own that nobody else
 * knows; its worst sync is measured before the calls begin and while they go on. Prints key=value; the last line has the calls
 * that were made. Exit 0, 1 if the server does not serve any more, 2 usage.
 */
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/port.h"
#include "common/util.h"
#include "tests/bystander.h"

#define PROCESSES_MAX	32
#define FILES		6
#define LIFE		4000	/* calls a process makes before it dies, on average */
#define MAPPED		((size_t)64 << 20)
#define SCRATCH		65536
#define EXTRA		2048

static struct shared {
	uint64_t calls, errors, deaths;
	struct bystander bystander;
} *shared;

static const char *device;
static const char *names[64] = {
	"vale0:a", "vale0:b", "vale1:a", "vale1:b", "vale0:a{1", "vale0:a}1", "vale0:b{x", "vale0:b}x", "vale0:a{1{2", "vale0:a}1}2",
	"none{1", "none}1", "nmfz0", "nmfz1", "vale2:nmfz0", "vale3:nmfz0", "vale2:nmfz1", "", "null", "vale", "vale:", "vale0:",
	"vale0:nmfz0^", "vale2:nmfz0^", "nothere", "vale0:\n\033[2J", "vale0:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
};
static unsigned int name_count = 27;

struct world {
	uint64_t seed;
	int fd[FILES];
	char *mem[FILES];
	size_t length[FILES];
	char *scratch;		/* shared memory: for extmem, CSB, bodies */
};

static uint32_t
any(struct world *w, uint32_t n)
{
	return (uint32_t)(random_next(&w->seed) >> 33) % n;
}

static uint64_t
number(struct world *w)
{
	switch (any(w, 6)) {
	case 0:
		return any(w, 4);
	case 1:
		return any(w, 70);
	case 2:
		return UINT64_MAX - any(w, 3);
	case 3:
		return (uint64_t)1 << any(w, 64);
	case 4:
		return any(w, 5000);
	default:
		return random_next(&w->seed);
	}
}

/* An address: good, at the edge, null, or nonsense. */
static uint64_t
address(struct world *w)
{
	switch (any(w, 8)) {
	case 0:
		return 0;
	case 1:
		return (uintptr_t)w->scratch + SCRATCH - any(w, 64);
	case 2:
		return random_next(&w->seed);
	default:
		return (uintptr_t)w->scratch + any(w, SCRATCH / 64) * 64;
	}
}

static void
fill(struct world *w, void *data, size_t length)
{
	for (size_t i = 0; i + 4 <= length; i += 4) {
		uint32_t word = any(w, 3) ? 0 : (uint32_t)number(w);

		memcpy((char *)data + i, &word, 4);
	}
}

/* A list of options in the scratch memory, now and then a wrong one. */
static uint64_t
options(struct world *w)
{
	uint64_t next = any(w, 40) == 0 ? address(w) : 0;
	unsigned int n = any(w, 3) ? 0 : 1 + any(w, 3);
	size_t at = SCRATCH / 2;

	for (; n > 0; n--, at += 512) {
		struct nmreq_option *o = (void *)(w->scratch + at);

		fill(w, o, 256);
		o->nro_next = next;
		o->nro_reqtype = any(w, 10) ? 1 + any(w, 5) : (uint32_t)number(w);
		o->nro_status = 0;
		o->nro_size = any(w, 4) ? 32 + any(w, 64) : number(w);
		if (o->nro_reqtype == NETMAP_REQ_OPT_CSB) {
			struct nmreq_opt_csb *csb = (void *)o;

			csb->csb_atok = any(w, 4) ? (uintptr_t)w->scratch + 8192 : address(w);
			csb->csb_ktoa = any(w, 4) ? (uintptr_t)w->scratch + 16384 : address(w);
		} else if (o->nro_reqtype == NETMAP_REQ_OPT_EXTMEM) {
			struct nmreq_opt_extmem *e = (void *)o;

			e->nro_usrptr = any(w, 4) ? (uintptr_t)w->scratch : address(w);
			e->nro_info.nr_memsize = any(w, 2) ? SCRATCH : number(w);
		}
		next = (uintptr_t)o;
	}
	return next;
}

static void
control(struct world *w, int fd)
{
	struct nmreq_header h = { .nr_version = any(w, 50) ? NETMAP_API : (uint16_t)number(w) };
	struct nmreq_register *r = (void *)w->scratch;

	fill(w, w->scratch, 256);
	h.nr_reqtype = any(w, 30) ? (any(w, 2) ? NETMAP_REQ_REGISTER : 1 + any(w, 16)) : (uint16_t)number(w);
	if (any(w, 60) == 0)
		fill(w, h.nr_name, sizeof(h.nr_name));
	else
		snprintf(h.nr_name, sizeof(h.nr_name), "%s", names[any(w, name_count)]);
	if (h.nr_reqtype == NETMAP_REQ_REGISTER && any(w, 8)) {
		r->nr_mode = any(w, 2) ? NR_REG_ALL_NIC : any(w, 9);
		r->nr_tx_slots = any(w, 64);
		r->nr_rx_slots = any(w, 64);
		r->nr_tx_rings = (uint16_t)any(w, 4);
		r->nr_rx_rings = (uint16_t)any(w, 4);
		r->nr_mem_id = any(w, 8) ? 0 : (uint16_t)any(w, 8);
		r->nr_extra_bufs = any(w, 4) ? 0 : any(w, 100);
		r->nr_flags = any(w, 4) ? 0 : (uint64_t)any(w, 64) << 8 | any(w, 256);
	}
	/* A gigabyte of extra buffers is allowed, but takes the server as long as a thousand other calls. */
	if (h.nr_reqtype == NETMAP_REQ_REGISTER && any(w, 500))
		r->nr_extra_bufs &= EXTRA - 1;
	switch (h.nr_reqtype) {		/* those without a body want none */
	case NETMAP_REQ_VALE_DELIF:
	case NETMAP_REQ_SYNC_KLOOP_STOP:
	case NETMAP_REQ_CSB_ENABLE:
		h.nr_body = any(w, 20) ? 0 : address(w);
		break;
	default:
		h.nr_body = any(w, 20) ? (uintptr_t)w->scratch : address(w);
	}
	h.nr_options = options(w);
	if (h.nr_reqtype == NETMAP_REQ_SYNC_KLOOP_START) {
		/* Only an interrupt ends it. */
		struct timespec soon = { .tv_nsec = 1000000 };
		pid_t me = getpid(), child = any(w, 16) == 0 ? fork() : -1;

		if (child == 0) {
			for (int i = 0; i < 2000 && getppid() == me; i++) {
				nanosleep(&soon, NULL);
				kill(me, SIGUSR1);
			}
			_exit(0);
		}
		if (child > 0) {
			ioctl(fd, NIOCCTRL, &h);
			kill(child, SIGKILL);
			waitpid(child, NULL, 0);
		}
		return;
	}
	ioctl(fd, NIOCCTRL, &h);
}

static void
legacy(struct world *w, int fd)
{
	struct nmreq r;

	fill(w, &r, sizeof(r));
	snprintf(r.nr_name, sizeof(r.nr_name), "%s", names[any(w, name_count)]);
	r.nr_version = any(w, 10) ? 11 + any(w, 6) : (uint32_t)number(w);
	if (any(w, 500))
		r.nr_arg3 &= EXTRA - 1;
	r.nr_cmd = (uint16_t)(any(w, 2) ? 0 : any(w, 16));
	ioctl(fd, any(w, 3) ? NIOCREGIF : NIOCGINFO, &r);
}

static void
scribble(struct world *w, unsigned int i)
{
	size_t at;

	if (w->mem[i] == NULL)
		return;
	for (unsigned int n = any(w, 64); n > 0; n--) {
		uint32_t word = (uint32_t)number(w);

		at = (any(w, 4) ? any(w, 1 << 16) : random_next(&w->seed)) % (w->length[i] - 4);
		memcpy(w->mem[i] + at, &word, 4);
	}
}

static void
sit_in_poll(struct world *w, int fd)
{
	struct pollfd p = { .fd = fd, .events = (short)(any(w, 8) | (any(w, 8) ? 0 : (short)number(w))) };

	poll(&p, 1, any(w, 32) ? 0 : (int)any(w, 3));
}

static void
one_call(struct world *w)
{
	unsigned int i = any(w, FILES);

	__atomic_add_fetch(&shared->calls, 1, __ATOMIC_RELAXED);
	if (w->fd[i] < 0) {
		w->fd[i] = open(device, O_RDWR | O_CLOEXEC);
		return;
	}
	switch (any(w, 16)) {
	case 0:
		close(w->fd[i]);
		w->fd[i] = -1;
		break;
	case 1: case 2:
		control(w, w->fd[i]);
		break;
	case 4:
		legacy(w, w->fd[i]);
		break;
	case 5: case 6:
		ioctl(w->fd[i], NIOCTXSYNC, NULL);
		break;
	case 7: case 8:
		ioctl(w->fd[i], NIOCRXSYNC, NULL);
		break;
	case 9: case 10:
		sit_in_poll(w, w->fd[i]);
		break;
	case 11:
		if (w->mem[i] == NULL) {
			w->length[i] = MAPPED >> any(w, 6);
			w->mem[i] = mmap(NULL, w->length[i], PROT_READ | PROT_WRITE, MAP_SHARED, w->fd[i],
			    any(w, 4) ? 0 : (off_t)any(w, 64) * 4096);
			if (w->mem[i] == MAP_FAILED)
				w->mem[i] = NULL;
		} else if (any(w, 4) == 0) {
			munmap(w->mem[i], w->length[i]);
			w->mem[i] = NULL;
		}
		break;
	case 12: case 13:
		scribble(w, i);
		break;
	case 3: case 14: {
		int copy = dup(w->fd[i]);

		close(copy);
		break;
	}
	default:
		ioctl(w->fd[i], (unsigned long)(any(w, 2) ? number(w) : NIOCCONFIG), w->scratch);
	}
}

static void
on_signal(int number_of_signal)
{
	(void)number_of_signal;
}

static void
live(uint64_t seed, uint64_t until, uint64_t calls)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct world w = { .seed = seed };
	uint64_t life;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigaction(SIGUSR1, &action, NULL);
	w.scratch = mmap(NULL, SCRATCH, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (unsigned int i = 0; i < FILES; i++)
		w.fd[i] = -1;
	for (life = any(&w, 2 * LIFE); life > 0 && shared->calls < calls && now_ns() < until; life--)
		one_call(&w);
	if (any(&w, 2))
		kill(getpid(), SIGKILL);
	_exit(0);
}

/* What lasts without a descriptor: stations on switches, persistent ports. */
static void
clean_up(void)
{
	struct nmreq_vale_detach detach = { 0 };
	struct nmreq_vale_polling polling = { 0 };
	int fd = open(device, O_RDWR | O_CLOEXEC);

	for (unsigned int pass = 0; fd >= 0 && pass < 2; pass++) {
		for (unsigned int i = 0; i < name_count; i++) {
			struct nmreq_header h = { .nr_version = NETMAP_API, .nr_reqtype = NETMAP_REQ_VALE_POLLING_DISABLE,
				.nr_body = (uintptr_t)&polling };

			snprintf(h.nr_name, sizeof(h.nr_name), "%s", names[i]);
			ioctl(fd, NIOCCTRL, &h);
			h.nr_reqtype = NETMAP_REQ_VALE_DETACH;
			h.nr_body = (uintptr_t)&detach;
			ioctl(fd, NIOCCTRL, &h);
			h.nr_reqtype = NETMAP_REQ_VALE_DELIF;
			h.nr_body = 0;
			ioctl(fd, NIOCCTRL, &h);
		}
	}
	close(fd);
}

static void
usage(void)
{
	fprintf(stderr, "apifuzz [-d DEVICE] [-p PROCESSES] [-n CALLS] [-t SECONDS] [-s SEED] [-i INTERFACE ...]\n");
	exit(2);
}

int
main(int argc, char **argv)
{
	uint64_t calls = UINT64_MAX, seconds = 10, seed = 1, until, round = 0, begin;
	unsigned int processes = 4;
	pid_t pids[PROCESSES_MAX] = { 0 };
	int option, alive;

	device = port_device();
	while ((option = getopt(argc, argv, "d:p:n:t:s:i:")) != -1) {
		switch (option) {
		case 'd': device = optarg; break;
		case 'p': processes = (unsigned int)atoi(optarg); break;
		case 'n': calls = strtoull(optarg, NULL, 0); break;
		case 't': seconds = strtoull(optarg, NULL, 0); break;
		case 's': seed = strtoull(optarg, NULL, 0); break;
		case 'i': names[name_count++ % 64] = optarg; break;
		default: usage();
		}
	}
	if (processes == 0 || processes > PROCESSES_MAX || optind != argc)
		usage();
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!bystander_start(&shared->bystander, device))
		return 1;
	begin = now_ns();
	until = begin + seconds * NS_PER_SECOND;
	while (shared->calls < calls && now_ns() < until) {
		for (unsigned int i = 0; i < processes; i++) {
			if (pids[i] == 0) {
				uint64_t own = seed * 1000003 + round++;

				pids[i] = fork();
				if (pids[i] == 0)
					live(own, until, calls);
			} else if (waitpid(pids[i], NULL, WNOHANG) == pids[i]) {
				pids[i] = 0;
				shared->deaths++;
			}
		}
		sleep_ns(1000000);
	}
	for (unsigned int i = 0; i < processes; i++) {
		if (pids[i] != 0) {
			kill(pids[i], SIGKILL);
			waitpid(pids[i], NULL, 0);
		}
	}
	clean_up();
	alive = bystander_end(&shared->bystander);
	bystander_print(&shared->bystander);
	printf("alive=%d seconds=%.1f lives=%" PRIu64 " calls=%" PRIu64 "\n", alive, (double)(now_ns() - begin) / 1e9, shared->deaths,
	    shared->calls);
	return !alive;
}
