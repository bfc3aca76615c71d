/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stages 6 and 7: a packet routed to an ipsec interface goes through an engine; what comes out is an ESP packet, which gets the tunnel's
 * outer header and the next hop that the control core keeps on the interface (ADR 3, ADR 10).
 */
#include "datapath/decide_esp.h"
#include "datapath/egress.h"
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

/* Packets ahead whose tunnel is fetched, where runs are short. */
#define OUT_AHEAD 6

/* What goes down to the engines, by index of dataplane.engine. */
struct out_go {
	uint16_t n[ENGINE_MAX];
	struct rte_mbuf *pkt[ENGINE_MAX][DP_VEC_MAX];
};

static inline bool
out_same_nh(struct rte_mbuf *m, uint32_t nh)
{
	return pkt_meta(m)->nh == nh;
}

/* The row of a tunnel has been fetched by the look-up of the route; what it leads to is by this, some packets ahead. */
static inline void
out_prefetch_sa(const struct dataplane *dp, struct rte_mbuf *m)
{
	const struct iface_row *row = iface_row(dp->ifaces, (uint16_t)nh_index(pkt_meta(m)->nh));

	if (row != NULL)
		rte_prefetch0(row->sa_out);
}

/* Packets of one interface, @p n at most. @return How many they were. */
static inline uint16_t
out_wrap_run(struct worker *w, struct frame *f, struct out_go *go, struct rte_mbuf **pkt,
		uint16_t n)
{
	const uint32_t nh = pkt_meta(pkt[0])->nh;
	const struct iface_row *row = iface_row(w->dp->ifaces, (uint16_t)nh_index(nh));
	enum drop_reason bad = decide_out_row(row);
	struct out_tunnel t;
	struct rte_mbuf **to;
	unsigned int e;
	uint16_t i = 0, k;

	if (n > OUT_AHEAD)
		out_prefetch_sa(w->dp, pkt[OUT_AHEAD]);
	if (unlikely(bad != DROP_NONE)) {
		do
			out_reject(w, f, row, bad, pkt[i]);
		while (++i < n && out_same_nh(pkt[i], nh));
		return i;
	}
	t = out_tunnel_of(row);
	e = dp_engine_index(w->dp, t.sa);
	to = go->pkt[e];
	k = go->n[e];
	do {
		bad = decide_out(&t, pkt[i]);
		if (unlikely(bad != DROP_NONE)) {
			out_reject(w, f, row, bad, pkt[i]);
			continue;
		}
		decide_wrap(&t, pkt[i]);
		to[k++] = pkt[i];
	} while (++i < n && out_same_nh(pkt[i], nh));
	go->n[e] = k;
	return i;
}

/* Stage 6: encap -> engine. */
void
dp_ipsec_out(struct worker *w, struct frame *f)
{
	const struct dataplane *dp = w->dp;
	struct rte_mbuf *pkt[DP_VEC_MAX];
	const uint16_t n = f->encap.n;
	struct out_go go;
	uint16_t i = 0;
	unsigned int e;

	if (n == 0)
		return;
	/* A copy: fragments are pushed to the vector meanwhile. */
	memcpy(pkt, f->encap.pkt, sizeof(pkt[0]) * n);
	f->encap.n = 0;
	memset(go.n, 0, sizeof(go.n));
	while (i < n)
		i = (uint16_t)(i + out_wrap_run(w, f, &go, pkt + i, (uint16_t)(n - i)));
	for (e = 0; e < dp->nb_engines; e++) {
		if (go.n[e] == 0)
			continue;
		w->cnt.encapsulated += go.n[e];
		/* the vector that stage 7 empties may hold what a device has given back */
		if (unlikely(vec_room(&f->out_done) < go.n[e]))
			dp_ipsec_out_done(w, f);
		if (dp->engine[e]->ops->encap(dp->engine[e], w->id, go.pkt[e], go.n[e]))
			vec_append(&f->out_done, go.pkt[e], go.n[e]);
	}
}

/*
 * What the loops of stage 7 read over and over, copied, so that it stays in registers whatever is stored in between: with a tunnel for
 * each packet this is done for each packet.
 */
struct out_burst {
	const struct iface_table *ifaces;
	struct counter_row *sa_rows, *if_rows; /* this worker's */
	uint64_t now_tsc;
	uint16_t ip_id, ip_step;
	struct egress out;
};

/* What packets of one SA and interface that come out of an engine one behind the other have in common. */
struct out_run {
	struct sa *sa;
	const struct iface_row *row;
	struct pkt_out out;
	/*
	 * The interface is gone, or leads elsewhere than when the packets went into a device, which encrypted them for another end.
	 * That the SA was replaced meanwhile does not matter: what was encrypted with it is sent, so that a rekey loses nothing.
	 */
	enum drop_reason stale; /* DROP_NONE: not */
	uint32_t fits; /* longest ESP packet that leaves as it is by the tunnel's neighbour; 0: none does */
};

static __rte_always_inline void
out_run_start(struct worker *w, struct frame *f, struct out_burst *b, struct out_run *run,
		const struct pkt_meta *meta)
{
	const struct iface_row *row = iface_row(b->ifaces, meta->out.iface);

	run->sa = meta->sa;
	run->row = row;
	run->out = meta->out;
	run->fits = 0;
	run->stale = row == NULL || row->tunnel != meta->out.tunnel ? DROP_OUT_IF_DOWN : DROP_NONE;
	if (unlikely(run->stale != DROP_NONE))
		return;
	if (unlikely(b->out.nh != row->outer_nh)) {
		if (nh_kind(row->outer_nh) != NH_NEIGH)
			return;
		egress_set(w->dp, f, &b->out, row->outer_nh);
	}
	if (likely(b->out.may.to == DP_TO_PORT && b->out.row->mtu > row->outer.len))
		run->fits = (uint32_t)(b->out.row->mtu - row->outer.len);
}

