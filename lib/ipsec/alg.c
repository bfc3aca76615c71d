/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of algorithms and the rules about key lengths and pairs that follow from it. Called by
 * the parsers of setkey(8) statements and JSON, and by sa_params_check(). Whether a device can run
 * an algorithm is not decided here.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_common.h>

#include "base/limits.h"
#include "ipsec/alg.h"

/* setkey(8): null takes and ignores a key of 0 to 2048 bits */
#define ALG_NULL_KEY_MAX 256

/* Key lengths: setkey(8). ICV lengths and blocks: the RFC of the row. */
static const struct alg algs[] = {
	{ .name = "aes-gcm-16",
			.aliases = { "aes-gcm" },
			.rfc = "RFC 4106",
			.kind = ALG_AEAD,
			.counter_mode = true,
			.key_lens = { 16, 24, 32 },
			.salt_len = 4,
			.iv_len = 8,
			.block_len = 4,
			.icv_len = 16,
			.aead = RTE_CRYPTO_AEAD_AES_GCM },
	{ .name = "chacha20-poly1305",
			.aliases = { "chacha20poly1305" },
			.rfc = "RFC 7634",
			.kind = ALG_AEAD,
			.counter_mode = true,
			.key_lens = { 32 },
			.salt_len = 4,
			.iv_len = 8,
			.block_len = 4,
			.icv_len = 16,
			.aead = RTE_CRYPTO_AEAD_CHACHA20_POLY1305 },
	{ .name = "aes-cbc",
			.aliases = { "rijndael-cbc" },
			.rfc = "RFC 3602",
			.kind = ALG_CIPHER,
			.key_lens = { 16, 24, 32 },
			.iv_len = 16,
			.block_len = 16,
			.cipher = RTE_CRYPTO_CIPHER_AES_CBC },
	{ .name = "aes-ctr",
			.rfc = "RFC 3686",
			.kind = ALG_CIPHER,
			.counter_mode = true,
			.key_lens = { 16, 24, 32 },
			.salt_len = 4,
			.iv_len = 8,
			.block_len = 4,
			.cipher = RTE_CRYPTO_CIPHER_AES_CTR },
	{ .name = "3des-cbc",
			.rfc = "RFC 2451",
			.kind = ALG_CIPHER,
			.key_lens = { 24 },
			.iv_len = 8,
			.block_len = 8,
			.cipher = RTE_CRYPTO_CIPHER_3DES_CBC },
	{ .name = "null",
			.rfc = "RFC 2410",
			.kind = ALG_CIPHER,
			.block_len = 4,
			.cipher = RTE_CRYPTO_CIPHER_NULL },
	{ .name = "hmac-sha1",
			.rfc = "RFC 2404",
			.kind = ALG_AUTH,
			.key_lens = { 20 },
			.block_len = 4,
			.icv_len = 12,
			.auth = RTE_CRYPTO_AUTH_SHA1_HMAC },
	{ .name = "hmac-sha2-256",
			.rfc = "RFC 4868",
			.kind = ALG_AUTH,
			.key_lens = { 32 },
			.block_len = 4,
			.icv_len = 16,
			.auth = RTE_CRYPTO_AUTH_SHA256_HMAC },
	{ .name = "hmac-sha2-384",
			.rfc = "RFC 4868",
			.kind = ALG_AUTH,
			.key_lens = { 48 },
			.block_len = 4,
			.icv_len = 24,
			.auth = RTE_CRYPTO_AUTH_SHA384_HMAC },
	{ .name = "hmac-sha2-512",
			.rfc = "RFC 4868",
			.kind = ALG_AUTH,
			.key_lens = { 64 },
			.block_len = 4,
			.icv_len = 32,
			.auth = RTE_CRYPTO_AUTH_SHA512_HMAC },
	{ .name = "aes-xcbc-mac",
			.rfc = "RFC 3566",
			.kind = ALG_AUTH,
			.key_lens = { 16 },
			.block_len = 4,
			.icv_len = 12,
			.auth = RTE_CRYPTO_AUTH_AES_XCBC_MAC },
	{ .name = "aes-gmac",
			.rfc = "RFC 4543",
			.kind = ALG_AUTH,
			.counter_mode = true,
			.key_lens = { 16, 24, 32 },
			.salt_len = 4,
			.iv_len = 8,
			.block_len = 4,
			.icv_len = 16,
			.auth = RTE_CRYPTO_AUTH_AES_GMAC },
	{ .name = "null",
			.rfc = "",
			.kind = ALG_AUTH,
			.block_len = 4,
			.auth = RTE_CRYPTO_AUTH_NULL },
};

