/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ifconfig(8): its parameters, in the order in which they are typed. All of a line is parsed before any of it is done, so that a
 * mistake in typing changes nothing; an interface made by a line that then fails is taken away again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/ifconfig_addr.h"

#define ACTIONS_MAX 32

enum action_kind {
	ACT_CREATE,
	ACT_DESTROY,
	ACT_TUNNEL,
	ACT_DELETETUNNEL,
	ACT_ADDR_SET, /* without alias: the first address gives way, as in ifconfig(8) */
	ACT_ADDR_ADD,
	ACT_ADDR_REMOVE,
	ACT_FLAG,
	ACT_MTU,
	ACT_REQID,
	ACT_FIB,
	ACT_TUNNELFIB,
	ACT_DESCRIPTION
};

struct action {
	enum action_kind kind;
	int af;
	struct ip_addr local, remote;
	bool any_addr; /* of ACT_ADDR_REMOVE: the first */
	struct iface_addr addr;
	enum iface_flag flag;
	bool on;
	uint32_t value;
	const char *text;
};

/* What is being read: argv[i] is next. */
struct reader {
	int argc, i;
	char **argv;
	const char *name;
	int af;
	struct action act[ACTIONS_MAX];
	unsigned int n;
	struct err *err;
};

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
		if (ip_parse(text, end[i]) != 0)
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

	switch (ip_prefix_parse(word, p)) {
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

/* inet ADDR without alias: the first address gives way, unless it is this one already. */
static int
addr_set(struct ctl *ctl, const char *name, const struct action *a, struct err *err)
{
	const struct iface *ifp = iface_find(ctl_ifaces(ctl), name);
	const struct iface_addr *first = ifp == NULL ? NULL : iface_first_addr(ifp, a->af);
	struct iface_addr old;
	int rc;

	if (first == NULL)
		return ctl_if_add_address(ctl, name, &a->addr, err);
	old = *first;
	if (!ip_equal(&old.prefix.addr, &a->addr.prefix.addr)) {
		rc = ctl_if_add_address(ctl, name, &a->addr, err);
		return rc != 0 ? rc
			       : ctl_if_remove_address(ctl, name, a->af, &old.prefix.addr, err);
	}
	if (old.prefix.len == a->addr.prefix.len && ip_equal(&old.peer, &a->addr.peer))
		return 0;
	rc = ctl_if_remove_address(ctl, name, a->af, &old.prefix.addr, err);
	if (rc != 0)
		return rc;
	rc = ctl_if_add_address(ctl, name, &a->addr, err);
	if (rc != 0)
		ctl_if_add_address(ctl, name, &old, NULL);
	return rc;
}

static int
action_run(struct cli *cli, char *name, const struct action *a, struct err *err)
{
	struct ctl *ctl = cli->ctl;

	switch (a->kind) {
	case ACT_CREATE:
		return ctl_if_create(ctl, name, name, err);
	case ACT_DESTROY:
		return ctl_if_destroy(ctl, name, err);
	case ACT_TUNNEL:
		return ctl_if_set_tunnel(ctl, name, a->af, &a->local, &a->remote, err);
	case ACT_DELETETUNNEL:
		return ctl_if_delete_tunnel(ctl, name, err);
	case ACT_ADDR_SET:
		return addr_set(ctl, name, a, err);
	case ACT_ADDR_ADD:
		return ctl_if_add_address(ctl, name, &a->addr, err);
	case ACT_ADDR_REMOVE:
		return ctl_if_remove_address(
				ctl, name, a->af, a->any_addr ? NULL : &a->addr.prefix.addr, err);
	case ACT_FLAG:
		return ctl_if_set_flag(ctl, name, a->flag, a->on, err);
	case ACT_MTU:
		return ctl_if_set_mtu(ctl, name, a->value, err);
	case ACT_REQID:
		return ctl_if_set_reqid(ctl, name, a->value, err);
	case ACT_FIB:
		return ctl_if_set_fib(ctl, name, a->value, err);
	case ACT_TUNNELFIB:
		return ctl_if_set_tunnelfib(ctl, name, a->value, err);
	case ACT_DESCRIPTION:
		return ctl_if_set_description(ctl, name, a->text, err);
	}
	return 0;
}

static int
set(struct cli *cli, int argc, char *argv[])
{
	struct err err = { 0 };
	struct reader r = { .argc = argc, .i = 2, .argv = argv, .name = argv[1], .err = &err };
	char name[IFACE_NAME_MAX];
	unsigned int i;

	if (strlen(argv[1]) >= sizeof(name))
		return cli_error(cli, "%.40s: not an interface name (at most 15 characters)",
				argv[1]);
	strcpy(name, argv[1]);
	for (; r.i < r.argc; r.n++) {
		if (r.n == ACTIONS_MAX)
			return cli_error(cli, "%s: more than %u parameters", name, ACTIONS_MAX);
		if (read_one(&r, &r.act[r.n]) != 0)
			return cli_fail(cli, &err);
	}
	for (i = 0; i < r.n; i++) {
		if (action_run(cli, name, &r.act[i], &err) != 0) {
			if (i > 0 && r.act[0].kind == ACT_CREATE)
				ctl_if_destroy(cli->ctl, name, NULL);
			return cli_fail(cli, &err);
		}
	}
	if (r.n > 0 && r.act[0].kind == ACT_CREATE)
		cli_printf(cli, "%s\n", name);
	return 0;
}

static int
list_names(struct cli *cli)
{
	struct iface *ifp = NULL;
	json_t *names;
	bool first = true;

	if (cli->json) {
		names = json_array();
		while ((ifp = iface_next(ctl_ifaces(cli->ctl), ifp)) != NULL)
			json_array_append_new(names, json_string(ifp->name));
		return cli_view(cli, names, view_ifconfig_print);
	}
	while ((ifp = iface_next(ctl_ifaces(cli->ctl), ifp)) != NULL) {
		cli_printf(cli, "%s%s", first ? "" : " ", ifp->name);
		first = false;
	}
	cli_printf(cli, "\n");
	return 0;
}

static int
run(struct cli *cli, int argc, char *argv[])
{
	const struct iface *ifp = NULL;

	if (argc == 1 || (argc == 2 && strcmp(argv[1], "-a") == 0))
		return cli_view(cli, view_ifconfig(cli, NULL), view_ifconfig_print);
	if (argc == 2 && strcmp(argv[1], "-l") == 0)
		return list_names(cli);
	if (argv[1][0] == '-')
		return cli_usage(cli, &cmd_ifconfig);
	if (argc > 2)
		return set(cli, argc, argv);
	ifp = iface_find(ctl_ifaces(cli->ctl), argv[1]);
	if (ifp == NULL)
		return cli_error(cli, "%.40s: interface does not exist (ifconfig -l lists them)",
				argv[1]);
	return cli_view(cli, view_ifconfig(cli, ifp), view_ifconfig_print);
}

static void
complete(struct cli_choices *c, int argc, char *argv[])
{
	static const char *const words[][2] = { { "create", "make it" }, { "destroy", "remove it" },
		{ "tunnel", "LOCAL REMOTE: outer addresses" },
		{ "deletetunnel", "no outer addresses" },
		{ "inet", "ADDR[/LEN] [DEST], or tunnel" },
		{ "inet6", "ADDR[/LEN] [DEST], or tunnel" }, { "alias", "one more address" },
		{ "-alias", "remove the address" }, { "delete", "remove the address" },
		{ "netmask", "MASK" }, { "prefixlen", "LEN" }, { "mtu", "BYTES or auto" },
		{ "reqid", "NUMBER" }, { "fib", "table of inner packets" },
		{ "tunnelfib", "table of outer packets" }, { "up", "" }, { "down", "" },
		{ "monitor", "count, then drop" }, { "-monitor", "" }, { "description", "TEXT" },
		{ "-description", "" } };
	unsigned int i;

	if (argc == 1) {
		cli_offer(c, "-a", "all interfaces");
		cli_offer(c, "-l", "their names");
		cli_offer_ifaces(c, IFACE_NONE);
		cli_offer(c, "ipsec", "the next ipsecN, with create");
		return;
	}
	if (strcmp(argv[argc - 1], "mtu") == 0) {
		cli_offer(c, "auto", "what the path and the SA leave");
		return;
	}
	for (i = 0; i < RTE_DIM(words); i++)
		cli_offer(c, words[i][0], words[i][1]);
}

const struct cli_command cmd_ifconfig = {
	.name = "ifconfig",
	.usage = "ifconfig [-a | -l | IF]\n"
		 "ifconfig ipsecN|ipsec create [reqid N] [PARAMETER ...]\n"
		 "ifconfig IF destroy\n"
		 "ifconfig IF [inet|inet6] tunnel SRC DST | deletetunnel\n"
		 "ifconfig IF inet ADDR[/LEN] [DEST] [netmask MASK] [alias|-alias|delete]\n"
		 "ifconfig IF inet6 ADDR[/LEN] [DEST] [prefixlen LEN] [alias|-alias|delete]\n"
		 "ifconfig IF up|down|monitor|-monitor|mtu N|mtu auto|reqid N|fib N|tunnelfib N\n"
		 "ifconfig IF description TEXT|-description",
	.help = "show interfaces, make them, set them",
	.run = run,
	.complete = complete,
};
