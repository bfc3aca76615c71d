/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * No batching delay: a packet that comes alone leaves in the very poll that received it, out of a tunnel and into it, with each
 * engine and each way an engine may work (one call for a packet, jobs that are gathered).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/registry.h"
#include "pass.h"

#define PACKETS 5

static const struct algorithm {
	const char *enc, *auth;
	uint8_t enc_len, auth_len;
} algorithms[] = {
	{ "aes-gcm-16", NULL, 20, 0 },
	{ "aes-cbc", "hmac-sha1", 16, 20 },
	{ "aes-ctr", "hmac-sha2-256", 20, 32 },
	{ "chacha20-poly1305", NULL, 36, 0 },
};

static void
tunnel_with(const char *engine, const struct algorithm *a)
{
	struct err err = { 0 };
	struct sa_params prm;
	int dir;

	setup_ok(ctl_set_engine(gw.ctl, engine, &err), &err);
	ctl_sa_flush(gw.ctl);
	for (dir = 0; dir < 2; dir++) {
		prm = setup_sa_params(
				dir ? REMOTE : LOCAL, dir ? LOCAL : REMOTE, a->enc, a->enc_len);
		prm.auth = a->auth == NULL ? NULL : alg_find_authentication(a->auth);
		memset(prm.keys.auth, 2, a->auth_len);
		prm.keys.auth_len = a->auth_len;
		setup_sa(&gw, &prm);
	}
	pipe_poll(&gw);
	pipe_flush(&gw);
}

/* The frame into a port, one poll, and what left by wan0 becomes the frame. */
static void
one_poll(enum pipe_port in)
{
	struct rte_mbuf *m;

	assert_true(pipe_send(&gw, in, frame, len));
	assert_int_equal(dp_poll(ctl_dataplane(gw.ctl)), 1);
	m = pipe_receive(&gw, PIPE_WAN);
	assert_non_null(m);
	len = rte_pktmbuf_data_len(m);
	memcpy(frame, rte_pktmbuf_mtod(m, void *), len);
	rte_pktmbuf_free(m);
}

static void
a_packet_alone_leaves_in_the_poll_that_received_it(void **state)
{
	const struct engine_ops *engine;
	unsigned int e, i, n;

	(void)state;
	for (e = 0; (engine = registry_engine_at(e)) != NULL; e++) {
		for (i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
			print_message("%s, %s\n", engine->name, algorithms[i].enc);
			tunnel_with(engine->name, &algorithms[i]);
			for (n = 0; n < PACKETS; n++) {
				host_sends(false, 200);
				one_poll(PIPE_LAN);
				assert_int_equal(outer_proto(), IPPROTO_ESP);
				/* what was in it goes out by the tunnel again, in the same poll too */
				turn_round();
				one_poll(PIPE_WAN);
				assert_int_equal(outer_proto(), IPPROTO_ESP);
			}
			assert_int_equal(pipe_dropped(&gw), 0);
		}
	}
	assert_true(e > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_packet_alone_leaves_in_the_poll_that_received_it,
				gateway_create, gateway_destroy),
	};

	pipe_eal_init("0");
	return cmocka_run_group_tests_name("pipeline/same_poll", tests, NULL, NULL);
}
