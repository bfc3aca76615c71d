/* SPDX-License-Identifier: BSD-3-Clause */
/* net/addr: tables of texts, prefixes and kinds of addresses. No EAL. */
#include "packets.h"

#include <errno.h>
#include <string.h>

#include "net/addr.h"

static void
parses_what_inet_pton_takes_and_nothing_else(void **state)
{
	static const struct {
		const char *text;
		int want;
	} rows[] = {
		{ "0.0.0.0", 0 },
		{ "192.168.0.3", 0 },
		{ "255.255.255.255", 0 },
		{ "::", 0 },
		{ "2001:db8::1", 0 },
		{ "::ffff:10.0.0.1", 0 },
		{ "", -EINVAL },
		{ "10.0.0.300", -EINVAL },
		{ "10.0.0", -EINVAL },
		{ "10.0.0.1 ", -EINVAL },
		{ " 10.0.0.1", -EINVAL },
		{ "0x0a000001", -EINVAL },
		{ "localhost", -EINVAL },
		{ "fe80::1%eth0", -EINVAL },
		{ "1:2:3:4:5:6:7:8:9", -EINVAL },
		{ "10.0.0.1/24", -EINVAL },
	};
	struct ip_addr a, before;
	size_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(rows); i++) {
		memset(&a, 0x55, sizeof(a));
		before = a;
		assert_int_equal(ip_parse(rows[i].text, &a), rows[i].want);
		if (rows[i].want == 0)
			assert_string_equal(ip_str(&a), rows[i].text);
		else
			assert_memory_equal(&a, &before, sizeof(a));
	}
}

static void
leaves_unused_bytes_zero_so_that_addresses_compare(void **state)
{
	struct ip_addr a;

	(void)state;
	memset(&a, 0xff, sizeof(a));
	assert_int_equal(ip_parse("10.0.0.1", &a), 0);
	assert_true(ip_equal(&a, &(struct ip_addr[]){ ip_from_v4(RTE_BE32(0x0a000001)) }[0]));
	assert_false(ip_equal(&a, IP("10.0.0.2")));
	assert_false(ip_equal(&a, IP("a00:1::")));
}

static void
parses_prefixes(void **state)
{
	static const struct {
		const char *text, *want;
		int rc;
	} rows[] = {
		{ "10.1.2.3/24", "10.1.2.3/24", 0 },
		{ "10.1.2.3", "10.1.2.3/32", 0 },
		{ "0.0.0.0/0", "0.0.0.0/0", 0 },
		{ "2001:db8::1/64", "2001:db8::1/64", 0 },
		{ "2001:db8::1", "2001:db8::1/128", 0 },
		{ "::/0", "::/0", 0 },
		{ "10.1.2.3/33", NULL, -ERANGE },
		{ "::/129", NULL, -ERANGE },
		{ "::/1000", NULL, -ERANGE },
		{ "10.1.2.3/", NULL, -ERANGE },
		{ "10.1.2.3/-1", NULL, -ERANGE },
		{ "10.1.2.3/ 8", NULL, -ERANGE },
		{ "10.1.2.3/8x", NULL, -ERANGE },
		{ "10.1.2.3/4294967304", NULL, -ERANGE },
		{ "10.1.2/24", NULL, -EINVAL },
		{ "/24", NULL, -EINVAL },
		{ "1111:2222:3333:4444:5555:6666:7777:8888:9999:0000:1111/8", NULL, -EINVAL },
	};
	struct ip_prefix p;
	size_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(rows); i++) {
		p = (struct ip_prefix){ .len = 77 };
		assert_int_equal(ip_prefix_parse(rows[i].text, &p), rows[i].rc);
		if (rows[i].rc == 0)
			assert_string_equal(prefix_str(&p), rows[i].want);
		else
			assert_int_equal(p.len, 77);
	}
}