const struct alg *
alg_at(unsigned int i)
{
	return i < RTE_DIM(algs) ? &algs[i] : NULL;
}

static bool
alg_has_name(const struct alg *alg, const char *name)
{
	unsigned int i;

	if (strcmp(alg->name, name) == 0)
		return true;
	for (i = 0; i < RTE_DIM(alg->aliases) && alg->aliases[i] != NULL; i++) {
		if (strcmp(alg->aliases[i], name) == 0)
			return true;
	}
	return false;
}

static const struct alg *
alg_find(const char *name, bool authentication)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(algs); i++) {
		if ((algs[i].kind == ALG_AUTH) == authentication && alg_has_name(&algs[i], name))
			return &algs[i];
	}
	return NULL;
}

const struct alg *
alg_find_encryption(const char *name)
{
	return alg_find(name, false);
}

const struct alg *
alg_find_authentication(const char *name)
{
	return alg_find(name, true);
}

static bool
alg_key_len_allowed(const struct alg *alg, unsigned int key_len)
{
	unsigned int i;

	if (alg->key_lens[0] == 0)
		return key_len <= ALG_NULL_KEY_MAX;
	if (alg->key_free)
		return key_len >= alg->key_lens[0] && key_len <= SA_AUTH_KEY_MAX;
	for (i = 0; i < RTE_DIM(alg->key_lens) && alg->key_lens[i] != 0; i++) {
		if (key_len == (unsigned int)alg->key_lens[i] + alg->salt_len)
			return true;
	}
	return false;
}

int
alg_check_key(const struct alg *alg, unsigned int key_len, struct err *err)
{
	char allowed[64];
	unsigned int i;
	int n = 0;

	if (alg_key_len_allowed(alg, key_len))
		return 0;
	if (alg->key_lens[0] == 0) {
		n = snprintf(allowed, sizeof(allowed), "0 to %d", ALG_NULL_KEY_MAX * 8);
	} else if (alg->key_free) {
		n = snprintf(allowed, sizeof(allowed), "%d to %d", alg->key_lens[0] * 8,
				SA_AUTH_KEY_MAX * 8);
	} else {
		for (i = 0; i < RTE_DIM(alg->key_lens) && alg->key_lens[i] != 0; i++)
			n += snprintf(allowed + n, sizeof(allowed) - (size_t)n, "%s%u",
					i == 0 ? "" : ", ",
					(unsigned int)(alg->key_lens[i] + alg->salt_len) * 8);
	}
	return err_set(err, EINVAL, "%s key is %u bits (%s%s)", alg->name, key_len * 8, allowed,
			alg->salt_len != 0 ? ", the last 32 of them salt" : "");
}

static bool
alg_is_null(const struct alg *alg)
{
	return alg == NULL || alg->key_lens[0] == 0;
}

int
alg_check_pair(const struct alg *enc, const struct alg *auth, struct err *err)
{
	if (enc != NULL && enc->kind == ALG_AEAD && !alg_is_null(auth))
		return err_set(err, EINVAL,
				"%s authenticates by itself, authentication is %s (none)",
				enc->name, auth->name);
	if (alg_is_null(enc) && alg_is_null(auth))
		return err_set(err, EINVAL,
				"neither encryption nor authentication, both null (one of them)");
	/* RFC 4543: GMAC has an IV of its own, which leaves no room for that of a cipher */
	if (auth != NULL && auth->auth == RTE_CRYPTO_AUTH_AES_GMAC && auth->kind == ALG_AUTH &&
			!alg_is_null(enc))
		return err_set(err, EINVAL,
				"aes-gmac goes with null encryption, encryption is %s "
				"(null, or aes-gcm-16 for both)",
				enc->name);
	return 0;
}

void
alg_names(bool authentication, char *buf, unsigned int size)
{
	unsigned int i;
	int n = 0;

	if (size == 0)
		return;
	buf[0] = '\0';
	for (i = 0; i < RTE_DIM(algs); i++) {
		if ((algs[i].kind == ALG_AUTH) != authentication || (unsigned int)n >= size)
			continue;
		n += snprintf(buf + n, size - (unsigned int)n, "%s%s", n == 0 ? "" : ", ",
				algs[i].name);
	}
}
