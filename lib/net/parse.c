/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading headers that came from outside: each length is checked before a pointer is formed.
 * Workers come here for packets that parse_inline.h does not settle, the control core for what was
 * punted to it. Nothing is counted, freed or answered here.
 */
#include "net/parse.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>

#include <rte_arp.h>
#include <rte_icmp.h>
#include <rte_udp.h>

#include "net/cksum.h"
#include "net/icmp.h"
#include "net/pkt.h"

/* @p len bytes at @p offset of the data, or NULL when they are not all there. */
static const void *
bytes_at(const struct rte_mbuf *m, uint32_t offset, uint32_t len)
{
	if (offset > m->data_len || len > m->data_len - offset)
		return NULL;
	return rte_pktmbuf_mtod_offset(m, const void *, offset);
}

enum drop_reason
parse_ip4_full(struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = bytes_at(m, 0, sizeof(*ip));
	struct ip_addr src;
	uint16_t hdr_len, total;

	if (m->nb_segs != 1)
		return DROP_MULTISEG;
	if (ip == NULL)
		return DROP_RUNT;
	if (ip->version_ihl >> 4 != IPVERSION)
		return DROP_IP_VERSION;
	hdr_len = rte_ipv4_hdr_len(ip);
	total = rte_be_to_cpu_16(ip->total_length);
	if (hdr_len < sizeof(*ip) || total < hdr_len || total > m->data_len)
		return DROP_IP_HEADER;
	if (rte_raw_cksum(ip, hdr_len) != 0xffff)
		return DROP_IP_CHECKSUM;
	src = ip_from_v4(ip->src_addr);
	if (ip_is_multicast(&src) || ip_is_loopback(&src) || ip_is_broadcast(&src, NULL))
		return DROP_IP_SOURCE;
	m->data_len = total;
	m->pkt_len = total;
	return DROP_NONE;
}

enum drop_reason
parse_ip6_full(struct rte_mbuf *m)
{
	const struct rte_ipv6_hdr *ip = bytes_at(m, 0, sizeof(*ip));
	struct ip_addr src;
	uint32_t total;

	if (m->nb_segs != 1)
		return DROP_MULTISEG;
	if (ip == NULL)
		return DROP_RUNT;
	if (rte_be_to_cpu_32(ip->vtc_flow) >> 28 != 6)
		return DROP_IP_VERSION;
	/* A length of zero in front of hop-by-hop options is a jumbogram (RFC 2675), or cut off. */
	total = rte_be_to_cpu_16(ip->payload_len) + (uint32_t)sizeof(*ip);
	if (total > m->data_len || (ip->payload_len == 0 && ip->proto == IPPROTO_HOPOPTS))
		return DROP_IP_HEADER;
	src = ip_from_v6(ip6_src(ip));
	if (ip_is_multicast(&src) || ip_is_loopback(&src))
		return DROP_IP_SOURCE;
	m->data_len = (uint16_t)total;
	m->pkt_len = total;
	return DROP_NONE;
}

static bool
l4_of_ip4(const struct rte_mbuf *m, struct parse_l4 *ret_l4)
{
	const struct rte_ipv4_hdr *ip = bytes_at(m, 0, sizeof(*ip));
	struct parse_l4 l4 = { .proto_at = offsetof(struct rte_ipv4_hdr, next_proto_id) };
	uint16_t frag;

	if (ip == NULL || bytes_at(m, 0, rte_ipv4_hdr_len(ip)) == NULL)
		return false;
	frag = rte_be_to_cpu_16(ip->fragment_offset);
	l4.proto = ip->next_proto_id;
	l4.fragment = (frag & (RTE_IPV4_HDR_MF_FLAG | RTE_IPV4_HDR_OFFSET_MASK)) != 0;
	l4.frag_offset = (uint16_t)((frag & RTE_IPV4_HDR_OFFSET_MASK) * RTE_IPV4_HDR_OFFSET_UNITS);
	l4.offset = rte_ipv4_hdr_len(ip);
	*ret_l4 = l4;
	return true;
}

