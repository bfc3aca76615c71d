/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Making the template of a tunnel's outer header. Control core; the per-packet half is
 * outer_inline.h.
 */
#include "net/outer.h"

#include <rte_debug.h>

/* In the first byte of the fragment word. */
#define DF (RTE_IPV4_HDR_DF_FLAG >> 8)

/* Sum of what is fixed: bytes 8 to 19, the checksum among them 0. */
static uint32_t
fixed_sum(const struct outer *o)
{
	uint32_t sum = 0;
	unsigned int i;

	for (i = 8; i < sizeof(o->ip4); i += 2)
		sum += (uint32_t)o->hdr[i] << 8 | o->hdr[i + 1];
	return sum;
}

static void
udp_init(struct rte_udp_hdr *udp, const struct outer_params *prm)
{
	udp->src_port = rte_cpu_to_be_16(prm->natt_sport);
	udp->dst_port = rte_cpu_to_be_16(prm->natt_dport);
}

void
outer_init(struct outer *o, const struct outer_params *prm)
{
	RTE_VERIFY(ip_is_set(&prm->local) && prm->local.af == prm->remote.af);
	memset(o, 0, sizeof(*o));
	o->af = prm->local.af;
	o->ip_len = o->af == AF_INET ? sizeof(o->ip4) : sizeof(o->ip6);
	o->udp = prm->natt_sport != 0 || prm->natt_dport != 0;
	o->len = (uint8_t)(o->ip_len + (o->udp ? sizeof(struct rte_udp_hdr) : 0));
	o->ecn = (int8_t)prm->ecn;
	o->plain4 = o->af == AF_INET && !o->udp;
	o->tos_mask = RTE_IPV4_HDR_DSCP_MASK;
	if (prm->ecn == OUTER_ECN_NORMAL)
		o->tos_mask |= OUTER_ECN_MASK;

	/* FreeBSD's ipsec_encap() sets DF around an inner IPv6 packet when copying. */
	o->frag_of4 = prm->df == OUTER_DF_COPY ? DF : 0;
	o->frag6 = prm->df == OUTER_DF_CLEAR ? 0 : DF;
	if (o->af == AF_INET) {
		o->ip4.version_ihl = RTE_IPV4_VHL_DEF;
		if (prm->df == OUTER_DF_SET)
			o->ip4.fragment_offset = RTE_BE16(RTE_IPV4_HDR_DF_FLAG);
		o->ip4.time_to_live = prm->ttl;
		o->ip4.next_proto_id = o->udp ? IPPROTO_UDP : IPPROTO_ESP;
		o->ip4.src_addr = prm->local.v4;
		o->ip4.dst_addr = prm->remote.v4;
		o->ip4_sum = fixed_sum(o);
	} else {
		o->ip6.vtc_flow = rte_cpu_to_be_32(6u << 28);
		o->ip6.hop_limits = prm->ttl;
		o->ip6.proto = o->udp ? IPPROTO_UDP : IPPROTO_ESP;
		memcpy(&o->ip6.src_addr, prm->local.v6, sizeof(o->ip6.src_addr));
		memcpy(&o->ip6.dst_addr, prm->remote.v6, sizeof(o->ip6.dst_addr));
	}
	if (o->udp)
		udp_init(o->af == AF_INET ? &o->udp4 : &o->udp6, prm);
}

bool
outer_same_tunnel(const struct outer *a, const struct outer *b)
{
	if (a->af != b->af || a->udp != b->udp)
		return false;
	if (a->af == AF_INET)
		return a->ip4.src_addr == b->ip4.src_addr && a->ip4.dst_addr == b->ip4.dst_addr;
	return memcmp(&a->ip6.src_addr, &b->ip6.src_addr, 2 * sizeof(a->ip6.src_addr)) == 0;
}
