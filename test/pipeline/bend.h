/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ways in which explain.c bends the gateway before it asks what happens to a packet, and what the two share: the situation.
 */
#ifndef TEST_PIPELINE_BEND_H
#define TEST_PIPELINE_BEND_H

#include "control/explain.h"
#include "setup.h"

#define REMOTE "192.168.0.5"

extern struct pipe gw;
extern struct explain_request req;
extern char story[256]; /* of the situation, for who reads a failure */

/** A number below @p n, by the seed of the run. */
uint32_t dice(uint32_t n);

/** Up to three ways, those that matter to packets that come out of a tunnel, or go into one. */
void bend_some(bool in);
/** What a packet needs to come as far as it is to. */
void bend_mtu_8000(void);
void bend_route_default(void);
void bend_flag(const char *name, enum iface_flag f, bool on);

#endif
