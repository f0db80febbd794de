/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * libnetmap: all of libnetmap's interface, and what nm_open takes over from another descriptor.
 *
 *	libnetmap --names		what needs no daemon
 *	libnetmap [-d DEVICE]		everything
 *
 * Prints a line a check. Exit 0, 3 if a check failed, 1 if it could not run.
 */

/* Nothing comes before these: programs rely on all that they bring along. */
#define NETMAP_WITH_LIBS
#include <net/netmap_user.h>
#include <libnetmap.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

#define FRAMES		100
#define THREADS		4
#define ROUNDS		100
#define FILE_BYTES	(16 << 20)

static int failures, complaints;
static char last_complaint[1024];

static void
check(const char *what, int good)
{
	printf("%s %s\n", good ? "ok  " : "FAIL", what);
	failures += !good;
}

static void
count_complaint(struct nmctx *ctx, const char *message)
{
	(void)ctx;
	complaints++;
	snprintf(last_complaint, sizeof(last_complaint), "%s", message);
}

/* A failure as the interface promises it: this errno, and a message. */
static int
failed_with(int result, int error)
{
	int told = complaints;

	complaints = 0;
	return result == -1 && errno == error && told > 0;
}

/* What programs take from the headers without including anything else: it has to compile. */
static void
use_what_headers_bring(void)
{
	struct netmap_slot slot = { .ptr = 0xff10 };
	struct netmap_ring ring = { .offset_mask = 0xff, .num_slots = 4, .head = 1, .cur = 2, .tail = 3 };

	signal(SIGUSR1, SIG_IGN);
	ND("never %d", 1);
	RD(1, "a message %d", 1);
	D("a message of %s", NM_BDG_NAME);
	check("a switch's name", strncmp("vale0:a", NM_BDG_NAME, strlen(NM_BDG_NAME)) == 0);
	check("an offset is what the mask leaves", NETMAP_ROFFSET(&ring, &slot) == 0x10);
	NETMAP_WOFFSET(&ring, &slot, 0x42);
	check("the rest of ptr stays", slot.ptr == 0xff42);
	check("a ring's slots count from head, wherever cur is", nm_ring_space(&ring) == 2 && !nm_ring_empty(&ring));
	ring.head = 3;
	check("an empty ring", nm_ring_empty(&ring) && nm_ring_space(&ring) == 0);
	check("macros of old programs", _NETMAP_OFFSET(char *, &ring, 8) == (char *)&ring + 8);
}

static int
decode(const char *spec, char name[NETMAP_REQ_IFNAMSIZ], struct nmreq_register *reg, const char **rest)
{
	struct nmreq_header hdr = { .nr_name = "as it was" };
	const char *s = spec;
	int result = nmreq_header_decode(&s, &hdr, nmctx_get());

	if (result == 0)
		result = nmreq_register_decode(&s, reg, nmctx_get());
	else
		check("a failure changes nothing", s == spec && strcmp(hdr.nr_name, "as it was") == 0);
	memcpy(name, hdr.nr_name, sizeof(hdr.nr_name));
	*rest = s;
	return result;
}

