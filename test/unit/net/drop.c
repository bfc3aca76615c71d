/* SPDX-License-Identifier: BSD-3-Clause */
/* net/drop: what users see of the list is complete and unambiguous. */
#include "packets.h"

#include <ctype.h>
#include <string.h>

#include "net/drop.h"

static void
names_every_reason_once(void **state)
{
	int i, j;

	(void)state;
	for (i = DROP_NONE + 1; i < DROP_REASONS; i++) {
		assert_true(strlen(drop_name(i)) > 0);
		assert_true(strlen(drop_sentence(i)) > 0);
		assert_non_null(drop_source(i));
		for (j = i + 1; j < DROP_REASONS; j++)
			assert_string_not_equal(drop_name(i), drop_name(j));
	}
}

static void
writes_names_that_can_be_typed(void **state)
{
	const char *c;
	int i;

	(void)state;
	for (i = DROP_NONE + 1; i < DROP_REASONS; i++)
		for (c = drop_name(i); *c != '\0'; c++)
			assert_true(islower(*c) || isdigit(*c) || *c == '-');
	assert_string_equal(drop_name(DROP_NO_SA), "no-sa-in");
	assert_string_equal(drop_source(DROP_RUNT), "RFC 894, RFC 791");
}

static void
says_nothing_beyond_the_list(void **state)
{
	static const int beyond[] = { DROP_NONE, DROP_REASONS, DROP_REASONS + 1, -1, 1 << 20 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++) {
		assert_string_equal(drop_name((enum drop_reason)beyond[i]), "");
		assert_string_equal(drop_sentence((enum drop_reason)beyond[i]), "");
		assert_string_equal(drop_source((enum drop_reason)beyond[i]), "");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_every_reason_once),
		cmocka_unit_test(writes_names_that_can_be_typed),
		cmocka_unit_test(says_nothing_beyond_the_list),
	};

	return cmocka_run_group_tests_name("net/drop", tests, NULL, NULL);
}