/*
 * Step over the extension header at l4->offset.
 * @return 1: stepped; 0: it is none to step over, l4 stands; -1: cut off.
 */
static int
ext_step(const struct rte_mbuf *m, struct parse_l4 *l4)
{
	/* next header | length or reserved | type or offset and M | segments left ... */
	const uint8_t *ext = bytes_at(m, l4->offset, 8);
	uint32_t len = 8;
	uint16_t frag;

	switch (l4->proto) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_DSTOPTS:
	case IPPROTO_ROUTING:
		if (ext == NULL)
			return -1;
		if (l4->proto == IPPROTO_ROUTING && ext[3] != 0)
			return 0;
		len += ext[1] * 8u;
		break;
	case IPPROTO_FRAGMENT:
		if (ext == NULL)
			return -1;
		frag = (uint16_t)(ext[2] << 8 | ext[3]);
		/* Offset 0 and no more fragments: whole all the same (RFC 6946). */
		l4->fragment |= (frag & 0xfff9) != 0;
		l4->frag_offset = frag & 0xfff8;
		break;
	default:
		return 0;
	}
	if (bytes_at(m, l4->offset, len) == NULL)
		return -1;
	l4->proto = ext[0];
	l4->proto_at = l4->offset;
	l4->offset = (uint16_t)(l4->offset + len);
	return 1;
}

static bool
l4_of_ip6(const struct rte_mbuf *m, struct parse_l4 *ret_l4)
{
	const struct rte_ipv6_hdr *ip = bytes_at(m, 0, sizeof(*ip));
	struct parse_l4 l4 = { .proto_at = offsetof(struct rte_ipv6_hdr, proto) };
	unsigned int n;
	int rc;

	if (ip == NULL)
		return false;
	l4.proto = ip->proto;
	l4.offset = sizeof(*ip);
	for (n = 0; n <= PARSE_EXT_MAX; n++) {
		rc = l4.frag_offset != 0 ? 0 : ext_step(m, &l4);
		if (rc < 0)
			return false;
		if (rc == 0) {
			*ret_l4 = l4;
			return true;
		}
	}
	return false;
}

bool
parse_l4(const struct rte_mbuf *m, bool ip6, struct parse_l4 *ret_l4)
{
	return ip6 ? l4_of_ip6(m, ret_l4) : l4_of_ip4(m, ret_l4);
}

/* UDP at l4->offset: is it ESP (RFC 3948, 2.2: IKE has four zero bytes where ESP has its SPI)? */
static enum parse_kind
natt_kind(const struct rte_mbuf *m, const struct parse_l4 *l4)
{
	const struct rte_udp_hdr *udp = bytes_at(m, l4->offset, sizeof(*udp));
	const uint32_t len = m->data_len - l4->offset;
	const rte_be32_t *spi;

	if (udp == NULL || udp->dst_port != RTE_BE16(PARSE_PORT_NATT))
		return PARSE_OTHER;
	spi = bytes_at(m, l4->offset + (uint32_t)sizeof(*udp), sizeof(*spi));
	if (spi == NULL || *(const unaligned_uint32_t *)spi == 0)
		return PARSE_OTHER;
	if (l4->fragment)
		return PARSE_ESP_FRAGMENT;
	/* Bytes beyond the datagram would be taken for the ICV. */
	if (rte_be_to_cpu_16(udp->dgram_len) != len)
		return PARSE_OTHER;
	return len < sizeof(*udp) + PARSE_ESP_MIN ? PARSE_OTHER : PARSE_ESP_NATT;
}

enum parse_kind
parse_esp_full(const struct rte_mbuf *m, bool ip6, uint8_t *ret_l3_len)
{
	enum parse_kind kind;
	struct parse_l4 l4;
	uint32_t l3_len;

	if (!parse_l4(m, ip6, &l4))
		return PARSE_OTHER;
	l3_len = l4.offset;
	if (l4.proto == IPPROTO_ESP) {
		if (l4.fragment)
			return PARSE_ESP_FRAGMENT;
		kind = bytes_at(m, l3_len, PARSE_ESP_MIN) == NULL ? PARSE_OTHER : PARSE_ESP;
	} else if (l4.proto == IPPROTO_UDP && l4.frag_offset == 0) {
		kind = natt_kind(m, &l4);
		l3_len += (uint32_t)sizeof(struct rte_udp_hdr);
	} else {
		return PARSE_OTHER;
	}
	if (kind != PARSE_ESP && kind != PARSE_ESP_NATT)
		return kind;
	if (l3_len > UINT8_MAX)
		return PARSE_OTHER;
	*ret_l3_len = (uint8_t)l3_len;
	return kind;
}

