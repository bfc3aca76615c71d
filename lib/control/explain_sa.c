/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which SAs a packet could have used, which one it does, and why not the others: by sa_out_fit(), which chooses (sa_bind.c). Where
 * there is none, what comes near. Control core.
 */
#include <inttypes.h>
#include <stdio.h>

#include "control/explain_priv.h"

#define SAS_TOLD 8 /* the rest is counted */

static const char *
enc_name(const struct sa_ctl *sa)
{
	return sa->prm.enc != NULL ? sa->prm.enc->name
				   : (sa->prm.auth != NULL ? sa->prm.auth->name : "null");
}

/* --- out --- */

static void
why_not(struct telling *t, const struct iface *ifp, const struct sa_ctl *sa, char *buf, size_t size)
{
	const bool oldest = t->ctl->sysctl[SYSCTL_PREFERRED_OLDSA] == 1;

	switch (sa_out_fit(t->ctl, ifp, sa)) {
	case SA_FIT_GOOD:
		if (sa_prefer(t->ctl) == SA_PREFER_PROVEN && ifp->sa_out != NULL) {
			snprintf(buf, size, "%s (net.key.rekey=proven)",
					sa->order > ifp->sa_out->ctl->order
							? "an older one serves until it is proven"
							: "a newer one is proven");
			return;
		}
		snprintf(buf, size, "another is preferred (net.key.preferred_oldsa=%d: the %s)",
				(int)t->ctl->sysctl[SYSCTL_PREFERRED_OLDSA],
				oldest ? "oldest" : "newest");
		return;
	case SA_FIT_SPENT:
		snprintf(buf, size, "its sequence numbers are used up");
		return;
	case SA_FIT_STATE:
		snprintf(buf, size, "it is %s", sa_state_name(sa->state));
		return;
	case SA_FIT_OTHER:
		break;
	}
	if (sa->prm.mode == SA_MODE_TRANSPORT)
		snprintf(buf, size, "mode transport (an interface needs tunnel or any)");
	else if (sa->dir == SA_DIR_IN)
		snprintf(buf, size, "it has served the way in");
	else
		snprintf(buf, size, "%s does not claim it", ifp->name);
}

/* SAs that would do if one thing were different. */
struct near {
	struct telling *t;
	const struct iface *ifp;
	unsigned int n, reversed;
};

static int
near_out(struct sa_ctl *sa, void *arg)
{
	struct near *near = arg;
	const struct iface *ifp = near->ifp;
	const struct sa_params *prm = &sa->prm;
	char *remedy = near->t->out->remedy;

	if (ip_equal(&prm->src, &ifp->local) && ip_equal(&prm->dst, &ifp->remote) &&
			prm->reqid != ifp->reqid) {
		if (++near->n <= SAS_TOLD)
			explain_say(near->t, "sa", false,
					"spi %u: the same ends, but reqid %u, and %s has %u",
					prm->spi, prm->reqid, ifp->name, ifp->reqid);
		snprintf(remedy, CTL_EXPLAIN_TEXT,
				"no SA for reqid %u: an SA with the same ends has reqid %u",
				ifp->reqid, prm->reqid);
	} else if (prm->reqid == ifp->reqid && ip_equal(&prm->src, &ifp->remote) &&
			ip_equal(&prm->dst, &ifp->local)) {
		near->reversed++;
	} else if (prm->reqid == ifp->reqid) {
		if (++near->n <= SAS_TOLD)
			explain_say(near->t, "sa", false,
					"spi %u: the same reqid %u, but ends %s -> %s", prm->spi,
					prm->reqid, ip_str(&prm->src), ip_str(&prm->dst));
	}
	return 0;
}

static void
tell_near_out(struct telling *t, const struct iface *ifp, unsigned int unfit)
{
	struct near near = { .t = t, .ifp = ifp };

	sadb_foreach(t->ctl->sadb, near_out, &near);
	if (near.n > SAS_TOLD)
		explain_say(t, "sa", false, "and %u more like these", near.n - SAS_TOLD);
	explain_say(t, "sa", false, "%s from %s to %s with reqid %u%s",
			unfit != 0 ? "none that can be used" : "none", ip_str(&ifp->local),
			ip_str(&ifp->remote), ifp->reqid,
			near.reversed != 0 ? "; there is one for the other direction" : "");
	if (t->out->remedy[0] == '\0')
		snprintf(t->out->remedy, CTL_EXPLAIN_TEXT,
				"setkey: add %s %s esp SPI -m tunnel -u %u -E ...",
				ip_str(&ifp->local), ip_str(&ifp->remote), ifp->reqid);
}

void
explain_sa_out(struct telling *t, const struct iface *ifp, const struct sa *chosen, bool good)
{
	struct sa_ctl *sa, *iter = NULL;
	unsigned int n = 0;
	char why[96];

	if (chosen != NULL)
		explain_say(t, "sa", good, "spi %u: %s, %s%s", rte_be_to_cpu_32(chosen->spi),
				sa_state_name(chosen->ctl->state), enc_name(chosen->ctl),
				good ? ": taken" : ": taken, but its sequence numbers are used up");
	while ((sa = sadb_next_of(t->ctl->sadb, &ifp->local, &ifp->remote, ifp->reqid, &iter)) !=
			NULL) {
		if (chosen != NULL && sa->sa == chosen)
			continue;
		if (++n > SAS_TOLD)
			continue;
		why_not(t, ifp, sa, why, sizeof(why));
		explain_say(t, "sa", chosen != NULL, "spi %u: not taken: %s", sa->prm.spi, why);
	}
	if (n > SAS_TOLD)
		explain_say(t, "sa", chosen != NULL, "and %u more", n - SAS_TOLD);
	if (chosen == NULL)
		tell_near_out(t, ifp, n);
	else if (!good)
		snprintf(t->out->remedy, CTL_EXPLAIN_TEXT, "new SAs, with new keys");
}

