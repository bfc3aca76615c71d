/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The per-packet half of net/outer.h, which includes this file. Workers call it for each packet, so
 * headers are composed in registers and written in words of eight bytes; nothing is checked that
 * the caller has checked.
 */
#ifndef NET_OUTER_INLINE_H
#define NET_OUTER_INLINE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "net/cksum.h"
#include "net/outer.h"

#define OUTER_ECN_MASK 0x03
#define OUTER_ECN_ECT1 0x01
#define OUTER_ECN_ECT0 0x02
#define OUTER_ECN_CE 0x03

static inline uint64_t
outer_load64(const void *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline void
outer_store64(void *p, uint64_t v)
{
	memcpy(p, &v, sizeof(v));
}

/*
 * TOS or traffic class of a packet; the same bits of the outer header, as the tunnel allows them
 * (RFC 6040 4.1).
 */
static inline uint8_t
outer_tos(const struct outer *o, const uint8_t *inner, bool inner_ip6)
{
	const uint8_t tos = inner_ip6 ? (uint8_t)(inner[0] << 4 | inner[1] >> 4) : inner[1];

	return tos & o->tos_mask;
}

/* 20 bits from the inner addresses, never zero (RFC 6437 section 3, RFC 6438). */
static inline uint32_t
outer_flow_label(const uint8_t *inner, bool inner_ip6)
{
	const uint64_t k1 = 0x9e3779b97f4a7c15, k2 = 0xc2b2ae3d27d4eb4f;
	uint64_t h;

	if (inner_ip6)
		h = (outer_load64(inner + 8) ^ outer_load64(inner + 16) * k2) * k1 ^
				(outer_load64(inner + 24) ^ outer_load64(inner + 32) * k1) * k2;
	else
		h = outer_load64(inner + 12);
	h = (h ^ h >> 32) * k1;
	h >>= 44;
	return (uint32_t)h + (h == 0);
}

/* The first eight bytes of the template, in host order. */
static inline uint64_t
outer_first8(const struct outer *o)
{
	return rte_be_to_cpu_64(outer_load64(o->hdr));
}

static inline struct outer_show4
outer_show4_of(const struct outer *o)
{
	return (struct outer_show4){ .copied = (uint64_t)o->tos_mask << 48 |
				(uint64_t)o->frag_of4 << 8,
		.around = outer_first8(o) };
}

static inline uint64_t
outer_show4(const struct outer_show4 *s, const struct rte_mbuf *m)
{
	return (rte_be_to_cpu_64(outer_load64(rte_pktmbuf_mtod(m, const void *))) & s->copied) |
			s->around;
}

static inline uint64_t
outer_show(const struct outer *o, const struct rte_mbuf *m, bool inner_ip6)
{
	const uint8_t *inner = rte_pktmbuf_mtod(m, const uint8_t *);

	if (o->af != AF_INET)
		return outer_first8(o) | (uint64_t)outer_tos(o, inner, inner_ip6) << 52 |
				(uint64_t)outer_flow_label(inner, inner_ip6) << 32;
	if (!inner_ip6) {
		const struct outer_show4 s = outer_show4_of(o);

		return outer_show4(&s, m);
	}
	return outer_first8(o) | (uint64_t)outer_tos(o, inner, true) << 48 |
			(uint64_t)o->frag6 << 8;
}

static inline struct outer_fixed4
outer_fixed4_of(const struct outer *o)
{
	struct outer_fixed4 fixed = { .at8 = outer_load64(o->hdr + 8), .sum = o->ip4_sum };

	memcpy(&fixed.at16, o->hdr + 16, sizeof(fixed.at16));
	return fixed;
}

static inline void
outer_write4(const struct outer_fixed4 *fixed, uint8_t *p, uint16_t len, uint64_t shown,
		uint16_t ip_id)
{
	const uint64_t w = shown + ((uint64_t)len << 32) + ((uint32_t)ip_id << 16);
	/* Less than 2^34; folded twice, less than 2^16 + 3. */
	uint64_t sum = fixed->sum + (w >> 32) + (uint32_t)w;
	rte_be16_t cksum;

	outer_store64(p, rte_cpu_to_be_64(w));
	outer_store64(p + 8, fixed->at8);
	memcpy(p + 16, &fixed->at16, sizeof(fixed->at16));
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	cksum = rte_cpu_to_be_16((uint16_t) ~(sum + (sum >> 16)));
	memcpy(p + offsetof(struct rte_ipv4_hdr, hdr_checksum), &cksum, sizeof(cksum));
}

/*
 * Before: |headroom       |ESP|      after: |IP|(UDP)|ESP|
 *                         ^ data            ^ data
 */
static inline void
outer_push(const struct outer *o, struct rte_mbuf *m, uint64_t shown, uint16_t ip_id)
{
	const uint16_t len = (uint16_t)(m->pkt_len + o->len);
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *) - o->len;
	uint64_t w;

	m->data_off = (uint16_t)(m->data_off - o->len);
	m->data_len = (uint16_t)(m->data_len + o->len);
	m->pkt_len = len;

	if (likely(o->af == AF_INET)) {
		const struct outer_fixed4 fixed = outer_fixed4_of(o);

		outer_write4(&fixed, p, len, shown, ip_id);
	} else {
		w = shown | (uint64_t)(uint16_t)(len - sizeof(struct rte_ipv6_hdr)) << 16;
		outer_store64(p, rte_cpu_to_be_64(w));
		memcpy(p + 8, o->hdr + 8, 32);
	}
	if (o->udp) {
		w = outer_load64(o->hdr + o->ip_len) |
				rte_cpu_to_be_64((uint64_t)(uint16_t)(len - o->ip_len) << 16);
		outer_store64(p + o->ip_len, w);
	}
}

/*
 * RFC 6040, figure 4: what the inner header becomes. Empty: it stays.
 *
 *	inner \ outer | Not-ECT  ECT(0)  ECT(1)  CE
 *	Not-ECT       |                          drop
 *	ECT(0)        |                  ECT(1)  CE
 *	ECT(1)        |                          CE
 *	CE            |
 */
static inline enum drop_reason
outer_ecn_in(int8_t ecn, uint8_t outer_tos, struct rte_mbuf *m, bool inner_ip6)
{
	const uint8_t out = outer_tos & OUTER_ECN_MASK;
	uint8_t tos, in;

	if (!(out & OUTER_ECN_ECT1) || ecn == OUTER_ECN_FORBIDDEN)
		return DROP_NONE; /* Not-ECT and ECT(0) change nothing */
	tos = inner_ip6 ? ip6_tc(rte_pktmbuf_mtod(m, struct rte_ipv6_hdr *))
			: rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *)->type_of_service;
	in = tos & OUTER_ECN_MASK;
	if (in == 0)
		return out == OUTER_ECN_CE ? DROP_INNER_ECN : DROP_NONE;
	if (in == OUTER_ECN_CE || in == out)
		return DROP_NONE;
	tos = (uint8_t)((tos & ~OUTER_ECN_MASK) | out);
	if (inner_ip6)
		ip6_tc_set(rte_pktmbuf_mtod(m, struct rte_ipv6_hdr *), tos);
	else
		ip4_tos_set(rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *), tos);
	return DROP_NONE;
}

#endif
