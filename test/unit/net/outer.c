/* SPDX-License-Identifier: BSD-3-Clause */
/* net/outer and net/cksum: headers as scapy makes them, and the tables of RFC 6040. */
#include "packets.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "net/cksum.h"
#include "net/outer.h"
#include "net/pkt.h"

#define NOT_ECT 0
#define ECT1 1
#define ECT0 2
#define CE 3
#define LABEL RTE_BE32(0x000fffff)

static struct outer
outer_of(int family, bool natt, enum outer_df df, enum outer_ecn ecn)
{
	struct outer_params prm = { .ttl = 61, .df = df, .ecn = ecn };
	struct outer o;

	prm.local = ip_of(family == 4 ? "192.168.0.3" : "2001:db8::3");
	prm.remote = ip_of(family == 4 ? "192.168.0.5" : "2001:db8::5");
	if (natt) {
		prm.natt_sport = 4500;
		prm.natt_dport = 1025;
	}
	outer_init(&o, &prm);
	return o;
}

static uint8_t
tos_of(struct rte_mbuf *m)
{
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);

	return p[0] >> 4 == 4 ? p[1] : ip6_tc((const struct rte_ipv6_hdr *)p);
}

static void
tos_set(struct rte_mbuf *m, uint8_t tos)
{
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);

	if (p[0] >> 4 == 4)
		ip4_tos_set((struct rte_ipv4_hdr *)p, tos);
	else
		ip6_tc_set((struct rte_ipv6_hdr *)p, tos);
}

static bool
ip4_cksum_good(struct rte_mbuf *m)
{
	return rte_raw_cksum(rte_pktmbuf_mtod(m, void *), sizeof(struct rte_ipv4_hdr)) == 0xffff;
}

static void
writes_the_headers_that_scapy_writes(void **state)
{
	char inner[8], want[32];
	struct rte_ipv6_hdr *ip6;
	struct rte_mbuf *m;
	struct outer o;
	int out, in;
	bool natt;
	unsigned int i;

	(void)state;
	for (i = 0; i < 8; i++) {
		out = i & 1 ? 6 : 4;
		in = i & 2 ? 6 : 4;
		natt = i & 4;
		snprintf(inner, sizeof(inner), "tcp%d", in);
		snprintf(want, sizeof(want), "outer%d_tcp%d%s", out, in, natt ? "_natt" : "");
		o = outer_of(out, natt, OUTER_DF_SET, OUTER_ECN_NORMAL);
		m = packet(inner);
		outer_push(&o, m, outer_show(&o, m, in == 6), 0x1234);
		if (out == 6) {
			ip6 = rte_pktmbuf_mtod(m, struct rte_ipv6_hdr *);
			assert_int_not_equal(ip6->vtc_flow & LABEL, 0);
			ip6->vtc_flow &= ~LABEL;
		}
		assert_packet(m, want);
	}
}

static void
gets_the_checksum_right_for_every_id_and_length(void **state)
{
	struct outer o = outer_of(4, false, OUTER_DF_SET, OUTER_ECN_NORMAL);
	struct rte_mbuf *m;
	uint64_t shown;
	unsigned int id;

	(void)state;
	m = packet("tcp4");
	for (id = 0; id < 65536; id++) {
		const uint16_t data_off = m->data_off, data_len = m->data_len;

		tos_set(m, (uint8_t)(id >> 8));
		shown = outer_show(&o, m, false);
		m->pkt_len = 28 + id % 9000;
		outer_push(&o, m, shown, (uint16_t)id);
		assert_true(ip4_cksum_good(m));
		assert_int_equal(rte_be_to_cpu_16(pkt_ip4(m)->packet_id), id);
		assert_int_equal(rte_be_to_cpu_16(pkt_ip4(m)->total_length), m->pkt_len);
		m->data_off = data_off;
		m->data_len = data_len;
	}
	m->pkt_len = m->data_len;
	rte_pktmbuf_free(m);
}

static void
writes_the_length_that_the_engine_left(void **state)
{
	struct outer o = outer_of(4, true, OUTER_DF_SET, OUTER_ECN_NORMAL);
	struct rte_mbuf *m = packet("tcp4");
	const struct rte_ipv4_hdr *ip;
	const struct rte_udp_hdr *udp;
	uint64_t shown;

	(void)state;
	shown = outer_show(&o, m, false);
	assert_non_null(rte_pktmbuf_append(m, 30));
	outer_push(&o, m, shown, 7);
	ip = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);
	udp = (const struct rte_udp_hdr *)(ip + 1);
	assert_int_equal(rte_be_to_cpu_16(ip->total_length), 28 + 52 + 30);
	assert_int_equal(ip->next_proto_id, IPPROTO_UDP);
	assert_int_equal(rte_be_to_cpu_16(udp->dgram_len), 8 + 52 + 30);
	assert_int_equal(rte_be_to_cpu_16(udp->src_port), 4500);
	assert_int_equal(rte_be_to_cpu_16(udp->dst_port), 1025);
	assert_int_equal(udp->dgram_cksum, 0);
	assert_true(ip4_cksum_good(m));
	rte_pktmbuf_free(m);
}

