/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The difference of two configurations made, in phases. What is the same is not touched. What goes, goes before what comes needs its
 * place (reqids, addresses, prefixes); only SAs that are not replaced go last, so that a mistake before costs none. Called by
 * transaction.c, which makes all of it or nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "config/index.h"
#include "control/ctl.h"
#include "control/ctl_config.h"

struct applying {
	struct ctl *ctl;
	const struct plan *plan;
	struct cfg_errors *errors;
};

#define PATH_MAX_TEXT 64

/* Where the file says it; "" for what it does not say any more. */
static void
path_of(const struct applying *a, const struct plan_item *item, char path[PATH_MAX_TEXT])
{
	const struct cfg *want = a->plan->want;

	path[0] = '\0';
	if (item->op == '-')
		return;
	switch (item->kind) {
	case PLAN_PORT:
		(void)snprintf(path, PATH_MAX_TEXT, "ports.%s", want->ports[item->want].name);
		break;
	case PLAN_NEIGHBOR:
		(void)snprintf(path, PATH_MAX_TEXT, "neighbors[%u]", item->want);
		break;
	case PLAN_IPSEC:
		(void)snprintf(path, PATH_MAX_TEXT, "ipsec.%s", want->ipsec[item->want].name);
		break;
	case PLAN_ROUTE:
		(void)snprintf(path, PATH_MAX_TEXT, "routes[%u]", item->want);
		break;
	case PLAN_SA:
		(void)snprintf(path, PATH_MAX_TEXT, "sa[%u]", item->want);
		break;
	case PLAN_ENGINE: /* its messages say it */
		break;
	case PLAN_SYSCTL:
		(void)snprintf(path, PATH_MAX_TEXT, "sysctl");
		break;
	case PLAN_STATE:
		(void)snprintf(path, PATH_MAX_TEXT, "state.file");
		break;
	}
}

/* --- checks that need the running gateway, before anything is changed --- */

static bool
port_same_device(const struct cfg_port *a, const struct cfg_port *b)
{
	return strcmp(a->device, b->device) == 0 && strcmp(a->devargs, b->devargs) == 0 &&
			strcmp(a->host, b->host) == 0 && a->has_mac == b->has_mac &&
			(!a->has_mac || rte_is_same_ether_addr(&a->mac, &b->mac));
}

static void
check_port(const struct applying *a, const struct plan_item *item)
{
	const struct cfg *old = a->plan->old, *want = a->plan->want;
	char path[PATH_MAX_TEXT];

	path_of(a, item, path);
	if (item->op == '-')
		cfg_errors_add(a->errors, EBUSY, "ports",
				"%s can not be removed while the program runs (restart it)",
				old->ports[item->old].name);
	else if (item->op == '+' && ctl_is_started(a->ctl))
		cfg_errors_add(a->errors, EBUSY, path,
				"a port can not be added while the program runs (restart it)");
	else if (item->op == '~' &&
			!port_same_device(&old->ports[item->old], &want->ports[item->want]))
		cfg_errors_add(a->errors, EBUSY, path,
				"device, devargs, mac and host can not change while the program "
				"runs (restart it)");
}

/* Can some device run it? So that no SA is given up for one that can not be. */
static void
check_sa(const struct applying *a, const struct plan_item *item)
{
	struct err err = { 0 };
	struct sa_params prm;
	char path[PATH_MAX_TEXT];

	if (item->op == '-')
		return;
	path_of(a, item, path);
	if (ctl_sa_params(&a->plan->want->sas[item->want], &prm, &err) != 0 ||
			ctl_engine_for(a->ctl, &prm, &err) == NULL)
		ctl_config_mistake(a->errors, path, &err);
	explicit_bzero(&prm, sizeof(prm));
}

/* The engine that SAs are checked against is the one that the file wants. */
static void
check_engine(const struct applying *a)
{
	struct err err = { 0 };

	if (a->plan->want->engine[0] != '\0' &&
			ctl_set_engine(a->ctl, a->plan->want->engine, &err) != 0)
		ctl_config_mistake(a->errors, "", &err);
}

int
apply_check(struct ctl *ctl, const struct plan *plan, struct cfg_errors *errors)
{
	const struct applying applying = { .ctl = ctl, .plan = plan, .errors = errors };
	const struct applying *a = &applying;
	const unsigned int before = errors->n;
	unsigned int i;

	check_engine(a);
	for (i = 0; i < a->plan->n; i++) {
		if (a->plan->items[i].kind == PLAN_PORT)
			check_port(a, &a->plan->items[i]);
		/* where nothing runs yet there is nothing to lose, and adding checks the same */
		if (a->plan->items[i].kind == PLAN_SA && a->plan->old->nb_sas > 0)
			check_sa(a, &a->plan->items[i]);
	}
	if (a->errors->n == before)
		return 0;
	(void)ctl_set_engine(a->ctl, a->plan->old->engine, NULL); /* as it was */
	return -a->errors->list[before].code;
}

