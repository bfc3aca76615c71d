/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The first part of an SA's life when a keying daemon makes it (RFC 2367, 3.1.1 and 3.1.2): GETSPI takes an SPI and holds it by a
 * LARVAL SA, UPDATE gives that its keys. What nobody completes is gone after net.key.larval_lifetime seconds. As in FreeBSD's
 * sys/netipsec/key.c, but that the end of a LARVAL SA is told as a hard EXPIRE, as Linux does.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/log.h"
#include "control/ctl.h"

#define SPI_MIN 256 /* below is reserved: RFC 4303, 2.1 */

static uint32_t
random_below(uint64_t n)
{
	uint64_t r;

	if (n <= 1 || getrandom(&r, sizeof(r), 0) != sizeof(r))
		return 0;
	return (uint32_t)(r % n);
}

/* A free SPI of a range: as many draws as net.key.spi_trycnt allows; in a range no larger than that, all there are. */
static int
spi_choose(struct ctl *ctl, const struct ip_addr *dst, uint32_t min, uint32_t max,
		uint32_t *ret_spi)
{
	const uint64_t n = (uint64_t)max - min + 1,
		       tries = (uint64_t)ctl->sysctl[SYSCTL_SPI_TRYCNT];
	const uint64_t first = random_below(n);
	uint64_t i;
	uint32_t spi;

	for (i = 0; i < RTE_MIN(n, tries); i++) {
		if (n <= tries)
			spi = min + (uint32_t)((first + i) % n);
		else
			spi = min + random_below(n);
		if (sadb_find(ctl->sadb, dst, spi) == NULL) {
			*ret_spi = spi;
			return 0;
		}
	}
	return -EEXIST;
}

static int
check_ends(const struct ctl_getspi *want, struct err *err)
{
	const struct ip_addr *src = &want->src, *dst = &want->dst;

	if (!ip_is_set(src) || !ip_is_set(dst))
		return err_set(err, EINVAL, "getspi: an end is missing, %s -> %s (two addresses)",
				ip_str(src), ip_str(dst));
	if (src->af != dst->af)
		return err_set(err, EAFNOSUPPORT, "getspi: %s -> %s mixes IPv4 and IPv6",
				ip_str(src), ip_str(dst));
	if (ip_is_any(src) || ip_is_any(dst) || ip_is_multicast(src) || ip_is_multicast(dst))
		return err_set(err, EADDRNOTAVAIL, "getspi: %s -> %s are not two hosts",
				ip_str(src), ip_str(dst));
	return 0;
}

int
ctl_sa_getspi(struct ctl *ctl, const struct ctl_getspi *want, uint32_t *ret_spi, struct err *err)
{
	struct sa_params prm = {
		.src = want->src, .dst = want->dst, .reqid = want->reqid, .mode = want->mode
	};
	uint32_t min = want->spi_min, max = want->spi_max;
	struct err why = { 0 };
	struct sa_ctl *sa;
	int rc;

	ctl_assert_thread();
	rc = check_ends(want, err);
	if (rc != 0)
		return rc;
	if (min == 0 && max == 0) {
		min = (uint32_t)ctl->sysctl[SYSCTL_SPI_MINVAL];
		max = (uint32_t)ctl->sysctl[SYSCTL_SPI_MAXVAL];
	}
	if (min < SPI_MIN || min > max)
		return err_set(err, EINVAL, "getspi: spi from %u to %u is no range (%d to %u)", min,
				max, SPI_MIN, UINT32_MAX);
	if (spi_choose(ctl, &want->dst, min, max, &prm.spi) != 0)
		return err_set(err, EEXIST, "getspi: no spi for %s is free, %u to %u",
				ip_str(&want->dst), min, max);
	sa = sadb_add(ctl->sadb, &prm, &why);
	if (sa == NULL)
		return err_set(err, why.code == 0 ? ENOMEM : why.code, "%s", why.msg);
	sa->state = SA_LARVAL;
	memset(sa->fingerprint, 0, sizeof(sa->fingerprint));
	ctl_sa_note_enter(ctl, sa);
	ctl->note[sa->id].seq = want->seq;
	announce_sa(ctl, IPSEC_EVENT_GETSPI, sa);
	*ret_spi = prm.spi;
	return 0;
}

bool
larval_second(struct ctl *ctl, struct sa_ctl *sa, uint64_t now_ms)
{
	const uint64_t life_ms = (uint64_t)ctl->sysctl[SYSCTL_LARVAL_LIFETIME] * 1000;

	if (sa->state != SA_LARVAL)
		return false;
	if (clock_diff(now_ms, sa->created_ms) >= life_ms) {
		log_notice("sa %s spi %u: not completed in %u s, removed", ip_str(&sa->prm.dst),
				sa->prm.spi, (unsigned int)(life_ms / 1000));
		announce_expire(ctl, sa, true, IPSEC_EXPIRE_LARVAL);
		ctl_sa_drop(ctl, sa);
	}
	return true;
}

