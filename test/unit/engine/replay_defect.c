/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Why the engine does not use rte_ipsec's own replay window (ADR 4): half of all replays
 * pass it. When this test fails because none does any more, the library was mended and the decision
 * can be looked at again.
 */
#include "env.h"

#include <rte_cryptodev.h>
#include <rte_ipsec.h>
#include <rte_malloc.h>

#define WINDOW 64
#define IV_OFFSET (sizeof(struct rte_crypto_op) + sizeof(struct rte_crypto_sym_op))

/*
 * A session as the library's own window would be used: null device, no integrity check, which plays
 * no part here.
 */
static struct rte_ipsec_sa *
library_sa(struct rte_ipsec_session *ss, struct rte_mempool *sessions)
{
	struct rte_crypto_sym_xform cipher = { .type = RTE_CRYPTO_SYM_XFORM_CIPHER,
		.cipher = { .op = RTE_CRYPTO_CIPHER_OP_DECRYPT,
				.algo = RTE_CRYPTO_CIPHER_NULL,
				.iv = { .offset = IV_OFFSET } } };
	struct rte_crypto_sym_xform auth = { .type = RTE_CRYPTO_SYM_XFORM_AUTH,
		.next = &cipher,
		.auth = { .op = RTE_CRYPTO_AUTH_OP_VERIFY, .algo = RTE_CRYPTO_AUTH_NULL } };
	struct rte_ipsec_sa_prm prm = { .crypto_xform = &auth, .trs.proto = IPPROTO_IPIP };
	struct rte_ipsec_sa *sa;
	int size;

	prm.ipsec_xform.spi = 1000;
	prm.ipsec_xform.direction = RTE_SECURITY_IPSEC_SA_DIR_INGRESS;
	prm.ipsec_xform.proto = RTE_SECURITY_IPSEC_SA_PROTO_ESP;
	prm.ipsec_xform.mode = RTE_SECURITY_IPSEC_SA_MODE_TRANSPORT;
	prm.ipsec_xform.replay_win_sz = WINDOW;
	size = rte_ipsec_sa_size(&prm);
	assert_true(size > 0);
	sa = rte_zmalloc(NULL, (size_t)size, RTE_CACHE_LINE_SIZE);
	assert_int_equal(rte_ipsec_sa_init(sa, &prm, (uint32_t)size), size);
	*ss = (struct rte_ipsec_session){ .sa = sa, .type = RTE_SECURITY_ACTION_TYPE_NONE };
	ss->crypto.ses = rte_cryptodev_sym_session_create(0, &auth, sessions);
	assert_non_null(ss->crypto.ses);
	assert_int_equal(rte_ipsec_session_prepare(ss), 0);
	return sa;
}

static struct rte_mbuf *
packet(uint32_t seq)
{
	/* IPv4 header, SPI, number, then two bytes of padding, their length, no next header */
	uint8_t wire[20 + 8 + 4] = {
		0x45, [19] = 1, [22] = 0x03, [23] = 0xe8, [28] = 1, [29] = 2, [30] = 2, [31] = 59
	};
	struct rte_mbuf *m = rte_pktmbuf_alloc(env_pool);

	wire[24] = (uint8_t)(seq >> 24);
	wire[25] = (uint8_t)(seq >> 16);
	wire[26] = (uint8_t)(seq >> 8);
	wire[27] = (uint8_t)seq;
	memcpy(rte_pktmbuf_append(m, sizeof(wire)), wire, sizeof(wire));
	m->tx_offload = rte_mbuf_tx_offload(0, 20, 0, 0, 0, 0, 0);
	return m;
}

static bool
library_takes(struct rte_ipsec_session *ss, struct rte_crypto_op *op, uint32_t seq)
{
	struct rte_mbuf *m = packet(seq);
	bool taken;

	/* the null device would do nothing in between */
	taken = rte_ipsec_pkt_crypto_prepare(ss, &m, &op, 1) == 1 &&
			rte_ipsec_pkt_process(ss, &m, 1) == 1;
	rte_pktmbuf_free(m);
	return taken;
}

static void
the_library_takes_half_of_all_replays_and_ours_takes_none(void **state)
{
	struct rte_mempool *ops, *sessions;
	struct rte_ipsec_session ss;
	struct rte_ipsec_sa *sa;
	struct rte_crypto_op *op;
	struct replay ours;
	uint32_t seq, replays = 0;

	ops = rte_crypto_op_pool_create(
			"ops", RTE_CRYPTO_OP_TYPE_SYMMETRIC, 15, 0, 16, SOCKET_ID_ANY);
	sessions = rte_cryptodev_sym_session_pool_create("ses", 15,
			rte_cryptodev_sym_get_private_session_size(0), 0, 0, SOCKET_ID_ANY);
	op = rte_crypto_op_alloc(ops, RTE_CRYPTO_OP_TYPE_SYMMETRIC);
	assert_non_null(op);
	sa = library_sa(&ss, sessions);
	assert_int_equal(replay_init(&ours, WINDOW, false), 0);
	for (seq = 1; seq <= 3 * WINDOW; seq++) {
		assert_true(library_takes(&ss, op, seq));
		assert_true(replay_accept(&ours, seq));
	}
	for (seq = 1; seq <= 3 * WINDOW; seq++) {
		replays += library_takes(&ss, op, seq);
		assert_false(replay_accept(&ours, seq));
	}
	print_message("rte_ipsec took %u replays of a window of %d\n", replays, WINDOW);
	assert_in_range(replays, WINDOW / 2, WINDOW / 2 + 1);
	replay_fini(&ours);
	rte_cryptodev_sym_session_free(0, ss.crypto.ses);
	rte_free(sa);
	rte_crypto_op_free(op);
	rte_mempool_free(ops);
	rte_mempool_free(sessions);
}

static int
setup(void **state)
{
	env_vdev = "crypto_null_defect";
	return env_open(1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_library_takes_half_of_all_replays_and_ours_takes_none),
	};

	return cmocka_run_group_tests_name("engine/replay_defect", tests, setup, env_teardown);
}
