/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The stages. Each owns every packet of its input vectors, leaves them empty, and puts each packet into exactly one vector, an
 * engine, or dp_drop(). Stages never log, allocate from the heap, lock or call the kernel (poison.h).
 */
#ifndef DATAPATH_STAGES_H
#define DATAPATH_STAGES_H

#include "datapath/worker.h"

/** NIC queues -> rx; rings of the control core and of other workers -> ip4, ip6, out, tx, esp. @return Packets from NICs. */
unsigned int dp_rx(struct worker *w, struct frame *f);
/** The rings alone, for a worker that receives no more. */
void dp_rx_rings(struct worker *w, struct frame *f);
/** rx -> esp | ip4 | ip6 | punt */
void dp_classify(struct worker *w, struct frame *f);
/** esp -> engine | in_done (it is done at once) | ring of the owner | ip4 | ip6 (ESP that only passes through) */
void dp_ipsec_in(struct worker *w, struct frame *f);
/** engines -> in_done | out_done */
void dp_engine_poll(struct worker *w, struct frame *f);
/** in_done -> ip4 | ip6 | esp (a tunnel inside the tunnel) */
void dp_ipsec_in_done(struct worker *w, struct frame *f);
/** ip4, ip6 -> encap | out | local | punt */
void dp_route4(struct worker *w, struct frame *f);
void dp_route6(struct worker *w, struct frame *f);
/** local -> ip4 | ip6 (echo replies, routed in the next poll) | punt */
void dp_local(struct worker *w, struct frame *f);
/** encap -> engine | out_done (it is done at once) | encap (fragments) */
void dp_ipsec_out(struct worker *w, struct frame *f);
/** out_done -> tx[port] | out (fragments) | punt | encap (the tunnel's outer route leads into a tunnel) */
void dp_ipsec_out_done(struct worker *w, struct frame *f);
/** out -> tx[port] | punt */
void dp_rewrite(struct worker *w, struct frame *f);
/** tx[port] -> NIC queue | ring of the queue's owner */
void dp_tx(struct worker *w, struct frame *f);
/** punt -> ring of the control core */
void dp_punt_flush(struct worker *w, struct frame *f);

/**
 * Cut a packet that is too big into fragments of at most @p mtu bytes, each pushed to @p v with the metadata of the original; takes
 * the packet. Where it may not be fragmented: DROP_TOO_BIG, with an ICMP error that reports @p mtu. Not on the fast path.
 */
void dp_fragment(struct worker *w, struct vec *v, uint16_t mtu, struct rte_mbuf *m);

#endif
