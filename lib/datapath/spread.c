/* SPDX-License-Identifier: BSD-3-Clause */
/* Jobs of decryption between workers: spread.h says how. */
#include "datapath/spread.h"

#include "datapath/stages.h"

#include "datapath/poison.h"

/* Packets of a poll: from here on a worker is busy, and below the other it may help. */
#define LOAD_BUSY DP_RX_BURST
#define LOAD_IDLE (DP_RX_BURST / 2)

/* Bytes of a packet, on the average of what waits for ipsec_in: below, the way between two caches costs what decryption does. */
#define SPREAD_BYTES 512

static uint32_t
bytes_of(const struct vec *v)
{
	uint32_t bytes = 0;
	uint16_t i;

	for (i = 0; i < v->n; i++)
		bytes += v->pkt[i]->pkt_len;
	return bytes;
}

/* Not itself: what it has said of itself is of the poll before. */
static bool
another_helps(const struct worker *w)
{
	const struct dataplane *dp = w->dp;
	unsigned int i;

	for (i = 0; i < dp->nb_workers; i++)
		if (i != w->id && __atomic_load_n(&dp->helps[i], __ATOMIC_RELAXED))
			return true;
	return false;
}

/* It could pay; whether it does is tried out. A poll in which jobs were waited for is a part of the one before. */
static bool
pays_now(struct worker *w)
{
	const struct vec *esp = &w->frame.esp;
	struct spread *sp = &w->spread;

	if (w->load >= LOAD_BUSY && esp->n != 0 && another_helps(w)) {
		const uint32_t bytes = bytes_of(esp);

		if (bytes >= (uint32_t)esp->n * SPREAD_BYTES)
			return spread_trial(&sp->trial, w->now_tsc, bytes);
	}
	if (!spread_is_full(sp))
		spread_trial_pause(&sp->trial);
	return false;
}

/* By packet: SA_CNT_ENQ and SA_CNT_DONE hold and release the SAs of what is in jobs, which the engine does not count until it has it. */
static void
count(struct worker *w, struct rte_mbuf *const pkts[], uint16_t n, enum sa_counter what)
{
	uint16_t i;

	for (i = 0; i < n; i++)
		counter_row(w->dp->sa_counters, w->id, pkt_meta(pkts[i])->sa->id)[what]++;
}

/* The next job of an owner that nobody has taken; NULL: none. It is the caller's to do. */
static struct spread_job *
take(struct spread *sp)
{
	uint32_t t = __atomic_load_n(&sp->taken, __ATOMIC_RELAXED);

	while (t != __atomic_load_n(&sp->tail, __ATOMIC_ACQUIRE)) {
		if (__atomic_compare_exchange_n(&sp->taken, &t, t + 1, false, __ATOMIC_ACQ_REL,
				    __ATOMIC_RELAXED))
			return &sp->job[t % SPREAD_JOBS];
	}
	return NULL;
}

/*
 * All lines of a job of another worker, at once, so that the ways between the two caches overlap; and for writing, or each line would be
 * asked for twice: to read it, and to write what was decrypted in its place.
 */
static void
fetch(const struct spread_job *job)
{
	unsigned int i, at;

	for (i = 0; i < job->n; i++) {
		rte_prefetch0_write(job->pkt[i]);
		rte_prefetch0_write(pkt_meta(job->pkt[i]));
	}
	for (i = 0; i < job->n; i++) {
		const uint8_t *p = rte_pktmbuf_mtod(job->pkt[i], const uint8_t *);

		for (at = 0; at < job->pkt[i]->data_len; at += RTE_CACHE_LINE_SIZE)
			rte_prefetch0_write(p + at);
	}
}

/* Such an engine is done when decap() returns. */
static void
run(struct worker *w, struct spread_job *job)
{
	struct engine *e = w->dp->engine[job->engine];

	(void)e->ops->decap(e, w->id, job->pkt, job->n);
	__atomic_store_n(&job->done, 1, __ATOMIC_RELEASE);
}

