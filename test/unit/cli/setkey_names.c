/* SPDX-License-Identifier: BSD-3-Clause */
/* Names in setkey(8)'s statements: hosts and services, from files. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/hosts.h"
#include "cli/setkey.h"

#define ADD "add 192.0.2.1 192.0.2.2 esp 1000 "
#define GCM "-E aes-gcm-16 0x0123456789abcdef0123456789abcdef01234567"

static struct setkey_statement *
parsed(const char *text, struct setkey_list *list)
{
	struct err err = { 0 };

	if (setkey_parse(text, strlen(text), list, &err) != 0)
		fail_msg("%s", err.msg);
	return STAILQ_FIRST(list);
}

/* A file of its own, gone at the end of the program. */
static const char *
write_file(const char *text)
{
	static char path[64];
	static bool made;
	int fd;

	if (!made) {
		strcpy(path, "/tmp/setkey-test-XXXXXX");
		fd = mkstemp(path);
		made = true;
	} else {
		fd = open(path, O_WRONLY | O_TRUNC);
	}
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	return path;
}

/* -natt as FreeBSD 14 has it: original addresses, which tunnels do not need, and ports in brackets. */
static void
takes_both_forms_of_natt(void **state)
{
	static const char *const texts[] = { ADD "-natt 4500 ipsec-nat-t " GCM ";",
		ADD "-natt 192.0.2.1[4500] 192.0.2.2 [ipsec-nat-t] " GCM ";" };
	unsigned int i;

	(void)state;
	hosts_services_path = write_file("ipsec-nat-t\t4500/tcp\n# x 1/udp\n"
					 "ipsec-nat-t 4500/udp sae-urn # alias\n");
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct setkey_list list;
		const struct sa_params *prm = &parsed(texts[i], &list)->prm;

		assert_int_equal(prm->natt_sport, 4500);
		assert_int_equal(prm->natt_dport, 4500);
		setkey_free(&list);
	}
}

#define HOSTS                                                                      \
	"127.0.0.1 localhost\n::1 localhost\n# 192.0.2.9 here\n\n"                 \
	"192.0.2.1\there.example.org here\n2001:db8::1 here # there\n"             \
	" 192.0.2.2 there THERE.example.org\n2001:db8::2 there\n192.0.2.3 there\n" \
	"fe80::1%lo0 link\nrubbish here\n198.51.100.7 gate"

/* Pairs of one family, in the order of the file. */
static void
names_are_those_of_the_hosts_file(void **state)
{
	static const struct {
		const char *text, *pairs;
	} cases[] = {
		{ "add here there esp 256 -E null;",
				"192.0.2.1-192.0.2.2 192.0.2.1-192.0.2.3 "
				"2001:db8::1-2001:db8::2 " },
		{ "add -4 here there.EXAMPLE.org. esp 256 -E null;", "192.0.2.1-192.0.2.2 " },
		{ "add -6 here there esp 256 -E null;", "2001:db8::1-2001:db8::2 " },
		{ "deleteall here 2001:db8::7;", "2001:db8::1-2001:db8::7 " },
		{ "get 192.0.2.1 gate esp 256;", "192.0.2.1-198.51.100.7 " },
		{ "get fe80::1%wan0 fe80::2 esp 256;", "fe80::1-fe80::2 " },
	};
	unsigned int i;

	(void)state;
	hosts_path = write_file(HOSTS);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct setkey_list list;
		struct setkey_statement *s = parsed(cases[i].text, &list);
		char pairs[256] = "";

		for (; s != NULL; s = STAILQ_NEXT(s, next))
			snprintf(pairs + strlen(pairs), sizeof(pairs) - strlen(pairs), "%s-%s ",
					ip_str(&s->prm.src), ip_str(&s->prm.dst));
		assert_string_equal(pairs, cases[i].pairs);
		setkey_free(&list);
	}
}

static void
says_what_is_wrong_with_names(void **state)
{
	static const struct {
		const char *text, *msg;
	} cases[] = {
		{ "add -6 gate 2001:db8::1 esp 256;",
				"line 1, column 8: gate has no IPv6 address" },
		{ "add nowhere gate esp 256;", "line 1, column 5: nowhere has no address in /" },
		{ "add gate link esp 256;", "line 1, column 10: link has no address in /" },
		{ "get here there esp 256;",
				"line 1, column 10: the names have several addresses, 3 pairs (-4, "
				"-6, or an address)" },
		{ "add gate%wan0 gate esp 256;",
				"line 1, column 5: gate%wan0 is not a link-local address" },
	};
	unsigned int i;

	(void)state;
	hosts_path = write_file(HOSTS);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct setkey_list list;
		struct err err = { 0 };

		assert_int_equal(setkey_parse(cases[i].text, strlen(cases[i].text), &list, &err),
				-EINVAL);
		if (strncmp(err.msg, cases[i].msg, strlen(cases[i].msg)) != 0)
			assert_string_equal(err.msg, cases[i].msg);
	}
	hosts_path = "/nowhere/hosts";
	assert_null(hosts_read());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_both_forms_of_natt),
		cmocka_unit_test(names_are_those_of_the_hosts_file),
		cmocka_unit_test(says_what_is_wrong_with_names),
	};
	int failed = cmocka_run_group_tests_name("cli/setkey_names", tests, NULL, NULL);

	unlink(write_file(""));
	return failed;
}
