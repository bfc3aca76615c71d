/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rules about an SA's parameters that need neither a device nor another SA, the warnings about
 * legal but unwise ones, and the fingerprint that stands for keys wherever people look. Control
 * core.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <intel-ipsec-mb.h>

#include <rte_common.h>

#include "ipsec/sa.h"

#define SPI_MIN 256 /* 1 to 255 are reserved by IANA, 0 is local use: RFC 4303, 2.1 */

/* Every message of this file names the SA in front. */
static int __rte_format_printf(4, 5)
		refuse(const struct sa_params *prm, int code, struct err *err, const char *fmt, ...)
{
	char what[ERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return err_set(err, code, "sa %s spi %u: %.*s", ip_str(&prm->dst), prm->spi,
			ERR_MSG_MAX - 80, what);
}

static int
check_ends(const struct sa_params *prm, struct err *err)
{
	if (!ip_is_set(&prm->src) || !ip_is_set(&prm->dst))
		return refuse(prm, EINVAL, err, "an end is missing, %s -> %s (two addresses)",
				ip_str(&prm->src), ip_str(&prm->dst));
	if (prm->src.af != prm->dst.af)
		return refuse(prm, EAFNOSUPPORT, err, "%s -> %s mixes IPv4 and IPv6",
				ip_str(&prm->src), ip_str(&prm->dst));
	if (ip_is_any(&prm->src) || ip_is_any(&prm->dst) || ip_is_multicast(&prm->src) ||
			ip_is_multicast(&prm->dst))
		return refuse(prm, EADDRNOTAVAIL, err, "%s -> %s are not two hosts",
				ip_str(&prm->src), ip_str(&prm->dst));
	if (prm->spi < SPI_MIN)
		return refuse(prm, EINVAL, err, "spi is %u (%d to 4294967295)", prm->spi, SPI_MIN);
	return 0;
}

static int
check_key(const struct sa_params *prm, const struct alg *alg, uint8_t len, struct err *err)
{
	struct err why = { 0 };

	if (alg == NULL)
		return len == 0 ? 0
				: refuse(prm, EINVAL, err, "a key of %u bits without algorithm",
						  len * 8);
	if (alg_check_key(alg, len, &why) < 0)
		return refuse(prm, EINVAL, err, "%s", why.msg);
	return 0;
}

static int
check_algs(const struct sa_params *prm, struct err *err)
{
	struct err why = { 0 };
	int rc;

	if (alg_check_pair(prm->enc, prm->auth, &why) < 0)
		return refuse(prm, EINVAL, err, "%s", why.msg);
	if (prm->keys.enc_len > SA_ENC_KEY_MAX || prm->keys.auth_len > SA_AUTH_KEY_MAX)
		return refuse(prm, EINVAL, err, "a key is longer than any algorithm takes");
	rc = check_key(prm, prm->enc, prm->keys.enc_len, err);
	if (rc < 0)
		return rc;
	return check_key(prm, prm->auth, prm->keys.auth_len, err);
}

static bool
has_icv(const struct sa_params *prm)
{
	return (prm->enc != NULL && prm->enc->icv_len != 0) ||
			(prm->auth != NULL && prm->auth->icv_len != 0);
}

static int
check_sequence(const struct sa_params *prm, struct err *err)
{
	if (prm->replay_window > REPLAY_WINDOW_MAX)
		return refuse(prm, EINVAL, err,
				"replay window is %u packets (0 to %d, in setkey -r 0 to %d "
				"octets)",
				prm->replay_window, REPLAY_WINDOW_MAX, REPLAY_WINDOW_MAX / 8);
	if (prm->esn && !has_icv(prm))
		return refuse(prm, EINVAL, err,
				"extended sequence numbers without authentication (RFC 4303, "
				"2.2.1)");
	if (!prm->esn && prm->seq_start > UINT32_MAX)
		return refuse(prm, EINVAL, err,
				"sequence number is %" PRIu64 " (0 to 4294967295 without esn)",
				prm->seq_start);
	return 0;
}

static int
check_lifetime(const struct sa_params *prm, const char *what, uint64_t soft, uint64_t hard,
		struct err *err)
{
	if (soft == 0 || hard == 0 || soft <= hard)
		return 0;
	return refuse(prm, EINVAL, err,
			"soft lifetime of %" PRIu64 " %s is beyond the hard one (%" PRIu64 ")",
			soft, what, hard);
}

static bool
has_limit(const struct sa_lifetime *l)
{
	return l->seconds != 0 || l->use_seconds != 0 || l->bytes != 0 || l->packets != 0;
}

/* As FreeBSD: both or none; which limits are in each is left to the operator. */
static int
check_lifetimes(const struct sa_params *prm, struct err *err)
{
	const struct sa_lifetime *s = &prm->soft, *h = &prm->hard;
	int rc;

	if (has_limit(s) != has_limit(h))
		return refuse(prm, EINVAL, err, "a %s lifetime without a %s one (both or none)",
				has_limit(s) ? "soft" : "hard", has_limit(s) ? "hard" : "soft");
	rc = check_lifetime(prm, "seconds", s->seconds, h->seconds, err);
	if (rc == 0)
		rc = check_lifetime(prm, "seconds of use", s->use_seconds, h->use_seconds, err);
	if (rc == 0)
		rc = check_lifetime(prm, "bytes", s->bytes, h->bytes, err);
	if (rc == 0)
		rc = check_lifetime(prm, "packets", s->packets, h->packets, err);
	return rc;
}

int
sa_params_check(const struct sa_params *prm, struct err *err)
{
	int rc;

	rc = check_ends(prm, err);
	if (rc == 0)
		rc = check_algs(prm, err);
	if (rc == 0)
		rc = check_sequence(prm, err);
	if (rc == 0)
		rc = check_lifetimes(prm, err);
	if (rc == 0 && (prm->natt_sport != 0) != (prm->natt_dport != 0))
		rc = refuse(prm, EINVAL, err, "NAT-T ports are %u and %u (both or none)",
				prm->natt_sport, prm->natt_dport);
	return rc;
}

void
sa_params_warning(const struct sa_params *prm, enum sa_dir dir, char *buf, unsigned int size)
{
	int n = 0;

	if (size == 0)
		return;
	buf[0] = '\0';
	if (!has_icv(prm))
		n = snprintf(buf, size,
				"sa %s spi %u: %s without authentication: anyone can forge and "
				"alter "
				"its packets (add hmac-sha2-256, or take aes-gcm-16)",
				ip_str(&prm->dst), prm->spi, prm->enc->name);
	else if (prm->replay_window == 0 && dir != SA_DIR_OUT)
		n = snprintf(buf, size,
				"sa %s spi %u: no replay window: recorded packets can be sent "
				"again "
				"(set one of 64 packets or more)",
				ip_str(&prm->dst), prm->spi);
	if (prm->enc == NULL || prm->enc->cipher != RTE_CRYPTO_CIPHER_3DES_CBC ||
			prm->enc->kind != ALG_CIPHER || (unsigned int)n >= size)
		return;
	snprintf(buf + n, size - (unsigned int)n,
			"%s3des-cbc: blocks of 64 bits give plaintext away after some gigabytes "
			"(take aes-gcm-16)",
			n != 0 ? "; " : "");
}

/* A digest of the library that the fast engine uses too, so that nothing else is needed for it. */
static IMB_MGR *
hash_mgr(void)
{
	static IMB_MGR *mgr;
	IMB_ARCH arch;

	if (mgr == NULL) {
		mgr = alloc_mb_mgr(0);
		if (mgr != NULL)
			init_mb_mgr_auto(mgr, &arch);
	}
	return mgr;
}

void
sa_fingerprint(const struct sa_params *prm, uint8_t ret_fp[8])
{
	struct {
		char enc[24], auth[24];
		struct sa_keys keys;
	} in;
	uint8_t digest[IMB_SHA256_DIGEST_SIZE_IN_BYTES] = { 0 };
	IMB_MGR *mgr = hash_mgr();

	/* every byte counts, so fill padding and unused parts of the key arrays too */
	memset(&in, 0, sizeof(in));
	if (prm->enc != NULL)
		snprintf(in.enc, sizeof(in.enc), "%s", prm->enc->name);
	if (prm->auth != NULL)
		snprintf(in.auth, sizeof(in.auth), "%s", prm->auth->name);
	in.keys.enc_len = RTE_MIN(prm->keys.enc_len, SA_ENC_KEY_MAX);
	in.keys.auth_len = RTE_MIN(prm->keys.auth_len, SA_AUTH_KEY_MAX);
	memcpy(in.keys.enc, prm->keys.enc, in.keys.enc_len);
	memcpy(in.keys.auth, prm->keys.auth, in.keys.auth_len);
	if (mgr != NULL)
		IMB_SHA256(mgr, &in, sizeof(in), digest);
	memcpy(ret_fp, digest, 8);
	explicit_bzero(&in, sizeof(in));
	explicit_bzero(digest, sizeof(digest));
}
