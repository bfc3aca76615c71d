/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What ifconfig and setkey -D print is read back, as a script for FreeBSD would: from the text alone commands are made that set all of
 * it up again, and then the text must be the same. So no fact is printed wrong, or left out.
 */
#include <inttypes.h>
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
does(const char *line)
{
	const char *answer = gateway_say(line);

	if (gateway_rc != 0)
		fail_msg("%s: %s", line, answer);
}

static void
does_statements(const char *text)
{
	const char *answer = gateway_setkey(text);

	if (gateway_rc != 0)
		fail_msg("%s: %s", text, answer);
}

static char *
text_of(const char *line)
{
	char *text = strdup(gateway_say(line));

	assert_int_equal(gateway_rc, 0);
	assert_non_null(text);
	return text;
}

/* --- ifconfig --- */

/* The names and numbers of FreeBSD's net/if.h. */
static void
check_flags(unsigned int flags, const char *names)
{
	static const struct {
		unsigned int value;
		const char *name;
	} all[] = { { 0x1, "UP" }, { 0x2, "BROADCAST" }, { 0x10, "POINTOPOINT" },
		{ 0x40, "RUNNING" }, { 0x100, "PROMISC" }, { 0x8000, "MULTICAST" },
		{ 0x40000, "MONITOR" } };
	char expected[128] = "";
	unsigned int i;

	for (i = 0; i < RTE_DIM(all); i++) {
		if ((flags & all[i].value) == 0)
			continue;
		snprintf(expected + strlen(expected), sizeof(expected) - strlen(expected), "%s%s",
				expected[0] == '\0' ? "" : ",", all[i].name);
		flags &= ~all[i].value;
	}
	assert_string_equal(names, expected);
	assert_int_equal(flags, 0);
}

struct script {
	char line[64][600];
	unsigned int n;
};

static void __attribute__((format(printf, 2, 3))) script_add(struct script *s, const char *fmt, ...)
{
	va_list ap;

	assert_true(s->n < RTE_DIM(s->line));
	va_start(ap, fmt);
	vsnprintf(s->line[s->n++], sizeof(s->line[0]), fmt, ap);
	va_end(ap);
}

/* "fe80::1%ipsec0 --> fe80::2 prefixlen 64 scopeid 0x2", "10.0.0.1 netmask 0xff000000" */
static void
read_address(struct script *s, const char *name, const char *family, char *rest)
{
	const struct iface *ifp = iface_find(ctl_ifaces(gateway_env.ctl), name);
	char addr[64], peer[64] = "", how[16], value[32];
	unsigned int scope;
	int n = 0;

	assert_int_equal(sscanf(rest, " %63s%n", addr, &n), 1);
	rest += n;
	if (sscanf(rest, " --> %63s%n", peer, &n) == 1)
		rest += n;
	assert_int_equal(sscanf(rest, " %15s %31s%n", how, value, &n), 2);
	rest += n;
	if (strchr(addr, '%') != NULL) {
		assert_string_equal(strchr(addr, '%') + 1, name);
		assert_int_equal(sscanf(rest, " scopeid 0x%x%n", &scope, &n), 1);
		assert_int_equal(scope, ifp->index);
		rest += n;
	}
	if (sscanf(rest, " broadcast %*s%n", &n) == 0)
		rest += n;
	assert_string_equal(rest, "");
	script_add(s, "ifconfig %s %s %s %s %s %s alias", name, family, addr, peer, how, value);
}

static void
read_line(struct script *s, const char *name, char *line)
{
	char a[64], b[64], c[64];
	int n = 0;

	if (sscanf(line, "\tdescription: %63[^\n]", a) == 1)
		script_add(s, "ifconfig %s description '%s'", name, a);
	else if (sscanf(line, "\ttunnel %63s %63s --> %63s%n", a, b, c, &n) == 3 && line[n] == '\0')
		script_add(s, "ifconfig %s %s tunnel %s %s", name, a, b, c);
	else if (sscanf(line, "\t%63s%n", a, &n) == 1 && strncmp(a, "inet", 4) == 0)
		read_address(s, name, a, line + n);
	else if (sscanf(line, "\t%63[a-z]: %63s", a, b) == 2 && strcmp(a, "groups") == 0)
		assert_string_equal(b, strncmp(name, "ipsec", 5) == 0 ? "ipsec" : "port");
	else if (strcmp(a, "reqid") == 0 && strcmp(b, "0") == 0)
		return; /* none is chosen yet */
	else if (strcmp(a, "reqid") == 0 || strcmp(a, "fib") == 0 || strcmp(a, "tunnelfib") == 0)
		script_add(s, "ifconfig %s %s %s", name, a, b);
	else
		fail_msg("not understood: %s", line);
}

