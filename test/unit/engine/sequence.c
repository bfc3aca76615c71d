/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sequence numbers through an engine: exhaustion, extended numbers over 2^32, late
 * packets, replays.
 */
#include "env.h"

#include <stdlib.h>

#include <rte_esp.h>

#define TWO_32 (UINT64_C(1) << 32)

static struct sa_ctl *out, *in;

static void
pair_open(const char *enc, unsigned int bits, const char *auth, bool esn, uint64_t start,
		uint32_t window)
{
	struct sa_params prm = env_params(enc, bits, auth, false);

	prm.esn = esn;
	prm.seq_start = start;
	prm.replay_window = window;
	out = env_sa_open(&prm, SA_DIR_OUT, 1);
	in = env_sa_open(&prm, SA_DIR_IN, 1);
}

static void
pair_close(void)
{
	env_sa_close(out);
	env_sa_close(in);
}

/* n packets that follow each other, on the wire. */
static void
transmit(struct rte_mbuf *pkts[], uint16_t n)
{
	uint16_t i;

	for (i = 0; i < n; i++)
		pkts[i] = env_packet(out, false, 40);
	env_encap(pkts, n);
	for (i = 0; i < n; i++) {
		assert_int_equal(pkt_meta(pkts[i])->verdict, DROP_NONE);
		env_outer_finish(pkts[i], false);
	}
}

static struct rte_mbuf *
copy(struct rte_mbuf *m)
{
	return env_wire(in, rte_pktmbuf_mtod(m, uint8_t *), m->data_len, 20);
}

/*
 * As the datapath: the window moves for what has authenticated. Returns true when taken; *ret_seq
 * its number.
 */
static bool
receive(struct rte_mbuf *m, uint64_t *ret_seq)
{
	bool taken;

	env_decap(in, &m, 1);
	taken = pkt_meta(m)->verdict == DROP_NONE &&
			replay_accept(&in->sa->replay, pkt_meta(m)->seq);
	*ret_seq = pkt_meta(m)->seq;
	rte_pktmbuf_free(m);
	return taken;
}

static void
stops_at_the_last_number_and_stays_stopped(void **state)
{
	struct rte_mbuf *pkts[8];
	unsigned int i, round, good = 0;
	uint32_t last = 0, unused;

	pair_open("aes-gcm-16", 128, NULL, false, UINT32_MAX - 5, 64);
	for (round = 0; round < 3; round++) {
		for (i = 0; i < 8; i++)
			pkts[i] = env_packet(out, false, 40);
		env_encap(pkts, 8);
		for (i = 0; i < 8; i++) {
			uint8_t v = pkt_meta(pkts[i])->verdict;

			assert_true(v == DROP_NONE || v == DROP_SEQ_EXHAUSTED);
			if (v == DROP_NONE) {
				uint32_t seq = rte_be_to_cpu_32(rte_pktmbuf_mtod_offset(
						pkts[i], struct rte_esp_hdr *, 20)
										->seq);

				assert_true(seq > last && seq > UINT32_MAX - 5);
				last = seq;
				good++;
			}
			rte_pktmbuf_free(pkts[i]);
		}
	}
	/* rte_ipsec leaves the very last number unused */
	unused = env_wants("cryptodev") ? 1 : 0;
	assert_int_equal(good, 5 - unused);
	assert_int_equal(last, UINT32_MAX - unused);
	pair_close();
}

/* In bursts of 16, each packet of which may be on either side of 2^32. */
static void
extended_numbers_cross_two_to_the_thirty_two_in_a_burst(void **state)
{
	static const struct {
		const char *enc;
		unsigned int bits;
		const char *auth;
	} suites[] = { { "aes-gcm-16", 128, NULL }, { "aes-cbc", 128, "hmac-sha2-256" },
		{ "chacha20-poly1305", 256, NULL }, { "null", 0, "hmac-sha1" } };
	struct rte_mbuf *pkts[16];
	unsigned int i, s, at, burst;

	for (s = 0; s < RTE_DIM(suites); s++) {
		for (at = 0; at < 16; at += 5) {
			uint64_t want = TWO_32 - 24 - at;

			pair_open(suites[s].enc, suites[s].bits, suites[s].auth, true, want, 64);
			for (burst = 0; burst < 4; burst++) {
				transmit(pkts, 16);
				env_decap(in, pkts, 16);
				for (i = 0; i < 16; i++) {
					assert_int_equal(pkt_meta(pkts[i])->verdict, DROP_NONE);
					assert_int_equal(pkt_meta(pkts[i])->seq, ++want);
					assert_true(replay_accept(&in->sa->replay, want));
					rte_pktmbuf_free(pkts[i]);
				}
			}
			assert_true(in->sa->replay.top > TWO_32);
			pair_close();
		}
	}
}

