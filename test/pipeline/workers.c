/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Several workers and ports of one queue each: ESP reaches the worker that owns its SA, what was inside the worker that owns the
 * queue, through rings. Nothing is lost, flows keep their order, the workers' accounts agree.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <rte_cycles.h>
#include <rte_udp.h>

#include "base/rcu.h"
#include "datapath/worker.h"
#include "setup.h"

#define TUNNELS 4
#define PER_TUNNEL 2000
#define IN_TRANSIT 128

static struct pipe gw;

static void
wait_ms(unsigned int ms)
{
	const uint64_t end = rte_rdtsc() + ms * rte_get_tsc_hz() / 1000;

	while (rte_rdtsc() < end)
		ctl_poll(gw.ctl);
}

/* Tunnel i: 10.2.i.0/24 by ipseci to 192.168.0.(20 + i), SPI 20000 + i. */
static void
tunnel_add(unsigned int i)
{
	const struct rte_ether_addr mac = { { 2, 0, 0, 0, 0, 5 } };
	char remote[32], prefix[32], name[IFACE_NAME_MAX];
	struct sa_params prm;
	struct ip_addr addr;
	struct err err = { 0 };
	int dir;

	snprintf(remote, sizeof(remote), "192.168.0.%u", 20 + i);
	snprintf(prefix, sizeof(prefix), "10.4.%u.0/24", i);
	snprintf(name, sizeof(name), "ipsec%u", 1 + i);
	addr = setup_ip(remote);
	setup_ok(ctl_neigh_add(gw.ctl, "wan0", &addr, &mac, &err), &err);
	setup_ok(ctl_if_create(gw.ctl, name, NULL, &err), &err);
	setup_ok(ctl_if_set_reqid(gw.ctl, name, 500 + i, &err), &err);
	setup_tunnel(&gw, name, "192.168.0.3", remote);
	setup_ok(ctl_if_set_flag(gw.ctl, name, IFACE_UP, true, &err), &err);
	for (dir = 0; dir < 2; dir++) {
		/* without integrity, so that the ends inside can be swapped */
		prm = setup_sa_params(dir ? remote : "192.168.0.3", dir ? "192.168.0.3" : remote,
				"aes-ctr", 20);
		prm.spi = 20000 + i;
		prm.reqid = 500 + i;
		prm.replay_window = 1024;
		setup_sa(&gw, &prm);
	}
	setup_route(&gw, prefix, RIB_INTERFACE, name);
}

static int
gateway_create(void **state)
{
	unsigned int i;

	(void)state;
	pipe_create(&gw, pipe_config);
	for (i = 0; i < TUNNELS; i++)
		tunnel_add(i);
	wait_ms(20);
	pipe_flush(&gw);
	return 0;
}

/* Idle workers decrypt for others whenever there is something. */
static int
gateway_create_spreading(void **state)
{
	struct err err = { 0 };

	gateway_create(state);
	setup_ok(ctl_sysctl_set(gw.ctl, "dp.spread", 2, &err), &err);
	return 0;
}

static int
gateway_destroy(void **state)
{
	(void)state;
	pipe_destroy(&gw);
	return 0;
}

/* --- flows --- */

struct flow {
	uint32_t next; /* number that is to come */
	uint32_t received, out_of_order;
};

static struct flow flows[TUNNELS];

/* UDP of flow i, its number in the payload. */
static uint16_t
numbered(uint8_t *frame, unsigned int i, uint32_t number)
{
	char dst[32];
	uint16_t len;

	snprintf(dst, sizeof(dst), "10.4.%u.7", i);
	len = pipe_udp4(frame, PIPE_LAN, "10.1.0.9", dst, 64);
	memcpy(frame + 42, &number, sizeof(number));
	return len;
}

static void
flow_count(unsigned int i, uint32_t number)
{
	assert_true(i < TUNNELS);
	flows[i].received++;
	flows[i].out_of_order += number != flows[i].next;
	flows[i].next = number + 1;
}

/* ESP that left by wan0 comes in there again as the other end's: inside are the ends of a packet for the LAN. */
static void
reflect(struct rte_mbuf *m)
{
	uint8_t frame[FRAME_MAX];
	const uint32_t i = rte_be_to_cpu_32(*rte_pktmbuf_mtod_offset(m, rte_be32_t *, 34)) - 20000;
	const uint32_t x = rte_cpu_to_be_32(0x0a010009 ^ (0x0a040007 + (i << 8)));

	assert_true(i < TUNNELS);
	flow_count(i, rte_be_to_cpu_32(*rte_pktmbuf_mtod_offset(m, rte_be32_t *, 38)));
	memcpy(frame, rte_pktmbuf_mtod(m, void *), m->data_len);
	pipe_turn_round(frame);
	*(unaligned_uint32_t *)(frame + 50 + 12) ^= x;
	*(unaligned_uint32_t *)(frame + 50 + 16) ^= x;
	assert_true(pipe_send(&gw, PIPE_WAN, frame, m->data_len));
	rte_pktmbuf_free(m);
}