/* --- in --- */

/* An SA is there, and no interface claims it: which one nearly does? */
static void
tell_unclaimed(struct telling *t, const struct sa_ctl *sa)
{
	const struct sa_params *prm = &sa->prm;
	struct iface *ifp, *iter = NULL;

	explain_say(t, "sa", false,
			"spi %u from %s to %s, reqid %u, mode %s: no interface claims it", prm->spi,
			ip_str(&prm->src), ip_str(&prm->dst), prm->reqid, sa_mode_name(prm->mode));
	while ((ifp = ipsec_if_next_local(t->ctl->ifaces, &prm->dst, &iter)) != NULL) {
		if (!ip_equal(&ifp->remote, &prm->src))
			continue;
		explain_say(t, "interface", false, "%s has these ends, and reqid %u", ifp->name,
				ifp->reqid);
		if (ifp->reqid != prm->reqid)
			snprintf(t->out->remedy, CTL_EXPLAIN_TEXT,
					"ifconfig %s reqid %u, or an SA with -u %u", ifp->name,
					prm->reqid, ifp->reqid);
		return;
	}
	snprintf(t->out->remedy, CTL_EXPLAIN_TEXT,
			"an interface with tunnel %s %s and reqid %u would take it",
			ip_str(&prm->dst), ip_str(&prm->src), prm->reqid);
}

static int
near_in(struct sa_ctl *sa, void *arg)
{
	struct near *near = arg;
	const struct explain_request *req = near->t->req;

	if (sa->prm.spi == req->spi && ++near->n <= SAS_TOLD)
		explain_say(near->t, "sa", false, "spi %u is there, but to %s (from %s)",
				sa->prm.spi, ip_str(&sa->prm.dst), ip_str(&sa->prm.src));
	near->reversed += ip_equal(&sa->prm.dst, &req->outer_dst);
	return 0;
}

static void
tell_claimed(struct telling *t, const struct explain_step *s, const struct sa_ctl *sa)
{
	const struct iface *ifp = iface_at(t->ctl->ifaces, s->iface);
	const enum drop_reason why = s->verdict.to == DP_TO_DROP ? (enum drop_reason)s->verdict.why
								 : DROP_NONE;

	explain_say(t, "sa", why == DROP_NONE, "spi %u: %s, %s, reqid %u%s", sa->prm.spi,
			sa_state_name(sa->state), enc_name(sa), sa->prm.reqid,
			s->sa->natt ? ", in UDP" : "");
	if (ifp == NULL)
		return;
	explain_flags(t, ifp, "interface");
	if (why == DROP_IF_DOWN)
		return;
	explain_say(t, "source", why != DROP_SA_SOURCE, "%s; the tunnel's remote end is %s",
			ip_str(&s->src), ip_str(&ifp->remote));
	if (why == DROP_SA_SOURCE)
		return;
	if (why == DROP_SA_NATT) {
		explain_say(t, "nat-t", false, "%s",
				s->sa->natt ? "the SA wants ESP in UDP, and it comes bare"
					    : "it comes in UDP, and the SA is for bare ESP");
		snprintf(t->out->remedy, CTL_EXPLAIN_TEXT, "%s",
				s->sa->natt ? "an SA without -natt, or NAT-T at the peer too"
					    : "an SA with -natt, or no NAT-T at the peer");
		return;
	}
	if (s->sa->replay.window == 0)
		explain_say(t, "window", true, "none: replays are not found out");
	else
		explain_say(t, "window", why != DROP_REPLAY, "%u packets, highest number %" PRIu64,
				s->sa->replay.window, s->sa->replay.top);
}

void
explain_sa_in(struct telling *t, const struct explain_step *s)
{
	struct sa_ctl *sa = sadb_find(t->ctl->sadb, &s->dst, t->req->spi);
	struct near near = { .t = t };

	if (s->sa != NULL && sa != NULL && s->iface != 0) {
		tell_claimed(t, s, sa);
		return;
	}
	if (sa != NULL) {
		tell_unclaimed(t, sa);
	} else {
		sadb_foreach(t->ctl->sadb, near_in, &near);
		explain_say(t, "sa", false, "none for spi %u to %s; %u SAs to this address",
				t->req->spi, ip_str(&s->dst), near.reversed);
		snprintf(t->out->remedy, CTL_EXPLAIN_TEXT,
				"setkey: add %s %s esp %u -m tunnel -u REQID -E ..., with the "
				"peer's keys",
				ip_str(&s->src), ip_str(&s->dst), t->req->spi);
	}
	if (s->verdict.to == DP_TO_IP)
		explain_say(t, "transit", true, "%s is no address of ours: routed like any packet",
				ip_str(&s->dst));
}
