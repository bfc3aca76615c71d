/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How a packet is shown to rte_ipsec: without an outer header (ADR 13).
 *
 * In transport mode with headers of zero bytes the library takes "protocol" from byte 9 of where it
 * is about to write the ESP header, and puts another there, and a length into bytes 2 and 3. On the
 * way out ESP header and IV come over them at once. That needs an IV of two bytes or more: without
 * one (the NULL cipher) it is shown an IPv4 header that nobody sends. On the way in those three
 * bytes are of the inner packet; they are kept in meta.scratch and put back.
 *
 *     out     data:           inner packet          library: | ESP, IV ... inner packet, trailer, ICV
 *     in      data: | outer | ESP, IV ...           library: | ESP, IV ...
 *
 * Any worker. Lengths were checked by net/parse.c, or the packet is our own.
 */
#ifndef ENGINE_CRYPTODEV_PKT_H
#define ENGINE_CRYPTODEV_PKT_H

#include <rte_esp.h>
#include <rte_ip.h>

#include "cryptodev.h"
#include "net/drop.h"
#include "net/pkt.h"

/* Bytes of the header that is shown where there is no IV. */
#define CD_FAKE_LEN sizeof(struct rte_ipv4_hdr)

/* Bytes that ESP puts in front of the inner packet. */
static inline uint16_t
cd_head_len(const struct sa *sa)
{
	return (uint16_t)(sizeof(struct rte_esp_hdr) + sa->iv_len);
}

/* Tell the library the protocol inside. There is headroom of cd_head_len() + CD_FAKE_LEN. */
static inline void
cd_show(const struct cd_session *s, const struct sa *sa, struct rte_mbuf *m)
{
	uint8_t *at = rte_pktmbuf_mtod(m, uint8_t *);

	if (likely(!s->fake)) {
		at -= cd_head_len(sa);
		m->tx_offload = 0;
	} else {
		at = (uint8_t *)rte_pktmbuf_prepend(m, CD_FAKE_LEN);
		m->tx_offload = rte_mbuf_tx_offload(0, CD_FAKE_LEN, 0, 0, 0, 0, 0);
	}
	at[offsetof(struct rte_ipv4_hdr, next_proto_id)] = pkt_meta(m)->inner_proto;
}

/* The bytes of the inner packet that the library writes; meta.scratch of each is kept till after it. */
static inline void
cd_save(const struct sa *sa, struct rte_mbuf *m)
{
	const uint8_t *inner = rte_pktmbuf_mtod_offset(m, const uint8_t *, cd_head_len(sa));
	uint8_t *scratch = pkt_meta(m)->scratch;

	memcpy(scratch, inner + offsetof(struct rte_ipv4_hdr, total_length), 2);
	scratch[2] = inner[offsetof(struct rte_ipv4_hdr, next_proto_id)];
}

static inline void
cd_restore(struct rte_mbuf *m)
{
	uint8_t *inner = rte_pktmbuf_mtod(m, uint8_t *);
	const uint8_t *scratch = pkt_meta(m)->scratch;

	memcpy(inner + offsetof(struct rte_ipv4_hdr, total_length), scratch, 2);
	inner[offsetof(struct rte_ipv4_hdr, next_proto_id)] = scratch[2];
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
