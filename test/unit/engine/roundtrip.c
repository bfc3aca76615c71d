/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What goes into an engine comes out of it again, for every algorithm and every kind of
 * outer header.
 */
#include "env.h"

#include <rte_esp.h>

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

struct suite {
	const char *enc;
	unsigned int key_bits; /* without salt */
	const char *auth;
};

static const struct suite suites[] = {
	{ "aes-gcm-16", 128, NULL },
	{ "aes-gcm-16", 192, NULL },
	{ "aes-gcm-16", 256, NULL },
	{ "chacha20-poly1305", 256, NULL },
	{ "aes-cbc", 128, "hmac-sha1" },
	{ "aes-cbc", 192, "hmac-sha2-256" },
	{ "aes-cbc", 256, "hmac-sha2-384" },
	{ "rijndael-cbc", 256, "hmac-sha2-512" },
	{ "aes-cbc", 128, "aes-xcbc-mac" },
	{ "aes-cbc", 128, NULL },
	{ "aes-cbc", 128, "null" },
	{ "aes-ctr", 128, "hmac-sha2-256" },
	{ "aes-ctr", 192, "hmac-sha1" },
	{ "aes-ctr", 256, "hmac-sha2-512" },
	{ "aes-ctr", 256, NULL },
	{ "3des-cbc", 192, "hmac-sha1" },
	{ "null", 0, "hmac-sha1" },
	{ "null", 0, "hmac-sha2-256" },
	{ NULL, 0, "hmac-sha2-256" },
	{ "null", 0, "aes-gmac" },
	{ NULL, 0, "aes-xcbc-mac" },
};

static bool
has_icv(const struct sa_params *prm)
{
	return (prm->enc != NULL && prm->enc->icv_len != 0) ||
			(prm->auth != NULL && prm->auth->icv_len != 0);
}

/* Both families inside, lengths around the block sizes, in one burst. */
static void
check_pair(struct sa_ctl *out, struct sa_ctl *in, bool natt)
{
	const uint16_t lens[] = { 20, 21, 29, 30, 31, 33, 40, 63, 64, 65, 500, 1401 };
	struct rte_mbuf *pkts[2 * RTE_DIM(lens)];
	const uint16_t n = RTE_DIM(pkts);
	struct rte_mbuf *want;
	uint16_t i, l3;

	for (i = 0; i < n; i++)
		pkts[i] = env_packet(out, i & 1, lens[i / 2]);
	env_encap(pkts, n);
	for (i = 0; i < n; i++) {
		assert_int_equal(pkt_meta(pkts[i])->verdict, DROP_NONE);
		l3 = pkt_meta(pkts[i])->l3_len;
		assert_true(pkts[i]->data_len <= l3 + lens[i / 2] + out->sa->overhead);
		assert_true(pkts[i]->data_len - l3 >= in->sa->min_len);
		env_outer_finish(pkts[i], natt);
	}
	env_decap(in, pkts, n);
	for (i = 0; i < n; i++) {
		const struct pkt_meta *meta = pkt_meta(pkts[i]);

		want = env_packet(out, i & 1, lens[i / 2]);
		assert_int_equal(meta->verdict, DROP_NONE);
		assert_int_equal(meta->inner_proto, i & 1 ? IPPROTO_IPV6 : IPPROTO_IPIP);
		assert_int_equal(meta->seq, i + 1u + out->prm.seq_start);
		assert_int_equal(pkts[i]->data_len, lens[i / 2]);
		assert_int_equal(pkts[i]->pkt_len, lens[i / 2]);
		assert_memory_equal(rte_pktmbuf_mtod(pkts[i], uint8_t *),
				rte_pktmbuf_mtod_offset(want, uint8_t *, meta->l3_len),
				lens[i / 2]);
		/* the outer header is still there, in the headroom */
		l3 = (uint16_t)(meta->l3_len + sizeof(struct rte_esp_hdr) + in->sa->iv_len);
		assert_non_null(rte_pktmbuf_prepend(pkts[i], l3));
		if (out->prm.dst.af == AF_INET6)
			assert_memory_equal(ip6_src(pkt_ip6(pkts[i])), ip6_src(pkt_ip6(want)), 32);
		else
			assert_int_equal(pkt_ip4(pkts[i])->src_addr, pkt_ip4(want)->src_addr);
		rte_pktmbuf_free(want);
		rte_pktmbuf_free(pkts[i]);
	}
}

static void
check_suite(const struct suite *suite, bool ip6, bool natt, bool esn)
{
	struct sa_params prm = env_params(suite->enc, suite->key_bits, suite->auth, ip6);
	struct sa_ctl *out, *in;

	if (!env_runs(suite->enc, suite->auth, esn))
		return; /* refused: a test of its own */
	if (esn && !has_icv(&prm))
		return; /* refused by sa_params_check() */
	prm.esn = esn;
	prm.replay_window = 64;
	prm.natt_sport = natt ? 4500 : 0;
	prm.natt_dport = natt ? 4500 : 0;
	out = env_sa_open(&prm, SA_DIR_OUT, 1);
	in = env_sa_open(&prm, SA_DIR_IN, 1);
	check_pair(out, in, natt);
	env_sa_close(out);
	env_sa_close(in);
}

static void
every_algorithm_comes_back_over_every_outer_header(void **state)
{
	unsigned int i, how;

	for (i = 0; i < RTE_DIM(suites); i++) {
		for (how = 0; how < 8; how++) {
			check_suite(&suites[i], how & 1, how & 2, how & 4);
		}
	}
}

/* Whatever was made before for other algorithms. */
static void
each_algorithm_gets_its_fastest_device(void **state)
{
	static const struct {
		struct suite suite;
		const char *driver;
	} rows[] = {
		{ { "aes-cbc", 128, "hmac-sha1" }, "crypto_aesni_mb" },
		{ { "aes-gcm-16", 128, NULL }, "crypto_aesni_gcm" },
		{ { "3des-cbc", 192, "hmac-sha1" }, "crypto_openssl" },
		{ { "chacha20-poly1305", 256, NULL }, "crypto_aesni_mb" },
		{ { "null", 0, "aes-gmac" }, "crypto_aesni_gcm" },
		{ { "aes-ctr", 128, "hmac-sha1" }, "crypto_aesni_mb" },
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(rows); i++) {
		const struct suite *s = &rows[i].suite;
		struct sa_params prm = env_params(s->enc, s->key_bits, s->auth, false);
		struct sa_ctl *out = env_sa_open(&prm, SA_DIR_OUT, 1);
		const char *device = env_engine->ops->session_device(env_engine, out->sa);

		assert_memory_equal(device, rows[i].driver, strlen(rows[i].driver));
		env_sa_close(out);
	}
}

int
main(void)
{
	const struct CMUnitTest cryptodev[] = {
		cmocka_unit_test(each_algorithm_gets_its_fastest_device),
		cmocka_unit_test(every_algorithm_comes_back_over_every_outer_header),
	};
	const struct CMUnitTest ipsec_mb[] = {
		cmocka_unit_test(every_algorithm_comes_back_over_every_outer_header),
	};

	if (env_wants("ipsec_mb"))
		return cmocka_run_group_tests_name(
				"engine/roundtrip", ipsec_mb, env_setup, env_teardown);
	return cmocka_run_group_tests_name("engine/roundtrip", cryptodev, env_setup, env_teardown);
}