/*
 * RFC 6040 4.1: normal mode copies ECN, compatibility mode and "forbidden" clear it. DSCP is copied
 * always.
 */
static void
sets_ecn_on_the_way_out_as_rfc_6040_says(void **state)
{
	static const enum outer_ecn modes[] = { OUTER_ECN_FORBIDDEN, OUTER_ECN_COMPAT,
		OUTER_ECN_NORMAL };
	struct rte_mbuf *m;
	struct outer o;
	unsigned int mode, i, tos;
	bool in6;

	(void)state;
	for (mode = 0; mode < RTE_DIM(modes); mode++) {
		for (i = 0; i < 4; i++) {
			in6 = i & 1;
			o = outer_of(i & 2 ? 6 : 4, false, OUTER_DF_CLEAR, modes[mode]);
			for (tos = 0; tos < 256; tos++) {
				m = packet(in6 ? "tcp6" : "tcp4");
				tos_set(m, (uint8_t)tos);
				outer_push(&o, m, outer_show(&o, m, in6), 0);
				assert_int_equal(tos_of(m),
						modes[mode] == OUTER_ECN_NORMAL ? tos
										: (tos & 0xfc));
				rte_pktmbuf_free(m);
			}
		}
	}
}

static void
sets_df_as_configured(void **state)
{
	static const struct {
		enum outer_df mode;
		const char *inner;
		bool inner_df, want;
	} rows[] = {
		{ OUTER_DF_CLEAR, "tcp4", true, false },
		{ OUTER_DF_CLEAR, "tcp4", false, false },
		{ OUTER_DF_CLEAR, "tcp6", false, false },
		{ OUTER_DF_SET, "tcp4", true, true },
		{ OUTER_DF_SET, "tcp4", false, true },
		{ OUTER_DF_SET, "tcp6", false, true },
		{ OUTER_DF_COPY, "tcp4", true, true },
		{ OUTER_DF_COPY, "tcp4", false, false },
		{ OUTER_DF_COPY, "tcp6", false, true },
	};
	struct rte_mbuf *m;
	struct outer o;
	size_t i;
	bool in6;

	(void)state;
	for (i = 0; i < RTE_DIM(rows); i++) {
		in6 = strcmp(rows[i].inner, "tcp6") == 0;
		m = packet(rows[i].inner);
		/* The other flags and the offset of the inner packet must not be taken over. */
		if (!in6)
			rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *)
					->fragment_offset = rows[i].inner_df ? RTE_BE16(0x6123)
									     : RTE_BE16(0xa123);
		o = outer_of(4, false, rows[i].mode, OUTER_ECN_NORMAL);
		outer_push(&o, m, outer_show(&o, m, in6), 0);
		assert_int_equal(rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *)->fragment_offset,
				rows[i].want ? RTE_BE16(RTE_IPV4_HDR_DF_FLAG) : 0);
		rte_pktmbuf_free(m);
	}
}

static uint32_t
label_of(const char *inner, bool in6, unsigned int last_byte_at, uint8_t value)
{
	struct outer o = outer_of(6, false, OUTER_DF_CLEAR, OUTER_ECN_NORMAL);
	struct rte_mbuf *m = packet(inner);
	uint32_t label;

	rte_pktmbuf_mtod(m, uint8_t *)[last_byte_at] = value;
	outer_push(&o, m, outer_show(&o, m, in6), 0);
	label = rte_be_to_cpu_32(rte_pktmbuf_mtod(m, struct rte_ipv6_hdr *)->vtc_flow & LABEL);
	rte_pktmbuf_free(m);
	return label;
}

/* All 256 values of any byte of the addresses give (nearly) 256 labels, none of them zero. */
static void
spreads_inner_addresses_over_flow_labels(void **state)
{
	uint32_t label[256];
	unsigned int at, i, j, equal, family;

	(void)state;
	for (family = 0; family < 2; family++) {
		for (at = family ? 8 : 12; at < (family ? 40u : 20u); at++) {
			equal = 0;
			for (i = 0; i < 256; i++) {
				label[i] = label_of(
						family ? "tcp6" : "tcp4", family, at, (uint8_t)i);
				assert_int_not_equal(label[i], 0);
				for (j = 0; j < i; j++)
					equal += label[j] == label[i];
			}
			assert_true(equal < 4);
			assert_int_equal(label[7],
					label_of(family ? "tcp6" : "tcp4", family, at, 7));
		}
	}
}

static void
keeps_ports_out_of_the_flow_label(void **state)
{
	(void)state;
	assert_int_equal(label_of("tcp4", false, 21, 1), label_of("tcp4", false, 21, 2));
	assert_int_equal(label_of("tcp6", true, 41, 1), label_of("tcp6", true, 41, 2));
}

