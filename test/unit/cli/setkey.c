/* SPDX-License-Identifier: BSD-3-Clause */
/* The grammar of setkey(8)'s statements: what is read, and what is said about mistakes. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

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

static void
reads_the_example_of_the_man_page(void **state)
{
	static const char text[] = "add 192.168.0.3 192.168.0.5 esp 10000 -m tunnel -u 100 -E "
				   "rijndael-cbc \"VerySecureKey!!1\";\n"
				   "add 192.168.0.5 192.168.0.3 esp 10001 -m tunnel -u 100 -E "
				   "rijndael-cbc \"VerySecureKey!!2\";\n";
	struct setkey_list list;
	struct setkey_statement *s = parsed(text, &list);

	(void)state;
	assert_int_equal(s->op, SETKEY_ADD);
	assert_int_equal(s->line, 1);
	assert_string_equal(ip_str(&s->prm.src), "192.168.0.3");
	assert_string_equal(ip_str(&s->prm.dst), "192.168.0.5");
	assert_int_equal(s->prm.spi, 10000);
	assert_int_equal(s->prm.mode, SA_MODE_TUNNEL);
	assert_int_equal(s->prm.reqid, 100);
	assert_ptr_equal(s->prm.enc, alg_find_encryption("aes-cbc"));
	assert_null(s->prm.auth);
	assert_int_equal(s->prm.keys.enc_len, 16);
	assert_memory_equal(s->prm.keys.enc, "VerySecureKey!!1", 16);
	s = STAILQ_NEXT(s, next);
	assert_int_equal(s->line, 2);
	assert_int_equal(s->prm.spi, 10001);
	assert_null(STAILQ_NEXT(s, next));
	setkey_free(&list);
}

static void
reads_every_option(void **state)
{
	static const char text[] =
			"add -6n 2001:db8::1\n 2001:db8::2 esp 0x1000 # comment; \"\n"
			" -m transport -u 0x64 -r 64 -lh 3600 -ls 2880 -bh 5000000000 -bs 4 -ph 6 "
			"-ps 5\n"
			" -f zero-pad -f nocyclic-seq -esn -natt 4500 4501\n"
			" -A hmac-sha2-256 \"01234567890123456789012345678901\" -E 3des-cbc\n"
			" 0x000102030405060708090A0B0C0D0E0F1011121314151617 ;";
	struct setkey_list list;
	struct sa_params *prm = &parsed(text, &list)->prm;

	(void)state;
	assert_string_equal(ip_str(&prm->dst), "2001:db8::2");
	assert_int_equal(prm->spi, 4096);
	assert_int_equal(prm->mode, SA_MODE_TRANSPORT);
	assert_int_equal(prm->reqid, 100);
	assert_int_equal(prm->replay_window, 512); /* octets to packets */
	assert_int_equal(prm->hard.seconds, 3600);
	assert_int_equal(prm->soft.seconds, 2880);
	assert_true(prm->hard.bytes == 5000000000);
	assert_int_equal(prm->soft.bytes, 4);
	assert_int_equal(prm->hard.packets, 6);
	assert_int_equal(prm->soft.packets, 5);
	assert_int_equal(prm->pad, SA_PAD_ZERO);
	assert_true(prm->cyclic_seq_off);
	assert_true(prm->esn);
	assert_int_equal(prm->natt_sport, 4500);
	assert_int_equal(prm->natt_dport, 4501);
	assert_int_equal(prm->keys.enc_len, 24);
	assert_int_equal(prm->keys.enc[10], 10);
	assert_int_equal(prm->keys.auth_len, 32);
	setkey_free(&list);
}

static void
reads_several_statements_per_line(void **state)
{
	static const enum setkey_op ops[] = { SETKEY_FLUSH, SETKEY_DUMP, SETKEY_SPDFLUSH,
		SETKEY_GET, SETKEY_DELETE, SETKEY_DELETEALL, SETKEY_SPDADD, SETKEY_SPDDELETE,
		SETKEY_SPDDUMP };
	static const char text[] =
			"flush; dump esp;spdflush;; get 192.0.2.1 192.0.2.2 esp 1000;\n"
			"delete 192.0.2.1 192.0.2.2 esp 1000; deleteall 192.0.2.1 192.0.2.2 esp;\n"
			"spdadd 10.0.0.0/8[any] 10.1.0.0/16 any -P out ipsec\n "
			"esp/tunnel/a-b/require;\n"
			"spddelete anything at all; spddump; # the end";
	struct setkey_list list;
	struct setkey_statement *s = parsed(text, &list);
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++, s = STAILQ_NEXT(s, next)) {
		assert_non_null(s);
		assert_int_equal(s->op, ops[i]);
	}
	assert_null(s);
	setkey_free(&list);
}

