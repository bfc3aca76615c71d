/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Back from the devices: status of each op first (with lookaside ops rte_ipsec does not look at it,
 * README.md), then rte_ipsec by runs of one SA. The packets keep the order in which the device
 * returned them.
 */
#include "cryptodev.h"
#include "cryptodev_pkt.h"

/*
 * The library wants padding of 1, 2, 3...; where the SA says otherwise, give it that. A zero-pad SA
 * takes what the library takes as well. What does not fit is left for the library to refuse.
 */
static void
pad_normalize(const struct cd_session *s, const struct sa *sa, struct rte_mbuf *m)
{
	uint8_t *trailer = cd_trailer(s, sa, m);
	const uint32_t before = (uint32_t)(trailer - rte_pktmbuf_mtod(m, uint8_t *));
	const uint8_t len = trailer[0];
	uint8_t i;

	if (len + cd_head_len(sa) > before)
		return;
	for (i = 1; s->pad == SA_PAD_ZERO && i <= len; i++) {
		if (trailer[-i] != 0)
			return;
	}
	for (i = 1; i <= len; i++)
		trailer[-i] = (uint8_t)(len - i + 1);
}

/*
 * Would rte_ipsec, whose top moves while it goes through the run, still infer the numbers that the
 * packets were authenticated with? It infers again, and a packet more than a window late would
 * throw its top 2^32 ahead.
 */
static bool
esn_run_is_close(const struct cd_session *s, struct rte_mbuf *pkts[], uint16_t n)
{
	uint64_t low = UINT64_MAX, top = s->lib_top;
	uint16_t i;

	for (i = 0; i < n; i++) {
		low = RTE_MIN(low, pkt_meta(pkts[i])->seq);
		top = RTE_MAX(top, pkt_meta(pkts[i])->seq);
	}
	return low + s->infer_window > top;
}

static uint16_t
esn_process(struct cd_session *s, struct rte_mbuf *pkts[], uint16_t n)
{
	uint16_t i, k;

	/* step three of the library clears it: tells a replay from bad padding */
	for (i = 0; i < n; i++)
		pkts[i]->ol_flags |= RTE_MBUF_F_RX_SEC_OFFLOAD;
	k = rte_ipsec_pkt_process(&s->ss, pkts, n);
	for (i = 0; i < k; i++)
		s->lib_top = RTE_MAX(s->lib_top, pkt_meta(pkts[i])->seq);
	for (i = k; i < n; i++) {
		pkt_meta(pkts[i])->verdict = pkts[i]->ol_flags & RTE_MBUF_F_RX_SEC_OFFLOAD
				? DROP_PADDING
				: DROP_REPLAY;
		pkts[i]->ol_flags &= ~RTE_MBUF_F_RX_SEC_OFFLOAD;
	}
	return k;
}

/*
 * One at a time where numbers are far apart; those that have fallen out of the library's window
 * meanwhile are replays.
 */
static void
esn_process_run(struct cd_session *s, struct rte_mbuf *pkts[], uint16_t n)
{
	uint16_t i;

	if (likely(esn_run_is_close(s, pkts, n))) {
		esn_process(s, pkts, n);
		return;
	}
	for (i = 0; i < n; i++) {
		struct pkt_meta *meta = pkt_meta(pkts[i]);

		if (replay_infer(s->lib_top, s->infer_window, (uint32_t)meta->seq) == meta->seq)
			esn_process(s, pkts + i, 1);
		else
			meta->verdict = DROP_REPLAY;
	}
}

static void
decap_run(struct cd_session *s, const struct sa *sa, struct rte_mbuf *pkts[], uint16_t n)
{
	uint16_t i, k;

	for (i = 0; i < n; i++) {
		struct pkt_meta *meta = pkt_meta(pkts[i]);

		meta->inner_proto = cd_trailer(s, sa, pkts[i])[1];
		cd_save(sa, pkts[i]);
		if (unlikely(s->pad != SA_PAD_SEQ))
			pad_normalize(s, sa, pkts[i]);
	}
	if (s->esn) {
		esn_process_run(s, pkts, n);
	} else {
		k = rte_ipsec_pkt_process(&s->ss, pkts, n);
		for (i = k; i < n; i++)
			pkt_meta(pkts[i])->verdict = DROP_PADDING;
	}
	for (i = 0; i < n; i++)
		cd_restore(pkts[i]);
}

