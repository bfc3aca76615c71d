/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Neighbour discovery (RFC 4861): solicitations answered and sent, advertisements taken, on ports. We are a router that does not
 * advertise itself: RS and RA are not handled. Addresses are not checked for duplicates first (RFC 4862, 5.4).
 */
#include <string.h>

#include "base/log.h"
#include "control/resolve_priv.h"

static struct ip_addr
all_nodes(void)
{
	const uint8_t group[16] = { 0xff, 2, [15] = 1 };

	return ip_from_v6(group);
}

static void
send_to_group(struct resolve *r, const struct iface *port, const struct ip_addr *group,
		struct rte_mbuf *m)
{
	struct rte_ether_addr mac;

	nd_group_mac(group, &mac);
	resolve_send_frame(r, port, &mac, RTE_ETHER_TYPE_IPV6, m);
}

void
resolve_nd_ask(struct resolve *r, const struct iface *port, const struct ip_addr *addr,
		const struct rte_ether_addr *mac)
{
	const struct ip_addr *source = resolve_source(r, port, addr);
	struct ip_addr group;

	if (source == NULL) /* a port without an IPv6 address can not ask; it fails in time */
		return;
	if (mac != NULL) {
		resolve_send_frame(r, port, mac, RTE_ETHER_TYPE_IPV6,
				nd_solicit_create(r->a.pool, &port->mac, source, addr, addr));
		return;
	}
	nd_solicited_node(addr, &group);
	send_to_group(r, port, &group,
			nd_solicit_create(r->a.pool, &port->mac, source, &group, addr));
}

void
resolve_nd_announce(struct resolve *r, const struct iface *port, const struct ip_addr *addr)
{
	const struct ip_addr all = all_nodes();

	send_to_group(r, port, &all,
			nd_advert_create(r->a.pool, &port->mac, &all, addr, false, true));
}

/* Answer to a neighbour that may not be known: it is asked first then, and the answer waits like any packet. */
static void
answer(struct resolve *r, const struct iface *port, const struct parse_nd *nd)
{
	struct rte_mbuf *m;
	struct neigh *n;

	if (nd->has_mac) {
		resolve_send_frame(r, port, &nd->mac, RTE_ETHER_TYPE_IPV6,
				nd_advert_create(r->a.pool, &port->mac, &nd->src, &nd->target, true,
						true));
		return;
	}
	n = resolve_neigh_want(r, port, &nd->src, true);
	if (n == NULL)
		return;
	m = nd_advert_create(r->a.pool, &port->mac, &nd->src, &nd->target, true, true);
	if (m == NULL) {
		dp_control_drop(r->a.dp, DROP_NO_MBUF);
		return;
	}
	pkt_meta(m)->flags = PKT_IP6 | PKT_ORIGINATED;
	pkt_meta(m)->fib = port->fib;
	resolve_neigh_send(r, n, m);
}

static void
handle_ns(struct resolve *r, const struct iface *port, const struct parse_nd *nd)
{
	const bool probe = ip_is_any(&nd->src); /* somebody checks for duplicates */

	if (!resolve_is_ours(r, port, &nd->target))
		return;
	if (resolve_is_ours(r, port, &nd->src)) {
		if (resolve_may_log(r))
			log_warning("%s: somebody uses our address %s", port->name,
					ip_str(&nd->src));
		return;
	}
	if (probe) {
		resolve_nd_announce(r, port, &nd->target);
		return;
	}
	if (nd->has_mac)
		resolve_neigh_learn(r, port, &nd->src, &nd->mac, NEIGH_STALE,
				resolve_is_on_link(port, &nd->src));
	answer(r, port, nd);
}

/* RFC 4861, 7.2.5. */
static void
handle_na(struct resolve *r, const struct iface *port, const struct parse_nd *nd)
{
	struct neigh *n = neigh_find(r->a.neighs, port->index, &nd->target);
	const enum neigh_state state = nd->solicited ? NEIGH_REACHABLE : NEIGH_STALE;
	bool known, same;

	if (n == NULL || n->state == NEIGH_STATIC)
		return;
	known = n->state != NEIGH_INCOMPLETE && n->state != NEIGH_FAILED;
	if (!known) {
		if (nd->has_mac)
			resolve_neigh_learn(r, port, &nd->target, &nd->mac, state, false);
		return;
	}
	same = !nd->has_mac || rte_is_same_ether_addr(&n->mac, &nd->mac);
	if (!same && !nd->override) {
		if (n->state == NEIGH_REACHABLE)
			n->state = NEIGH_STALE;
		return;
	}
	if (same && !nd->solicited)
		return; /* says nothing new */
	resolve_neigh_learn(r, port, &nd->target, nd->has_mac ? &nd->mac : &n->mac, state, false);
}

bool
resolve_nd_packet(struct resolve *r, struct rte_mbuf *m)
{
	const struct iface *port = iface_at(r->a.ifaces, pkt_meta(m)->iface);
	struct parse_nd nd;

	if (parse_nd(m, &nd) != DROP_NONE) {
		resolve_drop(r, DROP_ND_INVALID, m);
		return true;
	}
	if (nd.type != ND_NS && nd.type != ND_NA)
		return false;
	if (port == NULL || port->kind != IFACE_PORT ||
			(nd.has_mac && !rte_is_valid_assigned_ether_addr(&nd.mac))) {
		resolve_drop(r, DROP_ND_INVALID, m); /* out of a tunnel, or not a host's address */
		return true;
	}
	rte_pktmbuf_free(m);
	if (nd.type == ND_NS)
		handle_ns(r, port, &nd);
	else
		handle_na(r, port, &nd);
	return true;
}
