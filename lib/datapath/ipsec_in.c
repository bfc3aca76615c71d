/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stages 3 and 4: ESP for one of our SAs goes through an engine and comes out as the packet that was inside. Before decryption:
 * is there an SA, does an interface claim it, does it come from the tunnel's other end? After it: integrity, replay window, inner
 * header, ECN (RFC 4301 5.2, RFC 4303 3.4). Sharing: an inbound SA belongs to one worker (ADR 7).
 */
#include <rte_esp.h>

#include "datapath/stages.h"
#include "net/parse.h"
#include "route/nexthop.h"

#include "datapath/poison.h"

/* ESP that is not ours passes through like any other packet; ESP to one of our addresses needs an SA. */
static void
esp_without_sa(struct worker *w, struct frame *f, struct rte_mbuf *m)
{
	const struct pkt_meta *meta = pkt_meta(m);
	const struct fib *fib = rcu_read(w->dp->fibs->fib[meta->fib]);
	const bool ip6 = meta->flags & PKT_IP6;
	struct ip_addr src, dst;

	parse_addrs(m, ip6, &src, &dst);
	if (fib != NULL && nh_kind(fib_lookup(fib, &dst)) == NH_LOCAL)
		dp_drop(w, DROP_NO_SA, m);
	else
		dp_push(w, ip6 ? &f->ip6 : &f->ip4, m);
}

static inline bool
outer_source_is(const struct rte_mbuf *m, bool ip6, const struct ip_addr *remote)
{
	if (!ip6)
		return remote->af == AF_INET &&
				rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *)->src_addr ==
				remote->v4;
	return remote->af == AF_INET6 &&
			memcmp(rte_pktmbuf_mtod(m, const struct rte_ipv6_hdr *)->src_addr,
					remote->v6, 16) == 0;
}

/* May this packet be given to this SA? Fills what the engine and ipsec_in_done need. */
static inline enum drop_reason
esp_check(const struct worker *w, struct rte_mbuf *m, const struct sa *sa)
{
	struct pkt_meta *meta = pkt_meta(m);
	const uint16_t index = __atomic_load_n(&sa->iface, __ATOMIC_RELAXED);
	const bool ip6 = meta->flags & PKT_IP6;
	const struct iface_row *row;
	uint32_t esp_len, crypt_len;

	if (unlikely(index == 0 || sa->dir != SA_DIR_IN))
		return DROP_SA_NO_IF;
	row = iface_row(w->dp->ifaces, index);
	if (unlikely(row == NULL))
		return DROP_SA_NO_IF;
	if (unlikely(!iface_row_passes(row)))
		return DROP_IF_DOWN;
	if (unlikely(!outer_source_is(m, ip6, &row->remote)))
		return DROP_SA_SOURCE;
	if (unlikely(sa->natt != !!(meta->flags & PKT_NATT)))
		return DROP_SA_NATT;
	if (unlikely(__atomic_load_n(&sa->state, __ATOMIC_RELAXED) == SA_DEAD))
		return DROP_SA_DEAD;
	esp_len = m->pkt_len - meta->l3_len;
	if (unlikely(m->pkt_len < (uint32_t)meta->l3_len + sa->min_len))
		return DROP_ESP_SHORT;
	crypt_len = esp_len - (uint32_t)(sizeof(struct rte_esp_hdr) + sa->iv_len + sa->icv_len);
	if (unlikely(crypt_len & (sa->block_len - 1u)))
		return DROP_ESP_SHORT;
	meta->tos = ip6 ? (uint8_t)(rte_be_to_cpu_32(pkt_ip6(m)->vtc_flow) >> 20)
			: pkt_ip4(m)->type_of_service;
	return DROP_NONE;
}

static void
esp_hand_over(struct worker *w, uint16_t owner, struct rte_mbuf *m)
{
	if (rte_ring_mp_enqueue(w->dp->worker[owner]->handin, m) == 0)
		w->cnt.handed_out++;
	else
		dp_drop(w, DROP_RING_FULL, m);
}

