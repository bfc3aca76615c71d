/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One entry of a configuration made to run, through the setters of control.h: what goes from an interface (shed) and what it shall be
 * (set). Which entries, and in which order, is apply.c's.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_pause.h>

#include "base/clock.h"
#include "base/rcu.h"
#include "config/fields.h"
#include "control/ctl.h"
#include "control/ctl_config.h"

/* --- ipsec interfaces and what ports share with them --- */

static int
address_add(struct ctl *ctl, const char *name, const struct ip_prefix *local,
		const struct ip_addr *peer, struct err *err)
{
	struct iface_addr addr;

	memset(&addr, 0, sizeof(addr));
	addr.prefix = *local;
	if (peer != NULL)
		addr.peer = *peer;
	return ctl_if_add_address(ctl, name, &addr, err);
}

static bool
port_has(const struct cfg_port *port, const struct ip_prefix *prefix)
{
	unsigned int i;

	for (i = 0; i < port->nb_addresses; i++) {
		if (ip_prefix_equal(&port->addresses[i], prefix))
			return true;
	}
	return false;
}

static bool
ipsec_has(const struct cfg_ipsec *ipsec, const struct cfg_tunnel_addr *addr)
{
	unsigned int i;

	for (i = 0; i < ipsec->nb_addresses; i++) {
		if (ip_prefix_equal(&ipsec->addresses[i].local, &addr->local) &&
				ip_equal(&ipsec->addresses[i].peer, &addr->peer))
			return true;
	}
	return false;
}

/* Addresses and the tunnel that go. @p want NULL: nothing stays. */
int
apply_ipsec_shed(struct ctl *ctl, const struct cfg_ipsec *old, const struct cfg_ipsec *want,
		struct err *err)
{
	unsigned int i;
	int rc = 0;

	for (i = 0; i < old->nb_addresses && rc == 0; i++) {
		if (!ipsec_has(want, &old->addresses[i]))
			rc = ctl_if_remove_address(ctl, old->name, old->addresses[i].local.addr.af,
					&old->addresses[i].local.addr, err);
	}
	if (rc == 0 && old->tunnel_local.af != 0 && want->tunnel_local.af == 0)
		rc = ctl_if_delete_tunnel(ctl, old->name, err);
	return rc;
}

int
apply_port_shed(struct ctl *ctl, const struct cfg_port *old, const struct cfg_port *want,
		struct err *err)
{
	unsigned int i;
	int rc = 0;

	for (i = 0; i < old->nb_addresses && rc == 0; i++) {
		if (!port_has(want, &old->addresses[i]))
			rc = ctl_if_remove_address(ctl, old->name, old->addresses[i].addr.af,
					&old->addresses[i].addr, err);
	}
	return rc;
}

static int
ipsec_set_mtu(struct ctl *ctl, const struct cfg_ipsec *old, const struct cfg_ipsec *want,
		struct err *err)
{
	const uint32_t mtu = want->mtu_auto    ? 0
			: want->mtu_bytes == 0 ? IPSEC_MTU_DEFAULT
					       : want->mtu_bytes;

	/* `mtu auto` again would be no change, but would be worked out anew */
	if (old != NULL && old->mtu_auto && want->mtu_auto)
		return 0;
	return ctl_if_set_mtu(ctl, want->name, mtu, err);
}

static int
ipsec_add_addresses(struct ctl *ctl, const struct cfg_ipsec *old, const struct cfg_ipsec *want,
		struct err *err)
{
	unsigned int i;
	int rc = 0;

	for (i = 0; i < want->nb_addresses && rc == 0; i++) {
		if (old == NULL || !ipsec_has(old, &want->addresses[i]))
			rc = address_add(ctl, want->name, &want->addresses[i].local,
					&want->addresses[i].peer, err);
	}
	return rc;
}

/* What it shall be. @p old NULL: it has just been made. Setters do nothing where nothing changes. */
int
apply_ipsec_set(struct ctl *ctl, const struct cfg_ipsec *old, const struct cfg_ipsec *want,
		struct err *err)
{
	const char *name = want->name;
	int rc = 0;