static void
parses_mac_addresses(void **state)
{
	static const char *const bad[] = { "", "02", "02:00:00:00:00", "02:00:00:00:00:0",
		"02:00:00:00:00:0a:", "02:00:00:00:00:0a:0b", "2:0:0:0:0:a", "02-00-00-00-00-0a",
		"02:00:00:00:00:0g", "0200.0000.000a" };
	struct rte_ether_addr mac;
	size_t i;

	(void)state;
	assert_int_equal(mac_parse("02:00:00:aB:Cd:0a", &mac), 0);
	assert_string_equal(mac_str(&mac), "02:00:00:ab:cd:0a");
	for (i = 0; i < RTE_DIM(bad); i++)
		assert_int_equal(mac_parse(bad[i], &mac), -EINVAL);
	assert_string_equal(mac_str(&mac), "02:00:00:ab:cd:0a");
}

static void
writes_none_where_there_is_no_address(void **state)
{
	const struct ip_prefix none = { 0 };

	(void)state;
	assert_string_equal(ip_str(&none.addr), "none");
	assert_string_equal(prefix_str(&none), "none");
	assert_false(ip_is_set(&none.addr));
	assert_false(ip_is_any(&none.addr));
	assert_false(ip_is_multicast(&none.addr));
	assert_false(ip_is_link_local(&none.addr));
	assert_false(ip_is_loopback(&none.addr));
	assert_false(ip_is_broadcast(&none.addr, NULL));
}

static void
lets_two_texts_live_in_one_expression(void **state)
{
	const char *const a = ip_str(IP("10.0.0.1")), *const b = ip_str(IP("10.0.0.2"));

	(void)state;
	assert_string_equal(a, "10.0.0.1");
	assert_string_equal(b, "10.0.0.2");
}

static void
writes_the_longest_addresses(void **state)
{
	struct ip_prefix p;

	(void)state;
	assert_int_equal(ip_prefix_parse("1111:2222:3333:4444:5555:6666:7777:8888/128", &p), 0);
	assert_string_equal(prefix_str(&p), "1111:2222:3333:4444:5555:6666:7777:8888/128");
	assert_int_equal(ip_parse("::ffff:255.255.255.255", &p.addr), 0);
	assert_string_equal(ip_str(&p.addr), "::ffff:255.255.255.255");
}

static void
knows_kinds_of_addresses(void **state)
{
	static const struct {
		const char *text;
		bool any, multicast, link_local, loopback;
	} rows[] = {
		{ "0.0.0.0", true, false, false, false },
		{ "::", true, false, false, false },
		{ "10.0.0.1", false, false, false, false },
		{ "223.255.255.255", false, false, false, false },
		{ "224.0.0.1", false, true, false, false },
		{ "239.255.255.255", false, true, false, false },
		{ "240.0.0.1", false, false, false, false },
		{ "169.254.1.1", false, false, true, false },
		{ "169.253.1.1", false, false, false, false },
		{ "127.0.0.1", false, false, false, true },
		{ "127.255.255.255", false, false, false, true },
		{ "2001:db8::1", false, false, false, false },
		{ "ff02::1", false, true, false, false },
		{ "fe80::1", false, false, true, false },
		{ "febf::1", false, false, true, false },
		{ "fec0::1", false, false, false, false },
		{ "::1", false, false, false, true },
		{ "::2", false, false, false, false },
		{ "::ffff:0.0.0.0", false, false, false, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(rows); i++) {
		const struct ip_addr *a = IP(rows[i].text);

		assert_int_equal(ip_is_any(a), rows[i].any);
		assert_int_equal(ip_is_multicast(a), rows[i].multicast);
		assert_int_equal(ip_is_link_local(a), rows[i].link_local);
		assert_int_equal(ip_is_loopback(a), rows[i].loopback);
	}
}

static struct ip_prefix
prefix_of(const char *text)
{
	struct ip_prefix p;

	assert_int_equal(ip_prefix_parse(text, &p), 0);
	return p;
}

static void
knows_broadcast_addresses(void **state)
{
	static const struct {
		const char *addr, *on;
		bool want;
	} rows[] = {
		{ "255.255.255.255", NULL, true },
		{ "255.255.255.255", "10.0.0.1/24", true },
		{ "10.0.0.255", "10.0.0.1/24", true },
		{ "10.0.0.255", NULL, false },
		{ "10.0.0.254", "10.0.0.1/24", false },
		{ "10.0.1.255", "10.0.0.1/24", false },
		{ "10.0.0.3", "10.0.0.1/30", true },
		{ "10.0.0.1", "10.0.0.0/31", false },
		{ "10.0.0.1", "10.0.0.1/32", false },
		{ "10.255.255.255", "10.0.0.1/8", true },
		{ "10.0.0.255", "2001:db8::1/64", false },
		{ "ff02::1", NULL, false },
	};
	struct ip_prefix on;
	size_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(rows); i++) {
		if (rows[i].on != NULL)
			on = prefix_of(rows[i].on);
		assert_int_equal(ip_is_broadcast(IP(rows[i].addr), rows[i].on ? &on : NULL),
				rows[i].want);
	}
}

