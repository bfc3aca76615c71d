/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Words of ifconfig(8) to actions. Forms are judged here (is it a number, an address?), values behind control.h.
 */
#include "cli/ifconfig_read.h"

#include <errno.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/ifconfig_addr.h"

static int
bad(struct reader *r, const char *what, const char *value, const char *allowed)
{
	return err_set(r->err, EINVAL, "%.16s: %s %.64s is not %s", r->name, what, value, allowed);
}

static const char *
next(struct reader *r)
{
	return r->i < r->argc ? r->argv[r->i++] : NULL;
}

static int
next_value(struct reader *r, const char *what, const char **ret_text)
{
	*ret_text = next(r);
	if (*ret_text == NULL)
		return err_set(r->err, EINVAL, "%.16s: %s without a value", r->name, what);
	return 0;
}

static int
next_number(struct reader *r, const char *what, uint64_t max, uint32_t *ret_value)
{
	const char *text;
	uint64_t v;

	if (next_value(r, what, &text) != 0)
		return -EINVAL;
	if (cli_number(text, max, &v) != 0)
		return err_set(r->err, EINVAL, "%.16s: %s %.40s is not a number from 0 to %llu",
				r->name, what, text, (unsigned long long)max);
	*ret_value = (uint32_t)v;
	return 0;
}

static int
read_tunnel(struct reader *r, struct action *a)
{
	struct ip_addr *end[2] = { &a->local, &a->remote };
	char zone[IFACE_NAME_MAX]; /* control says why a link-local end can not be */
	const char *text;
	int i;

	a->kind = ACT_TUNNEL;
	a->af = r->af;
	for (i = 0; i < 2; i++) {
		text = next(r);
		if (text == NULL)
			return err_set(r->err, EINVAL,
					"%.16s: tunnel needs two addresses, local and remote",
					r->name);
		if (scoped_parse(text, end[i], zone) != 0)
			return bad(r, "tunnel", text, "an IP address");
	}
	return 0;
}

/* Parameters that go with an address, behind it. 1: that was one. 0: not. -errno. */
static int
read_addr_option(struct reader *r, struct action *a, const char *word, bool *mask)
{
	const char *text;
	uint32_t v;

	if (strcmp(word, "alias") == 0 || strcmp(word, "add") == 0) {
		a->kind = ACT_ADDR_ADD;
	} else if (strcmp(word, "-alias") == 0 || strcmp(word, "delete") == 0 ||
			strcmp(word, "remove") == 0) {
		a->kind = ACT_ADDR_REMOVE;
	} else if (strcmp(word, "netmask") == 0 && a->af == AF_INET) {
		if (next_value(r, "netmask", &text) != 0 ||
				mask_parse(text, &a->addr.prefix.len, r->err) != 0)
			return -EINVAL;
		*mask = true;
	} else if (strcmp(word, "prefixlen") == 0) {
		if (next_number(r, "prefixlen", ip_bits(&a->addr.prefix.addr), &v) != 0)
			return -EINVAL;
		a->addr.prefix.len = (uint8_t)v;
		*mask = true;
	} else if (strcmp(word, "broadcast") == 0 && a->af == AF_INET) {
		return next_value(r, "broadcast", &text) != 0 ? -EINVAL
							      : 1; /* follows from the net */
	} else {
		return 0;
	}
	return 1;
}

static int
read_addr_first(struct reader *r, struct action *a, const char *word, bool *mask)
{
	struct ip_prefix *p = &a->addr.prefix;
	char zone[IFACE_NAME_MAX];

	switch (scoped_prefix_parse(word, p, zone)) {
	case 0:
		break;
	case -ERANGE:
		return bad(r, "address", word,
				a->af == AF_INET ? "with a length from 0 to 32"
						 : "with a length from 0 to 128");
	default:
		return bad(r, "address", word, "an IP address with or without /LENGTH");
	}
	if (p->addr.af != a->af)
		return err_set(r->err, EAFNOSUPPORT, "%.16s: address %s is not of family %s",
				r->name, word, a->af == AF_INET ? "inet" : "inet6");
	if (zone[0] != '\0' && strcmp(zone, r->name) != 0)
		return err_set(r->err, EINVAL, "%.16s: address %.64s is on another interface, %s",
				r->name, word, zone);
	*mask = strchr(word, '/') != NULL;
	return 0;
}

static int
read_address(struct reader *r, struct action *a, const char *word)
{
	struct ip_prefix *p = &a->addr.prefix;
	bool mask = false;
	int rc;

	a->kind = r->af == AF_INET ? ACT_ADDR_SET : ACT_ADDR_ADD;
	a->af = r->af;
	if (read_addr_first(r, a, word, &mask) != 0)
		return -EINVAL;
	if (r->i < r->argc && ip_parse(r->argv[r->i], &a->addr.peer) == 0) {
		r->i++;
		if (a->addr.peer.af != a->af)
			return err_set(r->err, EAFNOSUPPORT,
					"%.16s: address %s and destination %s mix families",
					r->name, word, ip_str(&a->addr.peer));
	}
	while (r->i < r->argc) {
		rc = read_addr_option(r, a, r->argv[r->i++], &mask);
		if (rc < 0)
			return rc;
		if (rc == 0) {
			r->i--;
			break;
		}
	}
	if (!mask && a->af == AF_INET)
		p->len = ip_is_set(&a->addr.peer) ? 32 : class_len(&p->addr);
	else if (!mask)
		p->len = ip_is_set(&a->addr.peer) ? 128 : 64;
	return 0;
}

