/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A configuration made to run, all of it or nothing (ADR 19): check everything that can be known first, work out the difference to what
 * runs, make it in one batch, and on a mistake make the difference back. SAs that go are put aside till it is over, so that the way back
 * finds them as they were. `load -confirm` keeps that way open until `confirm`, and takes it by itself when that does not come.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "config/index.h"
#include "control/ctl.h"
#include "control/ctl_config.h"

struct ctl_pending {
	struct cfg *before, *after; /* what ran when it was loaded, and behind that */
	uint64_t deadline_ms;
	char what[CFG_PATH_MAX];
};

/* --- there and back --- */

/* The difference from what runs now to what ran before. It was possible once, so a mistake is a surprise: it is logged. */
static void
put_back(struct ctl *ctl, const struct cfg *old)
{
	struct cfg_errors errors = { 0 };
	struct plan plan = { 0 };
	struct err err = { 0 };
	struct cfg *now = ctl_snapshot(ctl, &err);
	unsigned int i;

	if (now == NULL || plan_create(ctl, now, old, &plan, &err) != 0) {
		log_error("configuration: can not be put back: %s", err.msg);
		cfg_free(now);
		return;
	}
	(void)apply_plan(ctl, &plan, &errors);
	for (i = 0; i < errors.n; i++)
		log_error("configuration: put back: %s", errors.list[i].msg);
	plan_destroy(&plan);
	cfg_free(now);
	cfg_errors_free(&errors);
}

/* The difference between what runs and what is wanted. Both are the caller's to free. */
static int
prepare(struct ctl *ctl, const struct cfg *want, struct plan *ret_plan, struct cfg **ret_old,
		struct cfg_errors *errors)
{
	const unsigned int before = errors->n;
	struct err err = { 0 };
	struct cfg *old;

	if (ctl_check(want, errors) != 0)
		return -errors->list[before].code;
	old = ctl_snapshot(ctl, &err);
	if (old == NULL || plan_create(ctl, old, want, ret_plan, &err) != 0) {
		cfg_free(old);
		cfg_errors_add(errors, err.code, "", "%s", err.msg);
		return -err.code;
	}
	*ret_old = old;
	return 0;
}

/* What ran before goes to @p ret_old where that is given; it is freed otherwise. SAs that went stay put aside then. */
static int
apply(struct ctl *ctl, const struct cfg *cfg, struct cfg **ret_old, struct cfg_errors *errors)
{
	struct plan plan = { 0 };
	struct cfg *old = NULL;
	int rc;

	rc = prepare(ctl, cfg, &plan, &old, errors);
	if (rc != 0)
		return rc;
	rc = apply_check(ctl, &plan, errors);
	if (rc == 0) {
		ctl_batch_begin(ctl);
		rc = apply_plan(ctl, &plan, errors);
		if (rc != 0)
			put_back(ctl, old);
		if (rc != 0 || ret_old == NULL)
			ctl_sa_aside_end(ctl);
		ctl_batch_end(ctl);
	}
	plan_destroy(&plan);
	if (rc == 0 && ret_old != NULL)
		*ret_old = old;
	else
		cfg_free(old);
	return rc;
}

static int
refuse_while_pending(const struct ctl *ctl, struct cfg_errors *errors)
{
	struct ctl_pending_info info;

	if (!ctl_confirm_info(ctl, &info))
		return 0;
	cfg_errors_add(errors, EBUSY, "",
			"configuration: the load of %.100s waits for confirm, %u s are left "
			"(confirm, or confirm -back)",
			info.what, info.seconds_left);
	return -EBUSY;
}

int
ctl_apply(struct ctl *ctl, const struct cfg *cfg, struct cfg_errors *errors)
{
	int rc;

	ctl_assert_thread();
	rc = refuse_while_pending(ctl, errors);
	return rc != 0 ? rc : apply(ctl, cfg, NULL, errors);
}

