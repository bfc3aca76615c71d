/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Both SAs of a tunnel are replaced 100 times, at both ends, under traffic both ways, while the engine holds packets of the old ones:
 * nothing is lost, nothing overtakes, no sequence number and no nonce goes over the wire twice. For each of the three ways to choose
 * the outbound SA.
 *
 * One gateway is both ends. Tunnel A is ipsec0, 192.168.0.3 -> .5; tunnel B is ipsec1, .4 -> .6. The test is the wire between them: what
 * leaves for .5 comes in again from .6, what leaves for .6 from .5 (ESP does not cover addresses).
 *
 *     10.2.0.7 -> wan0 -> ipsec0 =ESP=> wan0, test, wan0 => ipsec1 -> lan0        flow A
 *     10.3.0.7 -> wan0 -> ipsec1 =ESP=> wan0, test, wan0 => ipsec0 -> lan0        flow B
 * Plain packets come in FIB 0, where both nets lie behind the tunnels; what was decrypted is routed in FIB 1: they are on lan0.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "setup.h"
#include "slow_engine.h"

#define REKEYS 100
#define BURST 3 /* packets of each flow between two steps */
#define WIRE_MAX 256
#define SEEN_MAX 20000

static const char config[] =
		"{\"ports\": {"
		"\"lan0\": {\"device\": \"net_ring_lan\", \"mac\": \"02:00:00:00:00:01\"},"
		"\"wan0\": {\"device\": \"net_ring_wan\", \"mac\": \"02:00:00:00:00:02\","
		" \"addresses\": [\"192.168.0.3/24\", \"192.168.0.4/24\"]}},"
		"\"neighbors\": [{\"port\": \"wan0\", \"address\": \"192.168.0.5\", \"mac\": "
		"\"02:00:00:00:00:05\"},"
		"{\"port\": \"wan0\", \"address\": \"192.168.0.6\", \"mac\": "
		"\"02:00:00:00:00:06\"}],"
		"\"ipsec\": {\"ipsec0\": {\"reqid\": 100, \"up\": true, \"fib\": 1,"
		" \"tunnel\": {\"local\": \"192.168.0.3\", \"remote\": \"192.168.0.5\"}},"
		"\"ipsec1\": {\"reqid\": 200, \"up\": true, \"fib\": 1,"
		" \"tunnel\": {\"local\": \"192.168.0.4\", \"remote\": \"192.168.0.6\"}}},"
		"\"routes\": [{\"prefix\": \"10.2.0.0/16\", \"interface\": \"ipsec0\"},"
		"{\"prefix\": \"10.3.0.0/16\", \"interface\": \"ipsec1\"}]}";

struct setting {
	const char *oldsa, *rekey; /* sysctls */
	unsigned int engine;       /* of the registry */
	bool one_key;              /* the same for all SAs */
};

struct flow {
	uint32_t sent, received;
};

struct seen {
	uint64_t key, value;
};

static struct pipe gw;
static const struct setting *setting;
static struct flow flows[2];
static struct seen numbers[SEEN_MAX], nonces[SEEN_MAX];
static unsigned int nb_seen;
static struct {
	uint8_t bytes[256];
	uint16_t len;
} wire[WIRE_MAX];
static unsigned int nb_wire;

/* --- the gateway --- */

static void
sysctl(const char *name, const char *value)
{
	struct err err = { 0 };

	setup_ok(ctl_sysctl_set_text(gw.ctl, name, value, &err), &err);
}

static void
route_fib1(const char *prefix)
{
	struct ctl_route route = { .kind = RIB_GATEWAY, .fib = 1, .gateway = setup_ip("10.1.0.9") };
	struct err err;

	assert_int_equal(ip_prefix_parse(prefix, &route.prefix), 0);
	setup_ok(ctl_route_add(gw.ctl, &route, &err), &err);
}