/* What came out of a tunnel and left by lan0: its source tells the flow. */
static void
deliver(struct rte_mbuf *m)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	uint32_t number;

	memcpy(&number, frame + 42, sizeof(number));
	flow_count(frame[28], number);
	rte_pktmbuf_free(m);
}

/* A field of struct dp_worker_stats, of all workers. */
static uint64_t
stats_sum(size_t field)
{
	struct dp_worker_stats s;
	uint64_t n = 0;
	unsigned int i;

	for (i = 0; i < ctl_dataplane(gw.ctl)->nb_workers; i++) {
		dp_worker_stats(ctl_dataplane(gw.ctl), i, &s);
		n += *(const uint64_t *)RTE_PTR_ADD(&s, field);
	}
	return n;
}

static uint64_t
helped(void)
{
	return stats_sum(offsetof(struct dp_worker_stats, helped));
}

static uint64_t
handed_out(void)
{
	return stats_sum(offsetof(struct dp_worker_stats, handed_out));
}

/* Of a flow, and no announcement of the gateway's addresses? */
static bool
is_ip4(struct rte_mbuf *m, uint8_t proto)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);

	return frame[12] == 8 && frame[13] == 0 && frame[23] == proto;
}

/* All that leaves by a port, until so many packets have come or a while has passed. */
static void
take(enum pipe_port port, uint32_t at_least)
{
	const uint64_t end = rte_rdtsc() + 5 * rte_get_tsc_hz();
	struct rte_mbuf *m;
	uint32_t n = 0;
	int i;

	while (n < at_least && rte_rdtsc() < end) {
		ctl_poll(gw.ctl);
		m = pipe_receive(&gw, port);
		if (m == NULL)
			continue;
		if (!is_ip4(m, port == PIPE_LAN ? IPPROTO_UDP : IPPROTO_ESP)) {
			rte_pktmbuf_free(m);
			continue;
		}
		n++;
		if (port == PIPE_LAN)
			deliver(m);
		else
			reflect(m);
	}
	for (i = DROP_NONE + 1; n < at_least && i < DROP_REASONS; i++)
		if (dp_drop_count(ctl_dataplane(gw.ctl), (enum drop_reason)i) != 0)
			print_message("dropped: %s\n", drop_name((enum drop_reason)i));
	assert_int_equal(n, at_least);
}

static void
flows_check(uint32_t first)
{
	unsigned int i;

	for (i = 0; i < TUNNELS; i++) {
		assert_int_equal(flows[i].received, PER_TUNNEL);
		assert_int_equal(flows[i].out_of_order, 0);
		flows[i] = (struct flow){ .next = first };
	}
}

static void
loses_nothing_and_keeps_the_order_between_workers(void **state)
{
	uint8_t frame[FRAME_MAX];
	struct flow out[TUNNELS], in[TUNNELS] = { 0 };
	uint32_t number, i;

	(void)state;
	for (i = 0; i < TUNNELS; i++)
		out[i] = (struct flow){ .next = 1 }; /* sequence numbers */
	for (number = 0; number < PER_TUNNEL; number += IN_TRANSIT / TUNNELS) {
		uint32_t k, n = RTE_MIN(PER_TUNNEL - number, (uint32_t)IN_TRANSIT / TUNNELS);

		for (k = 0; k < n; k++)
			for (i = 0; i < TUNNELS; i++)
				assert_true(pipe_send(&gw, PIPE_LAN, frame,
						numbered(frame, i, number + k)));
		memcpy(flows, out, sizeof(flows));
		take(PIPE_WAN, n * TUNNELS);
		memcpy(out, flows, sizeof(flows));
		memcpy(flows, in, sizeof(flows));
		take(PIPE_LAN, n * TUNNELS);
		memcpy(in, flows, sizeof(flows));
	}
	flows_check(0);
	memcpy(flows, out, sizeof(flows));
	flows_check(1);
	assert_int_equal(pipe_dropped(&gw), 0);
	/* lan0 is one worker's, wan0 the other's: half of ESP found its SA elsewhere, and much left by the other's queue. */
	assert_true(handed_out() >= TUNNELS * PER_TUNNEL);
	wait_ms(5);
	pipe_check_accounts(&gw);
	for (i = 0; i < TUNNELS; i++) {
		char name[IFACE_NAME_MAX];

		snprintf(name, sizeof(name), "ipsec%u", 1 + i);
		assert_int_equal(pipe_if(&gw, name).ipackets, PER_TUNNEL);
		assert_int_equal(pipe_if(&gw, name).opackets, PER_TUNNEL);
	}
}

