/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The two engines beside each other: for the same key, sequence number and IV they send the same
 * bytes, and each takes what the other has sent. Needs no TEST_ENGINE: it opens both.
 */
#include "env.h"

#include <errno.h>
#include <string.h>

#include "drivers/engine/engines.h"

#define BURST 48

/* one[0]: cryptodev, one[1]: ipsec_mb */
static struct engine *engines[2];

struct pair {
	struct sa_ctl *out[2], *in[2];
};

static const struct suite {
	const char *enc;
	unsigned int bits;
	const char *auth;
} suites[] = {
	{ "aes-gcm-16", 128, NULL },
	{ "aes-gcm-16", 192, NULL },
	{ "aes-gcm-16", 256, NULL },
	{ "chacha20-poly1305", 256, NULL },
	{ "aes-cbc", 128, "hmac-sha1" },
	{ "aes-cbc", 192, "hmac-sha2-256" },
	{ "aes-cbc", 256, "hmac-sha2-384" },
	{ "aes-cbc", 256, "hmac-sha2-512" },
	{ "aes-cbc", 128, "aes-xcbc-mac" },
	{ "aes-cbc", 192, NULL },
	{ "aes-cbc", 128, "null" },
	{ "aes-ctr", 128, "hmac-sha2-256" },
	{ "aes-ctr", 192, "hmac-sha1" },
	{ "aes-ctr", 256, "hmac-sha2-512" },
	{ "aes-ctr", 256, NULL },
	{ "null", 0, "hmac-sha1" },
	{ "null", 0, "hmac-sha2-256" },
	{ NULL, 0, "hmac-sha2-384" },
	{ NULL, 0, "hmac-sha2-512" },
	{ NULL, 0, "aes-xcbc-mac" },
	{ "null", 0, "aes-gmac" },
};

/* Same SPI and keys; the second engine's SA has another destination, which ESP does not show. */
static void
pair_open(struct pair *p, struct sa_params prm)
{
	unsigned int e;

	prm.replay_window = 64;
	for (e = 0; e < 2; e++) {
		env_engine = engines[e];
		p->out[e] = env_sa_open(&prm, SA_DIR_OUT, 1);
		p->in[e] = env_sa_open(&prm, SA_DIR_IN, 1);
		prm.dst.v6[3] ^= 0x10;
	}
	p->out[1]->sa->iv_mask = p->out[0]->sa->iv_mask;
}

static void
pair_close(struct pair *p)
{
	unsigned int e;

	for (e = 0; e < 2; e++) {
		env_sa_close(p->out[e]);
		env_sa_close(p->in[e]);
	}
}

/* A burst of each length of lens[], encrypted by both engines and decrypted by the other one. */
static void
burst_check(struct pair *p, const uint16_t lens[], uint16_t n, bool same_padding)
{
	struct rte_mbuf *sent[2][BURST];
	const uint16_t l3 = (uint16_t)((p->out[0]->prm.dst.af == AF_INET6 ? 40 : 20) +
			(p->out[0]->prm.natt_sport != 0 ? 8 : 0));
	unsigned int e;
	uint16_t i;

	for (e = 0; e < 2; e++) {
		for (i = 0; i < n; i++)
			sent[e][i] = env_packet(p->out[e], i & 1, lens[i]);
		env_engine = engines[e];
		env_encap(sent[e], n);
	}
	for (i = 0; i < n; i++) {
		assert_int_equal(pkt_meta(sent[0][i])->verdict, DROP_NONE);
		assert_int_equal(pkt_meta(sent[1][i])->verdict, DROP_NONE);
		assert_int_equal(sent[0][i]->data_len, sent[1][i]->data_len);
		assert_int_equal(sent[1][i]->data_len, sent[1][i]->pkt_len);
		if (same_padding)
			assert_memory_equal(rte_pktmbuf_mtod_offset(sent[0][i], uint8_t *, l3),
					rte_pktmbuf_mtod_offset(sent[1][i], uint8_t *, l3),
					sent[0][i]->data_len - l3);
	}
	for (e = 0; e < 2; e++) {
		env_engine = engines[e];
		env_decap(p->in[e], sent[1 - e], n);
	}
	for (i = 0; i < n; i++) {
		const struct pkt_meta *a = pkt_meta(sent[0][i]), *b = pkt_meta(sent[1][i]);

		assert_int_equal(a->verdict, DROP_NONE);
		assert_int_equal(b->verdict, DROP_NONE);
		assert_int_equal(a->seq, b->seq);
		assert_int_equal(a->inner_proto, b->inner_proto);
		assert_int_equal(sent[0][i]->data_len, lens[i]);
		assert_int_equal(sent[1][i]->data_len, lens[i]);
		assert_memory_equal(rte_pktmbuf_mtod(sent[0][i], uint8_t *),
				rte_pktmbuf_mtod(sent[1][i], uint8_t *), lens[i]);
	}
	rte_pktmbuf_free_bulk(sent[0], n);
	rte_pktmbuf_free_bulk(sent[1], n);
}

