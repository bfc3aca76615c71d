/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The last stages: packets for our own addresses (echo requests are answered here, everything else goes up), and the ring to the
 * control core.
 */
#include "datapath/stages.h"
#include "net/icmp.h"
#include "net/parse.h"
#include "route/nexthop.h"

#include "datapath/poison.h"

/* ESP is to be put together again before it is decrypted (RFC 4303, 3.4.1), which we do not do: the tunnel's MTU is to be lower. */
static bool
is_esp_fragment(const struct rte_mbuf *m, const struct pkt_meta *meta)
{
	uint8_t l3_len;

	return (meta->flags & PKT_IP6 ? parse_esp6(m, &l3_len) : parse_esp4(m, &l3_len)) ==
			PARSE_ESP_FRAGMENT;
}

/*
 * An echo reply is routed like any packet; to a link-local address it goes back to the link that the request came by, since each
 * port has such addresses and the table knows one of them only.
 */
static void
local_reply(struct worker *w, struct rte_mbuf *m)
{
	struct pkt_meta *meta = pkt_meta(m);
	const struct iface_row *row = iface_row(w->dp->ifaces, meta->iface);

	if (likely(!(meta->flags & PKT_IP6) || !ip6_is_link_local(pkt_ip6(m)->dst_addr)) ||
			row == NULL || row->kind != IFACE_PORT) {
		dp_push_ip(w, m);
		return;
	}
	meta->nh = nh_make(NH_ATTACHED, row->index);
	dp_punt(w, PUNT_NEIGH, m);
}

/* local -> ip4 | ip6 (the reply is routed in the next poll) | punt. */
void
dp_local(struct worker *w, struct frame *f)
{
	struct rte_mbuf **pkt = f->local.pkt;
	const uint16_t n = f->local.n;
	uint16_t i;

	for (i = 0; i < n; i++) {
		struct pkt_meta *meta = pkt_meta(pkt[i]);

		if (!icmp_echo_reply(pkt[i], meta->flags & PKT_IP6, w->ttl)) {
			if (is_esp_fragment(pkt[i], meta))
				dp_drop(w, DROP_OUTER_FRAGMENT, pkt[i]);
			else
				dp_punt(w, PUNT_LOCAL, pkt[i]);
			continue;
		}
		w->cnt.originated++;
		meta->flags = (uint8_t)((meta->flags & PKT_IP6) | PKT_ORIGINATED);
		meta->depth = 0;
		local_reply(w, pkt[i]);
	}
	f->local.n = 0;
}

/* punt -> ring of the control core. What was already counted as dropped is only freed when the ring is full. */
void
dp_punt_flush(struct worker *w, struct frame *f)
{
	const uint16_t n = f->punt.n;
	uint16_t i;

	for (i = 0; i < n; i++) {
		struct rte_mbuf *m = f->punt.pkt[i];
		const bool dropped = pkt_meta(m)->punt == PUNT_ICMP_ERROR;

		if (likely(rte_ring_mp_enqueue(w->dp->punt, m) == 0))
			w->cnt.punted += !dropped;
		else if (dropped)
			rte_pktmbuf_free(m);
		else
			dp_drop(w, DROP_PUNT_FULL, m);
	}
	f->punt.n = 0;
}
