/* SPDX-License-Identifier: BSD-3-Clause */
/* What commands answer: FreeBSD's forms, and one sentence for each mistake, with nothing half done. */
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
#define HAS(line, part) has(gateway_say(line), part)

static void
has(const char *answer, const char *part)
{
	if (strstr(answer, part) == NULL)
		fail_msg("'%s' is not in:\n%s", part, answer);
}

static void
sets_up_the_tunnel_of_the_man_page(void **state)
{
	(void)state;
	SAYS("ifconfig ipsec0 create reqid 100", "ipsec0\n");
	SAYS("ifconfig ipsec0 inet tunnel 192.0.2.1 192.0.2.2", "");
	SAYS("ifconfig ipsec0 inet 172.16.0.3/16 172.16.0.5", "");
	SAYS("ifconfig ipsec0",
			"ipsec0: flags=8051<UP,POINTOPOINT,RUNNING,MULTICAST> metric 0 mtu 1400\n"
			"\ttunnel inet 192.0.2.1 --> 192.0.2.2\n"
			"\tinet 172.16.0.3 --> 172.16.0.5 netmask 0xffff0000\n"
			"\tgroups: ipsec\n"
			"\treqid: 100\n");
	SAYS("ifconfig -l", "wan0 ipsec0\n");
	has(gateway_setkey("add 192.0.2.1 192.0.2.2 esp 10000 -m tunnel -u 100 -E rijndael-cbc "
			   "\"VerySecureKey!!1\";\n"
			   "add 192.0.2.2 192.0.2.1 esp 10001 -m tunnel -u 100 -E rijndael-cbc "
			   "\"VerySecureKey!!2\";"),
			"line 1: WARNING: ");
	assert_int_equal(gateway_rc, 0);
	HAS("setkey -D",
			"192.0.2.1 192.0.2.2\n\tesp mode=tunnel spi=10000(0x00002710) "
			"reqid=100(0x00000064)\n");
	HAS("setkey -Dv", "interface=ipsec0 direction=out");
	assert_null(strstr(gateway_say("setkey -D"), "VerySecure"));
	assert_null(strstr(gateway_say("setkey -D"), "56657279")); /* "Very" */
	HAS("setkey -DP", "\tesp/tunnel/192.0.2.2-192.0.2.1/unique:100\n");
	HAS("setkey -D -P", "ifname=ipsec0");
	SAYS("setkey -D -l", "setkey: -l shows keys on the control socket only (ipsecifctl)\n");
	SAYS("setkey -F", "");
	SAYS("setkey -D", "No SAD entries.\n");
	SAYS("setkey -F -P", "");
	HAS("setkey -DP", "ifname=ipsec0");
}

static void
takes_several_parameters_in_one_line(void **state)
{
	(void)state;
	SAYS("ifconfig ipsec create reqid 7 tunnel 192.0.2.1 192.0.2.9 inet 10.9.0.1 10.9.0.2 "
	     "netmask 0xffffff00 mtu 1300 "
	     "description \"to the branch\" monitor",
			"ipsec0\n");
	SAYS("ifconfig ipsec0",
			"ipsec0: flags=48051<UP,POINTOPOINT,RUNNING,MULTICAST,MONITOR> metric 0 "
			"mtu 1300\n"
			"\tdescription: to the branch\n"
			"\ttunnel inet 192.0.2.1 --> 192.0.2.9\n"
			"\tinet 10.9.0.1 --> 10.9.0.2 netmask 0xffffff00\n"
			"\tgroups: ipsec\n"
			"\treqid: 7\n");
	SAYS("ifconfig ipsec0 down -monitor -description mtu 1400 deletetunnel", "");
	HAS("ifconfig ipsec0",
			"ipsec0: flags=8010<POINTOPOINT,MULTICAST> metric 0 mtu 1400\n\tinet ");
	SAYS("ifconfig ipsec0 destroy", "");
	SAYS("ifconfig -l", "wan0\n");
}

