/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All of a configuration or nothing: whatever fails on the way, once or from then on, what ran before runs again, byte for byte, and SAs
 * are the same ones with all that they had got to. And a load that goes back by itself.
 */
#include "apply_test.h"

#include <time.h>

#define OUT "192.168.0.5"
#define IN "192.168.0.3"

/* Three SAs of the base: the last two of ipsec1, which no test touches. */
static const char more_sas[] = ", {\"src\": \"2001:db8::3\", \"dst\": \"2001:db8::5\", \"spi\": "
			       "20000, \"reqid\": 200, "
			       "\"encryption\": \"aes-gcm-16\", \"encryption_key\": "
			       "\"0x000102030405060708090a0b0c0d0e0f10111213\"},"
			       "{\"src\": \"2001:db8::5\", \"dst\": \"2001:db8::3\", \"spi\": "
			       "20001, \"reqid\": 200, "
			       "\"replay_window_packets\": 64, \"encryption\": \"aes-gcm-16\", "
			       "\"encryption_key\": "
			       "\"0x000102030405060708090a0b0c0d0e0f10111214\"}";

static char *
base_text(void)
{
	char *text = with(base, "VerySecureKey!!2\"}",
			     "VerySecureKey!!2\", \"replay_window_packets\": 64}@"),
	     *all;

	all = with(text, "@", more_sas);
	free(text);
	return all;
}

/* Every kind of object changes: SAs replaced with the same key and with another, added, removed; tunnel, reqid, address, route, neighbour. */
static char *
changed_text(void)
{
	static const char *const edits[][2] = {
		{ "\"10.1.0.1/24\"", "\"10.1.0.1/24\", \"10.7.0.1/24\"" },
		{ "00:00:05\"}", "00:00:06\"}" },
		{ "\"mtu\": 1300", "\"mtu\": 1350" },
		{ "\"ipsec2\": {}",
				"\"ipsec3\": {\"reqid\": 300, \"tunnel\": {\"local\": "
				"\"192.168.0.3\", "
				"\"remote\": \"192.168.0.9\"}}" },
		{ "10.9.0.0/16", "10.8.0.0/16" },
		{ "VerySecureKey!!1\"}",
				"VerySecureKey!!1\", \"lifetime\": {\"soft_seconds\": 1000, "
				"\"hard_seconds\": 2000}}" },
		{ "VerySecureKey!!2", "VerySecureKey!!3" },
		{ "],"
		  "\"sysctl\"",
				", {\"src\": \"192.168.0.3\", \"dst\": \"192.168.0.9\", \"spi\": "
				"30000, \"reqid\": 300, "
				"\"encryption\": \"rijndael-cbc\", \"encryption_key\": "
				"\"VerySecureKey!!4\"}],"
				"\"sysctl\"" },
		{ "preferred_oldsa\": 0", "preferred_oldsa\": 1" },
	};
	char *text = base_text(), *next;
	unsigned int i;

	for (i = 0; i < RTE_DIM(edits); i++) {
		next = with(text, edits[i][0], edits[i][1]);
		free(text);
		text = next;
	}
	return text;
}

/* --- what must be the same again --- */

#define SAS 4
static const struct {
	const char *dst;
	uint32_t spi;
} sas[SAS] = { { OUT, 10000 }, { IN, 10001 }, { "2001:db8::5", 20000 }, { "2001:db8::3", 20001 } };

struct picture {
	char *text;
	const struct sa_ctl *sa[SAS];
	const struct sa *worker[SAS];
	struct sa_progress progress[SAS];
	uint32_t id[SAS];
	uint64_t order[SAS];
};

static void
picture_take(struct ctl *ctl, struct picture *p)
{
	unsigned int i;

	memset(p, 0, sizeof(*p));
	p->text = saved(ctl);
	for (i = 0; i < SAS; i++) {
		p->sa[i] = sa_of(ctl, sas[i].dst, sas[i].spi);
		assert_non_null(p->sa[i]);
		p->worker[i] = p->sa[i]->sa;
		p->id[i] = p->sa[i]->id;
		p->order[i] = p->sa[i]->order;
		ctl_sa_get_state(ctl, p->sa[i], &p->progress[i]);
		p->progress[i].first_use_ms = 0; /* without lifetimes nobody looks when that was */
	}
}