/*
 * rte_ipsec infers once when it prepares and again when it finishes, from a top that has moved: a
 * packet more than a window late in the same burst would throw the top 2^32 ahead, and nothing
 * would authenticate any more.
 */
static void
a_late_packet_in_a_burst_does_not_throw_the_numbers_off(void **state)
{
	struct rte_mbuf *pkts[200], *burst[4];
	uint64_t seq;

	pair_open("aes-gcm-16", 128, NULL, true, 0, 64);
	transmit(pkts, 200);
	/* within one burst: far ahead, then number 2, then on */
	burst[0] = copy(pkts[150]);
	burst[1] = copy(pkts[1]);
	burst[2] = copy(pkts[151]);
	burst[3] = copy(pkts[152]);
	env_decap(in, burst, 4);
	assert_int_equal(pkt_meta(burst[0])->verdict, DROP_NONE);
	/* the other engine leaves it to the window, which the datapath moves for each in turn */
	assert_int_equal(pkt_meta(burst[1])->verdict,
			env_wants("cryptodev") ? DROP_REPLAY : DROP_NONE);
	assert_int_equal(pkt_meta(burst[2])->verdict, DROP_NONE);
	assert_int_equal(pkt_meta(burst[3])->verdict, DROP_NONE);
	assert_int_equal(pkt_meta(burst[3])->seq, 153);
	replay_accept(&in->sa->replay, 151);
	assert_int_equal(pkt_meta(burst[1])->seq, 2);
	assert_false(replay_accept(&in->sa->replay, pkt_meta(burst[1])->seq));
	replay_accept(&in->sa->replay, 152);
	replay_accept(&in->sa->replay, 153);
	rte_pktmbuf_free_bulk(burst, 4);
	assert_true(receive(copy(pkts[160]), &seq));
	assert_int_equal(seq, 161);
	rte_pktmbuf_free_bulk(pkts, 200);
	pair_close();
}

/*
 * Late by more than the window, but in a burst of its own: taken for a number 2^32 on, which does
 * not authenticate.
 */
static void
a_late_packet_on_its_own_fails_without_harm(void **state)
{
	struct rte_mbuf *pkts[200];
	uint64_t seq;

	pair_open("aes-cbc", 128, "hmac-sha1", true, TWO_32 - 100, 64);
	transmit(pkts, 200);
	assert_true(receive(copy(pkts[0]), &seq));
	assert_int_equal(seq, TWO_32 - 99);
	assert_true(receive(copy(pkts[180]), &seq));
	assert_int_equal(seq, TWO_32 + 81);
	assert_false(receive(copy(pkts[3]), &seq));
	assert_true(receive(copy(pkts[181]), &seq));
	assert_int_equal(seq, TWO_32 + 82);
	assert_true(receive(copy(pkts[150]), &seq));
	assert_int_equal(seq, TWO_32 + 51);
	rte_pktmbuf_free_bulk(pkts, 200);
	pair_close();
}

static void
shuffle(struct rte_mbuf *pkts[], unsigned int n)
{
	unsigned int k;

	for (; n > 1; n--) {
		struct rte_mbuf *tmp = pkts[n - 1];

		k = (unsigned int)rand() % n;
		pkts[n - 1] = pkts[k];
		pkts[k] = tmp;
	}
}

static void
every_replay_is_refused_and_every_late_packet_taken_once(void **state)
{
	static const uint32_t windows[] = { 32, 64, 128, 1024 };
	static struct rte_mbuf *pkts[1500];
	unsigned int w, esn, i;
	uint64_t seq;

	srand(6479);
	for (w = 0; w < RTE_DIM(windows); w++) {
		for (esn = 0; esn < 2; esn++) {
			pair_open("aes-gcm-16", 128, NULL, esn, esn ? TWO_32 - 700 : 0, windows[w]);
			for (i = 0; i < 1500; i += 100)
				transmit(pkts + i, 100);
			for (i = 0; i < 1500; i += windows[w] / 2)
				shuffle(pkts + i, RTE_MIN(windows[w] / 2, 1500 - i));
			for (i = 0; i < 1500; i++)
				assert_true(receive(copy(pkts[i]), &seq));
			for (i = 0; i < 1500; i++)
				assert_false(receive(copy(pkts[i]), &seq));
			rte_pktmbuf_free_bulk(pkts, 1500);
			pair_close();
		}
	}
}

