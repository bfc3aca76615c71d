/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ESP to plain packets. As on the way out, in loops: read the header, write nonce and
 * AAD; the library; then padding and next header of what is authentic. Lengths were checked by
 * net/parse.c and the caller (engine.h).
 *
 *     | outer header | SPI number | IV | ciphertext ................................ | ICV |
 *     ^ data         ^ + l3_len        | inner packet | padding, length, next header |
 *                                      ^ data, when it is good
 */
#include <rte_byteorder.h>
#include <rte_esp.h>

#include "ipsec_mb.h"
#include "net/drop.h"
#include "net/pkt.h"

#define AHEAD 4

/* RFC 4303, 3.4.3: what is authenticated with is the full number. */
static inline void
read_header(struct mb_work *w, struct rte_mbuf *m, const struct sa *sa, struct mb_session *s)
{
	struct pkt_meta *meta = pkt_meta(m);
	const struct rte_esp_hdr *esp = (const struct rte_esp_hdr *)w->esp;
	uint64_t iv;

	w->s = s;
	w->m = m;
	meta->seq = rte_be_to_cpu_32(esp->seq);
	if (s->esn)
		meta->seq = replay_seq(&sa->replay, (uint32_t)meta->seq);
	w->seq_hi = rte_cpu_to_be_32((uint32_t)(meta->seq >> 32));
	if (unlikely(!sa->counter_mode))
		return;
	memcpy(&iv, esp + 1, sizeof(iv));
	memcpy(w->iv, &s->salt, sizeof(s->salt));
	memcpy(w->iv + sizeof(s->salt), &iv, sizeof(iv));
	if (s->esn) {
		memcpy(w->aad, &esp->spi, sizeof(esp->spi));
		memcpy(w->aad + 4, &w->seq_hi, sizeof(w->seq_hi));
		memcpy(w->aad + 8, &esp->seq, sizeof(esp->seq));
	}
}

/* Are the bytes in front of the trailer 1, 2, 3...? There are 16 of header at least before them. */
static inline bool
pad_counts(const uint8_t *trailer, uint32_t len)
{
	const uint64_t counting = UINT64_C(0x0807060504030201);
	uint64_t last;
	uint32_t i;

	if (len == 0)
		return true;
	if (likely(len <= sizeof(last))) {
		memcpy(&last, trailer - sizeof(last), sizeof(last));
		return last >> (64 - 8 * len) == (counting & (UINT64_MAX >> (64 - 8 * len)));
	}
	for (i = 1; i <= len; i++) {
		if (trailer[-(int)i] != (uint8_t)(len - i + 1))
			return false;
	}
	return true;
}

static inline bool
pad_is_zero(const uint8_t *trailer, uint32_t len)
{
	uint8_t any = 0;
	uint32_t i;

	for (i = 1; i <= len; i++)
		any |= trailer[-(int)i];
	return any == 0;
}

/* An SA that pads with zeros takes 1, 2, 3... as well; one that pads at random takes anything. */
static inline bool
pad_is_right(const struct mb_session *s, const uint8_t *trailer, uint32_t len)
{
	if (likely(s->pad == SA_PAD_SEQ))
		return pad_counts(trailer, len);
	return s->pad == SA_PAD_RANDOM || pad_is_zero(trailer, len) || pad_counts(trailer, len);
}

/* Trailer off, and all in front of the inner packet left in the headroom. */
static inline void
unwrap(const struct mb_work *w)
{
	const struct mb_session *s = w->s;
	struct rte_mbuf *m = w->m;
	struct pkt_meta *meta = pkt_meta(m);
	const uint8_t *trailer = w->esp + s->head_len + w->len - sizeof(struct rte_esp_tail);
	const uint32_t pad_len = trailer[0];

	if (unlikely(pad_len + sizeof(struct rte_esp_tail) > w->len ||
			    !pad_is_right(s, trailer, pad_len))) {
		meta->verdict = DROP_PADDING;
		return;
	}
	meta->inner_proto = trailer[1];
	m->data_off = (uint16_t)(m->data_off + meta->l3_len + s->head_len);
	m->data_len = (uint16_t)(w->len - pad_len - sizeof(struct rte_esp_tail));
	m->pkt_len = m->data_len;
}

static inline void
prefetch_packet(struct rte_mbuf *m)
{
	const struct sa *sa = pkt_meta(m)->sa;
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);

	rte_prefetch0(mb_session_of(pkt_meta(m)->sa));
	rte_prefetch0(&sa->replay);
	rte_prefetch0(p + RTE_CACHE_LINE_SIZE);
	rte_prefetch0(p + m->data_len - 1);
}

static void
unwrap_all(const struct mb_work *work, uint16_t n)
{
	uint16_t i;

	for (i = 0; i < n; i++) {
		if (likely(pkt_meta(work[i].m)->verdict == DROP_NONE))
			unwrap(&work[i]);
	}
}

static void
decap_burst(struct mb_engine *e, unsigned int worker, struct rte_mbuf *pkts[], uint16_t n)
{
	struct mb_worker *w = e->workers[worker];
	uint16_t i, run = 0, nb_work = 0, nb_jobs = 0;
	const struct sa *last = NULL;

	for (i = 0; i < RTE_MIN(n, AHEAD); i++)
		prefetch_packet(pkts[i]);
	for (i = 0; i < n; i++) {
		struct pkt_meta *meta = pkt_meta(pkts[i]);
		const struct sa *sa = meta->sa;
		struct mb_session *s = mb_session_of(meta->sa);
		struct mb_work *work = s->kind == MB_JOB ? &w->jobs[nb_jobs] : &w->work[nb_work];
		const uint32_t rest = (uint32_t)meta->l3_len + s->head_len + s->icv_len;

		if (i + AHEAD < n)
			prefetch_packet(pkts[i + AHEAD]);
		if (sa != last) {
			mb_count_enq(e, worker, last, run);
			last = sa;
			run = 0;
		}
		run++;
		work->len = pkts[i]->data_len - rest;
		if (unlikely(pkts[i]->data_len <= rest || (work->len & s->block_mask) != 0)) {
			meta->verdict = DROP_ESP_SHORT;
			continue;
		}
		work->esp = rte_pktmbuf_mtod_offset(pkts[i], uint8_t *, meta->l3_len);
		read_header(work, pkts[i], sa, s);
		nb_jobs = (uint16_t)(nb_jobs + (s->kind == MB_JOB));
		nb_work = (uint16_t)(nb_work + (s->kind != MB_JOB));
	}
	mb_count_enq(e, worker, last, run);
	if (nb_work != 0)
		mb_run_in(w, nb_work);
	if (nb_jobs != 0)
		mb_run_jobs_in(w, nb_jobs);
	unwrap_all(w->work, nb_work);
	unwrap_all(w->jobs, nb_jobs);
}

bool
mb_decap(struct engine *engine, unsigned int worker, struct rte_mbuf *pkts[], uint16_t n)
{
	mb_by_bursts((struct mb_engine *)engine, worker, pkts, n, decap_burst);
	return true;
}