/* The text of ipsec interfaces as commands. */
static void
read_ifconfig(char *text, struct script *s)
{
	char *line, *save, name[32] = "", names[128];
	unsigned int flags = 0, mtu;
	int n;

	for (line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
		if (line[0] == '\t') {
			read_line(s, name, line);
			continue;
		}
		n = 0;
		assert_int_equal(sscanf(line, "%31[^:]: flags=%x<%127[^>]> metric 0 mtu %u%n", name,
						 &flags, names, &mtu, &n),
				4);
		check_flags(flags, names);
		script_add(s, "ifconfig %s create", name);
		script_add(s,
				strcmp(line + n, " (auto)") == 0 ? "ifconfig %s mtu auto"
								 : "ifconfig %s mtu %u",
				name, mtu);
		script_add(s, "ifconfig %s %smonitor", name, flags & 0x40000 ? "" : "-");
		script_add(s, "#%s %s", name,
				flags & 1 ? "up" : "down"); /* behind addresses, which set UP */
	}
}

/* The numbers of interfaces, which read_address() has compared, may be others the next time. */
static void
leave_out_scopes(char *text)
{
	char *p, *end;

	while ((p = strstr(text, " scopeid ")) != NULL) {
		end = strchr(p, '\n');
		memmove(p, end, strlen(end) + 1);
	}
}

static void
ifconfig_is_read_back(void **state)
{
	static const char *const lines[] = { "ifconfig ipsec0 create",
		"ifconfig ipsec1 create reqid 100 inet tunnel 192.0.2.1 192.0.2.2 mtu 1280 "
		"inet 172.16.0.3/16 172.16.0.5",
		"ifconfig ipsec2 create reqid 4294967295 inet6 tunnel 2001:db8::1 2001:db8::2 "
		"mtu auto monitor description 'to the far office, by sea'",
		"ifconfig ipsec2 inet 10.0.0.1/8", "ifconfig ipsec2 inet 10.99.0.1/32 alias",
		"ifconfig ipsec2 inet6 2001:db8:7::1 2001:db8:7::2 prefixlen 128",
		"ifconfig ipsec2 inet6 fe80::7%ipsec2 prefixlen 64",
		"ifconfig ipsec7 create tunnel 192.0.2.9 192.0.2.10 fib 3 tunnelfib 2 down",
		"ifconfig ipsec7 inet6 2001:db8:8::1/64 down" };
	struct script s = { .n = 0 };
	char *before, *text, *after, line[256];
	unsigned int i;

	for (i = 0; i < RTE_DIM(lines); i++)
		does(lines[i]);
	before = text_of("ifconfig -a -g ipsec");
	text = strdup(before);
	read_ifconfig(text, &s);
	gateway_clean(state);
	assert_string_equal(gateway_say("ifconfig -a -g ipsec"), "");
	for (i = 0; i < s.n; i++)
		if (s.line[i][0] != '#')
			does(s.line[i]);
	for (i = 0; i < s.n; i++) {
		if (s.line[i][0] != '#')
			continue;
		snprintf(line, sizeof(line), "ifconfig %.200s", s.line[i] + 1);
		does(line);
	}
	after = text_of("ifconfig -a -g ipsec");
	leave_out_scopes(before);
	leave_out_scopes(after);
	assert_string_equal(after, before);
	free(before);
	free(text);
	free(after);
}

/* --- setkey -D --- */

static uint64_t
field(const char *text, const char *key)
{
	const char *at = strstr(text, key);
	uint64_t v;

	if (at == NULL || sscanf(at + strlen(key), "%" SCNu64, &v) != 1)
		fail_msg("no %s in:\n%s", key, text);
	return v;
}

