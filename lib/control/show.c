/* SPDX-License-Identifier: BSD-3-Clause */
/* What runs, as data: counters, policies, where an SA runs. Formatting is for the CLI. */
#include <errno.h>
#include <stdio.h>

#include "base/clock.h"
#include "control/ctl.h"
#include "ipsec/sa_progress.h"

/* --- policies --- */

/* As FreeBSD keeps them: in IPv4, out IPv4, in IPv6, out IPv6. */
bool
ctl_policy_at(struct ctl *ctl, const struct iface *ifp, unsigned int i,
		struct ctl_policy *ret_policy)
{
	struct ctl_policy p = { 0 };

	(void)ctl;
	ctl_assert_thread();
	if (ifp->kind != IFACE_IPSEC || i >= RTE_DIM(ifp->policy_id) || ifp->policy_id[i] == 0)
		return false;
	p.id = ifp->policy_id[i];
	p.reqid = ifp->reqid;
	p.out = i % 2 == 1;
	p.ip6 = i >= 2;
	p.src = p.out ? ifp->local : ifp->remote;
	p.dst = p.out ? ifp->remote : ifp->local;
	p.iface = ifp->index;
	snprintf(p.interface, sizeof(p.interface), "%s", ifp->name);
	*ret_policy = p;
	return true;
}

void
ctl_policy_foreach(
		struct ctl *ctl, void (*cb)(const struct ctl_policy *policy, void *arg), void *arg)
{
	const struct iface *ifp;
	struct ctl_policy p;
	unsigned int i;

	ctl_assert_thread();
	for (ifp = iface_next(ctl->ifaces, NULL); ifp != NULL; ifp = iface_next(ctl->ifaces, ifp))
		for (i = 0; ctl_policy_at(ctl, ifp, i, &p); i++)
			cb(&p, arg);
}

/* --- counters --- */

/*
 * When the last good packet was seen, 0: none was yet. Workers note the TSC; what is said of it here never lies before the SA was made
 * or in the future, whatever becomes of a TSC.
 */
static uint64_t
last_use_s(const struct sa_ctl *sa, uint64_t now_ms)
{
	const struct counter_table *t = sa->counters;
	uint64_t tsc, ago_ms = clock_diff(now_ms, sa->created_ms);
	uint32_t i;

	/* a row that was another SA's before keeps that one's time until the first packet */
	if (counter_sum(t, sa->id, SA_CNT_LAST_USE) == 0)
		return 0;
	for (i = 0; i < t->nb_copies; i++) {
		tsc = __atomic_load_n(
				&counter_row(t, i, sa->id)[SA_CNT_LAST_USE], __ATOMIC_RELAXED);
		if (tsc != 0)
			ago_ms = RTE_MIN(ago_ms, clock_tsc_age_ms(tsc));
	}
	return clock_wall_s_at(now_ms - ago_ms);
}

void
ctl_sa_counts(struct ctl *ctl, const struct sa_ctl *sa, struct ctl_sa_counts *ret_counts)
{
	const struct counter_table *t = sa->counters;
	const uint64_t now_ms = clock_mono_ms();
	struct sa_progress progress;

	ctl_assert_thread();
	ret_counts->packets = counter_sum(t, sa->id, SA_CNT_PACKETS);
	ret_counts->bytes = counter_sum(t, sa->id, SA_CNT_BYTES);
	ret_counts->auth_failed = counter_sum(t, sa->id, SA_CNT_AUTH);
	ret_counts->replayed = counter_sum(t, sa->id, SA_CNT_REPLAY);
	ret_counts->errors = counter_sum(t, sa->id, SA_CNT_ERRORS);
	ret_counts->last_use_s = last_use_s(sa, now_ms);
	ret_counts->created_s = clock_wall_s_at(sa->created_ms);
	ret_counts->age_s = clock_diff(now_ms, sa->created_ms) / 1000;
	sa_progress_get(sa, &progress);
	ret_counts->seq = progress.seq;
}

void
ctl_if_counts(struct ctl *ctl, const struct iface *ifp, struct ctl_if_counts *ret_counts)
{
	const struct counter_table *t = &ctl->ifaces->counters;

	ctl_assert_thread();
	ret_counts->ipackets = counter_sum(t, ifp->index, IF_CNT_IPACKETS);
	ret_counts->ibytes = counter_sum(t, ifp->index, IF_CNT_IBYTES);
	ret_counts->ierrors = counter_sum(t, ifp->index, IF_CNT_IERRORS);
	ret_counts->idrops = counter_sum(t, ifp->index, IF_CNT_IDROPS);
	ret_counts->opackets = counter_sum(t, ifp->index, IF_CNT_OPACKETS);
	ret_counts->obytes = counter_sum(t, ifp->index, IF_CNT_OBYTES);
	ret_counts->oerrors = counter_sum(t, ifp->index, IF_CNT_OERRORS);
	ret_counts->odrops = counter_sum(t, ifp->index, IF_CNT_ODROPS);
}

int
ctl_port_stats(struct ctl *ctl, const struct iface *ifp, struct port_stats *ret_stats)
{
	ctl_assert_thread();
	return ifp->kind == IFACE_PORT ? ctl->port_ops->stats(ifp->port_id, ret_stats) : -EINVAL;
}

int
ctl_port_link(struct ctl *ctl, const struct iface *ifp, bool *ret_up, uint32_t *ret_mbps)
{
	ctl_assert_thread();
	return ifp->kind == IFACE_PORT ? ctl->port_ops->link(ifp->port_id, ret_up, ret_mbps)
				       : -EINVAL;
}

void
ctl_clear_counters(struct ctl *ctl)
{
	ctl_assert_thread();
	counter_clear_all(&ctl->ifaces->counters);
	dp_clear_drops(ctl->dp);
	dp_clear_workers(ctl->dp);
}

void
ctl_sa_where(struct ctl *ctl, const struct sa_ctl *sa, char *buf, unsigned int size)
{
	const struct engine *e = sa->engine;

	ctl_assert_thread();
	if (e == NULL)
		snprintf(buf, size, "nothing yet (larval)");
	else if (sa->sa == NULL)
		snprintf(buf, size, "%s (no interface claims it)", e->ops->name);
	else
		snprintf(buf, size, "%s %s", e->ops->name, e->ops->session_device(e, sa->sa));
}
