/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The algorithms: a row for each with its names, lengths and source. What setkey(8) and the JSON
 * file accept, what show prints, and what engines are asked for. No device is known here.
 */
#ifndef IPSEC_ALG_H
#define IPSEC_ALG_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_crypto_sym.h>

#include "base/err.h"

enum alg_class { ALG_CIPHER, ALG_AEAD, ALG_AUTH };

struct alg {
	const char *name;       /* setkey(8)'s and ours: "rijndael-cbc" is an alias of "aes-cbc" */
	const char *aliases[4]; /* other names that are accepted, NULL-terminated */
	const char *rfc;
	enum alg_class kind;
	bool counter_mode; /* a repeated nonce breaks it: GCM, CTR, ChaCha20, GMAC */
	/* allowed key lengths in bytes without salt, 0-terminated; empty: none (null) */
	uint8_t key_lens[4];
	uint8_t salt_len;  /* bytes at the end of the key that are salt or nonce */
	uint8_t iv_len;    /* explicit IV in the packet, bytes */
	uint8_t block_len; /* the ciphertext is a multiple of it (at least 4: RFC 4303 2.4) */
	uint8_t icv_len;   /* bytes; 0 for ciphers */
	/* AUTH: HMAC takes keys of any length that the RFC allows: min in key_lens[0] */
	bool key_free;
	enum rte_crypto_cipher_algorithm cipher; /* for ALG_CIPHER */
	enum rte_crypto_aead_algorithm aead;     /* for ALG_AEAD */
	enum rte_crypto_auth_algorithm auth;     /* for ALG_AUTH */
};

/**
 * By any of its names; NULL when there is none of that class. ALG_CIPHER finds ALG_AEAD as well
 * (setkey's -E names both).
 */
const struct alg *alg_find_encryption(const char *name);
const struct alg *alg_find_authentication(const char *name);
/**
 * Key with salt, in bytes: right for the algorithm? -EINVAL with a message that names the allowed
 * lengths in bits.
 */
int alg_check_key(const struct alg *alg, unsigned int key_len, struct err *err);
/**
 * Is this pair an ESP SA? AEAD excludes authentication; something must be there (null/null is
 * refused). -EINVAL with a message.
 */
int alg_check_pair(const struct alg *enc, const struct alg *auth, struct err *err);
/** Names of all of a class, comma separated, for messages and help. */
void alg_names(bool authentication, char *buf, unsigned int size);
/** Iterate: i from 0 until NULL. */
const struct alg *alg_at(unsigned int i);

#endif
