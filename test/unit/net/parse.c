/* SPDX-License-Identifier: BSD-3-Clause */
/* net/parse: what workers read. Tables of good and bad packets, every packet cut at every byte. */
#include "packets.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ip.h>

#include "net/parse.h"

struct patch {
	const char *name;
	enum drop_reason want;
	bool mend; /* the IPv4 checksum */
	struct {
		uint16_t at;
		uint8_t value;
	} byte[4]; /* at 0xffff: no more */
};
#define END               \
	{                 \
		0xffff, 0 \
	}

static bool
is_ip6(const struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod(m, const uint8_t *)[0] >> 4 == 6;
}

static void
patch_apply(struct rte_mbuf *m, const struct patch *patch)
{
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *);
	unsigned int i;

	for (i = 0; i < RTE_DIM(patch->byte) && patch->byte[i].at != 0xffff; i++)
		((uint8_t *)ip)[patch->byte[i].at] = patch->byte[i].value;
	if (patch->mend) {
		ip->hdr_checksum = 0;
		ip->hdr_checksum = (rte_be16_t)~rte_raw_cksum(ip, rte_ipv4_hdr_len(ip));
	}
}

/*
 * The inline reader and the full one, on the same packet, agree in the verdict and in the length.
 */
static enum drop_reason
parse_both(struct rte_mbuf *m, bool ip6)
{
	const uint16_t len = m->data_len;
	const enum drop_reason full = ip6 ? parse_ip6_full(m) : parse_ip4_full(m);
	const uint16_t trimmed = m->data_len;
	enum drop_reason fast;

	m->data_len = len;
	m->pkt_len = len;
	fast = ip6 ? parse_ip6(m) : parse_ip4(m);
	assert_int_equal(fast, full);
	assert_int_equal(m->data_len, trimmed);
	assert_int_equal(m->pkt_len, trimmed);
	if (full != DROP_NONE)
		assert_int_equal(trimmed, len);
	return full;
}

static void
run_patches(const struct patch *rows, size_t n, bool ip6)
{
	struct rte_mbuf *m;
	enum drop_reason got;
	size_t i;

	for (i = 0; i < n; i++) {
		m = packet(rows[i].name);
		patch_apply(m, &rows[i]);
		got = parse_both(m, ip6);
		if (got != rows[i].want)
			fail_msg("row %zu (%s): %s instead of %s", i, rows[i].name, drop_name(got),
					drop_name(rows[i].want));
		rte_pktmbuf_free(m);
	}
}

static void
checks_every_field_of_an_ip4_header(void **state)
{
	static const struct patch rows[] = {
		{ "tcp4", DROP_NONE, false, { END } },
		{ "tcp4_options", DROP_NONE, false, { END } },
		{ "tcp4", DROP_IP_VERSION, true, { { 0, 0x65 }, END } },
		{ "tcp4", DROP_IP_VERSION, false, { { 0, 0x05 }, END } },
		{ "tcp4", DROP_IP_HEADER, true, { { 0, 0x44 }, END } },
		{ "tcp4", DROP_IP_HEADER, false, { { 0, 0x4f }, { 3, 59 }, END } },
		{ "tcp4", DROP_IP_HEADER, true, { { 3, 19 }, END } },
		{ "tcp4", DROP_IP_HEADER, true, { { 3, 53 }, END } }, /* one more than there is */
		{ "tcp4", DROP_IP_HEADER, true, { { 2, 0xff }, { 3, 0xff }, END } },
		{ "tcp4", DROP_NONE, true, { { 3, 51 }, END } },
		{ "tcp4", DROP_NONE, true, { { 3, 20 }, END } },
		{ "tcp4", DROP_IP_CHECKSUM, false, { { 8, 63 }, END } },
		{ "tcp4", DROP_IP_CHECKSUM, false, { { 10, 0 }, { 11, 0 }, END } },
		{ "tcp4_options", DROP_IP_CHECKSUM, false, { { 20, 0 }, END } },
		{ "tcp4", DROP_IP_SOURCE, true, { { 12, 127 }, END } },
		{ "tcp4", DROP_IP_SOURCE, true, { { 12, 224 }, END } },
		{ "tcp4", DROP_IP_SOURCE, true, { { 12, 239 }, END } },
		{ "tcp4", DROP_IP_SOURCE, true,
				{ { 12, 255 }, { 13, 255 }, { 14, 255 }, { 15, 255 } } },
		{ "tcp4", DROP_NONE, true, { { 12, 240 }, END } },
		{ "tcp4", DROP_NONE, true, { { 12, 223 }, END } },
		{ "tcp4", DROP_NONE, true, { { 12, 0 }, { 13, 0 }, { 14, 0 }, { 15, 0 } } },
	};

	(void)state;
	run_patches(rows, RTE_DIM(rows), false);
}

