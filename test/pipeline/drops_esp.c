/* SPDX-License-Identifier: BSD-3-Clause */
/* Situations in which packets are dropped on their way into or out of a tunnel: see drops.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <rte_cycles.h>
#include <rte_udp.h>

#include "drivers/registry.h"
#include "drops.h"
#include "net/pkt.h"

#define ESP_AT (RTE_ETHER_HDR_LEN + sizeof(struct rte_ipv4_hdr))
#define CD_OPS 2048 /* what may be in flight in the cryptodev engine */

/* --- an engine that holds packets back, or says that the device failed --- */

static const struct engine_ops *real_ops;
static struct engine_ops bent_ops;
static bool bent_fails;
bool bent_holds;
const struct dataplane *bent_gives_up_with;
unsigned int bent_ms;
static uint64_t bent_gave_tsc;

static struct engine *
bent_open(struct counter_table *counters, unsigned int nb_workers, struct err *err)
{
	struct engine *e = real_ops->open(counters, nb_workers, err);

	if (e != NULL)
		e->ops = &bent_ops;
	return e;
}

static uint16_t
bent_poll(struct engine *e, unsigned int worker, struct rte_mbuf *ret_pkts[], uint16_t n)
{
	const uint64_t now = rte_rdtsc();
	uint16_t i;

	if (bent_holds && (bent_gives_up_with == NULL || !bent_gives_up_with->gives_up))
		return 0;
	if (bent_ms != 0 && now - bent_gave_tsc < bent_ms * rte_get_tsc_hz() / 1000)
		return 0;
	n = real_ops->poll(e, worker, ret_pkts, bent_ms != 0 ? RTE_MIN(n, 1) : n);
	if (n != 0)
		bent_gave_tsc = now;
	for (i = 0; i < n && bent_fails; i++)
		pkt_meta(ret_pkts[i])->verdict = DROP_CRYPTO;
	return n;
}

void
bent_engine_use(void)
{
	real_ops = registry_engine("cryptodev");
	bent_ops = *real_ops;
	bent_ops.open = bent_open;
	bent_ops.poll = bent_poll;
	bent_fails = false;
	bent_holds = false;
	bent_gives_up_with = NULL;
	bent_ms = 0;
	pipe_engine = &bent_ops;
}

/* --- ESP in --- */

static void
set_spi(uint32_t spi)
{
	*(unaligned_uint32_t *)(drop_frame + ESP_AT) = rte_cpu_to_be_32(spi);
}

void
when_esp_short(void)
{
	drop_peer_esp();
	frame_ip4(drop_frame)->total_length = RTE_BE16(20 + 12);
	frame_mend4(drop_frame);
	drop_send(PIPE_WAN);
}

void
when_no_sa_in(void)
{
	drop_peer_esp();
	drop_frame[ESP_AT] ^= 1;
	drop_send(PIPE_WAN);
}

void
when_sa_no_interface(void)
{
	struct sa_params prm = setup_sa_params(REMOTE, LOCAL, "aes-gcm-16", 20);
	struct err err = { 0 };

	/* one that no interface has ever claimed: reqid and mode */
	prm.spi = 10001;
	prm.reqid = 999;
	setup_sa(&drop_gw, &prm);
	prm.spi = 10002;
	prm.reqid = 100;
	prm.mode = SA_MODE_TRANSPORT;
	setup_sa(&drop_gw, &prm);
	drop_peer_esp();
	set_spi(10001);
	drop_send(PIPE_WAN);
	set_spi(10002);
	drop_send(PIPE_WAN);
	/* one whose interface has let it go */
	set_spi(10000);
	setup_ok(ctl_if_set_reqid(drop_gw.ctl, "ipsec0", 101, &err), &err);
	drop_send(PIPE_WAN);
}

void
when_sa_source(void)
{
	drop_peer_esp();
	frame_ip4(drop_frame)->src_addr = setup_ip("192.168.0.9").v4;
	frame_mend4(drop_frame);
	drop_send(PIPE_WAN);
}

void
when_sa_encapsulation(void)
{
	drop_peer_esp();
	memmove(drop_frame + ESP_AT + 8, drop_frame + ESP_AT, drop_len - ESP_AT);
	*(struct rte_udp_hdr *)(drop_frame + ESP_AT) = (struct rte_udp_hdr){
		.src_port = RTE_BE16(4500),
		.dst_port = RTE_BE16(4500),
		.dgram_len = rte_cpu_to_be_16((uint16_t)(drop_len - ESP_AT + 8)),
	};
	drop_len = (uint16_t)(drop_len + 8);
	frame_ip4(drop_frame)->next_proto_id = IPPROTO_UDP;
	frame_ip4(drop_frame)->total_length = rte_cpu_to_be_16(
			(uint16_t)(drop_len - RTE_ETHER_HDR_LEN));
	frame_mend4(drop_frame);
	drop_send(PIPE_WAN);
}