static void
test_names(void)
{
	static const struct {
		const char *spec, *name;
		uint32_t mode, ring;
		uint64_t flags;
		uint16_t region;
		const char *rest;
	} good[] = {
		{ "netmap:eth0", "eth0", NR_REG_ALL_NIC, 0, 0, 0, "" },
		{ "netmap:eth0^", "eth0", NR_REG_SW, 0, 0, 0, "" },
		{ "netmap:eth0^3", "eth0", NR_REG_ONE_SW, 3, 0, 0, "" },
		{ "netmap:eth0*", "eth0", NR_REG_NIC_SW, 0, 0, 0, "" },
		{ "netmap:eth0-4094", "eth0", NR_REG_ONE_NIC, 4094, 0, 0, "" },
		{ "netmap:eth0.7/xT", "eth0.7", NR_REG_ALL_NIC, 0, NR_EXCLUSIVE | NR_TX_RINGS_ONLY, 0, "" },
		{ "vale0:a{p1/R@7", "vale0:a{p1", NR_REG_ALL_NIC, 0, NR_RX_RINGS_ONLY, 7, "" },
		{ "vale:b}9-0/z@65535/tr", "vale:b}9", NR_REG_ONE_NIC, 0, NR_ZCOPY_MON | NR_MONITOR_TX | NR_MONITOR_RX, 65535, "" },
		{ "vale0:", "vale0:", NR_REG_ALL_NIC, 0, 0, 0, "" },
		{ "netmap:a@3@3@conf:rings=2", "a", NR_REG_ALL_NIC, 0, 0, 3, "@conf:rings=2" },
	};
	static const char *const bad[] = { "eth0", "netmap:", "netmap:^", "vale", "val0:a", "vale-0:a", "netmap:a{",
	    "netmap:a{x.y", "netmap:a-", "netmap:a-4095", "netmap:a^4095", "netmap:a/", "netmap:a/q", "netmap:a*1", "netmap:a@0",
	    "netmap:a@65536", "netmap:a@1@2", "netmap:a-1^",
	    "netmap:0123456789012345678901234567890123456789012345678901234567890123" };
	char name[NETMAP_REQ_IFNAMSIZ];
	const char *rest;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct nmreq_register reg = { .nr_extra_bufs = 5 };

		check(good[i].spec, decode(good[i].spec, name, &reg, &rest) == 0 && strcmp(name, good[i].name) == 0 &&
		    reg.nr_mode == good[i].mode && reg.nr_ringid == good[i].ring && reg.nr_flags == good[i].flags &&
		    reg.nr_mem_id == good[i].region && strcmp(rest, good[i].rest) == 0 && reg.nr_extra_bufs == 5);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct nmreq_register reg = { .nr_mode = 77 };

		check(bad[i], failed_with(decode(bad[i], name, &reg, &rest), EINVAL) && reg.nr_mode == 77);
	}
}

static int
remember(struct nmreq_parse_ctx *values)
{
	const char **seen = values->token;

	memcpy(seen, values->keys, sizeof(values->keys));
	for (int i = 0; i < NMREQ_OPT_MAXKEYS; i++)
		seen[i] = seen[i] != NULL ? strdup(seen[i]) : NULL;
	if (seen[0] != NULL && strcmp(seen[0], "bad") == 0) {
		errno = ERANGE;
		return -1;
	}
	return 0;
}

static void
test_option_parser(void)
{
	struct nmreq_opt_parser flag = { .prefix = "flag", .parse = remember, .default_key = -1, .flags = NMREQ_OPTF_ALLOWEMPTY };
	struct nmreq_opt_parser keys = {
		.prefix = "keys", .parse = remember, .default_key = 0, .nr_keys = 3, .next = &flag,
		.keys = {
			{ .key = "first", .id = 0, .flags = NMREQ_OPTK_MUSTSET | NMREQ_OPTK_DEFAULT },
			{ .key = "my_key", .id = 1 },
			{ .key = "empty", .id = 2, .flags = NMREQ_OPTK_ALLOWEMPTY },
		},
	};
	static const char *const bad[] = { "@none", "@keys", "@keys:my-key=1", "@keys:first", "@keys:first=1,first=2",
	    "@keys:first=1,other=2", "@flag=1", "keys=1", "@keysx=1", "@" };
	const char *seen[NMREQ_OPT_MAXKEYS] = { NULL };
	struct nmctx *ctx = nmctx_get();

	check("no options", nmreq_options_decode("", &keys, seen, ctx) == 0);
	check("a flag", nmreq_options_decode("@flag", &keys, seen, ctx) == 0 && seen[0] == NULL);
	check("the default key", nmreq_options_decode("@keys=7", &keys, seen, ctx) == 0 && strcmp(seen[0], "7") == 0);
	check("several keys", nmreq_options_decode("@flag@keys:my-key=a=b,first=1,empty", &keys, seen, ctx) == 0 &&
	    strcmp(seen[0], "1") == 0 && strcmp(seen[1], "a=b") == 0 && strcmp(seen[2], "") == 0);
	check("what a parser says is passed on", nmreq_options_decode("@keys=bad", &keys, seen, ctx) == -1 && errno == ERANGE);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		check(bad[i], failed_with(nmreq_options_decode(bad[i], &keys, seen, ctx), EINVAL));
	keys.flags |= NMREQ_OPTF_DISABLED;
	check("a disabled option", failed_with(nmreq_options_decode("@keys=1", &keys, seen, ctx), EOPNOTSUPP));
}

