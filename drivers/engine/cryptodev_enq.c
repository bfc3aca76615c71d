/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets to ops to devices. A burst goes through in loops: look at the packets, rte_ipsec by runs
 * of one SA, finish IVs and padding, one enqueue per device. The finishing is a loop of its own so
 * that no store into an IV is followed at once by the cipher's wider load. What can
 * not go down waits for poll() with its drop reason.
 */
#include <rte_random.h>

#include "cryptodev.h"
#include "cryptodev_pkt.h"

#define AHEAD 4

/*
 * The lines of SAs that are not met twice in a burst: session, what rte_ipsec reads and writes,
 * what the driver reads first.
 */
static inline void
prefetch_session(struct rte_mbuf *m)
{
	const struct cd_session *s = cd_session_of(pkt_meta(m)->sa);

	rte_prefetch0(pkt_meta(m)->sa);
	rte_prefetch0(s);
	rte_prefetch0(RTE_PTR_ADD(s, RTE_CACHE_LINE_SIZE));
}

static inline void
prefetch_lib(struct rte_mbuf *m)
{
	const struct cd_session *s = cd_session_of(pkt_meta(m)->sa);

	rte_prefetch0(s->ss.sa);
	rte_prefetch0(RTE_PTR_ADD(s->ss.sa, RTE_CACHE_LINE_SIZE));
	rte_prefetch0(RTE_PTR_ADD(s->ss.sa, 2 * RTE_CACHE_LINE_SIZE));
	rte_prefetch0(RTE_PTR_ADD(s->ss.crypto.ses, RTE_CACHE_LINE_SIZE));
	rte_prefetch0(s->ses_last);
}

static void
enqueue_on(struct cd_worker *w, unsigned int worker, unsigned int dev, struct rte_crypto_op *ops[],
		uint16_t n)
{
	uint16_t sent = rte_cryptodev_enqueue_burst(w->dev_id[dev], (uint16_t)worker, ops, n);
	uint16_t i;

	w->in_dev[dev] += sent;
	if (sent != 0)
		w->busy |= UINT32_C(1) << dev;
	/* a full queue; their sequence numbers are spent, which the other side takes for loss */
	for (i = sent; i < n; i++) {
		cd_reject(w, ops[i]->sym->m_src, DROP_CRYPTO_FULL);
		cd_op_put(w, ops[i]);
	}
}

/* One call per device. All ops are of one device in nearly every burst. */
static void
enqueue(struct cd_worker *w, unsigned int worker, struct rte_crypto_op *ops[], uint16_t n)
{
	struct rte_crypto_op *same[CD_BURST];
	uint16_t i, k, left;
	unsigned int dev;

	if (likely(n > 0 && (w->burst_devs & (w->burst_devs - 1)) == 0)) {
		enqueue_on(w, worker, (unsigned int)__builtin_ctz(w->burst_devs), ops, n);
		return;
	}
	while (n > 0) {
		const struct cd_session *s = cd_session_of(pkt_meta(ops[0]->sym->m_src)->sa);

		dev = s->dev;
		for (i = 0, k = 0, left = 0; i < n; i++) {
			if (cd_session_of(pkt_meta(ops[i]->sym->m_src)->sa)->dev == dev)
				same[k++] = ops[i];
			else
				ops[left++] = ops[i];
		}
		enqueue_on(w, worker, dev, same, k);
		n = left;
	}
}

static inline void
count_enq(const struct cd_engine *e, unsigned int worker, const struct sa *sa, uint16_t n)
{
	counter_row(e->base.counters, worker, sa->id)[SA_CNT_ENQ] += n;
}

/* Ops for at most n packets; the packets beyond are refused. */
static uint16_t
ops_get(struct cd_engine *e, unsigned int worker, struct rte_crypto_op *ops[],
		struct rte_mbuf *pkts[], uint16_t n)
{
	struct cd_worker *w = e->workers[worker];
	uint16_t i, k = (uint16_t)RTE_MIN(n, w->nb_free);

	w->nb_free -= k;
	memcpy(ops, w->free_ops + w->nb_free, sizeof(ops[0]) * k);
	for (i = k; i < n; i++) {
		count_enq(e, worker, pkt_meta(pkts[i])->sa, 1);
		cd_reject(w, pkts[i], DROP_CRYPTO_FULL);
	}
	return k;
}