static void
a_new_address_takes_the_place_of_the_first_unless_alias(void **state)
{
	(void)state;
	gateway_say("ifconfig ipsec0 create inet 10.9.0.1/24");
	SAYS("ifconfig ipsec0 inet 10.9.1.1/24", "");
	SAYS("ifconfig ipsec0 inet 10.9.2.1/24 alias", "");
	HAS("ifconfig ipsec0",
			"mtu 1400\n\tinet 10.9.1.1 netmask 0xffffff00\n\tinet 10.9.2.1 netmask "
			"0xffffff00\n\tgr");
	SAYS("ifconfig ipsec0 inet 10.9.1.1 -alias", "");
	SAYS("ifconfig ipsec0 inet 10.9.2.1/16", "");
	HAS("ifconfig ipsec0", "mtu 1400\n\tinet 10.9.2.1 netmask 0xffff0000\n\tgr");
	SAYS("ifconfig ipsec0 inet6 2001:db8:9::1", "");
	SAYS("ifconfig ipsec0 inet6 2001:db8:9::2 prefixlen 128", "");
	HAS("ifconfig ipsec0",
			"\tinet6 2001:db8:9::1 prefixlen 64\n\tinet6 2001:db8:9::2 prefixlen "
			"128\n");
	SAYS("ifconfig ipsec0 inet -alias", "");
	assert_null(strstr(gateway_say("ifconfig ipsec0"), "inet 10"));
}

static void
says_what_is_wrong_with_ifconfig(void **state)
{
	static const char *const cases[][2] = {
		{ "ifconfig ipsec9",
				"ipsec9: interface does not exist (ifconfig -l lists them)\n" },
		{ "ifconfig ipsec0 tunnel 192.0.2.1",
				"ipsec0: tunnel needs two addresses, local and remote\n" },
		{ "ifconfig ipsec0 tunnel 192.0.2.1 x", "ipsec0: tunnel x is not an IP address\n" },
		{ "ifconfig ipsec0 mtu many",
				"ipsec0: mtu many is not a number from 0 to 4294967295\n" },
		{ "ifconfig ipsec0 mtu", "ipsec0: mtu without a value\n" },
		{ "ifconfig ipsec0 mtu 0", "ipsec0: mtu 0 is not a size (or: mtu auto)\n" },
		{ "ifconfig ipsec0 reqid 4294967296",
				"ipsec0: reqid 4294967296 is not a number from 0 to 4294967295\n" },
		{ "ifconfig ipsec0 inet6 alias", "ipsec0: alias without a value\n" },
		{ "ifconfig ipsec0 inet 10.0.0.1/33",
				"ipsec0: address 10.0.0.1/33 is not with a length from 0 to 32\n" },
		{ "ifconfig ipsec0 inet 2001:db8::1",
				"ipsec0: address 2001:db8::1 is not of family inet\n" },
		{ "ifconfig ipsec0 inet 10.0.0.1 2001:db8::1",
				"ipsec0: address 10.0.0.1 and destination 2001:db8::1 mix "
				"families\n" },
		{ "ifconfig ipsec0 inet 10.0.0.1 netmask 255.0.255.0",
				"netmask: 255.0.255.0 is not a contiguous mask (as 255.255.0.0 or "
				"0xffff0000)\n" },
		{ "ifconfig ipsec0 up create", "ipsec0: create must come first\n" },
		{ "ifconfig aninterfacewithalongname up",
				"aninterfacewithalongname: not an interface name (at most 15 "
				"characters)\n" },
		{ "frobnicate", "frobnicate: no such command (help lists them)\n" },
		{ "show me",
				"show: me is not there (drops, workers, stats, crypto, ports, "
				"memory, state, version)\n" },
		{ "setkey -c", "setkey: -c without statements (nothing followed)\n" },
		{ "setkey -x",
				"setkey: -x listens until it is interrupted: not among other "
				"commands\n" },
		{ "netstat -rn -f inet7", "netstat: family inet7 is not there (inet, inet6)\n" },
		{ "netstat -rn -fib 16", "netstat: fib 16 is not there (0 to 15)\n" },
		{ "sysctl no.such", "sysctl: unknown name no.such (sysctl -a lists them)\n" },
		{ "sysctl net.inet.ip.ttl=x", "net.inet.ip.ttl: x is not a number\n" },
		{ "route add 10.0.0.0/8",
				"route: add 10.0.0.0/8 without a gateway (or -interface IF, "
				"-blackhole, -reject)\n" },
		{ "route add 10.0.0.0/8 gw",
				"route: gateway gw is not an IP address (or: -interface IF)\n" },
		{ "route add 10.0.0.0/40 192.0.2.9",
				"route: 10.0.0.0/40: prefix length out of range (0 to 32, IPv6 0 "
				"to 128)\n" },
		{ "route shake 10.0.0.0/8",
				"route: shake is not a command (add, change, delete, get)\n" },
		{ "arp -s 2001:db8::5 02:00:00:00:00:05 wan0",
				"arp: 2001:db8::5 is not an IPv4 address\n" },
		{ "arp -s 192.0.2.5 02:00:00 wan0",
				"arp: 02:00:00 is not a MAC address (aa:bb:cc:dd:ee:ff)\n" },
	};
	unsigned int i;

	(void)state;
	gateway_say("ifconfig ipsec0 create");
	for (i = 0; i < RTE_DIM(cases); i++) {
		SAYS(cases[i][0], cases[i][1]);
		assert_int_equal(gateway_rc, 1);
	}
}