static void
an_empty_text_is_no_statement(void **state)
{
	struct setkey_list list;

	(void)state;
	assert_null(parsed("", &list));
	assert_null(parsed(" # nothing\n\n;;", &list));
}

/* A digit too few: the first makes a byte of its own, as in setkey(8). */
static void
takes_an_odd_number_of_digits(void **state)
{
	struct setkey_list list;
	const struct sa_keys *keys = &parsed(ADD "-A hmac-sha1 0xa1b2c3d;", &list)->prm.keys;

	(void)state;
	assert_int_equal(keys->auth_len, 4);
	assert_memory_equal(keys->auth, "\x0a\x1b\x2c\x3d", 4);
	setkey_free(&list);
	keys = &parsed(ADD "-A hmac-sha1 0X7;", &list)->prm.keys;
	assert_int_equal(keys->auth_len, 1);
	assert_int_equal(keys->auth[0], 7);
	setkey_free(&list);
}

/* A file that says 010 to setkey(8) means ten. */
static void
numbers_are_decimal_or_hexadecimal_and_never_octal(void **state)
{
	struct setkey_list list;
	const struct sa_params *prm =
			&parsed("add 192.0.2.1 192.0.2.2 esp 0001000 -u 010 -r 0x10;", &list)->prm;

	(void)state;
	assert_int_equal(prm->spi, 1000);
	assert_int_equal(prm->reqid, 10);
	assert_int_equal(prm->replay_window, 128);
	setkey_free(&list);
}

static void
cipher_and_authentication_come_in_either_order(void **state)
{
	static const char *const texts[] = {
		ADD "-E aes-cbc 0x00112233445566778899aabbccddeeff -A hmac-sha1 \"12345\";",
		ADD "-A hmac-sha1 \"12345\" -E aes-cbc 0x00112233445566778899aabbccddeeff;",
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct setkey_list list;
		const struct sa_params *prm = &parsed(texts[i], &list)->prm;

		assert_ptr_equal(prm->enc, alg_find_encryption("aes-cbc"));
		assert_ptr_equal(prm->auth, alg_find_authentication("hmac-sha1"));
		assert_int_equal(prm->keys.enc_len, 16);
		assert_int_equal(prm->keys.auth_len, 5);
		setkey_free(&list);
	}
}

/* The statements that name other protocols are left to the one who does them: there is nothing to flush, and nothing can be added. */
static void
takes_statements_of_other_protocols(void **state)
{
	static const char text[] =
			"flush ah; dump ipcomp; deleteall 192.0.2.1 192.0.2.2 tcp;\n"
			"add 10.1.10.34 10.1.10.36 tcp 0x1000 -A tcp-md5 \"TCP-MD5 BGP secret\" ;\n"
			"add 10.1.10.34 10.1.10.36 ipcomp 0x1000 -C deflate -R;\n"
			"get 192.0.2.1 192.0.2.2 esp-old 300;";
	static const char *const protocols[] = { "ah", "ipcomp", "tcp", "tcp", "ipcomp",
		"esp-old" };
	struct setkey_list list;
	struct setkey_statement *s = parsed(text, &list);
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++, s = STAILQ_NEXT(s, next))
		assert_string_equal(s->protocol, protocols[i]);
	assert_null(s);
	setkey_free(&list);
}

