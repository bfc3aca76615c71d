/* SPDX-License-Identifier: BSD-3-Clause */
/* What can be asked of the benchmark, and what it answers to what can not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#include "app/bench/args.h"

#define WORDS_MAX 12

static int
parse(struct bench_args *args, const char *const words[])
{
	char copy[WORDS_MAX][64], *argv[WORDS_MAX + 1];
	int n = 0;

	strcpy(copy[n], "bench");
	argv[n] = copy[n];
	for (n = 1; words[n - 1] != NULL; n++) {
		strcpy(copy[n], words[n - 1]);
		argv[n] = copy[n];
	}
	argv[n] = NULL;
	return bench_args_parse(n, argv, args);
}

#define PARSE(args, ...) parse(args, (const char *const[]){ __VA_ARGS__, NULL })

static void
reads_what_is_possible(void **state)
{
	struct bench_args a;

	(void)state;
	assert_int_equal(PARSE(&a, "--size", "imix", "--tunnels", "10000", "-i"), 0);
	assert_int_equal(a.frame_bytes, BENCH_IMIX);
	assert_int_equal(a.tunnels, 10000);
	assert_true(a.interactive);
	assert_int_equal(a.replay_window, 1024);
	assert_int_equal(PARSE(&a, "--direction", "both", "--total-num-packets", "5000000000"), 0);
	assert_int_equal(a.direction, DIRECTION_BOTH);
	assert_true(a.total_packets == UINT64_C(5000000000));
	assert_int_equal(PARSE(&a, "--port", "0000:00:05.0", "--port", "net_tap1"), 0);
	assert_int_equal(a.traffic, TRAFFIC_NIC);
	assert_string_equal(a.port[1], "net_tap1");
	assert_int_equal(PARSE(&a, "--pcap", "x.pcap"), 0);
	assert_int_equal(a.traffic, TRAFFIC_PCAP);
}

static void
refuses_what_is_not(void **state)
{
	static const char *const bad[][WORDS_MAX] = {
		{ "--size", "59" },
		{ "--size", "1401" },
		{ "--size", "-64" },
		{ "--size", "64b" },
		{ "--size", "" },
		{ "--tunnels", "0" },
		{ "--tunnels", "10001" },
		{ "--inner", "5" },
		{ "--direction", "up" },
		{ "--port", "one" },
		{ "--port", "a", "--port", "b", "--port", "c" },
		{ "--source", "nic" },
		{ "--source", "pcap", "--direction", "in" },
		{ "--source", "pcap", "--latency" },
		{ "--source", "pcap", "--total-num-packets", "1" },
		{ "--source", "generator", "--pcap", "x" },
		{ "--inner", "6", "--size", "60" },
		{ "--encryption", "a-name-that-is-longer-than-any-algorithm" },
		{ "--nonsense" },
		{ "word" },
	};
	struct bench_args a;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (parse(&a, bad[i]) != -1)
			fail_msg("%s %s was taken", bad[i][0], bad[i][1] ? bad[i][1] : "");
	}
}

static void
the_prompt_sets_and_shows_the_same_names(void **state)
{
	const char *name, *takes;
	struct err err = { 0 };
	struct bench_args a;
	char value[64];
	unsigned int i;

	(void)state;
	assert_int_equal(PARSE(&a, "--size", "imix"), 0);
	for (i = 0; (name = bench_args_at(&a, i, value, sizeof(value), &takes)) != NULL; i++)
		assert_int_equal(bench_args_set(&a, name, value, &err), 0);
	assert_true(i > 10);
	assert_int_equal(bench_args_set(&a, "size", "2000", &err), -EINVAL);
	assert_string_equal(err.msg, "size: \"2000\" is not possible (60 to 1400)");
	assert_int_equal(a.frame_bytes, BENCH_IMIX);
	assert_int_equal(bench_args_set(&a, "port", "x", &err), -EINVAL);
	assert_string_equal(err.msg, "set: port is not there (show config lists all)");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_is_possible),
		cmocka_unit_test(refuses_what_is_not),
		cmocka_unit_test(the_prompt_sets_and_shows_the_same_names),
	};

	return cmocka_run_group_tests_name("bench/args", tests, NULL, NULL);
}
