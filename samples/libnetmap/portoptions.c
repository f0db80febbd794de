/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * The options that nmport_parse knows: share, conf, extmem, offset.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "internal.h"

#define KEY(name, number)	{ .key = name, .id = number }

enum { SHARE_PORT };
enum { CONF_RINGS, CONF_HOST_RINGS, CONF_SLOTS, CONF_TX_RINGS, CONF_RX_RINGS, CONF_HOST_TX_RINGS, CONF_HOST_RX_RINGS,
    CONF_TX_SLOTS, CONF_RX_SLOTS };
enum { EXTMEM_FILE, EXTMEM_IF_NUM, EXTMEM_IF_SIZE, EXTMEM_RING_NUM, EXTMEM_RING_SIZE, EXTMEM_BUF_NUM, EXTMEM_BUF_SIZE };
enum { OFFSET_INITIAL, OFFSET_BITS };

int
nmport_number(struct nmctx *ctx, const char *key, const char *text, uint64_t max, uint64_t *number)
{
	const char *s = text;

	for (*number = 0; isdigit((unsigned char)*s) && *number <= max / 10; s++)
		*number = *number * 10 + (uint64_t)(*s - '0');
	if (s == text || *s != '\0' || *number > max)
		return FAIL(ctx, EINVAL, "%s=%s: a number of at most %llu", key, text, (unsigned long long)max);
	return 0;
}

static int
parse_share(struct nmreq_parse_ctx *values)
{
	struct nmport_d *d = values->token;
	const char *port = values->keys[SHARE_PORT];
	int32_t region = nmreq_get_mem_id(&port, values->ctx);

	if (region < 0)
		return -1;
	if (*port != '\0')
		return FAIL(values->ctx, EINVAL, "share=%s: a port's name without anything behind it", values->keys[SHARE_PORT]);
	if (d->reg.nr_mem_id != 0 && d->reg.nr_mem_id != region)
		return FAIL(values->ctx, EINVAL, "share=%s: region %d, but %u was asked for", values->keys[SHARE_PORT], region,
		    d->reg.nr_mem_id);
	d->reg.nr_mem_id = (uint16_t)region;
	return 0;
}

static int
parse_conf(struct nmreq_parse_ctx *values)
{
	struct nmreq_register *reg = &((struct nmport_d *)values->token)->reg;
	/* The special ones come after the general ones, which they override. */
	const struct {
		const char *name;
		void *first, *second;
		uint64_t max;
	} targets[] = {
		[CONF_RINGS] = { "rings", &reg->nr_tx_rings, &reg->nr_rx_rings, UINT16_MAX },
		[CONF_HOST_RINGS] = { "host-rings", &reg->nr_host_tx_rings, &reg->nr_host_rx_rings, UINT16_MAX },
		[CONF_SLOTS] = { "slots", &reg->nr_tx_slots, &reg->nr_rx_slots, UINT32_MAX },
		[CONF_TX_RINGS] = { "tx-rings", &reg->nr_tx_rings, NULL, UINT16_MAX },
		[CONF_RX_RINGS] = { "rx-rings", &reg->nr_rx_rings, NULL, UINT16_MAX },
		[CONF_HOST_TX_RINGS] = { "host-tx-rings", &reg->nr_host_tx_rings, NULL, UINT16_MAX },
		[CONF_HOST_RX_RINGS] = { "host-rx-rings", &reg->nr_host_rx_rings, NULL, UINT16_MAX },
		[CONF_TX_SLOTS] = { "tx-slots", &reg->nr_tx_slots, NULL, UINT32_MAX },
		[CONF_RX_SLOTS] = { "rx-slots", &reg->nr_rx_slots, NULL, UINT32_MAX },
	};

	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		size_t size = targets[i].max == UINT16_MAX ? sizeof(uint16_t) : sizeof(uint32_t);
		uint64_t number;

		if (values->keys[i] == NULL)
			continue;
		if (nmport_number(values->ctx, targets[i].name, values->keys[i], targets[i].max, &number) != 0)
			return -1;
		memcpy(targets[i].first, &number, size);	/* little endian, as the whole interface */
		if (targets[i].second != NULL)
			memcpy(targets[i].second, &number, size);
	}
	return 0;
}

