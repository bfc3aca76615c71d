/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How old what a state file says is (ADR 24). An SA's age at the save stands in the file. What is not there is how long nobody counted:
 * of one boot the kernel's own clock says it, however the wall clock was set meanwhile; after a reboot only the wall clock could, and
 * it is believed for a day at most. Where it is not, the time between counts as none: an SA lives longer by what the machine was down,
 * which is better than that a wrongly set clock ends all of them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "config/state.h"
#include "control/ctl.h"

#define FUTURE_S 60      /* clocks of two runs may differ by so much */
#define BELIEVED_S 86400 /* the most that a machine is down according to the wall clock alone */

/* --- reading --- */

static char *
time_str(uint64_t wall_s, char buf[32])
{
	const time_t t = (time_t)wall_s;
	struct tm tm;

	if (localtime_r(&t, &tm) == NULL || strftime(buf, 32, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		(void)snprintf(buf, 32, "%" PRIu64, wall_s);
	return buf;
}

/* Does the kernel's clock still run that the file was saved by? A machine put back to a snapshot has the same boot, and less time since. */
static bool
is_same_boot(const struct cfg_state *from)
{
	return from->boot[0] != '\0' && strcmp(from->boot, clock_boot_id()) == 0 &&
			from->uptime_ms <= clock_boot_ms();
}

/* Seconds from the save to now by the wall clock; less than 0: it is in the future. */
static int64_t
wall_down_s(const struct cfg_state *from)
{
	return (int64_t)(clock_wall_s() - from->saved_s);
}

static uint64_t
down_ms(const char *file, const struct cfg_state *from, const char *at)
{
	const int64_t wall_s = wall_down_s(from);
	uint64_t ms = 0;

	if (is_same_boot(from)) {
		ms = clock_boot_ms() - from->uptime_ms;
		if (llabs(wall_s - (int64_t)(ms / 1000)) > FUTURE_S)
			log_notice("state: the wall clock has been set since %s was saved, by "
				   "%" PRId64 " s: ages of SAs do not follow it",
					file, wall_s - (int64_t)(ms / 1000));
	} else if (wall_s < -FUTURE_S) {
		log_warning("state: %s was saved at %s, which is in the future: numbers and "
			    "windows are taken, SAs are as old as they were then",
				file, at);
	} else if (wall_s > BELIEVED_S) {
		log_warning("state: %s was saved at %s, more than a day ago by the wall clock "
			    "alone: "
			    "numbers and windows are taken, SAs are as old as they were then",
				file, at);
	} else if (wall_s > 0) {
		ms = (uint64_t)wall_s * 1000;
	}
	return ms;
}

uint64_t
state_time_of(const char *file, const struct cfg_state *from)
{
	char at[32];
	uint64_t down;

	down = down_ms(file, from, time_str(from->saved_s, at));
	if (from->running)
		log_warning("state: %s was saved at %s while packets went on: outbound numbers go "
			    "on behind those that were reserved, but packets received after that "
			    "can be replayed",
				file, at);
	log_notice("state: %s, saved at %s, has %u SAs", file, at, from->nb_sas);
	return clock_mono_ms() - down;
}

/*
 * Files of earlier versions have no ages, only two readings of a wall clock that may have been set between them. What was saved was
 * alive, so it was younger than its hard lifetime, and as old as its first use at least, which was reckoned from a steady clock.
 */
static uint64_t
age_by_wall_ms(const struct cfg_state *from, const struct cfg_state_sa *sa, uint64_t use_ms,
		uint64_t hard_ms)
{
	const uint64_t since_s = clock_diff(from->saved_s, sa->created_s);
	const uint64_t since_ms = RTE_MIN(since_s, CLOCK_AGE_MAX_MS / 1000) * 1000;
	const uint64_t age = RTE_MAX(use_ms, since_ms);

	if (hard_ms == 0 || age < hard_ms)
		return age;
	return use_ms < hard_ms ? use_ms : 0;
}

void
state_time_sa(const struct cfg_state *from, uint64_t from_ms, const struct cfg_state_sa *sa,
		uint64_t hard_s, struct sa_progress *ret)
{
	uint64_t age = sa->age_ms, use = sa->use_age_ms;

	if (!sa->has_age) {
		const uint64_t hard = RTE_MIN(hard_s, CLOCK_AGE_MAX_MS / 1000) * 1000;
		const uint64_t since_s = clock_diff(from->saved_s, sa->first_use_s);

		use = sa->first_use_s == 0 ? 0 : RTE_MIN(since_s, CLOCK_AGE_MAX_MS / 1000) * 1000;
		age = age_by_wall_ms(from, sa, use, hard);
	}
	ret->created_ms = from_ms - RTE_MIN(age, CLOCK_AGE_MAX_MS);
	ret->first_use_ms = sa->first_use_s == 0 ? 0 : from_ms - RTE_MIN(use, CLOCK_AGE_MAX_MS);
}

/* --- writing --- */

void
state_time_put(struct cfg_state *to)
{
	to->saved_s = clock_wall_s();
	(void)snprintf(to->boot, sizeof(to->boot), "%s", clock_boot_id());
	to->uptime_ms = clock_boot_ms();
}

void
state_time_put_sa(struct cfg_state_sa *to, const struct sa_progress *p)
{
	const uint64_t now_ms = clock_mono_ms();

	to->has_age = true;
	to->age_ms = clock_diff(now_ms, p->created_ms);
	to->created_s = clock_wall_s_at(p->created_ms);
	if (p->first_use_ms == 0)
		return;
	to->use_age_ms = clock_diff(now_ms, p->first_use_ms);
	to->first_use_s = RTE_MAX(clock_wall_s_at(p->first_use_ms), 1u);
}
