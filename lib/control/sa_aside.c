/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SAs put aside: out of every table, so that nobody uses them, but alive with session, numbers and counters, until a transaction that may
 * still go back is over (ADR 19). To whoever listens they are deleted, and added when they come back.
 */
#include "control/ctl.h"

int
ctl_sa_put_aside(struct ctl *ctl, struct sa_ctl *sa, struct err *err)
{
	const int rc = iface_prepare(ctl->ifaces, err);

	if (rc != 0)
		return rc;
	announce_sa(ctl, IPSEC_EVENT_DELETE, sa);
	sa_unbind(ctl, sa);
	ctl_sa_note_leave(ctl, sa);
	sadb_detach(ctl->sadb, sa);
	sa->aside = ctl->aside;
	ctl->aside = sa;
	return 0;
}

struct sa_ctl *
ctl_sa_aside_find(struct ctl *ctl, const struct ip_addr *dst, uint32_t spi)
{
	struct sa_ctl *sa;

	/* the last one put aside first */
	for (sa = ctl->aside; sa != NULL; sa = sa->aside)
		if (sa->prm.spi == spi && ip_equal(&sa->prm.dst, dst))
			return sa;
	return NULL;
}

static void
leave(struct ctl *ctl, struct sa_ctl *sa)
{
	struct sa_ctl **link = &ctl->aside;

	while (*link != sa)
		link = &(*link)->aside;
	*link = sa->aside;
	sa->aside = NULL;
}

int
ctl_sa_take_back(struct ctl *ctl, struct sa_ctl *sa, struct err *err)
{
	int rc = sadb_attach(ctl->sadb, sa, err);

	if (rc != 0)
		return rc;
	leave(ctl, sa);
	ctl_sa_note_enter(ctl, sa);
	rc = sa_bind(ctl, sa, err);
	if (rc != 0) {
		ctl_sa_drop(ctl, sa);
		return rc;
	}
	ctl_sa_serves(ctl, sa);
	announce_sa(ctl, IPSEC_EVENT_ADD, sa);
	return 0;
}

void
ctl_sa_aside_end(struct ctl *ctl)
{
	struct sa_ctl *sa;

	while ((sa = ctl->aside) != NULL) {
		leave(ctl, sa);
		ctl_sa_state_set(sa, SA_DEAD);
		sadb_free_detached(ctl->sadb, sa);
	}
}