static int
read_flag(struct action *a, const char *word)
{
	static const struct {
		const char *word;
		enum iface_flag flag;
		bool on;
	} flags[] = { { "up", IFACE_UP, true }, { "down", IFACE_UP, false },
		{ "monitor", IFACE_MONITOR, true }, { "-monitor", IFACE_MONITOR, false } };
	unsigned int i;

	for (i = 0; i < RTE_DIM(flags); i++) {
		if (strcmp(word, flags[i].word) == 0) {
			a->kind = ACT_FLAG;
			a->flag = flags[i].flag;
			a->on = flags[i].on;
			return 1;
		}
	}
	return 0;
}

static int
read_mtu(struct reader *r, struct action *a)
{
	a->kind = ACT_MTU;
	if (r->i < r->argc && strcmp(r->argv[r->i], "auto") == 0) {
		r->i++;
		a->value = 0;
		return 0;
	}
	if (next_number(r, "mtu", UINT32_MAX, &a->value) != 0)
		return -EINVAL;
	if (a->value == 0)
		return err_set(r->err, EINVAL, "%.16s: mtu 0 is not a size (or: mtu auto)",
				r->name);
	return 0;
}

static int
read_number(struct reader *r, struct action *a, const char *word)
{
	static const struct {
		const char *word;
		enum action_kind kind;
	} numbers[] = { { "reqid", ACT_REQID }, { "fib", ACT_FIB },
		{ "tunnelfib", ACT_TUNNELFIB } };
	unsigned int i;

	for (i = 0; i < RTE_DIM(numbers); i++) {
		if (strcmp(word, numbers[i].word) == 0) {
			a->kind = numbers[i].kind;
			return next_number(r, word, UINT32_MAX, &a->value) != 0 ? -EINVAL : 1;
		}
	}
	return 0;
}

static int
read_text(struct reader *r, struct action *a, const char *word)
{
	if (strcmp(word, "description") == 0 || strcmp(word, "descr") == 0) {
		a->kind = ACT_DESCRIPTION;
		return next_value(r, word, &a->text) != 0 ? -EINVAL : 1;
	}
	if (strcmp(word, "-description") == 0 || strcmp(word, "-descr") == 0) {
		a->kind = ACT_DESCRIPTION;
		a->text = "";
		return 1;
	}
	return 0;
}

/* A family, then what it is for: an address, a tunnel, or -alias alone. */
static int
read_family(struct reader *r, struct action *a, const char *word)
{
	const char *text;

	r->af = strcmp(word, "inet") == 0 ? AF_INET : AF_INET6;
	text = next(r);
	if (text == NULL)
		return err_set(r->err, EINVAL, "%.16s: %s without an address", r->name, word);
	if (strcmp(text, "tunnel") == 0)
		return read_tunnel(r, a);
	if (strcmp(text, "-alias") == 0 || strcmp(text, "delete") == 0) {
		a->kind = ACT_ADDR_REMOVE;
		a->af = r->af;
		a->any_addr = r->i == r->argc;
		return a->any_addr                                 ? 0
				: read_address(r, a, next(r)) != 0 ? -EINVAL
								   : (a->kind = ACT_ADDR_REMOVE, 0);
	}
	if (strcmp(text, "alias") == 0) {
		if (next_value(r, "alias", &text) != 0 || read_address(r, a, text) != 0)
			return -EINVAL;
		a->kind = ACT_ADDR_ADD;
		return 0;
	}
	return read_address(r, a, text);
}

static int
read_one(struct reader *r, struct action *a)
{
	const char *word = next(r);
	struct ip_prefix p;
	int rc;

	if (strcmp(word, "create") == 0 || strcmp(word, "plumb") == 0) {
		a->kind = ACT_CREATE;
		return r->n == 0
				? 0
				: err_set(r->err, EINVAL, "%.16s: create must come first", r->name);
	}
	if (strcmp(word, "destroy") == 0 || strcmp(word, "unplumb") == 0) {
		a->kind = ACT_DESTROY;
		return 0;
	}
	if (strcmp(word, "inet") == 0 || strcmp(word, "inet6") == 0)
		return read_family(r, a, word);
	if (strcmp(word, "tunnel") == 0)
		return read_tunnel(r, a);
	if (strcmp(word, "deletetunnel") == 0 || strcmp(word, "-tunnel") == 0) {
		a->kind = ACT_DELETETUNNEL;
		return 0;
	}
	if (strcmp(word, "mtu") == 0)
		return read_mtu(r, a);
	rc = read_flag(a, word);
	if (rc == 0)
		rc = read_number(r, a, word);
	if (rc == 0)
		rc = read_text(r, a, word);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	if (ip_prefix_parse(word, &p) != -EINVAL) { /* inet is the default family */
		r->af = AF_INET;
		return read_address(r, a, word);
	}
	return err_set(r->err, EINVAL,
			"%.16s: %.40s is not a parameter (create destroy tunnel deletetunnel inet "
			"inet6 mtu reqid up down monitor fib tunnelfib description)",
			r->name, word);
}

int
ifconfig_read(struct reader *r)
{
	int rc;

	for (; r->i < r->argc; r->n++) {
		if (r->n == ACTIONS_MAX)
			return err_set(r->err, E2BIG, "%.16s: more than %u parameters", r->name,
					ACTIONS_MAX);
		rc = read_one(r, &r->act[r->n]);
		if (rc != 0)
			return rc;
	}
	return 0;
}
