/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rekeying without loss (ADR 17): which SA an interface sends with while there are several. What the choice is, is a pure function
 * (ipsec/sa_choice.h); here are the facts: which inbound SA belongs to an outbound one, and whether a packet has come on it.
 *
 * Pairs. Keying daemons and operators add the two SAs of an exchange one after the other, in either order. So a new SA is paired with
 * the newest one of the reverse ends and the same reqid, if that has never had a partner and was added not long before. A pair is
 * for life: nothing is paired twice, so that what is left of an older pair never proves a newer SA.
 *
 * Proof. The other end sends on the new inbound SA, so it has the pair. Workers count packets by SA anyhow; the control core looks
 * at the counters of those pairs only for which an interface waits, ten times a second.
 */
#include "base/clock.h"
#include "base/log.h"
#include "control/ctl.h"

static uint64_t
timeout_ms(const struct ctl *ctl)
{
	return (uint64_t)ctl->sysctl[SYSCTL_REKEY_TIMEOUT] * 1000;
}

enum sa_prefer
sa_prefer(const struct ctl *ctl)
{
	if (ctl->sysctl[SYSCTL_PREFERRED_OLDSA] == 0)
		return SA_PREFER_NEWEST;
	return ctl->sysctl[SYSCTL_REKEY] == 0 ? SA_PREFER_OLDEST : SA_PREFER_PROVEN;
}

/* --- pairs --- */

static bool
is_usable(const struct sa_ctl *sa)
{
	return sa->state == SA_MATURE || sa->state == SA_DYING;
}

/* Not long: what an interface waits at most; a minute if it waits for ever. */
static bool
is_near(const struct ctl *ctl, const struct sa_ctl *a, const struct sa_ctl *b)
{
	const uint64_t apart = a->created_ms > b->created_ms ? a->created_ms - b->created_ms
							     : b->created_ms - a->created_ms;
	const uint64_t timeout = timeout_ms(ctl);

	return apart <= (timeout != 0 ? timeout : 60000);
}

static void
pair_make(struct ctl *ctl, const struct sa_ctl *a, const struct sa_ctl *b)
{
	struct ctl_sa_note *na = &ctl->note[a->id], *nb = &ctl->note[b->id];

	na->paired = true;
	na->partner = b->id;
	nb->paired = true;
	nb->partner = a->id;
}

void
sa_rekey_pair(struct ctl *ctl, const struct sa_ctl *sa)
{
	const struct sa_params *prm = &sa->prm;
	struct sa_ctl *other, *iter = NULL;

	if (ctl->note[sa->id].paired)
		return;
	/* the newest that serves; one that is LARVAL belongs to an exchange to come */
	do {
		other = sadb_prev_of(ctl->sadb, &prm->dst, &prm->src, prm->reqid, &iter);
	} while (other != NULL && (other == sa || !is_usable(other) || other->iface != sa->iface));
	if (other != NULL && !ctl->note[other->id].paired && is_near(ctl, sa, other))
		pair_make(ctl, sa, other);
}

void
sa_rekey_pair_all(struct ctl *ctl, const struct iface *ifp)
{
	struct sa_ctl *out, *in, *out_iter = NULL, *in_iter = NULL, *sa, *last = NULL;

	/* both ways by age, as if each were just added */
	out = sadb_next_of(ctl->sadb, &ifp->local, &ifp->remote, ifp->reqid, &out_iter);
	in = sadb_next_of(ctl->sadb, &ifp->remote, &ifp->local, ifp->reqid, &in_iter);
	while (out != NULL || in != NULL) {
		if (in == NULL || (out != NULL && out->order < in->order)) {
			sa = out;
			out = sadb_next_of(ctl->sadb, &ifp->local, &ifp->remote, ifp->reqid,
					&out_iter);
		} else {
			sa = in;
			in = sadb_next_of(
					ctl->sadb, &ifp->remote, &ifp->local, ifp->reqid, &in_iter);
		}
		if (!is_usable(sa) || sa->iface != ifp->index || ctl->note[sa->id].paired)
			continue;
		if (last != NULL && last->dir != sa->dir && is_near(ctl, sa, last)) {
			pair_make(ctl, sa, last);
			last = NULL;
		} else {
			last = sa;
		}
	}
}

/* --- proof --- */

/* Once proven it stays so. */
static bool
is_proven(struct ctl *ctl, const struct sa_ctl *sa)
{
	struct ctl_sa_note *note = &ctl->note[sa->id];

	if (note->proven)
		return true;
	if (note->partner != 0 && counter_sum(sa->counters, note->partner, SA_CNT_PACKETS) != 0)
		note->proven = true;
	else if (timeout_ms(ctl) != 0 &&
			clock_diff(clock_mono_ms(), sa->created_ms) >= timeout_ms(ctl))
		note->proven = true;
	return note->proven;
}