/* --- update --- */

/* A LARVAL SA as another one: what control remembers of it follows. */
static void
become(struct ctl *ctl, struct sa_ctl *sa, const struct sa_params *prm, struct engine *engine)
{
	const uint32_t seq = ctl->note[sa->id].seq;

	ctl_sa_note_leave(ctl, sa);
	sadb_complete(ctl->sadb, sa, prm);
	sa->engine = engine;
	sa->state = engine == NULL ? SA_LARVAL : SA_MATURE;
	ctl_sa_note_enter(ctl, sa);
	ctl->note[sa->id].seq = seq;
}

static int
complete(struct ctl *ctl, struct sa_ctl *sa, const struct sa_params *prm, char *ret_warning,
		struct err *err)
{
	const struct sa_params larval = sa->prm;
	const uint64_t made_ms = sa->created_ms;
	struct err why = { 0 };
	struct engine *engine;
	int rc;

	rc = sa_params_check(prm, err);
	if (rc != 0)
		return rc;
	engine = ctl_engine_for(ctl, prm, &why);
	if (engine == NULL)
		return err_set(err, ENOTSUP, "sa %s spi %u: %.180s", ip_str(&prm->dst), prm->spi,
				why.msg);
	ctl_sa_warn(ctl, prm, ret_warning);
	become(ctl, sa, prm, engine);
	sa->engine_forced = ctl_engine_is_forced(ctl);
	sa->created_ms = clock_mono_ms();
	rc = sa_bind(ctl, sa, &why);
	if (rc == 0)
		return 0;
	sa_retire(sa);
	sa->dir = SA_DIR_NONE;
	become(ctl, sa, &larval, NULL);
	memset(sa->fingerprint, 0, sizeof(sa->fingerprint));
	sa->created_ms = made_ms;
	return err_set(err, -rc, "sa %s spi %u: %.180s", ip_str(&prm->dst), prm->spi, why.msg);
}

/* Of an SA in use only the lifetimes can be others. */
static int
replace_lifetimes(struct ctl *ctl, struct sa_ctl *sa, const struct sa_params *prm, struct err *err)
{
	struct sa_params next = sa->prm;
	uint8_t fingerprint[8];
	int rc;

	sa_fingerprint(prm, fingerprint);
	next.soft = prm->soft;
	next.hard = prm->hard;
	if ((prm->enc != NULL || prm->auth != NULL) &&
			memcmp(fingerprint, sa->fingerprint, sizeof(fingerprint)) != 0)
		rc = err_set(err, EINVAL,
				"sa %s spi %u: the keys of an SA in use stay (add another)",
				ip_str(&prm->dst), prm->spi);
	else if (prm->natt_sport != sa->prm.natt_sport || prm->natt_dport != sa->prm.natt_dport)
		rc = err_set(err, EINVAL, "sa %s spi %u: the UDP ports of an SA in use stay, %u %u",
				ip_str(&prm->dst), prm->spi, sa->prm.natt_sport,
				sa->prm.natt_dport);
	else
		rc = sa_params_check(&next, err);
	explicit_bzero(&next, sizeof(next));
	if (rc != 0)
		return rc;
	sa->prm.soft = prm->soft;
	sa->prm.hard = prm->hard;
	ctl_sa_note_timed(ctl, sa);
	ctl_sa_state_set(sa, SA_MATURE);
	return 0;
}

int
ctl_sa_update(struct ctl *ctl, const struct sa_params *prm, char *ret_warning, struct err *err)
{
	struct sa_ctl *sa;
	int rc;

	ctl_assert_thread();
	if (ret_warning != NULL)
		ret_warning[0] = '\0';
	rc = ctl_sa_get(ctl, &prm->src, &prm->dst, prm->spi, &sa, err);
	if (rc != 0)
		return rc;
	if (prm->reqid != sa->prm.reqid ||
			(prm->mode != sa->prm.mode && prm->mode != SA_MODE_ANY &&
					sa->prm.mode != SA_MODE_ANY))
		return err_set(err, ESRCH, "sa %s spi %u: there is one with reqid %u, mode %s",
				ip_str(&prm->dst), prm->spi, sa->prm.reqid,
				sa_mode_name(sa->prm.mode));
	rc = sa->state == SA_LARVAL ? complete(ctl, sa, prm, ret_warning, err)
				    : replace_lifetimes(ctl, sa, prm, err);
	if (rc != 0)
		return rc;
	ctl_sa_serves(ctl, sa);
	announce_sa(ctl, IPSEC_EVENT_UPDATE, sa);
	return 0;
}