/* --- phases, in order; each does the items that are its own --- */

static int
route_remove(const struct applying *a, const struct plan_item *item, struct err *err)
{
	const struct cfg_route *old = &a->plan->old->routes[item->old];

	return ctl_route_delete(a->ctl, old->fib, &old->prefix, err);
}

static int
neighbor_remove(const struct applying *a, const struct plan_item *item, struct err *err)
{
	const int rc = ctl_neigh_delete(a->ctl, &a->plan->old->neighbors[item->old].address, err);

	return rc == -ESRCH || rc == -ENOENT ? 0 : rc; /* of the same address on another port */
}

static int
ipsec_destroy(const struct applying *a, const struct plan_item *item, struct err *err)
{
	return ctl_if_destroy(a->ctl, a->plan->old->ipsec[item->old].name, err);
}

static int
ipsec_shed(const struct applying *a, const struct plan_item *item, struct err *err)
{
	return apply_ipsec_shed(a->ctl, &a->plan->old->ipsec[item->old],
			&a->plan->want->ipsec[item->want], err);
}

static int
port_shed(const struct applying *a, const struct plan_item *item, struct err *err)
{
	return apply_port_shed(a->ctl, &a->plan->old->ports[item->old],
			&a->plan->want->ports[item->want], err);
}

static int
port_add(const struct applying *a, const struct plan_item *item, struct err *err)
{
	const struct cfg_port *want = &a->plan->want->ports[item->want];
	const int rc = ctl_port_add(a->ctl, want, err);

	return rc != 0 ? rc : apply_port_set(a->ctl, NULL, want, err);
}

static int
port_change(const struct applying *a, const struct plan_item *item, struct err *err)
{
	return apply_port_set(a->ctl, &a->plan->old->ports[item->old],
			&a->plan->want->ports[item->want], err);
}

static int
engine_change(const struct applying *a, const struct plan_item *item, struct err *err)
{
	return ctl_set_engine(a->ctl, a->plan->want->engine, err);
}

static int
sysctl_change(const struct applying *a, const struct plan_item *item, struct err *err)
{
	struct ctl_sysctl sysctl;

	if (!ctl_sysctl_at(a->ctl, item->want, &sysctl))
		return 0;
	return ctl_sysctl_set(a->ctl, sysctl.name, item->value, err);
}

static int
ipsec_add(const struct applying *a, const struct plan_item *item, struct err *err)
{
	const struct cfg_ipsec *want = &a->plan->want->ipsec[item->want];
	const int rc = ctl_if_create(a->ctl, want->name, NULL, err);

	return rc != 0 ? rc : apply_ipsec_set(a->ctl, NULL, want, err);
}

static int
ipsec_change(const struct applying *a, const struct plan_item *item, struct err *err)
{
	return apply_ipsec_set(a->ctl, &a->plan->old->ipsec[item->old],
			&a->plan->want->ipsec[item->want], err);
}

static int
sa_replace(const struct applying *a, const struct plan_item *item, struct err *err)
{
	return apply_sa_replace(a->ctl, &a->plan->old->sas[item->old],
			&a->plan->want->sas[item->want], err);
}

static int
sa_add(const struct applying *a, const struct plan_item *item, struct err *err)
{
	return apply_sa_set(a->ctl, &a->plan->want->sas[item->want], err);
}

static int
sa_remove(const struct applying *a, const struct plan_item *item, struct err *err)
{
	return apply_sa_remove(a->ctl, &a->plan->old->sas[item->old], err);
}

static int
state_change(const struct applying *a, const struct plan_item *item, struct err *err)
{
	(void)item;
	return ctl_set_state(a->ctl, a->plan->want->state_file, a->plan->want->state_seconds, err);
}

struct phase {
	enum plan_kind kind;
	char op;
	int (*run)(const struct applying *a, const struct plan_item *item, struct err *err);
};

static const struct phase going[] = {
	{ PLAN_ROUTE, '-', route_remove },
	{ PLAN_NEIGHBOR, '-', neighbor_remove },
	{ PLAN_IPSEC, '-', ipsec_destroy },
	{ PLAN_IPSEC, '~', ipsec_shed },
	{ PLAN_PORT, '~', port_shed },
};
static const struct phase coming[] = {
	{ PLAN_SYSCTL, '~', sysctl_change },
	{ PLAN_ENGINE, '~', engine_change },
	{ PLAN_STATE, '~', state_change },
	{ PLAN_PORT, '+', port_add },
	{ PLAN_PORT, '~', port_change },
	{ PLAN_IPSEC, '~', ipsec_change },
	{ PLAN_IPSEC, '+', ipsec_add },
};
static const struct phase keying[] = {
	{ PLAN_SA, '~', sa_replace },
	{ PLAN_SA, '+', sa_add },
	{ PLAN_SA, '-', sa_remove },
};

