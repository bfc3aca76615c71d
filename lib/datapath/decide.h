/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What becomes of a packet, decided and not done: each function looks at a packet and at rows that workers read, and says where
 * it goes next. The stages call these and do it; explain.c calls the same ones for a packet that is never sent, so what is
 * explained is what happens. decide_esp.h holds those of ESP.
 *
 * Nothing here counts packets, pushes or frees. A packet is changed where the next decision needs it: flags, TTL, length.
 */
#ifndef DATAPATH_DECIDE_H
#define DATAPATH_DECIDE_H

#include <rte_branch_prediction.h>

#include "datapath/dataplane.h"
#include "net/cksum.h"
#include "net/icmp.h"
#include "net/parse.h"
#include "net/pkt.h"
#include "route/nexthop.h"
#include "route/rt4.h"
#include "route/rt6.h"

/** Pieces that one packet may be cut into. */
#define DP_FRAGMENTS_MAX 8

enum dp_to {
	DP_TO_DROP,      /* why: enum drop_reason */
	DP_TO_DROP_ICMP, /* the same, and the sender is to be told */
	DP_TO_PUNT,      /* why: enum punt_reason */
	DP_TO_FRAGMENT,  /* cut, the pieces back to where it was; or too big: decide_fragment() */
	DP_TO_IP,        /* route */
	DP_TO_ESP,       /* ipsec_in */
	DP_TO_LOCAL,     /* local */
	DP_TO_ENCAP,     /* ipsec_out */
	DP_TO_OUT,       /* rewrite */
	DP_TO_PORT,      /* tx */
	DP_TO_ENGINE     /* an engine; then ipsec_in_done or ipsec_out_done */
};

struct dp_verdict {
	uint8_t to;  /* enum dp_to */
	uint8_t why; /* enum drop_reason or punt_reason */
};

static inline struct dp_verdict
dp_to(enum dp_to to)
{
	return (struct dp_verdict){ .to = (uint8_t)to };
}

static inline struct dp_verdict
dp_to_drop(enum drop_reason why)
{
	return (struct dp_verdict){ .to = DP_TO_DROP, .why = (uint8_t)why };
}

static inline struct dp_verdict
dp_to_drop_icmp(enum drop_reason why)
{
	return (struct dp_verdict){ .to = DP_TO_DROP_ICMP, .why = (uint8_t)why };
}

static inline struct dp_verdict
dp_to_punt(enum punt_reason why)
{
	return (struct dp_verdict){ .to = DP_TO_PUNT, .why = (uint8_t)why };
}

static inline bool
iface_row_passes(const struct iface_row *row)
{
	return (row->flags & (IFACE_UP | IFACE_RUNNING)) == (IFACE_UP | IFACE_RUNNING);
}

static inline bool
ip6_is_link_local(const uint8_t addr[16])
{
	return addr[0] == 0xfe && (addr[1] & 0xc0) == 0x80;
}

/* --- classify --- */

/** May an interface (NULL: none) receive? DROP_NONE: yes. */
static inline enum drop_reason
decide_ingress(const struct iface_row *row)
{
	if (unlikely(row == NULL || !(row->flags & IFACE_UP)))
		return DROP_IF_DOWN;
	return unlikely(row->flags & IFACE_MONITOR) ? DROP_IF_MONITOR : DROP_NONE;
}

/** Can the frame be read, and may it come in? @p ingress: decide_ingress(). */
static inline enum drop_reason
decide_frame(const struct rte_mbuf *m, enum drop_reason ingress)
{
	if (unlikely(m->data_len < RTE_ETHER_HDR_LEN))
		return DROP_RUNT;
	if (unlikely(m->nb_segs != 1))
		return DROP_MULTISEG;
	return ingress;
}

/** By what stands behind the IP header. Sets PKT_NATT. */
static inline struct dp_verdict
decide_esp_kind(struct pkt_meta *meta, enum parse_kind kind)
{
	switch (kind) {
	case PARSE_ESP_NATT:
		meta->flags |= PKT_NATT;
		/* fall through */
	case PARSE_ESP:
		return dp_to(DP_TO_ESP);
	case PARSE_ESP_FRAGMENT:
	case PARSE_OTHER:
		break;
	}
	return dp_to(DP_TO_IP);
}

