/* SPDX-License-Identifier: BSD-3-Clause */
/* SAs and devices come and go on the control core while a worker sends through them. */
#include "env.h"
#include "test/wait.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_ip.h>

#include "base/rcu.h"
#include "base/share.h"

#define SLOTS 8
#define CHANGES 400

static RCU_PTR(struct sa) slots[SLOTS];
static struct sa_ctl *owners[SLOTS];
static bool stop;
static uint64_t sent, bad;

static struct rte_mbuf *
packet(struct sa *sa)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(env_pool);
	struct rte_ipv4_hdr *ip;

	if (m == NULL)
		return NULL;
	ip = (struct rte_ipv4_hdr *)rte_pktmbuf_append(m, 100);
	if (ip == NULL) {
		rte_pktmbuf_free(m);
		return NULL;
	}
	memset(ip, 0, 100);
	ip->version_ihl = 0x45;
	*pkt_meta(m) = (struct pkt_meta){
		.sa = sa, .inner_proto = IPPROTO_IPIP, .flags = PKT_ENCAP
	};
	return m;
}

/* As the datapath: what comes back is counted as done before the worker is quiescent. */
static void
take_back(struct rte_mbuf *back[], uint16_t n)
{
	uint16_t i;

	for (i = 0; i < n; i++) {
		struct sa *sa = pkt_meta(back[i])->sa;

		bad += pkt_meta(back[i])->verdict != DROP_NONE || back[i]->data_len <= 100;
		counter_row(sadb_counters(env_db), 0, sa->id)[SA_CNT_DONE]++;
		bad += sa->engine != env_engine; /* still whole after it was counted */
	}
	rte_pktmbuf_free_bulk(back, n);
}

static void
take_finished(void)
{
	struct rte_mbuf *back[64];

	take_back(back, env_engine->ops->poll(env_engine, 0, back, 64));
}

static void *
worker(void *arg)
{
	struct rte_mbuf *burst[32];
	unsigned int turn = 0;
	uint16_t n;

	rcu_worker_online(0);
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		for (n = 0; n < RTE_DIM(burst);) {
			struct sa *sa = rcu_read(slots[turn++ % SLOTS]);

			if (sa == NULL || (burst[n] = packet(sa)) == NULL)
				break;
			n++;
		}
		if (env_engine->ops->encap(env_engine, 0, burst, n))
			take_back(burst, n);
		__atomic_fetch_add(&sent, n, __ATOMIC_RELAXED);
		if (turn % 3 != 0) /* now and then an op stays inside over a quiescent state */
			take_finished();
		rcu_quiescent(rcu_qsbr(), 0);
	}
	while (env_engine->ops->in_flight(env_engine, 0) != 0)
		take_finished();
	rcu_worker_offline(0);
	return NULL;
}

static void
change(unsigned int i)
{
	static const struct {
		const char *enc;
		unsigned int bits;
		const char *auth;
	} mix[] = { { "aes-gcm-16", 128, NULL }, { "aes-cbc", 128, "hmac-sha1" },
		{ "null", 0, "aes-gmac" }, { "aes-ctr", 256, "hmac-sha2-256" },
		{ "chacha20-poly1305", 256, NULL }, { "3des-cbc", 192, "hmac-sha1" } };
	/* a new kind now and then, so that devices are made while the worker runs */
	const unsigned int kinds = env_runs("3des-cbc", NULL, false) ? RTE_DIM(mix)
								     : RTE_DIM(mix) - 1;
	const unsigned int kind = i % RTE_MIN(1 + i / 40, kinds), slot = i % SLOTS;
	struct sa_params prm = env_params(mix[kind].enc, mix[kind].bits, mix[kind].auth, false);
	struct sa_ctl *next = env_sa_open(&prm, SA_DIR_OUT, 1), *old = owners[slot];

	rcu_publish(slots[slot], next->sa);
	owners[slot] = next;
	if (old != NULL)
		sadb_remove(env_db, old);
	rcu_reclaim();
}

static void
wait_sent(uint64_t more)
{
	const uint64_t end = __atomic_load_n(&sent, __ATOMIC_RELAXED) + more;

	wait_until(__atomic_load_n(&sent, __ATOMIC_RELAXED) >= end, rte_delay_us_sleep(100));
}

static void
count_sessions(const char *device, const char *driver, unsigned int sessions, void *arg)
{
	*(unsigned int *)arg += sessions;
}

static void
sas_and_devices_come_and_go_under_a_sending_worker(void **state)
{
	unsigned int i, sessions = 0;
	pthread_t thread;

	for (i = 0; i < SLOTS; i++)
		change(i);
	assert_int_equal(pthread_create(&thread, NULL, worker, NULL), 0);
	for (; i < CHANGES; i++) {
		change(i);
		wait_sent(2 * 32); /* with each set of SAs, however little of the CPU the worker gets */
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	assert_int_equal(bad, 0);
	assert_true(sent > CHANGES);
	for (i = 0; i < SLOTS; i++)
		sadb_remove(env_db, owners[i]);
	while (rcu_reclaim() != 0)
		;
	env_engine->ops->foreach_device(env_engine, count_sessions, &sessions);
	assert_int_equal(sessions, 0);
	assert_int_equal(rte_mempool_in_use_count(env_pool), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sas_and_devices_come_and_go_under_a_sending_worker),
	};

	return cmocka_run_group_tests_name("engine/live", tests, env_setup, env_teardown);
}
