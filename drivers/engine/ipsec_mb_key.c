/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an SA asks for, in the terms of IPsec-MB, and its keys expanded for one direction. Control
 * core; expanded keys live in the session alone.
 */
#include <errno.h>
#include <string.h>

#include "ipsec_mb.h"

static bool
is_gmac(const struct sa_params *prm)
{
	return prm->auth != NULL && prm->auth->auth == RTE_CRYPTO_AUTH_AES_GMAC;
}

static bool
cipher_of(const struct alg *enc, uint8_t *ret_cipher)
{
	const enum rte_crypto_cipher_algorithm cipher = enc == NULL ? RTE_CRYPTO_CIPHER_NULL
								    : enc->cipher;

	switch (cipher) {
	case RTE_CRYPTO_CIPHER_NULL:
		*ret_cipher = IMB_CIPHER_NULL;
		return true;
	case RTE_CRYPTO_CIPHER_AES_CBC:
		*ret_cipher = IMB_CIPHER_CBC;
		return true;
	case RTE_CRYPTO_CIPHER_AES_CTR:
		*ret_cipher = IMB_CIPHER_CNTR;
		return true;
	default:
		return false;
	}
}

static bool
hash_of(const struct alg *auth, uint8_t *ret_hash)
{
	static const struct {
		enum rte_crypto_auth_algorithm auth;
		uint8_t hash;
	} map[] = {
		{ RTE_CRYPTO_AUTH_NULL, IMB_AUTH_NULL },
		{ RTE_CRYPTO_AUTH_SHA1_HMAC, IMB_AUTH_HMAC_SHA_1 },
		{ RTE_CRYPTO_AUTH_SHA256_HMAC, IMB_AUTH_HMAC_SHA_256 },
		{ RTE_CRYPTO_AUTH_SHA384_HMAC, IMB_AUTH_HMAC_SHA_384 },
		{ RTE_CRYPTO_AUTH_SHA512_HMAC, IMB_AUTH_HMAC_SHA_512 },
		{ RTE_CRYPTO_AUTH_AES_XCBC_MAC, IMB_AUTH_AES_XCBC },
	};
	const enum rte_crypto_auth_algorithm wanted = auth == NULL ? RTE_CRYPTO_AUTH_NULL
								   : auth->auth;
	unsigned int i;

	for (i = 0; i < RTE_DIM(map); i++) {
		if (map[i].auth != wanted)
			continue;
		*ret_hash = map[i].hash;
		return true;
	}
	return false;
}

/* false: not for this engine. */
static bool
kind_of(const struct sa_params *prm, struct mb_session *ret_s)
{
	if (prm->enc != NULL && prm->enc->kind == ALG_AEAD) {
		ret_s->kind = prm->enc->aead == RTE_CRYPTO_AEAD_AES_GCM ? MB_GCM : MB_CHACHA;
		return prm->enc->aead == RTE_CRYPTO_AEAD_AES_GCM ||
				prm->enc->aead == RTE_CRYPTO_AEAD_CHACHA20_POLY1305;
	}
	if (!cipher_of(prm->enc, &ret_s->cipher))
		return false;
	ret_s->kind = is_gmac(prm) ? MB_GMAC : MB_JOB;
	return is_gmac(prm) ? ret_s->cipher == IMB_CIPHER_NULL : hash_of(prm->auth, &ret_s->hash);
}

int
mb_keys_check(const struct sa_params *prm, struct err *err)
{
	struct mb_session s;

	if (kind_of(prm, &s))
		return 0;
	return err_set(err, ENOTSUP,
			"ipsec_mb does not run %s with authentication %s (crypto.engine cryptodev "
			"or "
			"auto)",
			prm->enc != NULL ? prm->enc->name : "null",
			prm->auth != NULL ? prm->auth->name : "none");
}

/*
 * GCM and GMAC: key schedule, powers of the hash key, the call for this length and direction. GMAC
 * is GCM with nothing to encrypt, the same both ways.
 */
static void
expand_gcm(IMB_MGR *mgr, struct mb_session *s, const uint8_t *key, unsigned int key_len, bool out)
{
	out |= s->kind == MB_GMAC;
	if (key_len == 16) {
		mgr->gcm128_pre(key, &s->keys.gcm);
		s->gcm = out ? mgr->gcm128_enc : mgr->gcm128_dec;
	} else if (key_len == 24) {
		mgr->gcm192_pre(key, &s->keys.gcm);
		s->gcm = out ? mgr->gcm192_enc : mgr->gcm192_dec;
	} else {
		mgr->gcm256_pre(key, &s->keys.gcm);
		s->gcm = out ? mgr->gcm256_enc : mgr->gcm256_dec;
	}
	/* with wide vectors the powers are stored highest first, and small packets use the low */
	s->auth_line = (uint8_t)(offsetof(struct gcm_key_data, ghash_keys) / RTE_CACHE_LINE_SIZE);
	if (mgr->used_arch == IMB_ARCH_AVX512 && (mgr->features & IMB_FEATURE_VAES) != 0)
		s->auth_line = (uint8_t)(sizeof(s->keys.gcm) / RTE_CACHE_LINE_SIZE - MB_KEY_LINES);
}

