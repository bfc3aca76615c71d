/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ICMP and ICMPv6 messages, ARP and neighbour discovery packets. Echo replies are made in workers,
 * all else on the control core. What is sent, when, and at which rate is decided by the callers.
 */
#include "net/icmp.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>

#include <rte_arp.h>
#include <rte_icmp.h>
#include <rte_ip.h>

#include "net/cksum.h"
#include "net/parse.h"
#include "net/pkt.h"

/* Of packets that a router makes itself. */
#define ICMP_TTL 64
#define ND_HOP_LIMIT 255
/* Precedence of errors: internetwork control (RFC 1812, 4.3.2.5). */
#define ICMP_ERROR_TOS 0xc0
/* Longest error (RFC 1812, 4.3.2.3; RFC 4443, 2.4 c). */
#define ICMP4_ERROR_MAX 576
#define ICMP6_ERROR_MAX 1280
#define ND_OPT_LINKADDR_LEN 8

/*
 * ICMP types and codes (RFC 792, RFC 1812), by names of our own: those of netinet/ip_icmp.h clash
 * with enum icmp_error.
 */
enum icmp4_type {
	ICMP4_ECHO_REPLY = 0,
	ICMP4_UNREACHABLE = 3,
	ICMP4_SOURCE_QUENCH = 4,
	ICMP4_REDIRECT = 5,
	ICMP4_ECHO_REQUEST = 8,
	ICMP4_TIME_EXCEEDED = 11,
	ICMP4_PARAM_PROBLEM = 12
};
enum icmp4_unreachable_code {
	ICMP4_NET = 0,
	ICMP4_HOST = 1,
	ICMP4_PROTOCOL = 2,
	ICMP4_PORT = 3,
	ICMP4_FRAG_NEEDED = 4,
	ICMP4_PROHIBITED = 13
};

/* Network order words of type and code, for mending a checksum. */
static rte_be16_t
type_word(uint8_t type)
{
	return rte_cpu_to_be_16((uint16_t)(type << 8));
}

/*
 * IPv4: move the header forward over the options, which are not sent back (RFC 1122, 3.2.2.6 would
 * want them reversed).
 */
static void
ip4_strip_options(struct rte_mbuf *m, uint16_t hdr_len)
{
	const uint16_t options = (uint16_t)(hdr_len - sizeof(struct rte_ipv4_hdr));
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);

	if (options == 0)
		return;
	memmove(p + options, p, sizeof(struct rte_ipv4_hdr));
	rte_pktmbuf_adj(m, options);
}

static void
ip4_turn_round(struct rte_mbuf *m, uint8_t ttl)
{
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *);
	const rte_be32_t src = ip->src_addr;

	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->total_length = rte_cpu_to_be_16(m->data_len);
	ip->time_to_live = ttl;
	ip->src_addr = ip->dst_addr;
	ip->dst_addr = src;
	ip->hdr_checksum = 0;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
}

static void
ip6_turn_round(struct rte_mbuf *m, uint8_t ttl)
{
	struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod(m, struct rte_ipv6_hdr *);
	uint8_t src[sizeof(ip->src_addr)];

	memcpy(src, &ip->src_addr, sizeof(src));
	memcpy(&ip->src_addr, &ip->dst_addr, sizeof(src));
	memcpy(&ip->dst_addr, src, sizeof(src));
	ip->hop_limits = ttl;
}

