/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stages 3 and 4: ESP for one of our SAs goes through an engine and comes out as the packet that was inside. Before decryption:
 * is there an SA, does an interface claim it, does it come from the tunnel's other end? After it: integrity, replay window, inner
 * header, ECN (RFC 4301 5.2, RFC 4303 3.4). Sharing: an inbound SA belongs to one worker (ADR 7).
 */
#include "datapath/decide_esp.h"
#include "datapath/stages.h"

#include "datapath/poison.h"

/* Not for an engine, or out of one. */
static inline void
in_push(struct worker *w, struct frame *f, struct rte_mbuf *m, struct dp_verdict v)
{
	if (likely(v.to == DP_TO_IP))
		dp_push(w, pkt_meta(m)->flags & PKT_IP6 ? &f->ip6 : &f->ip4, m);
	else if (v.to == DP_TO_ESP)
		dp_push(w, &f->esp, m); /* a tunnel in the tunnel: next poll */
	else
		dp_end(w, v, m);
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
	const bool spreads = spread_pays(w);
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
		const struct dp_verdict v = decide_esp(dp, m, sa);

		if (unlikely(v.to != DP_TO_ENGINE)) {
			in_push(w, f, m, v);
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
		if (unlikely(spreads) && dp->engine[e]->ops->any_worker) {
			spread_put(w, e, go[e], nb_go[e]);
			continue;
		}
		if (unlikely(vec_room(&f->in_done) < nb_go[e]))
			dp_ipsec_in_done(w, f);
		if (dp->engine[e]->ops->decap(dp->engine[e], w->id, go[e], nb_go[e]))
			vec_append(&f->in_done, go[e], nb_go[e]);
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

/*
 * A deleted SA keeps its interface for the packets that a device still holds: a rekey loses nothing. The reqid tells whether the index
 * has gone to another interface meanwhile.
 */
static void
in_run_start(const struct worker *w, struct in_run *run, struct sa *sa)
{
	const uint16_t index = __atomic_load_n(&sa->iface, __ATOMIC_RELAXED);

	*run = (struct in_run){ .sa = sa,
		.row = index == 0 ? NULL : iface_row(w->dp->ifaces, index) };
	if (unlikely(run->row != NULL && run->row->reqid != sa->reqid))
		run->row = NULL;
}

/* Integrity, window, interface. */
static inline enum drop_reason
in_verdict(struct worker *w, const struct in_run *run, const struct pkt_meta *meta)
{
	uint64_t *cnt;

	if (likely(meta->verdict == DROP_NONE)) {
		const enum drop_reason bad = decide_in_row(run->row);

		if (unlikely(bad != DROP_NONE))
			return bad;
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
			bad = decide_inner(run.row, pkt[i]);
		if (unlikely(bad != DROP_NONE)) {
			dp_drop(w, bad, pkt[i]);
			continue;
		}
		run.packets++;
		run.bytes += pkt[i]->pkt_len;
		in_push(w, f, pkt[i], decide_inner_kind(run.row, pkt[i]));
	}
	in_run_flush(w, &run);
	f->in_done.n = 0;
}
