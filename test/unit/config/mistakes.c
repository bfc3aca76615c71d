/* SPDX-License-Identifier: BSD-3-Clause */
/* Bad configurations and exactly what is said about each: the messages reach operators unchanged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/model.h"

/* All mistakes of a text, one per line, as the program prints them. */
static char *
mistakes_of(const char *text)
{
	struct cfg_errors errors = { 0 };
	struct cfg *cfg = cfg_read_text(text, ".", &errors);
	size_t size = 1, n = 0;
	unsigned int i;
	char *said;

	if (cfg != NULL)
		(void)cfg_check(cfg, &errors);
	else
		assert_true(errors.n > 0);
	cfg_free(cfg);
	for (i = 0; i < errors.n; i++)
		size += ERR_MSG_MAX + ERR_PATH_MAX + 4;
	said = malloc(size);
	assert_non_null(said);
	said[0] = '\0';
	for (i = 0; i < errors.n; i++) {
		const struct err *e = &errors.list[i];

		assert_int_not_equal(e->code, 0);
		n += (size_t)snprintf(said + n, size - n, "%s%s%s%s", i == 0 ? "" : "\n", e->path,
				e->path[0] == '\0' ? "" : ": ", e->msg);
	}
	cfg_errors_free(&errors);
	return said;
}

struct bad {
	const char *text;
	const char *said;
};

static void
expect(const struct bad *bad, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		char *said = mistakes_of(bad[i].text);

		assert_string_equal(said, bad[i].said);
		free(said);
	}
}

#define EXPECT(table) expect(table, sizeof(table) / sizeof(table[0]))
#define SA "\"src\": \"192.0.2.1\", \"dst\": \"192.0.2.2\", \"spi\": 1000"

static void
names_line_and_column_of_a_syntax_mistake(void **state)
{
	static const struct bad table[] = {
		{ "", "configuration:1:0: '[' or '{' expected" },
		{ "x", "configuration:1:1: '[' or '{' expected" },
		{ "{\n  \"ports\": }", "configuration:2:12: unexpected token" },
		{ "{\n\"ports\": {\n", "configuration:3:0: string or '}' expected" },
		{ "{} {}", "configuration:1:4: end of file expected" },
		{ "{\"ports\": {},\n \"ports\": {}}",
				"configuration:2:8: duplicate object key near '\"ports\"'" },
		{ "{\"sa\": [ {\"spi\": 1, \"spi\": 2} ]}",
				"configuration:1:25: duplicate object key near '\"spi\"'" },
		{ "{\"routes\": [1,]}", "configuration:1:15: unexpected token" },
		{ "{\"sysctl\": {\"a\": 99999999999999999999}}",
				"configuration:1:37: too big integer" },
		{ "{\"ports\": {\"a\xff\": 1}}", "configuration:1:13: unable to decode byte 0xff" },
		{ "{\"ports\": {\"a\\u0000b\": 1}}",
				"configuration:1:21: NUL byte in object key not supported" },
	};

	EXPECT(table);
}

static void
names_the_path_of_a_wrong_type(void **state)
{
	static const struct bad table[] = {
		{ "[]", "must be an object, not an array" },
		{ "{\"ports\": []}", "ports: must be an object, not an array" },
		{ "{\"ports\": {\"lan0\": 1}}", "ports.lan0: must be an object, not an integer" },
		{ "{\"ports\": {\"lan0\": {\"device\": 7}}}",
				"ports.lan0.device: must be a string, not an integer" },
		{ "{\"ports\": {\"lan0\": {\"device\": \"d\", \"mtu\": \"1500\"}}}",
				"ports.lan0.mtu: must be an integer, not a string" },
		{ "{\"ports\": {\"lan0\": {\"device\": \"d\", \"mtu\": 1.5}}}",
				"ports.lan0.mtu: must be an integer, not a number with a fraction "
				"or exponent" },
		{ "{\"ports\": {\"lan0\": {\"device\": \"d\", \"up\": 1}}}",
				"ports.lan0.up: must be true or false, not an integer" },
		{ "{\"ports\": {\"lan0\": {\"device\": \"d\", \"addresses\": \"10.0.0.1/24\"}}}",
				"ports.lan0.addresses: must be an array, not a string" },
		{ "{\"ports\": {\"lan0\": {\"device\": \"d\", \"addresses\": [\"10.0.0.1/24\", "
		  "null]}}}",
				"ports.lan0.addresses[1]: must be a string, not null" },
		{ "{\"ipsec\": {\"ipsec0\": {\"tunnel\": true}}}",
				"ipsec.ipsec0.tunnel: must be an object, not true" },
		{ "{\"routes\": {}}", "routes: must be an array, not an object" },
		{ "{\"sa\": [ [] ]}", "sa[0]: must be an object, not an array" },
		{ "{\"sysctl\": {\"net.inet.ip.ttl\": \"64\"}}",
				"sysctl.net.inet.ip.ttl: must be an integer, not a string" },
		{ "{\"sysctl\": 1}", "sysctl: must be an object, not an integer" },
	};

	EXPECT(table);
}