/* "	E: aes-cbc  00112233 44556677": the algorithm and the key of a line; "" where there is none. */
static void
read_alg(const char *sa, char letter, char *option, size_t size)
{
	char start[] = { '\t', letter, ':', ' ', '\0' }, name[32], key[300];
	const char *at = strstr(sa, start);
	size_t n = 0;

	option[0] = '\0';
	if (at == NULL)
		return;
	assert_int_equal(sscanf(at + 4, "%31s", name), 1);
	for (at += 4 + strlen(name); *at == ' ' || strchr("0123456789abcdef", *at) != NULL ||
			(at[0] == '\n' && at[1] == ' ');
			at++)
		if (*at != ' ' && *at != '\n' && n < sizeof(key) - 1)
			key[n++] = *at;
	key[n] = '\0';
	assert_memory_equal(at, "\n\t", 2);
	snprintf(option, size, " -%c %s%s%s", letter, name, n == 0 ? "" : " 0x", key);
}

/* One SA of setkey -D as the statement that adds it. */
static void
read_sa(const char *sa, struct script *s)
{
	char src[64], dst[64], type[16], mode[16], state[16], enc[400], auth[400], natt[64] = "";
	unsigned int spi, spi_hex, reqid, reqid_hex, flags, sport, dport;
	uint64_t hard_s, soft_s;
	const char *at;

	assert_int_equal(sscanf(sa,
					 "%63s %63s\n\t%15s mode=%15s spi=%u(0x%x) "
					 "reqid=%u(0x%x)\n",
					 src, dst, type, mode, &spi, &spi_hex, &reqid, &reqid_hex),
			8);
	assert_int_equal(spi, spi_hex);
	assert_int_equal(reqid, reqid_hex);
	if (strcmp(type, "esp-udp") == 0) {
		assert_int_equal(sscanf(strchr(src, '['), "[%u]", &sport), 1);
		assert_int_equal(sscanf(strchr(dst, '['), "[%u]", &dport), 1);
		*strchr(src, '[') = *strchr(dst, '[') = '\0';
		snprintf(natt, sizeof(natt), " -natt %u %u", sport, dport);
	} else {
		assert_string_equal(type, "esp");
	}
	read_alg(sa, 'E', enc, sizeof(enc));
	read_alg(sa, 'A', auth, sizeof(auth));
	at = strstr(sa, "\tseq=0x00000000 replay=");
	assert_non_null(at);
	assert_int_equal(
			sscanf(strstr(at, " flags="), " flags=0x%08x state=%15s \n", &flags, state),
			2);
	assert_string_equal(state, "mature");
	hard_s = field(strstr(sa, "\tdiff: "), "hard: ");
	soft_s = field(strstr(sa, "\tdiff: "), "soft: ");
	script_add(s,
			"add %s %s esp %u -m %s -u %u -r %" PRIu64 " -lh %" PRIu64 " -ls %" PRIu64
			" -bh %" PRIu64 " -bs %" PRIu64 " -ph %" PRIu64 " -ps %" PRIu64 "%s%s%s%s",
			src, dst, spi, mode, reqid, field(at, "replay="), hard_s, soft_s,
			field(strstr(sa, "\tcurrent: 0(bytes)"), "hard: "),
			field(strstr(sa, "\tcurrent: 0(bytes)"), "soft: "),
			field(strstr(sa, "\tallocated: 0"), "hard: "),
			field(strstr(sa, "\tallocated: 0"), "soft: "), natt,
			flags & 0x400 ? " -esn" : "", flags & 0x40 ? "" : " -f nocyclic-seq",
			flags & 0x200                   ? " -f zero-pad"
					: flags & 0x100 ? " -f random-pad"
							: "");
	script_add(s, "%s%s;", enc, auth);
	assert_true(field(sa, "refcnt=") > 0);
}

/* Times and process are not those of before. */
static void
blank_times(char *text)
{
	char *p;

	for (p = text; (p = strstr(p, "created: ")) != NULL; p += 9)
		memset(p + 9, 'x', 20);
	for (p = text; (p = strstr(p, "current: ")) != NULL; p += 9)
		if (p[9] != '0')
			memset(p + 9, 'x', 20);
	for (p = text; (p = strstr(p, "diff: ")) != NULL; p += 6)
		p[6] = 'x';
}