bool
icmp_echo_reply(struct rte_mbuf *m, bool ip6, uint8_t ttl)
{
	const uint8_t request = ip6 ? ICMP6_ECHO_REQUEST : ICMP4_ECHO_REQUEST;
	const uint8_t reply = ip6 ? ICMP6_ECHO_REPLY : ICMP4_ECHO_REPLY;
	struct parse_icmp message;
	struct rte_icmp_hdr *icmp;
	struct ip_addr src, dst;

	if (parse_icmp(m, ip6, &message) != DROP_NONE || message.type != request ||
			message.code != 0)
		return false;
	/*
	 * Extension headers would have to be taken out, and a group has no address to answer from.
	 */
	if (ip6 && message.offset != sizeof(struct rte_ipv6_hdr))
		return false;
	parse_addrs(m, ip6, &src, &dst);
	if (ip_is_multicast(&dst) || ip_is_broadcast(&dst, NULL) || ip_is_any(&src))
		return false;

	icmp = rte_pktmbuf_mtod_offset(m, struct rte_icmp_hdr *, message.offset);
	icmp->icmp_type = reply;
	icmp->icmp_cksum = cksum_replace16(icmp->icmp_cksum, type_word(request), type_word(reply));
	if (ip6) {
		ip6_turn_round(m, ttl);
	} else {
		ip4_strip_options(m, message.offset);
		ip4_turn_round(m, ttl);
	}
	return true;
}

/* Does the packet itself carry an ICMP error? One whose type is cut off counts as one. */
static bool
is_icmp_error(const struct rte_mbuf *m, bool ip6, const struct parse_l4 *l4)
{
	uint8_t type;

	if (l4->proto != (ip6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP))
		return false;
	if (l4->offset >= m->data_len)
		return true;
	type = *rte_pktmbuf_mtod_offset(m, const uint8_t *, l4->offset);
	if (ip6)
		return type < ICMP6_INFOMSG_MASK || type == ND_REDIRECT;
	return type == ICMP4_UNREACHABLE || type == ICMP4_SOURCE_QUENCH || type == ICMP4_REDIRECT ||
			type == ICMP4_TIME_EXCEEDED || type == ICMP4_PARAM_PROBLEM;
}

/* 0/8 and class E name no host either. */
static bool
is_one_host(const struct ip_addr *a)
{
	if (ip_is_any(a) || ip_is_multicast(a) || ip_is_loopback(a))
		return false;
	return a->af != AF_INET || (a->v6[0] != 0 && a->v6[0] < 240);
}

bool
icmp_error_allowed(const struct rte_mbuf *m, bool ip6)
{
	struct ip_addr src, dst;
	struct parse_l4 l4;

	if (!parse_l4(m, ip6, &l4) || l4.frag_offset != 0 || is_icmp_error(m, ip6, &l4))
		return false;
	if (m->priv_size >= sizeof(struct pkt_meta)) {
		const struct pkt_meta *meta = (const struct pkt_meta *)(m + 1);

		if (meta->flags & (PKT_L2_BCAST | PKT_ORIGINATED))
			return false;
	}
	parse_addrs(m, ip6, &src, &dst);
	return is_one_host(&src) && !ip_is_multicast(&dst) && !ip_is_broadcast(&dst, NULL);
}

/* An empty packet of @p len bytes to be filled; NULL when the pool is empty. */
static struct rte_mbuf *
packet_create(struct rte_mempool *pool, uint16_t len, void **ret_data)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	if (m == NULL)
		return NULL;
	memset(rte_mbuf_to_priv(m), 0, m->priv_size);
	*ret_data = rte_pktmbuf_append(m, len);
	if (*ret_data == NULL) {
		/* Buffers of the pool are smaller than a header: as good as empty. */
		rte_pktmbuf_free(m);
		return NULL;
	}
	memset(*ret_data, 0, len);
	return m;
}

static void
ip4_fill(struct rte_ipv4_hdr *ip, uint16_t len, rte_be32_t src, rte_be32_t dst)
{
	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->type_of_service = ICMP_ERROR_TOS;
	ip->total_length = rte_cpu_to_be_16(len);
	ip->time_to_live = ICMP_TTL;
	ip->next_proto_id = IPPROTO_ICMP;
	ip->src_addr = src;
	ip->dst_addr = dst;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
}