/* The same, and who decrypts is another. */
static void
keeps_the_order_where_others_decrypt(void **state)
{
	loses_nothing_and_keeps_the_order_between_workers(state);
	assert_true(helped() > 0);
}

/* ESP of the first flow as it leaves. */
static void
esp_make(struct rte_mbuf *ret_esp[], unsigned int n)
{
	uint8_t frame[FRAME_MAX];
	unsigned int i;

	for (i = 0; i < n; i++)
		assert_true(pipe_send(&gw, PIPE_LAN, frame, numbered(frame, 0, i)));
	flows[0] = (struct flow){ .next = 1 };
	for (i = 0; i < n;) {
		ctl_poll(gw.ctl);
		ret_esp[i] = pipe_receive(&gw, PIPE_WAN);
		if (ret_esp[i] == NULL)
			continue;
		if (is_ip4(ret_esp[i], IPPROTO_ESP))
			i++;
		else
			rte_pktmbuf_free(ret_esp[i]);
	}
}

/*
 * By hand: the busy owner leaves jobs, the other does some of them, the rest waits until the owner has time. SAs that are deleted
 * meanwhile live until their packets are back.
 */
static void
the_owner_takes_jobs_back_in_order(void **state)
{
	struct dataplane *dp = ctl_dataplane(gw.ctl);
	struct rte_mbuf *esp[4 * SPREAD_PKTS + 1];
	const unsigned int n = RTE_DIM(esp) - 1;
	struct worker *owner, *other;
	const struct ip_addr local = setup_ip("192.168.0.3");
	struct rte_mbuf *last;
	struct spread_job *job;
	struct engine *e;
	struct sa *sa;
	unsigned int i;

	(void)state;
	esp_make(esp, n + 1);
	last = esp[n];
	ctl_stop(gw.ctl);
	for (i = 0; i < n; i++)
		reflect(esp[i]);
	sa = sadb_find(ctl_sadb(gw.ctl), &local, 20000)->sa;
	e = sa->engine;
	assert_true(e->ops->any_worker);
	owner = dp->worker[sa->worker];
	other = dp->worker[!sa->worker];
	worker_poll(other); /* has nothing to do, or hands over what has come to it */
	while (owner->spread.tail == owner->spread.head)
		worker_poll(owner);
	assert_int_equal(owner->spread.inside, n);
	assert_int_equal(owner->spread.taken, owner->spread.head);
	assert_true(sa_is_busy(sa));
	worker_poll(other);
	assert_int_equal(owner->spread.taken, owner->spread.head + 1);
	assert_int_equal(helped(), SPREAD_PKTS);
	/* one more that somebody has taken and not done: nothing behind it may come back before it */
	job = &owner->spread.job[owner->spread.taken++ % SPREAD_JOBS];
	reflect(last);
	worker_poll(other);
	worker_poll(owner);
	assert_int_equal(owner->spread.inside, n - SPREAD_PKTS + 1);
	assert_true(e->ops->decap(e, other->id, job->pkt, job->n));
	job->done = 1;
	worker_poll(owner);
	assert_int_equal(owner->spread.inside, 0);
	assert_false(sa_is_busy(sa));
	flows[0] = (struct flow){ .next = 0 };
	worker_poll(other); /* what it has to send, 64 at a time */
	worker_poll(other);
	take(PIPE_LAN, n + 1);
	assert_int_equal(flows[0].out_of_order, 0);
	pipe_check_accounts(&gw);

	/* no room for one more job */
	last = rte_pktmbuf_alloc(gw.pool);
	assert_non_null(last);
	pkt_meta(last)->sa = sa;
	owner->cnt.created++;
	owner->spread.head -= SPREAD_JOBS;
	spread_put(owner, 0, &last, 1);
	owner->spread.head += SPREAD_JOBS;
	assert_int_equal(owner->spread.inside, 0);
	assert_int_equal(dp_drop_count(dp, DROP_CRYPTO_FULL), 1);
	assert_int_equal(counter_row(dp->sa_counters, owner->id, sa->id)[SA_CNT_ERRORS], 1);
	assert_false(sa_is_busy(sa));
	pipe_check_accounts(&gw);
}