static int
gateway_create(void **state)
{
	const struct iface_addr addr = { .prefix = { .addr = setup_ip("10.1.0.1"), .len = 24 } };
	const struct ip_addr host = setup_ip("10.1.0.9");
	const struct rte_ether_addr mac = { { 2, 0, 0, 0, 0, 9 } };
	struct err err = { 0 };

	setting = *state;
	slow_engine_use(setting->engine);
	memset(flows, 0, sizeof(flows));
	nb_seen = nb_wire = 0;
	log_set_level(LOG_LVL_ERROR); /* keys are shared on purpose */
	pipe_create(&gw, config);
	setup_ok(ctl_if_set_fib(gw.ctl, "lan0", 1, &err), &err);
	setup_ok(ctl_if_add_address(gw.ctl, "lan0", &addr, &err), &err);
	setup_ok(ctl_neigh_add(gw.ctl, "lan0", &host, &mac, &err), &err);
	route_fib1("10.2.0.0/16");
	route_fib1("10.3.0.0/16");
	sysctl("net.key.preferred_oldsa", setting->oldsa);
	sysctl("net.key.rekey", setting->rekey);
	pipe_poll(&gw);
	pipe_flush(&gw);
	return 0;
}

static int
gateway_destroy(void **state)
{
	(void)state;
	pipe_check_accounts(&gw);
	pipe_destroy(&gw);
	return 0;
}

/* --- SAs. Generation g: SPI 2000 + 2g from A to B, one more from B to A --- */

enum end { A, B };

static const char *const local[] = { "192.168.0.3", "192.168.0.4" };
static const char *const remote[] = { "192.168.0.5", "192.168.0.6" };

static uint32_t
spi_from(enum end from, unsigned int g)
{
	return 2000 + 2 * g + from;
}

static void
sa_add(enum end at, bool out, unsigned int g)
{
	struct sa_params prm = setup_sa_params(out ? local[at] : remote[at],
			out ? remote[at] : local[at], "aes-gcm-16", 20);

	prm.spi = spi_from(out ? at : !at, g);
	prm.reqid = at == A ? 100 : 200;
	prm.replay_window = 1024;
	if (!setting->one_key)
		memcpy(prm.keys.enc, &g, sizeof(g));
	setup_sa(&gw, &prm);
}

static void
all_add(unsigned int g)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		sa_add(i / 2, i % 2, g);
}

static void
sa_delete(enum end at, bool out, unsigned int g)
{
	const struct ip_addr l = setup_ip(local[at]), r = setup_ip(remote[at]);
	struct err err = { 0 };

	setup_ok(ctl_sa_delete(gw.ctl, out ? &l : &r, out ? &r : &l, spi_from(out ? at : !at, g),
				 &err),
			&err);
}

/* The generation that an end sends with. */
static unsigned int
sends_with(enum end at)
{
	const struct iface *ifp = iface_find(ctl_ifaces(gw.ctl), at == A ? "ipsec0" : "ipsec1");

	assert_non_null(ifp->sa_out);
	return (rte_be_to_cpu_32(ifp->sa_out->spi) - 2000) / 2;
}

static uint64_t
inside(void)
{
	struct dp_worker_stats s;

	dp_worker_stats(ctl_dataplane(gw.ctl), 0, &s);
	return s.in_flight;
}

/* --- traffic --- */

static void
send_both(unsigned int n)
{
	uint8_t frame[FRAME_MAX];
	uint16_t len;
	unsigned int i, f;

	for (i = 0; i < n; i++) {
		for (f = 0; f < 2; f++) {
			len = pipe_udp4(frame, PIPE_WAN, "198.51.100.9",
					f == A ? "10.2.0.7" : "10.3.0.7", 64);
			memcpy(frame + 42, &flows[f].sent, sizeof(flows[f].sent));
			flows[f].sent++;
			assert_true(pipe_send(&gw, PIPE_WAN, frame, len));
		}
	}
	pipe_poll(&gw);
}