/* @p len: of the ICMPv6 message behind the header, whose checksum is written too. */
static void
ip6_fill(struct rte_ipv6_hdr *ip, uint16_t len, const uint8_t *src, const uint8_t *dst,
		uint8_t hops)
{
	struct icmp6_hdr *icmp = (struct icmp6_hdr *)(ip + 1);

	ip->vtc_flow = rte_cpu_to_be_32(6u << 28);
	ip->payload_len = rte_cpu_to_be_16(len);
	ip->proto = IPPROTO_ICMPV6;
	ip->hop_limits = hops;
	memcpy(&ip->src_addr, src, sizeof(ip->src_addr));
	memcpy(&ip->dst_addr, dst, sizeof(ip->dst_addr));
	icmp->icmp6_cksum = 0;
	icmp->icmp6_cksum = (uint16_t)~cksum_icmp6(ip, icmp, len);
}

static const struct {
	uint8_t type4, code4;
	uint8_t type6, code6;
} errors[] = {
	[ICMP_TIME_EXCEEDED] = { ICMP4_TIME_EXCEEDED, 0, ICMP6_TIME_EXCEEDED,
			ICMP6_TIME_EXCEED_TRANSIT },
	[ICMP_NET_UNREACHABLE] = { ICMP4_UNREACHABLE, ICMP4_NET, ICMP6_DST_UNREACH,
			ICMP6_DST_UNREACH_NOROUTE },
	[ICMP_HOST_UNREACHABLE] = { ICMP4_UNREACHABLE, ICMP4_HOST, ICMP6_DST_UNREACH,
			ICMP6_DST_UNREACH_ADDR },
	[ICMP_ADMIN_PROHIBITED] = { ICMP4_UNREACHABLE, ICMP4_PROHIBITED, ICMP6_DST_UNREACH,
			ICMP6_DST_UNREACH_ADMIN },
	[ICMP_PROTO_UNREACHABLE] = { ICMP4_UNREACHABLE, ICMP4_PROTOCOL, ICMP6_PARAM_PROB,
			ICMP6_PARAMPROB_NEXTHEADER },
	[ICMP_PORT_UNREACHABLE] = { ICMP4_UNREACHABLE, ICMP4_PORT, ICMP6_DST_UNREACH,
			ICMP6_DST_UNREACH_NOPORT },
	[ICMP_TOO_BIG] = { ICMP4_UNREACHABLE, ICMP4_FRAG_NEEDED, ICMP6_PACKET_TOO_BIG, 0 },
};

/* How much of a packet is quoted behind @p headers bytes. */
static uint16_t
quote_len(const struct rte_mbuf *about, uint16_t max, size_t headers)
{
	return (uint16_t)RTE_MIN((size_t)about->data_len, max - headers);
}

static struct rte_mbuf *
error4_create(struct rte_mempool *pool, const struct rte_mbuf *about, enum icmp_error kind,
		uint16_t mtu, const struct ip_addr *src)
{
	const struct rte_ipv4_hdr *quoted = rte_pktmbuf_mtod(about, const struct rte_ipv4_hdr *);
	const uint16_t quote = quote_len(about, ICMP4_ERROR_MAX,
			sizeof(struct rte_ipv4_hdr) + sizeof(struct rte_icmp_hdr));
	const uint16_t icmp_len = (uint16_t)(sizeof(struct rte_icmp_hdr) + quote);
	struct rte_icmp_hdr *icmp;
	struct rte_ipv4_hdr *ip;
	struct rte_mbuf *m;
	void *data;

	m = packet_create(pool, (uint16_t)(sizeof(*ip) + icmp_len), &data);
	if (m == NULL)
		return NULL;
	ip = data;
	icmp = (struct rte_icmp_hdr *)(ip + 1);
	icmp->icmp_type = errors[kind].type4;
	icmp->icmp_code = errors[kind].code4;
	if (kind == ICMP_TOO_BIG)
		icmp->icmp_seq_nb = rte_cpu_to_be_16(mtu); /* RFC 1191, 4 */
	memcpy(icmp + 1, quoted, quote);
	icmp->icmp_cksum = (rte_be16_t)~rte_raw_cksum(icmp, icmp_len);
	ip4_fill(ip, (uint16_t)m->pkt_len, src->v4, quoted->src_addr);
	return m;
}

