/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bursts of many SAs over several devices and workers: every packet comes back once, in order per
 * SA.
 */
#include "env.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_cryptodev.h>
#include <rte_esp.h>

#include "drivers/engine/cryptodev.h"
#include "drivers/engine/ipsec_mb.h"

#define SAS 40

static const struct {
	const char *enc;
	unsigned int bits;
	const char *auth;
} mix[] = { { "aes-gcm-16", 128, NULL }, { "aes-cbc", 128, "hmac-sha1" },
	{ "3des-cbc", 192, "hmac-sha1" }, { "chacha20-poly1305", 256, NULL } };

static void
many_sas_over_several_devices_keep_their_order(void **state)
{
	struct sa_ctl *out[SAS], *in[SAS];
	uint64_t next_in[SAS] = { 0 };
	struct rte_mbuf *pkts[200];
	unsigned int round, i, n = 200;

	for (i = 0; i < SAS; i++) {
		const unsigned int kind = env_runs(mix[i % 4].enc, NULL, false) ? i % 4 : 0;
		struct sa_params prm = env_params(
				mix[kind].enc, mix[kind].bits, mix[kind].auth, i & 4);

		prm.esn = i & 8;
		prm.replay_window = 64;
		out[i] = env_sa_open(&prm, SA_DIR_OUT, 1);
		in[i] = env_sa_open(&prm, SA_DIR_IN, 1);
	}
	srand(4301);
	for (round = 0; round < 5; round++) {
		for (i = 0; i < n; i++) {
			unsigned int s = (unsigned int)rand() % SAS;

			pkts[i] = env_packet(out[s], i & 1, (uint16_t)(20 + rand() % 300));
			pkt_meta(pkts[i])->nh = s;
			pkt_meta(pkts[i])->inner_len = (uint16_t)(pkts[i]->pkt_len -
					pkt_meta(pkts[i])->l3_len);
		}
		env_encap(pkts, (uint16_t)n);
		for (i = 0; i < n; i++) {
			assert_int_equal(pkt_meta(pkts[i])->verdict, DROP_NONE);
			env_outer_finish(pkts[i], false);
			pkt_meta(pkts[i])->sa = in[pkt_meta(pkts[i])->nh]->sa;
			pkt_meta(pkts[i])->flags &= (uint8_t)~PKT_ENCAP;
		}
		env_decap(NULL, pkts, (uint16_t)n);
		for (i = 0; i < n; i++) {
			const struct pkt_meta *meta = pkt_meta(pkts[i]);

			assert_int_equal(meta->verdict, DROP_NONE);
			assert_int_equal(meta->seq, ++next_in[meta->nh]);
			assert_int_equal(pkts[i]->pkt_len, meta->inner_len);
			rte_pktmbuf_free(pkts[i]);
		}
	}
	for (i = 0; i < SAS; i++) {
		assert_int_equal(counter_sum(sadb_counters(env_db), out[i]->id, SA_CNT_ENQ),
				next_in[i]);
		env_sa_close(out[i]);
		env_sa_close(in[i]);
	}
}