static int
parse_extmem(struct nmreq_parse_ctx *values)
{
	static const char *const names[] = { "file", "if-num", "if-size", "ring-num", "ring-size", "buf-num", "buf-size" };
	struct nmport_d *d = values->token;
	struct nmreq_pools_info *info;
	uint32_t *targets[EXTMEM_BUF_SIZE + 1];

	if (nmport_extmem_from_file(d, values->keys[EXTMEM_FILE]) != 0)
		return -1;
	info = nmport_extmem_getinfo(d);
	targets[EXTMEM_IF_NUM] = &info->nr_if_pool_objtotal;
	targets[EXTMEM_IF_SIZE] = &info->nr_if_pool_objsize;
	targets[EXTMEM_RING_NUM] = &info->nr_ring_pool_objtotal;
	targets[EXTMEM_RING_SIZE] = &info->nr_ring_pool_objsize;
	targets[EXTMEM_BUF_NUM] = &info->nr_buf_pool_objtotal;
	targets[EXTMEM_BUF_SIZE] = &info->nr_buf_pool_objsize;
	for (int i = EXTMEM_IF_NUM; i <= EXTMEM_BUF_SIZE; i++) {
		uint64_t number;

		if (values->keys[i] == NULL)
			continue;
		if (nmport_number(values->ctx, names[i], values->keys[i], UINT32_MAX, &number) != 0)
			return -1;
		*targets[i] = (uint32_t)number;
	}
	return 0;
}

static int
parse_offset(struct nmreq_parse_ctx *values)
{
	uint64_t initial, bits = 0;

	if (nmport_number(values->ctx, "initial", values->keys[OFFSET_INITIAL], UINT32_MAX, &initial) != 0)
		return -1;
	if (values->keys[OFFSET_BITS] != NULL &&
	    nmport_number(values->ctx, "bits", values->keys[OFFSET_BITS], 64, &bits) != 0)
		return -1;
	return nmport_offset(values->token, initial, initial, bits, 0);
}

static struct nmreq_opt_parser offset_parser = {
	.prefix = "offset", .parse = parse_offset, .default_key = OFFSET_INITIAL, .nr_keys = 2,
	.flags = NMREQ_OPTF_DISABLED,	/* a program that does not look at offsets would read and write the wrong bytes */
	.keys = {
		{ .key = "initial", .id = OFFSET_INITIAL, .flags = NMREQ_OPTK_DEFAULT | NMREQ_OPTK_MUSTSET },
		KEY("bits", OFFSET_BITS),
	},
};

static struct nmreq_opt_parser extmem_parser = {
	.prefix = "extmem", .parse = parse_extmem, .default_key = EXTMEM_FILE, .nr_keys = 7, .next = &offset_parser,
	.keys = {
		{ .key = "file", .id = EXTMEM_FILE, .flags = NMREQ_OPTK_DEFAULT | NMREQ_OPTK_MUSTSET },
		KEY("if-num", EXTMEM_IF_NUM), KEY("if-size", EXTMEM_IF_SIZE), KEY("ring-num", EXTMEM_RING_NUM),
		KEY("ring-size", EXTMEM_RING_SIZE), KEY("buf-num", EXTMEM_BUF_NUM), KEY("buf-size", EXTMEM_BUF_SIZE),
	},
};

static struct nmreq_opt_parser conf_parser = {
	.prefix = "conf", .parse = parse_conf, .default_key = CONF_RINGS, .nr_keys = 9, .next = &extmem_parser,
	.keys = {
		{ .key = "rings", .id = CONF_RINGS, .flags = NMREQ_OPTK_DEFAULT }, KEY("host-rings", CONF_HOST_RINGS),
		KEY("slots", CONF_SLOTS), KEY("tx-rings", CONF_TX_RINGS), KEY("rx-rings", CONF_RX_RINGS),
		KEY("host-tx-rings", CONF_HOST_TX_RINGS), KEY("host-rx-rings", CONF_HOST_RX_RINGS),
		KEY("tx-slots", CONF_TX_SLOTS), KEY("rx-slots", CONF_RX_SLOTS),
	},
};

static struct nmreq_opt_parser share_parser = {
	.prefix = "share", .parse = parse_share, .default_key = SHARE_PORT, .nr_keys = 1, .next = &conf_parser,
	.keys = { { .key = "port", .id = SHARE_PORT, .flags = NMREQ_OPTK_DEFAULT | NMREQ_OPTK_MUSTSET } },
};

struct nmreq_opt_parser *
nmport_parsers(void)
{
	return &share_parser;
}

static struct nmreq_opt_parser *
parser_of(const char *option)
{
	struct nmreq_opt_parser *parser = nmport_parsers();

	while (parser != NULL && strcmp(parser->prefix, option) != 0)
		parser = parser->next;
	return parser;
}

void
nmport_disable_option(const char *opt)
{
	struct nmreq_opt_parser *parser = parser_of(opt);

	if (parser != NULL)
		parser->flags |= NMREQ_OPTF_DISABLED;
}

int
nmport_enable_option(const char *opt)
{
	struct nmreq_opt_parser *parser = parser_of(opt);

	if (parser == NULL) {
		errno = EOPNOTSUPP;
		return -1;
	}
	parser->flags &= ~NMREQ_OPTF_DISABLED;
	return 0;
}