/* ESP that has left: remembered, and made what the other end receives. */
static void
wire_take(void)
{
	struct rte_mbuf *m;

	pipe_poll(&gw);
	while ((m = pipe_receive(&gw, PIPE_WAN)) != NULL) {
		uint8_t *frame = wire[nb_wire].bytes;
		const uint16_t len = m->data_len;
		uint32_t spi, seq;
		uint64_t iv;

		assert_in_range(len, 60, sizeof(wire[0].bytes));
		memcpy(frame, rte_pktmbuf_mtod(m, void *), len);
		rte_pktmbuf_free(m);
		if (frame[12] != 8 || frame[13] != 0 || frame[23] != IPPROTO_ESP)
			continue; /* an announcement */
		memcpy(&spi, frame + 34, 4);
		memcpy(&seq, frame + 38, 4);
		memcpy(&iv, frame + 42, 8);
		spi = rte_be_to_cpu_32(spi);
		assert_true(nb_seen < SEEN_MAX && nb_wire + 1 < WIRE_MAX);
		numbers[nb_seen] = (struct seen){ spi, rte_be_to_cpu_32(seq) };
		/* both directions of a generation have one key */
		nonces[nb_seen++] = (struct seen){ setting->one_key ? 0 : spi / 2, iv };
		pipe_turn_round(frame);
		/* .5 -> .3 becomes .6 -> .4, and the reverse */
		frame_ip4(frame)->src_addr ^= RTE_BE32(5 ^ 6);
		frame_ip4(frame)->dst_addr ^= RTE_BE32(3 ^ 4);
		frame_mend4(frame);
		wire[nb_wire++].len = len;
	}
}

static void
wire_put(void)
{
	unsigned int i;

	for (i = 0; i < nb_wire; i++)
		assert_true(pipe_send(&gw, PIPE_WAN, wire[i].bytes, wire[i].len));
	nb_wire = 0;
	pipe_poll(&gw);
}

static void
deliver(void)
{
	struct rte_mbuf *m;

	pipe_poll(&gw);
	while ((m = pipe_receive(&gw, PIPE_LAN)) != NULL) {
		const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);

		if (frame[12] == 8 && frame[13] == 0 && frame[23] == IPPROTO_UDP) {
			struct flow *f = &flows[frame[31] == 2 ? A : B];
			uint32_t number;

			memcpy(&number, frame + 42, sizeof(number));
			assert_int_equal(number, f->received); /* none lost, none overtaken */
			f->received++;
		}
		rte_pktmbuf_free(m);
	}
}

/* All the way; what the engine keeps stays there. */
static void
pump(void)
{
	send_both(BURST);
	wire_take();
	wire_put();
	deliver();
}

static void
settle(void)
{
	slow_engine_gate_closed = false;
	wire_take();
	wire_put();
	deliver();
	assert_int_equal(inside(), 0);
	assert_int_equal(flows[A].received, flows[A].sent);
	assert_int_equal(flows[B].received, flows[B].sent);
}

static int
seen_order(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct seen));
}

static void
none_twice(struct seen *list)
{
	unsigned int i;

	qsort(list, nb_seen, sizeof(*list), seen_order);
	for (i = 1; i < nb_seen; i++)
		assert_true(seen_order(&list[i - 1], &list[i]) != 0);
}

/* --- replacing --- */

/* Packets of the old outbound SA are inside when it goes; they leave all the same. */
static void
delete_out_with_packets_inside(enum end at, unsigned int g)
{
	slow_engine_gate_closed = true;
	send_both(BURST);
	assert_true(inside() >= 2 * BURST);
	sa_delete(at, true, g);
	send_both(1);
	slow_engine_gate_closed = false;
	wire_take();
}

/* Packets of the old inbound SAs are inside when these go; they are delivered all the same. */
static void
delete_in_with_packets_inside(unsigned int g)
{
	slow_engine_gate_closed = true;
	wire_put();
	assert_true(inside() != 0);
	sa_delete(A, false, g);
	sa_delete(B, false, g);
	pump();
	settle();
}

