/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whole configurations, between the files that do them: check.c (what can be known without devices), snapshot.c (what runs),
 * plan.c (the difference as data), apply.c (the difference made). Nothing outside lib/control includes it.
 */
#ifndef CONTROL_CTL_CONFIG_H
#define CONTROL_CTL_CONFIG_H

#include "control/control.h"

/* --- check.c --- */

/** The way back from ctl_sa_params(): names in their first form. Keys are copied; the caller wipes. */
void ctl_sa_to_cfg(const struct sa_params *prm, struct cfg_sa *ret_sa);
/** Enter @p err as a mistake at @p path, or at the member of it that err->path names. */
void ctl_config_mistake(struct cfg_errors *errors, const char *path, const struct err *err);

/* --- plan.c --- */

enum plan_kind {
	PLAN_PORT,
	PLAN_NEIGHBOR,
	PLAN_IPSEC,
	PLAN_ROUTE,
	PLAN_SA,
	PLAN_ENGINE,
	PLAN_STATE,
	PLAN_SYSCTL
};

struct plan_item {
	enum plan_kind kind;
	char op;           /* '+', '-', '~' */
	unsigned int old;  /* place in its list of plan->old, for '-' and '~' */
	unsigned int want; /* in plan->want, for '+' and '~'. PLAN_SYSCTL: number of the sysctl */
	int64_t value;     /* PLAN_SYSCTL: what it shall be */
};

/** What it takes to get from one configuration to another. */
struct plan {
	const struct cfg *old, *want; /* borrowed */
	struct plan_item *
			items; /* by kind, removals of each first, else in the order of the lists */
	unsigned int n;
};

/** Compare. @p want has passed ctl_check(). 0 or -ENOMEM with @p err. */
int plan_create(struct ctl *ctl, const struct cfg *old, const struct cfg *want,
		struct plan *ret_plan, struct err *err);
void plan_destroy(struct plan *plan);
/** An item as a line: "+ ipsec ipsec7 ...". @p buf of @p size bytes. */
void plan_describe(struct ctl *ctl, const struct plan *plan, const struct plan_item *item,
		char *buf, unsigned int size);

/* --- apply.c --- */

/** What must be known of the running gateway before anything is changed. 0, or -errno with all mistakes in @p errors. */
int apply_check(struct ctl *ctl, const struct plan *plan, struct cfg_errors *errors);
/** Make the difference, in one batch of the caller's. -errno: a part of it may be made. */
int apply_plan(struct ctl *ctl, const struct plan *plan, struct cfg_errors *errors);

/* --- transaction.c --- */

/** Once in a while: a load that nobody confirmed goes back. */
void ctl_confirm_tick(struct ctl *ctl, uint64_t now_ms);
/** At the end of the program: it is forgotten. */
void ctl_confirm_forget(struct ctl *ctl);

/* --- apply_entry.c: one entry, 0 or -errno with @p err --- */

/** Remove what @p want has no more of what @p old was: addresses, the tunnel. */
int apply_ipsec_shed(struct ctl *ctl, const struct cfg_ipsec *old, const struct cfg_ipsec *want,
		struct err *err);
int apply_port_shed(struct ctl *ctl, const struct cfg_port *old, const struct cfg_port *want,
		struct err *err);
/** Make an interface that is there what it shall be. @p old NULL: it has just been made. */
int apply_ipsec_set(struct ctl *ctl, const struct cfg_ipsec *old, const struct cfg_ipsec *want,
		struct err *err);
int apply_port_set(struct ctl *ctl, const struct cfg_port *old, const struct cfg_port *want,
		struct err *err);
/** Add or change; nothing where it is so already. */
int apply_neighbor_set(struct ctl *ctl, const struct cfg_neighbor *want, struct err *err);
int apply_route_set(struct ctl *ctl, const struct cfg_route *want, struct err *err);
int apply_sa_set(struct ctl *ctl, const struct cfg_sa *want, struct err *err);
/** Where the keys stay it goes on counting. */
int apply_sa_replace(struct ctl *ctl, const struct cfg_sa *old, const struct cfg_sa *want,
		struct err *err);
/** Put it aside, for as long as the transaction can go back. 0 as well when its lifetime has passed since. */
int apply_sa_remove(struct ctl *ctl, const struct cfg_sa *old, struct err *err);

#endif
