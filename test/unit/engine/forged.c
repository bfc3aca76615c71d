/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What others send: altered, cut, garbage. Nothing of it may be taken, and nothing may be lost or
 * touch what it should not.
 */
#include "env.h"

#include <netinet/in.h>
#include <stdlib.h>

static const struct {
	const char *enc;
	unsigned int key_bits;
	const char *auth;
} suites[] = {
	{ "aes-gcm-16", 128, NULL },
	{ "chacha20-poly1305", 256, NULL },
	{ "aes-cbc", 128, "hmac-sha1" },
	{ "aes-cbc", 256, "hmac-sha2-512" },
	{ "aes-ctr", 128, "hmac-sha2-256" },
	{ "3des-cbc", 192, "hmac-sha2-384" },
	{ "null", 0, "aes-xcbc-mac" },
	{ "null", 0, "aes-gmac" },
};

/* One ESP packet on the wire. */
static struct rte_mbuf *
sent(struct sa_ctl *out, uint16_t len)
{
	struct rte_mbuf *m = env_packet(out, false, len);

	env_encap(&m, 1);
	assert_int_equal(pkt_meta(m)->verdict, DROP_NONE);
	env_outer_finish(m, false);
	return m;
}

static uint8_t
verdict_of(struct sa_ctl *in, const uint8_t *wire, uint16_t len, uint8_t l3_len)
{
	struct rte_mbuf *m = env_wire(in, wire, len, l3_len);
	uint8_t verdict;

	env_decap(in, &m, 1);
	verdict = pkt_meta(m)->verdict;
	rte_pktmbuf_free(m);
	return verdict;
}

/* The SPI is not flipped: it chose the SA, and rte_ipsec authenticates the SA's. */
static void
check_flips(struct sa_ctl *out, struct sa_ctl *in)
{
	struct rte_mbuf *m = sent(out, 60);
	uint8_t wire[256], l3_len = pkt_meta(m)->l3_len, v;
	const uint16_t len = m->data_len;
	uint16_t i;
	int bit;

	memcpy(wire, rte_pktmbuf_mtod(m, void *), len);
	rte_pktmbuf_free(m);
	for (i = (uint16_t)(l3_len + 4); i < len; i++) {
		for (bit = 0; bit < 8; bit += 7) {
			wire[i] ^= (uint8_t)(1 << bit);
			v = verdict_of(in, wire, len, l3_len);
			wire[i] ^= (uint8_t)(1 << bit);
			/*
			 * an extended number that can not be is refused before its ICV is looked at
			 */
			if (v == DROP_REPLAY && in->prm.esn && i < l3_len + 8)
				continue;
			assert_int_equal(v, DROP_AUTH);
		}
	}
	assert_int_equal(verdict_of(in, wire, len, l3_len), DROP_NONE);
}

static void
a_flip_of_any_bit_is_an_authentication_failure(void **state)
{
	unsigned int i, esn;

	for (i = 0; i < RTE_DIM(suites); i++) {
		for (esn = 0; esn < 2; esn++) {
			struct sa_params prm = env_params(
					suites[i].enc, suites[i].key_bits, suites[i].auth, esn);
			struct sa_ctl *out, *in;

			if (!env_runs(suites[i].enc, suites[i].auth, esn))
				continue;
			prm.esn = esn;
			prm.replay_window = 64;
			out = env_sa_open(&prm, SA_DIR_OUT, 1);
			in = env_sa_open(&prm, SA_DIR_IN, 1);
			check_flips(out, in);
			env_sa_close(out);
			env_sa_close(in);
		}
	}
}