static void
a_line_with_a_mistake_changes_nothing(void **state)
{
	(void)state;
	HAS("ifconfig ipsec0 create mtu 1300 blue", "ipsec0: blue is not a parameter (");
	SAYS("ifconfig -l", "wan0\n");
	HAS("ifconfig ipsec0 create mtu 9000", "ipsec0: mtu 9000");
	SAYS("ifconfig -l", "wan0\n");
	has(gateway_setkey("flush;\nadd 192.0.2.1 192.0.2.2 esp 255 -E null \"\" -A hmac-sha1 "
			   "\"12345678901234567890\";\n"
			   "flush"),
			"(nothing was done)");
}

static void
setkey_goes_on_after_a_statement_that_is_refused(void **state)
{
	const char *answer;

	(void)state;
	answer = gateway_setkey("add 192.0.2.1 192.0.2.2 esp 255 -E aes-cbc \"1234567890123456\";\n"
				"spdadd 10.0.0.0/8 10.1.0.0/16 any -P out none;\n"
				"add 192.0.2.1 192.0.2.2 esp 256 -A hmac-sha1 "
				"\"12345678901234567890\" -E aes-cbc \"1234567890123456\";\n"
				"delete 192.0.2.1 192.0.2.2 esp 999;\n");
	assert_int_equal(gateway_rc, 1);
	has(answer, "line 1: ");
	has(answer, "255");
	has(answer,
			"line 2: spdadd: policies belong to ipsec interfaces (ifconfig ipsecN "
			"tunnel makes them)\n");
	has(answer, "line 4: ");
	HAS("setkey -D", "spi=256(0x00000100)");
	has(gateway_setkey("get 192.0.2.1 192.0.2.2 esp 256;"), "\tA: hmac-sha1  key <");
}