static void
checks_every_field_of_an_ip6_header(void **state)
{
	static const struct patch rows[] = {
		{ "tcp6", DROP_NONE, false, { END } },
		{ "tcp6", DROP_IP_VERSION, false, { { 0, 0x40 }, END } },
		{ "tcp6", DROP_IP_HEADER, false, { { 5, 33 }, END } }, /* one more than there is */
		{ "tcp6", DROP_IP_HEADER, false, { { 4, 0xff }, { 5, 0xff }, END } },
		{ "tcp6", DROP_NONE, false, { { 5, 31 }, END } },
		{ "tcp6", DROP_NONE, false, { { 5, 0 }, { 6, 59 }, END } },
		{ "tcp6", DROP_IP_HEADER, false, { { 5, 0 }, { 6, 0 }, END } }, /* jumbogram */
		{ "tcp6", DROP_IP_SOURCE, false, { { 8, 0xff }, END } },
		{ "ns_dad", DROP_NONE, false, { END } },
		{ "ns_dad", DROP_IP_SOURCE, false, { { 23, 1 }, END } }, /* ::1 */
		{ "ns_dad", DROP_NONE, false, { { 23, 2 }, END } },
	};

	(void)state;
	run_patches(rows, RTE_DIM(rows), true);
}

static void
accepts_a_checksum_that_sums_to_either_zero(void **state)
{
	struct rte_mbuf *m = packet("tcp4");
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *);
	unsigned int id, zero = 0;

	(void)state;
	/* Among all identifications one gives the checksum 0. */
	for (id = 0; id < 65536; id++) {
		ip->packet_id = (rte_be16_t)id;
		ip->hdr_checksum = 0;
		ip->hdr_checksum = (rte_be16_t)~rte_raw_cksum(ip, sizeof(*ip));
		zero += ip->hdr_checksum == 0;
		assert_int_equal(parse_both(m, false), DROP_NONE);
		ip->hdr_checksum = (rte_be16_t)(ip->hdr_checksum + 1);
		assert_int_equal(parse_both(m, false), DROP_IP_CHECKSUM);
	}
	assert_true(zero >= 1);
	rte_pktmbuf_free(m);
}

static void
trims_ethernet_padding(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	m = packet("about4");
	memset(rte_pktmbuf_append(m, 18), 0xee, 18);
	assert_int_equal(parse_both(m, false), DROP_NONE);
	assert_packet(m, "about4");
	m = packet("about6");
	memset(rte_pktmbuf_append(m, 18), 0xee, 18);
	assert_int_equal(parse_both(m, true), DROP_NONE);
	assert_packet(m, "about6");
}

static void
refuses_packets_of_several_segments(void **state)
{
	struct rte_mbuf *m, *tail;

	(void)state;
	m = packet("tcp4");
	tail = packet("tcp4");
	assert_int_equal(rte_pktmbuf_chain(m, tail), 0);
	assert_int_equal(parse_ip4(m), DROP_MULTISEG);
	rte_pktmbuf_free(m);
	m = packet("tcp6");
	tail = packet("tcp6");
	assert_int_equal(rte_pktmbuf_chain(m, tail), 0);
	assert_int_equal(parse_ip6(m), DROP_MULTISEG);
	rte_pktmbuf_free(m);
}

