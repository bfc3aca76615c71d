/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The difference of two configurations as a list of items, and each item as a line for `diff`. Entries are matched by what names
 * them, through hash tables; nothing is changed here.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/fields.h"
#include "config/index.h"
#include "config/text.h"
#include "control/ctl.h"
#include "control/ctl_config.h"

#define NAME_BYTES 64 /* of the longest name of an entry */

/** A list of struct cfg: what names an entry, and when two of a name are the same. */
struct section {
	enum plan_kind kind;
	const char *key;
	void (*name)(const void *entry, char name[NAME_BYTES]);
	bool (*equal)(const struct cfg_struct *s, const void *old, const void *want);
};

/* --- what names an entry --- */

static void
name_first(const void *entry, char name[NAME_BYTES])
{
	(void)snprintf(name, NAME_BYTES, "%s", (const char *)entry); /* the first member */
}

static void
name_neighbor(const void *entry, char name[NAME_BYTES])
{
	const struct cfg_neighbor *n = entry;

	memcpy(name, &n->address, sizeof(n->address));
	(void)snprintf(name + sizeof(n->address), NAME_BYTES - sizeof(n->address), "%s", n->port);
}

static void
name_route(const void *entry, char name[NAME_BYTES])
{
	const struct cfg_route *r = entry;
	struct ip_prefix prefix = r->prefix;

	ip_prefix_mask(&prefix);
	memcpy(name, &prefix.addr, sizeof(prefix.addr));
	memcpy(name + 32, &prefix.len, sizeof(prefix.len));
	memcpy(name + 40, &r->fib, sizeof(r->fib));
}

static void
name_sa(const void *entry, char name[NAME_BYTES])
{
	const struct cfg_sa *sa = entry;

	memcpy(name, &sa->dst, sizeof(sa->dst));
	memcpy(name + 32, &sa->spi, sizeof(sa->spi));
}

/* --- when two are the same --- */

static bool
equal_ipsec(const struct cfg_struct *s, const void *old, const void *want)
{
	const struct cfg_ipsec *was = old;
	struct cfg_ipsec is = *(const struct cfg_ipsec *)want;

	/* "choose one": the one that was chosen */
	if (is.reqid == 0)
		is.reqid = was->reqid;
	return cfg_struct_equal(s, was, &is);
}

static bool
equal_route(const struct cfg_struct *s, const void *old, const void *want)
{
	const struct cfg_route *a = old, *b = want;

	return a->kind == b->kind && ip_equal(&a->gateway, &b->gateway) &&
			strcmp(a->interface, b->interface) == 0;
}

static bool
equal_sa(const struct cfg_struct *s, const void *old, const void *want)
{
	struct sa_params prm;
	struct cfg_sa is;
	bool equal;

	/* an algorithm has several names: through the parameters and back it has its first one */
	if (ctl_sa_params(want, &prm, NULL) != 0)
		return false;
	ctl_sa_to_cfg(&prm, &is);
	equal = cfg_struct_equal(s, old, &is);
	explicit_bzero(&prm, sizeof(prm));
	explicit_bzero(&is, sizeof(is));
	return equal;
}

static const struct section sections[] = {
	{ PLAN_PORT, "ports", name_first, cfg_struct_equal },
	{ PLAN_NEIGHBOR, "neighbors", name_neighbor, cfg_struct_equal },
	{ PLAN_IPSEC, "ipsec", name_first, equal_ipsec },
	{ PLAN_ROUTE, "routes", name_route, equal_route },
	{ PLAN_SA, "sa", name_sa, equal_sa },
};

/* --- comparing --- */

static unsigned int
count_of(const struct cfg_field *f, const struct cfg *cfg)
{
	unsigned int n;

	memcpy(&n, (const char *)cfg + f->aux, sizeof(n));
	return n;
}

static const void *
entry_of(const struct cfg_field *f, const struct cfg *cfg, unsigned int i)
{
	const char *list;

	memcpy(&list, (const char *)cfg + f->offset, sizeof(list));
	return list + (size_t)i * f->sub->size;
}

static void
add_item(struct plan *plan, enum plan_kind kind, char op, unsigned int old, unsigned int want)
{
	plan->items[plan->n++] = (struct plan_item){
		.kind = kind, .op = op, .old = old, .want = want
	};
}

