/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sequence numbers and replay windows across restarts (ADR 20). A state file is read before the first SA is made; an SA that is added with
 * the ends, SPI and keys of an entry goes on from it. While the program runs the file holds, of outbound SAs, a number that none will
 * have reached before it is written again: a crash costs numbers, not packets. At the end it holds what was.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "config/index.h"
#include "config/state.h"
#include "control/ctl.h"

#define SECONDS_DEFAULT 60
/*
 * Numbers reserved at a time. It is looked at every second whether half of them are left: one SA would have to send 16 million
 * packets in a second to overtake that. A crash takes 1/128 of all numbers from an SA without ESN.
 */
#define AHEAD (UINT64_C(1) << 25)
#define AHEAD_ESN (UINT64_C(1) << 28)

/* What names an entry; no padding. */
struct identity {
	struct ip_addr src, dst;
	uint32_t spi;
};

struct ctl_state {
	char file[CFG_PATH_MAX];   /* "": none */
	char wanted[CFG_PATH_MAX]; /* of the configuration; --state comes first */
	bool fixed;                /* file is that of --state */
	uint32_t seconds;          /* as set; 0: the default */
	uint64_t next_save_ms;
	uint64_t saved_ms;      /* clock_mono_ms(), 0: not yet */
	bool failing;           /* the last write did not work, and that was said */
	struct cfg_state *from; /* NULL, or what SAs that come go on from */
	uint64_t from_ms;       /* clock_mono_ms() at which it was saved */
	struct cfg_index *index;
	bool *taken;
	unsigned int nb_taken, nb_fresh, nb_other_key;
};

int
ctl_state_create(struct ctl *ctl, struct err *err)
{
	ctl->state = calloc(1, sizeof(*ctl->state));
	return ctl->state != NULL ? 0 : err_set(err, ENOMEM, "control: out of memory");
}

static void
forget(struct ctl_state *s)
{
	cfg_state_free(s->from);
	cfg_index_destroy(s->index);
	free(s->taken);
	s->from = NULL;
	s->index = NULL;
	s->taken = NULL;
	s->nb_taken = 0;
}

void
ctl_state_destroy(struct ctl *ctl)
{
	if (ctl->state == NULL)
		return;
	forget(ctl->state);
	free(ctl->state);
	ctl->state = NULL;
}

/* --- reading --- */

static int
index_make(struct ctl_state *s, struct err *err)
{
	unsigned int i, twice;

	s->index = cfg_index_create(s->from->nb_sas, sizeof(struct identity));
	s->taken = calloc(s->from->nb_sas + 1u, sizeof(*s->taken));
	if (s->index == NULL || s->taken == NULL)
		return err_set(err, ENOMEM, "%s: out of memory", s->file);
	for (i = 0; i < s->from->nb_sas; i++) {
		const struct cfg_state_sa *sa = &s->from->sas[i];
		const struct identity id = { sa->src, sa->dst, sa->spi };

		if (!cfg_index_put(s->index, &id, i, &twice))
			return err_set(err, EBADMSG, "%s: sa %s spi %" PRIu32 " is in it twice",
					s->file, ip_str(&sa->dst), sa->spi);
	}
	return 0;
}

/* A file that can not be used is no reason not to start, but it is kept for whoever wants to know. */
static void
put_aside(const struct ctl_state *s, const struct err *err)
{
	char aside[CFG_PATH_MAX + 16];

	log_error("state: %s: nothing of it is used", err->msg);
	if (err->code != EBADMSG && err->code != EFBIG)
		return;
	(void)snprintf(aside, sizeof(aside), "%s.damaged", s->file);
	if (rename(s->file, aside) == 0)
		log_error("state: it is now %s", aside);
}

static void
state_read(struct ctl_state *s)
{
	struct err err = { 0 };

	forget(s);
	s->from = cfg_state_read(s->file, &err);
	if (s->from != NULL && index_make(s, &err) == 0) {
		s->from_ms = state_time_of(s->file, s->from);
		return;
	}
	forget(s);
	if (err.code == ENOENT)
		log_notice("state: %s is not there yet", s->file);
	else
		put_aside(s, &err);
}

/* --- setting --- */

static int
state_use(struct ctl *ctl, const char *file, struct err *err)
{
	struct ctl_state *s = ctl->state;
	char before[CFG_PATH_MAX];
	int rc = 0;

	if (strcmp(s->file, file) == 0)
		return 0;
	memcpy(before, s->file, sizeof(before));
	(void)snprintf(s->file, sizeof(s->file), "%s", file);
	s->next_save_ms = 0;
	s->failing = false;
	if (s->file[0] == '\0')
		forget(s);
	else if (!ctl->started)
		state_read(s);
	else
		rc = ctl_state_save(ctl, s->file, err); /* can it be written? */
	if (rc != 0)
		memcpy(s->file, before, sizeof(before));
	return rc;
}

