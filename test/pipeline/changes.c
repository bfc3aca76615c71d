/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Changes under traffic lose nothing that they do not concern: while one tunnel carries packets through a worker of its own, 1,000
 * other interfaces with SAs and routes come and go.
 */
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <rte_pause.h>

#include "pipe.h"
#include "test/wait.h"

#define OTHERS 1000
#define STEP 20 /* changes, after which the tunnel must have carried as many packets as below */
#define STEP_PACKETS 100
#define IN_TRANSIT \
	256 /* frames between sender and receiver at most: none is lost for want of room */

struct traffic {
	struct pipe *gw;
	bool stop;
	uint64_t sent, received, out_of_order, foreign;
	uint64_t last_seq;
};

static void
traffic_receive(struct traffic *t)
{
	struct rte_mbuf *m;

	while ((m = pipe_receive(t->gw, PIPE_WAN)) != NULL) {
		if (rte_pktmbuf_mtod(m, uint8_t *)[23] == IPPROTO_ESP) {
			const uint32_t seq = rte_be_to_cpu_32(
					*rte_pktmbuf_mtod_offset(m, rte_be32_t *, 38));

			t->out_of_order += seq != t->last_seq + 1;
			t->last_seq = seq;
			t->received++;
		} else {
			t->foreign++; /* ARP of the gateway for its new tunnels' ends */
		}
		rte_pktmbuf_free(m);
	}
}

static void *
traffic_main(void *arg)
{
	struct traffic *t = arg;
	uint8_t frame[1514];
	const uint16_t n = pipe_udp4(frame, PIPE_LAN, "10.1.0.9", "10.2.0.7", 100);

	while (!__atomic_load_n(&t->stop, __ATOMIC_RELAXED)) {
		if (t->sent - t->received < IN_TRANSIT)
			t->sent += pipe_send(t->gw, PIPE_LAN, frame, n);
		else
			rte_pause();
		traffic_receive(t);
	}
	return NULL;
}

static void
must(int rc, const struct err *err)
{
	if (rc != 0)
		fail_msg("%s", err->msg);
}

static void
sa_fill(struct sa_params *prm, const struct ip_addr *src, const struct ip_addr *dst, unsigned int i)
{
	memset(prm, 0, sizeof(*prm));
	prm->src = *src;
	prm->dst = *dst;
	prm->spi = 20000 + i;
	prm->reqid = 30000 + i;
	prm->mode = SA_MODE_TUNNEL;
	prm->enc = alg_find_encryption("aes-gcm-16");
	prm->keys.enc_len = 20;
	memcpy(prm->keys.enc, &i, sizeof(i));
}

static void
other_add(struct ctl *ctl, unsigned int i)
{
	const struct ip_addr local = ip_from_v4(rte_cpu_to_be_32(0xc0a80003));
	const struct ip_addr remote = ip_from_v4(rte_cpu_to_be_32(0xc0a80006 + i % 200));
	struct ctl_route route = { .kind = RIB_INTERFACE };
	struct sa_params prm;
	char name[IFACE_NAME_MAX];
	struct err err;

	snprintf(name, sizeof(name), "ipsec%u", i + 1);
	must(ctl_if_create(ctl, name, NULL, &err), &err);
	must(ctl_if_set_reqid(ctl, name, 30000 + i, &err), &err);
	must(ctl_if_set_tunnel(ctl, name, AF_INET, &local, &remote, &err), &err);
	must(ctl_if_set_flag(ctl, name, IFACE_UP, true, &err), &err);
	sa_fill(&prm, &local, &remote, i);
	must(ctl_sa_add(ctl, &prm, NULL, &err), &err);
	sa_fill(&prm, &remote, &local, i);
	must(ctl_sa_add(ctl, &prm, NULL, &err), &err);
	route.prefix = (struct ip_prefix){
		.addr = ip_from_v4(rte_cpu_to_be_32(0x0a800000 + (i << 8))), .len = 24
	};
	memcpy(route.interface, name, sizeof(name));
	must(ctl_route_add(ctl, &route, &err), &err);
}

static void
other_remove(struct ctl *ctl, unsigned int i)
{
	const struct ip_addr local = ip_from_v4(rte_cpu_to_be_32(0xc0a80003));
	const struct ip_addr remote = ip_from_v4(rte_cpu_to_be_32(0xc0a80006 + i % 200));
	char name[IFACE_NAME_MAX];
	struct err err;

	snprintf(name, sizeof(name), "ipsec%u", i + 1);
	must(ctl_sa_delete(ctl, &local, &remote, 20000 + i, &err), &err);
	must(ctl_sa_delete(ctl, &remote, &local, 20000 + i, &err), &err);
	must(ctl_if_destroy(ctl, name, &err), &err);
}

static uint64_t
received(const struct traffic *t)
{
	return __atomic_load_n(&t->received, __ATOMIC_RELAXED);
}

/* However little of the CPU it gets. The sender may run on this core. */
static void
wait_for(const struct traffic *t, struct ctl *ctl, uint64_t more)
{
	const uint64_t end = received(t) + more;

	wait_until(received(t) >= end, (ctl_poll(ctl), sched_yield()));
}

static void
step(const struct traffic *t, struct ctl *ctl, unsigned int i)
{
	ctl_poll(ctl);
	if (i % STEP == 0)
		wait_for(t, ctl, STEP_PACKETS);
}

static void
loses_nothing_while_1000_interfaces_come_and_go(void **state)
{
	struct pipe gw;
	struct traffic t = { .gw = &gw };
	pthread_t thread;
	unsigned int i;
	uint64_t dropped;

	(void)state;
	pipe_create(&gw, pipe_config);
	assert_int_equal(pthread_create(&thread, NULL, traffic_main, &t), 0);
	wait_for(&t, gw.ctl, 1000);
	for (i = 0; i < OTHERS; i++) {
		other_add(gw.ctl, i);
		step(&t, gw.ctl, i);
	}
	for (i = 0; i < OTHERS; i++) {
		other_remove(gw.ctl, i);
		step(&t, gw.ctl, i);
	}
	wait_for(&t, gw.ctl, 1000);
	__atomic_store_n(&t.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	wait_until(t.received + pipe_dropped(&gw) >= t.sent, traffic_receive(&t));
	dropped = pipe_dropped(&gw);
	print_message("%" PRIu64 " packets through the tunnel meanwhile\n", t.sent);
	assert_int_equal(t.received, t.sent);
	assert_int_equal(t.out_of_order, 0);
	assert_int_equal(dropped, 0);
	assert_int_equal(sadb_count(ctl_sadb(gw.ctl)), 2);
	pipe_destroy(&gw);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loses_nothing_while_1000_interfaces_come_and_go),
	};

	pipe_eal_init("0@0,1@1");
	return cmocka_run_group_tests_name("pipeline/changes", tests, NULL, NULL);
}
