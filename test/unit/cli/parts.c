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
#define ROUTES 20000
#define ROUTES6 1000

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

/* Nobody has taken any of the long answer when another one is served. Afterwards the long one is complete, with what comes @p meanwhile. */
static void
list_beside_another(const char *line, const char *part, unsigned int all, void (*meanwhile)(void))
{
	unsigned int rounds;
	ssize_t n = -1;

	begin(&listing, line);
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
	assert_true(count(listing.text, part) < all / 2); /* it was in the middle */
	if (meanwhile != NULL)
		meanwhile();
	listing.len = n < 0 ? 0 : (size_t)n;
	client_run(&listing);
	assert_int_equal(count(listing.text, part), all);
	assert_int_equal(count(listing.text, CLI_PROMPT), 1);
	assert_string_equal(listing.text + listing.len - strlen(CLI_PROMPT), CLI_PROMPT);
}

static void
another_session_is_answered_in_the_middle_of_a_list(void **state)
{
	(void)state;
	list_beside_another("ifconfig -a\n", "groups: ipsec\n", MANY, NULL);
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

/* Into ipsec0, with which they go: the nth /24, or /48, from a prefix on. */
static struct ctl_route
nth_route(const char *from, unsigned int i)
{
	struct ctl_route r = { .kind = RIB_INTERFACE, .interface = "ipsec0" };

	assert_int_equal(ip_prefix_parse(from, &r.prefix), 0);
	if (r.prefix.addr.af == AF_INET)
		r.prefix.addr.v4 = rte_cpu_to_be_32(rte_be_to_cpu_32(r.prefix.addr.v4) + (i << 8));
	else
		memcpy(r.prefix.addr.v6 + 4, &(rte_be16_t){ rte_cpu_to_be_16((uint16_t)i) }, 2);
	return r;
}

static void
add_routes(const char *from, unsigned int n)
{
	unsigned int i;

	ctl_batch_begin(gateway_env.ctl);
	for (i = 0; i < n; i++) {
		const struct ctl_route r = nth_route(from, i);

		assert_int_equal(ctl_route_add(gateway_env.ctl, &r, NULL), 0);
	}
	ctl_batch_end(gateway_env.ctl);
}

/* The table as netstat(1) has it, of both families. */
static char *
expected_routes(void)
{
	char *text = malloc(200 * (ROUTES + ROUTES6)), *p = text;
	unsigned int i;

	p += sprintf(p,
			"Routing tables\n\nInternet:\n"
			"Destination        Gateway            Flags     Netif\n");
	for (i = 0; i < ROUTES; i++) {
		const struct ctl_route r = nth_route("10.0.0.0/24", i);

		p += sprintf(p, "%-18s ipsec0             US       ipsec0\n",
				prefix_str(&r.prefix));
	}
	p += sprintf(p,
			"192.0.2.0/24       wan0               U          wan0\n"
			"192.0.2.1          lo0                UH         wan0\n");
	p += sprintf(p, "\nInternet6:\n%-33s %-33s Flags     Netif\n", "Destination", "Gateway");
	for (i = 0; i < ROUTES6; i++) {
		const struct ctl_route r = nth_route("2001:aaa::/48", i);

		p += sprintf(p, "%-33s ipsec0%28sUS       ipsec0\n", prefix_str(&r.prefix), "");
	}
	p += sprintf(p, "%-33s wan0%29s U          wan0\n", "2001:db8::/64", "");
	p += sprintf(p, "%-33s lo0%30s UH         wan0\n", "2001:db8::1", "");
	p += sprintf(p, "%-33s wan0%29s U          wan0\n", "fe80::/64", "");
	p += sprintf(p, "%-33s lo0%30s UH         wan0\n", "fe80::ff:fe00:1", "");
	sprintf(p, CLI_PROMPT);
	return text;
}

static void
add_last(void)
{
	const struct ctl_route r = nth_route("2001:aaa::/48", ROUTES6 - 1);

	assert_int_equal(ctl_route_add(gateway_env.ctl, &r, NULL), 0);
}

static void
another_session_is_answered_while_routes_are_listed(void **state)
{
	char *text = expected_routes(), *six = strstr(text, "\nInternet6:");

	(void)state;
	add_routes("10.0.0.0/24", ROUTES);
	add_routes("2001:aaa::/48", ROUTES6 - 1);
	list_beside_another("netstat -rn\n", " US       ipsec0\n", ROUTES + ROUTES6, add_last);
	assert_string_equal(listing.text, text);
	assert_string_equal(
			ASK(&listing, "netstat -rn -f inet6\n") + strlen("Routing tables\n"), six);
	strcpy(six, CLI_PROMPT);
	assert_string_equal(ASK(&listing, "netstat -rn -f inet\n"), text);
	free(text);
}

/* Until something of a list has come. */
static void
begin_list(const char *line)
{
	ssize_t n = -1;

	begin(&listing, line);
	while (n <= 0) {
		event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
		n = read(listing.fd, listing.text, sizeof(listing.text) - 1);
	}
	listing.len = (size_t)n;
}

/* With where the list stands and all about it. */
static void
routes_may_come_and_go_while_they_are_listed(void **state)
{
	const unsigned int left = 1000;
	unsigned int i;

	(void)state;
	add_routes("10.0.0.0/24", ROUTES);
	begin_list("netstat -rn\n");
	for (i = 0; i < ROUTES - left; i++) {
		const struct ctl_route r = nth_route("10.0.0.0/24", i);

		assert_int_equal(ctl_route_delete(gateway_env.ctl, 0, &r.prefix, NULL), 0);
	}
	add_routes("9.0.0.0/24", 10);  /* before */
	add_routes("11.0.0.0/24", 10); /* behind */
	client_run(&listing);
	for (i = 0; i < left; i++) {
		const struct ctl_route r = nth_route("10.0.0.0/24", ROUTES - left + i);
		char line[PREFIX_STR_MAX + 2];

		snprintf(line, sizeof(line), "\n%s ", prefix_str(&r.prefix));
		assert_int_equal(count(listing.text, line), 1);
	}
	assert_int_equal(count(listing.text, "\n9.0."), 0);
	assert_int_equal(count(listing.text, "\n11.0."), 10);
	assert_in_range(count(listing.text, "\n10."), left + 1, ROUTES / 2);
	assert_int_equal(count(listing.text, CLI_PROMPT), 1);
}

static void
routes_are_given_in_parts_as_json_too(void **state)
{
	static const char line[] = "{\"argv\": [\"netstat\", \"-rn\", \"-f\", \"inet6\"], "
				   "\"json\": true, \"parts\": true}\n";
	static const char *const own[] = { "2001:db8::/64", "2001:db8::1/128", "fe80::/64",
		"fe80::ff:fe00:1/128" };
	static char whole[1 << 20];
	struct request_peer *peer;
	json_t *list, *o;
	int fd = -1;
	size_t i;

	(void)state;
	add_routes("2001:aaa::/48", ROUTES6);
	close(asking.fd);
	client_open(&asking, base, &fd);
	peer = request_peer_create(base, fd, &gateway_env, peer_ended, NULL);
	client_ask(&asking, line, sizeof(line) - 1);
	assert_true(put_together(asking.text, whole) > 1);
	list = json_loads(whole, 0, NULL);
	assert_int_equal(json_array_size(list), ROUTES6 + RTE_DIM(own));
	json_array_foreach(list, i, o) {
		const struct ctl_route r = nth_route("2001:aaa::/48", (unsigned int)i);

		assert_string_equal(json_string_value(json_object_get(o, "prefix")),
				i < ROUTES6 ? prefix_str(&r.prefix) : own[i - ROUTES6]);
	}
	json_decref(list);
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
		TEST(another_session_is_answered_while_routes_are_listed),
		TEST(routes_may_come_and_go_while_they_are_listed),
		TEST(routes_are_given_in_parts_as_json_too),
	};

	signal(SIGPIPE, SIG_IGN); /* as the program does */
	return cmocka_run_group_tests_name("cli/parts", tests, gateway_up, gateway_down);
}