static void
names_the_path_of_an_unknown_or_missing_key(void **state)
{
	static const struct bad table[] = {
		{ "{\"port\": {}}",
				"port: unknown key (allowed: ports, neighbors, ipsec, routes, sa, "
				"crypto, sysctl, state)" },
		{ "{\"ports\": {\"lan0\": {\"device\": \"d\", \"mtuu\": 1}}}",
				"ports.lan0.mtuu: unknown key (allowed: device, devargs, mac, mtu, "
				"addresses, fib, up, monitor, description, host)" },
		{ "{\"crypto\": {\"motor\": \"auto\"}}",
				"crypto.motor: unknown key (allowed: engine)" },
		{ "{\"x\\u001b[31m\": 1}",
				"x?[31m: unknown key (allowed: ports, neighbors, ipsec, routes, "
				"sa, crypto, sysctl, state)" },
		{ "{\"ports\": {\"lan0\": {}}}", "ports.lan0.device: is missing" },
		{ "{\"ports\": {\"lan0\": {\"device\": \"\"}}}", "ports.lan0.device: is empty" },
		{ "{\"ipsec\": {\"ipsec0\": {\"tunnel\": {\"local\": \"10.0.0.1\"}}}}",
				"ipsec.ipsec0.tunnel.remote: is missing" },
		{ "{\"ipsec\": {\"ipsec0\": {\"addresses\": [{}]}}}",
				"ipsec.ipsec0.addresses[0].local: is missing" },
		{ "{\"neighbors\": [{}]}",
				"neighbors[0].port: is missing\nneighbors[0].address: is "
				"missing\nneighbors[0].mac: is missing" },
		{ "{\"sa\": [{}]}",
				"sa[0].src: is missing\nsa[0].dst: is missing\nsa[0].spi: is "
				"missing" },
		{ "{\"sa\": [{" SA ", \"natt\": {\"sport\": 4500}}]}",
				"sa[0].natt.dport: is missing" },
	};

	EXPECT(table);
}

