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

/* Packets ahead that stage 7 fetches for, where runs are short. */
#define OUT_AHEAD 6

/* What goes down to the engines, by index of dataplane.engine. */
struct out_go {
	uint16_t n[ENGINE_MAX];
	struct rte_mbuf *pkt[ENGINE_MAX][DP_VEC_MAX];
};

/* Packets of one interface, @p n at most. Its row has been fetched by the look-up of the route. @return How many they were. */
static inline unsigned int
out_wrap_run(struct worker *w, struct frame *f, struct out_go *go, struct rte_mbuf **pkt,
		unsigned int n)
{
	const uint32_t nh = pkt_meta(pkt[0])->nh;
	const struct iface_row *row = iface_row(w->dp->ifaces, (uint16_t)nh_index(nh));
	const enum drop_reason shut = decide_out_row(row);
	struct rte_mbuf *m = pkt[0];
	struct rte_mbuf **to = NULL;
	unsigned int i = 0;

	if (likely(shut == DROP_NONE))
		to = go->pkt[row->engine] + go->n[row->engine];
	do {
		const enum drop_reason bad = likely(shut == DROP_NONE) ? decide_out(row, m) : shut;

		if (likely(bad == DROP_NONE)) {
			decide_wrap(row, m);
			*to++ = m;
		} else {
			out_reject(w, f, row, bad, m);
		}
		if (++i == n)
			break;
		m = pkt[i];
	} while (pkt_meta(m)->nh == nh);
	if (likely(shut == DROP_NONE))
		go->n[row->engine] = (uint16_t)(to - go->pkt[row->engine]);
	return i;
}

/* Stage 6: encap -> engine. */
void
dp_ipsec_out(struct worker *w, struct frame *f)
{
	const struct dataplane *dp = w->dp;
	struct rte_mbuf *pkt[DP_VEC_MAX];
	const unsigned int n = f->encap.n;
	struct out_go go;
	unsigned int i = 0, e;

	if (n == 0)
		return;
	/* A copy: fragments are pushed to the vector meanwhile. */
	memcpy(pkt, f->encap.pkt, sizeof(pkt[0]) * n);
	f->encap.n = 0;
	memset(go.n, 0, sizeof(go.n));
	while (i < n)
		i += out_wrap_run(w, f, &go, pkt + i, n - i);
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
	/* Workers share the 16 bits of identification, so that two never use the same at one time. */
	uint16_t ip_id, ip_step;
	struct egress out;
};

/* What packets of one SA and interface that come out of an engine one behind the other have in common. */
struct out_run {
	const struct sa *sa; /* only to be compared: its line is not read */
	uint32_t sa_id;
	const struct iface_row *row; /* NULL: the interface is gone */
	struct pkt_out out;
	int32_t fits; /* longest ESP packet that leaves as it is by the tunnel's neighbour; negative: none does */
};

/*
 * The interface is gone, or leads elsewhere than when the packets went into a device, which encrypted them for another end. That the SA was
 * replaced meanwhile does not matter: what was encrypted with it is sent, so that a rekey loses nothing.
 */
static inline bool
out_is_stale(const struct iface_row *row, struct pkt_out out)
{
	return unlikely(row == NULL || row->tunnel != out.tunnel);
}

static __rte_always_inline struct out_run
out_run_start(struct worker *w, struct frame *f, struct out_burst *b, const struct pkt_meta *meta)
{
	const struct iface_row *row = iface_row(b->ifaces, meta->out.iface);
	struct out_run run = {
		.sa = meta->sa, .sa_id = meta->sa_id, .row = row, .out = meta->out, .fits = -1
	};

	if (out_is_stale(row, run.out))
		return run;
	if (unlikely(b->out.nh != row->outer_nh)) {
		if (nh_kind(row->outer_nh) != NH_NEIGH)
			return run;
		egress_set(w->dp, f, &b->out, row->outer_nh);
	}
	run.fits = (int32_t)b->out.mtu - row->outer.len;
	return run;
}

static inline bool
out_same_run(const struct out_run *run, const struct pkt_meta *meta)
{
	return meta->sa == run->sa && memcmp(&meta->out, &run->out, sizeof(run->out)) == 0;
}

/* Does it leave by a port as it is? */
static inline bool
out_is_straight(const struct out_run *run, struct rte_mbuf *m)
{
	return likely(pkt_meta(m)->verdict == DROP_NONE) &&
			likely((int32_t)m->pkt_len <= run->fits);
}

/*
 * The first packet of a run, which is straight, and those behind it that are, @p n at most: nearly all are. Here nothing is asked that the
 * run answers. @return How many they were.
 */
static __rte_always_inline unsigned int
out_run_straight(struct out_burst *b, const struct out_run *run, struct rte_mbuf **pkt,
		unsigned int n, const bool plain4, uint64_t *bytes)
{
	const struct egress_front front = egress_front_of(&b->out, &run->row->outer);
	struct rte_mbuf **to = b->out.tx->pkt + b->out.tx->n;
	struct rte_mbuf *m = pkt[0];
	unsigned int i = 0;

	do {
		*bytes += pkt_meta(m)->inner_len;
		b->ip_id = (uint16_t)(b->ip_id + b->ip_step);
		if (plain4)
			egress_wrap4(&front, b->ip_id, m);
		else
			egress_wrap(&b->out, &run->row->outer, b->ip_id, m);
		to[i] = m;
		if (++i == n)
			break;
		m = pkt[i];
	} while (out_same_run(run, pkt_meta(m)) && out_is_straight(run, m));
	b->out.tx->n = (uint16_t)(b->out.tx->n + i);
	return i;
}