/* At every length that classify lets pass: too short for padding of the block, ICV elsewhere. */
static void
a_cut_packet_is_never_taken(void **state)
{
	struct sa_ctl *out, *in;
	unsigned int i;

	for (i = 0; i < RTE_DIM(suites); i++) {
		struct sa_params prm = env_params(
				suites[i].enc, suites[i].key_bits, suites[i].auth, false);
		struct rte_mbuf *m;
		uint16_t len;

		if (!env_runs(suites[i].enc, suites[i].auth, false))
			continue;
		out = env_sa_open(&prm, SA_DIR_OUT, 1);
		in = env_sa_open(&prm, SA_DIR_IN, 1);
		m = sent(out, 100);
		for (len = (uint16_t)(20 + in->sa->min_len); len < m->data_len; len++) {
			uint8_t v = verdict_of(in, rte_pktmbuf_mtod(m, uint8_t *), len, 20);
			bool whole = (len - 20 - 8 - in->sa->iv_len - in->sa->icv_len) %
							in->sa->block_len ==
					0;

			assert_int_equal(v, whole ? DROP_AUTH : DROP_ESP_SHORT);
		}
		rte_pktmbuf_free(m);
		env_sa_close(out);
		env_sa_close(in);
	}
}

/*
 * Cipher without authentication: whatever decrypts. The pad length points anywhere; bytes outside
 * the packet stay as they are.
 */
static void
garbage_without_authentication_never_reaches_outside_the_packet(void **state)
{
	static const enum sa_pad pads[] = { SA_PAD_SEQ, SA_PAD_ZERO, SA_PAD_RANDOM };
	struct sa_params prm;
	uint8_t wire[128] = { 0x45 };
	unsigned int i, p;
	struct sa_ctl *in;
	size_t k;

	srand(4303);
	for (p = 0; p < RTE_DIM(pads); p++) {
		prm = env_params("aes-cbc", 128, NULL, false);
		prm.pad = pads[p];
		in = env_sa_open(&prm, SA_DIR_IN, 1);
		for (i = 0; i < 20000; i++) {
			uint16_t len = (uint16_t)(20 + 8 + 16 + 16 * (1 + rand() % 4));
			struct rte_mbuf *m;
			uint8_t before[16], v;

			for (k = 20; k < len; k++)
				wire[k] = (uint8_t)rand();
			m = env_wire(in, wire, len, 20);
			memset(rte_pktmbuf_mtod(m, uint8_t *) - 16, 0xa5, 16);
			memset(rte_pktmbuf_mtod(m, uint8_t *) + len, 0x5a, 16);
			memset(before, 0xa5, sizeof(before));
			env_decap(in, &m, 1);
			v = pkt_meta(m)->verdict;
			assert_true(v == DROP_NONE || v == DROP_PADDING);
			assert_true(m->data_len <= len - (v == DROP_NONE ? 20 : 0));
			assert_memory_equal((uint8_t *)m->buf_addr + RTE_PKTMBUF_HEADROOM - 16,
					before, 16);
			memset(before, 0x5a, sizeof(before));
			assert_memory_equal((uint8_t *)m->buf_addr + RTE_PKTMBUF_HEADROOM + len,
					before, 16);
			rte_pktmbuf_free(m);
		}
		env_sa_close(in);
	}
}

static void
the_padding_of_the_sa_is_sent_and_taken(void **state)
{
	struct sa_params prm = env_params("null", 0, "hmac-sha1", false);
	struct sa_ctl *out, *in, *strict;
	struct rte_mbuf *m;
	uint8_t *end;

	prm.pad = SA_PAD_ZERO;
	out = env_sa_open(&prm, SA_DIR_OUT, 1);
	in = env_sa_open(&prm, SA_DIR_IN, 1);
	m = sent(out, 41); /* one byte of padding, then two lengths up to four */
	end = rte_pktmbuf_mtod_offset(m, uint8_t *, m->data_len - 12);
	assert_int_equal(end[-2], 1);
	assert_int_equal(end[-3], 0);
	assert_int_equal(end[-1], IPPROTO_IPIP);
	env_decap(in, &m, 1);
	assert_int_equal(pkt_meta(m)->verdict, DROP_NONE);
	assert_int_equal(m->data_len, 41);
	rte_pktmbuf_free(m);

	/* the same packet is no good where the SA says 1, 2, 3... */
	m = sent(out, 41);
	env_sa_close(in);
	prm.pad = SA_PAD_SEQ;
	strict = env_sa_open(&prm, SA_DIR_IN, 1);
	env_decap(strict, &m, 1);
	assert_int_equal(pkt_meta(m)->verdict, DROP_PADDING);
	rte_pktmbuf_free(m);
	env_sa_close(out);
	env_sa_close(strict);
}

