/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SAs: setkey(8)'s add, get, delete, deleteall, flush, and lifetimes. What an SA must be is checked in ipsec/sa.c; which interface it
 * serves is decided in sa_bind.c.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include <rte_jhash.h>

#include "base/clock.h"
#include "base/log.h"
#include "control/ctl.h"

#define SA_STR_MAX 96
#define SEQUENCE_PARTS 16 /* seconds in which the sequence numbers of all SAs are looked at */

/* "sa 192.168.0.5 spi 10000" */
#define sa_str(prm) sa_describe((prm), (char[SA_STR_MAX]){ 0 })

static char *
sa_describe(const struct sa_params *prm, char *buf)
{
	snprintf(buf, SA_STR_MAX, "sa %s spi %u", ip_str(&prm->dst), prm->spi);
	return buf;
}

/* --- SAs with the same key in a counter mode --- */

static uint32_t *
twin_head(struct ctl *ctl, const uint8_t fingerprint[8])
{
	return &ctl->twin[rte_jhash(fingerprint, 8, 0) % CTL_TWIN_BUCKETS];
}

static bool
is_counter_mode(const struct sa_params *prm)
{
	return prm->enc != NULL && prm->enc->counter_mode;
}

static const struct sa_ctl *
twin_find(struct ctl *ctl, const uint8_t fingerprint[8])
{
	uint32_t id;

	for (id = *twin_head(ctl, fingerprint); id != 0; id = ctl->note[id].twin_next)
		if (memcmp(ctl->note[id].sa->fingerprint, fingerprint, 8) == 0)
			return ctl->note[id].sa;
	return NULL;
}

/* --- what control remembers of an SA --- */

static bool
has_lifetime(const struct sa_params *prm)
{
	const struct sa_lifetime none = { 0 };

	return memcmp(&prm->soft, &none, sizeof(none)) != 0 ||
			memcmp(&prm->hard, &none, sizeof(none)) != 0;
}

static void
timed_enter(struct ctl *ctl, struct sa_ctl *sa)
{
	struct ctl_sa_note *note = &ctl->note[sa->id];

	if (sa->state != SA_LARVAL && !has_lifetime(&sa->prm) && !note->near_end)
		return;
	note->timed = true;
	note->timed_prev = 0;
	note->timed_next = ctl->timed;
	if (ctl->timed != 0)
		ctl->note[ctl->timed].timed_prev = sa->id;
	ctl->timed = sa->id;
}

static void
timed_leave(struct ctl *ctl, struct sa_ctl *sa)
{
	struct ctl_sa_note *note = &ctl->note[sa->id];

	if (!note->timed)
		return;
	note->timed = false;
	if (note->timed_next != 0)
		ctl->note[note->timed_next].timed_prev = note->timed_prev;
	if (note->timed_prev != 0)
		ctl->note[note->timed_prev].timed_next = note->timed_next;
	else
		ctl->timed = note->timed_next;
}

void
ctl_sa_note_timed(struct ctl *ctl, struct sa_ctl *sa)
{
	timed_leave(ctl, sa);
	timed_enter(ctl, sa);
}

void
ctl_sa_note_enter(struct ctl *ctl, struct sa_ctl *sa)
{
	struct ctl_sa_note *note = &ctl->note[sa->id];

	memset(note, 0, sizeof(*note));
	note->sa = sa;
	if (is_counter_mode(&sa->prm)) {
		uint32_t *head = twin_head(ctl, sa->fingerprint);

		note->twin_next = *head;
		*head = sa->id;
	}
	timed_enter(ctl, sa);
}

void
ctl_sa_note_leave(struct ctl *ctl, struct sa_ctl *sa)
{
	struct ctl_sa_note *note = &ctl->note[sa->id];

	sa_rekey_leave(ctl, sa);
	if (is_counter_mode(&sa->prm)) {
		uint32_t *link = twin_head(ctl, sa->fingerprint);

		while (*link != sa->id)
			link = &ctl->note[*link].twin_next;
		*link = note->twin_next;
	}
	timed_leave(ctl, sa);
	memset(note, 0, sizeof(*note));
}