static void
test_option_list(void)
{
	struct nmreq_header hdr;
	struct nmreq_option csb = { .nro_reqtype = NETMAP_REQ_OPT_CSB }, mode = { .nro_reqtype = NETMAP_REQ_OPT_SYNC_KLOOP_MODE };
	struct nmreq_option *option;
	int n = 0;

	nmreq_header_init(&hdr, NETMAP_REQ_CSB_ENABLE, &n);
	check("a header", hdr.nr_version == NETMAP_API && hdr.nr_reqtype == NETMAP_REQ_CSB_ENABLE && hdr.nr_reserved == 0 &&
	    hdr.nr_body == (uintptr_t)&n && hdr.nr_options == 0 && hdr.nr_name[0] == '\0');
	nmreq_push_option(&hdr, &csb);
	nmreq_push_option(&hdr, &mode);
	nmreq_foreach_option(&hdr, option)
		n++;
	check("two options", n == 2 && nmreq_find_option(&hdr, NETMAP_REQ_OPT_CSB) == &csb);
	nmreq_remove_option(&hdr, &csb);
	check("one is gone", nmreq_find_option(&hdr, NETMAP_REQ_OPT_CSB) == NULL &&
	    nmreq_find_option(&hdr, NETMAP_REQ_OPT_SYNC_KLOOP_MODE) == &mode);
	nmreq_remove_option(&hdr, &csb);
	nmreq_remove_option(&hdr, &mode);
	nmreq_push_option(&hdr, nmctx_malloc(nmctx_get(), sizeof(csb)));
	nmreq_free_options(&hdr);
	check("none is left", hdr.nr_options == 0);
	check("names of options", strcmp(nmreq_option_name(NETMAP_REQ_OPT_EXTMEM), "extmem") == 0 &&
	    strcmp(nmreq_option_name(NETMAP_REQ_OPT_OFFSETS), "offsets") == 0 && strcmp(nmreq_option_name(99), "unknown") == 0);
}

static void *
no_memory(struct nmctx *ctx, size_t size)
{
	(void)ctx;
	(void)size;
	return NULL;
}

static void
test_contexts(void)
{
	struct nmctx poor = *nmctx_get(), *before;

	check("the default context has its lock", nmctx_get()->lock != NULL);
	poor.malloc = no_memory;
	before = nmctx_set_default(&poor);
	check("the context is replaced", nmctx_get() == &poor);
	check("no memory, no port", nmport_new() == NULL && errno == ENOMEM && complaints == 1);
	poor.verbose = 0;
	check("without words", nmport_prepare("netmap:a") == NULL && complaints == 1);
	check("and put back", nmctx_set_default(before) == &poor && nmctx_get() == before);
	complaints = 0;
	nmctx_ferror(before, "%s %d", "one", 2);
	check("a message", strcmp(last_complaint, "one 2") == 0);
	nmctx_lock(before);
	nmctx_unlock(before);
	complaints = 0;
}

static void
test_prepared(void)
{
	struct nmport_d *d = nmport_prepare("vale0:a-1/x@conf:rings=2,tx-slots=64,host-rx-rings=3@conf:slots=128"), *clone;
	struct nmreq_register reg;

	check("wishes", d != NULL && d->reg.nr_tx_rings == 2 && d->reg.nr_rx_rings == 2 && d->reg.nr_tx_slots == 128 &&
	    d->reg.nr_rx_slots == 128 && d->reg.nr_host_rx_rings == 3 && d->reg.nr_host_tx_rings == 0 && d->fd == -1 &&
	    d->reg.nr_ringid == 1 && d->hdr.nr_body == (uintptr_t)&d->reg);
	reg = d->reg;
	check("an option of another program", failed_with(nmport_parse(d, "vale0:b@conf:rings=1@offset=8"), EOPNOTSUPP));
	check("a failed parse changes nothing", memcmp(&reg, &d->reg, sizeof(reg)) == 0 && strcmp(d->hdr.nr_name, "vale0:a") == 0);
	check("bad numbers", failed_with(nmport_parse(d, "vale0:b@conf:slots=1x"), EINVAL) &&
	    failed_with(nmport_parse(d, "vale0:b@conf:rings=65536"), EINVAL) &&
	    failed_with(nmport_parse(d, "vale0:b@conf:rings=-1"), EINVAL) &&
	    failed_with(nmport_parse(d, "vale0:b@conf:rings="), EINVAL));
	check("no file for extmem", failed_with(nmport_parse(d, "vale0:b@extmem=/nonexistent"), ENOENT));
	check("nothing to map yet", failed_with(nmport_mmap(d), EINVAL));
	clone = nmport_clone(d);
	check("a clone", clone != NULL && memcmp(&clone->reg, &d->reg, sizeof(reg)) == 0 && clone->ctx == d->ctx &&
	    clone->hdr.nr_body == (uintptr_t)&clone->reg);
	nmport_undo_prepare(clone);
	nmport_undo_parse(d);
	check("a parse is undone", d->reg.nr_tx_rings == 0 && d->hdr.nr_name[0] == '\0');
	nmport_delete(d);
	check("enable and disable", nmport_enable_option("nothing") == -1 && errno == EOPNOTSUPP);
	nmport_disable_option("nothing");
	nmport_disable_option("conf");
	check("a disabled conf", nmport_prepare("vale0:b@conf:rings=1") == NULL && errno == EOPNOTSUPP);
	check("conf again", nmport_enable_option("conf") == 0 && (d = nmport_prepare("vale0:b@conf=3")) != NULL &&
	    d->reg.nr_rx_rings == 3);
	nmport_undo_prepare(d);
	complaints = 0;
}