/* More than ops are left: those beyond come back as refused, none is lost or doubled. */
static void
packets_beyond_the_ops_come_back_named(void **state)
{
	struct sa_params prm = env_params("aes-gcm-16", 128, NULL, false);
	struct sa_ctl *out = env_sa_open(&prm, SA_DIR_OUT, 1);
	const unsigned int total = CD_OPS + 500;
	struct rte_mbuf **pkts = calloc(total, sizeof(*pkts)),
			**back = calloc(total, sizeof(*back));
	unsigned int i, got = 0, full = 0, tries;

	for (i = 0; i < total; i++) {
		pkts[i] = env_packet(out, false, 40);
		env_outer_off(pkts[i]);
	}
	for (i = 0; i < total; i += 100)
		assert_false(env_engine->ops->encap(
				env_engine, 0, pkts + i, (uint16_t)RTE_MIN(100u, total - i)));
	assert_int_equal(env_engine->ops->in_flight(env_engine, 0), total);
	for (tries = 0; got < total && tries < 1000; tries++)
		got += env_engine->ops->poll(
				env_engine, 0, back + got, (uint16_t)RTE_MIN(77u, total - got));
	assert_int_equal(got, total);
	assert_int_equal(env_engine->ops->in_flight(env_engine, 0), 0);
	assert_int_equal(env_engine->ops->poll(env_engine, 0, back, 1), 0);
	for (i = 0; i < total; i++) {
		full += pkt_meta(back[i])->verdict == DROP_CRYPTO_FULL;
		assert_int_equal(rte_mbuf_refcnt_read(back[i]), 1);
		pkt_meta(back[i])->verdict = 0xff; /* each once */
	}
	for (i = 0; i < total; i++)
		assert_int_equal(pkt_meta(pkts[i])->verdict, 0xff);
	assert_int_equal(full, 500);
	counter_row(sadb_counters(env_db), 0, out->id)[SA_CNT_DONE] += total;
	rte_pktmbuf_free_bulk(pkts, total);
	free(pkts);
	free(back);
	env_sa_close(out);
}

/* More than goes through the library together, and all of it is done when encap() returns. */
static void
more_than_a_burst_is_done_at_once_and_in_order(void **state)
{
	struct sa_params prm = env_params("aes-gcm-16", 128, NULL, false);
	struct sa_ctl *out = env_sa_open(&prm, SA_DIR_OUT, 1);
	struct rte_mbuf *pkts[DP_VEC_MAX], *given[DP_VEC_MAX], *back;
	unsigned int i;

	for (i = 0; i < DP_VEC_MAX; i++) {
		given[i] = pkts[i] = env_packet(out, false, 40);
		env_outer_off(pkts[i]);
	}
	assert_true(env_engine->ops->encap(env_engine, 0, pkts, DP_VEC_MAX));
	assert_int_equal(env_engine->ops->in_flight(env_engine, 0), 0);
	assert_int_equal(env_engine->ops->poll(env_engine, 0, &back, 1), 0);
	for (i = 0; i < DP_VEC_MAX; i++) {
		assert_ptr_equal(pkts[i], given[i]);
		assert_int_equal(pkt_meta(pkts[i])->verdict, DROP_NONE);
		assert_int_equal(rte_be_to_cpu_32(rte_pktmbuf_mtod(pkts[i], struct rte_esp_hdr *)
								  ->seq),
				i + 1);
	}
	counter_row(sadb_counters(env_db), 0, out->id)[SA_CNT_DONE] += DP_VEC_MAX;
	rte_pktmbuf_free_bulk(pkts, DP_VEC_MAX);
	env_sa_close(out);
}

/* Two workers on one outbound SA: no number twice. */
static void
two_workers_share_the_numbers_of_one_sa(void **state)
{
	struct sa_params prm = env_params("aes-gcm-16", 128, NULL, false);
	struct sa_ctl *out = env_sa_open(&prm, SA_DIR_OUT, 2);
	uint8_t seen[1001] = { 0 };
	struct rte_mbuf *pkts[10];
	unsigned int round, i, k;

	for (round = 0; round < 100; round++) {
		for (i = 0; i < 10; i++) {
			pkts[i] = env_packet(out, false, 40);
			env_outer_off(pkts[i]);
		}
		k = env_engine->ops->encap(env_engine, round & 1, pkts, 10) ? 10 : 0;
		while (k < 10)
			k += env_engine->ops->poll(
					env_engine, round & 1, pkts + k, (uint16_t)(10 - k));
		for (i = 0; i < 10; i++) {
			uint32_t seq = rte_be_to_cpu_32(
					rte_pktmbuf_mtod(pkts[i], struct rte_esp_hdr *)->seq);

			assert_in_range(seq, 1, 1000);
			assert_int_equal(seen[seq]++, 0);
			counter_row(sadb_counters(env_db), round & 1, out->id)[SA_CNT_DONE]++;
		}
		rte_pktmbuf_free_bulk(pkts, 10);
	}
	env_sa_close(out);
}