/* Else jobs would follow jobs as long as it is busy, and nobody would take them. */
static void
a_busy_owner_leaves_no_job_when_spreading_is_off(void **state)
{
	struct dataplane *dp = ctl_dataplane(gw.ctl);
	const struct ip_addr local = setup_ip("192.168.0.3");
	struct rte_mbuf *esp[4 * SPREAD_PKTS];
	struct worker *owner, *other;
	unsigned int i;

	(void)state;
	esp_make(esp, RTE_DIM(esp));
	ctl_stop(gw.ctl);
	for (i = 0; i < RTE_DIM(esp); i++)
		reflect(esp[i]);
	i = sadb_find(ctl_sadb(gw.ctl), &local, 20000)->sa->worker;
	owner = dp->worker[i];
	other = dp->worker[!i];
	worker_poll(other);
	while (owner->spread.tail == owner->spread.head)
		worker_poll(owner);
	assert_int_equal(owner->spread.inside, RTE_DIM(esp));
	owner->spread_mode = DP_SPREAD_OFF;
	owner->load = DP_RX_BURST;
	dp_spread(owner, &owner->frame);
	assert_int_equal(owner->spread.inside, 0);
	flows[0] = (struct flow){ .next = 0 };
	for (i = 0; i < 4; i++)
		worker_poll(dp->worker[i % 2]);
	take(PIPE_LAN, RTE_DIM(esp));
	assert_int_equal(flows[0].out_of_order, 0);
	pipe_check_accounts(&gw);
}

/* A stop with rings full of packets: each is sent, or counted as dropped. */
static void
counts_what_a_stop_throws_away(void **state)
{
	struct dp_worker_stats s;
	uint8_t frame[FRAME_MAX];
	uint64_t rx = 0, gone = 0;
	unsigned int i;

	(void)state;
	for (i = 0; i < 1000; i++)
		assert_true(pipe_send(&gw, PIPE_LAN, frame, numbered(frame, i % TUNNELS, i)));
	ctl_stop(gw.ctl);
	for (i = 0; i < ctl_dataplane(gw.ctl)->nb_workers; i++) {
		dp_worker_stats(ctl_dataplane(gw.ctl), i, &s);
		rx += s.rx + s.injected;
		gone += s.tx + s.dropped + s.punted;
	}
	assert_int_equal(rx, gone);
	pipe_check_accounts(&gw);
}

/* Three workers and two queues: who has none sends by another's, whose owner sends it and does not pass it on. */
static void
gives_each_queue_an_owner_that_sends_by_it(void **state)
{
	const unsigned int lcores[] = { 0, 1, 2 };
	const struct dp_tunables tunables = { .ttl = 64 };
	struct dp_args args = { .nb_workers = 3, .lcores = lcores, .tunables = &tunables };
	struct dataplane *dp;
	unsigned int port, w;
	struct err err = { 0 };

	(void)state;
	setup_ok(rcu_init(args.nb_workers, &err), &err);
	args.sadb = sadb_create(args.nb_workers, &err);
	assert_non_null(args.sadb);
	dp = dp_create(&args, &err);
	assert_non_null(dp);
	for (port = 0; port < 4; port++) {
		setup_ok(dp_add_port(dp, (uint16_t)port, 0, 2, 2, &err), &err);
		for (w = 0; w < args.nb_workers; w++) {
			const struct dp_port *p = dp->port[port];
			const uint16_t owner = p->txq[p->txq_of[w]].owner;

			assert_int_equal(p->txq_of[owner], p->txq_of[w]);
		}
	}
	dp_destroy(dp);
	sadb_destroy(args.sadb);
	rcu_fini();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_each_queue_an_owner_that_sends_by_it),
		cmocka_unit_test_setup_teardown(loses_nothing_and_keeps_the_order_between_workers,
				gateway_create, gateway_destroy),
		cmocka_unit_test_setup_teardown(keeps_the_order_where_others_decrypt,
				gateway_create_spreading, gateway_destroy),
		cmocka_unit_test_setup_teardown(the_owner_takes_jobs_back_in_order, gateway_create,
				gateway_destroy),
		cmocka_unit_test_setup_teardown(a_busy_owner_leaves_no_job_when_spreading_is_off,
				gateway_create, gateway_destroy),
		cmocka_unit_test_setup_teardown(
				counts_what_a_stop_throws_away, gateway_create, gateway_destroy),
	};

	pipe_eal_init("0@0,1@1,2@0");
	return cmocka_run_group_tests_name("pipeline/workers", tests, NULL, NULL);
}