void
ctl_sa_state_set(struct sa_ctl *sa, enum sa_state state)
{
	sa->state = state;
	if (sa->sa != NULL)
		__atomic_store_n(&sa->sa->state, state, __ATOMIC_RELEASE);
}

void
ctl_sa_drop(struct ctl *ctl, struct sa_ctl *sa)
{
	sa->state = SA_DEAD;
	sa_unbind(ctl, sa);
	ctl_sa_state_set(sa, SA_DEAD);
	ctl_sa_note_leave(ctl, sa);
	sadb_remove(ctl->sadb, sa);
}

/* --- add --- */

void
ctl_sa_warn(struct ctl *ctl, const struct sa_params *prm, char *ret_warning)
{
	enum sa_dir dir = SA_DIR_NONE;
	const struct sa_ctl *twin = NULL;
	char line[ERR_MSG_MAX] = "";
	uint8_t fingerprint[8];
	size_t len;

	if (ret_warning != NULL)
		ret_warning[0] = '\0';
	ipsec_if_claim(ctl->ifaces, &prm->src, &prm->dst, prm->reqid, &dir);
	sa_params_warning(prm, dir, line, sizeof(line)); /* "sa ... spi ...: ...", or nothing */
	if (is_counter_mode(prm)) {
		sa_fingerprint(prm, fingerprint);
		twin = twin_find(ctl, fingerprint);
	}
	len = strlen(line);
	if (twin != NULL)
		snprintf(line + len, sizeof(line) - len,
				"%s%s shares key and salt with %s: a counter-mode cipher must not",
				len == 0 ? "" : "; ", sa_str(prm), sa_str(&twin->prm));
	if (line[0] == '\0')
		return;
	/* a file may hold 10,000s of them: each kind is told some times, then counted */
	if ((ctl->batch == 0 && ctl->many == 0) ||
			ctl->batch_warnings[twin != NULL]++ < CTL_BATCH_WARNINGS)
		log_warning("%s", line);
	if (ret_warning != NULL)
		memcpy(ret_warning, line, sizeof(line));
}

int
ctl_sa_add(struct ctl *ctl, const struct sa_params *prm, char *ret_warning, struct err *err)
{
	return ctl_sa_add_state(ctl, prm, NULL, ret_warning, err);
}

int
ctl_sa_add_state(struct ctl *ctl, const struct sa_params *prm, const struct sa_progress *state,
		char *ret_warning, struct err *err)
{
	struct err why = { 0 };
	struct engine *engine;
	struct sa_ctl *sa;
	int rc;

	ctl_assert_thread();
	rc = sa_params_check(prm, err);
	if (rc != 0)
		return rc;
	if (sadb_find(ctl->sadb, &prm->dst, prm->spi) != NULL)
		return err_set(err, EEXIST, "%s: already exists", sa_str(prm));
	engine = ctl_engine_for(ctl, prm, &why);
	if (engine == NULL)
		return err_set(err, ENOTSUP, "%s: %.180s", sa_str(prm), why.msg);
	sa = sadb_add(ctl->sadb, prm, &why);
	if (sa == NULL)
		return err_set(err, why.code == 0 ? ENOMEM : why.code, "%s", why.msg);
	ctl_sa_warn(ctl, prm, ret_warning);
	sa->engine = engine;
	sa->engine_forced = ctl_engine_is_forced(ctl);
	sa->state = SA_MATURE;
	ctl_sa_note_enter(ctl, sa);
	if (state == NULL)
		ctl_state_carry(ctl, sa);
	else
		rc = sa_progress_set(sa, state, &why);
	if (rc == 0)
		rc = sa_bind(ctl, sa, &why);
	if (rc != 0) {
		ctl_sa_drop(ctl, sa);
		return err_set(err, -rc, "%s: %.180s", sa_str(prm), why.msg);
	}
	ctl_sa_serves(ctl, sa);
	announce_sa(ctl, IPSEC_EVENT_ADD, sa);
	return 0;
}

void
ctl_sa_serves(struct ctl *ctl, const struct sa_ctl *sa)
{
	if (sa->dir == SA_DIR_OUT && sa->iface != 0)
		acquire_forget(ctl, sa->iface);
}

/* --- get, delete --- */