/* How many numbers of the last ones may be drawn, at most n; several workers ask at once. */
static uint16_t
take_last_numbers(struct cd_session *s, uint16_t n)
{
	uint64_t left = __atomic_load_n(&s->seq_left, __ATOMIC_RELAXED);
	uint16_t k;

	do {
		k = (uint16_t)RTE_MIN(left, (uint64_t)n);
	} while (k != 0 &&
			!__atomic_compare_exchange_n(&s->seq_left, &left, left - k, false,
					__ATOMIC_RELAXED, __ATOMIC_RELAXED));
	return k;
}

/* Why rte_ipsec refused an outbound packet: its errno is that of the last of several. */
static enum drop_reason
encap_reason(const struct sa *sa, const struct cd_session *s, struct rte_mbuf *m)
{
	const uint32_t head = sizeof(struct rte_esp_hdr) + sa->iv_len;
	const uint32_t tail = sizeof(struct rte_esp_tail) + sa->block_len - 1u + sa->icv_len +
			s->sqh_len + s->aad_len;

	if (rte_pktmbuf_headroom(m) < head || rte_pktmbuf_tailroom(m) < tail)
		return DROP_HEADROOM;
	return DROP_SEQ_EXHAUSTED;
}

static enum drop_reason
decap_reason(const struct sa *sa, const struct cd_session *s, struct rte_mbuf *m)
{
	const int32_t len = (int32_t)m->pkt_len - cd_head_len(sa) - sa->icv_len;

	if (len < 0 || len % RTE_MAX(sa->block_len, 4) != 0)
		return DROP_ESP_SHORT;
	if (rte_pktmbuf_tailroom(m) < (uint32_t)s->sqh_len + s->aad_len)
		return DROP_HEADROOM;
	return DROP_REPLAY;
}

/*
 * RFC 4303, 2.4 leaves the bytes of padding to the SA (setkey's -f); the library has written 1, 2,
 * 3...
 */
static void
pad_rewrite(const struct cd_session *s, const struct sa *sa, struct rte_mbuf *m)
{
	uint8_t *trailer = cd_trailer(s, sa, m);
	uint8_t i;

	for (i = 1; i <= trailer[0]; i++)
		trailer[-i] = s->pad == SA_PAD_RANDOM ? (uint8_t)rte_rand() : 0;
}

/* ADR 9, and the SA's own kind of padding. */
static inline void
encap_finish(const struct sa *sa, const struct cd_session *s, struct rte_crypto_op *op,
		struct rte_mbuf *m)
{
	if (likely(sa->iv_len != 0))
		*rte_pktmbuf_mtod_offset(m, uint64_t *, sizeof(struct rte_esp_hdr)) ^= sa->iv_mask;
	if (sa->counter_mode) {
		/* nonce: salt, then the explicit IV */
		*rte_crypto_op_ctod_offset(op, uint64_t *, CD_IV_OFFSET + 4) ^= sa->iv_mask;
	} else {
		/*
		 * CBC: the library has written the number as the packet's first block, and leaves
		 * the IV of the op as the packet before it had it, which may be one that somebody
		 * sent us: then he could choose our IV
		 */
		memset(rte_crypto_op_ctod_offset(op, uint8_t *, CD_IV_OFFSET), 0, CD_IV_MAX);
	}
	if (unlikely(s->pad != SA_PAD_SEQ))
		pad_rewrite(s, sa, m);
}

/*
 * rte_ipsec over the runs of a burst. Good packets are in their ops (sym->m_src), which move to the
 * front of @p ops. Returns how many.
 */
static inline uint16_t
prepare_runs(struct cd_engine *e, struct cd_worker *w, unsigned int worker, struct rte_mbuf *pkts[],
		struct rte_crypto_op *ops[], uint16_t n, bool encap)
{
	struct rte_crypto_op *unused[CD_BURST];
	uint16_t i, j, run, k, good = 0, nb_unused = 0;

