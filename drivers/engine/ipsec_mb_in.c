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

/* The lines of a packet that were not read yet, and of another SA than @p now what is read and written. */
static inline void
prefetch_packet(const struct mb_worker *w, struct rte_mbuf *m, const struct sa *now)
{
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);
	struct sa *sa = pkt_meta(m)->sa;

	if (sa != now) {
		rte_prefetch0(mb_session_of(sa));
		rte_prefetch0(&sa->replay);
		rte_prefetch0(&w->sa_rows[sa->id]);
	}
	rte_prefetch0(p + RTE_CACHE_LINE_SIZE);
	rte_prefetch0(p + m->data_len - 1);
}

/* A packet into @p w. false: it has no ciphertext, or not in whole blocks. */
static inline bool
read_one(struct mb_work *w, struct rte_mbuf *m, const struct sa *sa, struct mb_session *s,
		const struct mb_form form)
{
	const uint32_t mask = form.plain ? MB_PLAIN_BLOCK - 1 : s->block_mask;
	const uint32_t around = form.plain ? MB_PLAIN_HEAD + MB_PLAIN_ICV
					   : (uint32_t)s->head_len + s->icv_len;
	struct pkt_meta *meta = pkt_meta(m);
	const uint32_t rest = meta->l3_len + around;

	w->len = m->data_len - rest;
	if (unlikely(m->data_len <= rest || (w->len & mask) != 0)) {
		meta->verdict = DROP_ESP_SHORT;
		return false;
	}
	w->s = s;
	w->m = m;
	w->esp = rte_pktmbuf_mtod_offset(m, uint8_t *, meta->l3_len);
	read_header(w, meta, sa, s, form);
	return true;
}

/* Packets from the first on whose SAs have this form, by runs of one SA; they go to w->work or w->jobs. Returns how many they were. */
static inline uint16_t
read_runs(struct mb_worker *w, struct rte_mbuf *pkts[], uint16_t n, const struct mb_form form)
{
	const mb_make_t form_read = pkt_session(pkts[0])->make;
	uint16_t i = 0, end;

	do {
		struct sa *sa = pkt_meta(pkts[i])->sa;
		struct mb_session *s = mb_session_of(sa);
		const bool jobs = !form.plain && s->kind == MB_JOB;
		struct mb_work *work = jobs ? w->jobs : w->work;
		uint16_t k = jobs ? w->nb_jobs : w->nb_work;

		if (unlikely(s->make != form_read))
			break;
		end = (uint16_t)(i + pkt_sa_run(pkts + i, (uint16_t)(n - i), sa));
		w->sa_rows[sa->id].field[SA_CNT_ENQ] += (uint64_t)(end - i);
		for (; i < end; i++) {
			if (i + AHEAD < n)
				prefetch_packet(w, pkts[i + AHEAD], sa);
			k = (uint16_t)(k + read_one(&work[k], pkts[i], sa, s, form));
		}
		*(jobs ? &w->nb_jobs : &w->nb_work) = k;
	} while (i < n);
	return i;
}

static uint16_t
read_plain(struct mb_worker *w, struct rte_mbuf *pkts[], uint16_t n)
{
	return read_runs(w, pkts, n, (struct mb_form){ .plain = true });
}

static uint16_t
read_any(struct mb_worker *w, struct rte_mbuf *pkts[], uint16_t n)
{
	return read_runs(w, pkts, n, (struct mb_form){ .plain = false });
}

void
mb_in_form(struct mb_session *s)
{
	s->make = mb_is_plain(s) ? read_plain : read_any;
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

static void
decap_burst(struct mb_worker *w, struct rte_mbuf *pkts[], uint16_t n)
{
	uint16_t i;

	for (i = 0; i < RTE_MIN(n, AHEAD); i++)
		prefetch_packet(w, pkts[i], NULL);
	mb_make(w, pkts, n);
	if (w->nb_work != 0) {
		mb_run_in(w, w->nb_work);
		finish_aead(w, w->nb_work);
	}
	if (w->nb_jobs != 0) {
		mb_run_jobs_in(w, w->nb_jobs);
		finish_jobs(w, w->nb_jobs);
	}
}

bool
mb_decap(struct engine *engine, unsigned int worker, struct rte_mbuf *pkts[], uint16_t n)
{
	mb_by_bursts(((struct mb_engine *)engine)->workers[worker], pkts, n, decap_burst);
	return true;
}
