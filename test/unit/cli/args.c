/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line of dpdk-ipsecif. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "dpdk-ipsecif/app.h"

static char said[4096]; /* first line of standard error */

/* args_parse() of a line, what it prints caught. */
static bool
parse(const char *line, struct app_args *args)
{
	static struct words words;
	char path[] = "/tmp/cli-args-XXXXXX";
	int fd = mkstemp(path), err = dup(STDERR_FILENO);
	ssize_t n;
	bool ok;

	assert_true(fd >= 0 && err >= 0);
	words_free(&words);
	assert_null(words_split(line, &words));
	fflush(stderr);
	dup2(fd, STDERR_FILENO);
	ok = args_parse(words.n, words.word, args);
	fflush(stderr);
	dup2(err, STDERR_FILENO);
	close(err);
	n = pread(fd, said, sizeof(said) - 1, 0);
	said[n < 0 ? 0 : n] = '\0';
	said[strcspn(said, "\n")] = '\0';
	close(fd);
	unlink(path);
	return ok;
}

static void
parts_eals_arguments_from_ours(void **state)
{
	struct app_args args;

	(void)state;
	assert_true(parse("prog -l 0-3 --no-huge -c 3 -- -n -c cfg.json --telnet [::1]:9 --socket "
			  "/tmp/s --idle-exit 2.5",
			&args));
	assert_int_equal(args.eal_argc, 6);
	assert_string_equal(args.config, "cfg.json");
	assert_true(args.check_only);
	assert_string_equal(args.telnet, "[::1]:9");
	assert_string_equal(args.socket, "/tmp/s");
	assert_true(args.idle_exit_s == 2.5);
	assert_true(parse("prog -- -c x --no-telnet --no-socket", &args));
	assert_int_equal(args.eal_argc, 1);
	assert_true(args.no_telnet && args.no_socket && !args.check_only);
}

static void
says_what_is_wrong_and_exits_2(void **state)
{
	static const char *const cases[][2] = {
		{ "prog", "dpdk-ipsecif: no -- between EAL's arguments and ours" },
		{ "prog -c cfg.json", "dpdk-ipsecif: no -- between EAL's arguments and ours" },
		{ "prog --", "dpdk-ipsecif: no configuration (-c FILE)" },
		{ "prog -- -c", "dpdk-ipsecif: a value is missing behind -c" },
		{ "prog -- -c x --colour", "dpdk-ipsecif: not an option: --colour" },
		{ "prog -- -c x -q", "dpdk-ipsecif: not an option: -q" },
		{ "prog -- -c x y", "dpdk-ipsecif: not an option: y" },
		{ "prog -- -c x --idle-exit 0",
				"dpdk-ipsecif: --idle-exit is not a number of seconds above 0: 0" },
		{ "prog -- -c x --idle-exit 5s",
				"dpdk-ipsecif: --idle-exit is not a number of seconds above 0: "
				"5s" },
		{ "prog -- -c x --idle-exit nan",
				"dpdk-ipsecif: --idle-exit is not a number of seconds above 0: "
				"nan" },
		{ "prog -- -c x --no-telnet --telnet 127.0.0.1:1",
				"dpdk-ipsecif: --no-telnet excludes --telnet and "
				"--telnet-insecure" },
		{ "prog -- -c x --no-socket --socket s",
				"dpdk-ipsecif: --no-socket excludes --socket" },
	};
	struct app_args args;
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(cases); i++) {
		assert_false(parse(cases[i][0], &args));
		assert_int_equal(args.exit_code, 2);
		assert_string_equal(said, cases[i][1]);
	}
}

static void
help_and_version_need_nothing_else(void **state)
{
	struct app_args args;

	(void)state;
	assert_false(parse("prog --version", &args));
	assert_int_equal(args.exit_code, 0);
	assert_false(parse("prog -h", &args));
	assert_int_equal(args.exit_code, 0);
	assert_false(parse("prog -l 0 -- -h", &args));
	assert_int_equal(args.exit_code, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_eals_arguments_from_ours),
		cmocka_unit_test(says_what_is_wrong_and_exits_2),
		cmocka_unit_test(help_and_version_need_nothing_else),
	};

	return cmocka_run_group_tests_name("cli/args", tests, NULL, NULL);
}