/* @p done packets, of which @p errors were dropped, the others of @p bytes inside. */
static __rte_always_inline void
out_run_flush(const struct out_burst *b, const struct out_run *run, uint64_t done, uint64_t errors,
		uint64_t bytes)
{
	uint64_t *sa = b->sa_rows[run->sa->id].field;
	uint64_t *iface = b->if_rows[run->out.iface].field;

	sa[SA_CNT_DONE] += done;
	sa[SA_CNT_PACKETS] += done - errors;
	sa[SA_CNT_BYTES] += bytes;
	iface[IF_CNT_OPACKETS] += done - errors;
	iface[IF_CNT_OBYTES] += bytes;
	if (likely(done != errors))
		sa[SA_CNT_LAST_USE] = b->now_tsc;
	if (unlikely(errors != 0)) {
		sa[SA_CNT_ERRORS] += errors;
		iface[IF_CNT_OERRORS] += errors;
	}
}

/* Not straight to a port: too long for it, a neighbour that is not known, a tunnel through a tunnel. */
static __rte_noinline void
out_push_elsewhere(struct worker *w, struct frame *f, const struct iface_row *row, uint16_t ip_id,
		struct rte_mbuf *m)
{
	const struct dp_verdict v = decide_outer(row, m, ip_id);
	struct egress out = { .nh = NH_NONE };

	if (v.to == DP_TO_OUT) {
		egress_push(w, f, &out, m);
		egress_end(f, &out);
	} else if (v.to == DP_TO_ENCAP) {
		dp_push(w, &f->encap, m);
	} else {
		dp_end(w, v, m);
	}
}

static inline bool
out_same_run(const struct out_run *run, const struct pkt_meta *meta)
{
	return meta->sa == run->sa && memcmp(&meta->out, &run->out, sizeof(run->out)) == 0;
}

/* Packets of one run, @p n at most. @return How many they were. */
static __rte_always_inline uint16_t
out_run(struct worker *w, struct frame *f, struct out_burst *b, struct rte_mbuf **pkt, uint16_t n)
{
	uint64_t bytes = 0, errors = 0;
	struct out_run run;
	uint16_t i = 0;

	out_run_start(w, f, b, &run, pkt_meta(pkt[0]));
	do {
		const struct pkt_meta *meta = pkt_meta(pkt[i]);

		if (unlikely((meta->verdict | run.stale) != DROP_NONE)) {
			errors++;
			dp_drop(w, meta->verdict != DROP_NONE ? meta->verdict : run.stale, pkt[i]);
			continue;
		}
		bytes += meta->inner_len;
		/* Workers share the 16 bits of identification, so that two never use the same at one time. */
		b->ip_id = (uint16_t)(b->ip_id + b->ip_step);
		if (likely(pkt[i]->pkt_len <= run.fits))
			egress_push_tunnel(w, &b->out, &run.row->outer, b->ip_id, pkt[i]);
		else
			out_push_elsewhere(w, f, run.row, b->ip_id, pkt[i]);
	} while (++i < n && out_same_run(&run, pkt_meta(pkt[i])));
	out_run_flush(b, &run, i, errors, bytes);
	return i;
}

/* What out_run() reads and writes of the tunnel of a packet: not of the one before it, as it is only asked about at the start of runs. */
static inline void
out_prefetch(const struct out_burst *b, struct rte_mbuf *m)
{
	const struct pkt_meta *meta = pkt_meta(m);
	const struct iface_row *row = iface_row(b->ifaces, meta->out.iface);

	rte_prefetch0(&b->sa_rows[meta->sa->id]);
	rte_prefetch0(&b->if_rows[meta->out.iface]);
	rte_prefetch0(row); /* of NULL: nothing happens */
	rte_prefetch0(RTE_PTR_ADD(row, offsetof(struct iface_row, outer)));
}

/* Stage 7: out_done -> tx[port] | punt | encap; fragments to out. */
void
dp_ipsec_out_done(struct worker *w, struct frame *f)
{
	const struct dataplane *dp = w->dp;
	struct rte_mbuf **pkt = f->out_done.pkt;
	const uint16_t n = f->out_done.n;
	struct out_burst b = { .ifaces = dp->ifaces,
		.sa_rows = dp->sa_counters->copy[w->id],
		.if_rows = dp->ifaces->counters.copy[w->id],
		.now_tsc = w->now_tsc,
		.ip_id = w->ip_id,
		.ip_step = (uint16_t)dp->nb_workers,
		.out.nh = NH_NONE };
	uint16_t i = 0;

	while (i < n) {
		if (i + 2 * OUT_AHEAD < n) {
			rte_prefetch0(pkt[i + 2 * OUT_AHEAD]);
			rte_prefetch0(pkt_meta(pkt[i + 2 * OUT_AHEAD]));
		}
		if (i + OUT_AHEAD < n)
			out_prefetch(&b, pkt[i + OUT_AHEAD]);
		i = (uint16_t)(i + out_run(w, f, &b, pkt + i, (uint16_t)(n - i)));
	}
	w->ip_id = b.ip_id;
	egress_end(f, &b.out);
	f->out_done.n = 0;
}
