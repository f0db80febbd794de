/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * The options of a port's name, "@option:key=value": taking them apart, and handing them to their parsers.
 */
#include <errno.h>
#include <string.h>

#include "internal.h"

/* Two keys are equal if they differ in - and _ only. */
static int
same_key(const char *a, const char *b, size_t length)
{
	for (; length > 0; length--, a++, b++) {
		char x = *a == '-' ? '_' : *a, y = *b == '-' ? '_' : *b;

		if (x != y || x == '\0')
			return 0;
	}
	return *b == '\0';
}

static struct nmreq_opt_parser *
find_parser(struct nmreq_opt_parser *parser, const char *name, size_t length)
{
	while (parser != NULL && !same_key(name, parser->prefix, length))
		parser = parser->next;
	return parser;
}

static struct nmreq_opt_key *
find_key(struct nmreq_opt_parser *parser, const char *name, size_t length)
{
	for (int i = 0; i < parser->nr_keys && i < NMREQ_OPT_MAXKEYS; i++)
		if (same_key(name, parser->keys[i].key, length))
			return &parser->keys[i];
	return NULL;
}

/* One "key=value" or "key", which it cuts in place. */
static int
decode_key(struct nmreq_opt_parser *parser, char *text, struct nmreq_parse_ctx *values)
{
	size_t length = strcspn(text, "=");
	struct nmreq_opt_key *key = find_key(parser, text, length);

	if (key == NULL)
		return FAIL(values->ctx, EINVAL, "option %s: there is no key %.*s", parser->prefix, (int)length, text);
	if (text[length] == '\0' && !(key->flags & NMREQ_OPTK_ALLOWEMPTY))
		return FAIL(values->ctx, EINVAL, "option %s: %s needs a value", parser->prefix, key->key);
	if (values->keys[key->id] != NULL)
		return FAIL(values->ctx, EINVAL, "option %s: %s is given twice", parser->prefix, key->key);
	values->keys[key->id] = text[length] == '=' ? text + length + 1 : text + length;
	return 0;
}

static int
decode_keys(struct nmreq_opt_parser *parser, char *text, struct nmreq_parse_ctx *values)
{
	char *next;

	for (; text != NULL; text = next) {
		next = strchr(text, ',');
		if (next != NULL)
			*next++ = '\0';
		if (decode_key(parser, text, values) != 0)
			return -1;
	}
	return 0;
}

static int
check_mandatory_keys(struct nmreq_opt_parser *parser, struct nmreq_parse_ctx *values)
{
	for (int i = 0; i < parser->nr_keys && i < NMREQ_OPT_MAXKEYS; i++) {
		struct nmreq_opt_key *key = &parser->keys[i];

		if ((key->flags & NMREQ_OPTK_MUSTSET) && values->keys[key->id] == NULL)
			return FAIL(values->ctx, EINVAL, "option %s: %s is missing", parser->prefix, key->key);
	}
	return 0;
}

/* One option without its "@". */
static int
decode_option(char *text, struct nmreq_opt_parser *parsers, struct nmreq_parse_ctx *values)
{
	size_t length = strcspn(text, "=:");
	struct nmreq_opt_parser *parser = find_parser(parsers, text, length);
	char kind = text[length];

	if (parser == NULL)
		return FAIL(values->ctx, EINVAL, "there is no option %.*s", (int)length, text);
	if (parser->flags & NMREQ_OPTF_DISABLED)
		return FAIL(values->ctx, EOPNOTSUPP, "option %s: this program does not take it", parser->prefix);
	if (kind == '=') {
		if (parser->default_key < 0)
			return FAIL(values->ctx, EINVAL, "option %s: it has keys, give %s:key=value", parser->prefix,
			    parser->prefix);
		values->keys[parser->default_key] = text + length + 1;
	} else if (kind == ':') {
		if (decode_keys(parser, text + length + 1, values) != 0)
			return -1;
	} else if (!(parser->flags & NMREQ_OPTF_ALLOWEMPTY))
		return FAIL(values->ctx, EINVAL, "option %s: it needs a value", parser->prefix);
	if (check_mandatory_keys(parser, values) != 0)
		return -1;
	return parser->parse(values);
}

int
nmreq_options_decode(const char *opt, struct nmreq_opt_parser *parsers, void *token, struct nmctx *ctx)
{
	char *copy, *text, *next;
	int result = 0;

	if (*opt == '\0')
		return 0;
	if (*opt != '@')
		return FAIL(ctx, EINVAL, "%s: an option starts with @", opt);
	copy = nmctx_malloc(ctx, strlen(opt) + 1);
	if (copy == NULL)
		return FAIL(ctx, ENOMEM, "no memory for the options");
	strcpy(copy, opt);
	for (text = copy + 1; result == 0 && text != NULL; text = next) {
		struct nmreq_parse_ctx values = { .ctx = ctx, .token = token };

		next = strchr(text, '@');
		if (next != NULL)
			*next++ = '\0';
		result = decode_option(text, parsers, &values);
	}
	nmctx_discard(ctx, copy);
	return result;
}
