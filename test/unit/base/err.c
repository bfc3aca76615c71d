/* SPDX-License-Identifier: BSD-3-Clause */
/* base/err and base/log: what reaches the user, before EAL is up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"

static void
returns_the_code_negated_and_keeps_the_sentence(void **state)
{
	struct err err = { .path = "old" };

	(void)state;
	assert_int_equal(err_set(&err, EINVAL, "%s: mtu %d bytes is above the maximum (8192)",
					 "ipsec0", 9000),
			-EINVAL);
	assert_int_equal(err.code, EINVAL);
	assert_string_equal(err.msg, "ipsec0: mtu 9000 bytes is above the maximum (8192)");
	assert_string_equal(err.path, "");
}

static void
keeps_where_in_a_file_it_was(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(err_set_at(&err, ERANGE, "ports.lan0.mtu", "%d is too small", 7), -ERANGE);
	assert_string_equal(err.path, "ports.lan0.mtu");
	assert_string_equal(err.msg, "7 is too small");
}

static void
works_without_a_place_for_the_sentence(void **state)
{
	(void)state;
	assert_int_equal(err_set(NULL, ENOMEM, "%s", "x"), -ENOMEM);
	assert_int_equal(err_set_at(NULL, ENOMEM, "x", "%s", "x"), -ENOMEM);
}

static void
may_quote_the_error_that_it_replaces(void **state)
{
	struct err err;

	(void)state;
	err_set_at(&err, EINVAL, "a.b", "inner");
	err_set_at(&err, EINVAL, err.path, "outer: %s", err.msg);
	assert_string_equal(err.path, "a.b");
	assert_string_equal(err.msg, "outer: inner");
}

static void
cuts_what_is_too_long(void **state)
{
	struct {
		struct err err;
		char guard[8];
	} box = { .guard = "guard" };
	char text[2000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	err_set_at(&box.err, EINVAL, text, "%s", text);
	assert_int_equal(strlen(box.err.msg), ERR_MSG_MAX - 1);
	assert_int_equal(strlen(box.err.path), ERR_PATH_MAX - 1);
	assert_string_equal(box.guard, "guard");
}

/* What log_line() writes to standard error. */
static const char *
captured(enum log_level level, const char *text)
{
	static char out[2048];
	int fds[2], saved = dup(STDERR_FILENO);
	ssize_t n;

	assert_int_equal(pipe(fds), 0);
	fflush(stderr);
	dup2(fds[1], STDERR_FILENO);
	log_line(level, "%s", text);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(fds[1]);
	n = read(fds[0], out, sizeof(out) - 1);
	close(fds[0]);
	assert_true(n >= 0);
	out[n] = '\0';
	return out;
}

static void
logs_to_standard_error_before_eal_is_up(void **state)
{
	(void)state;
	assert_string_equal(captured(LOG_LVL_ERROR, "a"), "ipsecif: error: a\n");
	assert_string_equal(captured(LOG_LVL_WARNING, "b"), "ipsecif: warning: b\n");
	assert_string_equal(captured(LOG_LVL_NOTICE, "c"), "ipsecif: c\n");
	assert_string_equal(captured(LOG_LVL_INFO, "d"), "ipsecif: d\n");
}

static void
writes_no_more_than_its_level_asks(void **state)
{
	(void)state;
	assert_string_equal(captured(LOG_LVL_DEBUG, "x"), "");
	log_set_level(LOG_LVL_DEBUG);
	assert_string_equal(captured(LOG_LVL_DEBUG, "x"), "ipsecif: debug: x\n");
	log_set_level(LOG_LVL_ERROR);
	assert_string_equal(captured(LOG_LVL_WARNING, "x"), "");
	assert_string_equal(captured(LOG_LVL_ERROR, "x"), "ipsecif: error: x\n");
	log_set_level(LOG_LVL_INFO);
}

static void
ends_a_long_line_with_a_newline(void **state)
{
	char text[2000];
	const char *out;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	out = captured(LOG_LVL_INFO, text);
	assert_true(strlen(out) > 256 && strlen(out) < 1000);
	assert_ptr_equal(strchr(out, '\n'), out + strlen(out) - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(returns_the_code_negated_and_keeps_the_sentence),
		cmocka_unit_test(keeps_where_in_a_file_it_was),
		cmocka_unit_test(works_without_a_place_for_the_sentence),
		cmocka_unit_test(may_quote_the_error_that_it_replaces),
		cmocka_unit_test(cuts_what_is_too_long),
		cmocka_unit_test(logs_to_standard_error_before_eal_is_up),
		cmocka_unit_test(writes_no_more_than_its_level_asks),
		cmocka_unit_test(ends_a_long_line_with_a_newline),
	};

	return cmocka_run_group_tests_name("base/err", tests, NULL, NULL);
}