	if (want->reqid != 0)
		rc = ctl_if_set_reqid(ctl, name, want->reqid, err);
	if (rc == 0)
		rc = ctl_if_set_fib(ctl, name, want->fib, err);
	if (rc == 0)
		rc = ctl_if_set_tunnelfib(ctl, name, want->tunnelfib, err);
	if (rc == 0)
		rc = ipsec_set_mtu(ctl, old, want, err);
	if (rc == 0)
		rc = ctl_if_set_description(ctl, name, want->description, err);
	if (rc == 0)
		rc = ctl_if_set_flag(ctl, name, IFACE_MONITOR, want->monitor, err);
	if (rc == 0 && want->tunnel_local.af != 0)
		rc = ctl_if_set_tunnel(
				ctl, name, 0, &want->tunnel_local, &want->tunnel_remote, err);
	if (rc == 0)
		rc = ipsec_add_addresses(ctl, old, want, err);
	if (rc == 0)
		rc = ctl_if_set_flag(ctl, name, IFACE_UP, want->up, err);
	return rc;
}

int
apply_port_set(struct ctl *ctl, const struct cfg_port *old, const struct cfg_port *want,
		struct err *err)
{
	const char *name = want->name;
	unsigned int i;
	int rc;

	rc = ctl_if_set_fib(ctl, name, want->fib, err);
	if (rc == 0 && (old == NULL || old->mtu_bytes != want->mtu_bytes))
		rc = ctl_if_set_mtu(ctl, name, want->mtu_bytes == 0 ? 1500 : want->mtu_bytes, err);
	if (rc == 0)
		rc = ctl_if_set_description(ctl, name, want->description, err);
	if (rc == 0)
		rc = ctl_if_set_flag(ctl, name, IFACE_MONITOR, want->monitor, err);
	/* a new port has its addresses already */
	for (i = 0; i < want->nb_addresses && rc == 0 && old != NULL; i++) {
		if (!port_has(old, &want->addresses[i]))
			rc = address_add(ctl, name, &want->addresses[i], NULL, err);
	}
	if (rc == 0)
		rc = ctl_if_set_flag(ctl, name, IFACE_UP, want->up, err);
	return rc;
}

/* --- routes, neighbours, SAs --- */

static struct ctl_route
route_of(const struct cfg_route *r)
{
	static const enum rib_kind kinds[] = {
		[CFG_ROUTE_GATEWAY] = RIB_GATEWAY,
		[CFG_ROUTE_INTERFACE] = RIB_INTERFACE,
		[CFG_ROUTE_BLACKHOLE] = RIB_BLACKHOLE,
		[CFG_ROUTE_REJECT] = RIB_REJECT,
	};
	struct ctl_route route;

	memset(&route, 0, sizeof(route));
	route.prefix = r->prefix;
	route.fib = r->fib;
	route.kind = kinds[r->kind];
	if (r->kind == CFG_ROUTE_GATEWAY)
		route.gateway = r->gateway;
	if (r->kind == CFG_ROUTE_INTERFACE || r->kind == CFG_ROUTE_GATEWAY)
		(void)snprintf(route.interface, sizeof(route.interface), "%s", r->interface);
	return route;
}

static bool
route_is(struct ctl *ctl, const struct rib_route *now, const struct ctl_route *want)
{
	const struct iface *ifp = iface_at(ctl->ifaces, now->spec.iface);

	if (now->spec.kind != want->kind)
		return false;
	if (want->kind == RIB_GATEWAY)
		return ip_equal(&now->spec.gateway, &want->gateway) &&
				strcmp(ifp == NULL ? "" : ifp->name, want->interface) == 0;
	return want->kind != RIB_INTERFACE ||
			(ifp != NULL && strcmp(ifp->name, want->interface) == 0);
}

/* A route may have gone with the interface that led to its gateway, though the file keeps it: what is there counts. */
int
apply_route_set(struct ctl *ctl, const struct cfg_route *want, struct err *err)
{
	const struct ctl_route route = route_of(want);
	struct ip_prefix prefix = want->prefix;
	const struct rib_route *now;

	ip_prefix_mask(&prefix);
	now = rib_find(ctl->rib, want->fib, &prefix, RIB_STATIC);
	if (now == NULL)
		return ctl_route_add(ctl, &route, err);
	return route_is(ctl, now, &route) ? 0 : ctl_route_change(ctl, &route, err);
}

/* Likewise a neighbour, with the address that made its link ours. */
int
apply_neighbor_set(struct ctl *ctl, const struct cfg_neighbor *want, struct err *err)
{
	const struct iface *ifp = iface_find(ctl->ifaces, want->port);
	const struct neigh *n = ifp == NULL ? NULL
					    : neigh_find(ctl->neighs, ifp->index, &want->address);

	if (n != NULL && n->state == NEIGH_STATIC && rte_is_same_ether_addr(&n->mac, &want->mac))
		return 0;
	return ctl_neigh_add(ctl, want->port, &want->address, &want->mac, err);
}

