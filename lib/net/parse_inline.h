/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The straight path of net/parse.h, which includes this file: a packet of the common form (one
 * segment, no options, nothing wrong) is known as such in a few instructions. Anything else is
 * parse.c's, which also finds the reason.
 */
#ifndef NET_PARSE_INLINE_H
#define NET_PARSE_INLINE_H

#include <netinet/in.h>
#include <string.h>

#include <rte_ip.h>
#include <rte_udp.h>

#include "net/parse.h"

/*
 * Is the checksum of a header of 20 bytes right? That is, is its sum, whatever the width of the words and their order of bytes, a
 * multiple of 0xffff (RFC 1071; it is not zero, since the version is not)? 0xffff divides 2^64 - 1, so that a carry out of 64 bits
 * comes in again at the bottom; and x is a multiple of an odd d if x / d as multiplication with the inverse of d modulo 2^64 gives no
 * more than (2^64 - 1) / d.
 */
static inline bool
parse_cksum20_good(const uint8_t *p)
{
	const uint64_t quotient_max = UINT64_MAX / 0xffff, inverse = -quotient_max;
	uint64_t a, b, sum;
	uint32_t c;

	memcpy(&a, p, 8);
	memcpy(&b, p + 8, 8);
	memcpy(&c, p + 16, 4);
	sum = a + b;
	sum += sum < b;
	sum += c;
	sum += sum < c;
	return sum * inverse <= quotient_max;
}

static inline uint16_t
parse_ip4_plain(const uint8_t *p, uint32_t len)
{
	uint16_t total;

	/* The first test guards the reads of the others. */
	if (unlikely(len < sizeof(struct rte_ipv4_hdr) || p[0] != RTE_IPV4_VHL_DEF))
		return 0;
	total = (uint16_t)(p[2] << 8 | p[3]);
	/* 127/8 and 224/3 need a closer look. */
	if (likely(total >= sizeof(struct rte_ipv4_hdr) && total <= len && p[12] < 224 &&
			    p[12] != 127 && parse_cksum20_good(p)))
		return total;
	return 0;
}

static inline enum drop_reason
parse_ip4(struct rte_mbuf *m)
{
	const uint16_t total = unlikely(m->nb_segs != 1)
			? 0
			: parse_ip4_plain(rte_pktmbuf_mtod(m, const uint8_t *), m->data_len);

	if (unlikely(total == 0))
		return parse_ip4_full(m);
	m->data_len = total;
	m->pkt_len = total;
	return DROP_NONE;
}

static inline enum drop_reason
parse_ip6(struct rte_mbuf *m)
{
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);
	uint32_t total;

	if (m->data_len >= sizeof(struct rte_ipv6_hdr) && m->nb_segs == 1 && p[0] >> 4 == 6) {
		total = (uint32_t)(p[4] << 8 | p[5]) + (uint32_t)sizeof(struct rte_ipv6_hdr);
		/* ff00::/8, ::1 and a length of zero need a closer look. */
		if (total > sizeof(struct rte_ipv6_hdr) && total <= m->data_len && p[8] != 0xff &&
				p[8] != 0) {
			m->data_len = (uint16_t)total;
			m->pkt_len = total;
			return DROP_NONE;
		}
	}
	return parse_ip6_full(m);
}

/*
 * Transit packets come through here as well, so what is plainly something else leaves early: @p p
 * is the upper-layer header, @p len bytes long, of a packet without extension headers that is no
 * fragment.
 */
static inline enum parse_kind
parse_esp_plain(const uint8_t *p, uint32_t len, uint8_t proto, uint8_t hdr_len, uint8_t *ret_l3_len)
{
	if (proto == IPPROTO_ESP && len >= PARSE_ESP_MIN) {
		*ret_l3_len = hdr_len;
		return PARSE_ESP;
	}
	if (proto == IPPROTO_UDP && len >= sizeof(struct rte_udp_hdr) + PARSE_ESP_MIN &&
			(p[2] << 8 | p[3]) == PARSE_PORT_NATT &&
			(uint32_t)(p[4] << 8 | p[5]) == len && (p[8] | p[9] | p[10] | p[11]) != 0) {
		*ret_l3_len = (uint8_t)(hdr_len + sizeof(struct rte_udp_hdr));
		return PARSE_ESP_NATT;
	}
	return PARSE_OTHER;
}

static inline bool
parse_esp4_maybe(const struct rte_ipv4_hdr *ip, uint32_t len)
{
	const struct rte_udp_hdr *udp = (const struct rte_udp_hdr *)(ip + 1);

	if (ip->next_proto_id != IPPROTO_UDP)
		return ip->next_proto_id == IPPROTO_ESP;
	if (unlikely(ip->version_ihl != RTE_IPV4_VHL_DEF))
		return true;
	return len >= sizeof(*ip) + sizeof(*udp) && udp->dst_port == RTE_BE16(PARSE_PORT_NATT);
}

static inline enum parse_kind
parse_esp4(const struct rte_mbuf *m, uint8_t *ret_l3_len)
{
	const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);
	const rte_be16_t frag = RTE_BE16(RTE_IPV4_HDR_MF_FLAG | RTE_IPV4_HDR_OFFSET_MASK);

	if (m->data_len >= sizeof(*ip) && ip->version_ihl == RTE_IPV4_VHL_DEF &&
			(ip->fragment_offset & frag) == 0)
		return parse_esp_plain((const uint8_t *)(ip + 1),
				(uint32_t)(m->data_len - sizeof(*ip)), ip->next_proto_id,
				sizeof(*ip), ret_l3_len);
	return parse_esp_full(m, false, ret_l3_len);
}

static inline enum parse_kind
parse_esp6(const struct rte_mbuf *m, uint8_t *ret_l3_len)
{
	const struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv6_hdr *);

	if (m->data_len < sizeof(*ip))
		return PARSE_OTHER;
	switch (ip->proto) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_DSTOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_FRAGMENT:
		return parse_esp_full(m, true, ret_l3_len);
	default:
		return parse_esp_plain((const uint8_t *)(ip + 1),
				(uint32_t)(m->data_len - sizeof(*ip)), ip->proto, sizeof(*ip),
				ret_l3_len);
	}
}

#endif