int
ctl_set_state(struct ctl *ctl, const char *file, uint32_t seconds, struct err *err)
{
	struct ctl_state *s = ctl->state;
	int rc;

	ctl_assert_thread();
	rc = s->fixed ? 0 : state_use(ctl, file, err);
	if (rc != 0)
		return rc;
	(void)snprintf(s->wanted, sizeof(s->wanted), "%s", file);
	s->seconds = seconds == SECONDS_DEFAULT ? 0 : seconds;
	return 0;
}

int
ctl_state_fix(struct ctl *ctl, const char *file, struct err *err)
{
	ctl_assert_thread();
	if (strlen(file) >= CFG_PATH_MAX)
		return err_set(err, ENAMETOOLONG,
				"state: the name of the file is longer than %d bytes",
				CFG_PATH_MAX - 1);
	ctl->state->fixed = true;
	return state_use(ctl, file, err);
}

const char *
ctl_state_wanted(const struct ctl *ctl, uint32_t *ret_seconds)
{
	*ret_seconds = ctl->state->seconds;
	return ctl->state->wanted;
}

/* --- SAs that go on --- */

static void
progress_of(const struct ctl_state *s, const struct cfg_state_sa *from, const struct sa_ctl *sa,
		struct sa_progress *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->dir = from->direction[0] == 'o' ? SA_DIR_OUT : SA_DIR_IN;
	ret->seq = from->sequence;
	ret->window = from->window;
	memcpy(ret->seen, from->seen, sizeof(ret->seen));
	ret->packets = from->packets;
	ret->bytes = from->bytes;
	state_time_sa(s->from, s->from_ms, from, sa->prm.hard.seconds, ret);
}

void
ctl_state_carry(struct ctl *ctl, struct sa_ctl *sa)
{
	const struct identity id = { sa->prm.src, sa->prm.dst, sa->prm.spi };
	struct ctl_state *s = ctl->state;
	struct sa_progress progress;
	struct err err = { 0 };
	unsigned int i;

	if (s->from == NULL || !cfg_index_find(s->index, &id, &i) || s->taken[i]) {
		s->nb_fresh++;
		return;
	}
	if (memcmp(s->from->sas[i].key, sa->fingerprint, sizeof(sa->fingerprint)) != 0) {
		s->nb_fresh++;
		if (s->nb_other_key++ < CTL_BATCH_WARNINGS)
			log_warning("state: sa %s spi %u has another key now than in %s: it begins "
				    "anew",
					ip_str(&sa->prm.dst), sa->prm.spi, s->file);
		return;
	}
	progress_of(s, &s->from->sas[i], sa, &progress);
	if (sa_progress_set(sa, &progress, &err) != 0) {
		s->nb_fresh++;
		log_error("sa %s spi %u: %s: it begins anew", ip_str(&sa->prm.dst), sa->prm.spi,
				err.msg);
		return;
	}
	s->taken[i] = true;
	s->nb_taken++;
}

/* --- writing --- */

struct writing {
	struct ctl *ctl;
	struct cfg_state state;
	bool keeps; /* the file that is kept: what it says is reserved */
};

/* How far ahead of what was sent, so that some are left however near the end it is. */
static uint64_t
ahead_of(const struct sa_ctl *sa, uint64_t seq)
{
	const uint64_t last = sa->prm.esn ? UINT64_MAX : UINT32_MAX;

	return RTE_MIN(sa->prm.esn ? AHEAD_ESN : AHEAD, (last - seq) / 2);
}

static bool
is_kept(const struct sa_ctl *sa)
{
	return sa->state == SA_MATURE || sa->state == SA_DYING;
}

static int
write_sa(struct sa_ctl *sa, void *arg)
{
	struct writing *w = arg;
	struct cfg_state_sa *to = &w->state.sas[w->state.nb_sas];
	struct sa_progress p;

	sa_progress_get(sa, &p);
	if (!is_kept(sa) || p.dir == SA_DIR_NONE)
		return 0;
	to->src = sa->prm.src;
	to->dst = sa->prm.dst;
	to->spi = sa->prm.spi;
	memcpy(to->key, sa->fingerprint, sizeof(to->key));
	memcpy(to->direction, p.dir == SA_DIR_OUT ? "out" : "in",
			p.dir == SA_DIR_OUT ? sizeof("out") : sizeof("in"));
	if (p.dir == SA_DIR_OUT && w->state.running)
		p.seq += ahead_of(sa, p.seq);
	if (w->keeps)
		w->ctl->note[sa->id].reserved = p.seq;
	to->sequence = p.seq;
	to->window = p.dir == SA_DIR_IN ? p.window : 0;
	memcpy(to->seen, p.seen, sizeof(to->seen));
	to->packets = p.packets;
	to->bytes = p.bytes;
	state_time_put_sa(to, &p);
	w->state.nb_sas++;
	return 0;
}

/*
 * SAs that a load has put aside come back when it is not confirmed, or after a crash with what ran before: unless there is another one of
 * the name, which the file has already. No two of them have the same name.
 */
static void
write_aside(struct writing *w)
{
	struct sa_ctl *sa;

	for (sa = w->ctl->aside; sa != NULL; sa = sa->aside)
		if (sadb_find(w->ctl->sadb, &sa->prm.dst, sa->prm.spi) == NULL)
			(void)write_sa(sa, w);
}

