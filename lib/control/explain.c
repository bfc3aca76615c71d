/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Each decision on a packet's way (datapath/explain.h) as a line: what was looked at and what was found. What is decided is
 * decided there; here it only gets its names. Control core.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "control/explain_priv.h"

void
explain_say(struct telling *t, const char *step, bool good, const char *fmt, ...)
{
	struct ctl_explain_line *line;
	va_list ap;

	if (t->out->nb_lines == CTL_EXPLAIN_LINES)
		return;
	line = &t->out->line[t->out->nb_lines++];
	line->step = step;
	line->good = good;
	va_start(ap, fmt);
	vsnprintf(line->text, sizeof(line->text), fmt, ap);
	va_end(ap);
}

const char *
explain_iface_name(struct ctl *ctl, uint16_t index)
{
	const struct iface *ifp = index == 0 ? NULL : iface_at(ctl->ifaces, index);

	return ifp == NULL ? "an interface that is gone" : ifp->name;
}

static bool
ends_here(const struct explain_step *s)
{
	return s->verdict.to == DP_TO_DROP || s->verdict.to == DP_TO_DROP_ICMP;
}

void
explain_flags(struct telling *t, const struct iface *ifp, const char *step)
{
	char *remedy = t->out->remedy;

	if ((ifp->flags & IFACE_UP) && (ifp->flags & IFACE_RUNNING)) {
		explain_say(t, step, true, "%s: UP, RUNNING", ifp->name);
		return;
	}
	if (!(ifp->flags & IFACE_UP)) {
		explain_say(t, step, false, "%s: not UP", ifp->name);
		snprintf(remedy, CTL_EXPLAIN_TEXT, "ifconfig %s up", ifp->name);
	} else if (ifp->kind == IFACE_PORT) {
		explain_say(t, step, false, "%s: UP, not RUNNING: the port is stopped", ifp->name);
	} else if (!ip_is_set(&ifp->local)) {
		explain_say(t, step, false, "%s: UP, not RUNNING: it has no tunnel", ifp->name);
		snprintf(remedy, CTL_EXPLAIN_TEXT, "ifconfig %s tunnel LOCAL REMOTE", ifp->name);
	} else {
		explain_say(t, step, false,
				"%s: UP, not RUNNING: its local end %s is no address of ours",
				ifp->name, ip_str(&ifp->local));
		snprintf(remedy, CTL_EXPLAIN_TEXT,
				"give %s to a port (ifconfig PORT %s %s alias), or ifconfig %s "
				"tunnel "
				"another local end",
				ip_str(&ifp->local), ifp->local.af == AF_INET ? "inet" : "inet6",
				ip_str(&ifp->local), ifp->name);
	}
}

/* --- steps --- */

static void
tell_receive(struct telling *t, const struct explain_step *s)
{
	const struct iface *ifp = s->iface == 0 ? NULL : iface_at(t->ctl->ifaces, s->iface);

	if (ifp == NULL)
		explain_say(t, "receive", !ends_here(s),
				"not looked at by which interface it comes (-i says so); FIB %u",
				s->fib);
	else if (s->verdict.to == DP_TO_DROP && s->verdict.why == DROP_IF_DOWN)
		explain_flags(t, ifp, "receive");
	else
		explain_say(t, "receive", !ends_here(s), "%s by %s: UP%s, FIB %u",
				ifp->kind == IFACE_IPSEC ? "decrypted" : "received", ifp->name,
				ifp->flags & IFACE_MONITOR ? ", MONITOR" : "", s->fib);
	if (s->verdict.to == DP_TO_ESP)
		explain_say(t, "classify", true, "ESP%s: an SA is looked for",
				t->req->natt ? " in UDP (NAT-T)" : "");
}

/* Where a route leads, behind its prefix. */
static void
route_target(struct telling *t, const struct rib_route *route, char *buf, size_t size)
{
	static const char *const sources[] = { "address of ours", "connected", "neighbour",
		"static" };
	const struct rib_spec *spec = &route->spec;

	switch (spec->kind) {
	case RIB_GATEWAY:
		snprintf(buf, size, "by gateway %s (static)", ip_str(&spec->gateway));
		return;
	case RIB_BLACKHOLE:
		snprintf(buf, size, "is a blackhole");
		return;
	case RIB_REJECT:
		snprintf(buf, size, "rejects");
		return;
	case RIB_INTERFACE:
		break;
	}
	if (spec->iface == 0)
		snprintf(buf, size, "(%s)", sources[spec->source]);
	else
		snprintf(buf, size, "by %s (%s)", explain_iface_name(t->ctl, spec->iface),
				sources[spec->source]);
}