static void
assert_same(struct ctl *ctl, const struct picture *before, unsigned int first)
{
	struct picture now;
	unsigned int i;

	picture_take(ctl, &now);
	assert_string_equal(now.text, before->text);
	for (i = first; i < SAS; i++) {
		assert_ptr_equal(now.sa[i], before->sa[i]);
		assert_ptr_equal(now.worker[i], before->worker[i]);
		assert_int_equal(now.id[i], before->id[i]);
		assert_int_equal(now.order[i], before->order[i]);
		assert_memory_equal(
				&now.progress[i], &before->progress[i], sizeof(now.progress[i]));
		assert_non_null(now.worker[i]);
		assert_int_not_equal(now.worker[i]->iface, 0);
	}
	cfg_text_free(now.text);
}

/* The gateway runs the base, and its SAs have carried packets. */
static struct ctl *
used(void **state)
{
	struct ctl *ctl = *state;
	char *text = base_text();
	unsigned int i;

	assert_string_equal(apply(ctl, text), "");
	free(text);
	for (i = 0; i < SAS; i++) {
		const struct sa_ctl *sa = sa_of(ctl, sas[i].dst, sas[i].spi);
		uint64_t *row = counter_row(sa->counters, 0, sa->id);

		assert_non_null(sa->sa);
		row[SA_CNT_PACKETS] += 100 + i;
		row[SA_CNT_BYTES] += 10000 + i;
		if (sa->dir == SA_DIR_OUT) {
			row[SA_CNT_ENQ] += 100 + i;
			row[SA_CNT_DONE] += 100 + i;
		} else {
			assert_true(replay_accept(&sa->sa->replay, 100 + i));
			assert_true(replay_accept(&sa->sa->replay, 98));
		}
	}
	return ctl;
}

/* --- failures --- */

/* The allocation that does not work, counted from now; 0: none. Linked in the place of the C library's (meson.build). */
static unsigned int malloc_fail_at;
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);

static bool
malloc_fails(void)
{
	return malloc_fail_at != 0 && --malloc_fail_at == 0;
}

void *
__wrap_malloc(size_t size)
{
	return malloc_fails() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return malloc_fails() ? NULL : __real_calloc(n, size);
}

static void
fail_every_session(struct ctl *ctl, bool for_good)
{
	struct picture before;
	char *text = changed_text();
	unsigned int k, failed = 0;

	picture_take(ctl, &before);
	for (k = 1; k < 100; k++) {
		fake_fail_at = k;
		fake_fail_for_good = for_good;
		if (apply(ctl, text)[0] == '\0')
			break;
		fake_fail_at = 0;
		failed++;
		assert_same(ctl, &before, 0);
		rcu_reclaim();
		rcu_reclaim();
	}
	fake_fail_at = 0;
	assert_int_equal(failed, 3); /* two replaced, one added */
	cfg_text_free(before.text);
	free(text);
}

static void
a_session_that_can_not_be_made_leaves_all_as_it_was(void **state)
{
	fail_every_session(used(state), false);
}

static void
also_when_no_session_can_be_made_any_more(void **state)
{
	fail_every_session(used(state), true);
}

