/* SPDX-License-Identifier: BSD-3-Clause */
/* What if_ipsec(4) promises, as it is typed; docs/reference/semantics.md lists the other tests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "gateway.h"

#define SAYS(line, answer) assert_string_equal(gateway_say(line), answer)

static void
has(const char *answer, const char *part)
{
	if (strstr(answer, part) == NULL)
		fail_msg("'%s' is not in:\n%s", part, answer);
}

static void
an_address_of_either_family_sets_up(void **state)
{
	(void)state;
	SAYS("ifconfig ipsec0 create", "ipsec0\n");
	has(gateway_say("ifconfig ipsec0"),
			"ipsec0: flags=8010<POINTOPOINT,MULTICAST> metric 0 mtu 1400\n"
			"\tgroups: ipsec\n\treqid: 0\n");
	SAYS("ifconfig ipsec0 inet6 2001:db8:1::1/64", "");
	has(gateway_say("ifconfig ipsec0"), "flags=8011<UP,POINTOPOINT,MULTICAST>");
	SAYS("ifconfig ipsec0 down inet 10.0.0.1/32", "");
	has(gateway_say("ifconfig ipsec0"), "flags=8011<UP,POINTOPOINT,MULTICAST>");
}

static void
policies_of_interfaces_stay(void **state)
{
	char *before;

	(void)state;
	SAYS("ifconfig ipsec0 create reqid 7 tunnel 192.0.2.1 192.0.2.2", "ipsec0\n");
	before = strdup(gateway_say("setkey -DP"));
	has(before, "unique:7\n");
	assert_string_equal(gateway_setkey("spdflush;"), "");
	SAYS("setkey -FP", "");
	SAYS("setkey -DP", before);
	has(gateway_setkey("spddelete 0.0.0.0/0 0.0.0.0/0 any -P in;"),
			"line 1: spddelete: policies belong to ipsec interfaces");
	assert_int_equal(gateway_rc, 1);
	SAYS("setkey -DP", before);
	free(before);
}

/* The file of a FreeBSD host that also has TCP-MD5 and a policy: what can be done is done, the rest refused by name. */
static void
takes_a_file_of_freebsd(void **state)
{
	static const char text[] =
			"#!/sbin/setkey -f\n# two offices\nflush ;\nspdflush ;\n"
			"add 192.0.2.1 192.0.2.2 esp 10000 -m tunnel -u 100\n"
			"\t-r 16 -E aes-gcm-16 0x3ffe050148193ffe050148193ffe050148193ffe ;\n"
			"add -4 192.0.2.2 192.0.2.1 esp 0x2711 -m tunnel -u 100 -r 16\n"
			"\t-E rijndael-cbc \"VerySecureKey!!2\" -A hmac-sha1 \"0123456789 #; 4"
			"56789\";\n"
			"add 10.1.10.34 10.1.10.36 tcp 0x1000 -A tcp-md5 \"TCP-MD5 BGP secret\" ;\n"
			"add 10.1.10.34 10.1.10.36 ah 300 -A hmac-sha2-256 \"AH SA "
			"configuration!\" ;\n"
			"spdadd 10.0.11.41/32[21] 10.0.11.33/32[any] any\n"
			"\t-P out ipsec esp/tunnel/192.168.0.1-192.168.1.2/require ;\n"
			"deleteall 192.0.2.7 192.0.2.8 esp ; dump ah;\n";

	(void)state;
	assert_string_equal(gateway_setkey(text),
			"line 9: sa 10.1.10.36 spi 4096: protocol tcp is not there, left out "
			"(esp)\n"
			"line 10: sa 10.1.10.36 spi 300: protocol ah is not there, left out (esp)\n"
			"line 11: spdadd: policies belong to ipsec interfaces (ifconfig ipsecN "
			"tunnel makes them)\n"
			"No SAD entries.\n");
	assert_int_equal(gateway_rc, 1);
	assert_int_equal(sadb_count(ctl_sadb(gateway_env.ctl)), 2);
	has(gateway_say("setkey -D"), "spi=10001(0x00002711)");
	assert_string_equal(gateway_setkey("delete 192.0.2.2 192.0.2.1 esp 10001; "
					   "get 192.0.2.2 192.0.2.1 esp 10001;"),
			"line 1: sa 192.0.2.1 spi 10001: no such SA from 192.0.2.2\n");
}

