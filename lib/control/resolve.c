/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Resolve as a whole: life, punted packets to those who understand them, the timer. What each protocol does is in resolve_*.c
 * (resolve_priv.h lists them). Runs on the control core; time is what the caller says it is.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/resolve_priv.h"

struct resolve *
resolve_create(const struct resolve_args *args, struct err *err)
{
	struct resolve *r = calloc(1, sizeof(*r));

	if (r == NULL) {
		err_set(err, ENOMEM, "neighbours: out of memory, %zu bytes", sizeof(*r));
		return NULL;
	}
	r->a = *args;
	r->budget = RESOLVE_BUDGET;
	r->icmp_tokens = RESOLVE_ICMP_BURST * 1000;
	TAILQ_INIT(&r->asking);
	if (resolve_targets_create(r) != 0) {
		free(r);
		err_set(err, ENOMEM, "neighbours: out of memory");
		return NULL;
	}
	return r;
}

void
resolve_destroy(struct resolve *r)
{
	struct wait *w;

	if (r == NULL)
		return;
	while ((w = TAILQ_FIRST(&r->asking)) != NULL) {
		TAILQ_REMOVE(&r->asking, w, next);
		for (; w->len > 0; w->len--) {
			resolve_drop(r, DROP_STOPPING, w->pkt[w->head]);
			w->head = (uint8_t)((w->head + 1) % RESOLVE_QUEUE);
		}
		w->n->queue = NULL;
		free(w);
	}
	resolve_targets_destroy(r);
	free(r);
}

void
resolve_drop(struct resolve *r, enum drop_reason reason, struct rte_mbuf *m)
{
	dp_control_drop(r->a.dp, reason);
	rte_pktmbuf_free(m);
}

void
resolve_inject(struct resolve *r, struct rte_mbuf *m)
{
	if (!dp_inject(r->a.dp, m))
		resolve_drop(r, DROP_RING_FULL, m);
}

void
resolve_send_frame(struct resolve *r, const struct iface *port, const struct rte_ether_addr *dst,
		uint16_t ether_type, struct rte_mbuf *m)
{
	struct rte_ether_hdr *eth;

	if (m == NULL) {
		dp_control_drop(r->a.dp, DROP_NO_MBUF);
		return;
	}
	eth = (struct rte_ether_hdr *)rte_pktmbuf_prepend(m, sizeof(*eth));
	if (eth == NULL) {
		resolve_drop(r, DROP_HEADROOM, m);
		return;
	}
	eth->dst_addr = *dst;
	eth->src_addr = port->mac;
	eth->ether_type = rte_cpu_to_be_16(ether_type);
	if (!dp_inject_frame(r->a.dp, port->port_id, m))
		resolve_drop(r, DROP_RING_FULL, m);
}

bool
resolve_may_log(struct resolve *r)
{
	if (r->log_ms != 0 && r->now_ms < r->log_ms + 1000)
		return false;
	r->log_ms = r->now_ms;
	return true;
}

/* The clock. What was asked before it was first told is due a second from then. */
static void
set_now(struct resolve *r, uint64_t now_ms)
{
	struct wait *w = NULL;

	if (!r->started) {
		r->started = true;
		r->next_age_ms = now_ms + 1000;
		r->icmp_ms = now_ms;
		TAILQ_FOREACH(w, &r->asking, next) {
			w->n->changed_ms = now_ms;
			w->next_ms = now_ms + (w->n->tries > 0 ? RESOLVE_RETRY_MS : 0);
		}
	}
	r->now_ms = now_ms;
}

/* PUNT_NEIGH: the packet knows its next hop, and the neighbour behind it is not known, or is not looked for yet. */
static void
neigh_packet(struct resolve *r, struct rte_mbuf *m)
{
	const uint32_t nh = pkt_meta(m)->nh;
	const struct iface *port;
	struct ip_addr src, dst;
	struct neigh *n = NULL;

	if (nh_kind(nh) == NH_NEIGH) {
		n = nh_index(nh) < ADJ_MAX ? r->a.neighs->record[nh_index(nh)] : NULL;
		if (n == NULL) { /* forgotten since */
			resolve_drop(r, DROP_NEIGH_FAILED, m);
			return;
		}
	} else {
		port = iface_at(r->a.ifaces, (uint16_t)nh_index(nh));
		parse_addrs(m, pkt_meta(m)->flags & PKT_IP6, &src, &dst);
		if (nh_kind(nh) != NH_ATTACHED || port == NULL || port->kind != IFACE_PORT) {
			resolve_drop(r, DROP_NO_ROUTE, m);
			return;
		}
		n = resolve_neigh_want(r, port, &dst, true);
		if (n == NULL) {
			resolve_drop(r, DROP_NEIGH_PENDING, m);
			return;
		}
	}
	resolve_neigh_send(r, n, m);
}

void
resolve_packet(struct resolve *r, struct rte_mbuf *m, uint64_t now_ms)
{
	const struct pkt_meta *meta = pkt_meta(m);

	set_now(r, now_ms);
	switch ((enum punt_reason)meta->punt) {
	case PUNT_ARP:
		resolve_arp_packet(r, m);
		return;
	case PUNT_NEIGH:
		neigh_packet(r, m);
		return;
	case PUNT_ICMP_ERROR:
		resolve_icmp_verdict(r, m);
		return;
	case PUNT_LOCAL:
		if (!(meta->flags & PKT_IP6) || !resolve_nd_packet(r, m))
			resolve_local_packet(r, m);
		return;
	case PUNT_MULTICAST:
		if (!(meta->flags & PKT_IP6) || !resolve_nd_packet(r, m))
			resolve_drop(r, DROP_MULTICAST, m);
		return;
	case PUNT_NONE:
	case PUNT_REASONS:
		break;
	}
	resolve_drop(r, DROP_LOCAL_PROTO, m);
}

void
resolve_tick(struct resolve *r, uint64_t now_ms)
{
	set_now(r, now_ms);
	r->budget = RESOLVE_BUDGET;
	resolve_neigh_retry(r);
	if (now_ms >= r->next_age_ms) {
		r->next_age_ms = now_ms + 1000;
		resolve_age(r);
		if (r->incomplete)
			resolve_dirty(r);
	}
}