static void
wait_for_the_move(enum end at, unsigned int g)
{
	unsigned int i;

	for (i = 0; i < 2000 && sends_with(at) != g; i++) {
		usleep(1000);
		pipe_poll(&gw);
	}
	assert_int_equal(sends_with(at), g);
}

/* As a keying daemon does it; A began it. */
static void
rekey(unsigned int g)
{
	const bool newest = setting->oldsa[0] == '0';
	const bool proven = !newest && strcmp(setting->rekey, "proven") == 0;

	sa_add(B, false, g);
	pump();
	slow_engine_gate_closed = g % 2; /* what is inside belongs to the old SAs */
	send_both(BURST);
	sa_add(A, false, g);
	sa_add(A, true, g);
	send_both(BURST);
	slow_engine_gate_closed = false;
	wire_take();
	wire_put();
	deliver();
	assert_int_equal(sends_with(A), newest ? g : g - 1);
	sa_add(B, true, g);
	assert_int_equal(sends_with(B), newest ? g : g - 1);
	pump();
	/* A gives its old one up; B has proof as soon as something comes */
	delete_out_with_packets_inside(A, g - 1);
	assert_int_equal(sends_with(A), g);
	wire_put();
	deliver();
	if (proven && g % 10 == 0) {
		pump();
		wait_for_the_move(B, g);
	}
	delete_out_with_packets_inside(B, g - 1);
	assert_int_equal(sends_with(B), g);
	delete_in_with_packets_inside(g - 1);
}

static void
loses_nothing_in_100_rekeys(void **state)
{
	unsigned int g;

	(void)state;
	all_add(0);
	pump();
	settle();
	for (g = 1; g <= REKEYS; g++)
		rekey(g);
	settle();
	assert_int_equal(pipe_dropped(&gw), 0);
	assert_int_equal(nb_seen, flows[A].sent + flows[B].sent);
	none_twice(numbers);
	none_twice(nonces);
}

/* delete and add of the same SPIs in one batch, as `setkey -f` of a file with new keys: what is inside is not lost. */
static void
loses_nothing_of_what_is_inside_when_all_is_replaced_at_once(void **state)
{
	unsigned int g, at, out;

	(void)state;
	all_add(0);
	for (g = 0; g < REKEYS; g++) {
		send_both(BURST);
		wire_take();
		slow_engine_gate_closed = true;
		wire_put();
		assert_int_equal(inside(), 2 * BURST);
		ctl_batch_begin(gw.ctl);
		for (at = 0; at < 2; at++)
			for (out = 0; out < 2; out++)
				sa_delete(at, out, 0);
		all_add(0);
		ctl_batch_end(gw.ctl);
		settle();
	}
	assert_int_equal(pipe_dropped(&gw), 0);
	/* sequence numbers begin anew under the same key: nonces do not repeat (ADR 9) */
	none_twice(nonces);
}

static const struct setting settings[] = {
	{ "1", "preferred", 0, false },
	{ "0", "preferred", 0, false },
	{ "1", "proven", 0, false },
	{ "1", "preferred", 1, true },
	{ "0", "proven", 1, true },
	{ "1", "proven", 1, true },
};

#define TEST(what, i)                                                                              \
	{                                                                                          \
		.name = #what ": setting " #i, .test_func = what, .setup_func = gateway_create,    \
		.teardown_func = gateway_destroy, .initial_state = (void *)(uintptr_t)&settings[i] \
	}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(loses_nothing_in_100_rekeys, 0),
		TEST(loses_nothing_in_100_rekeys, 1),
		TEST(loses_nothing_in_100_rekeys, 2),
		TEST(loses_nothing_in_100_rekeys, 3),
		TEST(loses_nothing_in_100_rekeys, 4),
		TEST(loses_nothing_in_100_rekeys, 5),
		TEST(loses_nothing_of_what_is_inside_when_all_is_replaced_at_once, 0),
		TEST(loses_nothing_of_what_is_inside_when_all_is_replaced_at_once, 3),
	};

	pipe_eal_init("0");
	return cmocka_run_group_tests_name("pipeline/rekey", tests, NULL, NULL);
}
