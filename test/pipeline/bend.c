/* SPDX-License-Identifier: BSD-3-Clause */
/* What bends the gateway of explain.c: see bend.h. */
#include "bend.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct err err;

void
bend_flag(const char *name, enum iface_flag f, bool on)
{
	setup_ok(ctl_if_set_flag(gw.ctl, name, f, on, &err), &err);
}

static void
sa_out_is(void (*bend)(struct sa_params *prm))
{
	struct sa_params prm = setup_sa_params("192.168.0.3", REMOTE, "aes-gcm-16", 20);
	const struct ip_addr src = prm.src, dst = prm.dst;

	ctl_sa_delete(gw.ctl, &src, &dst, prm.spi, &err);
	bend(&prm);
	ctl_sa_add(gw.ctl, &prm, NULL, &err); /* -EEXIST the second time */
}

static void
reqid_other(struct sa_params *prm)
{
	prm->reqid = 200;
}

static void
transport(struct sa_params *prm)
{
	prm->mode = SA_MODE_TRANSPORT;
}

static void
spent(struct sa_params *prm)
{
	prm->seq_start = UINT32_MAX;
}

static void
natt(struct sa_params *prm)
{
	prm->natt_sport = prm->natt_dport = 4500;
}

static void
ends_other(struct sa_params *prm)
{
	prm->dst = setup_ip("192.168.0.6");
}

static void
host_route(enum rib_kind kind, const char *to)
{
	char host[PREFIX_STR_MAX];
	struct ctl_route route = { .kind = kind };
	const struct ip_addr *dst = &req.packet.dst;

	snprintf(host, sizeof(host), "%s/%u", ip_str(dst), ip_bits(dst));
	assert_int_equal(ip_prefix_parse(host, &route.prefix), 0);
	if (to != NULL)
		route.gateway = setup_ip(to);
	ctl_route_add(gw.ctl, &route, &err); /* refused where the family is another */
}

static void
remote_route(enum rib_kind kind, const char *to)
{
	struct ctl_route route = { .kind = kind };

	assert_int_equal(ip_prefix_parse(REMOTE "/32", &route.prefix), 0);
	if (to != NULL)
		snprintf(route.interface, sizeof(route.interface), "%s", to);
	ctl_route_add(gw.ctl, &route, &err);
}

/* The neighbour has not answered, and that is fresh: as a host of the link that is asked in vain. */
static void
neighbour_fails(void)
{
	const struct ip_addr addr = setup_ip("192.168.0.5");
	struct neigh *n = neigh_find(
			ctl_neighs(gw.ctl), iface_find(ctl_ifaces(gw.ctl), "wan0")->index, &addr);

	assert_non_null(n);
	assert_int_equal(neigh_unset(ctl_neighs(gw.ctl), n, NEIGH_FAILED), 0);
	n->changed_ms = UINT64_MAX / 2;
}

/* clang-format off */
static void lan_down(void) { bend_flag("lan0", IFACE_UP, false); }
static void wan_down(void) { bend_flag("wan0", IFACE_UP, false); }
static void lan_monitor(void) { bend_flag("lan0", IFACE_MONITOR, true); }
static void tunnel_down(void) { bend_flag("ipsec0", IFACE_UP, false); }
static void tunnel_monitor(void) { bend_flag("ipsec0", IFACE_MONITOR, true); }
static void tunnel_not_running(void) { setup_tunnel(&gw, "ipsec0", "192.168.0.77", REMOTE); }
static void tunnel_deleted(void) { ctl_if_delete_tunnel(gw.ctl, "ipsec0", &err); }
static void reqid_changed(void) { ctl_if_set_reqid(gw.ctl, "ipsec0", 300, &err); }
static void mtu_1280(void) { ctl_if_set_mtu(gw.ctl, "ipsec0", 1280, &err); }
static void mtu_1500(void) { ctl_if_set_mtu(gw.ctl, "ipsec0", 1500, &err); }
void bend_mtu_8000(void) { ctl_if_set_mtu(gw.ctl, "ipsec0", 8000, &err); }
static void mtu_auto(void) { ctl_if_set_mtu(gw.ctl, "ipsec0", 0, &err); }
static void df_set(void) { ctl_sysctl_set(gw.ctl, "net.inet.ipsec.dfbit", 1, &err); }
static void newest(void) { ctl_sysctl_set(gw.ctl, "net.key.preferred_oldsa", 0, &err); }
static void sa_none(void) { ctl_sa_flush(gw.ctl); }
static void sa_reqid(void) { sa_out_is(reqid_other); }
static void sa_transport(void) { sa_out_is(transport); }
static void sa_spent(void) { sa_out_is(spent); }
static void sa_natt(void) { sa_out_is(natt); }
static void sa_ends(void) { sa_out_is(ends_other); }
static void route_blackhole(void) { host_route(RIB_BLACKHOLE, NULL); }
static void route_reject(void) { host_route(RIB_REJECT, NULL); }
static void route_gateway(void) { host_route(RIB_GATEWAY, "10.1.0.9"); }
static void route_wan(void) { host_route(RIB_GATEWAY, REMOTE); }
static void route_unknown(void) { host_route(RIB_GATEWAY, "192.168.0.99"); }
static void route_off_link(void) { host_route(RIB_GATEWAY, "203.0.113.9"); }
static void remote_blackhole(void) { remote_route(RIB_BLACKHOLE, NULL); }
static void remote_loops(void) { remote_route(RIB_INTERFACE, "ipsec0"); }
/* clang-format on */