/*
 * Outbound the library has something left to do only when it keeps the upper half between trailer
 * and ICV.
 */
static inline void
finish_run(struct rte_mbuf *pkts[], uint16_t n)
{
	struct sa *sa = pkt_meta(pkts[0])->sa;
	struct cd_session *s = cd_session_of(sa);
	uint16_t i;

	if (sa->dir == SA_DIR_IN) {
		decap_run(s, sa, pkts, n);
		return;
	}
	if (s->esn)
		rte_ipsec_pkt_process(&s->ss, pkts, n);
	for (i = 0; s->fake && i < n; i++)
		rte_pktmbuf_adj(pkts[i], CD_FAKE_LEN);
}

static void
finish(struct rte_mbuf *pkts[], uint16_t n)
{
	uint16_t i, run;

	for (i = 0; i < n; i = (uint16_t)(i + run)) {
		const struct pkt_meta *meta = pkt_meta(pkts[i]);

		run = 1;
		if (unlikely(meta->verdict != DROP_NONE))
			continue;
		while (i + run < n && pkt_meta(pkts[i + run])->sa == meta->sa &&
				pkt_meta(pkts[i + run])->verdict == DROP_NONE)
			run++;
		finish_run(pkts + i, run);
	}
}

static inline enum drop_reason
verdict_of(const struct rte_crypto_op *op)
{
	if (likely(op->status == RTE_CRYPTO_OP_STATUS_SUCCESS))
		return DROP_NONE;
	return op->status == RTE_CRYPTO_OP_STATUS_AUTH_FAILED ? DROP_AUTH : DROP_CRYPTO;
}

static uint16_t
poll_device(struct cd_worker *w, unsigned int worker, unsigned int dev, struct rte_mbuf *ret_pkts[],
		uint16_t n)
{
	struct rte_crypto_op *ops[CD_BURST];
	uint16_t i, k;

	n = (uint16_t)RTE_MIN(n, CD_BURST);
	k = rte_cryptodev_dequeue_burst(w->dev_id[dev], (uint16_t)worker, ops, n);
	for (i = 0; i < k; i++) {
		ret_pkts[i] = ops[i]->sym->m_src;
		pkt_meta(ret_pkts[i])->verdict = (uint8_t)verdict_of(ops[i]);
	}
	memcpy(w->free_ops + w->nb_free, ops, sizeof(ops[0]) * k);
	w->nb_free += k;
	w->in_dev[dev] -= k;
	if (w->in_dev[dev] == 0)
		w->busy &= ~(UINT32_C(1) << dev);
	finish(ret_pkts, k);
	return k;
}

static uint16_t
poll_rejected(struct cd_worker *w, struct rte_mbuf *ret_pkts[], uint16_t n)
{
	uint16_t k = 0;

	while (w->rejected != NULL && k < n) {
		ret_pkts[k] = w->rejected;
		w->rejected = w->rejected->next;
		ret_pkts[k++]->next = NULL;
	}
	return k;
}

uint16_t
cd_poll(struct engine *engine, unsigned int worker, struct rte_mbuf *ret_pkts[], uint16_t n)
{
	struct cd_worker *w = ((struct cd_engine *)engine)->workers[worker];
	uint32_t todo = w->busy;
	uint16_t got = 0, k;
	unsigned int dev;

	if (unlikely(w->rejected != NULL))
		got = poll_rejected(w, ret_pkts, n);
	while (todo != 0 && got < n) {
		dev = (unsigned int)__builtin_ctz(todo);
		k = poll_device(w, worker, dev, ret_pkts + got, (uint16_t)(n - got));
		got = (uint16_t)(got + k);
		/*
		 * a full burst: there may be more. Less: what still is in the lanes of a
		 * multi-buffer device may fill up
		 */
		if (k < CD_BURST || w->in_dev[dev] == 0)
			todo &= ~(UINT32_C(1) << dev);
	}
	w->inside -= got;
	return got;
}