/* The entries of a list by name. NULL: no memory. */
static struct cfg_index *
index_of(const struct section *s, const struct cfg *cfg)
{
	const struct cfg_field *f = cfg_section(s->key);
	const unsigned int n = count_of(f, cfg);
	struct cfg_index *index = cfg_index_create(n, NAME_BYTES);
	unsigned int i, twice;

	for (i = 0; i < n && index != NULL; i++) {
		char name[NAME_BYTES] = { 0 };

		s->name(entry_of(f, cfg, i), name);
		(void)cfg_index_put(index, name, i, &twice);
	}
	return index;
}

static int
compare_section(const struct section *s, struct plan *plan)
{
	const struct cfg_field *f = cfg_section(s->key);
	struct cfg_index *was = index_of(s, plan->old), *will = index_of(s, plan->want);
	const unsigned int nb_old = count_of(f, plan->old), nb_want = count_of(f, plan->want);
	unsigned int i, k;

	if (was == NULL || will == NULL) {
		cfg_index_destroy(was);
		cfg_index_destroy(will);
		return -ENOMEM;
	}
	for (i = 0; i < nb_old; i++) {
		char name[NAME_BYTES] = { 0 };

		s->name(entry_of(f, plan->old, i), name);
		if (!cfg_index_find(will, name, &k))
			add_item(plan, s->kind, '-', i, 0);
	}
	for (i = 0; i < nb_want; i++) {
		char name[NAME_BYTES] = { 0 };

		s->name(entry_of(f, plan->want, i), name);
		if (!cfg_index_find(was, name, &k))
			add_item(plan, s->kind, '+', 0, i);
		else if (!s->equal(f->sub, entry_of(f, plan->old, k), entry_of(f, plan->want, i)))
			add_item(plan, s->kind, '~', k, i);
	}
	cfg_index_destroy(was);
	cfg_index_destroy(will);
	return 0;
}

/* Those that the file does not name go to their initial value. */
static void
compare_sysctls(struct ctl *ctl, struct plan *plan)
{
	const struct cfg *want = plan->want;
	struct ctl_sysctl sysctl;
	unsigned int i, k;

	for (i = 0; ctl_sysctl_at(ctl, i, &sysctl); i++) {
		int64_t value = sysctl.initial;

		for (k = 0; k < want->nb_sysctls; k++) {
			if (strcmp(want->sysctls[k].name, sysctl.name) == 0)
				value = want->sysctls[k].value;
		}
		if (value == sysctl.value)
			continue;
		add_item(plan, PLAN_SYSCTL, '~', 0, i);
		plan->items[plan->n - 1].value = value;
	}
}

static uint32_t
state_seconds(const struct cfg *cfg)
{
	return cfg->state_seconds == 0 ? 60 : cfg->state_seconds;
}

int
plan_create(struct ctl *ctl, const struct cfg *old, const struct cfg *want, struct plan *ret_plan,
		struct err *err)
{
	struct plan plan = { .old = old, .want = want };
	struct ctl_sysctl sysctl;
	size_t room = 1;
	unsigned int i;

	for (i = 0; i < RTE_DIM(sections); i++) {
		const struct cfg_field *f = cfg_section(sections[i].key);

		room += (size_t)count_of(f, old) + count_of(f, want);
	}
	for (i = 0; ctl_sysctl_at(ctl, i, &sysctl); i++)
		room++;
	room++; /* the state file */
	plan.items = calloc(room, sizeof(*plan.items));
	if (plan.items == NULL)
		return err_set(err, ENOMEM, "configuration: out of memory");
	for (i = 0; i < RTE_DIM(sections); i++) {
		if (compare_section(&sections[i], &plan) != 0) {
			plan_destroy(&plan);
			return err_set(err, ENOMEM, "configuration: out of memory");
		}
	}
	if (strcmp(old->engine, want->engine) != 0 && want->engine[0] != '\0')
		add_item(&plan, PLAN_ENGINE, '~', 0, 0);
	if (strcmp(old->state_file, want->state_file) != 0 ||
			state_seconds(old) != state_seconds(want))
		add_item(&plan, PLAN_STATE, '~', 0, 0);
	compare_sysctls(ctl, &plan);
	*ret_plan = plan;
	return 0;
}

void
plan_destroy(struct plan *plan)
{
	free(plan->items);
	*plan = (struct plan){ 0 };
}

/* --- lines --- */

static void
describe_route(const struct cfg_route *r, char *buf, size_t size)
{
	char fib[16] = "";

	if (r->fib != 0)
		(void)snprintf(fib, sizeof(fib), " fib %u", r->fib);
	(void)snprintf(buf, size, "route %s%s%s", prefix_str(&r->prefix), fib,
			r->kind == CFG_ROUTE_BLACKHOLE                ? " blackhole"
					: r->kind == CFG_ROUTE_REJECT ? " reject"
								      : "");
	if (r->kind == CFG_ROUTE_GATEWAY)
		(void)snprintf(buf + strlen(buf), size - strlen(buf), " %s%s%s",
				ip_str(&r->gateway), r->interface[0] == '\0' ? "" : "%",
				r->interface);
	if (r->kind == CFG_ROUTE_INTERFACE)
		(void)snprintf(buf + strlen(buf), size - strlen(buf), " -interface %s",
				r->interface);
}