static const struct {
	const char *name;
	enum parse_kind kind;
	uint8_t l3_len;
} esp_rows[] = {
	{ "esp4", PARSE_ESP, 20 },
	{ "esp4_options", PARSE_ESP, 24 },
	{ "esp4_first_fragment", PARSE_ESP_FRAGMENT, 0 },
	{ "esp4_last_fragment", PARSE_ESP_FRAGMENT, 0 },
	{ "esp6", PARSE_ESP, 40 },
	{ "esp6_extensions", PARSE_ESP, 40 + 8 + 8 + 16 },
	{ "esp6_segments_left", PARSE_OTHER, 0 },
	{ "esp6_first_fragment", PARSE_ESP_FRAGMENT, 0 },
	{ "esp6_last_fragment", PARSE_ESP_FRAGMENT, 0 },
	{ "esp6_atomic_fragment", PARSE_ESP, 48 },
	{ "esp6_chain8", PARSE_ESP, 40 + 8 * 8 },
	{ "esp6_chain9", PARSE_OTHER, 0 },
	{ "esp6_long_chain", PARSE_OTHER, 0 }, /* 256 bytes in front of ESP */
	{ "natt4", PARSE_ESP_NATT, 28 },
	{ "natt4_options", PARSE_ESP_NATT, 32 },
	{ "natt4_fragment", PARSE_ESP_FRAGMENT, 0 },
	{ "natt4_later_fragment", PARSE_OTHER, 0 },
	{ "natt4_length", PARSE_OTHER, 0 },
	{ "natt4_port", PARSE_OTHER, 0 },
	{ "ike4", PARSE_OTHER, 0 },
	{ "ike4_fragment", PARSE_OTHER, 0 },
	{ "keepalive4", PARSE_OTHER, 0 },
	{ "natt6", PARSE_ESP_NATT, 48 },
	{ "natt6_extension", PARSE_ESP_NATT, 56 },
	{ "about4", PARSE_OTHER, 0 },
	{ "about6", PARSE_OTHER, 0 },
	{ "tcp4", PARSE_OTHER, 0 },
	{ "tcp6", PARSE_OTHER, 0 },
	{ "echo6_request", PARSE_OTHER, 0 },
};

/* Both readers of ESP agree. */
static enum parse_kind
esp_both(const struct rte_mbuf *m, bool ip6, uint8_t *ret_l3_len)
{
	uint8_t fast_len = 0, full_len = 0;
	const enum parse_kind fast = ip6 ? parse_esp6(m, &fast_len) : parse_esp4(m, &fast_len);
	const enum parse_kind full = parse_esp_full(m, ip6, &full_len);

	assert_int_equal(fast, full);
	assert_int_equal(fast_len, full_len);
	*ret_l3_len = fast_len;
	return fast;
}

static void
tells_esp_from_the_rest(void **state)
{
	struct rte_mbuf *m;
	enum parse_kind kind;
	uint8_t l3_len;
	size_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(esp_rows); i++) {
		m = packet(esp_rows[i].name);
		kind = esp_both(m, is_ip6(m), &l3_len);
		if (kind != esp_rows[i].kind || l3_len != esp_rows[i].l3_len)
			fail_msg("%s: kind %d, %u bytes", esp_rows[i].name, kind, l3_len);
		rte_pktmbuf_free(m);
	}
}

static void
finds_the_upper_layer(void **state)
{
	static const struct {
		const char *name;
		struct parse_l4 want;
	} rows[] = {
		{ "tcp4", { 6, false, 0, 20, 9 } },
		{ "tcp4_options", { 6, false, 0, 28, 9 } },
		{ "tcp6", { 6, false, 0, 40, 6 } },
		{ "esp4_first_fragment", { 50, true, 0, 20, 9 } },
		{ "esp4_last_fragment", { 50, true, 48, 20, 9 } },
		{ "esp6_extensions", { 50, false, 0, 72, 56 } },
		{ "esp6_segments_left", { 43, false, 0, 40, 6 } },
		{ "esp6_first_fragment", { 50, true, 0, 48, 40 } },
		{ "esp6_last_fragment", { 50, true, 48, 48, 40 } },
		{ "esp6_atomic_fragment", { 50, false, 0, 48, 40 } },
	};
	struct parse_l4 l4;
	struct rte_mbuf *m;
	size_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(rows); i++) {
		m = packet(rows[i].name);
		assert_true(parse_l4(m, is_ip6(m), &l4));
		assert_int_equal(l4.proto, rows[i].want.proto);
		assert_int_equal(l4.fragment, rows[i].want.fragment);
		assert_int_equal(l4.frag_offset, rows[i].want.frag_offset);
		assert_int_equal(l4.offset, rows[i].want.offset);
		assert_int_equal(l4.proto_at, rows[i].want.proto_at);
		rte_pktmbuf_free(m);
	}
}

