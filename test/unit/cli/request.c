/* SPDX-License-Identifier: BSD-3-Clause */
/* The control socket's protocol over a socketpair. */
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
#include "client.h"
#include "gateway.h"

static struct event_base *base;
static struct client client;
static struct request_peer *peer;

static void
on_end(struct request_peer *p, void *arg)
{
	(void)p;
	(void)arg;
	peer = NULL;
}

static int
open_peer(void **state)
{
	int fd = -1;

	gateway_clean(state);
	base = event_base_new();
	client_open(&client, base, &fd);
	peer = request_peer_create(base, fd, &gateway_env, on_end, NULL);
	return peer == NULL ? -1 : 0;
}

static int
close_peer(void **state)
{
	(void)state;
	request_peer_destroy(peer);
	close(client.fd);
	event_base_loop(base, EVLOOP_NONBLOCK);
	event_base_free(base);
	return 0;
}

static void
answers_with_a_head_and_the_text(void **state)
{
	(void)state;
	assert_string_equal(ASK(&client, "{\"argv\": [\"ifconfig\", \"-l\"]}\n"),
			"{\"status\":0,\"length\":5,\"error\":\"\"}\nwan0\n");
	assert_string_equal(ASK(&client, "{\"argv\": [\"ifconfig\", \"-l\"], \"json\": true}\n"),
			"{\"status\":0,\"length\":13,\"error\":\"\"}\n[\n  \"wan0\"\n]\n");
}

static void
keeps_errors_apart(void **state)
{
	(void)state;
	assert_string_equal(ASK(&client, "{\"argv\": [\"ifconfig\", \"ipsec7\"]}\n"),
			"{\"status\":1,\"length\":0,\"error\":"
			"\"ipsec7: interface does not exist (ifconfig -l lists them)\\n\"}\n");
}

/* FreeBSD's number by its name: numbers differ between systems. */
static void
gives_the_error_number_by_name(void **state)
{
	static const struct {
		const char *request, *code;
	} cases[] = {
		{ "[\"ifconfig\", \"ipsec0\", \"create\"]", NULL },
		{ "[\"ifconfig\", \"ipsec0\", \"create\"]", "EEXIST" },
		{ "[\"ifconfig\", \"ipsec9\", \"destroy\"]", "ENXIO" },
		{ "[\"ifconfig\", \"ipsec0\", \"mtu\", \"9000\"]", "EINVAL" },
		{ "[\"ifconfig\", \"ipsec0\", \"tunnel\", \"0.0.0.0\", \"192.0.2.2\"]",
				"EADDRNOTAVAIL" },
		{ "[\"ifconfig\", \"ipsec0\", \"inet6\", \"tunnel\", \"192.0.2.1\", "
		  "\"192.0.2.2\"]",
				"EAFNOSUPPORT" },
		{ "[\"setkey\", \"-c\"], \"input\": \"delete 192.0.2.1 192.0.2.2 esp 300;\"",
				"ESRCH" },
	};
	char line[256], want[64];
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(cases); i++) {
		snprintf(line, sizeof(line), "{\"argv\": %s}\n", cases[i].request);
		client_ask(&client, line, strlen(line));
		snprintf(want, sizeof(want), "\"errno\":\"%s\"}\n", cases[i].code);
		if ((strstr(client.text, "errno") != NULL) != (cases[i].code != NULL) ||
				(cases[i].code != NULL && strstr(client.text, want) == NULL))
			fail_msg("%s: %s", cases[i].request, client.text);
	}
}

static void
takes_statements_and_shows_keys_when_asked(void **state)
{
	(void)state;
	ASK(&client,
			"{\"argv\": [\"setkey\", \"-c\"], \"input\": \"add 192.0.2.1 192.0.2.2 esp "
			"300 -E aes-gcm-16 "
			"\\\"12345678901234567890\\\";\"}\n");
	assert_non_null(strstr(client.text, "{\"status\":0,"));
	ASK(&client, "{\"argv\": [\"setkey\", \"-D\", \"-l\"]}\n");
	assert_non_null(strstr(client.text,
			"E: aes-gcm-16  31323334 35363738 39303132 33343536 37383930\n"));
	ASK(&client, "{\"argv\": [\"setkey\", \"-D\"]}\n");
	assert_null(strstr(client.text, "31323334"));
}

