/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Situations for drops.c, which holds the table: each function named when_* makes frames be dropped for one reason. What they
 * share is the gateway of the running test and one frame.
 */
#ifndef TEST_PIPELINE_DROPS_H
#define TEST_PIPELINE_DROPS_H

#include "setup.h"

#define LOCAL "192.168.0.3"
#define REMOTE "192.168.0.5"

extern struct pipe drop_gw;
extern uint8_t drop_frame[FRAME_MAX];
extern uint16_t drop_len;

/** The frame into a port, @p n times. */
void drop_send_n(enum pipe_port port, unsigned int n);
void drop_send(enum pipe_port port);
/** Into the frame: UDP from a host of the LAN; the same to behind the tunnel with one byte of the IP header changed. */
void drop_transit(const char *dst);
void drop_transit_with_byte(unsigned int at, uint8_t value);
/** Into the frame: ESP of the other end, with one packet inside. */
void drop_peer_esp(void);
/** The same by a cipher without integrity: who changes the ciphertext changes the same bits inside. */
void drop_peer_esp_malleable(void);
void drop_flag(const char *name, enum iface_flag flag, bool on);

/** An engine for pipe_engine that keeps packets inside. */
extern bool bent_holds; /* gives nothing back */
extern const struct dataplane
		*bent_gives_up_with; /* NULL, or whose stop it outlasts, and no longer */
extern unsigned int bent_ms;         /* 0, or gives one packet back in so long */
void bent_engine_use(void);

void when_runt(void);
void when_multi_segment(void);
void when_not_for_us(void);
void when_ethertype(void);
void when_ip_version(void);
void when_ip_header(void);
void when_ip_checksum(void);
void when_ip_source(void);
void when_ip_destination(void);
void when_interface_down(void);
void when_interface_monitor(void);
void when_no_route(void);
void when_blackhole(void);
void when_reject(void);
void when_ttl(void);
void when_too_big(void);
void when_multicast(void);
void when_out_interface_down(void);
void when_esp_short(void);
void when_no_sa_in(void);
void when_sa_no_interface(void);
void when_sa_source(void);
void when_sa_encapsulation(void);
void when_sa_dead(void);
void when_auth_failed(void);
void when_replay(void);
void when_esp_padding(void);
void when_inner_header(void);
void when_inner_ecn(void);
void when_dummy(void);
void when_outer_fragment(void);
void when_no_sa_out(void);
void when_seq_exhausted(void);
void when_tunnel_no_route(void);
void when_tunnel_loop(void);
void when_headroom(void);
void when_crypto_error(void);
void when_crypto_full(void);

#endif
