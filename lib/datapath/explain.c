/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A packet on its way through the stages' decisions: see explain.h. What the stages do between decisions is done here to the one
 * packet; an engine is taken to do what it should, so what only it can find out (keys, damage) is not known here.
 */
#include "datapath/explain.h"

#include <errno.h>
#include <netinet/ip_icmp.h>

#include <rte_icmp.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include "datapath/decide_esp.h"
#include "ipsec/sa_progress.h"

/* ESP for which there is no SA: as much as an SA would make of a small packet. */
#define PAYLOAD_UNKNOWN 64

/* The engine will find no number left. */
static bool
sa_is_spent(const struct sa *sa)
{
	return sa_seq(sa->ctl) >= (sa->ctl->prm.esn ? UINT64_MAX : UINT32_MAX);
}

struct walk {
	const struct dataplane *dp;
	const struct explain_request *req;
	struct rte_mbuf *m;
	struct explain *ret;
};

static struct explain_step *
step_begin(struct walk *w, enum explain_at at)
{
	struct explain_step *s = &w->ret->step[w->ret->nb_steps++];
	const struct pkt_meta *meta = pkt_meta(w->m);
	const bool ip6 = meta->flags & PKT_IP6;

	*s = (struct explain_step){ .at = at,
		.len = (uint16_t)w->m->pkt_len,
		.fib = meta->fib,
		.iface = meta->iface,
		.nh = meta->nh };
	parse_addrs(w->m, ip6, &s->src, &s->dst);
	s->ttl = ip6 ? pkt_ip6(w->m)->hop_limits : pkt_ip4(w->m)->time_to_live;
	return s;
}

/* --- making the packet --- */

/* UDP, TCP or an echo request at @p l4 with @p len bytes; anything else: zeros. */
static void
write_l4(const struct explain_packet *p, void *l4, uint16_t len)
{
	struct rte_udp_hdr *udp = l4;
	struct rte_icmp_hdr *icmp = l4;

	memset(l4, 0, len);
	switch (p->proto) {
	case IPPROTO_UDP:
		*udp = (struct rte_udp_hdr){ .src_port = rte_cpu_to_be_16(p->sport),
			.dst_port = rte_cpu_to_be_16(p->dport),
			.dgram_len = rte_cpu_to_be_16(len) };
		return;
	case IPPROTO_TCP:
		udp->src_port = rte_cpu_to_be_16(p->sport);
		udp->dst_port = rte_cpu_to_be_16(p->dport);
		return;
	case IPPROTO_ICMP:
		icmp->icmp_type = ICMP_ECHO;
		icmp->icmp_cksum = (uint16_t)~rte_raw_cksum(icmp, len);
		return;
	case IPPROTO_ICMPV6:
		icmp->icmp_type = 128; /* its checksum needs the addresses: write_ip() */
		return;
	default:
		return;
	}
}

static uint16_t
l4_min(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_UDP:
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return sizeof(struct rte_udp_hdr);
	case IPPROTO_TCP:
		return sizeof(struct rte_tcp_hdr);
	default:
		return 0;
	}
}

static void
write_ip4(const struct explain_packet *p, struct rte_ipv4_hdr *ip, uint16_t len)
{
	*ip = (struct rte_ipv4_hdr){ .version_ihl = RTE_IPV4_VHL_DEF,
		.type_of_service = p->tos,
		.total_length = rte_cpu_to_be_16(len),
		.fragment_offset = p->df ? RTE_BE16(RTE_IPV4_HDR_DF_FLAG) : 0,
		.time_to_live = p->ttl,
		.next_proto_id = p->proto,
		.src_addr = p->src.v4,
		.dst_addr = p->dst.v4 };
	write_l4(p, ip + 1, (uint16_t)(len - sizeof(*ip)));
	ip->hdr_checksum = rte_ipv4_cksum(ip);
}

static void
write_ip6(const struct explain_packet *p, struct rte_ipv6_hdr *ip, uint16_t len)
{
	const uint16_t payload = (uint16_t)(len - sizeof(*ip));
	struct rte_icmp_hdr *icmp = (struct rte_icmp_hdr *)(ip + 1);

	*ip = (struct rte_ipv6_hdr){ .vtc_flow = rte_cpu_to_be_32(
						     6u << 28 | (uint32_t)p->tos << 20),
		.payload_len = rte_cpu_to_be_16(payload),
		.proto = p->proto,
		.hop_limits = p->ttl };
	memcpy(&ip->src_addr, p->src.v6, sizeof(ip->src_addr));
	memcpy(&ip->dst_addr, p->dst.v6, sizeof(ip->dst_addr));
	write_l4(p, ip + 1, payload);
	if (p->proto == IPPROTO_ICMPV6)
		icmp->icmp_cksum = rte_ipv6_udptcp_cksum(ip, icmp);
}

