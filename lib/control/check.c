/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What can be said of a configuration without devices, for `dpdk-ipsecif -n` and before anything is applied: the contradictions
 * that config/check.c finds, and for SAs the rules of the ipsec layer.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "control/ctl_config.h"

/* --- an SA of the file --- */

static int
mode_find(const char *name, enum sa_mode *ret_mode, struct err *err)
{
	enum sa_mode mode;

	if (name[0] == '\0')
		name = "tunnel";
	for (mode = SA_MODE_ANY; mode <= SA_MODE_TRANSPORT; mode++) {
		if (strcmp(name, sa_mode_name(mode)) == 0) {
			*ret_mode = mode;
			return 0;
		}
	}
	return err_set_at(
			err, EINVAL, "mode", "\"%s\" is not known (tunnel, any, transport)", name);
}

static const char *const pad_names[] = {
	[SA_PAD_SEQ] = "seq-pad",
	[SA_PAD_ZERO] = "zero-pad",
	[SA_PAD_RANDOM] = "random-pad",
};

static int
pad_find(const char *name, enum sa_pad *ret_pad, struct err *err)
{
	unsigned int i;

	if (name[0] == '\0')
		name = pad_names[SA_PAD_SEQ];
	for (i = 0; i < RTE_DIM(pad_names); i++) {
		if (strcmp(name, pad_names[i]) == 0) {
			*ret_pad = (enum sa_pad)i;
			return 0;
		}
	}
	return err_set_at(err, EINVAL, "pad", "\"%s\" is not known (seq-pad, zero-pad, random-pad)",
			name);
}

/* An algorithm by its name, and its key. "": none, then there must be no key either. */
static int
alg_read(const char *name, bool authentication, unsigned int key_len, const struct alg **ret_alg,
		struct err *err)
{
	const char *path = authentication ? "authentication" : "encryption";
	const struct alg *alg;
	char names[192], key_path[32];
	int rc;

	(void)snprintf(key_path, sizeof(key_path), "%s_key", path);
	if (name[0] == '\0') {
		*ret_alg = NULL;
		return key_len == 0
				? 0
				: err_set_at(err, EINVAL, key_path, "is given without %s", path);
	}
	alg = authentication ? alg_find_authentication(name) : alg_find_encryption(name);
	if (alg == NULL) {
		/* a key in its place is not shown */
		const bool hex = strncasecmp(name, "0x", 2) == 0;

		alg_names(authentication, names, sizeof(names));
		return err_set_at(err, EINVAL, path, "\"%s\" is not known (%s)",
				hex ? "0x..." : name, names);
	}
	rc = alg_check_key(alg, key_len, err);
	if (rc != 0) {
		if (err != NULL)
			(void)snprintf(err->path, sizeof(err->path), "%s", key_path);
		return rc;
	}
	*ret_alg = alg;
	return 0;
}

static void
lifetimes_read(const struct cfg_sa *sa, struct sa_params *prm)
{
	prm->soft.seconds = sa->soft_seconds;
	prm->soft.use_seconds = sa->soft_use_seconds;
	prm->soft.bytes = sa->soft_bytes;
	prm->soft.packets = sa->soft_packets;
	prm->hard.seconds = sa->hard_seconds;
	prm->hard.use_seconds = sa->hard_use_seconds;
	prm->hard.bytes = sa->hard_bytes;
	prm->hard.packets = sa->hard_packets;
}

/* The lengths have been checked by the algorithms; this holds for memory. */
static int
keys_read(const struct cfg_sa *sa, struct sa_keys *keys, struct err *err)
{
	if (sa->encryption_key_len > SA_ENC_KEY_MAX)
		return err_set_at(err, EINVAL, "encryption_key", "is %u bytes long (at most %d)",
				sa->encryption_key_len, SA_ENC_KEY_MAX);
	if (sa->authentication_key_len > SA_AUTH_KEY_MAX)
		return err_set_at(err, EINVAL, "authentication_key",
				"is %u bytes long (at most %d)", sa->authentication_key_len,
				SA_AUTH_KEY_MAX);
	memcpy(keys->enc, sa->encryption_key, sa->encryption_key_len);
	keys->enc_len = (uint8_t)sa->encryption_key_len;
	memcpy(keys->auth, sa->authentication_key, sa->authentication_key_len);
	keys->auth_len = (uint8_t)sa->authentication_key_len;
	return 0;
}

int
ctl_sa_params(const struct cfg_sa *sa, struct sa_params *ret_prm, struct err *err)
{
	struct sa_params prm;
	int rc;

	memset(&prm, 0, sizeof(prm));
	prm.src = sa->src;
	prm.dst = sa->dst;
	prm.spi = sa->spi;
	prm.reqid = sa->reqid;
	prm.replay_window = sa->replay_window_packets;
	prm.esn = sa->esn;
	prm.natt_sport = sa->natt_sport;
	prm.natt_dport = sa->natt_dport;
	lifetimes_read(sa, &prm);
	rc = mode_find(sa->mode, &prm.mode, err);
	if (rc == 0)
		rc = pad_find(sa->pad, &prm.pad, err);
	if (rc == 0)
		rc = alg_read(sa->encryption, false, sa->encryption_key_len, &prm.enc, err);
	if (rc == 0)
		rc = alg_read(sa->authentication, true, sa->authentication_key_len, &prm.auth, err);
	if (rc == 0)
		rc = keys_read(sa, &prm.keys, err);
	if (rc == 0)
		rc = sa_params_check(&prm, err);
	if (rc == 0)
		*ret_prm = prm;
	explicit_bzero(&prm, sizeof(prm));
	return rc;
}

