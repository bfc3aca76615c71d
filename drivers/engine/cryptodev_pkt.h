/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How a packet is shown to rte_ipsec.
 *
 * On its way out it is shown no outer header at all, since the library moves one byte by byte, and
 * reads again what was just written (a fifth of its time with 64-byte packets). We move it
 * ourselves, and hide it:
 *
 *     before  |                  outer header [ inner packet
 *     after   | outer header                  [ inner packet      [ data starts here
 *     library | outer header [ ESP header, IV, inner packet ...
 *
 * With headers of zero bytes the library still takes "protocol" from byte 9 of where it is about to
 * write the ESP header, puts another there, and a length into bytes 2 and 3. ESP header and IV come
 * over them at once, so this needs an IV of two bytes or more.
 *
 * On its way in, and without IV (the NULL cipher), it is shown the header. The library knows two
 * kinds: IPv4, of any length, and a bare IPv6 header. For IPv6 with something behind it (UDP,
 * extension headers) the last 40 bytes are shown as the header and the rest as layer 2. The library
 * then writes payload length and next header into bytes that mean something else; they are kept in
 * meta.scratch and put back.
 *
 *     |<---------------- meta.l3_len ---------------->|
 *     [ IPv6 header ............... ][ UDP or options ] ESP
 *     |<- l2_len ->|<-------- l3_len = 40 ----------->|
 *                       ^^ ^ payload length, next header as the library sees them
 *
 * Any worker. Lengths were checked by net/parse.c, or the header is our own.
 */
#ifndef ENGINE_CRYPTODEV_PKT_H
#define ENGINE_CRYPTODEV_PKT_H

#include <rte_esp.h>

#include "cryptodev.h"
#include "net/drop.h"
#include "net/pkt.h"

/* m->l2_len has 7 bits */
#define CD_L3_LEN_MAX (127 + sizeof(struct rte_ipv6_hdr))

static inline bool
cd_is_bare(const struct cd_session *s, const struct pkt_meta *meta)
{
	return !s->ip6 || meta->l3_len == sizeof(struct rte_ipv6_hdr);
}

/* The three bytes that the library writes: bytes 4 to 6 of what it takes for the IPv6 header. */
static inline uint8_t *
cd_written(struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod_offset(
			m, uint8_t *, m->l2_len + offsetof(struct rte_ipv6_hdr, payload_len));
}

static inline void
cd_save(struct rte_mbuf *m, struct pkt_meta *meta)
{
	memcpy(meta->scratch, cd_written(m), sizeof(meta->scratch));
}

static inline void
cd_restore(struct rte_mbuf *m, const struct pkt_meta *meta)
{
	memcpy(cd_written(m), meta->scratch, sizeof(meta->scratch));
}

static inline void
cd_show_lengths(const struct cd_session *s, struct rte_mbuf *m, const struct pkt_meta *meta)
{
	const uint64_t l3 = s->ip6 ? sizeof(struct rte_ipv6_hdr) : meta->l3_len;

	m->tx_offload = rte_mbuf_tx_offload(meta->l3_len - l3, l3, 0, 0, 0, 0, 0);
}

/* Bytes that ESP puts between the outer header and the inner packet. */
static inline uint16_t
cd_head_len(const struct sa *sa)
{
	return (uint16_t)(sizeof(struct rte_esp_hdr) + sa->iv_len);
}

/* Upwards in words, which may overlap: ESP's header alone is a word. A multiple of four bytes. */
static inline void
cd_move_header(uint8_t *to, const uint8_t *from, unsigned int len)
{
	uint64_t w;
	uint32_t last;
	unsigned int i;

	for (i = 0; i + sizeof(w) <= len; i += sizeof(w)) {
		memcpy(&w, from + i, sizeof(w));
		memcpy(to + i, &w, sizeof(w));
	}
	if (i < len) {
		memcpy(&last, from + i, sizeof(last));
		memcpy(to + i, &last, sizeof(last));
	}
}

/* Move the outer header to where it will be, and hide it. @p head: cd_head_len(), in the headroom. */
static inline void
cd_hide(const struct cd_session *s, struct rte_mbuf *m, const struct pkt_meta *meta, uint16_t head)
{
	const unsigned int proto_at = s->ip6 ? offsetof(struct rte_ipv6_hdr, proto)
					     : offsetof(struct rte_ipv4_hdr, next_proto_id);
	uint8_t *from = rte_pktmbuf_mtod(m, uint8_t *), *to = from - head;
	const uint8_t len = meta->l3_len, proto = from[proto_at];

	if (likely(len == sizeof(struct rte_ipv4_hdr)))
		cd_move_header(to, from, sizeof(struct rte_ipv4_hdr));
	else
		cd_move_header(to, from, len);
	to[proto_at] = IPPROTO_ESP;
	to[len + offsetof(struct rte_ipv4_hdr, next_proto_id)] = proto;
	m->data_off = (uint16_t)(m->data_off + len);
	m->data_len = (uint16_t)(m->data_len - len);
	m->pkt_len -= len;
	m->tx_offload = 0;
}

static inline void
cd_unhide(struct rte_mbuf *m, const struct pkt_meta *meta)
{
	m->data_off = (uint16_t)(m->data_off - meta->l3_len);
	m->data_len = (uint16_t)(m->data_len + meta->l3_len);
	m->pkt_len += meta->l3_len;
}

/*
 * Pad length, then the IP protocol inside, while ICV and the library's upper half of the number
 * still are behind them.
 */
static inline uint8_t *
cd_trailer(const struct cd_session *s, const struct sa *sa, struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod_offset(m, uint8_t *,
			m->data_len - sa->icv_len - s->sqh_len - sizeof(struct rte_esp_tail));
}

/* Queue a packet for poll() with its reason. */
static inline void
cd_reject(struct cd_worker *w, struct rte_mbuf *m, enum drop_reason reason)
{
	pkt_meta(m)->verdict = (uint8_t)reason;
	m->next = NULL;
	if (w->rejected == NULL)
		w->rejected = m;
	else
		w->rejected_last->next = m;
	w->rejected_last = m;
}

static inline void
cd_op_put(struct cd_worker *w, struct rte_crypto_op *op)
{
	w->free_ops[w->nb_free++] = op;
}

#endif