/* The word behind the checksum: the MTU, or where the byte is that was not understood. */
static uint32_t
error6_word(const struct rte_mbuf *about, enum icmp_error kind, uint16_t mtu)
{
	struct parse_l4 l4;

	if (kind == ICMP_TOO_BIG)
		return mtu;
	if (kind == ICMP_PROTO_UNREACHABLE && parse_l4(about, true, &l4))
		return l4.proto_at;
	return 0;
}

static struct rte_mbuf *
error6_create(struct rte_mempool *pool, const struct rte_mbuf *about, enum icmp_error kind,
		uint16_t mtu, const struct ip_addr *src)
{
	const struct rte_ipv6_hdr *quoted = rte_pktmbuf_mtod(about, const struct rte_ipv6_hdr *);
	const uint16_t quote = quote_len(about, ICMP6_ERROR_MAX,
			sizeof(struct rte_ipv6_hdr) + sizeof(struct icmp6_hdr));
	const uint16_t icmp_len = (uint16_t)(sizeof(struct icmp6_hdr) + quote);
	struct rte_ipv6_hdr *ip;
	struct icmp6_hdr *icmp;
	struct rte_mbuf *m;
	void *data;

	m = packet_create(pool, (uint16_t)(sizeof(*ip) + icmp_len), &data);
	if (m == NULL)
		return NULL;
	ip = data;
	icmp = (struct icmp6_hdr *)(ip + 1);
	icmp->icmp6_type = errors[kind].type6;
	icmp->icmp6_code = errors[kind].code6;
	icmp->icmp6_mtu = rte_cpu_to_be_32(error6_word(about, kind, mtu));
	memcpy(icmp + 1, quoted, quote);
	ip6_fill(ip, icmp_len, src->v6, ip6_src(quoted), ICMP_TTL);
	return m;
}

struct rte_mbuf *
icmp_error_create(struct rte_mempool *pool, const struct rte_mbuf *about, bool ip6,
		enum icmp_error kind, uint16_t mtu, const struct ip_addr *src)
{
	return ip6 ? error6_create(pool, about, kind, mtu, src)
		   : error4_create(pool, about, kind, mtu, src);
}

struct rte_mbuf *
arp_create(struct rte_mempool *pool, uint16_t op, const struct rte_ether_addr *sender_mac,
		const struct ip_addr *sender, const struct rte_ether_addr *target_mac,
		const struct ip_addr *target)
{
	struct rte_arp_hdr *arp;
	struct rte_mbuf *m;
	void *data;

	m = packet_create(pool, sizeof(*arp), &data);
	if (m == NULL)
		return NULL;
	arp = data;
	arp->arp_hardware = RTE_BE16(RTE_ARP_HRD_ETHER);
	arp->arp_protocol = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	arp->arp_hlen = RTE_ETHER_ADDR_LEN;
	arp->arp_plen = sizeof(rte_be32_t);
	arp->arp_opcode = rte_cpu_to_be_16(op);
	rte_ether_addr_copy(sender_mac, &arp->arp_data.arp_sha);
	arp->arp_data.arp_sip = sender->v4;
	if (target_mac != NULL)
		rte_ether_addr_copy(target_mac, &arp->arp_data.arp_tha);
	arp->arp_data.arp_tip = target->v4;
	return m;
}

void
nd_solicited_node(const struct ip_addr *target, struct ip_addr *ret_group)
{
	struct ip_addr group = { .af = AF_INET6, .v6 = { 0xff, 0x02, [11] = 0x01, [12] = 0xff } };

	memcpy(group.v6 + 13, target->v6 + 13, 3);
	*ret_group = group;
}

