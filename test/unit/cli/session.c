/* SPDX-License-Identifier: BSD-3-Clause */
/* Telnet sessions over a socketpair: people who type, scripts that paste, clients that send rubbish. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/session.h"
#include "client.h"
#include "gateway.h"

#define DO_ECHO "\377\375\001"

static struct event_base *base;
static struct client client;
static struct session *session;
static unsigned int ended;

static void
on_end(struct session *s, void *arg)
{
	(void)s;
	(void)arg;
	session = NULL;
	ended++;
}

static int
open_session(void **state)
{
	int fd = -1;

	gateway_clean(state);
	base = event_base_new();
	client_open(&client, base, &fd);
	ended = 0;
	session = session_create(base, fd, &gateway_env, on_end, NULL);
	client_run(&client);
	return session == NULL ? -1 : 0;
}

static int
close_session(void **state)
{
	(void)state;
	session_destroy(session);
	close(client.fd);
	event_base_loop(base, EVLOOP_NONBLOCK); /* what libevent has put off */
	event_base_free(base);
	return 0;
}

static void
has(const char *answer, const char *part)
{
	if (strstr(answer, part) == NULL)
		fail_msg("'%s' is not in:\n%s", part, answer);
}

static void
greets_with_options_and_a_prompt(void **state)
{
	(void)state;
	assert_string_equal(client.text, "\377\373\001\377\373\003" CLI_PROMPT);
}

static void
serves_a_client_without_telnet_line_by_line_and_without_echo(void **state)
{
	(void)state;
	assert_string_equal(ASK(&client, "ifconfig -l\n"), "wan0\n" CLI_PROMPT);
	assert_string_equal(ASK(&client, "ifconfig"), "");
	assert_string_equal(ASK(&client, " -l\r\n\n"), "wan0\n" CLI_PROMPT CLI_PROMPT);
}

static void
echoes_and_edits_for_a_telnet_client(void **state)
{
	(void)state;
	assert_string_equal(ASK(&client, DO_ECHO "\377\375\003"), "");
	has(ASK(&client, "ifconfig -x\177l\r\0"), "wan0\r\n" CLI_PROMPT);
	has(ASK(&client, "\033[A"), "ifconfig -l"); /* history */
	has(ASK(&client, "\r\n"), "wan0\r\n" CLI_PROMPT);
}

static void
takes_what_was_typed_before_the_options_were_agreed(void **state)
{
	(void)state;
	assert_string_equal(ASK(&client, "ifcon"), "");
	has(ASK(&client, DO_ECHO "fig -l\r\0"), "wan0\r\n");
}

static void
completes_and_lists_choices(void **state)
{
	(void)state;
	ASK(&client, DO_ECHO);
	has(ASK(&client, "ifc\t"), "ifconfig ");
	has(ASK(&client, "wa\t"), "wan0 ");
	has(ASK(&client, "?"), "tunnel");
	has(ASK(&client, "\003"), CLI_PROMPT);
	has(ASK(&client, "s\t"), "setkey");
	has(client.text, "sysctl");
}

static void
runs_the_pasted_example_of_the_man_page(void **state)
{
	static const char text[] = "ifconfig ipsec0 create reqid 100\n"
				   "ifconfig ipsec0 inet tunnel 192.0.2.1 192.0.2.5\n"
				   "ifconfig ipsec0 inet 172.16.0.3/16 172.16.0.5\n"
				   "setkey -c\n"
				   "add 192.0.2.1 192.0.2.5 esp 10000 -m tunnel -u 100 -E "
				   "rijndael-cbc \"VerySecureKey!!1\";\n"
				   "add 192.0.2.5 192.0.2.1 esp 10001 -m tunnel -u 100 -E "
				   "rijndael-cbc \"VerySecureKey!!2\";\n"
				   "^D\n"
				   "setkey -D\n";
	int echo;

	for (echo = 0; echo < 2; echo++) {
		gateway_clean(state);
		ASK(&client, text);
		has(client.text, "line 2: WARNING: ");
		has(client.text, "\tesp mode=tunnel spi=10001(0x00002711) reqid=100(0x00000064)");
		ASK(&client, DO_ECHO);
	}
}