static void
names_the_path_of_a_value_out_of_range(void **state)
{
	static const struct bad table[] = {
		{ "{\"ipsec\": {\"ipsec0\": {\"tunnel\": {\"local\": \"10.0.0.1\", \"remote\": "
		  "\"10.0.0.300\"}}}}",
				"ipsec.ipsec0.tunnel.remote: \"10.0.0.300\" is not an IP address" },
		{ "{\"ipsec\": {\"ipsec0\": {\"mtu\": 1279}}}",
				"ipsec.ipsec0.mtu: 1279 is out of range (1280 to 8192)" },
		{ "{\"ipsec\": {\"ipsec0\": {\"mtu\": 8193}}}",
				"ipsec.ipsec0.mtu: 8193 is out of range (1280 to 8192)" },
		{ "{\"ipsec\": {\"ipsec0\": {\"mtu\": \"large\"}}}",
				"ipsec.ipsec0.mtu: \"large\" is not an MTU (\"auto\", or 1280 to "
				"8192 bytes)" },
		{ "{\"ipsec\": {\"ipsec0\": {\"reqid\": -1}}}",
				"ipsec.ipsec0.reqid: -1 is out of range (0 to 4294967295)" },
		{ "{\"ipsec\": {\"ipsec0\": {\"reqid\": 4294967296}}}",
				"ipsec.ipsec0.reqid: 4294967296 is out of range (0 to "
				"4294967295)" },
		{ "{\"ipsec\": {\"ipsec0\": {\"fib\": 16}}}",
				"ipsec.ipsec0.fib: 16 is out of range (0 to 15)" },
		{ "{\"ipsec\": {\"ipsec01\": {}}}",
				"ipsec.ipsec01: \"ipsec01\" is not the name of an ipsec interface "
				"(ipsec0 to ipsec32767)" },
		{ "{\"ipsec\": {\"gif0\": {}}}",
				"ipsec.gif0: \"gif0\" is not the name of an ipsec interface "
				"(ipsec0 to ipsec32767)" },
		{ "{\"ipsec\": {\"ipsec0\": {\"addresses\": [{\"local\": \"10.0.0.1/24\", "
		  "\"peer\": \"::1\"}]}}}",
				"ipsec.ipsec0.addresses[0].peer: ::1 is of another family than "
				"10.0.0.1/24" },
		{ "{\"ports\": {\"a b\": {\"device\": \"d\"}}}",
				"ports.a b: \"a b\" is not the name of an interface (1 to 15 of "
				"A-Z a-z 0-9 _ . -)" },
		{ "{\"ports\": {\"\": {\"device\": \"d\"}}}",
				"ports.: \"\" is not the name of an interface (1 to 15 of A-Z a-z "
				"0-9 _ . -)" },
		{ "{\"ports\": {\"p\": {\"device\": \"d\", \"mac\": \"02:00:00:00:00\"}}}",
				"ports.p.mac: \"02:00:00:00:00\" is not a MAC address "
				"(aa:bb:cc:dd:ee:ff)" },
		{ "{\"ports\": {\"p\": {\"device\": \"d\", \"mac\": \"01:00:5e:00:00:01\"}}}",
				"ports.p.mac: \"01:00:5e:00:00:01\" is not the MAC address of a "
				"host (zero or multicast)" },
		{ "{\"ports\": {\"p\": {\"device\": \"d\", \"addresses\": [\"10.0.0.1/33\"]}}}",
				"ports.p.addresses[0]: \"10.0.0.1/33\" has a prefix length out of "
				"range (0 to 32)" },
		{ "{\"ports\": {\"p\": {\"device\": \"d\", \"addresses\": [\"2001:db8::1/129\"]}}}",
				"ports.p.addresses[0]: \"2001:db8::1/129\" has a prefix length out "
				"of range (0 to 128)" },
		{ "{\"ports\": {\"p\": {\"device\": \"d\", \"addresses\": [\"ten\"]}}}",
				"ports.p.addresses[0]: \"ten\" is not an IP address with a prefix "
				"length" },
		{ "{\"ports\": {\"p\": {\"device\": \"d\", \"mtu\": 65536}}}",
				"ports.p.mtu: 65536 is out of range (576 to 16110)" },
		{ "{\"ports\": {\"p\": {\"device\": "
		  "\"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd\"}}}",
				"ports.p.device: is 64 bytes long (at most 63)" },
		{ "{\"sa\": [{\"src\": \"192.0.2.1\", \"dst\": \"192.0.2.2\", \"spi\": 255}]}",
				"sa[0].spi: 255 is out of range (256 to 4294967295)" },
		{ "{\"sa\": [{\"src\": \"192.0.2.1\", \"dst\": \"192.0.2.2\", \"spi\": "
		  "\"0x100000000\"}]}",
				"sa[0].spi: 0x100000000 is out of range (0x100 to 0xffffffff)" },
		{ "{\"sa\": [{\"src\": \"192.0.2.1\", \"dst\": \"192.0.2.2\", \"spi\": \"1000\"}]}",
				"sa[0].spi: \"1000\" is not a number (an integer or \"0x...\")" },
		{ "{\"sa\": [{" SA ", \"mode\": \"beet\"}]}",
				"sa[0].mode: \"beet\" is not known (tunnel, any, transport)" },
		{ "{\"sa\": [{" SA ", \"replay_window_packets\": 4097}]}",
				"sa[0].replay_window_packets: 4097 is out of range (0 to 4096)" },
		{ "{\"sa\": [{" SA ", \"natt\": {\"sport\": 0, \"dport\": 65536}}]}",
				"sa[0].natt.sport: 0 is out of range (1 to "
				"65535)\nsa[0].natt.dport: 65536 is out of range (1 to 65535)" },
		{ "{\"sa\": [{" SA ", \"lifetime\": {\"soft_seconds\": -5}}]}",
				"sa[0].lifetime.soft_seconds: -5 is out of range (0 to "
				"9223372036854775807)" },
		{ "{\"sa\": [{" SA ", \"pad\": \"pkcs\"}]}",
				"sa[0].pad: \"pkcs\" is not known (seq-pad, zero-pad, "
				"random-pad)" },
		{ "{\"crypto\": {\"engine\": \"qat\"}}",
				"crypto.engine: \"qat\" is not known (auto, cryptodev, ipsec_mb)" },
		{ "{\"routes\": [{\"prefix\": \"10.0.0.0/8\"}]}",
				"routes[0]: needs exactly one of gateway, interface, blackhole, "
				"reject" },
		{ "{\"routes\": [{\"prefix\": \"10.0.0.0/8\", \"reject\": true, \"blackhole\": "
		  "true}]}",
				"routes[0]: needs exactly one of gateway, interface, blackhole, "
				"reject" },
		{ "{\"routes\": [{\"prefix\": \"10.0.0.0/8\", \"gateway\": \"fe80::1\"}]}",
				"routes[0].gateway: fe80::1 is of another family than 10.0.0.0/8" },
		{ "{\"routes\": [1, 2, 3, {\"prefix\": \"10.0.0.0/40\", \"reject\": true}]}",
				"routes[0]: must be an object, not an integer\n"
				"routes[1]: must be an object, not an integer\n"
				"routes[2]: must be an object, not an integer\n"
				"routes[3].prefix: \"10.0.0.0/40\" has a prefix length out of "
				"range (0 to 32)" },
	};

	EXPECT(table);
}