static uint16_t
packet_len(const struct explain_packet *p)
{
	const uint16_t ip = p->src.af == AF_INET ? sizeof(struct rte_ipv4_hdr)
						 : sizeof(struct rte_ipv6_hdr);

	return RTE_MAX(p->len, (uint16_t)(ip + l4_min(p->proto)));
}

/* The packet at the end of the data. false: no room. */
static bool
write_packet(struct rte_mbuf *m, const struct explain_packet *p)
{
	const uint16_t len = packet_len(p);
	void *at = rte_pktmbuf_append(m, len);

	if (at == NULL)
		return false;
	if (p->src.af == AF_INET)
		write_ip4(p, at, len);
	else
		write_ip6(p, at, len);
	return true;
}

/* ESP, in UDP or not, as long as what the SA would make of the packet inside. */
static bool
write_esp(struct walk *w)
{
	const struct explain_request *req = w->req;
	const struct sa_ctl *sa = sadb_find(w->dp->sadb, &req->outer_dst, req->spi);
	const uint16_t inner = req->packet.src.af == 0 ? PAYLOAD_UNKNOWN : packet_len(&req->packet);
	struct explain_packet p = { .src = req->outer_src,
		.dst = req->outer_dst,
		.proto = req->natt ? IPPROTO_UDP : IPPROTO_ESP,
		.sport = PARSE_PORT_NATT,
		.dport = PARSE_PORT_NATT,
		.ttl = 64,
		.tos = req->outer_tos };
	const uint16_t before = w->m->data_len;
	struct rte_esp_hdr *esp;
	struct rte_ipv4_hdr *ip;
	uint16_t l3_len;

	p.len = packet_len(&p);
	l3_len = p.len;
	p.len = (uint16_t)(p.len +
			(sa != NULL && sa->sa != NULL ? sa_esp_bytes(sa->sa, inner)
						      : inner + sizeof(*esp)));
	if (!write_packet(w->m, &p))
		return false;
	esp = rte_pktmbuf_mtod_offset(w->m, struct rte_esp_hdr *, before + l3_len);
	esp->spi = rte_cpu_to_be_32(req->spi);
	esp->seq = rte_cpu_to_be_32((uint32_t)req->seq);
	if (req->fragment && p.src.af == AF_INET) {
		ip = rte_pktmbuf_mtod_offset(w->m, struct rte_ipv4_hdr *, before);
		ip->fragment_offset = RTE_BE16(RTE_IPV4_HDR_MF_FLAG);
		ip->hdr_checksum = 0;
		ip->hdr_checksum = rte_ipv4_cksum(ip);
	}
	return true;
}

/* --- the stages --- */

/* From a tunnel that is not looked at, to be routed. */
static struct dp_verdict
enter_decrypted(struct walk *w, const struct iface_row *row)
{
	struct pkt_meta *meta = pkt_meta(w->m);
	enum drop_reason bad = decide_in_row(row);

	meta->inner_proto = w->req->packet.src.af == AF_INET ? IPPROTO_IPIP : IPPROTO_IPV6;
	if (bad == DROP_NONE)
		bad = decide_inner(row, w->m);
	return bad != DROP_NONE ? dp_to_drop(bad) : decide_inner_kind(row, w->m);
}

/* rx, classify. The data starts with room for an Ethernet header, as it came from the port. */
static struct dp_verdict
enter(struct walk *w)
{
	const struct explain_request *req = w->req;
	const struct iface_row *row = req->iface == 0 ? NULL : iface_row(w->dp->ifaces, req->iface);
	const bool from_tunnel = row != NULL && row->kind == IFACE_IPSEC;
	const bool ip6 = (req->in ? &req->outer_dst : &req->packet.dst)->af == AF_INET6;
	struct pkt_meta *meta = pkt_meta(w->m);
	enum drop_reason bad = DROP_NONE;
	struct explain_step *s;
	struct dp_verdict v;

	*meta = (struct pkt_meta){ .iface = req->iface, .fib = row == NULL ? req->fib : row->fib };
	if (req->iface != 0 && !from_tunnel)
		bad = decide_frame(w->m, decide_ingress(row));
	rte_pktmbuf_adj(w->m, RTE_ETHER_HDR_LEN);
	meta->flags = ip6 ? PKT_IP6 : 0;
	s = step_begin(w, EXPLAIN_RECEIVE);
	s->row = row;
	meta->flags = 0;
	if (bad != DROP_NONE)
		v = dp_to_drop(bad);
	else if (from_tunnel)
		v = enter_decrypted(w, row);
	else
		v = ip6 ? decide_received6(w->m) : decide_received4(w->m);
	s->verdict = v;
	return v;
}

