/* SPDX-License-Identifier: BSD-3-Clause */
/* See exercise_parse.h. */
#include "exercise_parse.h"

#include <stdlib.h>
#include <string.h>

#include <rte_debug.h>
#include <rte_ip.h>

#include "net/icmp.h"
#include "net/outer.h"
#include "net/parse.h"
#include "net/pkt.h"

/* An mbuf with its private area, as in a pool. */
struct fake {
	struct rte_mbuf m;
	uint8_t priv[PKT_PRIV_SIZE];
};

static void
fake_init(struct fake *f, uint8_t *data, size_t n)
{
	memset(f, 0, sizeof(*f));
	f->m.buf_addr = data;
	f->m.data_len = (uint16_t)n;
	f->m.pkt_len = (uint32_t)n;
	f->m.nb_segs = 1;
	f->m.priv_size = PKT_PRIV_SIZE;
}

/* Both readers of a family come to the same end. */
static enum drop_reason
read_ip(struct rte_mbuf *m, bool ip6)
{
	const uint16_t len = m->data_len;
	const enum drop_reason full = ip6 ? parse_ip6_full(m) : parse_ip4_full(m);
	const uint16_t trimmed = m->data_len;

	m->data_len = len;
	m->pkt_len = len;
	RTE_VERIFY((ip6 ? parse_ip6(m) : parse_ip4(m)) == full);
	RTE_VERIFY(m->data_len == trimmed && m->pkt_len == trimmed && trimmed <= len);
	return full;
}

static unsigned int
read_layers(const struct rte_mbuf *m, bool ip6)
{
	uint8_t fast_len = 0, full_len = 0;
	const enum parse_kind fast = ip6 ? parse_esp6(m, &fast_len) : parse_esp4(m, &fast_len);
	const enum parse_kind full = parse_esp_full(m, ip6, &full_len);
	struct parse_icmp icmp;
	struct parse_l4 l4;
	struct parse_nd nd;
	unsigned int accepted = 0;

	RTE_VERIFY(fast == full && fast_len == full_len);
	RTE_VERIFY(ip6 || full == PARSE_OTHER ||
			parse_esp4_maybe(rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *),
					m->data_len));
	if (fast == PARSE_ESP || fast == PARSE_ESP_NATT) {
		RTE_VERIFY(fast_len + PARSE_ESP_MIN <= m->data_len);
		accepted++;
	}
	if (parse_l4(m, ip6, &l4)) {
		RTE_VERIFY(l4.offset <= m->data_len && l4.proto_at < m->data_len);
		accepted++;
	}
	if (parse_icmp(m, ip6, &icmp) == DROP_NONE) {
		RTE_VERIFY(icmp.offset + 8 <= m->data_len);
		accepted++;
	}
	if (ip6 && parse_nd(m, &nd) == DROP_NONE)
		accepted += nd.type != ND_NONE;
	return accepted;
}

static void
make_error(const struct rte_mbuf *m, bool ip6, struct rte_mempool *pool)
{
	const struct ip_addr src4 = ip_from_v4(RTE_BE32(0x0a000001));
	const struct ip_addr src6 = { .af = AF_INET6, .v6 = { 0x20, 0x01, 0x0d, 0xb8 } };
	struct parse_icmp icmp;
	struct rte_mbuf *e;
	int kind;

	if (!icmp_error_allowed(m, ip6))
		return;
	for (kind = ICMP_TIME_EXCEEDED; kind <= ICMP_TOO_BIG; kind++) {
		e = icmp_error_create(
				pool, m, ip6, (enum icmp_error)kind, 1400, ip6 ? &src6 : &src4);
		RTE_VERIFY(e != NULL && e->pkt_len <= (ip6 ? 1280 : 576));
		RTE_VERIFY(read_ip(e, ip6) == DROP_NONE);
		RTE_VERIFY(parse_icmp(e, ip6, &icmp) == DROP_NONE);
		RTE_VERIFY(!icmp_error_allowed(e, ip6)); /* never an error about an error */
		rte_pktmbuf_free(e);
	}
}

static unsigned int
answer_echo(struct rte_mbuf *m, bool ip6)
{
	struct parse_icmp icmp;

	if (!icmp_echo_reply(m, ip6, 64))
		return 0;
	RTE_VERIFY(parse_icmp(m, ip6, &icmp) == DROP_NONE);
	RTE_VERIFY(icmp.type == (ip6 ? 129 : 0));
	if (!ip6)
		RTE_VERIFY(rte_raw_cksum(rte_pktmbuf_mtod(m, void *),
					   sizeof(struct rte_ipv4_hdr)) == 0xffff);
	return 1;
}

static unsigned int
exercise_ip(const uint8_t *bytes, size_t n, bool ip6, struct rte_mempool *pool)
{
	uint8_t *data = malloc(n + 1);
	struct ip_addr src, dst;
	unsigned int accepted;
	struct fake f;

	RTE_VERIFY(data != NULL);
	/* Right-aligned, so that the first byte beyond is the allocator's. */
	memcpy(data + 1, bytes, n);
	fake_init(&f, data + 1, n);
	accepted = read_layers(&f.m, ip6); /* must hold even for what was not checked */
	if (read_ip(&f.m, ip6) == DROP_NONE) {
		accepted++;
		parse_addrs(&f.m, ip6, &src, &dst);
		accepted += read_layers(&f.m, ip6);
		make_error(&f.m, ip6, pool);
		accepted += answer_echo(&f.m, ip6);
		outer_ecn_in(OUTER_ECN_NORMAL, (uint8_t)(bytes[0] & 3), &f.m, ip6);
	}
	free(data);
	return accepted;
}

unsigned int
exercise_parse(const uint8_t *bytes, size_t n, struct rte_mempool *pool)
{
	uint8_t *data = malloc(n + 1);
	struct parse_arp arp;
	unsigned int accepted;
	struct fake f;

	RTE_VERIFY(data != NULL && n <= UINT16_MAX);
	memcpy(data + 1, bytes, n);
	fake_init(&f, data + 1, n);
	accepted = parse_arp(&f.m, &arp) == DROP_NONE;
	free(data);
	accepted += exercise_ip(bytes, n, false, pool);
	accepted += exercise_ip(bytes, n, true, pool);
	return accepted;
}
