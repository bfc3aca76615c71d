/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The whole gateway inside a test: two ports made of rings (net_ring), real control core, real datapath, real engines, no root, no
 * hugepages. A test pushes Ethernet frames into a port and takes out what comes from one.
 */
#ifndef TEST_PIPELINE_PIPE_H
#define TEST_PIPELINE_PIPE_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mempool.h>
#include <rte_ring.h>

#include "control/control.h"

enum pipe_port { PIPE_LAN, PIPE_WAN, PIPE_PORTS };

#define PIPE_MBUFS 8191

struct pipe {
	struct ctl *ctl;
	struct rte_mempool *pool;
	struct rte_ring *to[PIPE_PORTS];   /* into the gateway */
	struct rte_ring *from[PIPE_PORTS]; /* out of it */
};

/** Set before pipe_create(): the only engine, instead of the program's. */
extern const struct engine_ops *pipe_engine;

/** EAL for a test; @p lcores as --lcores takes them ("0" : the control core polls). Once per process. */
void pipe_eal_init(const char *lcores);
/** Ports lan0 (net_ring_lan) and wan0 (net_ring_wan) exist; everything else is @p json. Fails the test on a mistake. */
void pipe_create(struct pipe *p, const char *json);
/** Stops, and verifies that every buffer is back in the pool. */
void pipe_destroy(struct pipe *p);

/** Copy a frame into a port. @return false: no buffer or no room. */
bool pipe_send(struct pipe *p, enum pipe_port port, const void *frame, uint16_t len);
/** Next frame that left by a port, or NULL; the caller frees. */
struct rte_mbuf *pipe_receive(struct pipe *p, enum pipe_port port);
/** Poll worker and control core a few times (one lcore). */
void pipe_poll(struct pipe *p);
/** Free whatever left by any port. @return Number. */
unsigned int pipe_flush(struct pipe *p);

uint64_t pipe_dropped(struct pipe *p);
/** What went into each worker came out of it again, or is in an engine; nothing waits between stages. */
void pipe_check_accounts(struct pipe *p);
struct ctl_if_counts pipe_if(struct pipe *p, const char *name);

/* Frames to begin with: UDP over IPv4 or IPv6 in Ethernet, to be sent into a port. @return Length. */
uint16_t pipe_udp4(uint8_t *frame, enum pipe_port port, const char *src, const char *dst,
		uint16_t payload);
uint16_t pipe_udp6(uint8_t *frame, enum pipe_port port, const char *src, const char *dst,
		uint16_t payload);

/** The gateway of most tests: tunnel ipsec0 192.168.0.3 -> 192.168.0.5, both SAs with one key and SPI (so that what goes out may
 * come back in with its ends swapped), 10.2.0.0/16 and 2001:db8:2::/48 behind it. */
extern const char pipe_config[];
/** Swap source and destination of the outer header of an ESP frame that left by wan0, and make it one that comes in there. */
void pipe_turn_round(uint8_t *frame);

#endif
