/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stages 6 and 7: a packet routed to an ipsec interface goes through an engine; what comes out is an ESP packet, which gets the tunnel's
 * outer header and the next hop that the control core keeps on the interface (ADR 3, ADR 10).
 */
#include "datapath/decide_esp.h"
#include "datapath/stages.h"

#include "datapath/poison.h"

static void
out_reject(struct worker *w, struct frame *f, const struct iface_row *row, enum drop_reason bad,
		struct rte_mbuf *m)
{
	if (bad == DROP_TOO_BIG) {
		dp_fragment(w, &f->encap, row->mtu, m); /* fragments: next poll */
		return;
	}
	if (row != NULL)
		counter_row(&w->dp->ifaces->counters, w->id, row->index)[IF_CNT_OERRORS]++;
	if (bad == DROP_NO_SA_OUT)
		no_sa_ring(w->no_sa, row->index, pkt_meta(m)->flags & PKT_IP6);
	dp_drop(w, bad, m);
}

/*
 * The rows of the interfaces of a burst, looked up once for a run of packets. What will be touched of interfaces and SAs is
 * prefetched, in one loop for each step of the way to it, so that the misses of all packets overlap.
 */
static inline void
out_rows(const struct worker *w, struct rte_mbuf *pkt[], const struct iface_row *ret_rows[],
		uint16_t n)
{
	const struct dataplane *dp = w->dp;
	uint16_t first[DP_VEC_MAX], runs = 0, i;
	uint32_t nh = NH_NONE;

	for (i = 0; i < n; i++) {
		if (i > 0 && pkt_meta(pkt[i])->nh == nh) {
			ret_rows[i] = ret_rows[i - 1];
			continue;
		}
		nh = pkt_meta(pkt[i])->nh;
		ret_rows[i] = iface_row(dp->ifaces, (uint16_t)nh_index(nh));
		if (unlikely(ret_rows[i] == NULL))
			continue;
		rte_prefetch0(ret_rows[i]);
		rte_prefetch0(&ret_rows[i]->outer);
		rte_prefetch0(counter_row(&dp->ifaces->counters, w->id, nh_index(nh)));
		first[runs++] = i;
	}
	for (i = 0; i < runs; i++)
		rte_prefetch0(ret_rows[first[i]]->sa_out);
	for (i = 0; runs > 1 && i < runs; i++) {
		const struct sa *sa = ret_rows[first[i]]->sa_out;

		if (likely(sa != NULL))
			rte_prefetch0(counter_row(dp->sa_counters, w->id, sa->id));
	}
}

/* Stage 6: encap -> engine. */
void
dp_ipsec_out(struct worker *w, struct frame *f)
{
	const struct dataplane *dp = w->dp;
	struct rte_mbuf *pkt[DP_VEC_MAX], *go[ENGINE_MAX][DP_VEC_MAX];
	const struct iface_row *rows[DP_VEC_MAX];
	uint16_t nb_go[ENGINE_MAX] = { 0 };
	const uint16_t n = f->encap.n;
	uint16_t i;
	unsigned int e;

	if (n == 0)
		return;
	/* A copy: fragments are pushed to the vector meanwhile. */
	memcpy(pkt, f->encap.pkt, sizeof(pkt[0]) * n);
	f->encap.n = 0;
	out_rows(w, pkt, rows, n);
	for (i = 0; i < n; i++) {
		const struct iface_row *row = rows[i];
		const enum drop_reason bad = decide_out(row, pkt[i]);

		if (unlikely(bad != DROP_NONE)) {
			out_reject(w, f, row, bad, pkt[i]);
			continue;
		}
		for (e = 0; e + 1 < dp->nb_engines && dp->engine[e] != row->sa_out->engine; e++)
			;
		decide_wrap(row, pkt[i]);
		go[e][nb_go[e]++] = pkt[i];
	}
	for (e = 0; e < dp->nb_engines; e++) {
		if (nb_go[e] == 0)
			continue;
		w->cnt.encapsulated += nb_go[e];
		dp->engine[e]->ops->encap(dp->engine[e], w->id, go[e], nb_go[e]);
	}
}

/* Counters and common facts of a run of packets of one SA and interface. */
struct out_run {
	struct sa *sa;
	const struct iface_row *row; /* NULL: the interface is gone */
	uint16_t index;
	uint64_t done, packets, bytes, errors;
};

static void
out_run_flush(struct worker *w, const struct out_run *run)
{
	uint64_t *cnt;

	if (run->sa == NULL)
		return;
	cnt = counter_row(w->dp->sa_counters, w->id, run->sa->id);
	cnt[SA_CNT_DONE] += run->done;
	cnt[SA_CNT_ERRORS] += run->errors;
	if (run->packets != 0) {
		cnt[SA_CNT_PACKETS] += run->packets;
		cnt[SA_CNT_BYTES] += run->bytes;
		cnt[SA_CNT_LAST_USE] = w->now_tsc;
	}
	cnt = counter_row(&w->dp->ifaces->counters, w->id, run->index);
	cnt[IF_CNT_OPACKETS] += run->packets;
	cnt[IF_CNT_OBYTES] += run->bytes;
	cnt[IF_CNT_OERRORS] += run->errors;
}

static inline void
out_run_start(struct worker *w, struct out_run *run, const struct pkt_meta *meta)
{
	*run = (struct out_run){ .sa = meta->sa, .index = meta->out };
	run->row = iface_row(w->dp->ifaces, meta->out);
}

/*
 * Was the tunnel changed while the packet was in a device? Then it is encrypted for another end. That its SA was replaced
 * meanwhile does not matter: what was encrypted with it is sent, so that a rekey loses nothing.
 */
static inline bool
out_is_stale(const struct iface_row *row, const struct pkt_meta *meta)
{
	return row == NULL || row->tunnel != meta->tunnel;
}

/* Identification of an outer header: workers share the 16 bits, so that two never use the same at one time. */
static inline uint16_t
out_ip_id(struct worker *w)
{
	w->ip_id = (uint16_t)(w->ip_id + w->dp->nb_workers);
	return w->ip_id;
}

static inline void
out_push(struct worker *w, struct frame *f, const struct iface_row *row, struct rte_mbuf *m)
{
	const struct dp_verdict v = decide_outer(row, m, out_ip_id(w));

	if (likely(v.to == DP_TO_OUT))
		dp_push(w, &f->out, m);
	else if (v.to == DP_TO_ENCAP)
		dp_push(w, &f->encap, m);
	else
		dp_end(w, v, m);
}

/* Stage 7: out_done -> out | punt | encap. */
void
dp_ipsec_out_done(struct worker *w, struct frame *f)
{
	struct rte_mbuf **pkt = f->out_done.pkt;
	const uint16_t n = f->out_done.n;
	struct out_run run = { .sa = NULL };
	uint16_t i;

	for (i = 0; i < n; i++) {
		struct pkt_meta *meta = pkt_meta(pkt[i]);
		enum drop_reason bad = (enum drop_reason)meta->verdict;

		if (meta->sa != run.sa || meta->out != run.index) {
			out_run_flush(w, &run);
			out_run_start(w, &run, meta);
		}
		run.done++;
		if (likely(bad == DROP_NONE) && unlikely(out_is_stale(run.row, meta)))
			bad = DROP_OUT_IF_DOWN;
		if (unlikely(bad != DROP_NONE)) {
			run.errors++;
			dp_drop(w, bad, pkt[i]);
			continue;
		}
		run.packets++;
		run.bytes += meta->inner_len;
		out_push(w, f, run.row, pkt[i]);
	}
	out_run_flush(w, &run);
	f->out_done.n = 0;
}