static void
says_nothing_of_a_key_but_its_length(void **state)
{
	static const struct bad table[] = {
		{ "{\"sa\": [{" SA ", \"encryption_key\": \"0x5ec3e7a\"}]}",
				"sa[0].encryption_key: has 7 hex digits (two for each byte)" },
		{ "{\"sa\": [{" SA ", \"encryption_key\": \"0x\"}]}",
				"sa[0].encryption_key: has 0 hex digits (two for each byte)" },
		{ "{\"sa\": [{" SA ", \"encryption_key\": \"0x5ec3etx7\"}]}",
				"sa[0].encryption_key: has no hex digit at place 6 behind 0x" },
		{ "{\"sa\": [{" SA ", \"authentication_key\": \"\"}]}",
				"sa[0].authentication_key: is empty" },
		{ "{\"sa\": [{" SA ", \"authentication_key\": \""
		  "ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
		  "ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
		  "X\"}]}",
				"sa[0].authentication_key: is 161 bytes long (at most 160)" },
		{ "{\"sa\": [{" SA ", \"encryption_key\": 123456}]}",
				"sa[0].encryption_key: must be a string, not an integer" },
		{ "{\"sa\": [{" SA
		  ", \"encryption_key\": \"0x12\", \"encryption_key_file\": \"/dev/null\"}]}",
				"sa[0].encryption_key_file: /dev/null: is not a regular file\n"
				"sa[0].encryption_key_file: encryption_key is given too" },
		{ "{\"sa\": [{" SA ", \"encryption_key_file\": \"/nowhere/peer.key\"}]}",
				"sa[0].encryption_key_file: /nowhere/peer.key: No such file or "
				"directory" },
		/* what stands near a syntax mistake may be a key */
		{ "{\"sa\": [{" SA ", \"encryption_key\": \"0x5ec3e7\" \"5ec3e7\"}]}",
				"configuration:1:99: '}' expected" },
		{ "{\"sa\": [{" SA ", \"encryption_key\": \"0x5ec3e7}]}",
				"configuration:1:92: premature end of input" },
	};

	EXPECT(table);
}

