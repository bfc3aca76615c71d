/* SPDX-License-Identifier: BSD-3-Clause */
/* setkey -x by telnet and by the control socket: what is shown, how it ends, and clients that do not read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cli/request.h"
#include "cli/session.h"
#include "client.h"
#include "gateway.h"

#define ADD "add 192.0.2.1 192.0.2.9 esp 0x1000 -m tunnel -u 77 -E aes-gcm-16 " KEY ";"
#define KEY "0x5ec2e7c0de5ec2e7c0de5ec2e7c0de5ec2e7c0de"

static struct event_base *base;
static struct client telnet, sock;
static struct session *session;
static struct request_peer *peer;
static unsigned int ended;

static void
session_ended(struct session *s, void *arg)
{
	(void)s, (void)arg;
	session = NULL;
	ended++;
}

static void
peer_ended(struct request_peer *p, void *arg)
{
	(void)p, (void)arg;
	peer = NULL;
	ended++;
}

static int
up(void **state)
{
	int fd = -1;

	gateway_clean(state);
	ctl_poll(gateway_env.ctl);
	base = event_base_new();
	ended = 0;
	client_open(&telnet, base, &fd);
	session = session_create(base, fd, &gateway_env, session_ended, NULL);
	client_open(&sock, base, &fd);
	peer = request_peer_create(base, fd, &gateway_env, peer_ended, NULL);
	client_run(&telnet);
	return session == NULL || peer == NULL ? -1 : 0;
}

static int
down(void **state)
{
	(void)state;
	session_destroy(session);
	request_peer_destroy(peer);
	close(telnet.fd);
	close(sock.fd);
	event_base_loop(base, EVLOOP_NONBLOCK);
	event_base_free(base);
	assert_false(events_wanted(ctl_events(gateway_env.ctl))); /* nobody stays behind */
	return 0;
}

/* What came since. */
static const char *
heard(struct client *c)
{
	c->len = 0;
	ctl_poll(gateway_env.ctl);
	client_run(c);
	return c->text;
}

static void
has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", part, text);
}

static void
has_not(const char *text, const char *part)
{
	if (strstr(text, part) != NULL)
		fail_msg("\"%s\" is in \"%s\"", part, text);
}

static void
telnet_shows_messages_until_a_line_ends_it(void **state)
{
	const char *text;

	(void)state;
	ASK(&telnet, "setkey -x\r\n");
	assert_string_equal(heard(&telnet), "");
	gateway_setkey(ADD);
	text = heard(&telnet);
	assert_int_equal(text[2], ':'); /* 14:03:07.123456 */
	has(text, "sadb_msg{ version=2 type=3(ADD) errno=0 satype=3\n");
	has(text, "sadb_ext{ len=2 type=1(SA) }\nsadb_sa{ spi=4096 replay=0 state=1\n");
	has(text, "auth=0 encrypt=20 flags=0x00000040 }\n");
	has(text, "sadb_x_sa2{ mode=2 reqid=77\n");
	has(text, "sockaddr{ len=16 family=2 addr=192.0.2.9 }\n");
	/* header 2, SA 2, SA2 2, addresses 3 each: 12 words of 8 bytes */
	has(text, "  len=12 reserved=0 seq=0 pid=0\n");
	has_not(text, "5ec2");
	gateway_setkey("flush; spdflush;");
	text = heard(&telnet);
	has(text, "type=9(FLUSH)");
	has(text, "type=19(X_SPDFLUSH)");
	has(ASK(&telnet, "\r\n"), CLI_PROMPT);
	gateway_setkey(ADD);
	assert_string_equal(heard(&telnet), "");
	has(ASK(&telnet, "sysctl net.key.blockacq_count\r\n"), ": 10");
	gateway_setkey("flush;");
}

static void
control_c_ends_it(void **state)
{
	(void)state;
	ASK(&telnet, "setkey -x\n");
	assert_true(events_wanted(ctl_events(gateway_env.ctl)));
	has(ASK(&telnet, "\003"), CLI_PROMPT);
	assert_false(events_wanted(ctl_events(gateway_env.ctl)));
	ASK(&telnet, "setkey -x\n");
	has(ASK(&telnet, "\377\364"), CLI_PROMPT); /* telnet's IP */
	assert_false(events_wanted(ctl_events(gateway_env.ctl)));
}

static void
policies_are_shown_the_new_before_the_old(void **state)
{
	const char *text, *add, *gone;

	(void)state;
	gateway_say("ifconfig ipsec0 create reqid 100");
	ASK(&telnet, "setkey -xx\n");
	gateway_say("ifconfig ipsec0 tunnel 192.0.2.1 192.0.2.9");
	text = heard(&telnet);
	has(text, "type=14(X_SPDADD) errno=0 satype=0\n");
	has(text, "sadb_x_policy{ type=2 dir=1 id=");
	has(text, " { len=48 proto=50 mode=2 level=3 reqid=100\n");
	has(text,
			"sadb_address{ proto=255 prefixlen=0 reserved=0x0000 }\n"
			"sockaddr{ len=28 family=28 addr=:: }\n");
	gateway_say("ifconfig ipsec0 reqid 200");
	text = heard(&telnet);
	add = strstr(text, "reqid=200");
	gone = strstr(text, "reqid=100");
	assert_non_null(add);
	assert_non_null(gone);
	assert_true(add < gone);
	has_not(gone, "X_SPDADD");
}