/* RFC 6040, figure 4: [inner][outer]; -1: drop */
static const int ecn_table[4][4] = {
	/* outer:    Not-ECT  ECT(1)   ECT(0)   CE */
	[NOT_ECT] = { NOT_ECT, NOT_ECT, NOT_ECT, -1 },
	[ECT1] = { ECT1, ECT1, ECT1, CE },
	[ECT0] = { ECT0, ECT1, ECT0, CE },
	[CE] = { CE, CE, CE, CE },
};

static void
carries_ecn_in_as_figure_4_of_rfc_6040(void **state)
{
	static const enum outer_ecn modes[] = { OUTER_ECN_COMPAT, OUTER_ECN_NORMAL };
	unsigned int i, in, out, dscp;
	enum drop_reason got;
	struct rte_mbuf *m;
	int want;

	(void)state;
	for (i = 0; i < 4 * 4 * 4 * 4; i++) {
		in = i & 3;
		out = i >> 2 & 3;
		dscp = i >> 4 & 3 ? 0xb8 : 0;
		want = ecn_table[in][out];
		m = packet(i & 64 ? "tcp6" : "tcp4");
		tos_set(m, (uint8_t)(dscp | in));
		got = outer_ecn_in((int8_t)modes[i >> 7 & 1], (uint8_t)(0x48 | out), m, i & 64);
		assert_int_equal(got, want < 0 ? DROP_INNER_ECN : DROP_NONE);
		assert_int_equal(tos_of(m), dscp | (want < 0 ? in : (unsigned int)want));
		if (!(i & 64))
			assert_true(ip4_cksum_good(m));
		rte_pktmbuf_free(m);
	}
}

static void
leaves_ecn_alone_where_it_is_forbidden(void **state)
{
	struct rte_mbuf *m = packet("tcp4");
	unsigned int in, out;

	(void)state;
	for (in = 0; in < 4; in++) {
		for (out = 0; out < 4; out++) {
			tos_set(m, (uint8_t)in);
			assert_int_equal(outer_ecn_in(OUTER_ECN_FORBIDDEN, (uint8_t)out, m, false),
					DROP_NONE);
			assert_int_equal(tos_of(m), in);
		}
	}
	rte_pktmbuf_free(m);
}

static void
mends_checksums_in_place(void **state)
{
	struct rte_mbuf *m = packet("tcp4");
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *);
	unsigned int id, tos;

	(void)state;
	for (id = 0; id < 65536; id++) {
		ip->packet_id = (rte_be16_t)id;
		ip->time_to_live = (uint8_t)(2 + id % 254);
		ip->hdr_checksum = 0;
		ip->hdr_checksum = rte_ipv4_cksum(ip);
		ip4_ttl_decrement(ip);
		assert_int_equal(ip->time_to_live, 1 + id % 254);
		assert_true(ip4_cksum_good(m));
		ip4_tos_set(ip, (uint8_t)(id * 7));
		assert_true(ip4_cksum_good(m));
	}
	for (tos = 0; tos < 256; tos++) {
		ip4_tos_set(ip, (uint8_t)tos);
		assert_int_equal(ip->type_of_service, tos);
		assert_true(ip4_cksum_good(m));
	}
	rte_pktmbuf_free(m);
}

static void
changes_nothing_of_an_ip6_header_but_the_traffic_class(void **state)
{
	struct rte_mbuf *m = packet("tcp6");
	struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod(m, struct rte_ipv6_hdr *);

	(void)state;
	assert_int_equal(ip6_tc(ip), 0xb9);
	ip6_tc_set(ip, 0x46);
	assert_int_equal(rte_be_to_cpu_32(ip->vtc_flow), 0x646abcde);
	ip6_tc_set(ip, 0xb9);
	assert_packet(m, "tcp6");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_the_headers_that_scapy_writes),
		cmocka_unit_test(gets_the_checksum_right_for_every_id_and_length),
		cmocka_unit_test(writes_the_length_that_the_engine_left),
		cmocka_unit_test(sets_ecn_on_the_way_out_as_rfc_6040_says),
		cmocka_unit_test(sets_df_as_configured),
		cmocka_unit_test(spreads_inner_addresses_over_flow_labels),
		cmocka_unit_test(keeps_ports_out_of_the_flow_label),
		cmocka_unit_test(carries_ecn_in_as_figure_4_of_rfc_6040),
		cmocka_unit_test(leaves_ecn_alone_where_it_is_forbidden),
		cmocka_unit_test(mends_checksums_in_place),
		cmocka_unit_test(changes_nothing_of_an_ip6_header_but_the_traffic_class),
	};

	return cmocka_run_group_tests_name("net/outer", tests, packets_setup, packets_teardown);
}