void
ctl_sa_to_cfg(const struct sa_params *prm, struct cfg_sa *ret_sa)
{
	struct cfg_sa *sa = ret_sa;

	memset(sa, 0, sizeof(*sa));
	sa->src = prm->src;
	sa->dst = prm->dst;
	sa->spi = prm->spi;
	sa->reqid = prm->reqid;
	(void)snprintf(sa->mode, sizeof(sa->mode), "%s", sa_mode_name(prm->mode));
	(void)snprintf(sa->pad, sizeof(sa->pad), "%s", pad_names[prm->pad]);
	if (prm->enc != NULL)
		(void)snprintf(sa->encryption, sizeof(sa->encryption), "%s", prm->enc->name);
	if (prm->auth != NULL)
		(void)snprintf(sa->authentication, sizeof(sa->authentication), "%s",
				prm->auth->name);
	memcpy(sa->encryption_key, prm->keys.enc, prm->keys.enc_len);
	sa->encryption_key_len = prm->keys.enc_len;
	memcpy(sa->authentication_key, prm->keys.auth, prm->keys.auth_len);
	sa->authentication_key_len = prm->keys.auth_len;
	sa->replay_window_packets = prm->replay_window;
	sa->esn = prm->esn;
	sa->natt_sport = prm->natt_sport;
	sa->natt_dport = prm->natt_dport;
	sa->soft_seconds = prm->soft.seconds;
	sa->soft_use_seconds = prm->soft.use_seconds;
	sa->soft_bytes = prm->soft.bytes;
	sa->soft_packets = prm->soft.packets;
	sa->hard_seconds = prm->hard.seconds;
	sa->hard_use_seconds = prm->hard.use_seconds;
	sa->hard_bytes = prm->hard.bytes;
	sa->hard_packets = prm->hard.packets;
}

/* --- the whole --- */

void
ctl_config_mistake(struct cfg_errors *errors, const char *path, const struct err *err)
{
	char full[ERR_PATH_MAX];

	if (err->path[0] == '\0')
		(void)snprintf(full, sizeof(full), "%s", path);
	else
		(void)snprintf(full, sizeof(full), "%.90s.%.36s", path, err->path);
	cfg_errors_add(errors, err->code != 0 ? err->code : EINVAL, full, "%s", err->msg);
}

static void
check_sysctls(const struct cfg *cfg, struct cfg_errors *errors)
{
	unsigned int i, k;

	for (i = 0; i < cfg->nb_sysctls; i++) {
		const struct cfg_sysctl *s = &cfg->sysctls[i];
		struct ctl_sysctl known;
		char path[ERR_PATH_MAX];

		(void)snprintf(path, sizeof(path), "sysctl.%s", s->name);
		for (k = 0; ctl_sysctl_at(NULL, k, &known) && strcmp(known.name, s->name) != 0; k++)
			;
		if (!ctl_sysctl_at(NULL, k, &known))
			cfg_errors_add(errors, ENOENT, path, "unknown name");
		else if (s->value < known.minimum || s->value > known.maximum)
			cfg_errors_add(errors, EINVAL, path,
					"%" PRId64 " is out of range (%" PRId64 " to %" PRId64 ")",
					s->value, known.minimum, known.maximum);
	}
}

/* The SAs that have mistakes already: what was not read of them would be a mistake again. NULL: none, or no memory. */
static bool *
sas_known_bad(const struct cfg *cfg, const struct cfg_errors *errors)
{
	bool *bad = errors->n == 0 || cfg->nb_sas == 0 ? NULL : calloc(cfg->nb_sas, sizeof(*bad));
	unsigned int i, at;

	for (i = 0; i < errors->n && bad != NULL; i++) {
		if (sscanf(errors->list[i].path, "sa[%u]", &at) == 1 && at < cfg->nb_sas)
			bad[at] = true;
	}
	return bad;
}

static void
check_sas(const struct cfg *cfg, const bool *bad, struct cfg_errors *errors)
{
	struct sa_params prm;
	char path[32];
	unsigned int i;

	for (i = 0; i < cfg->nb_sas; i++) {
		struct err err = { 0 };

		if ((bad != NULL && bad[i]) || ctl_sa_params(&cfg->sas[i], &prm, &err) == 0)
			continue;
		(void)snprintf(path, sizeof(path), "sa[%u]", i);
		ctl_config_mistake(errors, path, &err);
	}
	explicit_bzero(&prm, sizeof(prm));
}

unsigned int
ctl_check(const struct cfg *cfg, struct cfg_errors *errors)
{
	const unsigned int before = errors->n;
	bool *bad = sas_known_bad(cfg, errors);

	(void)cfg_check(cfg, errors);
	check_sas(cfg, bad, errors);
	check_sysctls(cfg, errors);
	free(bad);
	return errors->n - before;
}

struct cfg *
ctl_read_file(const char *path, struct cfg_errors *errors)
{
	const unsigned int before = errors->n;
	struct cfg *cfg = cfg_read_partial(path, errors);

	if (cfg == NULL)
		return NULL;
	(void)ctl_check(cfg, errors);
	if (errors->n == before)
		return cfg;
	cfg_free(cfg);
	return NULL;
}