/* Stage 3: esp -> engine. */
void
dp_ipsec_in(struct worker *w, struct frame *f)
{
	const struct dataplane *dp = w->dp;
	struct rte_mbuf *go[ENGINE_MAX][DP_VEC_MAX];
	uint16_t nb_go[ENGINE_MAX] = { 0 };
	struct sa *sas[DP_VEC_MAX];
	const uint16_t n = f->esp.n;
	uint16_t i;
	unsigned int e;

	if (n == 0)
		return;
	f->esp.n = 0;
	sadb_lookup_bulk(dp->sadb, f->esp.pkt, sas, n);
	for (i = 0; i < n; i++) {
		struct rte_mbuf *m = f->esp.pkt[i];
		struct sa *sa = sas[i];
		enum drop_reason bad;

		if (unlikely(sa == NULL)) {
			esp_without_sa(w, f, m);
			continue;
		}
		bad = esp_check(w, m, sa);
		if (unlikely(bad != DROP_NONE)) {
			dp_drop(w, bad, m);
			continue;
		}
		if (unlikely(sa->worker != w->id)) {
			esp_hand_over(w, sa->worker, m);
			continue;
		}
		pkt_meta(m)->sa = sa;
		pkt_meta(m)->flags &= (uint8_t)~PKT_ENCAP;
		for (e = 0; e + 1 < dp->nb_engines && dp->engine[e] != sa->engine; e++)
			;
		go[e][nb_go[e]++] = m;
	}
	for (e = 0; e < dp->nb_engines; e++) {
		if (nb_go[e] == 0)
			continue;
		w->cnt.decapsulated += nb_go[e];
		dp->engine[e]->ops->decap(dp->engine[e], w->id, go[e], nb_go[e]);
	}
}

/* engines -> in_done | out_done. What they hold beyond the room of the vectors comes in the next poll. */
void
dp_engine_poll(struct worker *w, struct frame *f)
{
	struct rte_mbuf *pkt[DP_VEC_MAX];
	const struct dataplane *dp = w->dp;
	unsigned int e;
	uint16_t i, n, in, out;

	for (e = 0; e < dp->nb_engines; e++) {
		const uint16_t room = RTE_MIN(vec_room(&f->in_done), vec_room(&f->out_done));

		n = dp->engine[e]->ops->poll(dp->engine[e], w->id, pkt, room);
		in = f->in_done.n;
		out = f->out_done.n;
		for (i = 0; i < n; i++) {
			if (pkt_meta(pkt[i])->flags & PKT_ENCAP)
				f->out_done.pkt[out++] = pkt[i];
			else
				f->in_done.pkt[in++] = pkt[i];
		}
		f->in_done.n = in;
		f->out_done.n = out;
	}
}

/* Counters of a run of packets of one SA: gathered, then added once. */
struct in_run {
	struct sa *sa;
	const struct iface_row *row; /* NULL: no interface claims the SA any more */
	uint64_t done, packets, bytes;
};

static void
in_run_flush(struct worker *w, const struct in_run *run)
{
	uint64_t *cnt;

	if (run->sa == NULL)
		return;
	cnt = counter_row(w->dp->sa_counters, w->id, run->sa->id);
	cnt[SA_CNT_DONE] += run->done;
	if (run->packets == 0)
		return;
	cnt[SA_CNT_PACKETS] += run->packets;
	cnt[SA_CNT_BYTES] += run->bytes;
	cnt[SA_CNT_LAST_USE] = w->now_tsc;
	cnt = counter_row(&w->dp->ifaces->counters, w->id, run->row->index);
	cnt[IF_CNT_IPACKETS] += run->packets;
	cnt[IF_CNT_IBYTES] += run->bytes;
}

static void
in_run_start(const struct worker *w, struct in_run *run, struct sa *sa)
{
	const uint16_t index = __atomic_load_n(&sa->iface, __ATOMIC_RELAXED);

	*run = (struct in_run){ .sa = sa,
		.row = index == 0 ? NULL : iface_row(w->dp->ifaces, index) };
}

