/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the datapath knows of a packet, in the mbuf's private area (one cache line behind struct
 * rte_mbuf). From classify on, the data of an mbuf starts at its outermost IP header and ends with
 * the IP packet (Ethernet padding trimmed); rewrite puts a layer 2 header in front again.
 */
#ifndef NET_PKT_H
#define NET_PKT_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <rte_ip.h>
#include <rte_mbuf.h>

struct sa;

enum pkt_flag {
	PKT_IP6 = 1 << 0,        /* outermost header is IPv6 */
	PKT_ORIGINATED = 1 << 1, /* made by us: no TTL decrement, no ICMP error about it */
	PKT_ENCAP = 1 << 2,      /* in an engine on its way out; without it, on its way in */
	PKT_NATT = 1 << 3,       /* ESP came in UDP */
	PKT_L2_BCAST = 1 << 4,   /* came as a layer 2 broadcast or multicast */
	PKT_DECAP = 1 << 5,      /* came out of a tunnel */
};

/** Why a packet goes to the control core. */
enum punt_reason {
	PUNT_NONE,
	PUNT_ARP,       /* an ARP frame; data starts at the ARP header, meta.iface is the port */
	PUNT_LOCAL,     /* IP packet for one of our addresses */
	PUNT_MULTICAST, /* IP packet to multicast or broadcast (ND, host protocols) */
	PUNT_NEIGH,     /* meta.nh needs a neighbour that is not known yet; comes back when it is */
	PUNT_ICMP_ERROR, /* counted as dropped for meta.verdict: send an ICMP error, then free */
	PUNT_REASONS
};

struct pkt_meta {
	/* what a packet starts with: pkt_meta_start() */
	uint32_t nh;         /* next hop (route/nexthop.h) */
	uint16_t iface;      /* interface it came in by; the ipsec interface once decrypted */
	uint16_t fib;        /* routing table in force for it */
	uint8_t flags;       /* enum pkt_flag */
	uint8_t verdict;     /* enum drop_reason, 0: good */
	uint8_t punt;        /* enum punt_reason */
	uint8_t depth;       /* how many tunnels it went into */
	uint8_t l3_len;      /* in: bytes of the outermost header (and UDP) in front of ESP */
	uint8_t tos;         /* DSCP and ECN of the outer header, in */
	uint8_t inner_proto; /* inside ESP, to encap and from decap: IPPROTO_IPIP, IPPROTO_IPV6... */

	/* what is written before it is read */
	uint8_t scratch[3]; /* the engine's while a packet is inside */
	uint16_t mtu;       /* bytes, with PUNT_ICMP_ERROR and DROP_TOO_BIG: the MTU to report */
	struct pkt_out {
		uint16_t iface;  /* ipsec interface that encapsulates it */
		uint16_t tunnel; /* the row's tunnel when it was encapsulated */
	} out;
	uint64_t shown;     /* what the outer header will show of this packet: outer_show() */
	uint16_t inner_len; /* bytes of the packet inside the tunnel */
	uint16_t nested[4]; /* the interfaces that encapsulated it so far: meta.depth of them */
	uint32_t sa_id;     /* of sa, to encap: its counters are found without its line */
	struct sa *sa;      /* borrowed: valid while the packet is in an engine or in this poll */
	uint64_t seq;       /* full 64-bit ESP sequence number */
};
static_assert(sizeof(struct pkt_meta) <= 64, "one cache line");

/** Bytes of the metadata that a packet starts with. */
#define PKT_META_START 16
static_assert(offsetof(struct pkt_meta, scratch) <= PKT_META_START, "one store");

static inline struct pkt_meta *
pkt_meta(struct rte_mbuf *m)
{
	return (struct pkt_meta *)rte_mbuf_to_priv(m);
}

/** A packet begins: what the packets of a run have in common, @p start, in one store. */
static inline void
pkt_meta_start(struct rte_mbuf *m, const struct pkt_meta *start)
{
	memcpy(pkt_meta(m), start, PKT_META_START);
}

static inline struct rte_ipv4_hdr *
pkt_ip4(struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *);
}

static inline struct rte_ipv6_hdr *
pkt_ip6(struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod(m, struct rte_ipv6_hdr *);
}

/** The 16 bytes of an IPv6 header's addresses; their type is not the same in all releases of DPDK. */
static inline const uint8_t *
ip6_src(const struct rte_ipv6_hdr *ip)
{
	return (const uint8_t *)&ip->src_addr;
}

static inline const uint8_t *
ip6_dst(const struct rte_ipv6_hdr *ip)
{
	return (const uint8_t *)&ip->dst_addr;
}

/** How many packets from the first on have the SA @p sa, as the first does; @p n of them at most. */
static inline uint16_t
pkt_sa_run(struct rte_mbuf *pkts[], uint16_t n, const struct sa *sa)
{
	uint16_t k = 1;

	while (k < n && pkt_meta(pkts[k])->sa == sa)
		k++;
	return k;
}

/** Private area that the packet pools are created with, bytes. */
#define PKT_PRIV_SIZE 64

#endif
