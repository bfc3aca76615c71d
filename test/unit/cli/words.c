/* SPDX-License-Identifier: BSD-3-Clause */
/* How a line is split into words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/words.h"

static void
splits_as_a_shell_does(void **state)
{
	static const struct {
		const char *line, *words; /* joined by | */
	} cases[] = {
		{ "", "" },
		{ " \t ", "" },
		{ "ifconfig", "ifconfig" },
		{ "  a  b\tc ", "a|b|c" },
		{ "d \"two words\" x", "d|two words|x" },
		{ "d 'it is \"so\"'", "d|it is \"so\"" },
		{ "d \"a \\\" b\"", "d|a \" b" },
		{ "a\\ b", "a b" },
		{ "a '' b", "a||b" },
		{ "x # rest", "x" },
		{ "x#y", "x#y" },
		{ "# all", "" },
	};
	unsigned int i;
	int k;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct words w;
		char joined[128] = "";

		assert_null(words_split(cases[i].line, &w));
		for (k = 0; k < w.n; k++) {
			strcat(joined, k == 0 ? "" : "|");
			strcat(joined, w.word[k]);
		}
		assert_null(w.word[w.n]);
		assert_string_equal(joined, cases[i].words);
		words_free(&w);
	}
}

static void
refuses_a_quote_that_is_not_closed(void **state)
{
	struct words w;

	(void)state;
	assert_string_equal(words_split("a \"b", &w), "line: a quote is not closed (\" or ')");
	assert_int_equal(w.n, 0);
	assert_string_equal(words_split("a 'b", &w), "line: a quote is not closed (\" or ')");
	words_free(&w);
}

static void
refuses_more_words_than_there_is_room_for(void **state)
{
	char line[2 * WORDS_MAX + 8] = "";
	struct words w;
	int i;

	(void)state;
	for (i = 0; i < WORDS_MAX; i++)
		strcat(line, "a ");
	assert_null(words_split(line, &w));
	assert_int_equal(w.n, WORDS_MAX);
	words_free(&w);
	strcat(line, "a");
	assert_string_equal(words_split(line, &w), "line: more than 128 words");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splits_as_a_shell_does),
		cmocka_unit_test(refuses_a_quote_that_is_not_closed),
		cmocka_unit_test(refuses_more_words_than_there_is_room_for),
	};

	return cmocka_run_group_tests_name("cli/words", tests, NULL, NULL);
}