static void
finds_contradictions_between_entries(void **state)
{
	static const struct bad table[] = {
		{ "{\"ports\": {\"ipsec0\": {\"device\": \"d\"}}}",
				"ports.ipsec0: the name is one for ipsec interfaces" },
		{ "{\"ports\": {\"a\": {\"device\": \"d\"}, \"b\": {\"device\": \"d\"}}}",
				"ports.b.device: \"d\" is the device of a already" },
		{ "{\"ports\": {\"a\": {\"device\": \"d\", \"host\": \"t\"}, \"b\": {\"device\": "
		  "\"e\", \"host\": \"t\"}}}",
				"ports.b.host: \"t\" is the host of a already" },
		{ "{\"ports\": {\"a\": {\"device\": \"d\", \"addresses\": [\"10.0.0.1/24\", "
		  "\"10.0.0.1/16\"]}}}",
				"ports.a.addresses[1]: 10.0.0.1 is there twice among the ports of "
				"this fib" },
		{ "{\"ports\": {\"a\": {\"device\": \"d\", \"addresses\": [\"224.0.0.1/24\", "
		  "\"0.0.0.0/0\"]}}}",
				"ports.a.addresses[0]: 224.0.0.1 is not the address of a host\n"
				"ports.a.addresses[1]: 0.0.0.0 is not the address of a host" },
		{ "{\"ipsec\": {\"ipsec0\": {\"addresses\": [{\"local\": \"10.0.0.1/24\"}, "
		  "{\"local\": \"10.0.0.1/24\"}]}}}",
				"ipsec.ipsec0.addresses[1].local: 10.0.0.1 is there twice" },
		{ "{\"ipsec\": {\"ipsec0\": {\"reqid\": 7}, \"ipsec1\": {\"reqid\": 7}}}",
				"ipsec.ipsec1.reqid: 7 is the reqid of ipsec0 already" },
		{ "{\"ipsec\": {\"ipsec0\": {\"tunnel\": {\"local\": \"192.0.2.1\", \"remote\": "
		  "\"2001:db8::2\"}}}}",
				"ipsec.ipsec0.tunnel: 192.0.2.1 -> 2001:db8::2 mixes IPv4 and "
				"IPv6" },
		{ "{\"ipsec\": {\"ipsec0\": {\"tunnel\": {\"local\": \"192.0.2.1\", \"remote\": "
		  "\"0.0.0.0\"}}}}",
				"ipsec.ipsec0.tunnel: 192.0.2.1 -> 0.0.0.0 needs two distinct "
				"hosts" },
		{ "{\"ipsec\": {\"ipsec0\": {\"tunnel\": {\"local\": \"192.0.2.1\", \"remote\": "
		  "\"192.0.2.1\"}}}}",
				"ipsec.ipsec0.tunnel: 192.0.2.1 -> 192.0.2.1 needs two distinct "
				"hosts" },
		{ "{\"neighbors\": [{\"port\": \"wan0\", \"address\": \"10.0.0.2\", \"mac\": "
		  "\"02:00:00:00:00:05\"}]}",
				"neighbors[0].port: there is no port \"wan0\"" },
		{ "{\"ipsec\": {\"ipsec0\": {}}, \"neighbors\": [{\"port\": \"ipsec0\", "
		  "\"address\": \"10.0.0.2\", \"mac\": \"02:00:00:00:00:05\"}]}",
				"neighbors[0].port: there is no port \"ipsec0\"" },
		{ "{\"ports\": {\"a\": {\"device\": \"d\"}}, \"neighbors\": ["
		  "{\"port\": \"a\", \"address\": \"10.0.0.2\", \"mac\": \"02:00:00:00:00:05\"},"
		  "{\"port\": \"a\", \"address\": \"10.0.0.2\", \"mac\": \"02:00:00:00:00:06\"}]}",
				"neighbors[1].address: 10.0.0.2 is in neighbors[0] already" },
		{ "{\"routes\": [{\"prefix\": \"10.0.0.0/8\", \"interface\": \"ipsec7\"}]}",
				"routes[0].interface: there is no interface \"ipsec7\"" },
		{ "{\"routes\": [{\"prefix\": \"10.0.0.0/8\", \"reject\": true}, {\"prefix\": "
		  "\"10.1.0.0/8\", \"reject\": true}]}",
				"routes[1].prefix: 10.0.0.0/8 is in routes[0] already" },
		{ "{\"routes\": [{\"prefix\": \"10.0.0.0/8\", \"gateway\": \"224.0.0.5\"}]}",
				"routes[0].gateway: 224.0.0.5 is not the address of a host" },
		{ "{\"ports\": {\"a\": {\"device\": \"d\", \"addresses\": [\"10.0.0.1/24\"]}}, "
		  "\"routes\": ["
		  "{\"prefix\": \"10.1.0.0/16\", \"gateway\": \"10.0.0.2\"},"
		  "{\"prefix\": \"10.2.0.0/16\", \"gateway\": \"10.0.1.2\"},"
		  "{\"prefix\": \"10.3.0.0/16\", \"gateway\": \"10.0.0.2\", \"fib\": 1}]}",
				"routes[1].gateway: 10.0.1.2 is not on a link of fib 0\n"
				"routes[2].gateway: 10.0.0.2 is not on a link of fib 1" },
		{ "{\"sa\": [{" SA "}, {" SA "}]}",
				"sa[1].spi: 1000 to 192.0.2.2 is in sa[0] already" },
	};

	EXPECT(table);
}

