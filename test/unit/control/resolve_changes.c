/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Thousands of random changes of routes, tunnels and neighbours: what was worked out for each change alone is what a pass over
 * everything says, written here a second time from the routes themselves.
 */
#include "resolve_bench.h"

#define TUNNELS 12
#define ROUTES 300
#define CHANGES 6000

static struct iface *tunnel[TUNNELS];
static struct rib_route *route[ROUTES];
static uint32_t used[ADJ_MAX]; /* how many targets should hold a neighbour */

static uint32_t
rnd(uint32_t n)
{
	static uint64_t s = 0x9e3779b97f4a7c15;

	s ^= s >> 12;
	s ^= s << 25;
	s ^= s >> 27;
	return (uint32_t)((s * 0x2545f4914f6cdd1d >> 33) % n);
}

/* A host on one of the links, behind a tunnel, far away, or one of our own. */
static const char *
random_host(void)
{
	static char text[32];

	switch (rnd(8)) {
	case 0:
	case 1:
		snprintf(text, sizeof(text), "10.0.0.%u", 2 + rnd(30));
		break;
	case 2:
	case 3:
		snprintf(text, sizeof(text), "192.168.0.%u", 4 + rnd(30));
		break;
	case 4:
	case 5:
		snprintf(text, sizeof(text), "172.16.%u.5", rnd(TUNNELS));
		break;
	case 6:
		snprintf(text, sizeof(text), "203.0.113.%u", 1 + rnd(6));
		break;
	default:
		snprintf(text, sizeof(text), "192.168.0.3");
	}
	return text;
}

/* Nets of such hosts, of all sizes. */
static struct ip_prefix
random_prefix(void)
{
	static const uint8_t lens[] = { 0, 8, 12, 16, 23, 24, 25, 27, 28, 30, 31, 32, 32 };
	struct ip_prefix p = { .addr = A(random_host()), .len = lens[rnd(sizeof(lens))] };

	ip_prefix_mask(&p);
	return p;
}

static void
change_route(void)
{
	struct rib_route **r = &route[rnd(ROUTES)];
	struct rib_spec spec = { .prefix = random_prefix(), .source = RIB_STATIC };
	const struct iface *ifp;

	if (*r != NULL) {
		rib_remove(b.rib, *r);
		*r = NULL;
		return;
	}
	if (rib_find(b.rib, 0, &spec.prefix, RIB_STATIC) != NULL)
		return;
	spec.kind = (enum rib_kind)(rnd(10) < 5       ? RIB_GATEWAY
					: rnd(10) < 8 ? RIB_INTERFACE
						      : RIB_BLACKHOLE);
	if (spec.kind == RIB_GATEWAY)
		spec.gateway = A(random_host());
	if (spec.kind == RIB_BLACKHOLE)
		spec.nh = nh_make(NH_BLACKHOLE, 0);
	if (spec.kind == RIB_INTERFACE) {
		ifp = rnd(4) ? tunnel[rnd(TUNNELS)] : rnd(2) ? b.lan : b.wan;
		spec.iface = ifp->index;
		spec.nh = nh_make(ifp->kind == IFACE_PORT ? NH_ATTACHED : NH_IPSEC, ifp->index);
	}
	*r = rib_insert(b.rib, &spec, NULL);
	assert_non_null(*r);
}

/* As `route change` does: the record, then what it leads to. */
static void
change_gateway(void)
{
	struct rib_route *r = route[rnd(ROUTES)];

	if (r == NULL)
		return;
	resolve_route_gone(b.r, r);
	r->spec.kind = RIB_GATEWAY;
	r->spec.iface = 0;
	r->spec.gateway = A(random_host());
	resolve_route_changed(b.r, r);
}

static void
change_tunnel(void)
{
	struct iface *ifp = tunnel[rnd(TUNNELS)];
	const struct ip_addr local = A("192.168.0.3"), remote = A(random_host());

	if (rnd(4) == 0) {
		ipsec_if_delete_tunnel(b.ifaces, ifp);
	} else if (!ip_equal(&local, &remote)) {
		assert_int_equal(ipsec_if_set_tunnel(b.ifaces, ifp, &local, &remote, NULL), 0);
	}
	resolve_tunnel(b.r, ifp);
}

static void
change_neighbour(uint64_t now)
{
	const struct rte_ether_addr mac = MAC("02:aa:00:00:00:77");
	const char *text = random_host();
	const struct ip_addr host = A(text);
	struct iface *port = rnd(2) ? b.lan : b.wan;

	switch (rnd(4)) {
	case 0:
		punt_arp(port, 2, "02:aa:00:00:00:05", text,
				port == b.lan ? "10.0.0.1" : "192.168.0.3", now);
		return;
	case 1:
		resolve_neigh_add(b.r, port, &host, &mac, NULL);
		return;
	case 2:
		resolve_neigh_delete(b.r, NULL, &host, NULL);
		return;
	default:
		punt_arp(b.lan, 2, "02:aa:00:00:00:05", text, "10.0.0.1", now);
	}
}