/* A worker can meet a dead SA only between its death and its removal, which the control core does in one go: stop it there. */
void
when_sa_dead(void)
{
	const struct ip_addr dst = setup_ip(LOCAL);

	drop_peer_esp();
	sadb_find(ctl_sadb(drop_gw.ctl), &dst, 10000)->sa->state = SA_DEAD;
	drop_send(PIPE_WAN);
}

void
when_auth_failed(void)
{
	drop_peer_esp();
	drop_frame[drop_len - 1] ^= 1;
	drop_send(PIPE_WAN);
}

void
when_replay(void)
{
	drop_peer_esp();
	drop_send_n(PIPE_WAN, 3);
}

void
when_esp_padding(void)
{
	drop_peer_esp_malleable();
	drop_frame[drop_len - 2] ^= 0x80; /* the length of padding */
	drop_send(PIPE_WAN);
}

void
when_inner_header(void)
{
	drop_peer_esp_malleable();
	drop_frame[ESP_AT + 16] ^= 0x20; /* version */
	drop_send(PIPE_WAN);
	drop_peer_esp();
	drop_frame[drop_len - 1] ^= IPPROTO_IPIP ^ IPPROTO_TCP;
	drop_send(PIPE_WAN);
}

void
when_inner_ecn(void)
{
	drop_peer_esp();
	frame_ip4(drop_frame)->type_of_service |= 3; /* congestion on the way */
	frame_mend4(drop_frame);
	drop_send(PIPE_WAN);
}

void
when_dummy(void)
{
	drop_peer_esp_malleable();
	drop_frame[drop_len - 1] ^= IPPROTO_IPIP ^ IPPROTO_NONE;
	drop_send(PIPE_WAN);
}

void
when_outer_fragment(void)
{
	drop_peer_esp();
	frame_ip4(drop_frame)->fragment_offset = RTE_BE16(RTE_IPV4_HDR_MF_FLAG);
	frame_mend4(drop_frame);
	drop_send(PIPE_WAN);
}

/* --- ESP out --- */

void
when_no_sa_out(void)
{
	ctl_sa_flush(drop_gw.ctl);
	drop_transit("10.2.0.7");
	drop_send(PIPE_LAN);
}

void
when_seq_exhausted(void)
{
	struct sa_params prm = setup_sa_params(LOCAL, REMOTE, "aes-gcm-16", 20);

	ctl_sa_flush(drop_gw.ctl);
	prm.seq_start = UINT32_MAX - 3; /* the last number of all is never used */
	setup_sa(&drop_gw, &prm);
	drop_transit("10.2.0.7");
	drop_send_n(PIPE_LAN, 5); /* two numbers are left */
}

void
when_tunnel_no_route(void)
{
	setup_route(&drop_gw, REMOTE "/32", RIB_BLACKHOLE, NULL);
	pipe_poll(&drop_gw);
	drop_transit("10.2.0.7");
	drop_send(PIPE_LAN);
}

void
when_tunnel_loop(void)
{
	setup_route(&drop_gw, REMOTE "/32", RIB_INTERFACE, "ipsec0");
	pipe_poll(&drop_gw);
	drop_transit("10.2.0.7");
	drop_send(PIPE_LAN);
}

/* A drop_frame that fills its buffer leaves no room for a trailer. */
void
when_headroom(void)
{
	struct err err = { 0 };

	setup_ok(ctl_if_set_mtu(drop_gw.ctl, "ipsec0", 8000, &err), &err);
	drop_len = pipe_udp4(drop_frame, PIPE_LAN, "10.1.0.9", "10.2.0.7", 2048 - 42);
	drop_send(PIPE_LAN);
}

void
when_crypto_error(void)
{
	bent_fails = true;
	drop_transit("10.2.0.7");
	drop_send(PIPE_LAN);
}

void
when_crypto_full(void)
{
	unsigned int i;

	bent_holds = true;
	drop_transit("10.2.0.7");
	for (i = 0; i < CD_OPS / 32 + 1; i++) {
		drop_send_n(PIPE_LAN, 32);
		dp_poll(ctl_dataplane(drop_gw.ctl));
	}
	bent_holds = false;
	for (i = 0; i < CD_OPS / 256 + 2; i++) {
		dp_poll(ctl_dataplane(drop_gw.ctl));
		pipe_flush(&drop_gw);
	}
}
