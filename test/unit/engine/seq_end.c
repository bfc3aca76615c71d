/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The last sequence numbers of an SA, drawn by several workers at once: none twice, none beyond the last one, none after a wrap, and
 * what gets none is told so (RFC 4303, 3.3.3). Numbers are read from the wire, extended ones from what authenticates.
 */
#include "env.h"

#include <pthread.h>
#include <stdlib.h>

#include <rte_esp.h>

#define WORKERS 3
#define LEFT 1000 /* numbers */
#define PER_WORKER 480
#define BURST 32

struct drawing {
	struct sa_ctl *sa;
	unsigned int worker;
	struct rte_mbuf *pkts[PER_WORKER];
	unsigned int good, exhausted, other;
};

static struct drawing drawings[WORKERS];
static pthread_barrier_t start;

static void
take_back(struct drawing *d, struct rte_mbuf *const back[], uint16_t n)
{
	uint16_t i;

	for (i = 0; i < n; i++) {
		counter_row(sadb_counters(env_db), d->worker, d->sa->id)[SA_CNT_DONE]++;
		switch (pkt_meta(back[i])->verdict) {
		case DROP_NONE:
			d->good++;
			break;
		case DROP_SEQ_EXHAUSTED:
			d->exhausted++;
			break;
		default:
			d->other++;
		}
	}
}

static void
take_finished(struct drawing *d)
{
	struct rte_mbuf *back[64];

	take_back(d, back, env_engine->ops->poll(env_engine, d->worker, back, 64));
}

static void *
draw(void *arg)
{
	struct drawing *d = arg;
	unsigned int i;

	pthread_barrier_wait(&start);
	for (i = 0; i < PER_WORKER; i += BURST) {
		if (env_engine->ops->encap(env_engine, d->worker, d->pkts + i, BURST))
			take_back(d, d->pkts + i, BURST);
		else
			take_finished(d);
	}
	while (env_engine->ops->in_flight(env_engine, d->worker) != 0)
		take_finished(d);
	return NULL;
}

static int
ascending(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* The lower halves of the numbers of all that were made, ascending; the packets are freed. */
static unsigned int
numbers(uint32_t *seq)
{
	unsigned int w, i, n = 0;

	for (w = 0; w < WORKERS; w++) {
		for (i = 0; i < PER_WORKER; i++) {
			struct rte_mbuf *m = drawings[w].pkts[i];

			if (pkt_meta(m)->verdict == DROP_NONE)
				seq[n++] = rte_be_to_cpu_32(
						rte_pktmbuf_mtod(m, struct rte_esp_hdr *)->seq);
			rte_pktmbuf_free(m);
		}
	}
	qsort(seq, n, sizeof(*seq), ascending);
	return n;
}

static void
draw_all(struct sa_ctl *sa)
{
	pthread_t threads[WORKERS];
	unsigned int w, i;

	pthread_barrier_init(&start, NULL, WORKERS);
	for (w = 0; w < WORKERS; w++) {
		drawings[w] = (struct drawing){ .sa = sa, .worker = w };
		for (i = 0; i < PER_WORKER; i++)
			drawings[w].pkts[i] = env_packet(sa, false, 40);
	}
	for (w = 0; w < WORKERS; w++)
		assert_int_equal(pthread_create(&threads[w], NULL, draw, &drawings[w]), 0);
	for (w = 0; w < WORKERS; w++)
		pthread_join(threads[w], NULL);
	pthread_barrier_destroy(&start);
}

/* Twice, so that an SA that is spent stays it. */
static void
end_with(bool esn, uint64_t last)
{
	struct sa_params prm = env_params("aes-gcm-16", 128, NULL, false);
	static uint32_t seq[WORKERS * PER_WORKER];
	unsigned int good = 0, exhausted = 0, w, i, n;
	struct sa_ctl *sa;

	prm.esn = esn;
	prm.seq_start = last - LEFT;
	sa = env_sa_open(&prm, SA_DIR_OUT, WORKERS);
	draw_all(sa);
	for (w = 0; w < WORKERS; w++) {
		good += drawings[w].good;
		exhausted += drawings[w].exhausted;
		assert_int_equal(drawings[w].other, 0);
	}
	n = numbers(seq);
	assert_int_equal(n, good);
	assert_int_equal(good + exhausted, WORKERS * PER_WORKER);
	for (i = 0; i < n; i++)
		assert_int_equal(seq[i], (uint32_t)(last - LEFT + 1 + i)); /* each once, no gap */
	/* rte_ipsec leaves the very last number of all unused */
	assert_true(n == LEFT || n == LEFT - 1);
	draw_all(sa);
	assert_int_equal(numbers(seq), 0);
	env_sa_close(sa);
}

static void
without_extension_the_last_number_is_two_to_the_32_less_one(void **state)
{
	(void)state;
	end_with(false, UINT32_MAX);
}

static void
with_extension_the_last_number_is_two_to_the_64_less_one(void **state)
{
	(void)state;
	end_with(true, UINT64_MAX);
}

static void
an_sa_that_begins_with_no_number_left_sends_nothing(void **state)
{
	struct sa_params prm = env_params("aes-gcm-16", 128, NULL, false);
	static uint32_t seq[WORKERS * PER_WORKER];
	struct sa_ctl *sa;
	int esn;

	(void)state;
	for (esn = 0; esn < 2; esn++) {
		prm = env_params("aes-gcm-16", 128, NULL, false);
		prm.esn = esn;
		prm.seq_start = esn ? UINT64_MAX : UINT32_MAX;
		sa = env_sa_open(&prm, SA_DIR_OUT, WORKERS);
		draw_all(sa);
		assert_int_equal(numbers(seq), 0);
		env_sa_close(sa);
	}
}

static int
open_all(void **state)
{
	(void)state;
	return env_open(WORKERS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_extension_the_last_number_is_two_to_the_32_less_one),
		cmocka_unit_test(with_extension_the_last_number_is_two_to_the_64_less_one),
		cmocka_unit_test(an_sa_that_begins_with_no_number_left_sends_nothing),
	};

	return cmocka_run_group_tests_name("engine/seq_end", tests, open_all, env_teardown);
}
