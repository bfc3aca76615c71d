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
read_header(struct mb_work *w, struct pkt_meta *meta, const struct sa *sa, struct mb_session *s,
		const struct mb_form form)
{
	const struct rte_esp_hdr *esp = (const struct rte_esp_hdr *)w->esp;
	uint64_t iv;

	meta->seq = rte_be_to_cpu_32(esp->seq);
	if (!form.plain) {
		if (s->esn)
			meta->seq = replay_seq(&sa->replay, (uint32_t)meta->seq);
		w->seq_hi = rte_cpu_to_be_32((uint32_t)(meta->seq >> 32));
		if (unlikely(!sa->counter_mode))
			return;
	}
	memcpy(&iv, esp + 1, sizeof(iv));
	memcpy(w->iv, &s->salt, sizeof(s->salt));
	memcpy(w->iv + sizeof(s->salt), &iv, sizeof(iv));
	if (!form.plain && s->esn) {
		memcpy(w->aad, &esp->spi, sizeof(esp->spi));
		memcpy(w->aad + 4, &w->seq_hi, sizeof(w->seq_hi));
		memcpy(w->aad + 8, &esp->seq, sizeof(esp->seq));
	}
}

/* The lines of a packet that were not read yet. */
static inline void
prefetch_packet(struct rte_mbuf *m)
{
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);

	rte_prefetch0(p + RTE_CACHE_LINE_SIZE);
	rte_prefetch0(p + m->data_len - 1);
}

/* A run of packets of one SA. Returns how many were put into @p work. */
static inline uint16_t
read_run(struct mb_work *work, struct rte_mbuf *pkts[], uint16_t n, struct sa *sa,
		const struct mb_form form)
{
	struct mb_session *s = mb_session_of(sa);
	const uint32_t mask = form.plain ? MB_PLAIN_BLOCK - 1 : s->block_mask;
	const uint32_t around = form.plain ? MB_PLAIN_HEAD + MB_PLAIN_ICV
					   : (uint32_t)s->head_len + s->icv_len;
	uint16_t i, k = 0;

	for (i = 0; i < n; i++) {
		struct rte_mbuf *m = pkts[i];
		struct pkt_meta *meta = pkt_meta(m);
		struct mb_work *w = &work[k];
		const uint32_t rest = meta->l3_len + around;

		if (i + AHEAD < n)
			prefetch_packet(pkts[i + AHEAD]);
		w->len = m->data_len - rest;
		if (unlikely(m->data_len <= rest || (w->len & mask) != 0)) {
			meta->verdict = DROP_ESP_SHORT;
			continue;
		}
		w->s = s;
		w->m = m;
		w->esp = rte_pktmbuf_mtod_offset(m, uint8_t *, meta->l3_len);
		read_header(w, meta, sa, s, form);
		k++;
	}
	return k;
}

static uint16_t
read_plain(struct mb_work *work, struct rte_mbuf *pkts[], uint16_t n, struct sa *sa)
{
	return read_run(work, pkts, n, sa, (struct mb_form){ .plain = true });
}

static uint16_t
read_any(struct mb_work *work, struct rte_mbuf *pkts[], uint16_t n, struct sa *sa)
{
	return read_run(work, pkts, n, sa, (struct mb_form){ .plain = false });
}

void
mb_in_form(struct mb_session *s)
{
	s->read = mb_is_plain(s) ? read_plain : read_any;
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

static void
finish_aead(struct mb_worker *w, uint16_t n)
{
	uint16_t i;

	for (i = 0; i < n; i++) {
		const struct mb_work *p = &w->work[i];

		if (unlikely(!mb_icv_equal(
				    w->icv[i], p->esp + p->s->head_len + p->len, MB_PLAIN_ICV))) {
			pkt_meta(p->m)->verdict = DROP_AUTH;
			continue;
		}
		pkt_meta(p->m)->verdict = DROP_NONE;
		unwrap(p);
	}
}

static void
finish_jobs(struct mb_worker *w, uint16_t n)
{
	uint16_t i;

	for (i = 0; i < n; i++)
		if (likely(pkt_meta(w->jobs[i].m)->verdict == DROP_NONE))
			unwrap(&w->jobs[i]);
}

/* What is read of an SA. */
static inline void
prefetch_sa(struct rte_mbuf *m)
{
	struct sa *sa = pkt_meta(m)->sa;

	rte_prefetch0(mb_session_of(sa));
	rte_prefetch0(&sa->replay);
}

static void
decap_burst(struct mb_engine *e, unsigned int worker, struct rte_mbuf *pkts[], uint16_t n)
{
	struct mb_worker *w = e->workers[worker];
	uint16_t i, run, nb_work = 0, nb_jobs = 0;

	for (i = 0; i < RTE_MIN(n, AHEAD); i++) {
		prefetch_sa(pkts[i]);
		prefetch_packet(pkts[i]);
	}
	for (i = 0; i < n; i = (uint16_t)(i + run)) {
		struct sa *sa = pkt_meta(pkts[i])->sa;
		struct mb_session *s = mb_session_of(sa);

		run = pkt_sa_run(pkts + i, (uint16_t)(n - i), sa);
		if (i + run < n) {
			struct rte_mbuf *next = pkts[RTE_MIN(i + run + AHEAD, n - 1)];

			prefetch_sa(next);
			prefetch_packet(next);
		}
		mb_count_enq(e, worker, sa, run);
		if (s->kind == MB_JOB)
			nb_jobs = (uint16_t)(nb_jobs +
					s->read(w->jobs + nb_jobs, pkts + i, run, sa));
		else
			nb_work = (uint16_t)(nb_work +
					s->read(w->work + nb_work, pkts + i, run, sa));
	}
	if (nb_work != 0) {
		mb_run_in(w, nb_work);
		finish_aead(w, nb_work);
	}
	if (nb_jobs != 0) {
		mb_run_jobs_in(w, nb_jobs);
		finish_jobs(w, nb_jobs);
	}
}

bool
mb_decap(struct engine *engine, unsigned int worker, struct rte_mbuf *pkts[], uint16_t n)
{
	mb_by_bursts((struct mb_engine *)engine, worker, pkts, n, decap_burst);
	return true;
}