/*
 * rte_ipsec needs room behind the ICV for what an AEAD authenticates besides; the packet may fill its
 * buffer.
 */
static void
a_packet_that_fills_its_buffer_is_named(void **state)
{
	struct sa_params prm = env_params("aes-gcm-16", 128, NULL, false);
	struct sa_ctl *out = env_sa_open(&prm, SA_DIR_OUT, 1);
	struct sa_ctl *in = env_sa_open(&prm, SA_DIR_IN, 1);
	struct rte_mbuf *burst[3];
	uint8_t wire[2048] = { 0x45 };
	unsigned int i, refused;

	burst[0] = env_packet(out, false, 100);
	burst[1] = env_packet(out, false, (uint16_t)(2048 - 10)); /* no tailroom */
	burst[2] = env_packet(out, false, 100);
	env_encap(burst, 3);
	/* with cryptodev the refused one waits apart and comes first */
	refused = env_wants("cryptodev") ? 0 : 1;
	for (i = 0; i < 3; i++)
		assert_int_equal(pkt_meta(burst[i])->verdict,
				i == refused ? DROP_HEADROOM : DROP_NONE);
	rte_pktmbuf_free_bulk(burst, 3);

	burst[0] = env_packet(out, false, 100);
	/* what is left is less than ESP's header */
	rte_pktmbuf_prepend(burst[0], RTE_PKTMBUF_HEADROOM - 20 - 12);
	assert_true(rte_pktmbuf_headroom(burst[0]) == 12);
	pkt_meta(burst[0])->l3_len = 0;
	env_encap(burst, 1);
	assert_int_equal(pkt_meta(burst[0])->verdict, DROP_HEADROOM);
	rte_pktmbuf_free(burst[0]);

	burst[0] = env_wire(in, wire, 2048, 20);
	env_decap(in, burst, 1);
	assert_int_equal(pkt_meta(burst[0])->verdict,
			env_wants("cryptodev") ? DROP_HEADROOM : DROP_AUTH);
	rte_pktmbuf_free(burst[0]);
	env_sa_close(out);
	env_sa_close(in);
}

/* The library is not shown them. */
static void
a_long_chain_of_headers_in_front_is_no_matter(void **state)
{
	struct sa_params prm = env_params("aes-gcm-16", 128, NULL, true);
	struct sa_ctl *in = env_sa_open(&prm, SA_DIR_IN, 1);
	uint8_t wire[300] = { 0x60 };

	assert_int_equal(verdict_of(in, wire, 168 + 8 + 8 + 4 + 16, 168), DROP_AUTH);
	assert_int_equal(verdict_of(in, wire, 255 + 8 + 8 + 4 + 16, 255), DROP_AUTH);
	assert_int_equal(verdict_of(in, wire, 167 + 8 + 8 + 4 + 16, 167), DROP_AUTH);
	env_sa_close(in);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flip_of_any_bit_is_an_authentication_failure),
		cmocka_unit_test(a_cut_packet_is_never_taken),
		cmocka_unit_test(garbage_without_authentication_never_reaches_outside_the_packet),
		cmocka_unit_test(the_padding_of_the_sa_is_sent_and_taken),
		cmocka_unit_test(a_packet_that_fills_its_buffer_is_named),
		cmocka_unit_test(a_long_chain_of_headers_in_front_is_no_matter),
	};

	return cmocka_run_group_tests_name("engine/forged", tests, env_setup, env_teardown);
}