static struct sa_ctl *
sa_find(struct ctl *ctl, const struct ip_addr *src, const struct ip_addr *dst, uint32_t spi,
		struct err *err)
{
	struct sa_ctl *sa = sadb_find(ctl->sadb, dst, spi);

	if (sa != NULL && ip_equal(&sa->prm.src, src))
		return sa;
	err_set(err, ESRCH, "sa %s spi %u: no such SA from %s", ip_str(dst), spi, ip_str(src));
	return NULL;
}

int
ctl_sa_get(struct ctl *ctl, const struct ip_addr *src, const struct ip_addr *dst, uint32_t spi,
		struct sa_ctl **ret_sa, struct err *err)
{
	struct sa_ctl *sa;

	ctl_assert_thread();
	sa = sa_find(ctl, src, dst, spi, err);
	if (sa == NULL)
		return -ESRCH;
	*ret_sa = sa;
	return 0;
}

int
ctl_sa_delete(struct ctl *ctl, const struct ip_addr *src, const struct ip_addr *dst, uint32_t spi,
		struct err *err)
{
	struct sa_ctl *sa;
	int rc;

	ctl_assert_thread();
	sa = sa_find(ctl, src, dst, spi, err);
	if (sa == NULL)
		return -ESRCH;
	rc = iface_prepare(ctl->ifaces, err);
	if (rc != 0)
		return rc;
	announce_sa(ctl, IPSEC_EVENT_DELETE, sa);
	ctl_sa_drop(ctl, sa);
	return 0;
}

struct selection {
	struct ctl *ctl;
	const struct ip_addr *src, *dst; /* NULL: all */
	int n;
};

static int
drop_selected(struct sa_ctl *sa, void *arg)
{
	struct selection *sel = arg;

	if (sel->src != NULL &&
			(!ip_equal(&sa->prm.src, sel->src) || !ip_equal(&sa->prm.dst, sel->dst)))
		return 0;
	if (sel->src != NULL)
		announce_sa(sel->ctl, IPSEC_EVENT_DELETE, sa);
	ctl_sa_drop(sel->ctl, sa);
	sel->n++;
	return 0;
}

int
ctl_sa_delete_all(struct ctl *ctl, const struct ip_addr *src, const struct ip_addr *dst,
		struct err *err)
{
	struct selection sel = { .ctl = ctl, .src = src, .dst = dst };

	ctl_assert_thread();
	sadb_foreach(ctl->sadb, drop_selected, &sel);
	return sel.n;
}

int
ctl_sa_flush(struct ctl *ctl)
{
	struct selection sel = { .ctl = ctl };

	ctl_assert_thread();
	sadb_foreach(ctl->sadb, drop_selected, &sel);
	announce_flush(ctl, (uint32_t)sel.n);
	return sel.n;
}

void
ctl_sa_get_state(struct ctl *ctl, const struct sa_ctl *sa, struct sa_progress *ret_state)
{
	(void)ctl;
	ctl_assert_thread();
	sa_progress_get(sa, ret_state);
}

/* --- lifetimes --- */

/* The limit that is reached, if any. */
static enum ipsec_expire
is_over(const struct sa_lifetime *limit, const struct sa_lifetime *used)
{
	if (limit->seconds != 0 && used->seconds >= limit->seconds)
		return IPSEC_EXPIRE_SECONDS;
	if (limit->use_seconds != 0 && used->use_seconds >= limit->use_seconds)
		return IPSEC_EXPIRE_USE_SECONDS;
	if (limit->bytes != 0 && used->bytes >= limit->bytes)
		return IPSEC_EXPIRE_BYTES;
	if (limit->packets != 0 && used->packets >= limit->packets)
		return IPSEC_EXPIRE_PACKETS;
	return IPSEC_EXPIRE_NONE;
}

