/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A gateway with two workers, ports of one queue each and a few tunnels, and a numbered flow through each of them: out by wan0,
 * back in by wan0 as the other end's, out by lan0.
 */
#ifndef TEST_PIPELINE_FLOWS_H
#define TEST_PIPELINE_FLOWS_H

#include <stdbool.h>
#include <stdint.h>

#include "setup.h"

#define FLOWS 4

extern struct pipe flows_gw;

/** What has left by a port of the flow through tunnel i. */
struct flow {
	uint32_t next; /* number that is to come */
	uint32_t received, out_of_order;
};
extern struct flow flows[FLOWS];

/** For cmocka. Each worker owns half of the inbound SAs: what comes by one queue now is half the other's. */
int flows_gateway_create(void **state);
/** No inbound SA has had a packet. */
int flows_gateway_create_unclaimed(void **state);
/** As the first, and idle workers decrypt for others whenever there is something. */
int flows_gateway_create_spreading(void **state);
int flows_gateway_destroy(void **state);

/** The control core goes on until each running worker has done with, and counted, what has come so far. */
void flows_rest(void);
/** The inbound SA of tunnel @p i. */
struct sa *flows_sa_in(unsigned int i);

/** UDP of flow @p i, @p number in its payload. @return Its length. */
uint16_t flows_numbered(uint8_t *frame, unsigned int i, uint32_t number);
/** ESP that left by wan0 comes in there again as the other end's: inside are the ends of a packet for the LAN. Takes it. */
void flows_reflect(struct rte_mbuf *m);
/** All that leaves by a port, counted in flows[], until @p at_least packets have come; fails the test when they do not. */
void flows_take(enum pipe_port port, uint32_t at_least);
/** Of a flow, and no announcement of the gateway's addresses? */
bool flows_is_ip4(struct rte_mbuf *m, uint8_t proto);

/** Packets that workers have decrypted for others, and have handed to others. */
uint64_t flows_helped(void);
uint64_t flows_handed_out(void);

#endif
