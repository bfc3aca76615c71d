/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The way of a packet through the datapath without the packet: one is made in a buffer of the pool, taken through the decisions of
 * the stages (decide.h) over the tables as they are now, and freed. Nothing is counted, encrypted or sent. Called by the
 * control core, which puts it into words (control/explain.c).
 */
#ifndef DATAPATH_EXPLAIN_H
#define DATAPATH_EXPLAIN_H

#include "datapath/decide.h"

/** DP_NEST_MAX tunnels with five steps each, and what is before and behind. */
#define EXPLAIN_STEPS_MAX 32

/** An IP packet as it would be sent. */
struct explain_packet {
	struct ip_addr src, dst; /* af 0: none */
	uint8_t proto;           /* IPPROTO_ */
	uint16_t sport, dport;   /* UDP and TCP; ICMP: an echo request */
	uint16_t len;            /* bytes; raised to what the headers need */
	uint8_t ttl, tos;
	bool df;
};

struct explain_request {
	bool in;                      /* an ESP packet, with pkt inside */
	struct explain_packet packet; /* in: src.af 0: what is inside is not asked about */
	uint16_t iface;               /* by which it comes in; 0: that is not asked about */
	uint16_t fib;                 /* with iface 0: routed in this FIB */
	/* in: the packet around it */
	struct ip_addr outer_src, outer_dst;
	uint32_t spi;
	uint64_t seq; /* 0: one that has not come yet */
	uint8_t outer_tos;
	bool natt, fragment;
};

enum explain_at {
	EXPLAIN_RECEIVE, /* row: the interface it came by, NULL: not looked at */
	EXPLAIN_ROUTE,   /* fib, nh */
	EXPLAIN_LOCAL,   /* for one of our addresses */
	EXPLAIN_SA_IN,  /* sa: that of SPI and destination, or NULL; row: the interface it serves */
	EXPLAIN_INNER,  /* the packet that was inside, of row */
	EXPLAIN_TUNNEL, /* row: the ipsec interface it is routed to, NULL: gone */
	EXPLAIN_ESP_OUT,  /* the ESP packet of row and sa; nh: where its remote end is */
	EXPLAIN_FRAGMENT, /* larger than mtu: cut into pieces, or not */
	EXPLAIN_NEIGH     /* adj, row: the port */
};

/** One decision. Pointers are borrowed until the control core changes something. */
struct explain_step {
	enum explain_at at;
	struct dp_verdict verdict; /* where it goes from here */
	struct ip_addr src, dst;   /* of the packet then */
	uint16_t len;              /* bytes of it */
	uint8_t ttl;
	uint16_t fib, iface, mtu, pieces;
	uint32_t nh;
	const struct iface_row *row;
	const struct sa *sa;
	const struct adj *adj;
};

struct explain {
	unsigned int nb_steps;
	struct explain_step step[EXPLAIN_STEPS_MAX];
	/* The end of the last step: dropped, punted, to a port; DP_TO_ENGINE: to be decrypted, and more was not asked. */
	struct dp_verdict verdict;
};

/** 0, or -ENOMEM: the pool is empty. Control core. */
int dp_explain(const struct dataplane *dp, const struct explain_request *req, struct explain *ret);

#endif
