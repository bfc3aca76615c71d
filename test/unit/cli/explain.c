/* SPDX-License-Identifier: BSD-3-Clause */
/* What `explain` says: steps, the last sentence, the remedy. That it is right is for test/pipeline/explain.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway.h"

#define SAYS(line, answer) assert_string_equal(gateway_say(line), answer)
#define HAS(line, part) has(gateway_say(line), part)
#define KEY "-E aes-gcm-16 0x0102030405060708090a0b0c0d0e0f1011121314;"

static void
has(const char *answer, const char *part)
{
	if (strstr(answer, part) == NULL)
		fail_msg("'%s' is not in:\n%s", part, answer);
}

static void
tunnel_up(void)
{
	gateway_say("ifconfig ipsec0 create reqid 100 tunnel 192.0.2.1 192.0.2.2 up");
	gateway_say("route add 10.2.0.0/16 -interface ipsec0");
	gateway_say("arp -s 192.0.2.2 02:00:00:00:00:05 wan0");
}

static void
tells_the_whole_way_out(void **state)
{
	(void)state;
	tunnel_up();
	gateway_setkey("add 192.0.2.1 192.0.2.2 esp 10000 -m tunnel -u 100 " KEY
		       "add 192.0.2.1 192.0.2.2 esp 10001 -m tunnel -u 100 " KEY);
	HAS("explain out 10.1.0.9 10.2.0.7", "10.2.0.7 in FIB 0: 10.2.0.0/16 by ipsec0 (static)\n");
	HAS("explain out 10.1.0.9 10.2.0.7", "ipsec0: UP, RUNNING\n");
	HAS("explain out 10.1.0.9 10.2.0.7", "spi 10000: mature, aes-gcm-16: taken\n");
	HAS("explain out 10.1.0.9 10.2.0.7",
			"spi 10001: not taken: an older one serves until it is proven "
			"(net.key.rekey=proven)\n");
	HAS("explain out 10.1.0.9 10.2.0.7", "192.0.2.1 > 192.0.2.2, 120 bytes, spi 10000\n");
	HAS("ipsec explain out 10.1.0.9 10.2.0.7", "\ndelivered by wan0 to 02:00:00:00:00:05\n");
	HAS("explain out 10.1.0.9 10.2.0.7 -len 1500", "cut into 2 pieces");
	HAS("explain out 10.1.0.9 10.2.0.7 udp 1 2 -len 1500 -df",
			"dropped: too-big: larger than the MTU and not to be fragmented (at most "
			"1400 "
			"bytes");
	HAS("explain out 10.1.0.9 10.2.0.7 icmp -ttl 1", "dropped: ttl-exceeded");
	HAS("-j explain out 10.1.0.9 10.2.0.7", "\"mac\": \"02:00:00:00:00:05\"");
}

static void
says_why_a_tunnel_does_not_pass_and_what_to_do(void **state)
{
	(void)state;
	tunnel_up();
	HAS("explain out 10.1.0.9 10.2.0.7",
			"dropped: no-sa-out: no outbound SA for the interface (setkey: add "
			"192.0.2.1 "
			"192.0.2.2 esp SPI -m tunnel -u 100 -E ...)\n");
	gateway_setkey("add 192.0.2.1 192.0.2.2 esp 10000 -m tunnel -u 200 " KEY);
	HAS("explain out 10.1.0.9 10.2.0.7",
			"(no SA for reqid 100: an SA with the same ends has reqid 200)\n");
	gateway_say("ifconfig ipsec0 down");
	HAS("explain out 10.1.0.9 10.2.0.7", "! ipsec0: not UP\n");
	HAS("explain out 10.1.0.9 10.2.0.7",
			"dropped: out-interface-down: the outgoing interface is not up and running "
			"(ifconfig ipsec0 up)\n");
	gateway_say("ifconfig ipsec0 up tunnel 198.51.100.1 192.0.2.2");
	HAS("explain out 10.1.0.9 10.2.0.7",
			"not RUNNING: its local end 198.51.100.1 is no address of ours");
	HAS("explain out 10.1.0.9 10.99.0.7", "10.99.0.7 in FIB 0: no route\n");
	HAS("explain out 10.1.0.9 10.99.0.7", "dropped: no-route");
}

static void
tells_of_esp_that_comes_in(void **state)
{
	(void)state;
	tunnel_up();
	HAS("explain in 10001 192.0.2.1", "dropped: no-sa-in");
	gateway_setkey("add 192.0.2.2 192.0.2.1 esp 10001 -m tunnel -u 100 -r 4 " KEY
		       "add 192.0.2.2 192.0.2.1 esp 10002 -m tunnel -u 7 " KEY);
	HAS("explain in 10001 192.0.2.1", "accepted by ipsec0");
	HAS("explain in 10001 192.0.2.1 -from 192.0.2.9", "dropped: sa-source");
	HAS("explain in 10001 192.0.2.1 -natt", "dropped: sa-encapsulation");
	HAS("explain in 0x2711 192.0.2.1 -inner 10.2.0.7 192.0.2.2",
			"delivered by wan0 to 02:00:00:00:00:05");
	HAS("explain in 10001 192.0.2.1 -inner 10.2.0.7 192.0.2.1 tcp 1 22",
			"to the control core: it is for one of our addresses");
	HAS("explain in 10002 192.0.2.1", "reqid 7, mode tunnel: no interface claims it");
	HAS("explain in 10002 192.0.2.1", "(ifconfig ipsec0 reqid 7, or an SA with -u 100)");
	HAS("explain in 10001 192.0.2.7", "spi 10001 is there, but to 192.0.2.1");
}

static void
refuses_what_it_can_not_ask(void **state)
{
	(void)state;
	HAS("explain", "usage: explain out SRC DST");
	HAS("explain out 10.1.0.9", "usage: explain out SRC DST");
	HAS("ipsec", "usage: ipsec explain out");
	SAYS("explain out 10.1.0.9 nowhere", "explain: destination nowhere is not an IP address\n");
	SAYS("explain out 10.1.0.9 ::1", "explain: 10.1.0.9 and ::1 are of two families\n");
	SAYS("explain out 10.1.0.9 10.2.0.7 -natt",
			"explain: option -natt is not there (-i -fib -len -df -ttl -tos)\n");
	SAYS("explain out 10.1.0.9 10.2.0.7 -len 7",
			"explain: -len 7 is not possible (20 to 9216)\n");
	SAYS("explain out 10.1.0.9 10.2.0.7 -i ipsec99", "ipsec99: interface does not exist\n");
	SAYS("explain in 0 192.0.2.1", "explain: spi 0 is not possible (1 to 4294967295)\n");
	SAYS("explain in 5 192.0.2.1 -from ::1",
			"explain: ::1 and 192.0.2.1 are of two families\n");
	SAYS("explain in 5 192.0.2.1 -inner 10.0.0.1",
			"explain: -inner wants two addresses, SRC DST\n");
	HAS("explain out 10.1.0.9 10.2.0.7 -len 9216", "dropped: multi-segment");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(tells_the_whole_way_out, gateway_clean),
		cmocka_unit_test_setup(
				says_why_a_tunnel_does_not_pass_and_what_to_do, gateway_clean),
		cmocka_unit_test_setup(tells_of_esp_that_comes_in, gateway_clean),
		cmocka_unit_test_setup(refuses_what_it_can_not_ask, gateway_clean),
	};

	return cmocka_run_group_tests_name("cli/explain", tests, gateway_up, gateway_down);
}