static inline bool
ip4_is_multicast(const struct rte_ipv4_hdr *ip)
{
	return (ip->dst_addr & RTE_BE32(0xe0000000)) == RTE_BE32(0xe0000000);
}

/** Is a checked packet of @p len bytes plainly one to be routed, as nearly all are? false: decide_kind4() has to look. Changes nothing. */
static inline bool
decide_routed4(const struct rte_ipv4_hdr *ip, uint32_t len)
{
	return likely(!ip4_is_multicast(ip)) && likely(!parse_esp4_maybe(ip, len));
}

/** A checked packet, received or decrypted: ESP, to be routed, or for the control core. Sets meta.l3_len and PKT_NATT of ESP. */
static inline struct dp_verdict
decide_kind4(struct rte_mbuf *m)
{
	struct pkt_meta *meta = pkt_meta(m);

	if (decide_routed4(pkt_ip4(m), m->data_len))
		return dp_to(DP_TO_IP);
	if (unlikely(ip4_is_multicast(pkt_ip4(m))))
		return dp_to_punt(PUNT_MULTICAST);
	return decide_esp_kind(meta, parse_esp4(m, &meta->l3_len));
}

static inline struct dp_verdict
decide_kind6(struct rte_mbuf *m)
{
	struct pkt_meta *meta = pkt_meta(m);

	if (unlikely(ip6_dst(pkt_ip6(m))[0] == 0xff))
		return dp_to_punt(PUNT_MULTICAST);
	if (unlikely(meta->flags & PKT_L2_BCAST))
		return dp_to_drop(DROP_MULTICAST);
	return decide_esp_kind(meta, parse_esp6(m, &meta->l3_len));
}

/** A received packet behind its Ethernet header. Trims it; sets PKT_IP6. */
static inline struct dp_verdict
decide_received4(struct rte_mbuf *m)
{
	const enum drop_reason bad = parse_ip4(m);

	if (unlikely(bad != DROP_NONE))
		return dp_to_drop(bad);
	if (unlikely(pkt_meta(m)->flags & PKT_L2_BCAST))
		return dp_to_punt(PUNT_MULTICAST);
	return decide_kind4(m);
}

static inline struct dp_verdict
decide_received6(struct rte_mbuf *m)
{
	const enum drop_reason bad = parse_ip6(m);

	if (unlikely(bad != DROP_NONE))
		return dp_to_drop(bad);
	pkt_meta(m)->flags |= PKT_IP6;
	return decide_kind6(m);
}

/* --- route --- */

/** The next hops of a burst in one FIB; NH_NONE where there is no route, or no such FIB. */
static inline void
decide_nh4(const struct fib_table *fibs, uint16_t id, const uint32_t *dst, uint32_t *ret_nh,
		uint16_t n)
{
	const struct fib *fib = rcu_read(fibs->fib[id]);

	if (likely(fib != NULL))
		rt4_lookup_bulk(fib->rt4, dst, ret_nh, n);
	else
		memset(ret_nh, 0, sizeof(ret_nh[0]) * n);
}

static inline void
decide_nh6(const struct fib_table *fibs, uint16_t id, uint8_t dst[][16], uint32_t *ret_nh,
		uint16_t n)
{
	const struct fib *fib = rcu_read(fibs->fib[id]);

	if (likely(fib != NULL))
		rt6_lookup_bulk(fib->rt6, dst, ret_nh, n);
	else
		memset(ret_nh, 0, sizeof(ret_nh[0]) * n);
}

/** A packet whose route is not one to forward by. */
static inline struct dp_verdict
decide_route_elsewhere(uint32_t nh)
{
	switch (nh_kind(nh)) {
	case NH_LOCAL:
		return dp_to(DP_TO_LOCAL);
	case NH_MULTICAST:
		return dp_to_punt(PUNT_MULTICAST);
	case NH_BLACKHOLE:
		return dp_to_drop(DROP_BLACKHOLE);
	case NH_REJECT:
		return dp_to_drop_icmp(DROP_REJECT);
	default:
		return dp_to_drop_icmp(DROP_NO_ROUTE);
	}
}