void
bend_route_default(void)
{
	setup_route(&gw, "0.0.0.0/1", RIB_GATEWAY, REMOTE);
}

static void
sa_two(void)
{
	struct sa_params prm = setup_sa_params("192.168.0.3", REMOTE, "aes-cbc", 16);

	prm.spi = 10002;
	ctl_sa_add(gw.ctl, &prm, NULL, &err); /* -EEXIST the second time */
}

static void
sa_dying(void)
{
	const struct ip_addr dst = setup_ip(REMOTE);
	struct sa_ctl *sa = sadb_find(ctl_sadb(gw.ctl), &dst, 10000);

	if (sa != NULL)
		sa->state = SA_DYING;
}

static void
in_dead(void)
{
	const struct ip_addr dst = setup_ip("192.168.0.3");
	struct sa_ctl *sa = sadb_find(ctl_sadb(gw.ctl), &dst, 10000);

	if (sa != NULL && sa->sa != NULL)
		sa->sa->state = SA_DEAD;
}

struct twist {
	const char *name;
	void (*apply)(void);
	bool out, in;
};

#define BOTH true, true
#define OUT true, false
#define IN false, true

static const struct twist twists[] = {
	{ "lan down", lan_down, BOTH },
	{ "wan down", wan_down, BOTH },
	{ "lan monitor", lan_monitor, OUT },
	{ "tunnel down", tunnel_down, BOTH },
	{ "tunnel monitor", tunnel_monitor, BOTH },
	{ "not running", tunnel_not_running, BOTH },
	{ "no tunnel", tunnel_deleted, BOTH },
	{ "reqid changed", reqid_changed, BOTH },
	{ "mtu 1280", mtu_1280, BOTH },
	{ "mtu 1500", mtu_1500, OUT },
	{ "mtu 8000", bend_mtu_8000, OUT },
	{ "mtu auto", mtu_auto, BOTH },
	{ "df set", df_set, OUT },
	{ "newest", newest, OUT },
	{ "no SA", sa_none, BOTH },
	{ "SA reqid", sa_reqid, OUT },
	{ "SA transport", sa_transport, OUT },
	{ "SA spent", sa_spent, BOTH },
	{ "SA natt", sa_natt, OUT },
	{ "SA ends", sa_ends, OUT },
	{ "two SAs", sa_two, BOTH },
	{ "SA dying", sa_dying, OUT },
	{ "blackhole", route_blackhole, BOTH },
	{ "reject", route_reject, BOTH },
	{ "gateway", route_gateway, BOTH },
	{ "by wan", route_wan, BOTH },
	{ "unknown gateway", route_unknown, BOTH },
	{ "gateway off link", route_off_link, BOTH },
	{ "remote blackhole", remote_blackhole, BOTH },
	{ "remote loops", remote_loops, BOTH },
	{ "neighbour fails", neighbour_fails, BOTH },
	{ "in SA dead", in_dead, IN },
};

void
bend_some(bool in)
{
	unsigned int n = dice(4);

	while (n-- > 0) {
		const struct twist *t = &twists[dice(RTE_DIM(twists))];

		if (!(in ? t->in : t->out))
			continue;
		t->apply();
		snprintf(story + strlen(story), sizeof(story) - strlen(story), ", %s", t->name);
	}
	pipe_poll(&gw);
	pipe_flush(&gw);
}
