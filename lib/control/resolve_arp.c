/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ARP (RFC 826, RFC 5227): answering for the addresses of a port, learning from who talks to us, asking. Entries are made only by
 * who asks us, or is asked by us; what others say among themselves changes entries that are there, and makes none.
 */
#include <string.h>

#include <rte_arp.h>

#include "base/log.h"
#include "control/resolve_priv.h"

static const struct rte_ether_addr broadcast = { .addr_bytes = { 255, 255, 255, 255, 255, 255 } };
static const struct rte_ether_addr zero;

bool
resolve_is_ours(const struct resolve *r, const struct iface *ifp, const struct ip_addr *addr)
{
	uint16_t i;

	if (iface_of_local(r->a.ifaces, addr) == NULL) /* constant time */
		return false;
	for (i = 0; i < ifp->nb_addrs; i++) {
		if (ip_equal(&ifp->addrs[i].prefix.addr, addr))
			return true;
	}
	return false;
}

static const struct iface_addr *
on_link_addr(const struct iface *ifp, const struct ip_addr *to)
{
	uint16_t i;

	for (i = 0; i < ifp->nb_addrs; i++) {
		if (ifp->addrs[i].prefix.addr.af == to->af &&
				ip_prefix_contains(&ifp->addrs[i].prefix, to))
			return &ifp->addrs[i];
	}
	return NULL;
}

bool
resolve_is_on_link(const struct iface *ifp, const struct ip_addr *addr)
{
	if (addr->af == AF_INET6 && ip_is_link_local(addr))
		return true;
	return on_link_addr(ifp, addr) != NULL;
}

const struct ip_addr *
resolve_source(const struct resolve *r, const struct iface *ifp, const struct ip_addr *to)
{
	const struct iface_addr *a = on_link_addr(ifp, to);

	if (a == NULL)
		a = iface_first_addr(ifp, to->af);
	return a != NULL ? &a->prefix.addr : NULL;
}

static void
arp_send(struct resolve *r, const struct iface *port, uint16_t op, const struct ip_addr *sender,
		const struct rte_ether_addr *target_mac, const struct ip_addr *target)
{
	const bool to_all = op == RTE_ARP_OP_REQUEST && rte_is_zero_ether_addr(target_mac);

	resolve_send_frame(r, port, to_all ? &broadcast : target_mac, RTE_ETHER_TYPE_ARP,
			arp_create(r->a.pool, op, &port->mac, sender, target_mac, target));
}

void
resolve_arp_ask(struct resolve *r, const struct iface *port, const struct ip_addr *addr,
		const struct rte_ether_addr *mac)
{
	const struct ip_addr *source = resolve_source(r, port, addr);

	if (source != NULL) /* a port without an IPv4 address can not ask; it fails in time */
		arp_send(r, port, RTE_ARP_OP_REQUEST, source, mac != NULL ? mac : &zero, addr);
}

void
resolve_arp_announce(struct resolve *r, const struct iface *port, const struct ip_addr *addr)
{
	arp_send(r, port, RTE_ARP_OP_REQUEST, addr, &zero, addr); /* RFC 5227, 2.3 */
}

/* May this be somebody's address? Not ours (a conflict), nobody's (a probe, RFC 5227), or off the link. */
static bool
sender_is_host(struct resolve *r, const struct iface *port, const struct parse_arp *arp)
{
	if (ip_is_any(&arp->sender))
		return false;
	if (resolve_is_ours(r, port, &arp->sender)) {
		if (!rte_is_same_ether_addr(&arp->sender_mac, &port->mac) && resolve_may_log(r))
			log_warning("%s: %s uses our address %s", port->name,
					mac_str(&arp->sender_mac), ip_str(&arp->sender));
		return false;
	}
	return !ip_is_multicast(&arp->sender) && !ip_is_loopback(&arp->sender) &&
			!ip_is_broadcast(&arp->sender, NULL);
}

static void
arp_handle(struct resolve *r, const struct iface *port, const struct parse_arp *arp)
{
	const bool to_us = resolve_is_ours(r, port, &arp->target);
	const bool asks_us = to_us && arp->op == RTE_ARP_OP_REQUEST;

	/* Somebody asks from one of our addresses: answering would help the conflict along. */
	if (resolve_is_ours(r, port, &arp->sender)) {
		sender_is_host(r, port, arp);
		return;
	}
	if (sender_is_host(r, port, arp))
		resolve_neigh_learn(r, port, &arp->sender, &arp->sender_mac, NEIGH_REACHABLE,
				asks_us && resolve_is_on_link(port, &arp->sender));
	if (asks_us)
		arp_send(r, port, RTE_ARP_OP_REPLY, &arp->target, &arp->sender_mac, &arp->sender);
}

void
resolve_arp_packet(struct resolve *r, struct rte_mbuf *m)
{
	const struct iface *port = iface_at(r->a.ifaces, pkt_meta(m)->iface);
	struct parse_arp arp;

	if (port == NULL || port->kind != IFACE_PORT || parse_arp(m, &arp) != DROP_NONE ||
			(arp.op != RTE_ARP_OP_REQUEST && arp.op != RTE_ARP_OP_REPLY) ||
			!rte_is_valid_assigned_ether_addr(&arp.sender_mac)) {
		resolve_drop(r, DROP_ARP_INVALID, m);
		return;
	}
	rte_pktmbuf_free(m);
	arp_handle(r, port, &arp);
}