/** Is it a route to forward by: NH_ATTACHED, NH_NEIGH, NH_IPSEC? */
static inline bool
decide_route_forwards(uint32_t nh)
{
	return (unsigned int)nh_kind(nh) - NH_ATTACHED <= (unsigned int)(NH_IPSEC - NH_ATTACHED);
}

/** Where a route to forward by leads. */
static inline struct dp_verdict
decide_route_onward(uint32_t nh)
{
	switch (nh_kind(nh)) {
	case NH_IPSEC:
		return dp_to(DP_TO_ENCAP);
	case NH_NEIGH:
		return dp_to(DP_TO_OUT);
	default:
		return dp_to_punt(PUNT_NEIGH); /* the control core looks for the neighbour */
	}
}

/* 0/8, 127/8, 224/4 and above are not to be forwarded to (RFC 1812, 4.2.2.11 and 5.3.7). */
static inline bool
ip4_is_special(uint32_t dst)
{
	return dst - (1u << 24) >= 223u << 24 || dst >> 24 == 127;
}

/**
 * May it be forwarded? Counts the hop. Network 0 is "this host on this network": it may speak to us, not through us (RFC 1812,
 * 5.3.7). @return DROP_NONE, or for decide_not_forwarded().
 */
static inline enum drop_reason
decide_forward4(struct rte_ipv4_hdr *ip, uint32_t dst, uint8_t flags)
{
	if (unlikely(ip4_is_special(dst)))
		return DROP_IP_DESTINATION;
	if (unlikely((ip->src_addr & RTE_BE32(0xff000000)) == 0))
		return DROP_IP_SOURCE;
	if (likely(!(flags & PKT_ORIGINATED))) {
		if (unlikely(ip->time_to_live <= 1))
			return DROP_TTL;
		ip4_ttl_decrement(ip);
	}
	return DROP_NONE;
}

static inline struct dp_verdict
decide_not_forwarded(enum drop_reason why)
{
	return why == DROP_TTL ? dp_to_drop_icmp(why) : dp_to_drop(why);
}

/** Where does it go by its route? */
static inline struct dp_verdict
decide_route4(struct rte_ipv4_hdr *ip, uint32_t dst, uint32_t nh, uint8_t flags)
{
	enum drop_reason bad;

	if (!decide_route_forwards(nh))
		return decide_route_elsewhere(nh);
	bad = decide_forward4(ip, dst, flags);
	return bad != DROP_NONE ? decide_not_forwarded(bad) : decide_route_onward(nh);
}

/* Loopback and unspecified are not to be forwarded to, link-local neither; the latter two not from (RFC 4291, 2.5.2 to 2.5.6). */
static inline enum drop_reason
route6_scope(const struct rte_ipv6_hdr *ip, uint8_t flags)
{
	static const uint8_t zero[15];
	const uint8_t *src = ip6_src(ip), *dst = ip6_dst(ip);

	if (unlikely(memcmp(dst, zero, 15) == 0 && dst[15] <= 1))
		return DROP_IP_DESTINATION;
	if (flags & PKT_ORIGINATED)
		return DROP_NONE;
	if (unlikely(ip6_is_link_local(dst)))
		return DROP_IP_DESTINATION;
	if (unlikely(src[0] == 0 && memcmp(src, zero, 15) == 0 && src[15] == 0))
		return DROP_IP_SOURCE;
	return unlikely(ip6_is_link_local(src)) ? DROP_IP_SOURCE : DROP_NONE;
}

/** As decide_forward4(). */
static inline enum drop_reason
decide_forward6(struct rte_ipv6_hdr *ip, uint8_t flags)
{
	const enum drop_reason bad = route6_scope(ip, flags);

	if (unlikely(bad != DROP_NONE))
		return bad;
	if (likely(!(flags & PKT_ORIGINATED))) {
		if (unlikely(ip->hop_limits <= 1))
			return DROP_TTL;
		ip->hop_limits--;
	}
	return DROP_NONE;
}

static inline struct dp_verdict
decide_route6(struct rte_ipv6_hdr *ip, uint32_t nh, uint8_t flags)
{
	enum drop_reason bad;

	if (!decide_route_forwards(nh))
		return decide_route_elsewhere(nh);
	bad = decide_forward6(ip, flags);
	return bad != DROP_NONE ? decide_not_forwarded(bad) : decide_route_onward(nh);
}

/* --- local --- */

