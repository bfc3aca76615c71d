/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which device can run what: capability tables made up here, one of them as a hardware device has
 * it. No device is touched.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/engine/cryptodev.h"

#define AEAD(name, kmin, kmax, kinc, dig, amin, amax, ainc)               \
	{                                                                 \
		.op = RTE_CRYPTO_OP_TYPE_SYMMETRIC,                       \
		.sym = {.xform_type = RTE_CRYPTO_SYM_XFORM_AEAD,          \
			.aead = { .algo = RTE_CRYPTO_AEAD_##name,         \
					.key_size = { kmin, kmax, kinc }, \
					.digest_size = { dig, dig, 0 },   \
					.aad_size = { amin, amax, ainc }, \
					.iv_size = { 12, 12, 0 } } }      \
	}
#define CIPHER(name, kmin, kmax, kinc, iv)                                \
	{                                                                 \
		.op = RTE_CRYPTO_OP_TYPE_SYMMETRIC,                       \
		.sym = {.xform_type = RTE_CRYPTO_SYM_XFORM_CIPHER,        \
			.cipher = { .algo = RTE_CRYPTO_CIPHER_##name,     \
					.key_size = { kmin, kmax, kinc }, \
					.iv_size = { iv, iv, 0 } } }      \
	}
#define AUTH(name, kmin, kmax, kinc, dmin, dmax, dinc)                          \
	{                                                                       \
		.op = RTE_CRYPTO_OP_TYPE_SYMMETRIC,                             \
		.sym = {.xform_type = RTE_CRYPTO_SYM_XFORM_AUTH,                \
			.auth = { .algo = RTE_CRYPTO_AUTH_##name,               \
					.key_size = { kmin, kmax, kinc },       \
					.digest_size = { dmin, dmax, dinc } } } \
	}
#define END                                        \
	{                                          \
		.op = RTE_CRYPTO_OP_TYPE_UNDEFINED \
	}

/*
 * A PCI accelerator: also does asymmetric crypto, HMAC keys of one length, short AAD only, no
 * ChaCha20.
 */
static const struct rte_cryptodev_capabilities hardware[] = {
	{ .op = RTE_CRYPTO_OP_TYPE_ASYMMETRIC },
	AUTH(SHA1_HMAC, 1, 64, 1, 1, 20, 1),
	AUTH(SHA256_HMAC, 1, 64, 1, 1, 32, 1),
	CIPHER(AES_CBC, 16, 32, 8, 16),
	AEAD(AES_GCM, 16, 32, 8, 16, 0, 240, 1),
	END,
};
#define HARDWARE_FF                                                                    \
	(RTE_CRYPTODEV_FF_SYMMETRIC_CRYPTO | RTE_CRYPTODEV_FF_SYM_OPERATION_CHAINING | \
			RTE_CRYPTODEV_FF_HW_ACCELERATED)

/* GCM with 128-bit keys and the AAD of ordinary sequence numbers only. */
static const struct rte_cryptodev_capabilities narrow[] = {
	AEAD(AES_GCM, 16, 16, 0, 16, 8, 8, 0),
	END,
};

static struct sa_params
params(const char *enc, unsigned int bytes, const char *auth)
{
	struct sa_params prm = { .spi = 1000 };

	ip_parse("192.0.2.2", &prm.dst);
	prm.enc = enc == NULL ? NULL : alg_find_encryption(enc);
	prm.auth = auth == NULL ? NULL : alg_find_authentication(auth);
	prm.keys.enc_len = (uint8_t)bytes;
	if (prm.auth != NULL)
		prm.keys.auth_len = (uint8_t)(prm.auth->key_lens[0] + prm.auth->salt_len);
	return prm;
}

static bool
can(const struct rte_cryptodev_capabilities *caps, uint64_t ff, struct sa_params prm)
{
	enum sa_dir dir;
	struct cd_xform xf;
	bool both[2];

	for (dir = SA_DIR_IN; dir <= SA_DIR_OUT; dir++) {
		assert_int_equal(cd_xform_fill(&xf, &prm, dir, NULL), 0);
		both[dir - SA_DIR_IN] = cd_caps_can(caps, ff, xf.first);
	}
	assert_int_equal(both[0], both[1]);
	return both[0];
}