static void
setkey_is_read_back(void **state)
{
	static const char text[] =
			"add 192.0.2.1 192.0.2.2 esp 10000 -m tunnel -u 100 -r 16 -E aes-gcm-16 "
			"0x00112233445566778899aabbccddeeff01234567 ;"
			"add 192.0.2.2 192.0.2.1 esp 0xfffffffe -u 4294967295 -m any -E aes-cbc "
			"\"VerySecureKey!!1\" -A hmac-sha2-512 \"0123456789abcdef0123456789abcdef"
			"0123456789abcdef0123456789abcdef\" -f nocyclic-seq -lh 3600 -ls 2880;"
			"add 2001:db8::1 2001:db8::2 esp 300 -r 8 -E aes-ctr "
			"0x000102030405060708090a0b0c0d0e0f10111213 -A hmac-sha1 "
			"0x000102030405060708090a0b0c0d0e0f10111213 -f zero-pad -esn -bh "
			"5000000000 "
			"-bs 4000000000;"
			"add 192.0.2.1 192.0.2.9 esp 301 -natt 4500 4501 -r 64 -E null -A "
			"hmac-sha1 "
			"0x000102030405060708090a0b0c0d0e0f10111213 -f random-pad -ph 77 -ps 66;";
	struct script s = { .n = 0 };
	char statements[4096] = "", *before, *after, *text2, *at, *end;
	unsigned int i, nb_sas = 0;

	(void)state;
	does_statements(text);
	gateway_may_see_keys = true;
	before = text_of("setkey -D -l");
	text2 = strdup(before);
	for (at = text2; *at != '\0'; at = end + 10, nb_sas++) {
		end = strstr(at, " refcnt=1\n");
		assert_non_null(end);
		end[9] = '\0';
		read_sa(at, &s);
	}
	free(text2);
	assert_int_equal(nb_sas, 4);
	for (i = 0; i < s.n; i++)
		strcat(statements, s.line[i]);
	does("setkey -F");
	does_statements(statements);
	after = text_of("setkey -D -l");
	gateway_may_see_keys = false;
	blank_times(before);
	blank_times(after);
	assert_string_equal(after, before);
	free(before);
	free(after);
}

#define KEY "\"01234567890123456789\""

static void
dumps_count_down_to_the_last(void **state)
{
	char *text;

	(void)state;
	does_statements("add 192.0.2.1 192.0.2.2 esp 300 -A hmac-sha1 " KEY ";"
			"add 192.0.2.1 192.0.2.2 esp 301 -A hmac-sha1 " KEY ";"
			"add 192.0.2.1 192.0.2.2 esp 302 -A hmac-sha1 " KEY ";");
	text = text_of("setkey -D");
	assert_int_equal(field(strstr(text, "spi=300"), "sadb_seq="), 2);
	assert_int_equal(field(strstr(text, "spi=301"), "sadb_seq="), 1);
	assert_int_equal(field(strstr(text, "spi=302"), "sadb_seq="), 0);
	free(text);
	does("ifconfig ipsec0 create reqid 100 tunnel 192.0.2.1 192.0.2.2");
	text = text_of("setkey -DP");
	assert_non_null(strstr(text,
			"0.0.0.0/0[any] 0.0.0.0/0[any] any\n\tin ipsec\n"
			"\tesp/tunnel/192.0.2.2-192.0.2.1/unique:100\n\tspid="));
	assert_int_equal(field(text, " seq="), 3);
	assert_non_null(strstr(text, " scope=ifnet ifname=ipsec0\n\trefcnt=1\n"));
	assert_string_equal(gateway_say("setkey -D -P -g"), "No SPD entries.\n");
	assert_string_equal(gateway_say("setkey -DPt"), text);
	free(text);
}

#define TEST(name) cmocka_unit_test_setup(name, gateway_clean)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ifconfig_is_read_back),
		TEST(setkey_is_read_back),
		TEST(dumps_count_down_to_the_last),
	};

	return cmocka_run_group_tests_name("cli/output", tests, gateway_up, gateway_down);
}