void
parse_addrs(const struct rte_mbuf *m, bool ip6, struct ip_addr *ret_src, struct ip_addr *ret_dst)
{
	if (ip6) {
		const struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv6_hdr *);

		*ret_src = ip_from_v6(ip6_src(ip));
		*ret_dst = ip_from_v6(ip6_dst(ip));
	} else {
		const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);

		*ret_src = ip_from_v4(ip->src_addr);
		*ret_dst = ip_from_v4(ip->dst_addr);
	}
}

enum drop_reason
parse_arp(const struct rte_mbuf *m, struct parse_arp *ret_arp)
{
	const struct rte_arp_hdr *arp = bytes_at(m, 0, sizeof(*arp));
	struct parse_arp a = { 0 };

	if (arp == NULL || arp->arp_hardware != RTE_BE16(RTE_ARP_HRD_ETHER) ||
			arp->arp_protocol != RTE_BE16(RTE_ETHER_TYPE_IPV4) ||
			arp->arp_hlen != RTE_ETHER_ADDR_LEN || arp->arp_plen != sizeof(rte_be32_t))
		return DROP_ARP_INVALID;
	a.op = rte_be_to_cpu_16(arp->arp_opcode);
	rte_ether_addr_copy(&arp->arp_data.arp_sha, &a.sender_mac);
	a.sender = ip_from_v4(arp->arp_data.arp_sip);
	a.target = ip_from_v4(arp->arp_data.arp_tip);
	if ((a.op != RTE_ARP_OP_REQUEST && a.op != RTE_ARP_OP_REPLY) ||
			!rte_is_valid_assigned_ether_addr(&a.sender_mac) ||
			ip_is_multicast(&a.sender) || ip_is_broadcast(&a.sender, NULL))
		return DROP_ARP_INVALID;
	/* A probe has no sender yet (RFC 5227); a reply always has one. */
	if (a.op == RTE_ARP_OP_REPLY && ip_is_any(&a.sender))
		return DROP_ARP_INVALID;
	*ret_arp = a;
	return DROP_NONE;
}

enum drop_reason
parse_icmp(const struct rte_mbuf *m, bool ip6, struct parse_icmp *ret_icmp)
{
	const struct rte_icmp_hdr *icmp;
	struct parse_l4 l4;
	uint16_t len, sum;

	if (!parse_l4(m, ip6, &l4) || l4.fragment ||
			l4.proto != (ip6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP))
		return DROP_ICMP_INVALID;
	icmp = bytes_at(m, l4.offset, sizeof(*icmp));
	if (icmp == NULL)
		return DROP_ICMP_INVALID;
	len = (uint16_t)(m->data_len - l4.offset);
	sum = ip6 ? cksum_icmp6(rte_pktmbuf_mtod(m, const struct rte_ipv6_hdr *), icmp, len)
		  : rte_raw_cksum(icmp, len);
	if (sum != 0xffff)
		return DROP_ICMP_INVALID;
	*ret_icmp = (struct parse_icmp){ icmp->icmp_type, icmp->icmp_code, l4.offset };
	return DROP_NONE;
}

/* The length of the fixed part of a message, by type; 0: not neighbour discovery. */
static uint16_t
nd_fixed_len(uint8_t type, enum nd_type *ret_type)
{
	switch (type) {
	case ND_ROUTER_SOLICIT:
		*ret_type = ND_RS;
		return sizeof(struct nd_router_solicit);
	case ND_ROUTER_ADVERT:
		*ret_type = ND_RA;
		return sizeof(struct nd_router_advert);
	case ND_NEIGHBOR_SOLICIT:
		*ret_type = ND_NS;
		return sizeof(struct nd_neighbor_solicit);
	case ND_NEIGHBOR_ADVERT:
		*ret_type = ND_NA;
		return sizeof(struct nd_neighbor_advert);
	default:
		return 0;
	}
}