static void
a_dot_or_control_d_ends_statements(void **state)
{
	(void)state;
	assert_string_equal(ASK(&client, "setkey -c\n"), "");
	assert_string_equal(ASK(&client, "dump;\n.\n"), "No SAD entries.\n" CLI_PROMPT);
	assert_string_equal(ASK(&client, "setkey -c\r\ndump;\004"), "No SAD entries.\n" CLI_PROMPT);
	assert_string_equal(ASK(&client, "setkey -c\nrubbish\n^D\r\n"),
			"line 1, column 1: 'rubbish' where this is expected: end of file add get "
			"delete "
			"deleteall flush dump spdadd "
			"spddelete spdflush spddump ; (nothing was done)\n" CLI_PROMPT);
}

static void
runs_what_is_pasted_before_the_client_closes_its_side(void **state)
{
	(void)state;
	client.len = 0;
	client_send(&client, "ifconfig -l\nsetkey -c\ndump;", 28 - 1);
	shutdown(client.fd, SHUT_WR);
	client_run(&client);
	assert_string_equal(client.text, "wan0\n" CLI_PROMPT "No SAD entries.\n" CLI_PROMPT);
	assert_true(client.closed);
	assert_int_equal(ended, 1);
}

static void
quits(void **state)
{
	(void)state;
	assert_string_equal(ASK(&client, "quit\nifconfig -l\n"), "");
	assert_true(client.closed);
	assert_int_equal(ended, 1);
}

static void
refuses_a_line_without_end_and_goes_on(void **state)
{
	static char line[1 << 20];

	(void)state;
	memset(line, 'x', sizeof(line));
	assert_string_equal(client_ask(&client, line, sizeof(line)), "");
	assert_string_equal(ASK(&client, "\nifconfig -l\n"),
			"line: longer than 4096 characters, refused\n" CLI_PROMPT
			"wan0\n" CLI_PROMPT);
	ASK(&client, "setkey -c\n");
	client_ask(&client, line, sizeof(line));
	has(ASK(&client, "\n.\n"), "line: longer than 4096 characters, refused\n");
	ASK(&client, DO_ECHO);
	client_ask(&client, line, sizeof(line));
	has(ASK(&client, "\r\n"), "line: longer than 500 characters, refused\r\n");
	has(ASK(&client, "ifconfig -l\r\n"), "wan0\r\n" CLI_PROMPT);
}

/* The rest of a paste that is refused is no command: it may hold keys, and would stay in the history. */
static void
what_follows_a_refused_statement_is_left_out_up_to_the_end(void **state)
{
	static char line[5000];
	int echo;

	(void)state;
	memset(line, 'x', sizeof(line));
	for (echo = 0; echo < 2; echo++) {
		ASK(&client, "setkey -c\n");
		client_ask(&client, line, sizeof(line));
		has(ASK(&client, "\nadd 192.0.2.1 192.0.2.2 esp 300 -E null;\nifconfig -l\n"),
				"left out");
		assert_null(strstr(client.text, "wan0"));
		has(ASK(&client, ".\nsetkey -D\n"), "No SAD entries.");
		ASK(&client, DO_ECHO);
	}
	assert_null(strstr(ASK(&client, "\033[A\033[A"), "null"));
	has(client.text, "setkey -c"); /* the one before the last */
}

static void
keeps_nothing_that_may_hold_a_key_in_the_history(void **state)
{
	static const char *const lines[] = {
		"add 192.0.2.1 192.0.2.2 esp 300 -E aes-gcm-16 \"12345678901234567890\";\r\n",
		"\"12345678901234567890\" ;\r\n",
		"setkey -f -E \"12345678901234567890\"\r\n",
		"ifconfig 0x12345678901234567890\r\n",
		"ifconfig 'open 12345678901234567890\r\n",
	};
	unsigned int i;

	(void)state;
	ASK(&client, DO_ECHO);
	ASK(&client, "ifconfig wan0 0xffffff00\r\n");
	for (i = 0; i < RTE_DIM(lines); i++)
		client_ask(&client, lines[i], strlen(lines[i]));
	has(ASK(&client, "\033[A"), "ifconfig wan0 0xffffff00");
	assert_null(strstr(ASK(&client, "\033[A"), "1234"));
	assert_null(strstr(ASK(&client, "\033[B\033[B"), "1234"));
}