static void
the_socket_gives_an_object_a_line(void **state)
{
	json_t *o;
	char *line;

	(void)state;
	ASK(&sock, "{\"argv\": [\"setkey\", \"-x\"], \"json\": true, \"parts\": true}\n");
	assert_string_equal(heard(&sock), "");
	gateway_setkey(ADD "flush;");
	heard(&sock);
	has(sock.text, "\"more\":true}\n");
	has_not(sock.text, "5ec2");
	line = strchr(sock.text, '\n') + 1;
	o = json_loads(line, JSON_DISABLE_EOF_CHECK, NULL);
	assert_string_equal(json_string_value(json_object_get(o, "event")), "ADD");
	assert_int_equal(json_integer_value(json_object_get(o, "spi")), 4096);
	assert_string_equal(json_string_value(json_object_get(o, "state")), "mature");
	json_decref(o);
	has(strchr(line, '\n'), "\"event\":\"FLUSH\"");
	shutdown(sock.fd, SHUT_WR); /* ipsecifctl has been interrupted */
	client_run(&sock);
	assert_int_equal(ended, 1);
	assert_false(events_wanted(ctl_events(gateway_env.ctl)));
}

static void
sessions_do_not_hinder_each_other(void **state)
{
	(void)state;
	ASK(&telnet, "setkey -x\n");
	ASK(&sock, "{\"argv\": [\"setkey\", \"-x\"], \"parts\": true}\n");
	gateway_setkey(ADD);
	has(heard(&telnet), "(ADD)");
	has(heard(&sock), "(ADD)");
	ASK(&telnet, "\n");
	gateway_setkey("flush;");
	assert_string_equal(heard(&telnet), "");
	has(heard(&sock), "(FLUSH)");
}

/* Far more than what is kept for it and what the socket holds: it is told that it lost some, and the rest is whole. */
static void
who_does_not_read_loses_events_and_is_told(void **state)
{
	struct ipsec_event ev = { .kind = IPSEC_EVENT_FLUSH };
	unsigned int i, lost = 0, idle = 0;

	(void)state;
	ASK(&sock, "{\"argv\": [\"setkey\", \"-x\"], \"json\": true, \"parts\": true}\n");
	sock.len = 0;
	for (i = 0; i < 3 * EVENTS_KEPT; i++) {
		ev.flushed = i;
		events_publish(ctl_events(gateway_env.ctl), &ev);
		if (i % 128 == 0) {
			ctl_poll(gateway_env.ctl);
			event_base_loop(base, EVLOOP_NONBLOCK);
		}
	}
	while (idle < 5) {
		const char *text = heard(&sock);

		lost += strstr(text, "\"event\":\"LOST\"") != NULL;
		idle = text[0] == '\0' ? idle + 1 : 0;
	}
	assert_int_equal(lost, 1);
	gateway_setkey("flush;");
	has(heard(&sock), "\"flushed\":0");
}

static void
it_is_refused_where_nobody_can_end_it(void **state)
{
	(void)state;
	has(gateway_say("setkey -x"), "not among other commands");
	assert_int_equal(gateway_rc, 1);
	has(ASK(&sock, "{\"commands\": [[\"setkey\", \"-x\"]]}\n"), "not among other commands");
	has(gateway_say("setkey -xD"), "usage: ");
}

static void
a_larval_sa_is_shown(void **state)
{
	const struct ctl_getspi want = { .reqid = 9 };
	struct ctl_getspi w = want;
	uint32_t spi;

	(void)state;
	ip_parse("192.0.2.9", &w.src);
	ip_parse("192.0.2.1", &w.dst);
	ASK(&telnet, "setkey -x\n");
	assert_int_equal(ctl_sa_getspi(gateway_env.ctl, &w, &spi, NULL), 0);
	has(heard(&telnet), "type=1(GETSPI)");
	has(gateway_say("setkey -D"), "state=larval");
	gateway_say("show crypto");
	assert_int_equal(gateway_rc, 0);
	gateway_say("show stats");
	assert_int_equal(gateway_rc, 0);
	gateway_setkey("flush;");
}

#define with_clients(f) cmocka_unit_test_setup_teardown(f, up, down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_clients(telnet_shows_messages_until_a_line_ends_it),
		with_clients(control_c_ends_it),
		with_clients(policies_are_shown_the_new_before_the_old),
		with_clients(the_socket_gives_an_object_a_line),
		with_clients(sessions_do_not_hinder_each_other),
		with_clients(who_does_not_read_loses_events_and_is_told),
		with_clients(it_is_refused_where_nobody_can_end_it),
		with_clients(a_larval_sa_is_shown),
	};

	return cmocka_run_group_tests_name("cli/monitor", tests, gateway_up, gateway_down);
}