/* What a link route says of a host, NH_NONE when it is no way to it. */
static uint32_t
nh_of_link(const struct rib_route *link, const struct ip_addr *host)
{
	const struct neigh *n;

	if (link == NULL)
		return NH_NONE;
	switch (nh_kind(link->spec.nh)) {
	case NH_ATTACHED:
		n = neigh_find(b.neighs, (uint16_t)nh_index(link->spec.nh), host);
		assert_non_null(n); /* it is asked for */
		return nh_make(NH_NEIGH, n->index);
	case NH_NEIGH:
	case NH_IPSEC:
		return link->spec.nh;
	default:
		return NH_NONE;
	}
}

static void
use(uint32_t nh)
{
	if (nh_kind(nh) == NH_NEIGH)
		used[nh_index(nh)] = 1;
}

static void
check_gateway(struct rib_route *r, void *arg)
{
	uint32_t want;

	(void)arg;
	if (r->spec.source != RIB_STATIC || r->spec.kind != RIB_GATEWAY)
		return;
	want = nh_of_link(rib_match_link(b.rib, 0, &r->spec.gateway), &r->spec.gateway);
	use(want);
	if (want == NH_NONE)
		want = nh_make(NH_REJECT, 0);
	if (r->spec.nh != want)
		fail_msg("%s by %s: 0x%x, not 0x%x", prefix_str(&r->spec.prefix),
				ip_str(&r->spec.gateway), r->spec.nh, want);
}

static void
check_tunnel(const struct iface *ifp)
{
	const struct rib_route *r;
	uint32_t want = NH_NONE;

	if (ip_is_set(&ifp->remote)) {
		r = rib_match(b.rib, 0, &ifp->remote);
		if (r != NULL && r->spec.kind == RIB_GATEWAY)
			want = nh_of_link(rib_match_link(b.rib, 0, &r->spec.gateway),
					&r->spec.gateway);
		else if (r != NULL && nh_kind(r->spec.nh) == NH_ATTACHED)
			want = nh_of_link(r, &ifp->remote);
		else if (r != NULL)
			want = r->spec.nh;
	}
	use(want);
	if (ifp->outer_nh != want)
		fail_msg("%s to %s: 0x%x, not 0x%x", ifp->name, ip_str(&ifp->remote), ifp->outer_nh,
				want);
}

/* No host route of a neighbour stands where the operator's routes lead elsewhere. */
static void
check_host(struct rib_route *r, void *arg)
{
	const struct rib_route *cover;

	(void)arg;
	if (r->spec.source != RIB_NEIGH)
		return;
	cover = rib_match_without(b.rib, 0, &r->spec.prefix.addr, RIB_NEIGH);
	if (cover != NULL &&
			(cover->spec.kind != RIB_INTERFACE || cover->spec.iface != r->spec.iface))
		fail_msg("%s wins over %s", prefix_str(&r->spec.prefix),
				prefix_str(&cover->spec.prefix));
}

static void
check_use(struct neigh *n, void *arg)
{
	(void)arg;
	if ((n->refs > 0) != (used[n->index] > 0))
		fail_msg("%s: %u users, should be %s", ip_str(&n->addr), n->refs,
				used[n->index] ? "some" : "none");
}

static void
check_all(void)
{
	unsigned int i;

	memset(used, 0, sizeof(used));
	rib_foreach(b.rib, -1, 0, check_host, NULL);
	rib_foreach(b.rib, -1, 0, check_gateway, NULL);
	for (i = 0; i < TUNNELS; i++)
		check_tunnel(tunnel[i]);
	neigh_foreach(b.neighs, check_use, NULL);
}

static void
each_change_leads_where_a_pass_over_everything_leads(void **state)
{
	char name[16];
	unsigned int i, changed;

	(void)state;
	for (i = 0; i < TUNNELS; i++) {
		snprintf(name, sizeof(name), "ipsec%u", i);
		tunnel[i] = ipsec_if_create(b.ifaces, name, NULL);
		assert_non_null(tunnel[i]);
	}
	resolve_run(b.r);
	for (i = 0; i < CHANGES; i++) {
		switch (rnd(8)) {
		case 0:
			change_tunnel();
			break;
		case 1:
			change_gateway();
			break;
		case 2:
			change_neighbour(T0 + i * 20);
			break;
		case 3:
			resolve_tick(b.r, T0 + i * 20);
			break;
		default:
			change_route();
		}
		if (rnd(3) == 0)
			continue; /* several at once */
		resolve_run(b.r);
		check_all();
		bench_forget();
	}
	resolve_run(b.r);
	changed = b.nb_changed;
	assert_true(changed > 300);
	resolve_dirty(b.r);
	resolve_run(b.r);
	check_all();
	assert_int_equal(b.nb_changed, changed);
	for (i = 0; i < TUNNELS; i++) {
		ipsec_if_delete_tunnel(b.ifaces, tunnel[i]);
		resolve_tunnel(b.r, tunnel[i]);
	}
	for (i = 0; i < ROUTES; i++)
		if (route[i] != NULL)
			rib_remove(b.rib, route[i]);
	resolve_run(b.r);
	check_all(); /* nothing is held any more */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
				each_change_leads_where_a_pass_over_everything_leads, bench_up,
				bench_down),
	};

	return cmocka_run_group_tests_name(
			"control/resolve_changes", tests, bench_group_up, bench_group_down);
}