static void
lifetime_check(struct ctl *ctl, struct sa_ctl *sa, uint64_t now_ms)
{
	struct sa_lifetime used = { 0 };
	enum ipsec_expire why;

	if (larval_second(ctl, sa, now_ms))
		return;
	used.packets = counter_sum(sa->counters, sa->id, SA_CNT_PACKETS);
	used.bytes = counter_sum(sa->counters, sa->id, SA_CNT_BYTES);
	if (used.packets != 0 && sa->first_use_ms == 0)
		sa->first_use_ms = now_ms;
	used.seconds = clock_diff(now_ms, sa->created_ms) / 1000;
	if (sa->first_use_ms != 0)
		used.use_seconds = clock_diff(now_ms, sa->first_use_ms) / 1000;
	why = is_over(&sa->prm.hard, &used);
	if (why != IPSEC_EXPIRE_NONE) {
		log_notice("%s: hard lifetime passed, removed", sa_str(&sa->prm));
		announce_expire(ctl, sa, true, why);
		ctl_sa_drop(ctl, sa);
		return;
	}
	why = is_over(&sa->prm.soft, &used);
	if (sa->state == SA_MATURE && why != IPSEC_EXPIRE_NONE) {
		log_notice("%s: soft lifetime passed", sa_str(&sa->prm));
		ctl_sa_state_set(sa, SA_DYING);
		announce_expire(ctl, sa, false, why);
	}
}

static void
exhausted_set(struct ctl *ctl, const struct sa_ctl *sa)
{
	struct iface *ifp = iface_at(ctl->ifaces, sa->iface);

	if (ctl->note[sa->id].exhausted)
		return;
	ctl->note[sa->id].exhausted = true;
	if (ifp != NULL) {
		sa_bind_refresh(ctl, ifp);
		iface_publish(ctl->ifaces, ifp, NULL);
	}
}

/*
 * Beyond 80 %, each second: what would not last two seconds more gives way to another one of the interface, if there is one, so that no
 * packet finds no number.
 */
static void
sequence_end(struct ctl *ctl, struct sa_ctl *sa)
{
	struct ctl_sa_note *note = &ctl->note[sa->id];
	const uint64_t last = sa->prm.esn ? UINT64_MAX : UINT32_MAX;
	const uint64_t used = sa_seq(sa);
	const uint64_t rate = note->seq_before == 0 ? 0 : used - note->seq_before;

	note->seq_before = used;
	if (last - used <= 2 * rate)
		exhausted_set(ctl, sa);
	if (used < last || note->ended)
		return;
	log_notice("%s: its sequence numbers are used up", sa_str(&sa->prm));
	note->ended = true;
	announce_expire(ctl, sa, true, IPSEC_EXPIRE_SEQUENCE);
	exhausted_set(ctl, sa);
}

/*
 * Outbound numbers never wrap (RFC 4303, 3.3.3). At 80 % of them an SA is dying, whether or not it has lifetimes. A part of all SAs
 * each second: at the rates of one core it takes minutes to get from 80 % to the end.
 */
static void
sequence_check(struct ctl *ctl, struct sa_ctl *sa)
{
	const uint64_t last = sa->prm.esn ? UINT64_MAX : UINT32_MAX;

	if (ctl->note[sa->id].near_end || sa_seq(sa) < last / 5 * 4)
		return;
	ctl->note[sa->id].near_end = true;
	ctl_sa_note_timed(ctl, sa);
	if (sa->state == SA_MATURE) {
		log_notice("%s: 80%% of its sequence numbers are used", sa_str(&sa->prm));
		ctl_sa_state_set(sa, SA_DYING);
		announce_expire(ctl, sa, false, IPSEC_EXPIRE_SEQUENCE);
	}
	sequence_end(ctl, sa);
}

void
ctl_sa_second(struct ctl *ctl, uint64_t now_ms)
{
	uint32_t id, next, i;

	for (id = ctl->timed; id != 0; id = next) {
		next = ctl->note[id].timed_next;
		if (ctl->note[id].near_end)
			sequence_end(ctl, ctl->note[id].sa);
		lifetime_check(ctl, ctl->note[id].sa, now_ms);
	}
	for (i = 0; i < SA_MAX / SEQUENCE_PARTS; i++) {
		const struct ctl_sa_note *note = &ctl->note[ctl->next_sequence];

		if (note->sa != NULL && note->sa->dir == SA_DIR_OUT)
			sequence_check(ctl, note->sa);
		ctl->next_sequence = (ctl->next_sequence + 1) % SA_MAX;
	}
}
