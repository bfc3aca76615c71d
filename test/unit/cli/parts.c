/* SPDX-License-Identifier: BSD-3-Clause */
/* Long answers and long texts of statements, done in parts: others are answered meanwhile, and what is listed may go. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/request.h"
#include "cli/session.h"
#include "client.h"
#include "gateway.h"

#define MANY 3000

static struct event_base *base;
static struct client listing, asking; /* who wants much, and who wants little meanwhile */
static struct session *sessions[2];

static void
on_end(struct session *s, void *arg)
{
	(void)s;
	*(struct session **)arg = NULL;
}

static int
open_sessions(void **state)
{
	struct err err = { 0 };
	int fd = -1, i;

	gateway_clean(state);
	ctl_batch_begin(gateway_env.ctl);
	for (i = 0; i < MANY; i++)
		if (ctl_if_create(gateway_env.ctl, "ipsec", NULL, &err) != 0)
			return -1;
	ctl_batch_end(gateway_env.ctl);
	base = event_base_new();
	client_open(&listing, base, &fd);
	sessions[0] = session_create(base, fd, &gateway_env, on_end, &sessions[0]);
	client_open(&asking, base, &fd);
	sessions[1] = session_create(base, fd, &gateway_env, on_end, &sessions[1]);
	client_run(&listing);
	client_run(&asking);
	return sessions[0] == NULL || sessions[1] == NULL;
}

static int
close_sessions(void **state)
{
	session_destroy(sessions[0]);
	session_destroy(sessions[1]);
	close(listing.fd);
	close(asking.fd);
	event_base_loop(base, EVLOOP_NONBLOCK);
	event_base_free(base);
	return gateway_clean(state);
}

static unsigned int
count(const char *text, const char *part)
{
	unsigned int n = 0;

	for (; (text = strstr(text, part)) != NULL; text++)
		n++;
	return n;
}

