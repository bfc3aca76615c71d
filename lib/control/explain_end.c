/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The last word of an explanation: delivered, dropped, for the control core, or accepted; and what to do about it.
 */
#include <stdio.h>

#include "base/clock.h"
#include "control/explain_priv.h"

/* What the control core does with a packet whose neighbour is not known: resolve_neigh_send(). */
static bool
neighbour_refuses(struct telling *t, const struct explain_step *s)
{
	const struct neigh *n = NULL;

	if (nh_kind(s->nh) == NH_NEIGH && nh_index(s->nh) < ADJ_MAX)
		n = t->ctl->neighs->record[nh_index(s->nh)];
	return n != NULL && resolve_neigh_refuses(t->ctl->resolve, n, clock_mono_ms());
}

static void
end_punted(struct telling *t, const struct explain_step *s)
{
	static const char *const why[PUNT_REASONS] = {
		[PUNT_ARP] = "it is ARP",
		[PUNT_LOCAL] = "it is for one of our addresses",
		[PUNT_MULTICAST] = "its destination is a group or broadcast",
		[PUNT_NEIGH] = "the neighbour's MAC address is not known yet: it is asked for, the "
			       "packet waits",
	};
	struct ctl_explanation *out = t->out;

	out->end = CTL_EXPLAIN_PUNTED;
	snprintf(out->sentence, sizeof(out->sentence), "to the control core: %s",
			why[out->punt] == NULL ? "" : why[out->punt]);
	if (out->punt == PUNT_LOCAL && out->remedy[0] == '\0' && t->req->in)
		snprintf(out->remedy, sizeof(out->remedy), "no service takes it (local-protocol)");
}

static void
remedy_route(struct telling *t, const struct explain_step *s, char *buf, size_t size)
{
	char fib[16] = "";

	if (s->fib != 0)
		snprintf(fib, sizeof(fib), " -fib %u", s->fib);
	snprintf(buf, size, "route add%s %s GATEWAY (or -interface ipsecN)", fib, ip_str(&s->dst));
}

static void
remedy(struct telling *t, const struct explain_step *s)
{
	char *buf = t->out->remedy;
	const size_t size = sizeof(t->out->remedy);

	switch (t->out->drop) {
	case DROP_NO_ROUTE:
		remedy_route(t, s, buf, size);
		return;
	case DROP_TUNNEL_NO_ROUTE:
		snprintf(buf, size, "a route to %s in FIB %u that leads to a port (route add)",
				ip_str(&s->dst), s->fib);
		return;
	case DROP_TUNNEL_LOOP:
		snprintf(buf, size,
				"a route to the tunnel's remote end that does not lead into the "
				"tunnel");
		return;
	case DROP_TOO_BIG:
		snprintf(buf, size, "at most %u bytes, or without DF; the sender is told so",
				s->mtu);
		return;
	case DROP_SA_SOURCE:
		snprintf(buf, size, "ifconfig %s tunnel %s %s, if that is where the peer is",
				explain_iface_name(t->ctl, s->iface), ip_str(&s->dst),
				ip_str(&s->src));
		return;
	case DROP_IF_MONITOR:
		snprintf(buf, size, "ifconfig %s -monitor", explain_iface_name(t->ctl, s->iface));
		return;
	case DROP_NEIGH_FAILED:
		snprintf(buf, size, "is it there, on this link? arp -a, ndp -a");
		return;
	default:
		return;
	}
}

static void
end_dropped(struct telling *t, const struct explain_step *s)
{
	struct ctl_explanation *out = t->out;

	out->end = CTL_EXPLAIN_DROPPED;
	snprintf(out->sentence, sizeof(out->sentence), "dropped: %s: %s", drop_name(out->drop),
			drop_sentence(out->drop));
	if (out->remedy[0] == '\0' && s != NULL)
		remedy(t, s);
}

static void
end_delivered(struct telling *t, const struct explain_step *s)
{
	struct ctl_explanation *out = t->out;
	const struct iface *ifp = iface_at(t->ctl->ifaces, s->iface);

	out->end = CTL_EXPLAIN_DELIVERED;
	snprintf(out->port, sizeof(out->port), "%s", ifp == NULL ? "" : ifp->name);
	out->mac = s->adj->l2[0].dst_addr;
	out->bytes = s->len;
	snprintf(out->sentence, sizeof(out->sentence), "delivered by %s to %s", out->port,
			mac_str(&out->mac));
	out->remedy[0] = '\0';
}

void
explain_end(struct telling *t, const struct explain *way)
{
	const struct explain_step *last = way->nb_steps == 0 ? NULL : &way->step[way->nb_steps - 1];
	struct ctl_explanation *out = t->out;
	const struct sa *sa;

	switch (way->verdict.to) {
	case DP_TO_PORT:
		end_delivered(t, last);
		return;
	case DP_TO_PUNT:
		out->punt = (enum punt_reason)way->verdict.why;
		if (out->punt != PUNT_NEIGH || !neighbour_refuses(t, last)) {
			end_punted(t, last);
			return;
		}
		out->drop = DROP_NEIGH_FAILED;
		end_dropped(t, last);
		return;
	case DP_TO_ENGINE:
		sa = last->sa;
		out->end = CTL_EXPLAIN_ACCEPTED;
		snprintf(out->sentence, sizeof(out->sentence),
				"accepted by %s if it was made with the keys of spi %u (-inner SRC "
				"DST says "
				"where what is inside goes)",
				explain_iface_name(t->ctl, last->iface), rte_be_to_cpu_32(sa->spi));
		return;
	default:
		out->drop = (enum drop_reason)way->verdict.why;
		end_dropped(t, last);
	}
}
