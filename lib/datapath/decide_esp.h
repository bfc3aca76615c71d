/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What becomes of a packet at a tunnel, decided and not done: see decide.h. Called by the stages ipsec_in and ipsec_out, and by
 * explain.c.
 */
#ifndef DATAPATH_DECIDE_ESP_H
#define DATAPATH_DECIDE_ESP_H

#include <rte_esp.h>

#include "datapath/decide.h"

/* --- in --- */

/** ESP that is not ours passes through like any other packet; to one of our addresses it is dropped for @p why. */
static inline struct dp_verdict
decide_foreign_esp(const struct fib_table *fibs, struct rte_mbuf *m, enum drop_reason why)
{
	const struct pkt_meta *meta = pkt_meta(m);
	const struct fib *fib = rcu_read(fibs->fib[meta->fib]);
	struct ip_addr src, dst;

	parse_addrs(m, meta->flags & PKT_IP6, &src, &dst);
	if (fib != NULL && nh_kind(fib_lookup(fib, &dst)) == NH_LOCAL)
		return dp_to_drop(why);
	return dp_to(DP_TO_IP);
}

static inline bool
outer_source_is(const struct rte_mbuf *m, bool ip6, const struct ip_addr *remote)
{
	if (!ip6)
		return remote->af == AF_INET &&
				rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *)->src_addr ==
				remote->v4;
	return remote->af == AF_INET6 &&
			memcmp(ip6_src(rte_pktmbuf_mtod(m, const struct rte_ipv6_hdr *)),
					remote->v6, 16) == 0;
}

/** May packets of an SA come in by this interface (NULL: none claims the SA)? */
static inline enum drop_reason
decide_in_row(const struct iface_row *row)
{
	if (unlikely(row == NULL))
		return DROP_SA_NO_IF;
	return unlikely(!iface_row_passes(row)) ? DROP_IF_DOWN : DROP_NONE;
}

/**
 * May packets come in by an SA (NULL: there is none)?
 * @param ret_row
 *   With DROP_NONE, the interface that claims it.
 */
static inline enum drop_reason
decide_sa_in(const struct iface_table *ifaces, const struct sa *sa,
		const struct iface_row **ret_row)
{
	enum drop_reason bad;
	uint16_t index;

	if (unlikely(sa == NULL))
		return DROP_NO_SA;
	index = __atomic_load_n(&sa->iface, __ATOMIC_RELAXED);
	if (unlikely(index == 0 || sa->dir != SA_DIR_IN))
		return DROP_SA_NO_IF;
	*ret_row = iface_row(ifaces, index);
	bad = decide_in_row(*ret_row);
	if (unlikely(bad != DROP_NONE))
		return bad;
	return unlikely(__atomic_load_n(&sa->state, __ATOMIC_RELAXED) == SA_DEAD) ? DROP_SA_DEAD
										  : DROP_NONE;
}

/** What packets that come in by one SA have in common. */
struct in_tunnel {
	struct sa *sa;
	const struct ip_addr *remote;
	uint8_t natt;       /* PKT_NATT or 0 */
	uint8_t min_len;    /* bytes of ESP, at least */
	uint8_t around;     /* of them in front of and behind the ciphertext */
	int32_t block_mask; /* block length less one */
};

/** @p row, @p sa: as decide_sa_in() has them: DROP_NONE. */
static inline struct in_tunnel
in_tunnel_of(const struct iface_row *row, struct sa *sa)
{
	return (struct in_tunnel){ .sa = sa,
		.remote = &row->remote,
		.natt = sa->natt ? PKT_NATT : 0,
		.min_len = sa->min_len,
		.around = (uint8_t)(sizeof(struct rte_esp_hdr) + sa->iv_len + sa->icv_len),
		.block_mask = sa->block_len - 1 };
}

/** May this packet? Fills what the engine and ipsec_in_done need. */
static inline enum drop_reason
decide_in(const struct in_tunnel *t, struct rte_mbuf *m)
{
	struct pkt_meta *meta = pkt_meta(m);
	const bool ip6 = meta->flags & PKT_IP6;
	const int32_t esp_len = (int32_t)m->pkt_len - meta->l3_len;

	if (unlikely(!outer_source_is(m, ip6, t->remote)))
		return DROP_SA_SOURCE;
	if (unlikely((meta->flags & PKT_NATT) != t->natt))
		return DROP_SA_NATT;
	if (unlikely(esp_len < t->min_len || ((esp_len - t->around) & t->block_mask) != 0))
		return DROP_ESP_SHORT;
	meta->tos = ip6 ? (uint8_t)(rte_be_to_cpu_32(pkt_ip6(m)->vtc_flow) >> 20)
			: pkt_ip4(m)->type_of_service;
	meta->sa = t->sa;
	meta->flags &= (uint8_t)~PKT_ENCAP;
	return DROP_NONE;
}

/** ESP that does not get to an engine, for @p bad of the two above. */
static inline struct dp_verdict
decide_esp_bad(const struct fib_table *fibs, struct rte_mbuf *m, enum drop_reason bad)
{
	if (bad == DROP_NO_SA || bad == DROP_SA_NO_IF)
		return decide_foreign_esp(fibs, m, bad);
	return dp_to_drop(bad);
}

