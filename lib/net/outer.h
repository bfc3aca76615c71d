/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The outer header of a tunnel: a template made once per tunnel, written per packet (ADR 3),
 * and what of the outer header is carried over to the inner one on the way in (RFC 6040, RFC 4301
 * 5.1.2). ESP itself is the engine's: what the outer header shows of the inner packet is read
 * before the engine makes it unreadable, and the header is written in front of ESP once, after it.
 */
#ifndef NET_OUTER_H
#define NET_OUTER_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_udp.h>

#include "net/addr.h"
#include "net/drop.h"

/** net.inet.ipsec.dfbit: 0 clear, 1 set, 2 copy the DF bit. */
enum outer_df { OUTER_DF_CLEAR, OUTER_DF_SET, OUTER_DF_COPY };
/**
 * net.inet.ipsec.ecn: -1 forbidden (clear), 0 RFC 6040 compatibility mode, 1 RFC 6040 normal mode.
 */
enum outer_ecn { OUTER_ECN_FORBIDDEN = -1, OUTER_ECN_COMPAT = 0, OUTER_ECN_NORMAL = 1 };

struct outer {
	uint8_t af;       /* [I] AF_INET or AF_INET6 */
	uint8_t len;      /* [I] bytes of hdr: 20 or 40, and 8 with UDP */
	uint8_t ip_len;   /* [I] 20 or 40 */
	int8_t ecn;       /* [I] enum outer_ecn */
	uint8_t plain4;   /* [I] 1: IPv4 and not in UDP, so that the header has 20 bytes */
	uint8_t udp;      /* [I] 1: ESP in UDP (RFC 3948) */
	uint8_t tos_mask; /* [I] bits of the inner TOS that are copied to the outer one */
	uint8_t frag_of4; /* [I] bits of the fragment word's first byte that are copied from an inner IPv4 packet's */
	union {
		/* [I] IP header, its fragment word as around an inner IPv4 packet, and UDP header behind it */
		uint8_t hdr[48];
		struct {
			struct rte_ipv4_hdr ip4;
			struct rte_udp_hdr udp4;
		};
		struct {
			struct rte_ipv6_hdr ip6;
			struct rte_udp_hdr udp6;
		};
	};
	uint32_t ip4_sum; /* [I] sum of the words of hdr from the eighth byte on */
	uint8_t frag6; /* [I] bits of the fragment word's first byte that are set around an inner IPv6 packet */
};
static_assert(sizeof(struct outer) <= 64, "one cache line per packet");

struct outer_params {
	struct ip_addr local, remote;
	uint8_t ttl; /* of the outer header (net.inet.ip.ttl) */
	enum outer_df df;
	enum outer_ecn ecn;
	uint16_t natt_sport, natt_dport; /* host order, 0: no UDP */
};

/** Make the template. Both ends are of one family and set. */
void outer_init(struct outer *o, const struct outer_params *prm);

/** Do both lead to the same place: family, addresses, in UDP or not? */
bool outer_same_tunnel(const struct outer *a, const struct outer *b);

/**
 * What the outer header of a packet will show of it (data starts at its IP header): DSCP, ECN as RFC
 * 6040 section 4.1, and over IPv4 DF as configured, over IPv6 a flow label, a hash of the inner
 * addresses (RFC 6438).
 * @return The first eight bytes of the outer header, in host order, but for length and identification; for outer_push() with a template of
 *   the same tunnel (outer_same_tunnel()).
 */
static inline uint64_t outer_show(const struct outer *o, const struct rte_mbuf *m, bool inner_ip6);

/** For IPv4 over IPv4 the same of a run of packets: of the first eight bytes of each, the bits that are copied, and those around them. */
struct outer_show4 {
	uint64_t copied, around;
};

static inline struct outer_show4 outer_show4_of(const struct outer *o);
static inline uint64_t outer_show4(const struct outer_show4 *s, const struct rte_mbuf *m);

/**
 * Prepend the outer header, complete (data starts at ESP; headroom checked by the caller, o->len
 * bytes): IPv4 identification @p ip_id and checksum; with NAT-T the UDP header (checksum 0 over IPv4
 * and, as RFC 6935 allows for tunnels, over IPv6).
 */
static inline void outer_push(
		const struct outer *o, struct rte_mbuf *m, uint64_t shown, uint16_t ip_id);

/** What of an IPv4 outer header is the same in all packets of a tunnel: a copy, to be kept in registers. */
struct outer_fixed4 {
	uint64_t at8; /* bytes 8 to 15, the checksum 0 */
	uint32_t at16;
	uint32_t sum;
};

static inline struct outer_fixed4 outer_fixed4_of(const struct outer *o);
/**
 * The IPv4 header alone, 20 bytes at @p p, of a packet of @p len bytes with it. For who knows that the template is plain4 and moves the
 * data himself.
 */
static inline void outer_write4(const struct outer_fixed4 *fixed, uint8_t *p, uint16_t len,
		uint64_t shown, uint16_t ip_id);

/**
 * The way in: carry ECN of the outer header @p outer_tos to the inner packet at the start of the
 * data (RFC 6040 section 4.2), mending the inner IPv4 checksum.
 * @return DROP_NONE, or DROP_INNER_ECN where RFC 6040 says that the packet must be dropped.
 */
static inline enum drop_reason outer_ecn_in(
		int8_t ecn, uint8_t outer_tos, struct rte_mbuf *m, bool inner_ip6);

#include "net/outer_inline.h"

#endif