static void
masks_and_contains_at_every_length(void **state)
{
	struct ip_prefix p, q;
	struct ip_addr a;
	unsigned int len, bit, family;

	(void)state;
	for (family = 0; family < 2; family++) {
		for (len = 0; len <= (family ? 128u : 32u); len++) {
			p.addr = ip_of(family ? "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
					      : "255.255.255.255");
			p.len = (uint8_t)len;
			q = p;
			ip_prefix_mask(&q);
			assert_int_equal(ip_mask_len(&q.addr), len);
			assert_int_equal(ip_prefix_equal(&p, &q), len == ip_bits(&p.addr));
			assert_true(ip_prefix_contains(&q, &p.addr));
			/* One bit turned off is inside exactly when it lies beyond the length. */
			for (bit = 0; bit < ip_bits(&p.addr); bit++) {
				a = p.addr;
				a.v6[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
				assert_int_equal(ip_prefix_contains(&q, &a), bit >= len);
			}
		}
	}
}

static void
tells_families_of_prefixes_apart(void **state)
{
	struct ip_prefix all4 = prefix_of("0.0.0.0/0"), all6 = prefix_of("::/0");
	const struct ip_addr none = { 0 };

	(void)state;
	assert_false(ip_prefix_contains(&all4, IP("2001:db8::1")));
	assert_false(ip_prefix_contains(&all6, IP("10.0.0.1")));
	assert_false(ip_prefix_contains(&all4, &none));
	assert_false(ip_prefix_equal(&all4, &all6));
}

static void
refuses_masks_with_holes(void **state)
{
	static const struct {
		const char *mask;
		int want;
	} rows[] = {
		{ "255.255.255.0", 24 },
		{ "0.0.0.0", 0 },
		{ "255.255.255.255", 32 },
		{ "255.0.255.0", -EINVAL },
		{ "0.0.0.1", -EINVAL },
		{ "255.255.253.0", -EINVAL },
		{ "127.0.0.0", -EINVAL },
		{ "ffff:ffff::", 32 },
		{ "ffff::ffff", -EINVAL },
		{ "::", 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(rows); i++)
		assert_int_equal(ip_mask_len(IP(rows[i].mask)), rows[i].want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_what_inet_pton_takes_and_nothing_else),
		cmocka_unit_test(leaves_unused_bytes_zero_so_that_addresses_compare),
		cmocka_unit_test(parses_prefixes),
		cmocka_unit_test(parses_mac_addresses),
		cmocka_unit_test(writes_none_where_there_is_no_address),
		cmocka_unit_test(lets_two_texts_live_in_one_expression),
		cmocka_unit_test(writes_the_longest_addresses),
		cmocka_unit_test(knows_kinds_of_addresses),
		cmocka_unit_test(knows_broadcast_addresses),
		cmocka_unit_test(masks_and_contains_at_every_length),
		cmocka_unit_test(tells_families_of_prefixes_apart),
		cmocka_unit_test(refuses_masks_with_holes),
	};

	return cmocka_run_group_tests_name("net/addr", tests, NULL, NULL);
}