/** What was inside: data starts there, meta.inner_proto and meta.tos are set. From now on it is a packet of the interface. */
static inline enum drop_reason
decide_inner(const struct iface_row *row, struct rte_mbuf *m)
{
	struct pkt_meta *meta = pkt_meta(m);
	enum drop_reason bad;
	bool ip6;

	if (likely(meta->inner_proto == IPPROTO_IPIP))
		ip6 = false;
	else if (meta->inner_proto == IPPROTO_IPV6)
		ip6 = true;
	else
		return meta->inner_proto == IPPROTO_NONE ? DROP_DUMMY : DROP_INNER_HEADER;
	bad = ip6 ? parse_ip6(m) : parse_ip4(m);
	if (unlikely(bad != DROP_NONE))
		return DROP_INNER_HEADER;
	meta->flags = (uint8_t)(PKT_DECAP | (ip6 ? PKT_IP6 : 0));
	meta->iface = row->index;
	meta->fib = row->fib;
	return outer_ecn_in(row->outer.ecn, meta->tos, m, ip6);
}

/** Where it goes: it is routed, or ESP once more, or multicast for the control core. */
static inline struct dp_verdict
decide_inner_kind(const struct iface_row *row, struct rte_mbuf *m)
{
	if (unlikely(row->flags & IFACE_MONITOR))
		return dp_to_drop(DROP_IF_MONITOR);
	return pkt_meta(m)->flags & PKT_IP6 ? decide_kind6(m) : decide_kind4(m);
}

/* --- out --- */

/* Has the interface encapsulated this packet before, or is it too deep in tunnels? */
static inline bool
out_loops(const struct pkt_meta *meta, uint16_t index)
{
	uint8_t i;

	if (likely(meta->depth == 0))
		return false;
	if (meta->depth >= DP_NEST_MAX)
		return true;
	for (i = 0; i < meta->depth; i++)
		if (meta->nested[i] == index)
			return true;
	return false;
}

/** May packets go out by the ipsec interface (NULL: it is gone)? */
static inline enum drop_reason
decide_out_row(const struct iface_row *row)
{
	if (unlikely(row == NULL || !iface_row_passes(row)))
		return DROP_OUT_IF_DOWN;
	return unlikely(row->sa_out == NULL) ? DROP_NO_SA_OUT : DROP_NONE;
}

/** May this packet, by a row that may (decide_out_row())? DROP_TOO_BIG is not final: decide_fragment(). */
static inline enum drop_reason
decide_out(const struct iface_row *row, struct rte_mbuf *m)
{
	if (unlikely(out_loops(pkt_meta(m), row->index)))
		return DROP_TUNNEL_LOOP;
	if (unlikely(m->pkt_len > row->mtu))
		return DROP_TOO_BIG;
	if (unlikely(rte_pktmbuf_headroom(m) < row->room_front ||
			    rte_pktmbuf_tailroom(m) < row->room_behind))
		return DROP_HEADROOM;
	return DROP_NONE;
}

static __rte_always_inline void
wrap(const struct iface_row *row, struct rte_mbuf *m, uint8_t flags, uint8_t proto, uint64_t shown)
{
	struct pkt_meta *meta = pkt_meta(m);

	meta->sa = row->sa_out;
	meta->sa_id = row->sa_id;
	meta->out = (struct pkt_out){ .iface = row->index, .tunnel = row->tunnel };
	meta->inner_len = (uint16_t)m->pkt_len;
	meta->inner_proto = proto;
	meta->shown = shown;
	meta->verdict = DROP_NONE;
	meta->nested[meta->depth++] = row->index;
	meta->flags = flags | PKT_ENCAP;
}

/** It goes out by the tunnel: what the engine, and decide_outer() behind it, are to know. */
static inline void
decide_wrap(const struct iface_row *row, struct rte_mbuf *m)
{
	const uint8_t flags = pkt_meta(m)->flags;
	const bool ip6 = flags & PKT_IP6;

	if (likely(!ip6 && !row->wide))
		wrap(row, m, flags, IPPROTO_IPIP, outer_show4(&row->show4, m));
	else
		wrap(row, m, flags, ip6 ? IPPROTO_IPV6 : IPPROTO_IPIP,
				outer_show(&row->outer, m, ip6));
}

/** An ESP packet out of the engine gets its outer header and goes where the tunnel's remote end is. */
static inline struct dp_verdict
decide_outer(const struct iface_row *row, struct rte_mbuf *m, uint16_t ip_id)
{
	struct pkt_meta *meta = pkt_meta(m);

	outer_push(&row->outer, m, meta->shown, ip_id);
	meta->flags = (uint8_t)(PKT_ORIGINATED | (row->outer.af == AF_INET6 ? PKT_IP6 : 0));
	meta->fib = row->tunnelfib;
	meta->nh = row->outer_nh;
	switch (nh_kind(row->outer_nh)) {
	case NH_NEIGH:
		return dp_to(DP_TO_OUT);
	case NH_ATTACHED:
		return dp_to_punt(PUNT_NEIGH);
	case NH_IPSEC:
		return dp_to(DP_TO_ENCAP); /* a tunnel through a tunnel: next poll */
	default:
		return dp_to_drop(DROP_TUNNEL_NO_ROUTE);
	}
}

#endif