/**
 * A packet for one of our addresses. An echo request becomes its reply, which is routed like any packet; to a link-local address
 * it goes back to the link that the request came by, since each port has such addresses and the table knows one of them only.
 * ESP is to be put together again before it is decrypted (RFC 4303, 3.4.1), which we do not do: the tunnel's MTU is to be lower.
 */
static inline struct dp_verdict
decide_local(const struct iface_table *ifaces, struct rte_mbuf *m, uint8_t ttl)
{
	struct pkt_meta *meta = pkt_meta(m);
	const bool ip6 = meta->flags & PKT_IP6;
	const struct iface_row *row;
	uint8_t l3_len;

	if (!icmp_echo_reply(m, ip6, ttl)) {
		if ((ip6 ? parse_esp6(m, &l3_len) : parse_esp4(m, &l3_len)) == PARSE_ESP_FRAGMENT)
			return dp_to_drop(DROP_OUTER_FRAGMENT);
		return dp_to_punt(PUNT_LOCAL);
	}
	meta->flags = (uint8_t)((meta->flags & PKT_IP6) | PKT_ORIGINATED);
	meta->depth = 0;
	if (likely(!ip6 || !ip6_is_link_local(ip6_dst(pkt_ip6(m)))))
		return dp_to(DP_TO_IP);
	row = iface_row(ifaces, meta->iface);
	if (row == NULL || row->kind != IFACE_PORT)
		return dp_to(DP_TO_IP);
	meta->nh = nh_make(NH_ATTACHED, row->index);
	return dp_to_punt(PUNT_NEIGH);
}

/* --- rewrite --- */

/** May packets leave by it? @p adj: NULL: removed since the look-up. @p row: of adj->iface. DP_TO_PORT: yes. */
static inline struct dp_verdict
decide_egress(const struct adj *adj, const struct iface_row *row)
{
	if (unlikely(adj == NULL))
		return dp_to_drop(DROP_NEIGH_FAILED);
	if (unlikely(!adj->known))
		return dp_to_punt(PUNT_NEIGH);
	if (unlikely(row == NULL || !iface_row_passes(row)))
		return dp_to_drop(DROP_OUT_IF_DOWN);
	return dp_to(DP_TO_PORT);
}

/** A packet for a neighbour. @p egress: decide_egress(). @p row: of the port. */
static inline struct dp_verdict
decide_rewrite(struct dp_verdict egress, const struct iface_row *row, const struct rte_mbuf *m)
{
	if (unlikely(egress.to != DP_TO_PORT))
		return egress;
	if (unlikely(m->pkt_len > row->mtu))
		return dp_to(DP_TO_FRAGMENT);
	if (unlikely(rte_pktmbuf_headroom(m) < RTE_ETHER_HDR_LEN))
		return dp_to_drop(DROP_HEADROOM);
	return dp_to(DP_TO_PORT);
}

/**
 * A packet larger than @p mtu: may it be cut? IPv4 without DF, or IPv6 that we made ourselves (an outer header).
 * @param ret_bytes With DP_TO_FRAGMENT: what of it goes into one piece, behind the IP header.
 */
static inline struct dp_verdict
decide_fragment(struct rte_mbuf *m, uint16_t mtu, uint16_t *ret_bytes)
{
	const struct pkt_meta *meta = pkt_meta(m);
	uint32_t header = sizeof(struct rte_ipv6_hdr), each;

	if (meta->flags & PKT_IP6) {
		if (!(meta->flags & PKT_ORIGINATED))
			return dp_to_drop_icmp(DROP_TOO_BIG);
		each = mtu - header - RTE_IPV6_FRAG_HDR_SIZE;
	} else {
		if (pkt_ip4(m)->fragment_offset & RTE_BE16(RTE_IPV4_HDR_DF_FLAG))
			return dp_to_drop_icmp(DROP_TOO_BIG);
		header = rte_ipv4_hdr_len(pkt_ip4(m));
		each = mtu - header;
	}
	each -= each % 8; /* offsets count in units of eight */
	if (each * DP_FRAGMENTS_MAX < m->pkt_len - header)
		return dp_to_drop(DROP_TOO_BIG);
	*ret_bytes = (uint16_t)each;
	return dp_to(DP_TO_FRAGMENT);
}

#endif
