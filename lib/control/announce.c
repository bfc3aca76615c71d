/* SPDX-License-Identifier: BSD-3-Clause */
/* What happens to SAs and policies, made into events for the bus. Nothing is made while nobody listens. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "control/ctl.h"

struct events *
ctl_events(struct ctl *ctl)
{
	return ctl->events;
}

static void
sa_fill(struct ctl *ctl, const struct sa_ctl *sa, struct ipsec_event_sa *to)
{
	const struct iface *ifp = iface_at(ctl->ifaces, sa->iface);
	const struct sa_params *prm = &sa->prm;
	const uint64_t now_ms = clock_mono_ms();

	*to = (struct ipsec_event_sa){
		.src = prm->src,
		.dst = prm->dst,
		.id = sa->id,
		.spi = prm->spi,
		.reqid = prm->reqid,
		.seq = ctl->note[sa->id].seq,
		.mode = prm->mode,
		.state = sa->state,
		.dir = sa->dir,
		.iface = sa->iface,
		.enc = prm->enc,
		.auth = prm->auth,
		.enc_bits = (uint16_t)(prm->keys.enc_len * 8),
		.auth_bits = (uint16_t)(prm->keys.auth_len * 8),
		.replay_window = prm->replay_window,
		.esn = prm->esn,
		.cyclic_seq_off = prm->cyclic_seq_off,
		.pad = prm->pad,
		.natt_sport = prm->natt_sport,
		.natt_dport = prm->natt_dport,
		.soft = prm->soft,
		.hard = prm->hard,
		.created_s = clock_wall_s_at(sa->created_ms),
	};
	memcpy(to->fingerprint, sa->fingerprint, sizeof(to->fingerprint));
	if (ifp != NULL)
		snprintf(to->interface, sizeof(to->interface), "%s", ifp->name);
	to->used.seconds = clock_diff(now_ms, sa->created_ms) / 1000;
	to->used.packets = counter_sum(sa->counters, sa->id, SA_CNT_PACKETS);
	to->used.bytes = counter_sum(sa->counters, sa->id, SA_CNT_BYTES);
	if (sa->first_use_ms != 0) {
		to->used.use_seconds = clock_diff(now_ms, sa->first_use_ms) / 1000;
		to->first_use_s = clock_wall_s_at(sa->first_use_ms);
	}
}

void
announce_sa(struct ctl *ctl, enum ipsec_event_kind kind, const struct sa_ctl *sa)
{
	struct ipsec_event ev = { .kind = kind };

	if (events_wanted(ctl->events))
		sa_fill(ctl, sa, &ev.sa);
	events_publish(ctl->events, &ev);
}

void
announce_expire(struct ctl *ctl, const struct sa_ctl *sa, bool is_hard, enum ipsec_expire why)
{
	struct ipsec_event ev = { .kind = IPSEC_EVENT_EXPIRE };

	if (events_wanted(ctl->events))
		sa_fill(ctl, sa, &ev.sa);
	ev.sa.is_hard = is_hard;
	ev.sa.expire = why;
	events_publish(ctl->events, &ev);
}

void
announce_flush(struct ctl *ctl, uint32_t n)
{
	const struct ipsec_event ev = { .kind = IPSEC_EVENT_FLUSH, .flushed = n };

	events_publish(ctl->events, &ev);
}

unsigned int
policies_of(struct ctl *ctl, const struct iface *ifp,
		struct ctl_policy ret_policies[CTL_IF_POLICIES])
{
	unsigned int i;

	for (i = 0; i < CTL_IF_POLICIES && ctl_policy_at(ctl, ifp, i, &ret_policies[i]); i++)
		;
	return i;
}

void
announce_policies(struct ctl *ctl, enum ipsec_event_kind kind, const struct ctl_policy *policies,
		unsigned int n)
{
	struct ipsec_event ev = { .kind = kind };
	unsigned int i;

	for (i = 0; i < n; i++) {
		const struct ctl_policy *p = &policies[i];

		ev.policy = (struct ipsec_event_policy){ .id = p->id,
			.out = p->out,
			.ip6 = p->ip6,
			.src = p->src,
			.dst = p->dst,
			.reqid = p->reqid,
			.iface = p->iface };
		memcpy(ev.policy.interface, p->interface, sizeof(ev.policy.interface));
		events_publish(ctl->events, &ev);
	}
}

void
announce_policies_change(struct ctl *ctl, const struct iface *ifp, const struct ctl_policy *before,
		unsigned int nb_before)
{
	struct ctl_policy now[CTL_IF_POLICIES];

	announce_policies(ctl, IPSEC_EVENT_X_SPDADD, now, policies_of(ctl, ifp, now));
	announce_policies(ctl, IPSEC_EVENT_X_SPDDELETE, before, nb_before);
}

void
ctl_policy_flush(struct ctl *ctl)
{
	const struct ipsec_event ev = { .kind = IPSEC_EVENT_X_SPDFLUSH };

	ctl_assert_thread();
	events_publish(ctl->events, &ev);
}