/* An error of the tunnel: counted for SA and interface. */
static __rte_noinline void
out_error(struct worker *w, enum drop_reason why, struct rte_mbuf *m)
{
	const struct pkt_meta *meta = pkt_meta(m);

	counter_row(w->dp->sa_counters, w->id, meta->sa_id)[SA_CNT_ERRORS]++;
	counter_row(&w->dp->ifaces->counters, w->id, meta->out.iface)[IF_CNT_OERRORS]++;
	dp_drop(w, why, m);
}

/* Too long for the port, a neighbour that is not known, a tunnel through a tunnel; or an error. @return Is it none? */
static __rte_noinline bool
out_elsewhere(struct worker *w, struct frame *f, const struct iface_row *row, uint16_t ip_id,
		struct rte_mbuf *m)
{
	const struct pkt_meta *meta = pkt_meta(m);
	struct egress out = { .nh = NH_NONE };
	struct dp_verdict v;

	if (meta->verdict != DROP_NONE || out_is_stale(row, meta->out)) {
		out_error(w, meta->verdict != DROP_NONE ? meta->verdict : DROP_OUT_IF_DOWN, m);
		return false;
	}
	v = decide_outer(row, m, ip_id);
	if (v.to == DP_TO_OUT) {
		egress_push(w, f, &out, m);
		egress_end(f, &out);
	} else if (v.to == DP_TO_ENCAP) {
		dp_push(w, &f->encap, m);
	} else {
		dp_end(w, v, m);
	}
	return true;
}

/* @p done packets, of which @p good went on, of @p bytes inside. */
static __rte_always_inline void
out_run_count(const struct out_burst *b, const struct out_run *run, uint64_t done, uint64_t good,
		uint64_t bytes)
{
	uint64_t *sa = b->sa_rows[run->sa_id].field;
	uint64_t *iface = b->if_rows[run->out.iface].field;

	sa[SA_CNT_DONE] += done;
	sa[SA_CNT_PACKETS] += good;
	sa[SA_CNT_BYTES] += bytes;
	iface[IF_CNT_OPACKETS] += good;
	iface[IF_CNT_OBYTES] += bytes;
	if (likely(good != 0))
		sa[SA_CNT_LAST_USE] = b->now_tsc;
}

/* Packets of one run, @p n at most. @return How many they were. */
static __rte_always_inline unsigned int
out_run(struct worker *w, struct frame *f, struct out_burst *b, struct rte_mbuf **pkt,
		unsigned int n)
{
	const struct out_run run = out_run_start(w, f, b, pkt_meta(pkt[0]));
	uint64_t errors = 0, bytes = 0;
	unsigned int i = 0, room;

	do {
		if (out_is_straight(&run, pkt[i]) && likely((room = vec_room(b->out.tx)) != 0)) {
			room = RTE_MIN(room, n - i);
			i += likely(run.row->outer.plain4)
					? out_run_straight(b, &run, pkt + i, room, true, &bytes)
					: out_run_straight(b, &run, pkt + i, room, false, &bytes);
		} else {
			const uint16_t inner_len = pkt_meta(pkt[i])->inner_len;

			b->ip_id = (uint16_t)(b->ip_id + b->ip_step);
			if (out_elsewhere(w, f, run.row, b->ip_id, pkt[i]))
				bytes += inner_len;
			else
				errors++;
			i++;
		}
	} while (i < n && out_same_run(&run, pkt_meta(pkt[i])));
	out_run_count(b, &run, i, i - errors, bytes);
	return i;
}

/* What out_run() reads and writes of the tunnel of a packet: not of the one before it, as it is only asked about at the start of runs. */
static inline void
out_prefetch(const struct out_burst *b, struct rte_mbuf *m)
{
	const struct pkt_meta *meta = pkt_meta(m);
	const struct iface_row *row = iface_row(b->ifaces, meta->out.iface);

	rte_prefetch0(&b->sa_rows[meta->sa_id]);
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
	const unsigned int n = f->out_done.n;
	struct out_burst b = { .ifaces = dp->ifaces,
		.sa_rows = dp->sa_counters->copy[w->id],
		.if_rows = dp->ifaces->counters.copy[w->id],
		.now_tsc = w->now_tsc,
		.ip_id = w->ip_id,
		.ip_step = (uint16_t)dp->nb_workers,
		.out.nh = NH_NONE };
	unsigned int i = 0;

	while (i < n) {
		if (i + 2 * OUT_AHEAD < n) {
			rte_prefetch0(pkt[i + 2 * OUT_AHEAD]);
			rte_prefetch0(pkt_meta(pkt[i + 2 * OUT_AHEAD]));
		}
		if (i + OUT_AHEAD < n)
			out_prefetch(&b, pkt[i + OUT_AHEAD]);
		i += out_run(w, f, &b, pkt + i, n - i);
	}
	w->ip_id = b.ip_id;
	egress_end(f, &b.out);
	f->out_done.n = 0;
}
