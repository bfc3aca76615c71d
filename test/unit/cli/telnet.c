/* SPDX-License-Identifier: BSD-3-Clause */
/* Telnet commands taken out of a stream. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/telnet.h"

/* The data bytes of in, as text; other results as <letter>. */
static const char *
taken(struct telnet *t, const char *in, size_t n)
{
	static const char other[] = { [TELNET_EOF] = 'E',
		[TELNET_INTERRUPT] = 'I',
		[TELNET_ERASE] = 'B',
		[TELNET_KILL] = 'K' };
	static char out[64];
	size_t i, k = 0;

	for (i = 0; i < n && k < sizeof(out) - 4; i++) {
		enum telnet_result r = telnet_take(t, (uint8_t)in[i]);

		if (r == TELNET_BYTE)
			out[k++] = in[i];
		else if (r != TELNET_NOTHING)
			k += (size_t)sprintf(out + k, "<%c>", other[r]);
	}
	out[k] = '\0';
	return out;
}

#define TAKEN(t, in) taken(t, in, sizeof(in) - 1)

static void
leaves_data_alone(void **state)
{
	struct telnet t = { 0 };

	(void)state;
	assert_string_equal(TAKEN(&t, "help\n"), "help\n");
	assert_false(t.spoken);
}

static void
takes_commands_out(void **state)
{
	struct telnet t = { 0 };

	(void)state;
	assert_string_equal(TAKEN(&t, "a\377\373\030b\377\371c\377\377d"), "abc\377d");
	assert_true(t.spoken);
	assert_false(t.echo);
	assert_string_equal(TAKEN(&t, "\377\364\377\354\377\367\377\370"), "<I><E><B><K>");
}

static void
follows_the_clients_mind_about_echo(void **state)
{
	struct telnet t = { 0 };

	(void)state;
	TAKEN(&t, "\377\375\001");
	assert_true(t.echo);
	TAKEN(&t, "\377\376\001");
	assert_false(t.echo);
	TAKEN(&t, "\377\375\003");
	assert_false(t.echo);
}

static void
skips_subnegotiations_of_any_length(void **state)
{
	struct telnet t = { 0 };
	unsigned int i;

	(void)state;
	TAKEN(&t, "\377\372\030");
	for (i = 0; i < 100000; i++)
		assert_int_equal(telnet_take(&t, (uint8_t)(i % 255)), TELNET_NOTHING);
	assert_string_equal(TAKEN(&t, "\377\377x\377\360y"), "y");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaves_data_alone),
		cmocka_unit_test(takes_commands_out),
		cmocka_unit_test(follows_the_clients_mind_about_echo),
		cmocka_unit_test(skips_subnegotiations_of_any_length),
	};

	return cmocka_run_group_tests_name("cli/telnet", tests, NULL, NULL);
}