static bool
params(const struct suite *s, bool ip6, bool natt, bool esn, struct sa_params *ret_prm)
{
	*ret_prm = env_params(s->enc, s->bits, s->auth, ip6);
	ret_prm->natt_sport = natt ? 4500 : 0;
	ret_prm->natt_dport = natt ? 4500 : 0;
	ret_prm->esn = esn;
	ret_prm->seq_start = esn ? (UINT64_C(5) << 32) + 7 : 0;
	if (esn && (s->auth == NULL || strcmp(s->auth, "null") == 0) &&
			(s->enc == NULL || ret_prm->enc->kind != ALG_AEAD))
		return false; /* no ICV: not an SA */
	return !esn || s->auth == NULL || strcmp(s->auth, "aes-gmac") != 0;
}

static void
they_send_the_same_bytes_at_every_length(void **state)
{
	unsigned int i, esn, len;
	uint16_t lens[BURST], n;
	struct sa_params prm;
	struct pair p;

	for (i = 0; i < RTE_DIM(suites); i++) {
		for (esn = 0; esn < 2; esn++) {
			if (!params(&suites[i], false, false, esn, &prm))
				continue;
			pair_open(&p, prm);
			for (len = 20; len <= 1500;) {
				for (n = 0; n < BURST && len <= 1500; n++)
					lens[n] = (uint16_t)len++;
				burst_check(&p, lens, n, true);
			}
			pair_close(&p);
		}
	}
}

static void
they_send_the_same_bytes_in_every_outer_header_and_padding(void **state)
{
	static const uint16_t lens[] = { 20, 21, 22, 23, 28, 29, 30, 31, 37, 38, 40, 41, 63, 64, 65,
		66, 127, 128, 255, 256, 1400, 1401 };
	struct sa_params prm;
	unsigned int i, how;
	struct pair p;

	for (i = 0; i < RTE_DIM(suites); i++) {
		for (how = 0; how < 24; how++) {
			if (!params(&suites[i], how & 1, how & 2, how & 4, &prm))
				continue;
			prm.pad = (enum sa_pad)(how / 8);
			pair_open(&p, prm);
			burst_check(&p, lens, RTE_DIM(lens), prm.pad != SA_PAD_RANDOM);
			pair_close(&p);
		}
	}
}

#define KEYS 12
#define FORGED 5

/* Engines keep the order of an SA, not of a burst. */
static void
by_number(struct rte_mbuf *pkts[BURST])
{
	struct rte_mbuf *in_order[BURST];
	unsigned int i;

	for (i = 0; i < BURST; i++)
		in_order[pkt_meta(pkts[i])->nh] = pkts[i];
	memcpy(pkts, in_order, sizeof(in_order));
}