void
spread_put(struct worker *w, unsigned int engine, struct rte_mbuf *pkts[], uint16_t n)
{
	struct spread *sp = &w->spread;
	uint16_t i, k;

	for (i = 0; i < n; i = (uint16_t)(i + k)) {
		struct spread_job *job = &sp->job[sp->tail % SPREAD_JOBS];

		k = (uint16_t)RTE_MIN(n - i, SPREAD_PKTS);
		if (unlikely(sp->tail - sp->head == SPREAD_JOBS)) {
			count(w, pkts + i, (uint16_t)(n - i), SA_CNT_ERRORS);
			for (; i < n; i++)
				dp_drop(w, DROP_CRYPTO_FULL, pkts[i]);
			return;
		}
		count(w, pkts + i, k, SA_CNT_ENQ);
		job->n = k;
		job->engine = (uint16_t)engine;
		job->done = 0;
		memcpy(job->pkt, pkts + i, sizeof(pkts[0]) * k);
		sp->inside += k;
		__atomic_store_n(&sp->tail, sp->tail + 1, __ATOMIC_RELEASE);
		/* behind jobs that are out, but not for others: before they see it */
		if (!sp->pays && (job = take(sp)) != NULL)
			run(w, job);
	}
}

/* What is done, in order, as far as there is room, also where stage 4 will put it; and then for @p coming packets more. */
static void
give_back(struct worker *w, struct frame *f, uint16_t coming)
{
	const int most = DP_VEC_MAX - RTE_MAX(f->ip4.n, f->ip6.n) - coming;
	struct spread *sp = &w->spread;
	struct vec *v = &f->in_done;
	uint16_t i;

	while (sp->head != sp->tail) {
		struct spread_job *job = &sp->job[sp->head % SPREAD_JOBS];

		if (!__atomic_load_n(&job->done, __ATOMIC_ACQUIRE) || v->n + job->n > most)
			return;
		for (i = 0; i < job->n; i++) {
			rte_prefetch0(job->pkt[i]);
			rte_prefetch0(pkt_meta(job->pkt[i]));
		}
		for (i = 0; i < job->n; i++)
			rte_prefetch0_write(rte_pktmbuf_mtod(job->pkt[i], const uint8_t *));
		count(w, job->pkt, job->n, SA_CNT_DONE);
		vec_append(v, job->pkt, job->n);
		sp->inside -= job->n;
		sp->head++;
	}
}

bool
spread_pays(struct worker *w)
{
	struct spread *sp = &w->spread;

	if (w->dp->nb_workers == 1)
		return false;
	if (w->spread_mode == DP_SPREAD_AUTO)
		sp->pays = pays_now(w);
	else
		sp->pays = w->spread_mode == DP_SPREAD_ALWAYS;
	if (!sp->pays && sp->head != sp->tail)
		give_back(w, &w->frame, w->frame.esp.n);
	/* what follows a job of an SA must not come back before it */
	return sp->pays || sp->head != sp->tail;
}

static void
help_others(struct worker *w)
{
	const struct dataplane *dp = w->dp;
	unsigned int i;

	for (i = 1; i < dp->nb_workers; i++) {
		struct worker *other = dp->worker[(w->id + i) % dp->nb_workers];
		struct spread_job *job = take(&other->spread);

		if (job != NULL) {
			w->cnt.helped += job->n;
			fetch(job);
			run(w, job);
			return;
		}
	}
}

void
dp_spread(struct worker *w, struct frame *f)
{
	struct spread *sp = &w->spread;
	/* where it does not pay none is left for others, or jobs would follow jobs as long as the load lasts */
	const uint32_t left = w->load >= LOAD_BUSY && sp->pays ? SPREAD_LEFT : 0;
	/* who waits for jobs receives nothing and yet has enough to do */
	const bool helps = w->load < LOAD_IDLE && w->spread_mode != DP_SPREAD_OFF &&
			!spread_is_full(sp);

	if (w->dp->nb_workers == 1)
		return;
	if (unlikely(helps != w->helps)) {
		w->helps = helps;
		__atomic_store_n(&w->dp->helps[w->id], helps, __ATOMIC_RELAXED);
	}
	if (sp->head == sp->tail && !helps)
		return;
	while (sp->tail - __atomic_load_n(&sp->taken, __ATOMIC_RELAXED) > left) {
		struct spread_job *job = take(sp);

		if (job != NULL)
			run(w, job);
	}
	give_back(w, f, 0);
	if (helps)
		help_others(w);
}

void
spread_discard(struct worker *w)
{
	struct spread *sp = &w->spread;
	uint16_t i;

	for (; sp->head != sp->tail; sp->head++) {
		struct spread_job *job = &sp->job[sp->head % SPREAD_JOBS];

		count(w, job->pkt, job->n, SA_CNT_DONE);
		/* the engine has counted them, and nobody else will */
		if (job->done)
			count(w, job->pkt, job->n, SA_CNT_DONE);
		for (i = 0; i < job->n; i++)
			dp_drop(w, DROP_STOPPING, job->pkt[i]);
		sp->inside -= job->n;
	}
	sp->taken = sp->tail;
}