static void
serves_several_requests_in_turn(void **state)
{
	(void)state;
	assert_string_equal(ASK(&client,
					    "{\"argv\": [\"ifconfig\", \"-l\"]}\n{\"argv\": "
					    "[\"ifconfig\", \"-l\"]}\n"),
			"{\"status\":0,\"length\":5,\"error\":\"\"}\nwan0\n"
			"{\"status\":0,\"length\":5,\"error\":\"\"}\nwan0\n");
}

static void
refuses_what_is_no_request(void **state)
{
	static const char *const lines[] = { "\n", "x\n", "[]\n", "{}\n", "{\"argv\": 1}\n",
		"{\"argv\": []}\n", "{\"argv\": [1]}\n", "{\"argv\": [\"a\\u0000b\"]}\n",
		"\377\376\n" };
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(lines); i++) {
		client_ask(&client, lines[i], strlen(lines[i]));
		assert_memory_equal(client.text,
				"{\"status\":1,\"length\":0,\"error\":\"request: ", 39);
	}
	assert_non_null(peer);
}

static void
ends_a_client_whose_line_is_too_long(void **state)
{
	static char x[1 << 16];
	size_t sent;

	(void)state;
	memset(x, 'x', sizeof(x));
	client.len = 0;
	for (sent = 0; sent < REQUEST_MAX && peer != NULL; sent += sizeof(x))
		client_send(&client, x, sizeof(x));
	client_run(&client);
	assert_string_equal(client.text,
			"{\"status\":1,\"length\":0,\"error\":\"request: the line is too "
			"long\"}\n");
	assert_null(peer);
}

static void
does_commands_up_to_the_first_that_fails(void **state)
{
	(void)state;
	assert_string_equal(
			ASK(&client,
					"{\"commands\": [[\"ifconfig\", \"ipsec\", \"create\"], "
					"[\"ifconfig\", \"ipsec\", \"create\"], "
					"[\"ifconfig\", \"ipsec0\", \"mtu\", \"1\"], "
					"[\"ifconfig\", \"ipsec\", \"create\"]]}\n"),
			"{\"status\":1,\"length\":14,\"error\":\"ipsec0: mtu 1 bytes is below the "
			"minimum (1280)\\n\",\"done\":2,\"errno\":\"EINVAL\"}\nipsec0\nipsec1\n");
	assert_string_equal(ASK(&client, "{\"commands\": [[\"ifconfig\", \"-l\"], [7]]}\n"),
			"{\"status\":1,\"length\":19,\"error\":\"request: argv is not an array of "
			"1 "
			"to 128 strings\\n\",\"done\":1}\nwan0 ipsec0 ipsec1\n");
}

/* The end of its side and the error of writing to it arrive as one event. */
static void
ends_a_client_that_left_without_reading(void **state)
{
	(void)state;
	client_send(&client, "{\"argv\": [\"help\"]}\n", 19);
	close(client.fd);
	client.fd = -1;
	client_run(&client);
	assert_null(peer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_peer, close_peer)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(answers_with_a_head_and_the_text),
		TEST(keeps_errors_apart),
		TEST(gives_the_error_number_by_name),
		TEST(takes_statements_and_shows_keys_when_asked),
		TEST(serves_several_requests_in_turn),
		TEST(refuses_what_is_no_request),
		TEST(ends_a_client_whose_line_is_too_long),
		TEST(does_commands_up_to_the_first_that_fails),
		TEST(ends_a_client_that_left_without_reading),
	};

	signal(SIGPIPE, SIG_IGN); /* as the program does */
	return cmocka_run_group_tests_name("cli/request", tests, gateway_up, gateway_down);
}