static void
route_say(struct telling *t, const char *step, bool good, uint16_t fib, const struct ip_addr *dst)
{
	const struct rib_route *route = rib_match(t->ctl->rib, fib, dst);
	char target[96];

	if (route == NULL) {
		explain_say(t, step, good, "%s in FIB %u: no route", ip_str(dst), fib);
		return;
	}
	route_target(t, route, target, sizeof(target));
	explain_say(t, step, good, "%s in FIB %u: %s %s", ip_str(dst), fib,
			route->spec.prefix.len == 0 ? "default" : prefix_str(&route->spec.prefix),
			target);
}

static void
tell_route(struct telling *t, const struct explain_step *s)
{
	const struct rib_route *route = rib_match(t->ctl->rib, s->fib, &s->dst);

	route_say(t, "route", !ends_here(s), s->fib, &s->dst);
	if (route != NULL && route->spec.kind == RIB_GATEWAY && nh_kind(s->nh) == NH_REJECT)
		explain_say(t, "gateway", false,
				"%s is on no link and behind no tunnel: the route rejects",
				ip_str(&route->spec.gateway));
	if (s->verdict.to == DP_TO_DROP_ICMP && s->verdict.why == DROP_TTL)
		explain_say(t, "ttl", false, "%u: used up", s->ttl);
}

static void
tell_local(struct telling *t, const struct explain_step *s)
{
	if (s->verdict.to == DP_TO_PUNT && s->verdict.why == PUNT_LOCAL)
		explain_say(t, "local", true, "%s is one of our addresses: to the control core",
				ip_str(&s->dst));
	else if (ends_here(s))
		explain_say(t, "local", false,
				"a fragment of ESP for us: it is not put together again");
	else
		explain_say(t, "local", true, "%s is one of our addresses: the echo is answered",
				ip_str(&s->dst));
}

static void
tell_inner(struct telling *t, const struct explain_step *s)
{
	explain_say(t, "inside", !ends_here(s), "%s > %s, %u bytes, as received by %s in FIB %u%s",
			ip_str(&s->src), ip_str(&s->dst), s->len,
			explain_iface_name(t->ctl, s->iface), s->fib,
			s->verdict.to == DP_TO_DROP && s->verdict.why == DROP_IF_MONITOR
					? ": it is in monitor mode"
					: "");
}

static void
tell_tunnel(struct telling *t, const struct explain_step *s)
{
	const struct iface *ifp = iface_at(t->ctl->ifaces, s->iface);
	const enum drop_reason why = ends_here(s) ? (enum drop_reason)s->verdict.why : DROP_NONE;
	const bool ip6 = s->dst.af == AF_INET6;

	if (ifp == NULL) {
		explain_say(t, "interface", false, "it is gone");
		return;
	}
	explain_flags(t, ifp, "interface");
	if (why == DROP_OUT_IF_DOWN)
		return;
	explain_say(t, "policy", true, "%u: out ipv%d any any esp/tunnel/%s-%s/unique:%u",
			ifp->policy_id[ip6 ? 3 : 1], ip6 ? 6 : 4, ip_str(&ifp->local),
			ip_str(&ifp->remote), ifp->reqid);
	explain_sa_out(t, ifp, s->sa, why != DROP_SEQ_EXHAUSTED);
	if (why == DROP_NO_SA_OUT || why == DROP_SEQ_EXHAUSTED)
		return;
	if (why == DROP_TUNNEL_LOOP) {
		explain_say(t, "loop", false,
				"%s has encapsulated it before, or tunnels nest deeper than %d",
				ifp->name, DP_NEST_MAX);
		return;
	}
	explain_say(t, "mtu", s->len <= s->mtu, "%s: %u bytes, %u fit%s", ifp->name, s->len, s->mtu,
			ifp->mtu_auto ? " (auto)" : "");
	if (why == DROP_HEADROOM)
		explain_say(t, "buffer", false, "no room for the headers around %u bytes", s->len);
}

static void
tell_esp_out(struct telling *t, const struct explain_step *s)
{
	const struct iface *ifp = iface_at(t->ctl->ifaces, s->iface);

	explain_say(t, "esp", true, "%s > %s, %u bytes, spi %u%s", ip_str(&s->src), ip_str(&s->dst),
			s->len, rte_be_to_cpu_32(s->sa->spi), s->sa->natt ? ", in UDP" : "");
	if (ifp != NULL)
		route_say(t, "outer route", !ends_here(s), ifp->tunnelfib, &ifp->remote);
}