static struct dp_verdict
route(struct walk *w)
{
	struct explain_step *s = step_begin(w, EXPLAIN_ROUTE);
	struct pkt_meta *meta = pkt_meta(w->m);
	uint32_t dst;

	if (meta->flags & PKT_IP6) {
		decide_nh6(w->dp->fibs, meta->fib, (void *)&pkt_ip6(w->m)->dst_addr, &meta->nh, 1);
		s->verdict = decide_route6(pkt_ip6(w->m), meta->nh, meta->flags);
	} else {
		dst = rte_be_to_cpu_32(pkt_ip4(w->m)->dst_addr);
		decide_nh4(w->dp->fibs, meta->fib, &dst, &meta->nh, 1);
		s->verdict = decide_route4(pkt_ip4(w->m), dst, meta->nh, meta->flags);
	}
	s->nh = meta->nh;
	return s->verdict;
}

static struct dp_verdict
local(struct walk *w)
{
	struct explain_step *s = step_begin(w, EXPLAIN_LOCAL);

	s->verdict = decide_local(w->dp->ifaces, w->m, rcu_read(w->dp->tunables)->ttl);
	return s->verdict;
}

/* ipsec_in */
static struct dp_verdict
esp_in(struct walk *w)
{
	struct explain_step *s = step_begin(w, EXPLAIN_SA_IN);
	const struct iface_row *row;
	enum drop_reason bad;
	struct sa *sa;

	sadb_lookup_bulk(w->dp->sadb, &w->m, &sa, 1);
	s->sa = sa;
	if (sa != NULL) {
		s->iface = __atomic_load_n(&sa->iface, __ATOMIC_RELAXED);
		s->row = s->iface == 0 ? NULL : iface_row(w->dp->ifaces, s->iface);
	}
	bad = decide_sa_in(w->dp->ifaces, sa, &row);
	if (bad == DROP_NONE) {
		const struct in_tunnel t = in_tunnel_of(row, sa);

		bad = decide_in(&t, w->m);
	}
	s->verdict = bad == DROP_NONE ? dp_to(DP_TO_ENGINE)
				      : decide_esp_bad(w->dp->fibs, w->m, bad);
	if (bad == DROP_NONE && w->req->seq != 0 && replay_refuses(&sa->replay, w->req->seq))
		s->verdict = dp_to_drop(DROP_REPLAY);
	return s->verdict;
}

/* The engine, ipsec_in_done. A tunnel inside the tunnel is not asked about: the packet inside is never ESP with an SA of ours. */
static struct dp_verdict
decrypted(struct walk *w)
{
	struct pkt_meta *meta = pkt_meta(w->m);
	const struct iface_row *row = iface_row(w->dp->ifaces, meta->sa->iface);
	const struct explain_packet *p = &w->req->packet;
	struct explain_step *s;
	enum drop_reason bad;

	meta->inner_proto = p->src.af == AF_INET ? IPPROTO_IPIP : IPPROTO_IPV6;
	rte_pktmbuf_adj(w->m,
			(uint16_t)(meta->l3_len + sizeof(struct rte_esp_hdr) + meta->sa->iv_len));
	rte_pktmbuf_trim(w->m, w->m->data_len);
	if (!write_packet(w->m, p))
		return dp_to_drop(DROP_HEADROOM);
	meta->flags = p->src.af == AF_INET6 ? PKT_IP6 : 0;
	s = step_begin(w, EXPLAIN_INNER);
	s->row = row;
	s->iface = row->index;
	s->fib = row->fib;
	bad = decide_inner(row, w->m);
	s->verdict = bad == DROP_NONE ? decide_inner_kind(row, w->m) : dp_to_drop(bad);
	return s->verdict;
}

/* Of the packet the first and largest piece is left, and goes back to where it was. */
static struct dp_verdict
fragment(struct walk *w, uint16_t mtu, enum dp_to back)
{
	struct explain_step *s = step_begin(w, EXPLAIN_FRAGMENT);
	struct pkt_meta *meta = pkt_meta(w->m);
	uint16_t bytes, header;

	s->mtu = mtu;
	s->verdict = decide_fragment(w->m, mtu, &bytes);
	if (s->verdict.to != DP_TO_FRAGMENT)
		return s->verdict;
	header = meta->flags & PKT_IP6 ? sizeof(struct rte_ipv6_hdr)
				       : rte_ipv4_hdr_len(pkt_ip4(w->m));
	s->pieces = (uint16_t)((w->m->pkt_len - header + bytes - 1u) / bytes);
	s->verdict = dp_to(back);
	bytes = (uint16_t)(bytes + header);
	if (meta->flags & PKT_IP6)
		bytes = (uint16_t)(bytes + RTE_IPV6_FRAG_HDR_SIZE);
	w->m->data_len = bytes;
	w->m->pkt_len = bytes;
	if (!(meta->flags & PKT_IP6)) {
		pkt_ip4(w->m)->total_length = rte_cpu_to_be_16(bytes);
		pkt_ip4(w->m)->fragment_offset |= RTE_BE16(RTE_IPV4_HDR_MF_FLAG);
	}
	return s->verdict;
}