/* Packets of SAs with keys of their own, one after the other, the ICV of one of them wrong. */
static void
keys_check(const struct pair p[KEYS])
{
	struct rte_mbuf *sent[2][BURST], *m;
	unsigned int e, i;

	for (e = 0; e < 2; e++) {
		for (i = 0; i < BURST; i++) {
			sent[e][i] = env_packet(p[i % KEYS].out[e], false, (uint16_t)(20 + 29 * i));
			pkt_meta(sent[e][i])->nh = i;
		}
		env_engine = engines[e];
		env_encap(sent[e], BURST);
		by_number(sent[e]);
		for (i = 0; i < BURST; i++)
			assert_int_equal(pkt_meta(sent[e][i])->verdict, DROP_NONE);
	}
	for (i = 0; i < BURST; i++) {
		assert_int_equal(sent[0][i]->data_len, sent[1][i]->data_len);
		assert_memory_equal(rte_pktmbuf_mtod_offset(sent[0][i], uint8_t *, 20),
				rte_pktmbuf_mtod_offset(sent[1][i], uint8_t *, 20),
				sent[0][i]->data_len - 20);
	}
	for (e = 0; e < 2; e++) {
		m = sent[1 - e][FORGED];
		*rte_pktmbuf_mtod_offset(m, uint8_t *, m->data_len - 1) ^= 1;
		for (i = 0; i < BURST; i++)
			pkt_meta(sent[1 - e][i])->sa = p[i % KEYS].in[e]->sa;
		env_engine = engines[e];
		env_decap(NULL, sent[1 - e], BURST);
		by_number(sent[1 - e]);
	}
	for (e = 0; e < 2; e++) {
		for (i = 0; i < BURST; i++) {
			assert_int_equal(pkt_meta(sent[e][i])->verdict,
					i == FORGED ? DROP_AUTH : DROP_NONE);
			if (i != FORGED)
				assert_int_equal(sent[e][i]->data_len, 20 + 29 * i);
		}
		rte_pktmbuf_free_bulk(sent[e], BURST);
	}
}

/* All of one pair of algorithms, and mixed. */
static void
they_send_the_same_bytes_in_bursts_of_many_keys(void **state)
{
	struct pair p[KEYS];
	struct sa_params prm;
	unsigned int i, k, b;

	for (i = 0; i <= RTE_DIM(suites); i++) {
		/* suites without an ICV take what is forged */
		if (i < RTE_DIM(suites) && suites[i].auth == NULL && suites[i].bits != 0 &&
				strncmp(suites[i].enc, "aes-c", 5) == 0)
			continue;
		if (i < RTE_DIM(suites) && suites[i].auth != NULL &&
				strcmp(suites[i].auth, "null") == 0)
			continue;
		for (k = 0; k < KEYS; k++) {
			assert_true(params(&suites[i < RTE_DIM(suites) ? i : k], false, false,
					false, &prm));
			for (b = 0; b < prm.keys.enc_len; b++)
				prm.keys.enc[b] ^= (uint8_t)(k * 16);
			for (b = 0; b < prm.keys.auth_len; b++)
				prm.keys.auth[b] ^= (uint8_t)(k * 16);
			pair_open(&p[k], prm);
		}
		keys_check(p);
		for (k = 0; k < KEYS; k++)
			pair_close(&p[k]);
	}
}

static void
what_ipsec_mb_does_not_run_it_refuses_in_a_sentence(void **state)
{
	struct sa_params prm = env_params("3des-cbc", 192, "hmac-sha1", false);
	struct err err = { 0 };

	assert_int_equal(engines[1]->ops->session_check(engines[1], &prm, &err), -ENOTSUP);
	assert_string_equal(err.msg,
			"ipsec_mb does not run 3des-cbc with authentication hmac-sha1 "
			"(crypto.engine cryptodev or auto)");
}

static int
setup(void **state)
{
	struct err err = { 0 };

	if (env_open(1) < 0)
		return -1;
	engines[0] = env_engine;
	engines[1] = engine_ipsec_mb_ops.open(sadb_counters(env_db), 1, &err);
	return engines[1] == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	engines[1]->ops->close(engines[1]);
	env_engine = engines[0];
	return env_close();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_send_the_same_bytes_at_every_length),
		cmocka_unit_test(they_send_the_same_bytes_in_every_outer_header_and_padding),
		cmocka_unit_test(they_send_the_same_bytes_in_bursts_of_many_keys),
		cmocka_unit_test(what_ipsec_mb_does_not_run_it_refuses_in_a_sentence),
	};

	return cmocka_run_group_tests_name("engine/alike", tests, setup, teardown);
}
