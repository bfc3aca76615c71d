/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ICMP errors, under one rate limit (RFC 1812, 4.3.2.8; RFC 4443, 2.4 f), and packets for us that nobody takes.
 */
#include <netinet/in.h>

#include <rte_ip.h>
#include <rte_udp.h>

#include "control/resolve_priv.h"

#define PORT_NATT 4500

static bool
take_token(struct resolve *r)
{
	const uint64_t passed_ms = r->now_ms - r->icmp_ms;

	r->icmp_ms = r->now_ms;
	if (passed_ms >= RESOLVE_ICMP_BURST * 1000 / RESOLVE_ICMP_RATE)
		r->icmp_tokens = RESOLVE_ICMP_BURST * 1000;
	else
		r->icmp_tokens = RTE_MIN(RESOLVE_ICMP_BURST * 1000u,
				r->icmp_tokens + (uint32_t)passed_ms * RESOLVE_ICMP_RATE);
	if (r->icmp_tokens < 1000)
		return false;
	r->icmp_tokens -= 1000;
	return true;
}

/* What we call ourselves: an address of the interface it came in by, else any of a port. */
static const struct ip_addr *
error_source(const struct resolve *r, const struct iface *in, int af)
{
	const struct iface_addr *a = in != NULL ? iface_first_addr(in, af) : NULL;
	const struct iface *ifp;

	for (ifp = r->a.ifaces->ports; a == NULL && ifp != NULL; ifp = ifp->next_port)
		a = iface_first_addr(ifp, af);
	return a != NULL ? &a->prefix.addr : NULL;
}

static void
send_error(struct resolve *r, struct rte_mbuf *m, enum icmp_error kind, uint16_t mtu,
		const struct ip_addr *source)
{
	const struct pkt_meta *about = pkt_meta(m);
	const bool ip6 = about->flags & PKT_IP6;
	struct rte_mbuf *e;

	if (about->flags & (PKT_ORIGINATED | PKT_L2_BCAST) || source == NULL ||
			!icmp_error_allowed(m, ip6) || !take_token(r))
		return;
	e = icmp_error_create(r->a.pool, m, ip6, kind, mtu, source);
	if (e == NULL) {
		dp_control_drop(r->a.dp, DROP_NO_MBUF);
		return;
	}
	pkt_meta(e)->flags = PKT_ORIGINATED | (ip6 ? PKT_IP6 : 0);
	pkt_meta(e)->fib = about->fib;
	resolve_inject(r, e);
}

void
resolve_icmp_error(struct resolve *r, struct rte_mbuf *m, enum icmp_error kind, uint16_t mtu)
{
	const struct pkt_meta *meta = pkt_meta(m);

	send_error(r, m, kind, mtu,
			error_source(r, iface_at(r->a.ifaces, meta->iface),
					meta->flags & PKT_IP6 ? AF_INET6 : AF_INET));
}

void
resolve_icmp_verdict(struct resolve *r, struct rte_mbuf *m)
{
	const struct pkt_meta *meta = pkt_meta(m);

	switch ((enum drop_reason)meta->verdict) {
	case DROP_TTL:
		resolve_icmp_error(r, m, ICMP_TIME_EXCEEDED, 0);
		break;
	case DROP_NO_ROUTE:
		resolve_icmp_error(r, m, ICMP_NET_UNREACHABLE, 0);
		break;
	case DROP_REJECT:
		resolve_icmp_error(r, m, ICMP_ADMIN_PROHIBITED, 0);
		break;
	case DROP_TOO_BIG:
		resolve_icmp_error(r, m, ICMP_TOO_BIG, meta->mtu);
		break;
	case DROP_NEIGH_FAILED:
	case DROP_OUT_IF_DOWN:
	case DROP_NO_SA_OUT:
	case DROP_TUNNEL_NO_ROUTE:
		resolve_icmp_error(r, m, ICMP_HOST_UNREACHABLE, 0);
		break;
	default:
		break;
	}
	rte_pktmbuf_free(m); /* counted by who dropped it */
}

/* RFC 3948, 2.3: one byte to the port of NAT-T keeps a translation alive; nobody answers. */
static bool
is_keepalive(const struct rte_mbuf *m, uint16_t len)
{
	const struct rte_udp_hdr *udp = rte_pktmbuf_mtod_offset(m, const struct rte_udp_hdr *, len);

	return m->data_len == len + sizeof(*udp) + 1 &&
			udp->dst_port == rte_cpu_to_be_16(PORT_NATT);
}

void
resolve_local_packet(struct resolve *r, struct rte_mbuf *m)
{
	const bool ip6 = pkt_meta(m)->flags & PKT_IP6;
	struct parse_l4 l4 = { .proto = IPPROTO_NONE };
	enum drop_reason reason = DROP_LOCAL_PROTO;
	struct parse_icmp icmp;
	struct ip_addr src, dst;

	parse_addrs(m, ip6, &src, &dst);
	parse_l4(m, ip6, &l4); /* cut off: no protocol, no error */
	switch (l4.proto) {
	case IPPROTO_UDP:
	case IPPROTO_TCP:
		if (!is_keepalive(m, l4.offset))
			send_error(r, m, ICMP_PORT_UNREACHABLE, 0, &dst);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		if (!l4.fragment && parse_icmp(m, ip6, &icmp) != DROP_NONE)
			reason = DROP_ICMP_INVALID;
		break;
	case IPPROTO_NONE:
	case IPPROTO_ESP: /* an unknown SPI is no secret to confirm */
		break;
	default:
		send_error(r, m, ICMP_PROTO_UNREACHABLE, 0, &dst);
	}
	resolve_drop(r, reason, m);
}