/* All items of each phase, so that every mistake of it is told; no phase after one with mistakes. */
static int
run_phases(const struct applying *a, const struct phase *phases, unsigned int n)
{
	const unsigned int before = a->errors->n;
	unsigned int p, i;

	for (p = 0; p < n; p++) {
		for (i = 0; i < a->plan->n; i++) {
			const struct plan_item *item = &a->plan->items[i];
			char path[PATH_MAX_TEXT];
			struct err err = { 0 };

			if (item->kind != phases[p].kind || item->op != phases[p].op ||
					phases[p].run(a, item, &err) == 0)
				continue;
			path_of(a, item, path);
			ctl_config_mistake(a->errors, path, &err);
		}
		if (a->errors->n != before)
			return -a->errors->list[before].code;
	}
	return 0;
}

/* --- reqids --- */

/* A reqid that nobody has or wants, for an interface that must give its own away. */
static int
reqid_park(struct ctl *ctl, const char *name, const struct cfg_index *wanted, struct err *err)
{
	uint32_t reqid = UINT32_MAX;
	unsigned int by;

	while (cfg_index_find(wanted, &reqid, &by) ||
			ctl_if_set_reqid(ctl, name, reqid, err) == -EEXIST)
		reqid--;
	return 0;
}

/* Interfaces may trade reqids among each other: those in the way take another one for a moment. */
static int
reqids_park(const struct applying *a)
{
	const struct cfg *old = a->plan->old, *want = a->plan->want;
	struct cfg_index *wanted = cfg_index_create(want->nb_ipsec, sizeof(uint32_t));
	struct err err = { 0 };
	unsigned int i, by;
	int rc = 0;

	for (i = 0; i < want->nb_ipsec && wanted != NULL; i++) {
		if (want->ipsec[i].reqid != 0)
			(void)cfg_index_put(wanted, &want->ipsec[i].reqid, i, &by);
	}
	if (wanted == NULL) {
		cfg_errors_add(a->errors, ENOMEM, "", "configuration: out of memory");
		return -ENOMEM;
	}
	for (i = 0; i < old->nb_ipsec && rc == 0; i++) {
		const struct cfg_ipsec *was = &old->ipsec[i];

		if (was->reqid != 0 && cfg_index_find(wanted, &was->reqid, &by) &&
				strcmp(want->ipsec[by].name, was->name) != 0 &&
				iface_find(a->ctl->ifaces, was->name) != NULL)
			rc = reqid_park(a->ctl, was->name, wanted, &err);
	}
	cfg_index_destroy(wanted);
	return rc;
}

/* --- neighbours and routes: all of them, since those that stay may have gone with what led to them --- */

static int
settle_links(const struct applying *a)
{
	const unsigned int before = a->errors->n;
	const struct cfg *want = a->plan->want;
	char path[PATH_MAX_TEXT];
	unsigned int i, pass;

	for (i = 0; i < want->nb_neighbors; i++) {
		struct err err = { 0 };

		if (apply_neighbor_set(a->ctl, &want->neighbors[i], &err) == 0)
			continue;
		(void)snprintf(path, sizeof(path), "neighbors[%u]", i);
		ctl_config_mistake(a->errors, path, &err);
	}
	/* gateways may be behind routes to interfaces: those first */
	for (pass = 0; pass < 2; pass++) {
		for (i = 0; i < want->nb_routes; i++) {
			struct err err = { 0 };

			if ((want->routes[i].kind == CFG_ROUTE_GATEWAY) != (pass == 1) ||
					apply_route_set(a->ctl, &want->routes[i], &err) == 0)
				continue;
			(void)snprintf(path, sizeof(path), "routes[%u]", i);
			ctl_config_mistake(a->errors, path, &err);
		}
	}
	return a->errors->n == before ? 0 : -a->errors->list[before].code;
}

int
apply_plan(struct ctl *ctl, const struct plan *plan, struct cfg_errors *errors)
{
	const struct applying applying = { .ctl = ctl, .plan = plan, .errors = errors };
	const struct applying *a = &applying;
	int rc;

	rc = run_phases(a, going, RTE_DIM(going));
	if (rc == 0)
		rc = reqids_park(a);
	if (rc == 0)
		rc = run_phases(a, coming, RTE_DIM(coming));
	if (rc == 0)
		rc = settle_links(a);
	if (rc == 0)
		rc = run_phases(a, keying, RTE_DIM(keying));
	return rc;
}
