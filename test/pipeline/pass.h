/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One frame through one gateway, and back as if the other end of the tunnel had sent it: for tests that look at single packets.
 */
#ifndef TEST_PIPELINE_PASS_H
#define TEST_PIPELINE_PASS_H

#include "setup.h"

#define LOCAL "192.168.0.3"
#define REMOTE "192.168.0.5"
#define LOCAL6 "2001:db8:9::3"
/* Of a packet in ESP with an IV of eight bytes over IPv4. */
#define INNER_AT (14 + 20 + 8 + 8)
#define REMOTE6 "2001:db8:9::5"

extern struct pipe gw;
extern uint8_t frame[FRAME_MAX];
extern uint16_t len;

/** Setup and teardown: the gateway of pipe_config with neighbours for IPv6; the workers' accounts agree in the end. */
int gateway_create(void **state);
int gateway_destroy(void **state);

/** The frame into a port; what leaves by the other one becomes the frame. False: nothing left. */
bool pass(enum pipe_port in, enum pipe_port out);
/** A packet of a host of the LAN to one behind the tunnel becomes the frame. */
void host_sends(bool ip6, uint16_t payload);
bool is_ip6(void);
/** Protocol of the outer header. */
uint8_t outer_proto(void);
/** ESP that left becomes ESP of the other end: the ends of the outer header swapped. */
void turn_round(void);
/** The same of the header inside, of AES-CTR without integrity over IPv4: an XOR of the ciphertext does it. */
void swap_inner_ends(const char *src, const char *dst);

#endif