static void
shows_what_is_asked_for(void **state)
{
	(void)state;
	SAYS("ifconfig ipsec0 create inet 10.0.0.1/32", "ipsec0\n");
	SAYS("ifconfig ipsec1 create", "ipsec1\n");
	SAYS("ifconfig -l", "wan0 ipsec0 ipsec1\n");
	SAYS("ifconfig -l -u", "wan0 ipsec0\n");
	SAYS("ifconfig -ld", "ipsec1\n");
	SAYS("ifconfig -g ipsec", "ipsec0\nipsec1\n");
	SAYS("ifconfig -lGipsec", "wan0\n");
	SAYS("ifconfig -g gif", "");
	SAYS("ifconfig -C", "ipsec\n");
	SAYS("ifconfig -a -g ipsec -d",
			"ipsec1: flags=8010<POINTOPOINT,MULTICAST> metric 0 mtu 1400\n"
			"\tgroups: ipsec\n\treqid: 0\n");
	SAYS("ifconfig ipsec0 inet",
			"ipsec0: flags=8011<UP,POINTOPOINT,MULTICAST> metric 0 mtu 1400\n"
			"\tinet 10.0.0.1 netmask 0xffffffff\n");
	SAYS("ifconfig ipsec0 inet6",
			"ipsec0: flags=8011<UP,POINTOPOINT,MULTICAST> metric 0 mtu 1400\n");
	SAYS("ifconfig -f inet",
			"ifconfig: -f is not there (a, l, d, u, g, G, C; m, v, L, k, n change "
			"nothing)\n");
	SAYS("ifconfig -g", "ifconfig: -g without a group (ipsec, port)\n");
}

static void
link_local_addresses_say_their_port(void **state)
{
	(void)state;
	SAYS("ifconfig ipsec0 create", "ipsec0\n");
	SAYS("ifconfig ipsec0 inet6 fe80::7%ipsec0 prefixlen 64", "");
	has(gateway_say("ifconfig ipsec0"), "\tinet6 fe80::7%ipsec0 prefixlen 64 scopeid 0x");
	SAYS("ifconfig ipsec0 inet6 fe80::8%wan0/64",
			"ipsec0: address fe80::8%wan0/64 is on another interface, wan0\n");
	SAYS("ifconfig ipsec0 inet6 2001:db8::8%wan0/64",
			"ipsec0: address 2001:db8::8%wan0/64 is not an IP address with or without "
			"/LENGTH\n");
	SAYS("ifconfig ipsec0 inet6 tunnel fe80::1%wan0 fe80::2%wan0",
			"ipsec0: tunnel fe80::1 -> fe80::2 needs addresses that are valid beyond "
			"one "
			"link\n");
	SAYS("route add -inet6 2001:db8:5::/48 fe80::9%wan0",
			"add net 2001:db8:5::/48: gateway fe80::9%wan0\n");
	has(gateway_say("netstat -rn"), "fe80::9%wan0");
	has(gateway_say("route get 2001:db8:5::1"), "gateway: fe80::9%wan0\n");
	has(gateway_say("route get fe80::5%wan0"), "interface: wan0\n");
	SAYS("route delete 2001:db8:5::/48", "delete net 2001:db8:5::/48\n");
	SAYS("route add -inet6 2001:db8:5::/48 fe80::9%ipsec0",
			"route 2001:db8:5::/48: gateway fe80::9 is not on a link of fib 0, ipsec0 "
			"is "
			"not its port\n");
	SAYS("route add -inet6 2001:db8:5::/48 fe80::9%nowhere",
			"route 2001:db8:5::/48: interface nowhere does not exist\n");
	SAYS("route add -inet6 2001:db8:5::/48 fe80::9%",
			"route: gateway fe80::9% is not an IP address (or: -interface IF)\n");
	SAYS("ndp -s fe80::9%wan0 02:00:00:00:00:09 wan0", "");
	has(gateway_say("ndp -a"), "fe80::9%wan0");
	SAYS("ndp -s fe80::9%wan1 02:00:00:00:00:09 wan0", "ndp: fe80::9%wan1 is not on wan0\n");
	SAYS("ndp -d fe80::9%nowhere", "nowhere: interface does not exist\n");
	SAYS("ndp -d fe80::9%wan0", "fe80::9%wan0 (fe80::9%wan0) deleted\n");
}

/* The port of a gateway is kept by save and load. */
static void
a_link_local_gateway_is_saved_with_its_port(void **state)
{
	char path[] = "/tmp/cli-semantics-XXXXXX", line[64];
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	SAYS("route add -inet6 2001:db8:5::/48 fe80::9%wan0",
			"add net 2001:db8:5::/48: gateway fe80::9%wan0\n");
	snprintf(line, sizeof(line), "save %s", path);
	gateway_say(line);
	assert_int_equal(gateway_rc, 0);
	gateway_say("route delete 2001:db8:5::/48");
	snprintf(line, sizeof(line), "diff %s", path);
	has(gateway_say(line), "+ route 2001:db8:5::/48 fe80::9%wan0\n");
	snprintf(line, sizeof(line), "load %s", path);
	gateway_say(line);
	assert_int_equal(gateway_rc, 0);
	has(gateway_say("route get 2001:db8:5::1"), "gateway: fe80::9%wan0\n");
	gateway_say("route delete 2001:db8:5::/48");
	unlink(path);
}

#define TEST(name) cmocka_unit_test_setup(name, gateway_clean)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_address_of_either_family_sets_up),
		TEST(policies_of_interfaces_stay),
		TEST(takes_a_file_of_freebsd),
		TEST(shows_what_is_asked_for),
		TEST(link_local_addresses_say_their_port),
		TEST(a_link_local_gateway_is_saved_with_its_port),
	};

	return cmocka_run_group_tests_name("cli/semantics", tests, gateway_up, gateway_down);
}