/* All options, whose lengths must fit; the link-layer address is kept. */
static bool
nd_read_options(const struct rte_mbuf *m, uint32_t offset, struct parse_nd *nd)
{
	const uint8_t wanted = nd->type == ND_NA ? ND_OPT_TARGET_LINKADDR : ND_OPT_SOURCE_LINKADDR;
	const uint8_t *opt;
	uint32_t len;

	for (; offset < m->data_len; offset += len) {
		opt = bytes_at(m, offset, 2);
		if (opt == NULL || opt[1] == 0)
			return false;
		len = opt[1] * 8u;
		if (bytes_at(m, offset, len) == NULL)
			return false;
		if (opt[0] != wanted || len != 8)
			continue;
		nd->has_mac = true;
		memcpy(nd->mac.addr_bytes, opt + 2, RTE_ETHER_ADDR_LEN);
		if (!rte_is_valid_assigned_ether_addr(&nd->mac))
			return false;
	}
	return true;
}

/* What RFC 4861 asks of each type beyond lengths: 6.1.1, 6.1.2, 7.1.1, 7.1.2. */
static bool
nd_is_valid(const struct parse_nd *nd)
{
	struct ip_addr group;

	switch (nd->type) {
	case ND_NS:
		if (ip_is_multicast(&nd->target))
			return false;
		if (!ip_is_any(&nd->src))
			return true;
		nd_solicited_node(&nd->target, &group);
		return ip_equal(&nd->dst, &group) && !nd->has_mac;
	case ND_NA:
		return !ip_is_multicast(&nd->target) && !ip_is_any(&nd->target) &&
				!(ip_is_multicast(&nd->dst) && nd->solicited);
	case ND_RS:
		return !(ip_is_any(&nd->src) && nd->has_mac);
	default:
		return ip_is_link_local(&nd->src);
	}
}

enum drop_reason
parse_nd(const struct rte_mbuf *m, struct parse_nd *ret_nd)
{
	const struct rte_ipv6_hdr *ip = bytes_at(m, 0, sizeof(*ip));
	struct parse_nd nd = { .type = ND_NONE };
	const struct icmp6_hdr *icmp;
	struct parse_icmp message;
	uint16_t fixed;

	*ret_nd = nd;
	if (ip == NULL || ip->proto != IPPROTO_ICMPV6)
		return DROP_NONE;
	icmp = bytes_at(m, sizeof(*ip), sizeof(*icmp));
	if (icmp == NULL)
		return DROP_NONE;
	fixed = nd_fixed_len(icmp->icmp6_type, &nd.type);
	if (fixed == 0)
		return DROP_NONE;
	if (ip->hop_limits != 255 || bytes_at(m, sizeof(*ip), fixed) == NULL ||
			parse_icmp(m, true, &message) != DROP_NONE || message.code != 0)
		return DROP_ND_INVALID;
	parse_addrs(m, true, &nd.src, &nd.dst);
	if (nd.type == ND_NS || nd.type == ND_NA)
		nd.target = ip_from_v6((const uint8_t *)(icmp + 1));
	if (nd.type == ND_NA) {
		nd.router = (icmp->icmp6_dataun.icmp6_un_data32[0] & ND_NA_FLAG_ROUTER) != 0;
		nd.solicited = (icmp->icmp6_dataun.icmp6_un_data32[0] & ND_NA_FLAG_SOLICITED) != 0;
		nd.override = (icmp->icmp6_dataun.icmp6_un_data32[0] & ND_NA_FLAG_OVERRIDE) != 0;
	}
	if (!nd_read_options(m, sizeof(*ip) + (uint32_t)fixed, &nd) || !nd_is_valid(&nd))
		return DROP_ND_INVALID;
	*ret_nd = nd;
	return DROP_NONE;
}