/*
 * ADR 9: what is on the wire is not the number, does not repeat, and differs between two
 * lives of one key.
 */
static void
counter_mode_ivs_are_unique_and_not_the_number(void **state)
{
	uint64_t iv[2][64];
	struct rte_mbuf *pkts[64];
	unsigned int life, i, k;

	for (life = 0; life < 2; life++) {
		pair_open("aes-gcm-16", 128, NULL, false, 0, 64);
		transmit(pkts, 64);
		for (i = 0; i < 64; i++) {
			iv[life][i] = *rte_pktmbuf_mtod_offset(pkts[i], unaligned_uint64_t *, 28);
			assert_true(rte_be_to_cpu_64(iv[life][i]) != i + 1);
		}
		rte_pktmbuf_free_bulk(pkts, 64);
		pair_close();
	}
	for (i = 0; i < 64; i++) {
		for (k = 0; k < 64; k++) {
			assert_true(i == k || iv[0][i] != iv[0][k]);
			assert_true(iv[0][i] != iv[1][k]);
		}
	}
}

/* RFC 3602, 3: the IV of CBC must be unpredictable, so two differ in about half of their bits. */
static void
cbc_ivs_are_unpredictable(void **state)
{
	struct rte_mbuf *pkts[64];
	unsigned int i, b, differ;

	pair_open("aes-cbc", 128, "hmac-sha1", false, 0, 64);
	transmit(pkts, 64);
	for (i = 1; i < 64; i++) {
		const uint8_t *x = rte_pktmbuf_mtod_offset(pkts[i - 1], uint8_t *, 28);
		const uint8_t *y = rte_pktmbuf_mtod_offset(pkts[i], uint8_t *, 28);

		for (b = 0, differ = 0; b < 16; b++)
			differ += (unsigned int)__builtin_popcount(x[b] ^ y[b]);
		assert_in_range(differ, 32, 96);
	}
	rte_pktmbuf_free_bulk(pkts, 64);
	pair_close();
}

static uint64_t
first_iv(struct sa_ctl *ctl)
{
	struct rte_mbuf *m = env_packet(ctl, false, 40);
	uint64_t iv;

	env_encap(&m, 1);
	assert_int_equal(pkt_meta(m)->verdict, DROP_NONE);
	iv = *rte_pktmbuf_mtod_offset(m, unaligned_uint64_t *, 28);
	rte_pktmbuf_free(m);
	return iv;
}

/*
 * One key, number and mask: the same IV, whatever went through before. With cryptodev the op of a
 * packet that somebody sent us is used again for one of ours.
 */
static void
what_somebody_sent_does_not_choose_the_iv_of_cbc(void **state)
{
	uint8_t wire[20 + 8 + 16 + 32 + 12] = { 0x45 };
	struct rte_mbuf *m;
	uint64_t iv;

	pair_open("aes-cbc", 128, "hmac-sha1", false, 0, 64);
	out->sa->iv_mask = 4303;
	iv = first_iv(out);
	pair_close();
	memset(wire + 28, 0x77, 16); /* the IV of a forged packet */
	pair_open("aes-cbc", 128, "hmac-sha1", false, 0, 64);
	m = env_wire(in, wire, sizeof(wire), 20);
	env_decap(in, &m, 1);
	assert_int_equal(pkt_meta(m)->verdict, DROP_AUTH);
	rte_pktmbuf_free(m);
	out->sa->iv_mask = 4303;
	assert_int_equal(first_iv(out), iv);
	pair_close();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stops_at_the_last_number_and_stays_stopped),
		cmocka_unit_test(extended_numbers_cross_two_to_the_thirty_two_in_a_burst),
		cmocka_unit_test(a_late_packet_in_a_burst_does_not_throw_the_numbers_off),
		cmocka_unit_test(a_late_packet_on_its_own_fails_without_harm),
		cmocka_unit_test(every_replay_is_refused_and_every_late_packet_taken_once),
		cmocka_unit_test(counter_mode_ivs_are_unique_and_not_the_number),
		cmocka_unit_test(cbc_ivs_are_unpredictable),
		cmocka_unit_test(what_somebody_sent_does_not_choose_the_iv_of_cbc),
	};

	return cmocka_run_group_tests_name("engine/sequence", tests, env_setup, env_teardown);
}