static void
wait_enter(struct ctl *ctl, const struct sa_ctl *sa)
{
	struct ctl_sa_note *note = &ctl->note[sa->id];

	if (note->waits)
		return;
	note->waits = true;
	note->wait_prev = 0;
	note->wait_next = ctl->waiting;
	if (ctl->waiting != 0)
		ctl->note[ctl->waiting].wait_prev = sa->id;
	ctl->waiting = sa->id;
}

static void
wait_leave(struct ctl *ctl, uint32_t id)
{
	struct ctl_sa_note *note = &ctl->note[id];

	if (!note->waits)
		return;
	note->waits = false;
	if (note->wait_next != 0)
		ctl->note[note->wait_next].wait_prev = note->wait_prev;
	if (note->wait_prev != 0)
		ctl->note[note->wait_prev].wait_next = note->wait_next;
	else
		ctl->waiting = note->wait_next;
}

void
sa_rekey_leave(struct ctl *ctl, const struct sa_ctl *sa)
{
	const struct ctl_sa_note *note = &ctl->note[sa->id];
	struct ctl_sa_note *partner = &ctl->note[note->partner];

	wait_leave(ctl, sa->id);
	if (note->partner == 0)
		return;
	if (sa->dir == SA_DIR_IN)
		is_proven(ctl, partner->sa); /* the last chance to see what came */
	partner->partner = 0;
}

/* --- the choice --- */

static void
facts_get(struct ctl *ctl, const struct iface *ifp, const struct sa_ctl *sa, struct sa_facts *ret)
{
	const enum sa_fit fit = sa_out_fit(ctl, ifp, sa);

	*ret = (struct sa_facts){
		.order = sa->order,
		.usable = fit == SA_FIT_GOOD || fit == SA_FIT_SPENT,
		.spent = fit == SA_FIT_SPENT,
	};
	ret->proven = ret->usable && is_proven(ctl, sa);
}

struct sa_ctl *
sa_rekey_better(struct ctl *ctl, const struct iface *ifp, struct sa_ctl *now, struct sa_ctl *sa)
{
	const enum sa_prefer prefer = sa_prefer(ctl);
	struct sa_facts a, b;

	facts_get(ctl, ifp, now, &a);
	facts_get(ctl, ifp, sa, &b);
	if (prefer == SA_PREFER_PROVEN && a.usable && b.usable) {
		if (!a.proven)
			wait_enter(ctl, now);
		if (!b.proven)
			wait_enter(ctl, sa);
	}
	return sa_is_better(prefer, &b, &a) ? sa : now;
}

struct sa_ctl *
sa_rekey_choose(struct ctl *ctl, const struct iface *ifp)
{
	const enum sa_prefer prefer = sa_prefer(ctl);
	struct sa_ctl *sa, *iter = NULL, *best = NULL;
	struct sa_facts facts;

	while ((sa = sadb_next_of(ctl->sadb, &ifp->local, &ifp->remote, ifp->reqid, &iter)) !=
			NULL) {
		if (best == NULL) {
			facts_get(ctl, ifp, sa, &facts);
			best = facts.usable ? sa : NULL;
		} else {
			best = sa_rekey_better(ctl, ifp, best, sa);
		}
		if (best != NULL && prefer == SA_PREFER_OLDEST && !ctl->note[best->id].exhausted)
			break; /* they come oldest first */
	}
	return best;
}

void
ctl_if_foreach_sa_out(struct ctl *ctl, const struct iface *ifp,
		void (*cb)(const struct sa_ctl *sa, enum sa_verdict verdict, void *arg), void *arg)
{
	const enum sa_prefer prefer = sa_prefer(ctl);
	const struct sa_ctl *chosen = ifp->sa_out == NULL ? NULL : ifp->sa_out->ctl;
	struct sa_ctl *sa, *iter = NULL;
	struct sa_facts of_chosen, facts;

	ctl_assert_thread();
	if (chosen != NULL)
		facts_get(ctl, ifp, chosen, &of_chosen);
	while ((sa = sadb_next_of(ctl->sadb, &ifp->local, &ifp->remote, ifp->reqid, &iter)) !=
			NULL) {
		facts_get(ctl, ifp, sa, &facts);
		cb(sa, sa_verdict(prefer, &facts, chosen == NULL ? NULL : &of_chosen), arg);
	}
}

void
sa_rekey_poll(struct ctl *ctl)
{
	struct err err = { 0 };
	struct sa_ctl *sa;
	struct iface *ifp;
	struct sa *before;
	uint32_t id, next;

	for (id = ctl->waiting; id != 0; id = next) {
		next = ctl->note[id].wait_next;
		sa = ctl->note[id].sa;
		ifp = iface_at(ctl->ifaces, sa->iface);
		if (ifp != NULL && !is_proven(ctl, sa))
			continue;
		wait_leave(ctl, id);
		if (ifp == NULL)
			continue;
		before = ifp->sa_out;
		sa_bind_refresh(ctl, ifp);
		if (ifp->sa_out == before)
			continue;
		log_debug("%s: sends with spi %u now", ifp->name, sa->prm.spi);
		if (iface_publish(ctl->ifaces, ifp, &err) != 0)
			log_error("%s", err.msg);
	}
}