int
ctl_diff(struct ctl *ctl, const struct cfg *cfg, void (*line)(const char *text, void *arg),
		void *arg, struct cfg_errors *errors)
{
	struct plan plan = { 0 };
	struct cfg *old = NULL;
	unsigned int i;
	int rc;

	ctl_assert_thread();
	rc = prepare(ctl, cfg, &plan, &old, errors);
	if (rc != 0)
		return rc;
	for (i = 0; i < plan.n; i++) {
		char text[512];

		plan_describe(ctl, &plan, &plan.items[i], text, sizeof(text));
		line(text, arg);
	}
	plan_destroy(&plan);
	cfg_free(old);
	return 0;
}

/* --- until confirmed --- */

static void
pending_free(struct ctl_pending *p)
{
	if (p == NULL)
		return;
	cfg_free(p->before);
	cfg_free(p->after);
	free(p);
}

int
ctl_apply_unless(struct ctl *ctl, const struct cfg *cfg, const char *what, uint32_t seconds,
		struct cfg_errors *errors)
{
	struct ctl_pending *p;
	struct err err = { 0 };
	int rc;

	ctl_assert_thread();
	rc = refuse_while_pending(ctl, errors);
	if (rc != 0)
		return rc;
	p = calloc(1, sizeof(*p));
	if (p == NULL) {
		cfg_errors_add(errors, ENOMEM, "", "configuration: out of memory");
		return -ENOMEM;
	}
	(void)snprintf(p->what, sizeof(p->what), "%s", what);
	rc = apply(ctl, cfg, &p->before, errors);
	if (rc != 0) {
		pending_free(p);
		return rc;
	}
	p->deadline_ms = clock_mono_ms() + UINT64_C(1000) * seconds;
	ctl->pending = p;
	p->after = ctl_snapshot(ctl, &err);
	if (p->after == NULL) {
		(void)ctl_confirm_back(ctl, NULL);
		cfg_errors_add(errors, err.code, "", "%s", err.msg);
		return -err.code;
	}
	log_notice("%s: loaded, goes back in %" PRIu32 " s unless it is confirmed", what, seconds);
	return 0;
}

bool
ctl_confirm_info(const struct ctl *ctl, struct ctl_pending_info *ret_info)
{
	const struct ctl_pending *p = ctl->pending;
	const uint64_t now = clock_mono_ms();

	if (p == NULL)
		return false;
	ret_info->what = p->what;
	ret_info->seconds_left = (uint32_t)(p->deadline_ms > now
					? (p->deadline_ms - now + 999) / 1000
					: 0);
	return true;
}

int
ctl_confirm(struct ctl *ctl, struct err *err)
{
	ctl_assert_thread();
	if (ctl->pending == NULL)
		return err_set(err, ENOENT, "confirm: no load waits for it");
	log_notice("%s: confirmed", ctl->pending->what);
	ctl_confirm_forget(ctl);
	return 0;
}

void
ctl_confirm_forget(struct ctl *ctl)
{
	pending_free(ctl->pending);
	ctl->pending = NULL;
	ctl_sa_aside_end(ctl);
}

/* SAs by what names them. NULL: no memory. */
struct sa_name {
	struct ip_addr dst;
	uint32_t spi;
};

static struct sa_name
sa_name(const struct cfg_sa *sa)
{
	const struct sa_name name = { sa->dst, sa->spi };

	return name;
}

static struct cfg_index *
sas_index(const struct cfg *cfg)
{
	struct cfg_index *index = cfg_index_create(cfg->nb_sas, sizeof(struct sa_name));
	unsigned int i, twice;

	for (i = 0; i < cfg->nb_sas && index != NULL; i++) {
		const struct sa_name name = sa_name(&cfg->sas[i]);

		(void)cfg_index_put(index, &name, i, &twice);
	}
	return index;
}

struct merging {
	const struct cfg *before, *after, *now;
	struct cfg_index *in_before, *in_after, *in_now; /* NULL without @p after, @p now */
};

