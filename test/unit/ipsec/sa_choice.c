/* SPDX-License-Identifier: BSD-3-Clause */
/* The choice among outbound SAs: an order, and the reasons that go with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ipsec/sa_choice.h"

#define SAS 24 /* three of each mixture of the three facts */

static void
all(struct sa_facts sa[SAS])
{
	unsigned int i;

	for (i = 0; i < SAS; i++)
		sa[i] = (struct sa_facts){
			.order = i + 1, .usable = i & 1, .spent = i & 2, .proven = i & 4
		};
}

static void
is_a_strict_order_of_what_is_usable(void **state)
{
	struct sa_facts sa[SAS];
	unsigned int p, a, b, c;

	(void)state;
	all(sa);
	for (p = SA_PREFER_OLDEST; p <= SA_PREFER_PROVEN; p++) {
		for (a = 1; a < SAS; a += 2) {
			assert_false(sa_is_better(p, &sa[a], &sa[a]) && !sa[a].spent);
			for (b = 1; b < SAS; b += 2) {
				if (a != b)
					assert_true(sa_is_better(p, &sa[a], &sa[b]) !=
							sa_is_better(p, &sa[b], &sa[a]));
				for (c = 1; c < SAS; c += 2)
					assert_true(!(sa_is_better(p, &sa[a], &sa[b]) &&
								    sa_is_better(p, &sa[b],
										    &sa[c])) ||
							sa_is_better(p, &sa[a], &sa[c]));
			}
		}
	}
}

static void
prefers_as_the_setting_says(void **state)
{
	static const struct {
		enum sa_prefer prefer;
		bool spent[3], proven[3];
		unsigned int chosen;
	} cases[] = {
		{ SA_PREFER_OLDEST, { 0, 0, 0 }, { 0, 0, 1 }, 0 },
		{ SA_PREFER_OLDEST, { 1, 0, 0 }, { 0, 0, 1 }, 1 },
		{ SA_PREFER_NEWEST, { 0, 0, 0 }, { 1, 0, 0 }, 2 },
		{ SA_PREFER_NEWEST, { 0, 0, 1 }, { 1, 0, 0 }, 1 },
		{ SA_PREFER_PROVEN, { 0, 0, 0 }, { 0, 0, 0 }, 0 },
		{ SA_PREFER_PROVEN, { 0, 0, 0 }, { 1, 1, 0 }, 1 },
		{ SA_PREFER_PROVEN, { 0, 0, 0 }, { 0, 0, 1 }, 2 },
		{ SA_PREFER_PROVEN, { 1, 0, 0 }, { 1, 0, 0 }, 1 },
		{ SA_PREFER_PROVEN, { 1, 1, 1 }, { 1, 0, 0 }, 2 },
	};
	unsigned int i, k, best;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sa_facts sa[3];

		for (k = 0, best = 0; k < 3; k++) {
			sa[k] = (struct sa_facts){ .order = k + 1,
				.usable = true,
				.spent = cases[i].spent[k],
				.proven = cases[i].proven[k] };
			if (sa_is_better(cases[i].prefer, &sa[k], &sa[best]))
				best = k;
		}
		assert_int_equal(best, cases[i].chosen);
		assert_int_equal(sa_verdict(cases[i].prefer, &sa[best], &sa[best]), SA_CHOSEN);
	}
}

static void
says_why_an_sa_is_not_chosen(void **state)
{
	const struct sa_facts old = { 1, true, false, true }, new = { 2, true, false, false };
	const struct sa_facts spent = { 3, true, true, true }, gone = { 4, false, false, true };

	(void)state;
	assert_int_equal(sa_verdict(SA_PREFER_OLDEST, &new, &old), SA_TOO_NEW);
	assert_int_equal(sa_verdict(SA_PREFER_NEWEST, &old, &new), SA_TOO_OLD);
	assert_int_equal(sa_verdict(SA_PREFER_PROVEN, &new, &old), SA_NOT_PROVEN);
	assert_int_equal(sa_verdict(SA_PREFER_OLDEST, &spent, &old), SA_IS_SPENT);
	assert_int_equal(sa_verdict(SA_PREFER_OLDEST, &gone, &old), SA_NOT_USABLE);
	assert_int_equal(sa_verdict(SA_PREFER_OLDEST, &gone, NULL), SA_NOT_USABLE);
	assert_string_equal(sa_verdict_text(SA_CHOSEN), "chosen");
	assert_string_equal(sa_verdict_text((enum sa_verdict)99), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_a_strict_order_of_what_is_usable),
		cmocka_unit_test(prefers_as_the_setting_says),
		cmocka_unit_test(says_why_an_sa_is_not_chosen),
	};

	return cmocka_run_group_tests_name("ipsec/sa_choice", tests, NULL, NULL);
}