void
nd_group_mac(const struct ip_addr *group, struct rte_ether_addr *ret_mac)
{
	ret_mac->addr_bytes[0] = 0x33;
	ret_mac->addr_bytes[1] = 0x33;
	memcpy(ret_mac->addr_bytes + 2, group->v6 + 12, 4);
}

/*
 * A solicitation or advertisement: IPv6, ICMPv6, target, and the option of our link-layer address
 * unless @p mac is NULL.
 */
static struct rte_mbuf *
nd_create(struct rte_mempool *pool, const struct nd_neighbor_solicit *message,
		const struct ip_addr *src, const struct ip_addr *dst,
		const struct rte_ether_addr *mac)
{
	const uint16_t len = (uint16_t)(sizeof(*message) + (mac == NULL ? 0 : ND_OPT_LINKADDR_LEN));
	struct rte_ipv6_hdr *ip;
	struct rte_mbuf *m;
	uint8_t *opt;
	void *data;

	m = packet_create(pool, (uint16_t)(sizeof(*ip) + len), &data);
	if (m == NULL)
		return NULL;
	ip = data;
	memcpy(ip + 1, message, sizeof(*message));
	if (mac != NULL) {
		opt = (uint8_t *)(ip + 1) + sizeof(*message);
		opt[0] = message->nd_ns_hdr.icmp6_type == ND_NEIGHBOR_ADVERT
				? ND_OPT_TARGET_LINKADDR
				: ND_OPT_SOURCE_LINKADDR;
		opt[1] = ND_OPT_LINKADDR_LEN / 8;
		memcpy(opt + 2, mac->addr_bytes, RTE_ETHER_ADDR_LEN);
	}
	ip6_fill(ip, len, src->v6, dst->v6, ND_HOP_LIMIT);
	return m;
}

struct rte_mbuf *
nd_solicit_create(struct rte_mempool *pool, const struct rte_ether_addr *mac,
		const struct ip_addr *src, const struct ip_addr *dst, const struct ip_addr *target)
{
	struct nd_neighbor_solicit ns = { .nd_ns_hdr.icmp6_type = ND_NEIGHBOR_SOLICIT };
	struct ip_addr group;

	if (dst == NULL || !ip_is_set(dst)) {
		nd_solicited_node(target, &group);
		dst = &group;
	}
	memcpy(&ns.nd_ns_target, target->v6, sizeof(ns.nd_ns_target));
	/* Without an address yet, none is announced (RFC 4861, 4.3). */
	return nd_create(pool, &ns, src, dst, ip_is_any(src) ? NULL : mac);
}

struct rte_mbuf *
nd_advert_create(struct rte_mempool *pool, const struct rte_ether_addr *mac,
		const struct ip_addr *dst, const struct ip_addr *target, bool solicited,
		bool override)
{
	struct nd_neighbor_solicit na = { .nd_ns_hdr.icmp6_type = ND_NEIGHBOR_ADVERT };
	const struct ip_addr all_nodes = { .af = AF_INET6, .v6 = { 0xff, 0x02, [15] = 0x01 } };
	uint32_t flags = ND_NA_FLAG_ROUTER;

	/* Who asks without an address hears it from the group, unsolicited (RFC 4861, 7.2.4). */
	if (ip_is_any(dst)) {
		dst = &all_nodes;
		solicited = false;
	}
	flags |= solicited ? ND_NA_FLAG_SOLICITED : 0;
	flags |= override ? ND_NA_FLAG_OVERRIDE : 0;
	na.nd_ns_hdr.icmp6_dataun.icmp6_un_data32[0] = flags;
	memcpy(&na.nd_ns_target, target->v6, sizeof(na.nd_ns_target));
	return nd_create(pool, &na, target, dst, mac);
}