static void
count_sessions(const char *device, const char *driver, unsigned int sessions, void *arg)
{
	assert_non_null(strstr(device, driver));
	*(unsigned int *)arg += sessions;
}

/* Beyond the first pool of sessions; and all of them are given back. */
static void
sessions_grow_by_pools_and_go(void **state)
{
	struct sa_params prm = env_params("aes-gcm-16", 128, NULL, false);
	unsigned int i, n = 0;

	for (i = 0; i < CD_POOL_FIRST + 200; i++) {
		prm.spi += 1;
		env_sa_open(&prm, SA_DIR_OUT, 1);
	}
	env_engine->ops->foreach_device(env_engine, count_sessions, &n);
	assert_int_equal(n, CD_POOL_FIRST + 200);
	for (i = 0; i < CD_POOL_FIRST + 200; i++, prm.spi--)
		env_sa_close(sadb_find(env_db, &prm.dst, prm.spi));
	n = 0;
	env_engine->ops->foreach_device(env_engine, count_sessions, &n);
	assert_int_equal(n, 0);
}

static void
what_no_device_runs_is_refused_in_a_sentence(void **state)
{
	struct sa_params prm = env_params("aes-cbc", 128, "hmac-sha1", false);
	struct alg odd = *prm.enc;
	struct err err = { 0 };
	char want[160];

	odd.cipher = RTE_CRYPTO_CIPHER_KASUMI_F8;
	prm.enc = &odd;
	assert_int_equal(env_engine->ops->session_check(env_engine, &prm, &err), -ENOTSUP);
	snprintf(want, sizeof(want),
			"sa 192.168.0.5 spi %u: no crypto device runs aes-cbc with a key of 128 "
			"bits "
			"and authentication hmac-sha1",
			prm.spi);
	assert_string_equal(err.msg, want);
}

/* A device of the EAL command line is used before one is made. */
static void
a_device_that_is_there_is_used_first(void **state)
{
	struct sa_params prm = env_params("aes-gcm-16", 128, NULL, false);
	struct sa_ctl *out = env_sa_open(&prm, SA_DIR_OUT, 1);

	/* setup() gave --vdev crypto_aesni_mb_given: slower for GCM than one that could be made */
	assert_string_equal(env_engine->ops->session_device(env_engine, out->sa),
			"crypto_aesni_mb_given");
	env_sa_close(out);
}

static int
setup(void **state)
{
	env_vdev = "crypto_aesni_mb_given";
	if (env_wants("ipsec_mb"))
		env_vdev = NULL;
	return env_open(2);
}

int
main(void)
{
	const struct CMUnitTest ipsec_mb[] = {
		cmocka_unit_test(many_sas_over_several_devices_keep_their_order),
		cmocka_unit_test(two_workers_share_the_numbers_of_one_sa),
		cmocka_unit_test(more_than_a_burst_is_done_at_once_and_in_order),
	};
	const struct CMUnitTest cryptodev[] = {
		cmocka_unit_test(many_sas_over_several_devices_keep_their_order),
		cmocka_unit_test(packets_beyond_the_ops_come_back_named),
		cmocka_unit_test(two_workers_share_the_numbers_of_one_sa),
		cmocka_unit_test(sessions_grow_by_pools_and_go),
		cmocka_unit_test(what_no_device_runs_is_refused_in_a_sentence),
		cmocka_unit_test(a_device_that_is_there_is_used_first),
	};

	if (env_wants("ipsec_mb"))
		return cmocka_run_group_tests_name("engine/burst", ipsec_mb, setup, env_teardown);
	return cmocka_run_group_tests_name("engine/burst", cryptodev, setup, env_teardown);
}