static void
route_answers_as_route_8_does(void **state)
{
	(void)state;
	SAYS("route add -net 10.2.0.0/16 192.0.2.9", "add net 10.2.0.0: gateway 192.0.2.9\n");
	SAYS("route -n add 10.3/16 192.0.2.9", "add net 10.3.0.0: gateway 192.0.2.9\n");
	SAYS("route add 10.4.0.1 -blackhole", "add host 10.4.0.1\n");
	SAYS("route add -inet6 default 2001:db8::9", "add net default: gateway 2001:db8::9\n");
	SAYS("route change 10.2.0.0 -netmask 255.255.0.0 192.0.2.10",
			"change net 10.2.0.0: gateway 192.0.2.10\n");
	HAS("route get 10.2.3.4",
			"destination: 10.2.0.0\n       mask: 255.255.0.0\n    gateway: 192.0.2.10\n"
			"        fib: 0\n  interface: wan0\n      flags: "
			"<UP,GATEWAY,DONE,STATIC>\n");
	HAS("netstat -rn", "Routing tables\n\nInternet:\nDestination ");
	HAS("netstat -rn -f inet", "\n10.2.0.0/16        192.0.2.10         UGS        wan0\n");
	HAS("netstat -rn -f inet6",
			"\ndefault                           2001:db8::9                       UGS "
			"       wan0\n");
	SAYS("route add -fib 3 10.5.0.0/16 -reject", "add net 10.5.0.0 fib 3\n");
	SAYS("netstat -rn -fib 3",
			"Routing tables (fib: 3)\n\nInternet:\n"
			"Destination        Gateway            Flags     Netif\n"
			"10.5.0.0/16        -                  USR            \n");
	SAYS("netstat -rn -fib 3 -f inet6", "Routing tables\n");
	SAYS("-j netstat -rn -fib 4", "[]\n");
	SAYS("route delete -fib 3 10.5.0.0/16", "delete net 10.5.0.0 fib 3\n");
	SAYS("route delete 10.2.0.0/16", "delete net 10.2.0.0\n");
	gateway_say("route delete 10.3.0.0/16 192.0.2.77"); /* it leads elsewhere */
	assert_int_equal(gateway_rc, 1);
	SAYS("route delete 10.3.0.0/16 192.0.2.9", "delete net 10.3.0.0: gateway 192.0.2.9\n");
	SAYS("route delete 10.4.0.1", "delete host 10.4.0.1\n");
	SAYS("route delete -inet6 default", "delete net default\n");
	gateway_say("route delete 10.2.0.0/16");
	assert_int_equal(gateway_rc, 1);
}

static void
neighbours_and_settings(void **state)
{
	(void)state;
	SAYS("arp -s 192.0.2.5 02:00:00:00:00:05 wan0", "");
	HAS("arp -a", "? (192.0.2.5) at 02:00:00:00:00:05 on wan0 permanent [ethernet]\n");
	SAYS("arp -s 192.0.2.5 2:0:0:0:0:f wan0", "");
	HAS("arp -a", "? (192.0.2.5) at 02:00:00:00:00:0f on wan0 permanent [ethernet]\n");
	HAS("arp -s 192.0.2.5 2:0:0:0:0: wan0", "is not a MAC address");
	HAS("arp -s 192.0.2.5 2:0:0:0:0:1:1 wan0", "is not a MAC address");
	SAYS("arp -d 192.0.2.5", "192.0.2.5 (192.0.2.5) deleted\n");
	SAYS("sysctl net.key.preferred_oldsa=0", "net.key.preferred_oldsa: 1 -> 0\n");
	SAYS("sysctl net.key.preferred_oldsa", "net.key.preferred_oldsa: 0\n");
	SAYS("sysctl -n net.key.preferred_oldsa", "0\n");
	SAYS("sysctl net.key.preferred_oldsa=1", "net.key.preferred_oldsa: 0 -> 1\n");
	HAS("sysctl net.key", "net.key.preferred_oldsa: 1\n");
}

static void
a_destination_on_a_port_disturbs_nothing(void **state)
{
	char before[4096];

	(void)state;
	snprintf(before, sizeof(before), "%s", gateway_say("ifconfig wan0"));
	SAYS("ifconfig wan0 inet 192.0.2.1/24 192.0.2.9",
			"wan0: destination 192.0.2.9 on a port (only ipsec interfaces have one)\n");
	SAYS("ifconfig wan0", before); /* the same addresses in the same order */
}

