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

/* What goes down to the engines, by index of dataplane.engine. */
struct in_go {
	uint16_t n[ENGINE_MAX];
	struct rte_mbuf *pkt[ENGINE_MAX][DP_VEC_MAX];
};

/* Packets of one SA, or of none: @p n at most. @return How many they were. */
static inline unsigned int
in_unwrap_run(struct worker *w, struct frame *f, struct in_go *go, struct sa *const sas[],
		struct rte_mbuf **pkt, unsigned int n)
{
	const struct dataplane *dp = w->dp;
	struct sa *sa = sas[0];
	const struct iface_row *row = NULL;
	enum drop_reason bad = decide_sa_in(dp->ifaces, sa, &row);
	struct in_tunnel t;
	struct rte_mbuf **to;
	unsigned int e, i = 0;

	if (unlikely(bad != DROP_NONE)) {
		do
			in_push(w, f, pkt[i], decide_esp_bad(dp->fibs, pkt[i], bad));
		while (++i < n && sas[i] == sa);
		return i;
	}
	t = in_tunnel_of(row, sa);
	e = sa->engine->place;
	to = go->pkt[e] + go->n[e];
	do {
		struct rte_mbuf *m = pkt[i];
		uint16_t owner;

		bad = decide_in(&t, m);
		if (unlikely(bad != DROP_NONE))
			in_push(w, f, m, decide_esp_bad(dp->fibs, m, bad));
		else if (likely((owner = sa_claim(sa, w->id)) == w->id))
			*to++ = m;
		else
			esp_hand_over(w, owner, m);
	} while (++i < n && sas[i] == sa);
	go->n[e] = (uint16_t)(to - go->pkt[e]);
	return i;
}

/* Stage 3: esp -> engine. */
void
dp_ipsec_in(struct worker *w, struct frame *f)
{
	const struct dataplane *dp = w->dp;
	struct sa *sas[DP_VEC_MAX];
	const bool spreads = spread_pays(w);
	const uint16_t n = f->esp.n;
	struct in_go go;
	unsigned int i = 0, e;

	if (n == 0)
		return;
	f->esp.n = 0;
	memset(go.n, 0, sizeof(go.n));
	sadb_lookup_bulk(dp->sadb, f->esp.pkt, sas, n);
	while (i < n)
		i += in_unwrap_run(w, f, &go, sas + i, f->esp.pkt + i, n - i);
	for (e = 0; e < dp->nb_engines; e++) {
		if (go.n[e] == 0)
			continue;
		w->cnt.decapsulated += go.n[e];
		if (unlikely(spreads) && dp->engine[e]->ops->any_worker) {
			spread_put(w, e, go.pkt[e], go.n[e]);
			continue;
		}
		/* the vector that stage 4 empties may hold what a device has given back */
		if (unlikely(vec_room(&f->in_done) < go.n[e]))
			dp_ipsec_in_done(w, f);
		if (dp->engine[e]->ops->decap(dp->engine[e], w->id, go.pkt[e], go.n[e]))
			vec_append(&f->in_done, go.pkt[e], go.n[e]);
	}
}

/* Less than a vector, so that what is done at once in the same poll finds room in the vectors behind. */
#define DONE_MAX (DP_VEC_MAX - 2 * DP_GATHER_MAX)

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

		n = dp->engine[e]->ops->poll(
				dp->engine[e], w->id, pkt, RTE_MIN(room, (uint16_t)DONE_MAX));
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

/* What packets of one SA that come out of an engine one behind the other have in common. */
struct in_run {
	struct sa *sa;
	const struct iface_row *row; /* with DROP_NONE */
	enum drop_reason shut;       /* why its packets may not come in */
};

/* Counted for a run of packets, then added once. */
struct in_counts {
	uint64_t packets, bytes, auth, replay, errors;
};

/*
 * A deleted SA keeps its interface for the packets that a device still holds: a rekey loses nothing. The reqid tells whether the index
 * has gone to another interface meanwhile.
 */
static inline void
in_run_start(const struct worker *w, struct in_run *run, struct sa *sa)
{
	const uint16_t index = __atomic_load_n(&sa->iface, __ATOMIC_RELAXED);

	*run = (struct in_run){ .sa = sa,
		.row = index == 0 ? NULL : iface_row(w->dp->ifaces, index) };
	if (unlikely(run->row != NULL && run->row->reqid != sa->reqid))
		run->row = NULL;
	run->shut = decide_in_row(run->row);
}

static inline void
in_run_flush(struct worker *w, const struct in_run *run, const struct in_counts *n, uint64_t done)
{
	uint64_t *cnt = counter_row(w->dp->sa_counters, w->id, run->sa->id);

	cnt[SA_CNT_DONE] += done;
	cnt[SA_CNT_AUTH] += n->auth;
	cnt[SA_CNT_REPLAY] += n->replay;
	cnt[SA_CNT_ERRORS] += n->errors;
	if (n->packets == 0)
		return;
	cnt[SA_CNT_PACKETS] += n->packets;
	cnt[SA_CNT_BYTES] += n->bytes;
	cnt[SA_CNT_LAST_USE] = w->now_tsc;
	cnt = counter_row(&w->dp->ifaces->counters, w->id, run->row->index);
	cnt[IF_CNT_IPACKETS] += n->packets;
	cnt[IF_CNT_IBYTES] += n->bytes;
}

/* Integrity, interface, window: in this order, since only what is authentic may move the window. */
static inline enum drop_reason
in_verdict(const struct in_run *run, struct in_counts *n, const struct pkt_meta *meta)
{
	if (unlikely(meta->verdict != DROP_NONE)) {
		n->auth += meta->verdict == DROP_AUTH;
		n->replay += meta->verdict == DROP_REPLAY;
		n->errors += meta->verdict != DROP_AUTH && meta->verdict != DROP_REPLAY;
		return (enum drop_reason)meta->verdict;
	}
	if (unlikely(run->shut != DROP_NONE))
		return run->shut;
	if (likely(replay_accept(&run->sa->replay, meta->seq)))
		return DROP_NONE;
	n->replay++;
	return DROP_REPLAY;
}

/* Packets of one SA, @p n at most. @return How many they were. */
static inline unsigned int
in_run(struct worker *w, struct frame *f, struct rte_mbuf **pkt, unsigned int n)
{
	struct in_counts cnt = { 0 };
	struct rte_mbuf *m = pkt[0];
	struct in_run run;
	unsigned int i = 0;

	in_run_start(w, &run, pkt_meta(m)->sa);
	do {
		enum drop_reason bad = in_verdict(&run, &cnt, pkt_meta(m));

		if (likely(bad == DROP_NONE))
			bad = decide_inner(run.row, m);
		if (likely(bad == DROP_NONE)) {
			cnt.packets++;
			cnt.bytes += m->pkt_len;
			in_push(w, f, m, decide_inner_kind(run.row, m));
		} else {
			dp_drop(w, bad, m);
		}
		if (++i == n)
			break;
		m = pkt[i];
	} while (pkt_meta(m)->sa == run.sa);
	in_run_flush(w, &run, &cnt, i);
	return i;
}

/* Stage 4: in_done -> ip4 | ip6 | esp. */
void
dp_ipsec_in_done(struct worker *w, struct frame *f)
{
	struct rte_mbuf **pkt = f->in_done.pkt;
	const unsigned int n = f->in_done.n;
	unsigned int i = 0;

	while (i < n)
		i += in_run(w, f, pkt + i, n - i);
	f->in_done.n = 0;
}