static void
memory_that_is_short_once_leaves_all_as_it_was(void **state)
{
	struct ctl *ctl = used(state);
	struct picture before;
	char *text = changed_text();
	unsigned int k, failed = 0;

	picture_take(ctl, &before);
	for (k = 1; k < 2000; k++) {
		struct cfg_errors errors = { 0 };
		struct cfg *cfg = parse(text);
		int rc;

		malloc_fail_at = k;
		rc = ctl_apply(ctl, cfg, &errors);
		cfg_errors_free(&errors);
		cfg_free(cfg);
		if (malloc_fail_at != 0) { /* it was not reached: all went well */
			malloc_fail_at = 0;
			assert_int_equal(rc, 0);
			break;
		}
		if (rc == 0) { /* one that can do without: back for the next one */
			char *base_again = base_text();

			assert_string_equal(apply(ctl, base_again), "");
			free(base_again);
			cfg_text_free(before.text);
			picture_take(ctl, &before);
			continue;
		}
		failed++;
		assert_same(ctl, &before, 0);
		rcu_reclaim();
	}
	print_message("failed %u times of %u\n", failed, k);
	assert_true(failed > 10);
	cfg_text_free(before.text);
	free(text);
}

static void
what_is_not_touched_stays_itself_and_what_keeps_its_keys_goes_on(void **state)
{
	struct ctl *ctl = used(state);
	struct picture before, after;
	char *text = changed_text();

	picture_take(ctl, &before);
	assert_string_equal(apply(ctl, text), "");
	picture_take(ctl, &after);
	assert_ptr_equal(after.worker[2], before.worker[2]);
	assert_ptr_equal(after.worker[3], before.worker[3]);
	assert_memory_equal(&after.progress[2], &before.progress[2], 2 * sizeof(after.progress[2]));
	/* a new lifetime, the same keys: numbers go on, and age and amount count from when it was made */
	assert_int_equal(after.progress[0].seq, before.progress[0].seq);
	assert_int_equal(after.progress[0].bytes, before.progress[0].bytes);
	/* another key: another SA */
	assert_int_equal(after.progress[1].seq, 0);
	cfg_text_free(before.text);
	cfg_text_free(after.text);
	free(text);
}

/* --- until confirmed --- */

static const char *
load(struct ctl *ctl, const char *text, uint32_t seconds)
{
	static char said[512];
	struct cfg_errors errors = { 0 };
	struct cfg *cfg = parse(text);

	said[0] = '\0';
	if (ctl_apply_unless(ctl, cfg, "new.json", seconds, &errors) != 0)
		snprintf(said, sizeof(said), "%s", errors.list[0].msg);
	cfg_errors_free(&errors);
	cfg_free(cfg);
	return said;
}

/* What another load is told: also how long it has to wait, which is less by and by. */
static void
assert_waits(const char *said)
{
	static const char begin[] = "configuration: the load of new.json waits for confirm, ";
	unsigned long left;
	char *end;

	assert_memory_equal(said, begin, strlen(begin));
	left = strtoul(said + strlen(begin), &end, 10);
	assert_in_range(left, 1, 60);
	assert_string_equal(end, " s are left (confirm, or confirm -back)");
}

static void
wait_and_poll(struct ctl *ctl, unsigned int ms)
{
	const struct timespec nap = { .tv_nsec = 10000000 };
	unsigned int i;

	for (i = 0; i < ms / 10; i++) {
		nanosleep(&nap, NULL);
		ctl_poll(ctl);
	}
}

static void
a_load_that_nobody_confirms_goes_back_by_itself(void **state)
{
	struct ctl *ctl = used(state);
	struct ctl_pending_info info;
	struct picture before;
	char *text = changed_text(), *after;

	picture_take(ctl, &before);
	assert_string_equal(load(ctl, text, 1), "");
	after = saved(ctl);
	assert_string_not_equal(after, before.text);
	assert_true(ctl_confirm_info(ctl, &info));
	assert_in_range(info.seconds_left, 0, 1);
	wait_and_poll(ctl, 1300);
	assert_false(ctl_confirm_info(ctl, &info));
	assert_same(ctl, &before, 0);
	cfg_text_free(before.text);
	cfg_text_free(after);
	free(text);
}