/* Takes what is in the receive rings: frames, and whether each starts with mark and has this length in all its slots. */
static int
take(struct nmport_d *d, char mark, size_t length)
{
	struct pollfd p = { .fd = d->fd, .events = POLLIN };
	int frames = 0;

	while (frames < FRAMES && poll(&p, 1, 2000) == 1) {
		for (unsigned int i = d->first_rx_ring; i <= d->last_rx_ring; i++) {
			struct netmap_ring *ring = NETMAP_RXRING(d->nifp, i);

			while (!nm_ring_empty(ring)) {
				const char *data = NETMAP_BUF_OFFSET(ring, &ring->slot[ring->head]);
				size_t total = 0;
				uint16_t flags;

				if (data[20] != mark)
					return -1;
				do {
					total += ring->slot[ring->head].len;
					flags = ring->slot[ring->head].flags;
					ring->head = ring->cur = nm_ring_next(ring, ring->head);
				} while (flags & NS_MOREFRAG);
				if (total != length)
					return -2;
				frames++;
			}
		}
	}
	return frames;
}

/* FRAMES broadcasts from one port to another. */
static int
passes(struct nmport_d *from, struct nmport_d *to, char mark, size_t length)
{
	char *frame = calloc(1, length);
	int sent = 0, got;

	memset(frame, 0xff, 6);
	frame[6] = 2;
	frame[20] = mark;
	for (int i = 0; i < FRAMES; i++)
		sent += nmport_inject(from, frame, length) == (int)length;
	ioctl(from->fd, NIOCTXSYNC, NULL);
	got = take(to, mark, length);
	free(frame);
	if (sent != FRAMES || got != FRAMES)
		fprintf(stderr, "%d sent, %d received\n", sent, got);
	return sent == FRAMES && got == FRAMES;
}

static void
test_traffic(void)
{
	struct nmport_d *a = nmport_open("vale0:lna"), *b = nmport_open("vale0:lnb"), *shared, *master, *slave, *mute;

	check("two ports", a != NULL && b != NULL && a->register_done && a->mmap_done && a->mem != b->mem);
	check("frames of one slot", passes(a, b, 'x', 60));
	check("frames of several slots", passes(b, a, 'y', 5000));
	check("register twice", failed_with(nmport_register(a), EINVAL));
	check("map twice", failed_with(nmport_mmap(a), EINVAL));
	check("options come before registration", failed_with(nmport_offset(a, 0, 0, 0, 0), EINVAL));

	shared = nmport_open("vale0:lnc@share=vale0:lna");
	check("a shared region", shared != NULL && shared->mem == a->mem && a->mem->refcount == 2);
	check("frames in it", passes(shared, a, 'z', 60));
	check("share with nobody", nmport_open("vale0:lnd@share=netmap:nobody0") == NULL && errno == ENXIO);
	check("share and another id", nmport_open("vale0:lnd@9@share=vale0:lna") == NULL && errno == EINVAL);

	master = nmport_open("vale0:lna{p");
	slave = nmport_open("vale0:lna}p");
	check("a pipe is in its parent's region", master != NULL && slave != NULL && master->mem == a->mem);
	check("frames through the pipe", passes(master, slave, 'p', 60) && passes(slave, master, 'q', 3000));

	mute = nmport_open("vale0:lnb/R");
	check("receive rings only", mute != NULL && mute->first_tx_ring > mute->last_tx_ring && mute->first_rx_ring == 0 &&
	    mute->last_rx_ring == 0 && nmport_inject(mute, "a frame that has no ring", 24) == 0);

	nmport_undo_mmap(a);
	check("unmapped, still registered", !a->mmap_done && a->register_done && a->nifp == NULL);
	check("mapped again", nmport_mmap(a) == 0 && a->mem == shared->mem);
	nmport_close(a);
	check("a region outlives its first port", passes(master, slave, 'r', 60));
	nmport_close(mute);
	nmport_close(slave);
	nmport_close(master);
	nmport_close(shared);
	nmport_close(b);
	nmport_close(NULL);
	check("no region is left", nmctx_get()->mem_descs == NULL);
	check("there is no such port", nmport_open("netmap:nobody0") == NULL && errno == ENXIO && complaints > 0);
	complaints = 0;
}