	w->burst_devs = 0;
	for (i = 0; i < n; i = (uint16_t)(i + run)) {
		struct sa *sa = pkt_meta(pkts[i])->sa;
		struct cd_session *s = cd_session_of(sa);

		if (i + AHEAD < n)
			prefetch_lib(pkts[i + AHEAD]);
		run = pkt_sa_run(pkts + i, (uint16_t)(n - i), sa);
		k = unlikely(s->ends) ? take_last_numbers(s, run) : run;
		k = k == 0 ? 0 : rte_ipsec_pkt_crypto_prepare(&s->ss, pkts + i, ops + i, k);
		count_enq(e, worker, sa, run);
		w->burst_devs |= UINT32_C(1) << s->dev;
		w->dev_id[s->dev] = s->dev_id;
		for (j = 0; encap && j < k; j++)
			encap_finish(sa, s, ops[i + j], pkts[i + j]);
		for (j = 0; j < k && good != i; j++)
			ops[good + j] = ops[i + j];
		good = (uint16_t)(good + k);
		if (likely(k == run))
			continue;
		for (j = k; j < run; j++) {
			cd_reject(w, pkts[i + j],
					encap ? encap_reason(sa, s, pkts[i + j])
					      : decap_reason(sa, s, pkts[i + j]));
			unused[nb_unused++] = ops[i + j];
		}
	}
	for (j = 0; j < nb_unused; j++)
		cd_op_put(w, unused[j]);
	return good;
}

static void
encap_burst(struct cd_engine *e, struct cd_worker *w, unsigned int worker, struct rte_mbuf *pkts[],
		uint16_t n)
{
	struct rte_crypto_op *ops[CD_BURST];
	uint16_t i, k = 0;

	for (i = 0; i < n; i++) {
		struct rte_mbuf *m = pkts[i];
		const struct sa *sa = pkt_meta(m)->sa;
		const struct cd_session *s = cd_session_of(pkt_meta(m)->sa);

		if (i + AHEAD < n && pkt_meta(pkts[i + AHEAD])->sa != sa)
			prefetch_session(pkts[i + AHEAD]);
		if (unlikely(rte_pktmbuf_headroom(m) < cd_head_len(sa) + CD_FAKE_LEN)) {
			count_enq(e, worker, sa, 1);
			cd_reject(w, m, DROP_HEADROOM);
			continue;
		}
		cd_show(s, sa, m);
		pkts[k++] = m;
	}
	n = ops_get(e, worker, ops, pkts, k);
	enqueue(w, worker, ops, prepare_runs(e, w, worker, pkts, ops, n, true));
}

static void
decap_burst(struct cd_engine *e, struct cd_worker *w, unsigned int worker, struct rte_mbuf *pkts[],
		uint16_t n)
{
	struct rte_crypto_op *ops[CD_BURST];
	uint16_t i;

	for (i = 0; i < n; i++) {
		struct pkt_meta *meta = pkt_meta(pkts[i]);
		const struct cd_session *s = cd_session_of(meta->sa);
		uint32_t seq;

		if (i + AHEAD < n)
			prefetch_session(pkts[i + AHEAD]);
		rte_pktmbuf_adj(pkts[i], meta->l3_len);
		pkts[i]->tx_offload = 0;
		seq = rte_be_to_cpu_32(rte_pktmbuf_mtod(pkts[i], struct rte_esp_hdr *)->seq);
		/* as the library infers it in the same burst, from the same top */
		meta->seq = s->esn ? replay_infer(s->lib_top, s->infer_window, seq) : seq;
	}
	n = ops_get(e, worker, ops, pkts, n);
	enqueue(w, worker, ops, prepare_runs(e, w, worker, pkts, ops, n, false));
}

bool
cd_encap(struct engine *engine, unsigned int worker, struct rte_mbuf *pkts[], uint16_t n)
{
	struct cd_engine *e = (struct cd_engine *)engine;
	struct cd_worker *w = e->workers[worker];
	uint16_t done, burst;

	w->inside += n;
	for (done = 0; done < n; done = (uint16_t)(done + burst)) {
		burst = (uint16_t)RTE_MIN(n - done, CD_BURST);
		encap_burst(e, w, worker, pkts + done, burst);
	}
	return false;
}

bool
cd_decap(struct engine *engine, unsigned int worker, struct rte_mbuf *pkts[], uint16_t n)
{
	struct cd_engine *e = (struct cd_engine *)engine;
	struct cd_worker *w = e->workers[worker];
	uint16_t done, burst;

	w->inside += n;
	for (done = 0; done < n; done = (uint16_t)(done + burst)) {
		burst = (uint16_t)RTE_MIN(n - done, CD_BURST);
		decap_burst(e, w, worker, pkts + done, burst);
	}
	return false;
}