static void
expand_aes(IMB_MGR *mgr, struct mb_session *s, const uint8_t *key, bool out)
{
	uint8_t unused[MB_AES_KEYS] __rte_aligned(16);
	/* CTR encrypts both ways */
	const bool enc = out || s->cipher == IMB_CIPHER_CNTR;
	uint8_t *keys = s->keys.job.cipher;
	const keyexp_t expand = s->key_len == 16 ? mgr->keyexp_128
			: s->key_len == 24       ? mgr->keyexp_192
						 : mgr->keyexp_256;

	expand(key, enc ? keys : unused, enc ? unused : keys);
	explicit_bzero(unused, sizeof(unused));
}

/* RFC 2104: the states after the first block, of the inner and of the outer hash. */
static void
expand_hmac(struct mb_session *s, const struct sa_params *prm, hash_one_block_t one_block,
		hash_fn_t hash, unsigned int block_len)
{
	uint8_t key[IMB_SHA_512_BLOCK_SIZE] = { 0 }, block[IMB_SHA_512_BLOCK_SIZE];
	unsigned int i;

	if (prm->keys.auth_len > block_len)
		hash(prm->keys.auth, prm->keys.auth_len, key);
	else
		memcpy(key, prm->keys.auth, prm->keys.auth_len);
	for (i = 0; i < block_len; i++)
		block[i] = key[i] ^ 0x36;
	one_block(block, s->keys.job.hmac.ipad);
	for (i = 0; i < block_len; i++)
		block[i] = key[i] ^ 0x5c;
	one_block(block, s->keys.job.hmac.opad);
	explicit_bzero(key, sizeof(key));
	explicit_bzero(block, sizeof(block));
}

static void
expand_auth(IMB_MGR *mgr, struct mb_session *s, const struct sa_params *prm)
{
	switch (s->hash) {
	case IMB_AUTH_HMAC_SHA_1:
		expand_hmac(s, prm, mgr->sha1_one_block, mgr->sha1, IMB_SHA1_BLOCK_SIZE);
		break;
	case IMB_AUTH_HMAC_SHA_256:
		expand_hmac(s, prm, mgr->sha256_one_block, mgr->sha256, IMB_SHA_256_BLOCK_SIZE);
		break;
	case IMB_AUTH_HMAC_SHA_384:
		expand_hmac(s, prm, mgr->sha384_one_block, mgr->sha384, IMB_SHA_384_BLOCK_SIZE);
		break;
	case IMB_AUTH_HMAC_SHA_512:
		expand_hmac(s, prm, mgr->sha512_one_block, mgr->sha512, IMB_SHA_512_BLOCK_SIZE);
		break;
	case IMB_AUTH_AES_XCBC:
		mgr->xcbc_keyexp(prm->keys.auth, s->keys.job.xcbc.k1, s->keys.job.xcbc.k2,
				s->keys.job.xcbc.k3);
		break;
	default:
		break;
	}
}

/* Salt or nonce: the last four bytes of the key that has one. */
static uint32_t
salt_of(const struct sa_params *prm)
{
	uint32_t salt = 0;

	if (prm->enc != NULL && prm->enc->salt_len != 0)
		memcpy(&salt, prm->keys.enc + prm->keys.enc_len - sizeof(salt), sizeof(salt));
	else if (prm->auth != NULL && prm->auth->salt_len != 0)
		memcpy(&salt, prm->keys.auth + prm->keys.auth_len - sizeof(salt), sizeof(salt));
	return salt;
}

void
mb_keys_expand(IMB_MGR *mgr, struct mb_session *s, const struct sa_params *prm, enum sa_dir dir)
{
	const bool out = dir == SA_DIR_OUT;

	(void)kind_of(prm, s);
	s->salt = salt_of(prm);
	switch ((enum mb_kind)s->kind) {
	case MB_GCM:
		expand_gcm(mgr, s, prm->keys.enc, prm->keys.enc_len - prm->enc->salt_len, out);
		break;
	case MB_GMAC:
		expand_gcm(mgr, s, prm->keys.auth, prm->keys.auth_len - prm->auth->salt_len, out);
		break;
	case MB_CHACHA:
		memcpy(s->keys.chacha, prm->keys.enc, sizeof(s->keys.chacha));
		break;
	case MB_JOB:
		if (s->cipher != IMB_CIPHER_NULL) {
			s->key_len = (uint8_t)(prm->keys.enc_len - prm->enc->salt_len);
			expand_aes(mgr, s, prm->keys.enc, out);
		}
		expand_auth(mgr, s, prm);
		if (s->hash != IMB_AUTH_NULL && s->hash != IMB_AUTH_AES_XCBC)
			s->alike = (uint32_t)s->cipher | (uint32_t)s->hash << 8 |
					(uint32_t)s->key_len << 16;
		s->auth_line = (uint8_t)(offsetof(union mb_keys, job.hmac) / RTE_CACHE_LINE_SIZE);
		break;
	}
}