static void
says_all_mistakes_of_a_file_at_once(void **state)
{
	static const struct bad table[] = {
		{ "{\"ports\": {\"lan0\": {\"device\": \"d\", \"mtu\": 1, \"speed\": 10}},\n"
		  " \"routes\": [{\"prefix\": \"10.0.0.0/8\", \"interface\": \"ipsec9\"}],\n"
		  " \"ipsec\": {\"ipsec0\": {\"reqid\": 5}, \"ipsec1\": {\"reqid\": 5, \"up\": "
		  "\"yes\"}},\n"
		  " \"sa\": [{\"src\": \"a\", \"dst\": \"192.0.2.2\", \"spi\": 1}]}",
				"ports.lan0.mtu: 1 is out of range (576 to 16110)\n"
				"ports.lan0.speed: unknown key (allowed: device, devargs, mac, "
				"mtu, addresses, fib, up, monitor, description, host)\n"
				"ipsec.ipsec1.up: must be true or false, not a string\n"
				"sa[0].src: \"a\" is not an IP address\n"
				"sa[0].spi: 1 is out of range (256 to 4294967295)\n"
				"ipsec.ipsec1.reqid: 5 is the reqid of ipsec0 already\n"
				"routes[0].interface: there is no interface \"ipsec9\"" },
	};

	EXPECT(table);
}

static void
keeps_two_thousand_mistakes(void **state)
{
	struct cfg_errors errors = { 0 };
	char *text = malloc(20000), *at = text;
	unsigned int i;

	at = stpcpy(at, "{\"routes\": [0");
	for (i = 1; i < 2000; i++)
		at = stpcpy(at, ",0");
	(void)stpcpy(at, "]}");
	assert_null(cfg_read_text(text, ".", &errors));
	assert_int_equal(errors.n, 2000);
	assert_string_equal(errors.list[1999].path, "routes[1999]");
	cfg_errors_free(&errors);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_line_and_column_of_a_syntax_mistake),
		cmocka_unit_test(names_the_path_of_a_wrong_type),
		cmocka_unit_test(names_the_path_of_an_unknown_or_missing_key),
		cmocka_unit_test(names_the_path_of_a_value_out_of_range),
		cmocka_unit_test(says_nothing_of_a_key_but_its_length),
		cmocka_unit_test(finds_contradictions_between_entries),
		cmocka_unit_test(says_all_mistakes_of_a_file_at_once),
		cmocka_unit_test(keeps_two_thousand_mistakes),
	};

	return cmocka_run_group_tests_name("config/mistakes", tests, NULL, NULL);
}
