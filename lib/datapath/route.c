/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stage 5: where does it go? One bulk look-up in the FIB of the packets, TTL, and the kind of next hop. Packets made by us
 * (PKT_ORIGINATED) keep their TTL and cause no ICMP errors.
 */
#include "datapath/stages.h"
#include "net/cksum.h"
#include "route/nexthop.h"

#include "datapath/poison.h"

/* A packet whose route is not one to forward by. */
static void
route_elsewhere(struct worker *w, struct frame *f, struct rte_mbuf *m, uint32_t nh)
{
	switch (nh_kind(nh)) {
	case NH_LOCAL:
		dp_push(w, &f->local, m);
		return;
	case NH_MULTICAST:
		dp_punt(w, PUNT_MULTICAST, m);
		return;
	case NH_BLACKHOLE:
		dp_drop(w, DROP_BLACKHOLE, m);
		return;
	case NH_REJECT:
		dp_drop_icmp(w, DROP_REJECT, m);
		return;
	default:
		dp_drop_icmp(w, DROP_NO_ROUTE, m);
	}
}

static inline bool
route_forwards(uint32_t nh)
{
	/* NH_ATTACHED, NH_NEIGH, NH_IPSEC */
	return (unsigned int)nh_kind(nh) - NH_ATTACHED <= (unsigned int)(NH_IPSEC - NH_ATTACHED);
}

static inline void
route_push(struct worker *w, struct frame *f, struct rte_mbuf *m, uint32_t nh)
{
	pkt_meta(m)->nh = nh;
	switch (nh_kind(nh)) {
	case NH_IPSEC:
		dp_push(w, &f->encap, m);
		return;
	case NH_NEIGH:
		dp_push(w, &f->out, m);
		return;
	default:
		dp_punt(w, PUNT_NEIGH,
				m); /* NH_ATTACHED: the control core looks for the neighbour */
	}
}

/* 0/8, 127/8, 224/4 and above are not to be forwarded to (RFC 1812, 4.2.2.11 and 5.3.7). */
static inline bool
ip4_is_special(uint32_t dst)
{
	const uint32_t net = dst >> 24;

	return net == 0 || net == 127 || net >= 224;
}

/* Network 0 is "this host on this network": it may speak to us, not through us (RFC 1812, 5.3.7). */
static inline enum drop_reason
route4_scope(const struct rte_ipv4_hdr *ip, uint32_t dst)
{
	if (unlikely(ip4_is_special(dst)))
		return DROP_IP_DESTINATION;
	return unlikely((ip->src_addr & RTE_BE32(0xff000000)) == 0) ? DROP_IP_SOURCE : DROP_NONE;
}

static inline void
route4_one(struct worker *w, struct frame *f, struct rte_mbuf *m, uint32_t dst, uint32_t nh)
{
	struct rte_ipv4_hdr *ip = pkt_ip4(m);
	enum drop_reason bad;

	if (unlikely(!route_forwards(nh))) {
		route_elsewhere(w, f, m, nh);
		return;
	}
	bad = route4_scope(ip, dst);
	if (unlikely(bad != DROP_NONE)) {
		dp_drop(w, bad, m);
		return;
	}
	if (likely(!(pkt_meta(m)->flags & PKT_ORIGINATED))) {
		if (unlikely(ip->time_to_live <= 1)) {
			dp_drop_icmp(w, DROP_TTL, m);
			return;
		}
		ip4_ttl_decrement(ip);
	}
	route_push(w, f, m, nh);
}

/* A run of packets of one FIB. */
static void
route4_run(struct worker *w, struct frame *f, struct rte_mbuf **pkt, uint16_t n)
{
	const struct fib *fib = rcu_read(w->dp->fibs->fib[pkt_meta(pkt[0])->fib]);
	uint32_t dst[DP_VEC_MAX], nh[DP_VEC_MAX];
	uint16_t i;

	for (i = 0; i < n; i++)
		dst[i] = rte_be_to_cpu_32(pkt_ip4(pkt[i])->dst_addr);
	if (likely(fib != NULL))
		rt4_lookup_bulk(fib->rt4, dst, nh, n);
	else
		memset(nh, 0, sizeof(nh[0]) * n);
	for (i = 0; i < n; i++)
		route4_one(w, f, pkt[i], dst[i], nh[i]);
}