/* ipsec_out */
static struct dp_verdict
tunnel(struct walk *w)
{
	struct explain_step *s = step_begin(w, EXPLAIN_TUNNEL);
	enum drop_reason bad;

	s->iface = (uint16_t)nh_index(s->nh);
	s->row = iface_row(w->dp->ifaces, s->iface);
	bad = decide_out_row(s->row);
	if (bad == DROP_NONE)
		bad = decide_out(s->row, w->m);
	if (bad == DROP_TOO_BIG) {
		s->sa = s->row->sa_out;
		s->mtu = s->row->mtu;
		s->verdict = dp_to(DP_TO_FRAGMENT);
		return fragment(w, s->mtu, DP_TO_ENCAP);
	}
	if (s->row != NULL) {
		s->sa = s->row->sa_out;
		s->mtu = s->row->mtu;
	}
	if (bad == DROP_NONE && sa_is_spent(s->sa))
		bad = DROP_SEQ_EXHAUSTED;
	if (bad == DROP_NONE)
		decide_wrap(s->row, w->m);
	s->verdict = bad == DROP_NONE ? dp_to(DP_TO_ENGINE) : dp_to_drop(bad);
	return s->verdict;
}

/* The engine, ipsec_out_done: what was inside is not looked at any more, so only the length is right. */
static struct dp_verdict
encrypted(struct walk *w)
{
	struct pkt_meta *meta = pkt_meta(w->m);
	const struct iface_row *row = iface_row(w->dp->ifaces, meta->out.iface);
	const struct sa *sa = meta->sa;
	struct explain_step *s;
	struct dp_verdict v;

	w->m->data_off = (uint16_t)(w->m->data_off - sizeof(struct rte_esp_hdr) - sa->iv_len);
	w->m->data_len = sa_esp_bytes(sa, meta->inner_len);
	w->m->pkt_len = w->m->data_len;
	v = decide_outer(row, w->m, 0);
	s = step_begin(w, EXPLAIN_ESP_OUT);
	s->row = row;
	s->sa = sa;
	s->iface = meta->out.iface;
	s->verdict = v;
	return v;
}

static struct dp_verdict
rewrite(struct walk *w)
{
	struct explain_step *s = step_begin(w, EXPLAIN_NEIGH);

	s->adj = rcu_read(w->dp->neighs->adj[nh_index(s->nh)]);
	s->iface = s->adj == NULL ? 0 : s->adj->iface;
	s->row = iface_row(w->dp->ifaces, s->iface);
	s->mtu = s->row == NULL ? 0 : s->row->mtu;
	s->verdict = decide_rewrite(decide_egress(s->adj, s->row), s->row, w->m);
	return s->verdict.to == DP_TO_FRAGMENT ? fragment(w, s->mtu, DP_TO_OUT) : s->verdict;
}

/* The next stage; false: that was the last. */
static bool
next(struct walk *w, struct dp_verdict *v)
{
	switch (v->to) {
	case DP_TO_IP:
		*v = route(w);
		return true;
	case DP_TO_LOCAL:
		*v = local(w);
		return true;
	case DP_TO_ESP:
		*v = esp_in(w);
		return true;
	case DP_TO_ENCAP:
		*v = tunnel(w);
		return true;
	case DP_TO_OUT:
		*v = rewrite(w);
		return true;
	case DP_TO_ENGINE:
		if (!(pkt_meta(w->m)->flags & PKT_ENCAP) && w->req->packet.src.af == 0)
			return false;
		*v = pkt_meta(w->m)->flags & PKT_ENCAP ? encrypted(w) : decrypted(w);
		return true;
	default:
		return false;
	}
}

int
dp_explain(const struct dataplane *dp, const struct explain_request *req, struct explain *ret)
{
	struct walk w = { .dp = dp, .req = req, .ret = ret };

	memset(ret, 0, sizeof(*ret));
	w.m = rte_pktmbuf_alloc(dp->pool);
	if (w.m == NULL)
		return -ENOMEM;
	ret->verdict = dp_to_drop(DROP_MULTISEG);
	if (rte_pktmbuf_append(w.m, RTE_ETHER_HDR_LEN) != NULL &&
			(req->in ? write_esp(&w) : write_packet(w.m, &req->packet))) {
		ret->verdict = enter(&w);
		while (ret->nb_steps + 2 <= EXPLAIN_STEPS_MAX && next(&w, &ret->verdict))
			;
	}
	rte_pktmbuf_free(w.m);
	return 0;
}