static void
one_that_is_confirmed_stays(void **state)
{
	struct ctl *ctl = used(state);
	char *text = changed_text(), *after, *later;

	assert_string_equal(load(ctl, text, 1), "");
	after = saved(ctl);
	ok(ctl_confirm(ctl, &err));
	wait_and_poll(ctl, 1300);
	later = saved(ctl);
	assert_string_equal(after, later);
	refused(ctl_confirm(ctl, &err), ENOENT, "confirm: no load waits for it");
	refused(ctl_confirm_back(ctl, &err), ENOENT, "confirm: no load waits for it");
	cfg_text_free(after);
	cfg_text_free(later);
	free(text);
}

static void
another_load_is_refused_till_then(void **state)
{
	struct ctl *ctl = used(state);
	char *text = changed_text(), *again = base_text();

	assert_string_equal(load(ctl, text, 60), "");
	assert_waits(apply(ctl, again));
	assert_waits(load(ctl, again, 5));
	ok(ctl_confirm_back(ctl, &err));
	assert_string_equal(diff(ctl, again), "");
	free(text);
	free(again);
}

/* Keys go on being exchanged, an operator goes on typing. */
static void
going_back_undoes_commands_but_not_keys(void **state)
{
	struct ctl *ctl = used(state);
	char *text = changed_text(), *again = base_text();
	struct picture before;

	picture_take(ctl, &before);
	assert_string_equal(load(ctl, text, 60), "");
	ok(ctl_if_create(ctl, "ipsec9", NULL, &err));
	ok(ctl_if_set_mtu(ctl, "ipsec1", 1280, &err));
	/* an SA that the load did not know comes, one that it left alone goes, one that it had changed goes */
	sa_add(ctl, "192.168.0.3", "192.168.0.5", 10002, 100);
	ok(ctl_sa_delete(ctl, IP("2001:db8::5"), IP("2001:db8::3"), 20001, &err));
	ok(ctl_sa_delete(ctl, IP(OUT), IP(IN), 10001, &err));
	ok(ctl_confirm_back(ctl, &err));

	assert_null(find(ctl, "ipsec9"));
	assert_string_equal(diff(ctl, again),
			"- sa 192.168.0.3 192.168.0.5 spi 10002(0x00002712)\n"
			"+ sa 192.168.0.5 192.168.0.3 spi 10001(0x00002711)\n"
			"+ sa 2001:db8::5 2001:db8::3 spi 20001(0x00004e21)\n");
	assert_ptr_equal(sa_of(ctl, "2001:db8::5", 20000), before.sa[2]);
	assert_ptr_equal(sa_of(ctl, OUT, 10000), before.sa[0]); /* not used since */
	cfg_text_free(before.text);
	free(text);
	free(again);
}

static void
an_sa_that_was_used_since_goes_on_behind_those_numbers(void **state)
{
	struct ctl *ctl = used(state);
	char *text = changed_text();
	struct sa_progress progress;
	const struct sa_ctl *sa;

	assert_string_equal(load(ctl, text, 60), "");
	sa = sa_of(ctl, OUT, 10000);
	counter_row(sa->counters, 0, sa->id)[SA_CNT_ENQ] += 50;
	counter_row(sa->counters, 0, sa->id)[SA_CNT_DONE] += 50;
	ok(ctl_confirm_back(ctl, &err));
	sa = sa_of(ctl, OUT, 10000);
	assert_int_equal(sa->prm.hard.seconds, 0);
	ctl_sa_get_state(ctl, sa, &progress);
	assert_int_equal(progress.seq, 150);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_gateway(a_session_that_can_not_be_made_leaves_all_as_it_was),
		with_gateway(also_when_no_session_can_be_made_any_more),
		with_gateway(memory_that_is_short_once_leaves_all_as_it_was),
		with_gateway(what_is_not_touched_stays_itself_and_what_keeps_its_keys_goes_on),
		with_gateway(a_load_that_nobody_confirms_goes_back_by_itself),
		with_gateway(one_that_is_confirmed_stays),
		with_gateway(another_load_is_refused_till_then),
		with_gateway(going_back_undoes_commands_but_not_keys),
		with_gateway(an_sa_that_was_used_since_goes_on_behind_those_numbers),
	};

	return cmocka_run_group_tests_name("control/transaction", tests, eal_up, eal_down);
}