/* As a sender with a thread a ring does it: one description, then a clone for each ring. */
static void
test_clones(void)
{
	struct nmport_d *all = nmport_prepare("vale0:lne@conf:rings=2,slots=256"), *rings[2];
	const char *name = "vale0:lne";
	int32_t region;

	all->reg.nr_extra_bufs = 10;
	check("opened as prepared", nmport_open_desc(all) == 0 && all->reg.nr_extra_bufs == 10 && all->nifp->ni_bufs_head != 0 &&
	    all->last_tx_ring == 1 && NETMAP_TXRING(all->nifp, 1)->num_slots == 256);
	for (uint16_t i = 0; i < 2; i++) {
		rings[i] = nmport_clone(all);
		rings[i]->reg.nr_mode = NR_REG_ONE_NIC;
		rings[i]->reg.nr_ringid = i;
		rings[i]->reg.nr_extra_bufs = 0;
		check("a clone for one ring", nmport_open_desc(rings[i]) == 0 && rings[i]->mem == all->mem &&
		    rings[i]->first_tx_ring == i && rings[i]->last_tx_ring == i && rings[i]->cur_rx_ring == i);
	}
	region = nmreq_get_mem_id(&name, nmctx_get());
	check("the region's id", region == all->reg.nr_mem_id && *name == '\0');
	nmport_undo_open_desc(rings[0]);
	check("closed and opened again", rings[0]->fd == -1 && nmport_open_desc(rings[0]) == 0);
	nmport_close(rings[0]);
	nmport_close(rings[1]);
	nmport_close(all);
}