static bool
same_keys(const struct sa_params *prm, const struct sa_ctl *sa)
{
	uint8_t fingerprint[8];

	sa_fingerprint(prm, fingerprint);
	return memcmp(fingerprint, sa->fingerprint, sizeof(fingerprint)) == 0;
}

/* One that this transaction has put aside is still what is wanted: the same SA, with all that it has got to. */
static bool
is_same(const struct sa_ctl *sa, const struct cfg_sa *want)
{
	const struct cfg_struct *s = cfg_section("sa")->sub;
	struct cfg_sa was;
	bool same;

	ctl_sa_to_cfg(&sa->prm, &was);
	same = cfg_struct_equal(s, &was, want);
	explicit_bzero(&was, sizeof(was));
	return same;
}

/* @p progress NULL: it begins anew. */
static int
sa_make(struct ctl *ctl, const struct cfg_sa *want, const struct sa_progress *progress,
		struct err *err)
{
	struct sa_params prm;
	int rc;

	rc = ctl_sa_params(want, &prm, err);
	if (rc == 0)
		rc = ctl_sa_add_state(ctl, &prm, progress, NULL, err);
	explicit_bzero(&prm, sizeof(prm));
	return rc;
}

int
apply_sa_set(struct ctl *ctl, const struct cfg_sa *want, struct err *err)
{
	struct sa_ctl *aside = ctl_sa_aside_find(ctl, &want->dst, want->spi);

	if (aside != NULL && is_same(aside, want))
		return ctl_sa_take_back(ctl, aside, err);
	return sa_make(ctl, want, NULL, err);
}

/* Has it drawn or taken a number since it was made? */
static bool
is_unused(const struct sa_ctl *sa)
{
	return counter_sum(sa->counters, sa->id, SA_CNT_ENQ) == 0;
}

#define THROUGH_MS 2

/*
 * What an SA that was put aside has got to. A worker may still be in a poll that draws numbers of it, and an engine may hold packets that
 * its window has not seen: what comes after it must not use or take those again.
 */
static void
progress_when_through(const struct sa_ctl *sa, struct sa_progress *ret)
{
	const uint64_t end = clock_mono_ms() + THROUGH_MS;
	bool busy = sa->sa != NULL;

	rcu_synchronize();
	if (sa->dir == SA_DIR_IN)
		while (busy && (busy = sa_is_busy(sa->sa)) && clock_mono_ms() < end)
			rte_pause();
	sa_progress_get(sa, ret);
	if (sa->dir == SA_DIR_IN && busy)
		memset(ret->seen, 0xff, sizeof(ret->seen));
}

int
apply_sa_replace(struct ctl *ctl, const struct cfg_sa *old, const struct cfg_sa *want,
		struct err *err)
{
	struct sa_ctl *aside = ctl_sa_aside_find(ctl, &want->dst, want->spi);
	struct sa_ctl *now = sadb_find(ctl->sadb, &old->dst, old->spi);
	struct sa_progress progress;
	struct sa_params prm;
	const bool is_back = aside != NULL && is_same(aside, want);
	bool goes_on = false;
	int rc = 0;

	if (now != NULL) {
		rc = ctl_sa_params(want, &prm, err);
		/* numbers of the new form must be able to follow those of the old one */
		goes_on = rc == 0 && same_keys(&prm, now) && (prm.esn || !now->prm.esn);
		explicit_bzero(&prm, sizeof(prm));
	}
	if (rc == 0)
		rc = apply_sa_remove(ctl, old, err);
	if (rc != 0)
		return rc;
	if (goes_on)
		progress_when_through(now, &progress);
	/* or has it used numbers of the one put aside? */
	if (is_back && (!goes_on || is_unused(now)))
		return ctl_sa_take_back(ctl, aside, err);
	return sa_make(ctl, want, goes_on ? &progress : NULL, err);
}

int
apply_sa_remove(struct ctl *ctl, const struct cfg_sa *old, struct err *err)
{
	struct sa_ctl *sa = sadb_find(ctl->sadb, &old->dst, old->spi);

	/* its lifetime may have passed since */
	return sa == NULL ? 0 : ctl_sa_put_aside(ctl, sa, err);
}