static unsigned int
count_aside(const struct ctl *ctl)
{
	const struct sa_ctl *sa;
	unsigned int n = 0;

	for (sa = ctl->aside; sa != NULL; sa = sa->aside)
		n++;
	return n;
}

static int
state_write(struct ctl *ctl, const char *path, struct writing *w, struct err *err)
{
	char *text = NULL;
	int rc;

	w->ctl = ctl;
	state_time_put(&w->state);
	w->state.sas = calloc(sadb_count(ctl->sadb) + count_aside(ctl) + 1u, sizeof(*w->state.sas));
	if (w->state.sas != NULL) {
		(void)sadb_foreach(ctl->sadb, write_sa, w);
		write_aside(w);
		text = cfg_state_dump(&w->state);
	}
	if (text == NULL)
		return err_set(err, ENOMEM, "%s: out of memory", path);
	rc = cfg_write_file(path, text, err);
	cfg_text_free(text);
	return rc;
}

int
ctl_state_save(struct ctl *ctl, const char *path, struct err *err)
{
	struct writing w = { .state.running = ctl->started };
	int rc;

	ctl_assert_thread();
	rc = state_write(ctl, path, &w, err);
	free(w.state.sas);
	return rc;
}

/* The file that is kept. A failure is told once, until it works again; it is tried again after a second. */
static void
state_keep(struct ctl *ctl, bool running)
{
	struct ctl_state *s = ctl->state;
	struct writing w = { .keeps = true, .state.running = running };
	struct err err = { 0 };
	int rc;

	if (s->file[0] == '\0')
		return;
	rc = state_write(ctl, s->file, &w, &err);
	free(w.state.sas);
	if (rc == 0) {
		s->saved_ms = clock_mono_ms();
		if (s->failing)
			log_notice("state: %s is written again", s->file);
		s->next_save_ms = s->saved_ms +
				UINT64_C(1000) * (s->seconds == 0 ? SECONDS_DEFAULT : s->seconds);
	} else {
		s->next_save_ms = 0;
		if (!s->failing)
			log_error("state: %s: what SAs have got to is not saved", err.msg);
	}
	s->failing = rc != 0;
}

/* --- when --- */

/* Is less than half of what was reserved left? */
static int
is_short(struct sa_ctl *sa, void *arg)
{
	const struct ctl *ctl = arg;
	const uint64_t seq = sa->dir == SA_DIR_OUT ? sa_seq(sa) : 0;

	return sa->dir == SA_DIR_OUT && is_kept(sa) &&
			seq + ahead_of(sa, seq) / 2 > ctl->note[sa->id].reserved;
}

void
ctl_state_second(struct ctl *ctl, uint64_t now_ms)
{
	const struct ctl_state *s = ctl->state;

	if (s->file[0] != '\0' &&
			(now_ms >= s->next_save_ms || sadb_foreach(ctl->sadb, is_short, ctl) != 0))
		state_keep(ctl, true);
}

static int
count_out(struct sa_ctl *sa, void *arg)
{
	unsigned int *n = arg;

	*n += sa->dir == SA_DIR_OUT && sa_seq(sa) == 0;
	return 0;
}

static void
say_what_begins_anew(struct ctl *ctl)
{
	const struct ctl_state *s = ctl->state;
	unsigned int n = 0;

	(void)sadb_foreach(ctl->sadb, count_out, &n);
	if (n != 0)
		log_warning("state: %u outbound SAs begin at sequence number 1: a peer that has "
			    "seen higher ones with "
			    "the same keys drops their packets as replays (give both ends new SPIs "
			    "and keys "
			    "with setkey%s)",
				n, s->file[0] == '\0' ? ", or keep a state file: --state" : "");
	if (s->from == NULL)
		return;
	log_notice("state: %u SAs go on from %s", s->nb_taken, s->file);
	if (s->nb_taken + s->nb_other_key < s->from->nb_sas)
		log_notice("state: %u SAs of %s are not there: they go on from it if they are "
			   "added with the same keys",
				s->from->nb_sas - s->nb_taken - s->nb_other_key, s->file);
}

void
ctl_state_start(struct ctl *ctl)
{
	say_what_begins_anew(ctl);
	/* before the first packet: a crash from now on finds numbers that are ahead */
	state_keep(ctl, true);
}

void
ctl_state_stop(struct ctl *ctl)
{
	state_keep(ctl, false);
}

void
ctl_state_info(struct ctl *ctl, struct ctl_state_info *ret_info)
{
	const struct ctl_state *s = ctl->state;

	*ret_info = (struct ctl_state_info){
		.file = s->file,
		.saved_s = s->saved_ms == 0 ? 0 : clock_wall_s_at(s->saved_ms),
		.ago_s = s->saved_ms == 0 ? 0 : clock_diff(clock_mono_ms(), s->saved_ms) / 1000,
		.failing = s->failing,
		.carried = s->nb_taken,
		.fresh = s->nb_fresh,
		.left = s->from == NULL ? 0 : s->from->nb_sas - s->nb_taken,
	};
}
