/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The frame of a worker: the vectors through which packets pass from stage to stage (pipeline.c shows the order). It outlives a
 * poll: what a stage puts into a vector whose own stage has already run is handled first thing in the next poll (an echo reply,
 * a tunnel inside a tunnel).
 */
#ifndef DATAPATH_FRAME_H
#define DATAPATH_FRAME_H

#include "net/vec.h"

/* Frames that came in by one queue, one behind the other in frame.rx. */
struct rx_run {
	uint16_t port_id; /* [W] ethdev port: drivers do not agree on what they leave in the mbuf */
	uint16_t n;       /* [W] 1 to DP_GATHER_MAX */
};

struct frame {
	struct vec rx;                  /* [W] rx -> classify: Ethernet frames */
	struct rx_run rx_run[PORT_MAX]; /* [W] where they came in, in order */
	uint16_t nb_rx_runs;            /* [W] */
	struct vec esp;                 /* [W] classify -> ipsec_in: meta.l3_len is set */
	struct vec in_done;             /* [W] engine -> ipsec_in_done */
	struct vec ip4;                 /* [W] classify, ipsec_in_done, local, control -> route */
	struct vec ip6;                 /* [W] the same for IPv6 */
	struct vec local;               /* [W] route -> local: for one of our addresses */
	struct vec encap;               /* [W] route -> ipsec_out: meta.nh is NH_IPSEC */
	struct vec out_done;            /* [W] engine -> ipsec_out_done */
	struct vec out;    /* [W] route, ipsec_out_done -> rewrite: meta.nh is NH_NEIGH */
	struct vec punt;   /* [W] any -> punt: meta.punt says why */
	uint32_t tx_ports; /* [W] bit p: tx[p] holds packets */
	struct vec tx[PORT_MAX]; /* [W] rewrite, ipsec_out_done, rx (the control core's) -> tx: Ethernet frames, by ethdev port */
};
static_assert(PORT_MAX <= 32, "tx_ports is 32 bits");

#endif