static void
gives_addresses_as_values(void **state)
{
	struct ip_addr src, dst;
	struct rte_mbuf *m;

	(void)state;
	m = packet("tcp4");
	parse_addrs(m, false, &src, &dst);
	assert_true(ip_equal(&src, IP("10.1.0.2")));
	assert_true(ip_equal(&dst, IP("10.2.0.9")));
	rte_pktmbuf_free(m);
	m = packet("tcp6");
	parse_addrs(m, true, &src, &dst);
	assert_true(ip_equal(&src, IP("2001:db8:1::2")));
	assert_true(ip_equal(&dst, IP("2001:db8:2::9")));
	rte_pktmbuf_free(m);
}

/*
 * Exactly @p n bytes of a vector at the very end of an allocation of their own, so that
 * AddressSanitizer sees a read of one byte more.
 */
static struct rte_mbuf *
cut_packet(const uint8_t *bytes, uint16_t n, uint8_t **ret_data)
{
	struct rte_mbuf *m = calloc(1, sizeof(*m));
	uint8_t *data = malloc(n == 0 ? 1 : n);

	assert_non_null(m);
	assert_non_null(data);
	memcpy(data, bytes, n);
	m->buf_addr = n == 0 ? data + 1 : data;
	m->data_len = n;
	m->pkt_len = n;
	m->nb_segs = 1;
	*ret_data = data;
	return m;
}

static void
never_reads_beyond_a_packet_cut_at_any_byte(void **state)
{
	uint8_t bytes[2048], *data, l3_len;
	struct parse_icmp icmp;
	struct parse_arp arp;
	struct parse_l4 l4;
	struct parse_nd nd;
	struct rte_mbuf *m;
	size_t i, len;
	uint16_t n;

	(void)state;
	for (i = 0; i < nb_vectors; i++) {
		len = vector_bytes(vectors[i].name, bytes, sizeof(bytes));
		for (n = 0; n < len && n < 200; n++) {
			m = cut_packet(bytes, n, &data);
			assert_int_not_equal(parse_both(m, false), DROP_NONE);
			assert_int_not_equal(parse_both(m, true), DROP_NONE);
			if (n < 20)
				assert_int_equal(parse_ip4(m), DROP_RUNT);
			if (n < 40)
				assert_int_equal(parse_ip6(m), DROP_RUNT);
			/*
			 * What follows normally sees checked packets only; it must hold all the
			 * same.
			 */
			l3_len = 0;
			if (parse_esp4(m, &l3_len) == PARSE_ESP || l3_len != 0)
				assert_true(l3_len + PARSE_ESP_MIN <= n);
			l3_len = 0;
			if (parse_esp6(m, &l3_len) == PARSE_ESP || l3_len != 0)
				assert_true(l3_len + PARSE_ESP_MIN <= n);
			if (parse_l4(m, false, &l4))
				assert_true(l4.offset <= n);
			if (parse_l4(m, true, &l4))
				assert_true(l4.offset <= n);
			assert_true(parse_arp(m, &arp) == DROP_ARP_INVALID || n >= 28);
			assert_true(parse_nd(m, &nd) == DROP_ND_INVALID || nd.type == ND_NONE);
			assert_int_equal(parse_icmp(m, true, &icmp), DROP_ICMP_INVALID);
			parse_icmp(m, false, &icmp);
			free(data);
			free(m);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checks_every_field_of_an_ip4_header),
		cmocka_unit_test(checks_every_field_of_an_ip6_header),
		cmocka_unit_test(accepts_a_checksum_that_sums_to_either_zero),
		cmocka_unit_test(trims_ethernet_padding),
		cmocka_unit_test(refuses_packets_of_several_segments),
		cmocka_unit_test(tells_esp_from_the_rest),
		cmocka_unit_test(finds_the_upper_layer),
		cmocka_unit_test(gives_addresses_as_values),
		cmocka_unit_test(never_reads_beyond_a_packet_cut_at_any_byte),
	};

	return cmocka_run_group_tests_name("net/parse", tests, packets_setup, packets_teardown);
}