static void
survives_floods_of_telnet_commands(void **state)
{
	static char flood[1 << 18];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(flood); i++)
		flood[i] = "\377\373\030\377\375\042"[i % 6];
	client_ask(&client, flood, sizeof(flood) / 6 * 6);
	memset(flood, 0x55, sizeof(flood));
	memcpy(flood, "\377\372\030", 3);
	assert_string_equal(client_ask(&client, flood, sizeof(flood)),
			""); /* a subnegotiation without end */
	assert_string_equal(ASK(&client, "\377\360\r\nifconfig -l\n"),
			CLI_PROMPT "wan0\r\n" CLI_PROMPT);
}

static void
survives_rubbish(void **state)
{
	static char rubbish[1 << 16];
	unsigned int round;
	size_t i;

	srandom(2);
	for (round = 0; round < 20 && session != NULL; round++) {
		for (i = 0; i < sizeof(rubbish); i++)
			rubbish[i] = (char)random();
		client_ask(&client, rubbish, sizeof(rubbish));
		if (session == NULL) { /* control-d at the start of a line ends a session, as it should */
			close_session(state);
			open_session(state);
		}
	}
	close_session(state);
	open_session(state);
	assert_string_equal(ASK(&client, "ifconfig -l\n"), "wan0\n" CLI_PROMPT);
	assert_string_equal(ASK(&client, "if\001config\n\377\377\376x\n"),
			"line: not text, refused\n" CLI_PROMPT
			"line: not text, refused\n" CLI_PROMPT);
}

static void
a_reader_that_does_not_read_holds_up_only_itself(void **state)
{
	unsigned int i;

	(void)state;
	client.len = 0;
	for (i = 0; i < 3000; i++)
		client_send(&client, "help\n", 5);
	for (i = 0; i < 100; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
	client_run(&client); /* up to 1 MiB of it */
	assert_true(client.len > 500000);
	assert_non_null(session);
}

/* The end of its side and the error of writing to it arrive as one event. */
static void
ends_a_client_that_left_without_reading(void **state)
{
	(void)state;
	client_send(&client, "help\n", 5);
	close(client.fd);
	client.fd = -1;
	client_run(&client);
	assert_null(session);
	assert_int_equal(ended, 1);
}

/* Manuals print it indented. */
static void
an_indented_end_ends_statements(void **state)
{
	(void)state;
	has(ASK(&client, "setkey -c\n\tflush;\n\t^D\nifconfig -l\n"), "wan0\n");
	has(ASK(&client, "setkey -c\n  flush;\n  . \r\nifconfig -l\n"), "wan0\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_session, close_session)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(greets_with_options_and_a_prompt),
		TEST(serves_a_client_without_telnet_line_by_line_and_without_echo),
		TEST(echoes_and_edits_for_a_telnet_client),
		TEST(takes_what_was_typed_before_the_options_were_agreed),
		TEST(completes_and_lists_choices),
		TEST(runs_the_pasted_example_of_the_man_page),
		TEST(a_dot_or_control_d_ends_statements),
		TEST(runs_what_is_pasted_before_the_client_closes_its_side),
		TEST(quits),
		TEST(refuses_a_line_without_end_and_goes_on),
		TEST(what_follows_a_refused_statement_is_left_out_up_to_the_end),
		TEST(keeps_nothing_that_may_hold_a_key_in_the_history),
		TEST(survives_floods_of_telnet_commands),
		TEST(survives_rubbish),
		TEST(a_reader_that_does_not_read_holds_up_only_itself),
		TEST(ends_a_client_that_left_without_reading),
		TEST(an_indented_end_ends_statements),
	};

	signal(SIGPIPE, SIG_IGN); /* as the program does */
	return cmocka_run_group_tests_name("cli/session", tests, gateway_up, gateway_down);
}
