/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Plain packets to ESP. A burst goes through in loops: draw numbers by runs of one SA and write
 * header, IV and trailer; then the library. The loops are two so that no store into an IV is
 * followed at once by the cipher's wider load, which costs 40 cycles (measured).
 *
 *                          | inner packet |
 *     | SPI number | IV    | inner packet | padding, length, next header | ICV |
 *     ^ data                                              room for both
 *
 * Any worker.
 */
#include <rte_byteorder.h>
#include <rte_esp.h>
#include <rte_random.h>

#include "ipsec_mb.h"
#include "net/drop.h"
#include "net/pkt.h"

#define AHEAD 8

static const uint8_t padding[2][MB_PAD_WRITE] = {
	[SA_PAD_SEQ] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 },
	[SA_PAD_ZERO] = { 0 },
};

/*
 * Numbers for a run of packets: after the one that is returned. At most up to the last there is;
 * the rest gets none. A compare and swap rather than an addition: adding beyond the last of 64 bits
 * would begin again at 1.
 */
static inline uint64_t
seq_draw(struct mb_session *s, uint16_t n, uint16_t *ret_n)
{
	uint64_t seq = __atomic_load_n(&s->seq, __ATOMIC_RELAXED);

	if (likely(!s->shared)) {
		*ret_n = (uint16_t)RTE_MIN(n, s->seq_last - seq);
		__atomic_store_n(&s->seq, seq + *ret_n, __ATOMIC_RELAXED);
		return seq;
	}
	do {
		*ret_n = (uint16_t)RTE_MIN(n, s->seq_last - seq);
	} while (!__atomic_compare_exchange_n(
			&s->seq, &seq, seq + *ret_n, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	return seq;
}

/* RFC 4303, 2.4 to 2.6. Returns the length of the ciphertext. */
static inline uint32_t
write_trailer(const struct mb_session *s, uint8_t *inner, uint32_t len, uint32_t next,
		const struct mb_form form)
{
	const uint32_t mask = form.plain ? MB_PLAIN_BLOCK - 1 : s->block_mask;
	const uint32_t crypt_len = (len + sizeof(struct rte_esp_tail) + mask) & ~mask;
	const uint32_t pad_len = crypt_len - len - (uint32_t)sizeof(struct rte_esp_tail);
	/* One store: the compiler may keep two bytes in memory and read them back as a word, which waits. */
	const uint16_t tail = rte_cpu_to_le_16((uint16_t)(pad_len | next << 8));
	uint32_t i;

	if (form.plain)
		memcpy(inner + len, padding[SA_PAD_SEQ], MB_PLAIN_BLOCK);
	else if (s->pad != SA_PAD_RANDOM)
		memcpy(inner + len, padding[s->pad], MB_PAD_WRITE);
	else
		for (i = 0; i < pad_len; i++)
			inner[len + i] = (uint8_t)rte_rand();
	memcpy(inner + len + pad_len, &tail, sizeof(tail));
	return crypt_len;
}

/*
 * ESP header and IV: the number, masked (ADR 9). CBC's is encrypted with the packet, as its first
 * block, and so cannot be foretold (RFC 3602, 3).
 */
static inline void
write_header(struct mb_work *w, uint8_t *esp, const struct sa *sa, const struct mb_session *s,
		uint64_t seq, const struct mb_form form)
{
	const rte_be64_t seq_be = rte_cpu_to_be_64(seq);
	const uint32_t hi = (uint32_t)seq_be, lo = (uint32_t)(seq_be >> 32);
	const uint64_t head = (uint64_t)lo << 32 | sa->spi;
	const uint64_t iv = seq_be ^ sa->iv_mask, zero = 0;

	memcpy(esp, &head, sizeof(head));
	if (form.plain || likely(sa->counter_mode)) {
		memcpy(esp + sizeof(head), &iv, sizeof(iv));
		memcpy(w->iv, &s->salt, sizeof(s->salt));
		memcpy(w->iv + sizeof(s->salt), &iv, sizeof(iv));
		if (form.plain)
			return;
		if (s->esn) {
			memcpy(w->aad, &sa->spi, 4);
			memcpy(w->aad + 4, &seq_be, sizeof(seq_be));
		}
	} else if (sa->iv_len != 0) {
		memcpy(esp + sizeof(head), &iv, sizeof(iv));
		memcpy(esp + sizeof(head) + sizeof(iv), &zero, sizeof(zero));
	}
	w->seq_hi = hi;
}

/* The lines that the trailer and the header are written to, and of another SA than @p now what is read and written. */
static inline void
prefetch_packet(const struct mb_worker *w, struct rte_mbuf *m, const struct sa *now)
{
	uint8_t *inner = rte_pktmbuf_mtod(m, uint8_t *);
	const struct pkt_meta *meta = pkt_meta(m);

	if (meta->sa != now) {
		rte_prefetch0(meta->sa);
		rte_prefetch0_write(mb_session_of(meta->sa)); /* a number is drawn */
		rte_prefetch0(&w->sa_rows[meta->sa_id]);
	}
	rte_prefetch0(inner - RTE_CACHE_LINE_SIZE);
	rte_prefetch0(inner + m->data_len);
}

/* A packet of the number @p seq into @p w. false: there is no room for ESP around it, and it stays as it is. */
static inline bool
write_one(struct mb_work *w, struct rte_mbuf *m, const struct sa *sa, struct mb_session *s,
		uint64_t seq, const struct mb_form form)
{
	const uint16_t head = form.plain ? MB_PLAIN_HEAD : s->head_len;
	const uint16_t icv = form.plain ? MB_PLAIN_ICV : s->icv_len;
	uint8_t *inner = rte_pktmbuf_mtod(m, uint8_t *);
	struct pkt_meta *meta = pkt_meta(m);

	if (unlikely(rte_pktmbuf_headroom(m) < head || rte_pktmbuf_tailroom(m) < s->tail_len)) {
		meta->verdict = DROP_HEADROOM;
		return false;
	}
	meta->verdict = DROP_NONE;
	w->s = s;
	w->m = m;
	w->esp = inner - head;
	w->len = write_trailer(s, inner, m->data_len, meta->inner_proto, form);
	write_header(w, inner - head, sa, s, seq, form);
	m->data_off = (uint16_t)(m->data_off - head);
	m->data_len = (uint16_t)(head + w->len + icv);
	m->pkt_len = m->data_len;
	return true;
}

/* Packets from the first on whose SAs have this form, by runs of one SA; they go to w->work or w->jobs. Returns how many they were. */
static inline uint16_t
write_runs(struct mb_worker *w, struct rte_mbuf *pkts[], uint16_t n, const struct mb_form form)
{
	const mb_make_t form_write = pkt_session(pkts[0])->make;
	uint16_t i = 0, good, end;

	do {
		struct sa *sa = pkt_meta(pkts[i])->sa;
		struct mb_session *s = mb_session_of(sa);
		const bool jobs = !form.plain && s->kind == MB_JOB;
		struct mb_work *work = jobs ? w->jobs : w->work;
		uint16_t k = jobs ? w->nb_jobs : w->nb_work;
		uint64_t seq;

		if (unlikely(s->make != form_write))
			break;
		end = (uint16_t)(i + pkt_sa_run(pkts + i, (uint16_t)(n - i), sa));
		seq = seq_draw(s, (uint16_t)(end - i), &good);
		w->sa_rows[sa->id].field[SA_CNT_ENQ] += (uint64_t)(end - i);
		for (good = (uint16_t)(good + i); i < good; i++) {
			if (i + AHEAD < n)
				prefetch_packet(w, pkts[i + AHEAD], sa);
			k = (uint16_t)(k + write_one(&work[k], pkts[i], sa, s, ++seq, form));
		}
		for (; i < end; i++)
			pkt_meta(pkts[i])->verdict = DROP_SEQ_EXHAUSTED;
		*(jobs ? &w->nb_jobs : &w->nb_work) = k;
	} while (i < n);
	return i;
}

static uint16_t
write_plain(struct mb_worker *w, struct rte_mbuf *pkts[], uint16_t n)
{
	return write_runs(w, pkts, n, (struct mb_form){ .plain = true });
}

static uint16_t
write_any(struct mb_worker *w, struct rte_mbuf *pkts[], uint16_t n)
{
	return write_runs(w, pkts, n, (struct mb_form){ .plain = false });
}

void
mb_out_form(struct mb_session *s)
{
	s->make = mb_is_plain(s) ? write_plain : write_any;
}

static void
encap_burst(struct mb_worker *w, struct rte_mbuf *pkts[], uint16_t n)
{
	uint16_t i;

	for (i = 0; i < RTE_MIN(n, AHEAD); i++)
		prefetch_packet(w, pkts[i], NULL);
	mb_make(w, pkts, n);
	if (w->nb_work != 0)
		mb_run_out(w, w->nb_work);
	if (w->nb_jobs != 0)
		mb_run_jobs_out(w, w->nb_jobs);
}

bool
mb_encap(struct engine *engine, unsigned int worker, struct rte_mbuf *pkts[], uint16_t n)
{
	mb_by_bursts(((struct mb_engine *)engine)->workers[worker], pkts, n, encap_burst);
	return true;
}