static void
test_extmem(void)
{
	char path[] = "/dev/shm/libnetmap-XXXXXX", spec[128];
	int fd = mkstemp(path);
	struct nmport_d *a, *b, *clone;
	struct nmreq_pools_info *info = NULL;
	void *own = mmap(NULL, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (fd < 0 || ftruncate(fd, FILE_BYTES) != 0 || own == MAP_FAILED) {
		perror(path);
		exit(1);
	}
	snprintf(spec, sizeof(spec), "vale1:exta@extmem:file=%s,buf-num=3000,if-num=8", path);
	a = nmport_prepare(spec);
	check("a file as region", a != NULL && a->extmem != NULL && (info = nmport_extmem_getinfo(a)) != NULL &&
	    info->nr_buf_pool_objtotal == 3000 && info->nr_if_pool_objtotal == 8 && info->nr_memsize == FILE_BYTES);
	check("no clone before it is registered", nmport_clone(a) == NULL && errno == EINVAL);
	check("registered", nmport_open_desc(a) == 0 && a->mem->is_extmem && info->nr_ring_pool_objtotal > 0);
	b = nmport_prepare("vale1:extb");
	check("no extmem", nmport_extmem_getinfo(b) == NULL);
	check("own memory", nmport_extmem(b, own, FILE_BYTES) == 0 && nmport_open_desc(b) == 0 && b->mem->mem == own);
	check("only once", failed_with(nmport_extmem(b, own, FILE_BYTES), EINVAL));
	check("frames between files and memory", passes(a, b, 'e', 60) && passes(b, a, 'f', 3000));
	clone = nmport_clone(a);
	check("a clone of it", clone != NULL && clone->extmem == NULL && nmport_open_desc(clone) == 0 && clone->mem == a->mem);
	nmport_close(a);
	check("which outlives it", passes(b, clone, 'g', 60));
	nmport_close(clone);
	nmport_close(b);
	munmap(own, FILE_BYTES);
	close(fd);
	unlink(path);
	check("no region is left over", nmctx_get()->mem_descs == NULL);
	complaints = 0;
}

static void
test_offsets(void)
{
	struct nmport_d *a, *b;
	struct netmap_ring *ring;

	check("offset is for who asks for it", nmport_open("vale2:offa@offset=64") == NULL && errno == EOPNOTSUPP);
	check("asked", nmport_enable_option("offset") == 0);
	a = nmport_open("vale2:offa@offset:initial=64,bits=16");
	b = nmport_prepare("vale2:offb");
	check("by a call", nmport_offset(b, 128, 256, 0, 0) == 0 && failed_with(nmport_offset(b, 1, 1, 0, 0), EEXIST) &&
	    nmport_open_desc(b) == 0);
	ring = NETMAP_TXRING(a->nifp, 0);
	check("16 bits of offset", ring->offset_mask == 0xffff && NETMAP_ROFFSET(ring, &ring->slot[5]) == 64);
	check("all bits", NETMAP_RXRING(b->nifp, 0)->offset_mask == UINT64_MAX);
	check("frames at offsets", passes(a, b, 'o', 60) && passes(b, a, 'O', 1000));
	nmport_close(a);
	nmport_close(b);
	complaints = 0;
}

static void *
open_and_close(void *argument)
{
	int *bad = argument;

	for (int i = 0; i < ROUNDS; i++) {
		struct nmport_d *d = nmport_open("vale3:many/T");

		*bad += d == NULL || d->mem->refcount < 1 || d->nifp->ni_tx_rings != 1;
		nmport_close(d);
	}
	return NULL;
}

static void
test_threads(void)
{
	struct nmport_d *keeper = nmport_open("vale3:many");
	pthread_t threads[THREADS];
	int bad[THREADS] = { 0 }, sum = 0;

	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, open_and_close, &bad[i]);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		sum += bad[i];
	}
	check("threads share a region", sum == 0 && keeper->mem->refcount == 1);
	nmport_close(keeper);
	check("and leave none", nmctx_get()->mem_descs == NULL);
}

/* nm_open's third and fourth argument. */
static void
test_legacy_arguments(void)
{
	struct nmreq req = { .nr_arg1 = 9, .nr_arg3 = 7 };
	struct nm_desc *a = nm_open("vale4:olda", &req, 0, NULL), *b, *c, stranger;

	check("the caller's request", a != NULL && a->req.nr_arg1 == 9 && a->req.nr_arg3 == 7);
	stranger = *a;		/* its self is that of a */
	stranger.req.nr_arg3 = 3;
	b = nm_open("vale4:oldb", &req, NM_OPEN_ARG3, &stranger);
	check("what no nm_open made counts as nothing", b != NULL && b->req.nr_arg3 == 7 && b->req.nr_arg1 == 9);
	nm_close(b);
	b = nm_open("vale4:oldb", &req, NM_OPEN_NO_MMAP, a);
	check("what no flag names has its default", b != NULL && b->req.nr_arg1 == 4 && b->req.nr_arg3 == 0);
	nm_close(b);
	b = nm_open("vale4:oldb", &req, NM_OPEN_NO_MMAP | NM_OPEN_ARG1 | NM_OPEN_ARG2, a);
	check("what flags name", b != NULL && b->req.nr_arg1 == 9 && b->req.nr_arg2 == a->req.nr_arg2 && b->mem == a->mem &&
	    !b->done_mmap);
	c = nm_open("vale4:oldc", &req, 0, a);
	check("no flags, no fields", c != NULL && c->req.nr_arg1 == 9 && c->req.nr_arg3 == 7 && c->done_mmap);
	nm_close(c);
	nm_close(b);
	nm_close(a);
}

int
main(int argc, char **argv)
{
	struct nmctx *ctx = nmctx_get();
	int names_only = argc == 2 && strcmp(argv[1], "--names") == 0;

	if (argc == 3 && strcmp(argv[1], "-d") == 0)
		setenv("NETMAP_DEVICE", argv[2], 1);
	setlinebuf(stdout);
	ctx->error = count_complaint;
	use_what_headers_bring();
	test_names();
	test_option_parser();
	test_option_list();
	test_contexts();
	test_prepared();
	if (!names_only) {
		test_traffic();
		test_clones();
		test_extmem();
		test_offsets();
		test_threads();
		test_legacy_arguments();
	}
	printf("%d failed\n", failures);
	return failures ? 3 : 0;
}