static bool
has(const struct cfg_index *index, const struct cfg_sa *sa, unsigned int *ret_at)
{
	const struct sa_name name = sa_name(sa);

	return cfg_index_find(index, &name, ret_at);
}

/*
 * Keys are exchanged while a load waits: only those SAs go back that it touched. What it added goes, what it removed comes back unless
 * there is another one of the name now, what it changed is changed back if it is still there. All others stay as they are now.
 */
static unsigned int
sas_merge(const struct merging *m, struct cfg_sa *to)
{
	unsigned int i, k, n = 0;

	for (i = 0; i < m->now->nb_sas; i++) {
		const struct cfg_sa *sa = &m->now->sas[i];
		const bool was_after = has(m->in_after, sa, &k);

		if (has(m->in_before, sa, &k))
			to[n++] = was_after ? m->before->sas[k] : *sa;
		else if (!was_after)
			to[n++] = *sa;
	}
	for (i = 0; i < m->before->nb_sas; i++) {
		const struct cfg_sa *sa = &m->before->sas[i];

		if (!has(m->in_after, sa, &k) && !has(m->in_now, sa, &k))
			to[n++] = *sa;
	}
	return n;
}

/* @p p->before gets the SAs that it shall have. 0 or -ENOMEM. */
static int
target_make(struct ctl *ctl, struct ctl_pending *p)
{
	struct err err = { 0 };
	struct cfg *now = ctl_snapshot(ctl, &err);
	struct merging m = { .before = p->before, .after = p->after, .now = now };
	struct cfg_sa *sas = NULL;
	int rc = -ENOMEM;

	if (now == NULL)
		return rc;
	m.in_before = sas_index(m.before);
	m.in_after = sas_index(m.after);
	m.in_now = sas_index(m.now);
	if (m.in_before != NULL && m.in_after != NULL && m.in_now != NULL)
		sas = calloc((size_t)now->nb_sas + p->before->nb_sas + 1, sizeof(*sas));
	if (sas != NULL) {
		const unsigned int n = sas_merge(&m, sas);

		if (p->before->sas != NULL)
			explicit_bzero(p->before->sas, p->before->nb_sas * sizeof(*sas));
		free(p->before->sas);
		p->before->sas = sas;
		p->before->nb_sas = n;
		rc = 0;
	}
	cfg_index_destroy(m.in_before);
	cfg_index_destroy(m.in_after);
	cfg_index_destroy(m.in_now);
	cfg_free(now);
	return rc;
}

int
ctl_confirm_back(struct ctl *ctl, struct err *err)
{
	struct ctl_pending *p = ctl->pending;
	struct cfg_errors errors = { 0 };
	unsigned int i;
	int rc;

	ctl_assert_thread();
	if (p == NULL)
		return err_set(err, ENOENT, "confirm: no load waits for it");
	ctl->pending = NULL;
	rc = p->after == NULL ? 0 : target_make(ctl, p);
	if (rc == 0)
		rc = apply(ctl, p->before, NULL, &errors);
	for (i = 0; i < errors.n; i++)
		log_error("%s: going back: %s", p->what, errors.list[i].msg);
	if (rc == 0)
		log_notice("%s: gone back to what ran before", p->what);
	else
		err_set(err, -rc, "%.100s: can not go back, %s", p->what,
				errors.n == 0 ? "out of memory" : errors.list[0].msg);
	cfg_errors_free(&errors);
	ctl_sa_aside_end(ctl);
	pending_free(p);
	return rc;
}

void
ctl_confirm_tick(struct ctl *ctl, uint64_t now_ms)
{
	struct err err = { 0 };

	if (ctl->pending == NULL || now_ms < ctl->pending->deadline_ms)
		return;
	log_warning("%s: not confirmed in time", ctl->pending->what);
	if (ctl_confirm_back(ctl, &err) != 0)
		log_error("%s", err.msg);
}