/* Send without waiting, and let the program do one round of its loop. */
static void
begin(struct client *c, const char *text)
{
	c->len = 0;
	assert_int_equal(send(c->fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
	event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

/* Nobody has taken any of the long answer when another one is served. */
static void
another_session_is_answered_in_the_middle_of_a_list(void **state)
{
	unsigned int rounds;
	ssize_t n = -1;

	(void)state;
	begin(&listing, "ifconfig -a\n");
	begin(&asking, "ifconfig wan0\n");
	for (rounds = 0; n <= 0 && rounds < 4; rounds++) {
		event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
		n = read(asking.fd, asking.text, sizeof(asking.text) - 1);
	}
	assert_true(n > 0);
	asking.text[n] = '\0';
	assert_int_equal(count(asking.text, "wan0: flags="), 1);
	n = read(listing.fd, listing.text, sizeof(listing.text) - 1);
	listing.text[n < 0 ? 0 : n] = '\0';
	assert_true(count(listing.text, "groups:") < MANY / 2); /* it was in the middle */
	listing.len = n < 0 ? 0 : (size_t)n;
	client_run(&listing);
	assert_int_equal(count(listing.text, "groups: ipsec\n"), MANY);
	assert_int_equal(count(listing.text, CLI_PROMPT), 1);
	assert_string_equal(listing.text + listing.len - strlen(CLI_PROMPT), CLI_PROMPT);
}

static void
what_is_typed_behind_a_list_waits_for_its_end(void **state)
{
	const char *end;

	(void)state;
	begin(&listing, "ifconfig -a\nifconfig -g port\n");
	client_run(&listing);
	end = strstr(listing.text, CLI_PROMPT);
	assert_non_null(end);
	assert_string_equal(end, CLI_PROMPT "wan0\n" CLI_PROMPT);
	assert_int_equal(count(listing.text, "groups: ipsec\n"), MANY);
}

static void
control_c_ends_a_list(void **state)
{
	(void)state;
	begin(&listing, "ifconfig -a\n");
	begin(&listing, "\003ifconfig -g port\n");
	client_run(&listing);
	assert_non_null(strstr(listing.text, "^C\n" CLI_PROMPT "wan0\n" CLI_PROMPT));
	assert_true(count(listing.text, "groups:") < MANY / 2);
}

static void
interfaces_may_go_while_they_are_listed(void **state)
{
	unsigned int i;
	char name[32];

	(void)state;
	begin(&listing, "ifconfig -a\n");
	for (i = 1; i < MANY; i++) {
		snprintf(name, sizeof(name), "ipsec%u", i);
		assert_int_equal(ctl_if_destroy(gateway_env.ctl, name, NULL), 0);
	}
	client_run(&listing);
	assert_true(count(listing.text, "groups:") < MANY / 2);
	assert_int_equal(count(listing.text, CLI_PROMPT), 1);
}

static void
a_session_may_go_in_the_middle_of_a_list(void **state)
{
	(void)state;
	begin(&listing, "ifconfig -a\n");
	close(listing.fd);
	listing.fd = -1;
	client_run(&asking);
	assert_null(sessions[0]);
}

static char *
many_statements(const char *last)
{
	char *text = malloc(MANY * 80 + 100), *p = text;
	unsigned int i;

	p += sprintf(p, "setkey -c\n");
	for (i = 0; i < MANY; i++)
		p += sprintf(p, "add 192.0.2.1 192.0.2.2 esp %u -E aes-cbc \"0123456789abcdef\";\n",
				1000 + i);
	sprintf(p, "%s\n.\n", last);
	return text;
}

static void
statements_are_done_in_parts_and_all_of_them(void **state)
{
	char *text = many_statements("dump ah;");
	uint32_t before = 0;
	unsigned int rounds;

	(void)state;
	client_send(&listing, text, strlen(text));
	for (rounds = 0; rounds < 100000 && before == 0; rounds++) {
		event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
		before = sadb_count(ctl_sadb(gateway_env.ctl));
	}
	assert_true(before < MANY); /* seen in the middle */
	for (rounds = 0; rounds < 100000 && strstr(listing.text, "No SAD") == NULL; rounds++)
		client_run(&listing);
	assert_int_equal(sadb_count(ctl_sadb(gateway_env.ctl)), MANY);
	free(text);
	/* and listed, while they go */
	begin(&listing, "setkey -D\n");
	assert_int_equal(ctl_sa_flush(gateway_env.ctl), MANY);
	client_run(&listing);
	assert_true(count(listing.text, "spi=") < MANY / 2);
}

static void
a_mistake_in_the_last_statement_leaves_all_undone(void **state)
{
	char *text = many_statements("add me;");
	unsigned int rounds;

	(void)state;
	client_send(&listing, text, strlen(text));
	for (rounds = 0; rounds < 100000 && strstr(listing.text, "nothing was done") == NULL;
			rounds++)
		client_run(&listing);
	assert_non_null(strstr(listing.text, "line 3001, column 5: me has no address"));
	assert_int_equal(sadb_count(ctl_sadb(gateway_env.ctl)), 0);
	free(text);
}

static void
peer_ended(struct request_peer *p, void *arg)
{
	(void)p;
	(void)arg;
}

/* The parts of an answer, put together. */
static unsigned int
put_together(char *text, char *ret_whole)
{
	unsigned int parts = 0;
	bool more = true;

	while (more) {
		char *body = strchr(text, '\n'), *length = strstr(text, "\"length\":");
		size_t n;

		assert_non_null(body);
		assert_non_null(length);
		n = strtoul(length + 9, NULL, 10);
		*body = '\0';
		more = strstr(text, "\"more\":true") != NULL;
		memcpy(ret_whole, body + 1, n);
		ret_whole += n;
		text = body + 1 + n;
		parts++;
	}
	*ret_whole = '\0';
	assert_string_equal(text, "");
	return parts;
}

static void
the_control_socket_gives_parts_to_who_asks_for_them(void **state)
{
	static const char all[] = "{\"argv\": [\"ifconfig\", \"-a\"]}\n";
	static const char parts[] = "{\"argv\": [\"ifconfig\", \"-a\"], \"parts\": true}\n";
	static const char json[] =
			"{\"argv\": [\"setkey\", \"-D\"], \"json\": true, \"parts\": true}\n";
	static char whole[1 << 20], together[1 << 20];
	struct request_peer *peer;
	int fd = -1;

	(void)state;
	close(asking.fd);
	client_open(&asking, base, &fd);
	peer = request_peer_create(base, fd, &gateway_env, peer_ended, NULL);
	client_ask(&asking, all, sizeof(all) - 1);
	assert_int_equal(put_together(asking.text, whole), 1);
	client_ask(&asking, parts, sizeof(parts) - 1);
	assert_true(put_together(asking.text, together) > 1);
	assert_string_equal(together, whole);
	assert_int_equal(count(whole, "groups: ipsec\n"), MANY);
	assert_string_equal(client_ask(&asking, json, sizeof(json) - 1),
			"{\"status\":0,\"length\":3,\"error\":\"\"}\n[]\n");
	request_peer_destroy(peer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_sessions, close_sessions)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(another_session_is_answered_in_the_middle_of_a_list),
		TEST(what_is_typed_behind_a_list_waits_for_its_end),
		TEST(control_c_ends_a_list),
		TEST(interfaces_may_go_while_they_are_listed),
		TEST(a_session_may_go_in_the_middle_of_a_list),
		TEST(statements_are_done_in_parts_and_all_of_them),
		TEST(a_mistake_in_the_last_statement_leaves_all_undone),
		TEST(the_control_socket_gives_parts_to_who_asks_for_them),
	};

	signal(SIGPIPE, SIG_IGN); /* as the program does */
	return cmocka_run_group_tests_name("cli/parts", tests, gateway_up, gateway_down);
}