/* Integrity, window, interface. */
static inline enum drop_reason
in_verdict(struct worker *w, const struct in_run *run, const struct pkt_meta *meta)
{
	uint64_t *cnt;

	if (likely(meta->verdict == DROP_NONE)) {
		if (unlikely(run->row == NULL))
			return DROP_SA_NO_IF;
		if (unlikely(!iface_row_passes(run->row)))
			return DROP_IF_DOWN;
		if (likely(replay_accept(&run->sa->replay, meta->seq)))
			return DROP_NONE;
	}
	cnt = counter_row(w->dp->sa_counters, w->id, run->sa->id);
	switch (meta->verdict) {
	case DROP_AUTH:
		cnt[SA_CNT_AUTH]++;
		return DROP_AUTH;
	case DROP_NONE:
	case DROP_REPLAY:
		cnt[SA_CNT_REPLAY]++;
		return DROP_REPLAY;
	default:
		cnt[SA_CNT_ERRORS]++;
		return (enum drop_reason)meta->verdict;
	}
}

/* Look at what was inside. */
static inline enum drop_reason
in_unwrap(const struct iface_row *row, struct rte_mbuf *m)
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

/* Where the inner packet goes: routed, or ESP once more, or multicast for the control core. */
static inline void
in_push(struct worker *w, struct frame *f, struct rte_mbuf *m)
{
	struct pkt_meta *meta = pkt_meta(m);
	const bool ip6 = meta->flags & PKT_IP6;
	enum parse_kind kind = PARSE_OTHER;

	if (!ip6) {
		const struct rte_ipv4_hdr *ip = pkt_ip4(m);

		if (unlikely((ip->dst_addr & RTE_BE32(0xe0000000)) == RTE_BE32(0xe0000000))) {
			dp_punt(w, PUNT_MULTICAST, m);
			return;
		}
		if (ip->next_proto_id == IPPROTO_ESP || ip->next_proto_id == IPPROTO_UDP)
			kind = parse_esp4(m, &meta->l3_len);
	} else {
		if (unlikely(pkt_ip6(m)->dst_addr[0] == 0xff)) {
			dp_punt(w, PUNT_MULTICAST, m);
			return;
		}
		kind = parse_esp6(m, &meta->l3_len);
	}
	if (unlikely(kind == PARSE_ESP || kind == PARSE_ESP_NATT)) {
		meta->flags |= kind == PARSE_ESP_NATT ? PKT_NATT : 0;
		dp_push(w, &f->esp, m); /* a tunnel in the tunnel: next poll */
		return;
	}
	dp_push(w, ip6 ? &f->ip6 : &f->ip4, m);
}

/* Stage 4: in_done -> ip4 | ip6 | esp. */
void
dp_ipsec_in_done(struct worker *w, struct frame *f)
{
	struct rte_mbuf **pkt = f->in_done.pkt;
	const uint16_t n = f->in_done.n;
	struct in_run run = { .sa = NULL };
	enum drop_reason bad;
	uint16_t i;

	for (i = 0; i < n; i++) {
		struct pkt_meta *meta = pkt_meta(pkt[i]);

		if (i + DP_PREFETCH < n)
			rte_prefetch0(rte_pktmbuf_mtod(pkt[i + DP_PREFETCH], void *));
		if (meta->sa != run.sa) {
			in_run_flush(w, &run);
			in_run_start(w, &run, meta->sa);
		}
		run.done++;
		bad = in_verdict(w, &run, meta);
		if (likely(bad == DROP_NONE))
			bad = in_unwrap(run.row, pkt[i]);
		if (unlikely(bad != DROP_NONE)) {
			dp_drop(w, bad, pkt[i]);
			continue;
		}
		run.packets++;
		run.bytes += pkt[i]->pkt_len;
		if (unlikely(run.row->flags & IFACE_MONITOR))
			dp_drop(w, DROP_IF_MONITOR, pkt[i]);
		else
			in_push(w, f, pkt[i]);
	}
	in_run_flush(w, &run);
	f->in_done.n = 0;
}