static void
hardware_gets_what_it_lists_and_nothing_else(void **state)
{
	assert_true(can(hardware, HARDWARE_FF, params("aes-gcm-16", 20, NULL)));
	assert_true(can(hardware, HARDWARE_FF, params("aes-gcm-16", 36, NULL)));
	assert_true(can(hardware, HARDWARE_FF, params("aes-cbc", 24, "hmac-sha1")));
	assert_true(can(hardware, HARDWARE_FF, params("aes-cbc", 32, "hmac-sha2-256")));
	assert_false(can(hardware, HARDWARE_FF, params("chacha20-poly1305", 36, NULL)));
	assert_false(can(hardware, HARDWARE_FF, params("aes-cbc", 16, "hmac-sha2-512")));
	assert_false(can(hardware, HARDWARE_FF, params("aes-ctr", 20, "hmac-sha1")));
	assert_false(can(hardware, HARDWARE_FF, params("null", 0, "hmac-sha1")));
	assert_false(can(hardware, HARDWARE_FF, params("aes-cbc", 16, NULL)));
	assert_false(can(hardware, HARDWARE_FF, params("null", 0, "aes-gmac")));
}

static void
lengths_of_keys_and_aad_count(void **state)
{
	struct sa_params esn = params("aes-gcm-16", 20, NULL);

	assert_true(can(narrow, HARDWARE_FF, params("aes-gcm-16", 20, NULL)));
	assert_false(can(narrow, HARDWARE_FF, params("aes-gcm-16", 28, NULL)));
	assert_false(can(narrow, HARDWARE_FF, params("aes-gcm-16", 36, NULL)));
	esn.esn = true; /* AAD of 12 bytes */
	assert_false(can(narrow, HARDWARE_FF, esn));
	assert_true(can(hardware, HARDWARE_FF, esn));
}

static void
features_count_as_well(void **state)
{
	assert_false(can(hardware, RTE_CRYPTODEV_FF_ASYMMETRIC_CRYPTO,
			params("aes-gcm-16", 20, NULL)));
	/* without chaining: AEAD yes, cipher and HMAC no */
	assert_true(can(hardware, RTE_CRYPTODEV_FF_SYMMETRIC_CRYPTO,
			params("aes-gcm-16", 20, NULL)));
	assert_false(can(hardware, RTE_CRYPTODEV_FF_SYMMETRIC_CRYPTO,
			params("aes-cbc", 16, "hmac-sha1")));
	assert_false(can(NULL, HARDWARE_FF, params("aes-gcm-16", 20, NULL)));
}

static void
assert_ranked(struct sa_params prm, const char *first)
{
	const char *rank[CD_RANK_MAX];
	struct cd_xform xf;
	enum sa_dir dir;

	for (dir = SA_DIR_IN; dir <= SA_DIR_OUT; dir++) {
		assert_int_equal(cd_xform_fill(&xf, &prm, dir, NULL), 0);
		assert_in_range(cd_caps_rank(xf.first, rank), 2, CD_RANK_MAX);
		assert_string_equal(rank[0], first);
	}
}

static void
the_fastest_software_is_first(void **state)
{
	assert_ranked(params("aes-gcm-16", 20, NULL), "crypto_aesni_gcm");
	assert_ranked(params("null", 0, "aes-gmac"), "crypto_aesni_gcm");
	assert_ranked(params("chacha20-poly1305", 36, NULL), "crypto_aesni_mb");
	assert_ranked(params("aes-cbc", 16, "hmac-sha1"), "crypto_aesni_mb");
	assert_ranked(params("3des-cbc", 24, "hmac-sha1"), "crypto_openssl");
}

static void
gmac_with_extended_numbers_is_refused_in_a_sentence(void **state)
{
	struct sa_params prm = params("null", 0, "aes-gmac");
	struct err err = { 0 };
	struct cd_xform xf;

	prm.esn = true;
	assert_int_equal(cd_xform_fill(&xf, &prm, SA_DIR_OUT, &err), -ENOTSUP);
	assert_string_equal(err.msg,
			"sa 192.0.2.2 spi 1000: aes-gmac with extended sequence numbers "
			"is not supported (aes-gmac without, or aes-gcm-16)");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hardware_gets_what_it_lists_and_nothing_else),
		cmocka_unit_test(lengths_of_keys_and_aad_count),
		cmocka_unit_test(features_count_as_well),
		cmocka_unit_test(the_fastest_software_is_first),
		cmocka_unit_test(gmac_with_extended_numbers_is_refused_in_a_sentence),
	};

	return cmocka_run_group_tests_name("engine/caps", tests, NULL, NULL);
}
