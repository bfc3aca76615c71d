/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SAs whose place a configuration gives to another one, while workers send: no sequence number is used twice, and none is forgotten as
 * long as the way back is open.
 */
#include "apply_test.h"

#include <pthread.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include "config/state.h"

#define OUT "192.168.0.5"

/* A worker in the place of the datapath's: sends with what the interface has, and does not stop for anybody. */
struct sender {
	const struct iface_table *ifaces;
	const struct counter_table *counters;
	uint16_t index;
	bool stop;
	uint64_t sent;
};

static void *
send_on(void *arg)
{
	struct sender *s = arg;
	cpu_set_t cpus;

	/* not on the core of the test, where EAL has put it, if there is another one */
	memset(&cpus, 0xff, sizeof(cpus));
	(void)pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus);
	rcu_worker_online(0);
	while (!__atomic_load_n(&s->stop, __ATOMIC_RELAXED)) {
		const struct sa *sa = iface_row(s->ifaces, s->index)->sa_out;
		unsigned int i;

		for (i = 0; sa != NULL && i < 256; i++) {
			uint64_t *row = counter_row(s->counters, 0, sa->id);

			__atomic_fetch_add(&row[SA_CNT_ENQ], 1, __ATOMIC_RELAXED);
			__atomic_fetch_add(&row[SA_CNT_DONE], 1, __ATOMIC_RELAXED);
			__atomic_fetch_add(&s->sent, 1, __ATOMIC_RELAXED);
		}
		rcu_quiescent(rcu_qsbr(), 0);
	}
	rcu_worker_offline(0);
	return NULL;
}

/* The first SA with other lifetimes: the same keys, another SA. */
static char *
changed_text(void)
{
	return with(base, "VerySecureKey!!1\"}",
			"VerySecureKey!!1\", \"lifetime\": {\"soft_seconds\": 1000, "
			"\"hard_seconds\": 2000}}");
}

/* Until it has sent some more. */
static void
wait_for(const struct sender *s)
{
	const uint64_t before = __atomic_load_n(&s->sent, __ATOMIC_RELAXED);
	const struct timespec nap = { .tv_nsec = 100000 };

	while (__atomic_load_n(&s->sent, __ATOMIC_RELAXED) < before + 512)
		nanosleep(&nap, NULL);
}

static void
numbers_drawn_while_it_is_replaced_are_not_drawn_again(void **state)
{
	struct ctl *ctl = running(state);
	char *changed = changed_text();
	struct sender s = { .ifaces = ctl_ifaces(ctl),
		.counters = sadb_counters(ctl_sadb(ctl)),
		.index = find(ctl, "ipsec0")->index };
	struct sa_progress progress;
	pthread_t thread;
	unsigned int i;

	assert_int_equal(pthread_create(&thread, NULL, send_on, &s), 0);
	for (i = 1; i <= 40; i++) {
		wait_for(&s);
		assert_string_equal(apply(ctl, i % 2 == 0 ? base : changed), "");
		rcu_reclaim();
	}
	__atomic_store_n(&s.stop, true, __ATOMIC_RELAXED);
	assert_int_equal(pthread_join(thread, NULL), 0);
	ctl_sa_get_state(ctl, sa_of(ctl, OUT, 10000), &progress);
	assert_int_equal(progress.seq, s.sent);
	free(changed);
}

/* The number of an SA in a state file; 0: it is not in it. */
static uint64_t
number_saved(struct ctl *ctl, uint32_t spi)
{
	char path[] = "/tmp/replace_state_XXXXXX";
	struct err err = { 0 };
	struct cfg_state *from;
	uint64_t number = 0;
	unsigned int i;
	int fd = mkstemp(path);

	assert_int_not_equal(fd, -1);
	close(fd);
	assert_int_equal(ctl_state_save(ctl, path, &err), 0);
	from = cfg_state_read(path, &err);
	assert_non_null(from);
	for (i = 0; i < from->nb_sas; i++)
		if (from->sas[i].spi == spi)
			number = from->sas[i].sequence;
	cfg_state_free(from);
	unlink(path);
	return number;
}

/* Who restarts before it is confirmed begins with what ran before. */
static void
what_a_load_removed_stays_in_the_state_till_it_is_confirmed(void **state)
{
	struct ctl *ctl = running(state);
	const struct sa_ctl *sa = sa_of(ctl, OUT, 10000);
	char *text = with(base, "\"spi\": 10000", "\"spi\": 10002");
	struct cfg_errors errors = { 0 };
	struct cfg *cfg = parse(text);
	struct err err = { 0 };

	counter_row(sa->counters, 0, sa->id)[SA_CNT_ENQ] += 100;
	counter_row(sa->counters, 0, sa->id)[SA_CNT_DONE] += 100;
	assert_int_equal(ctl_apply_unless(ctl, cfg, "new.json", 60, &errors), 0);
	assert_null(sa_of(ctl, OUT, 10000));
	assert_int_equal(number_saved(ctl, 10000), 100);
	assert_int_equal(ctl_confirm(ctl, &err), 0);
	assert_int_equal(number_saved(ctl, 10000), 0);
	cfg_free(cfg);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_gateway(numbers_drawn_while_it_is_replaced_are_not_drawn_again),
		with_gateway(what_a_load_removed_stays_in_the_state_till_it_is_confirmed),
	};

	return cmocka_run_group_tests_name("control/replace", tests, eal_up, eal_down);
}
