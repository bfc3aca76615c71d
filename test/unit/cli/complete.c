/* SPDX-License-Identifier: BSD-3-Clause */
/* What completion offers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway.h"

static void
offers_what_fits(void **state)
{
	static const struct {
		const char *line, *words;
	} cases[] = {
		{ "ifc", "ifconfig" },
		{ "s", "setkey sysctl show save" },
		{ "nothing", "" },
		{ "nothing at", "" },
		{ "ifconfig w", "wan0" },
		{ "ifconfig ip", "ipsec0 ipsec" },
		{ "ifconfig ipsec0 tunnelf", "tunnelfib" },
		{ "ifconfig ipsec0 mtu ", "auto" },
		{ "route ", "add change delete get" },
		{ "route add 10.0.0.0/8 -interface i", "ipsec0" },
		{ "show w", "workers" },
		{ "netstat -rn -f ", "inet inet6" },
		{ "sysctl net.key.pref", "net.key.preferred_oldsa" },
		{ "help qu", "quit" },
		{ "clear ", "counters" },
		{ "arp -s 192.0.2.5 02:00:00:00:00:05 ", "wan0" },
		{ "setkey -D", "-D -DP -Dv" },
		{ "expl", "explain" },
		{ "explain ", "out in" },
		{ "explain out 10.1.0.9 10.2.0.7 -d", "-df" },
		{ "explain in 5 192.0.2.1 -n", "-natt" },
		{ "explain out -i w", "wan0" },
		{ "ipsec ", "explain" },
		{ "ipsec explain i", "in" },
		{ "ifconfig \"open", "" },
	};
	unsigned int i, k;

	(void)state;
	gateway_say("ifconfig ipsec0 create");
	for (i = 0; i < RTE_DIM(cases); i++) {
		struct cli_choices c;
		char words[1024] = "";

		cli_complete(gateway_env.ctl, cases[i].line, &c);
		for (k = 0; k < c.n; k++) {
			strcat(words, k == 0 ? "" : " ");
			strcat(words, c.choice[k].word);
		}
		assert_string_equal(words, cases[i].words);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(offers_what_fits, gateway_clean),
	};

	return cmocka_run_group_tests_name("cli/complete", tests, gateway_up, gateway_down);
}
