/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the tests of engines share, whichever engine TEST_ENGINE names: EAL without hugepages, an SA database, SAs of both directions,
 * packets.
 */
#ifndef TEST_ENGINE_ENV_H
#define TEST_ENGINE_ENV_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <rte_mbuf.h>

#include "ipsec/engine.h"
#include "ipsec/sadb.h"
#include "net/drop.h"
#include "net/pkt.h"

extern struct rte_mempool *env_pool;
extern struct sadb *env_db;
extern struct engine *env_engine;
/** A device for EAL's --vdev; set before env_open(). */
extern const char *env_vdev;

/** For cmocka group setup: EAL, RCU of @p nb_workers, pool, database, the engine TEST_ENGINE. */
int env_open(unsigned int nb_workers);
/** Is it that engine? */
bool env_wants(const char *engine);
/** Does it run these (a pair that is legal)? What it does not is refused, which has tests of its own. */
bool env_runs(const char *enc, const char *auth, bool esn);
int env_close(void);
/** The same for cmocka, with one worker. */
int env_setup(void **state);
int env_teardown(void **state);

/**
 * Parameters of an SA with keys of the right length (bytes 1, 2, 3...); names as setkey(8), NULL:
 * none.
 */
struct sa_params env_params(
		const char *enc, unsigned int key_bits, const char *auth, bool outer_ip6);

/**
 * A worker record for one direction. The control record is entered in env_db; env_sa_close() takes
 * it out.
 */
struct sa_ctl *env_sa_open(const struct sa_params *prm, enum sa_dir dir, unsigned int nb_workers);
void env_sa_close(struct sa_ctl *ctl);

/** As encap() wants it: take off what env_packet() has put in front, meta.inner_proto from it. */
void env_outer_off(struct rte_mbuf *m);

/**
 * A packet: outer header of the SA (next header: the inner protocol; UDP when the SA has NAT-T
 * ports), then @p len bytes that start like an IP header of the inner family. Meta is set for
 * encap().
 */
struct rte_mbuf *env_packet(struct sa_ctl *ctl, bool inner_ip6, uint16_t len);
/** Of a wire image that starts at the outer header; meta is set for decap(). */
struct rte_mbuf *env_wire(struct sa_ctl *ctl, const uint8_t *bytes, uint16_t len, uint8_t l3_len);

/**
 * encap() or decap() of @p n packets and poll() until all are back, in the order they come back.
 * env_encap() takes the outer header off before and puts it in front of ESP afterwards.
 * @p in NULL: each packet's meta.sa.
 */
void env_encap(struct rte_mbuf *pkts[], uint16_t n);
void env_decap(struct sa_ctl *in, struct rte_mbuf *pkts[], uint16_t n);
/** Length fields of the outer header and the protocol, as net/outer.h's outer_finish() would do. */
void env_outer_finish(struct rte_mbuf *m, bool natt);

#endif