/* Loopback and unspecified are not to be forwarded to, link-local neither; the latter two not from (RFC 4291, 2.5.2 to 2.5.6). */
static inline enum drop_reason
route6_scope(const struct rte_ipv6_hdr *ip, uint8_t flags)
{
	static const uint8_t zero[15];

	if (unlikely(memcmp(ip->dst_addr, zero, 15) == 0 && ip->dst_addr[15] <= 1))
		return DROP_IP_DESTINATION;
	if (flags & PKT_ORIGINATED)
		return DROP_NONE;
	if (unlikely(ip6_is_link_local(ip->dst_addr)))
		return DROP_IP_DESTINATION;
	if (unlikely(ip->src_addr[0] == 0 && memcmp(ip->src_addr, zero, 15) == 0 &&
			    ip->src_addr[15] == 0))
		return DROP_IP_SOURCE;
	return unlikely(ip6_is_link_local(ip->src_addr)) ? DROP_IP_SOURCE : DROP_NONE;
}

static inline void
route6_one(struct worker *w, struct frame *f, struct rte_mbuf *m, uint32_t nh)
{
	struct rte_ipv6_hdr *ip = pkt_ip6(m);
	const uint8_t flags = pkt_meta(m)->flags;
	enum drop_reason bad;

	if (unlikely(!route_forwards(nh))) {
		route_elsewhere(w, f, m, nh);
		return;
	}
	bad = route6_scope(ip, flags);
	if (unlikely(bad != DROP_NONE)) {
		dp_drop(w, bad, m);
		return;
	}
	if (likely(!(flags & PKT_ORIGINATED))) {
		if (unlikely(ip->hop_limits <= 1)) {
			dp_drop_icmp(w, DROP_TTL, m);
			return;
		}
		ip->hop_limits--;
	}
	route_push(w, f, m, nh);
}

static void
route6_run(struct worker *w, struct frame *f, struct rte_mbuf **pkt, uint16_t n)
{
	const struct fib *fib = rcu_read(w->dp->fibs->fib[pkt_meta(pkt[0])->fib]);
	uint8_t dst[DP_VEC_MAX][16];
	uint32_t nh[DP_VEC_MAX];
	uint16_t i;

	for (i = 0; i < n; i++)
		memcpy(dst[i], pkt_ip6(pkt[i])->dst_addr, 16);
	if (likely(fib != NULL))
		rt6_lookup_bulk(fib->rt6, dst, nh, n);
	else
		memset(nh, 0, sizeof(nh[0]) * n);
	for (i = 0; i < n; i++)
		route6_one(w, f, pkt[i], nh[i]);
}

/* Call @p run for each run of packets that share a FIB. */
static inline void
route_by_fib(struct worker *w, struct frame *f, struct vec *v,
		void (*run)(struct worker *, struct frame *, struct rte_mbuf **, uint16_t))
{
	const uint16_t n = v->n;
	uint16_t i, start = 0;

	if (n == 0)
		return;
	v->n = 0;
	for (i = 0; i < n; i++) {
		if (unlikely(pkt_meta(v->pkt[i])->fib != pkt_meta(v->pkt[start])->fib)) {
			run(w, f, &v->pkt[start], (uint16_t)(i - start));
			start = i;
		}
	}
	run(w, f, &v->pkt[start], (uint16_t)(n - start));
}

/* Stage 5: ip4 -> encap | out | local | punt. Nothing here pushes to ip4, so its packets may be read in place. */
void
dp_route4(struct worker *w, struct frame *f)
{
	route_by_fib(w, f, &f->ip4, route4_run);
}

void
dp_route6(struct worker *w, struct frame *f)
{
	route_by_fib(w, f, &f->ip6, route6_run);
}