static void
describe_entry(enum plan_kind kind, const struct cfg *cfg, unsigned int i, char *buf, size_t size)
{
	const struct cfg_neighbor *n;
	const struct cfg_ipsec *ipsec;
	const struct cfg_sa *sa;

	switch (kind) {
	case PLAN_PORT:
		(void)snprintf(buf, size, "port %s %s", cfg->ports[i].name, cfg->ports[i].device);
		break;
	case PLAN_NEIGHBOR:
		n = &cfg->neighbors[i];
		(void)snprintf(buf, size, "neighbor %s %s on %s", ip_str(&n->address),
				mac_str(&n->mac), n->port);
		break;
	case PLAN_IPSEC:
		ipsec = &cfg->ipsec[i];
		(void)snprintf(buf, size, "ipsec %s", ipsec->name);
		if (ipsec->tunnel_local.af != 0)
			(void)snprintf(buf + strlen(buf), size - strlen(buf), " tunnel %s -> %s",
					ip_str(&ipsec->tunnel_local),
					ip_str(&ipsec->tunnel_remote));
		break;
	case PLAN_ROUTE:
		describe_route(&cfg->routes[i], buf, size);
		break;
	default:
		sa = &cfg->sas[i];
		(void)snprintf(buf, size, "sa %s %s spi %" PRIu32 "(0x%08" PRIx32 ")",
				ip_str(&sa->src), ip_str(&sa->dst), sa->spi, sa->spi);
		break;
	}
}

/* What a '~' changes, behind what it is. */
static void
describe_changes(const struct plan *plan, const struct plan_item *item, char *buf, size_t size)
{
	const struct section *s = &sections[item->kind];
	const struct cfg_field *f = cfg_section(s->key);
	const void *old = entry_of(f, plan->old, item->old);
	const void *want = entry_of(f, plan->want, item->want);
	struct sa_params prm;
	struct cfg_ipsec ipsec;
	struct cfg_sa sa;
	struct text t = { 0 };

	/* as they would run: see equal_ipsec() and equal_sa() */
	if (item->kind == PLAN_IPSEC) {
		ipsec = *(const struct cfg_ipsec *)want;
		if (ipsec.reqid == 0)
			ipsec.reqid = plan->old->ipsec[item->old].reqid;
		want = &ipsec;
	}
	if (item->kind == PLAN_SA && ctl_sa_params(want, &prm, NULL) == 0) {
		ctl_sa_to_cfg(&prm, &sa);
		want = &sa;
	}
	cfg_struct_changes(f->sub, old, want, &t);
	if (t.at != NULL)
		(void)snprintf(buf, size, ": %s", t.at);
	text_discard(&t);
	explicit_bzero(&prm, sizeof(prm));
	explicit_bzero(&sa, sizeof(sa));
}

void
plan_describe(struct ctl *ctl, const struct plan *plan, const struct plan_item *item, char *buf,
		unsigned int size)
{
	struct ctl_sysctl sysctl;

	(void)snprintf(buf, size, "%c ", item->op);
	if (item->kind == PLAN_ENGINE) {
		(void)snprintf(buf, size, "~ crypto engine %s -> %s", plan->old->engine,
				plan->want->engine);
	} else if (item->kind == PLAN_STATE) {
		(void)snprintf(buf, size, "~ state file %s every %u s -> %s every %u s",
				plan->old->state_file[0] == '\0' ? "none" : plan->old->state_file,
				state_seconds(plan->old),
				plan->want->state_file[0] == '\0' ? "none" : plan->want->state_file,
				state_seconds(plan->want));
	} else if (item->kind == PLAN_SYSCTL) {
		if (ctl_sysctl_at(ctl, item->want, &sysctl))
			(void)snprintf(buf, size, "~ sysctl %s: %" PRId64 " -> %" PRId64,
					sysctl.name, sysctl.value, item->value);
	} else {
		describe_entry(item->kind, item->op == '-' ? plan->old : plan->want,
				item->op == '-' ? item->old : item->want, buf + 2, size - 2);
		if (item->op == '~')
			describe_changes(plan, item, buf + strlen(buf), size - strlen(buf));
	}
}