static void
takes_deleteall_without_protocol_and_comments_everywhere(void **state)
{
	static const char text[] = "deleteall 192.0.2.1 192.0.2.2 ;# \"; flush\n"
				   "spdadd 0.0.0.0/0 0.0.0.0/0 any # one; two\n"
				   "-P out none ; # the end; \n"
				   "add # from\n192.0.2.1#to\n192.0.2.2\nesp 256 -E null;";
	struct setkey_list list;
	struct setkey_statement *s = parsed(text, &list);

	(void)state;
	assert_int_equal(s->op, SETKEY_DELETEALL);
	assert_string_equal(s->protocol, "");
	s = STAILQ_NEXT(s, next);
	assert_int_equal(s->op, SETKEY_SPDADD);
	s = STAILQ_NEXT(s, next);
	assert_int_equal(s->op, SETKEY_ADD);
	assert_string_equal(ip_str(&s->prm.dst), "192.0.2.2");
	assert_null(STAILQ_NEXT(s, next));
	setkey_free(&list);
}

static void
says_what_is_wrong_and_where(void **state)
{
	static const struct {
		const char *text, *msg;
	} cases[] = {
		{ "ad 1 2",
				"line 1, column 1: 'ad' where this is expected: end of file add "
				"get "
				"delete deleteall flush dump spdadd "
				"spddelete spdflush spddump ;" },
		{ "flush;\n\nadd 10.0.0.300 192.0.2.2 esp 1000;",
				"line 3, column 5: 10.0.0.300 is not an IP address" },
		{ "add 192.0.2.1 192.0.2.2 blowfish 1000;",
				"line 1, column 25: protocol blowfish is not there (esp)" },
		{ "flush oh;", "line 1, column 7: protocol oh is not there (esp)" },
		{ "add 192.0.2.1 192.0.2.2 any 1000;",
				"line 1, column 25: protocol any is not there (esp)" },
		{ "add 192.0.2.1 192.0.2.2 esp spi;",
				"line 1, column 29: SPI spi is not a number" },
		{ "add 192.0.2.1 192.0.2.2 esp 4294967296;",
				"line 1, column 29: SPI 4294967296 is too large (0 to "
				"4294967295)" },
		{ "add 192.0.2.1 192.0.2.2 esp -5;", "line 1, column 29: SPI -5 is not a number" },
		{ "add 192.0.2.1 192.0.2.2 esp 256-300;",
				"line 1, column 29: SPI 256-300 is a range, an SA has one" },
		{ "add 192.0.2.1 2001:db8::2 esp 256 ;",
				"line 1, column 15: 192.0.2.1 and 2001:db8::2 mix IPv4 and IPv6" },
		{ "add -4 2001:db8::1 2001:db8::2 esp 256 ;",
				"line 1, column 8: 2001:db8::1 is not an IPv4 address" },
		{ "add -n localhost 2001:db8::2 esp 256 ;",
				"line 1, column 8: localhost is not an IP address" },
		{ ADD "-m tunel " GCM ";",
				"line 1, column 37: mode tunel is not there (tunnel, transport, "
				"any)" },
		{ ADD "-u many " GCM ";", "line 1, column 37: reqid many is not a number" },
		{ ADD "-r 513 " GCM ";",
				"line 1, column 37: replay window of 513 octets is above the "
				"maximum (512 octets, 4096 packets)" },
		{ ADD "-f none " GCM ";",
				"line 1, column 37: -f none is not there (zero-pad, random-pad, "
				"seq-pad, nocyclic-seq)" },
		{ ADD "-natt 0 4500 " GCM ";",
				"line 1, column 40: -natt source port 0 is not a port (1 to "
				"65535)" },
		{ ADD "-natt 4500 65536 " GCM ";",
				"line 1, column 45: -natt destination port 65536 is too large (0 "
				"to "
				"65535)" },
		{ ADD "-natt 4500 no-such-service " GCM ";",
				"line 1, column 45: -natt destination port no-such-service is not "
				"a "
				"number" },
		{ ADD "-natt_mtu 1400 " GCM ";", "line 1, column 34: -natt_mtu is not there" },
		{ ADD "-C deflate -R;",
				"line 1, column 37: -C deflate is not there: compression is "
				"ipcomp's (esp alone is done)" },
		{ ADD "-A hmac-sha1 0x;", "line 1, column 47: -A key 0x has no digits" },
		{ ADD "-A hmac-sha1 0x12zz;",
				"line 1, column 47: -A key has something else than hexadecimal "
				"digits" },
		{ ADD "-A hmac-sha1 secret;",
				"line 1, column 47: -A key is neither \"quoted\" nor 0x and "
				"hexadecimal digits" },
		{ ADD "-E aes-cbc \"open;\nflush;",
				"line 1, column 45: a quote is not closed on its line" },
		{ "flush;\n" ADD GCM "\n " GCM ";", "line 3, column 5: -E is given twice" },
		{ ADD GCM,
				"line 1, column 90: the text ends where this is expected: -m -u -r "
				"-f -lh -ls -bh -bs -ph -ps -esn -natt -E -A ;" },
		{ ADD "-x 1;",
				"line 1, column 34: '-x' where this is expected: -m -u -r -f -lh "
				"-ls -bh -bs -ph -ps -esn -natt -E -A ;" },
		{ ADD "-m tunnel VerySecureKey!!1;",
				"line 1, column 44: a word where this is expected: -m -u -r -f -lh "
				"-ls -bh -bs -ph -ps -esn -natt -E -A ;" },
		{ "spdadd 1 2", "line 1, column 11: the text ends where this is expected: ;" },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct setkey_list list;
		struct err err = { 0 };

		assert_int_equal(setkey_parse(cases[i].text, strlen(cases[i].text), &list, &err),
				-EINVAL);
		assert_string_equal(err.msg, cases[i].msg);
		assert_true(STAILQ_EMPTY(&list));
	}
}