static void
tell_fragment(struct telling *t, const struct explain_step *s)
{
	if (ends_here(s))
		explain_say(t, "fragment", false, "%u bytes do not fit %u, and %s", s->len, s->mtu,
				s->verdict.to == DP_TO_DROP             ? "would be too many pieces"
						: s->dst.af == AF_INET6 ? "routers do not cut IPv6"
									: "DF is set");
	else
		explain_say(t, "fragment", true,
				"%u bytes do not fit %u: cut into %u pieces; on with the first",
				s->len, s->mtu, s->pieces);
}

static void
tell_neigh(struct telling *t, const struct explain_step *s)
{
	struct neigh *n = nh_index(s->nh) < ADJ_MAX ? t->ctl->neighs->record[nh_index(s->nh)]
						    : NULL;
	const struct iface *ifp = s->iface == 0 ? NULL : iface_at(t->ctl->ifaces, s->iface);
	char state[64];

	if (n == NULL || s->adj == NULL) {
		explain_say(t, "neighbour", false, "forgotten since the route was made");
		return;
	}
	resolve_neigh_describe(t->ctl->resolve, n, clock_mono_ms(), state, sizeof(state));
	explain_say(t, "neighbour", s->adj->known, "%s on %s: %s (%s)", ip_str(&n->addr),
			explain_iface_name(t->ctl, s->iface),
			s->adj->known ? mac_str(&s->adj->l2[0].dst_addr) : "not known", state);
	if (!s->adj->known || ifp == NULL)
		return;
	explain_flags(t, ifp, "port");
	if (s->verdict.to == DP_TO_PORT || s->verdict.to == DP_TO_FRAGMENT)
		explain_say(t, "mtu", s->len <= s->mtu, "%s: %u bytes, %u fit", ifp->name, s->len,
				s->mtu);
}

static void
tell_step(struct telling *t, const struct explain_step *s)
{
	static void (*const tell[])(struct telling * t, const struct explain_step *s) = {
		[EXPLAIN_RECEIVE] = tell_receive,
		[EXPLAIN_ROUTE] = tell_route,
		[EXPLAIN_LOCAL] = tell_local,
		[EXPLAIN_SA_IN] = explain_sa_in,
		[EXPLAIN_INNER] = tell_inner,
		[EXPLAIN_TUNNEL] = tell_tunnel,
		[EXPLAIN_ESP_OUT] = tell_esp_out,
		[EXPLAIN_FRAGMENT] = tell_fragment,
		[EXPLAIN_NEIGH] = tell_neigh,
	};

	tell[s->at](t, s);
}

/* --- the request --- */

/* Whom nobody is: documentation addresses (RFC 5737, RFC 3849). */
static struct ip_addr
anybody(uint8_t af)
{
	struct ip_addr addr = { .af = af };

	if (af == AF_INET)
		addr.v4 = RTE_BE32(0xc0000201);
	else
		memcpy(addr.v6, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
	return addr;
}

static int
check(struct ctl *ctl, struct explain_request *req, const char *interface, struct err *err)
{
	const struct sa_ctl *sa;
	const struct iface *ifp;

	if (req->packet.src.af != req->packet.dst.af)
		return err_set(err, EINVAL, "explain: %s and %s are of two families",
				ip_str(&req->packet.src), ip_str(&req->packet.dst));
	if (interface != NULL) {
		ifp = ctl_iface(ctl, interface, err);
		if (ifp == NULL)
			return -ENXIO;
		req->iface = ifp->index;
	}
	if (!req->in)
		return 0;
	if (req->outer_src.af == 0) {
		sa = sadb_find(ctl->sadb, &req->outer_dst, req->spi);
		req->outer_src = sa != NULL ? sa->prm.src : anybody(req->outer_dst.af);
	}
	if (req->outer_src.af != req->outer_dst.af)
		return err_set(err, EINVAL, "explain: %s and %s are of two families",
				ip_str(&req->outer_src), ip_str(&req->outer_dst));
	return 0;
}

int
ctl_explain(struct ctl *ctl, struct explain_request *req, const char *interface,
		struct ctl_explanation *ret, struct err *err)
{
	struct telling t = { .ctl = ctl, .req = req, .out = ret };
	struct explain way;
	unsigned int i;
	int rc;

	ctl_assert_thread();
	memset(ret, 0, sizeof(*ret));
	rc = check(ctl, req, interface, err);
	if (rc != 0)
		return rc;
	rc = dp_explain(ctl->dp, req, &way);
	if (rc != 0)
		return err_set(err, -rc, "explain: the pool of packets is empty");
	for (i = 0; i < way.nb_steps; i++)
		tell_step(&t, &way.step[i]);
	explain_end(&t, &way);
	return 0;
}
