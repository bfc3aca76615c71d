/* SPDX-License-Identifier: BSD-3-Clause */
/* What runs, as data: counters, policies, where an SA runs. Formatting is for the CLI. */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include <rte_cycles.h>

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

/* Wall clock second of a good packet that was seen @p tsc cycles after boot. */
static uint64_t
wall_clock_of(uint64_t tsc)
{
	const uint64_t now = rte_get_timer_cycles();
	const uint64_t ago = tsc < now ? (now - tsc) / rte_get_timer_hz() : 0;

	return (uint64_t)time(NULL) - ago;
}

void
ctl_sa_counts(struct ctl *ctl, const struct sa_ctl *sa, struct ctl_sa_counts *ret_counts)
{
	const struct counter_table *t = sa->counters;
	struct sa_progress progress;
	uint64_t last = 0;
	uint32_t i;

	ctl_assert_thread();
	ret_counts->packets = counter_sum(t, sa->id, SA_CNT_PACKETS);
	ret_counts->bytes = counter_sum(t, sa->id, SA_CNT_BYTES);
	ret_counts->auth_failed = counter_sum(t, sa->id, SA_CNT_AUTH);
	ret_counts->replayed = counter_sum(t, sa->id, SA_CNT_REPLAY);
	ret_counts->errors = counter_sum(t, sa->id, SA_CNT_ERRORS);
	/* a row that was another SA's before keeps that one's time until the first packet */
	for (i = 0; i < t->nb_copies && ret_counts->packets != 0; i++)
		last = RTE_MAX(last, counter_row(t, i, sa->id)[SA_CNT_LAST_USE]);
	ret_counts->last_use_s = last == 0 ? 0 : wall_clock_of(last);
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