static void
names_the_algorithms_that_are_there(void **state)
{
	static const char text[] = ADD "-E des-cbc \"12345678\";";
	struct setkey_list list;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(setkey_parse(text, strlen(text), &list, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "line 1, column 37: -E des-cbc is not there ("));
	assert_non_null(strstr(err.msg, "aes-gcm-16"));
}

static void
never_shows_a_key_in_a_message(void **state)
{
	static const char *const texts[] = {
		ADD "-E aes-cbc 0x00112233445566778899aabbccddeeff 0x5ec2e75ec2e7;",
		ADD "-m 0x5ec2e75ec2e7;",
		ADD "-u 0x5ec2e75ec2e75ec2e75ec2e75ec2e7;",
		ADD "-A hmac-sha1 0x5ec2e75ec2e75ec2e7f",
		ADD "-E aes-cbc \"5ec2e7\" \"5ec2e75ec2e7\";",
		ADD "-E 0x5ec2e75ec2e7 aes-cbc;",
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct setkey_list list;
		struct err err = { 0 };

		assert_int_equal(setkey_parse(texts[i], strlen(texts[i]), &list, &err), -EINVAL);
		assert_null(strstr(err.msg, "5ec2e7"));
	}
}

static void
survives_rubbish(void **state)
{
	char text[512];
	unsigned int round;
	size_t i;

	(void)state;
	srandom(1);
	for (round = 0; round < 5000; round++) {
		size_t n = (size_t)random() % sizeof(text);
		struct setkey_list list;
		struct err err = { 0 };

		for (i = 0; i < n; i++)
			text[i] = (char)random();
		if (round % 2 == 0 && n > sizeof(ADD))
			memcpy(text, ADD, sizeof(ADD) - 1);
		if (setkey_parse(text, n, &list, &err) == 0)
			setkey_free(&list);
		else
			assert_memory_equal(err.msg, "line ", 5);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_example_of_the_man_page),
		cmocka_unit_test(reads_every_option),
		cmocka_unit_test(reads_several_statements_per_line),
		cmocka_unit_test(an_empty_text_is_no_statement),
		cmocka_unit_test(takes_an_odd_number_of_digits),
		cmocka_unit_test(numbers_are_decimal_or_hexadecimal_and_never_octal),
		cmocka_unit_test(cipher_and_authentication_come_in_either_order),
		cmocka_unit_test(takes_statements_of_other_protocols),
		cmocka_unit_test(takes_deleteall_without_protocol_and_comments_everywhere),
		cmocka_unit_test(says_what_is_wrong_and_where),
		cmocka_unit_test(names_the_algorithms_that_are_there),
		cmocka_unit_test(never_shows_a_key_in_a_message),
		cmocka_unit_test(survives_rubbish),
	};

	return cmocka_run_group_tests_name("cli/setkey", tests, NULL, NULL);
}