static void
every_view_is_text_and_json(void **state)
{
	static const char *const lines[] = { "ifconfig", "ifconfig -l", "ifconfig wan0",
		"netstat -i", "netstat -rn", "netstat -s", "setkey -D", "setkey -DP", "arp -a",
		"ndp -a", "sysctl -a", "show drops", "show workers", "show stats", "show crypto",
		"show ports", "show memory", "show version", "help", "clear counters" };
	unsigned int i;

	(void)state;
	gateway_say("ifconfig ipsec0 create tunnel 192.0.2.1 192.0.2.2");
	gateway_setkey("add 192.0.2.1 192.0.2.2 esp 300 -u 16385 -E aes-gcm-16 "
		       "\"12345678901234567890\";");
	for (i = 0; i < RTE_DIM(lines); i++) {
		char line[64];
		json_t *j;

		gateway_say(lines[i]);
		assert_int_equal(gateway_rc, 0);
		snprintf(line, sizeof(line), "-j %s", lines[i]);
		j = json_loads(gateway_say(line), 0, NULL);
		if (j == NULL)
			fail_msg("%s: not JSON: %s", line, gateway_say(line));
		json_decref(j);
	}
}

static void
every_command_has_help(void **state)
{
	unsigned int i;
	char line[64];

	(void)state;
	for (i = 0; cli_commands[i] != NULL; i++) {
		snprintf(line, sizeof(line), "help %s", cli_commands[i]->name);
		has(gateway_say(line),
				cli_commands[i]->usage[0] != '\0' ? cli_commands[i]->name : "?");
		has(gateway_say("help"), cli_commands[i]->help);
	}
}

static void
saves_what_it_loads_again(void **state)
{
	char path[] = "/tmp/cli-commands-XXXXXX", line[64];
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	gateway_say("ifconfig ipsec3 create reqid 33 tunnel 192.0.2.1 192.0.2.33 inet "
		    "10.33.0.1/30");
	snprintf(line, sizeof(line), "save %s", path);
	HAS(line, "saved /tmp/");
	snprintf(line, sizeof(line), "diff %s", path);
	SAYS(line, "no difference\n");
	gateway_say("ifconfig ipsec3 destroy");
	assert_string_not_equal(gateway_say(line), "no difference\n");
	snprintf(line, sizeof(line), "load %s", path);
	HAS(line, "loaded /tmp/");
	HAS("ifconfig ipsec3",
			"\ttunnel inet 192.0.2.1 --> 192.0.2.33\n\tinet 10.33.0.1 netmask "
			"0xfffffffc\n");
	assert_int_equal(write(fd, "{ \"colour\": 1 }", 15), 15);
	gateway_say("load /tmp/no/such/file.json");
	assert_int_equal(gateway_rc, 1);
	close(fd);
	unlink(path);
}

#define TEST(name) cmocka_unit_test_setup(name, gateway_clean)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sets_up_the_tunnel_of_the_man_page),
		TEST(takes_several_parameters_in_one_line),
		TEST(a_new_address_takes_the_place_of_the_first_unless_alias),
		TEST(says_what_is_wrong_with_ifconfig),
		TEST(a_line_with_a_mistake_changes_nothing),
		TEST(setkey_goes_on_after_a_statement_that_is_refused),
		TEST(route_answers_as_route_8_does),
		TEST(neighbours_and_settings),
		TEST(a_destination_on_a_port_disturbs_nothing),
		TEST(every_view_is_text_and_json),
		TEST(every_command_has_help),
		TEST(saves_what_it_loads_again),
	};

	return cmocka_run_group_tests_name("cli/commands", tests, gateway_up, gateway_down);
}
