/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of algorithms: names, key lengths and pairs as setkey(8) has them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <rte_common.h>

#include "ipsec/alg.h"

static void
finds_every_name_of_the_manual(void **state)
{
	static const char *const enc[] = { "null", "aes-cbc", "rijndael-cbc", "aes-ctr",
		"aes-gcm-16", "chacha20-poly1305", "3des-cbc" };
	static const char *const auth[] = { "null", "hmac-sha1", "hmac-sha2-256", "hmac-sha2-384",
		"hmac-sha2-512", "aes-xcbc-mac", "aes-gmac" };
	unsigned int i;

	for (i = 0; i < RTE_DIM(enc); i++)
		assert_non_null(alg_find_encryption(enc[i]));
	for (i = 0; i < RTE_DIM(auth); i++)
		assert_non_null(alg_find_authentication(auth[i]));
	assert_ptr_equal(alg_find_encryption("aes-cbc"), alg_find_encryption("rijndael-cbc"));
}

static void
keeps_encryption_and_authentication_apart(void **state)
{
	assert_null(alg_find_encryption("hmac-sha1"));
	assert_null(alg_find_authentication("aes-cbc"));
	assert_null(alg_find_encryption("des-cbc"));
	assert_null(alg_find_encryption(""));
	assert_ptr_not_equal(alg_find_encryption("null"), alg_find_authentication("null"));
}

/* ICV and IV lengths, blocks: the RFC of each; bits of keys, salt included: setkey(8) */
static void
has_the_lengths_of_the_standards(void **state)
{
	static const struct {
		const char *name;
		bool auth;
		unsigned int bits[3], iv, block, icv;
	} rows[] = {
		{ "aes-gcm-16", false, { 160, 224, 288 }, 8, 4, 16 },
		{ "chacha20-poly1305", false, { 288 }, 8, 4, 16 },
		{ "aes-cbc", false, { 128, 192, 256 }, 16, 16, 0 },
		{ "aes-ctr", false, { 160, 224, 288 }, 8, 4, 0 },
		{ "3des-cbc", false, { 192 }, 8, 8, 0 },
		{ "hmac-sha1", true, { 160 }, 0, 4, 12 },
		{ "hmac-sha2-256", true, { 256 }, 0, 4, 16 },
		{ "hmac-sha2-384", true, { 384 }, 0, 4, 24 },
		{ "hmac-sha2-512", true, { 512 }, 0, 4, 32 },
		{ "aes-xcbc-mac", true, { 128 }, 0, 4, 12 },
		{ "aes-gmac", true, { 160, 224, 288 }, 8, 4, 16 },
	};
	const struct alg *alg;
	unsigned int i, bytes, k;
	bool allowed;

	for (i = 0; i < RTE_DIM(rows); i++) {
		alg = rows[i].auth ? alg_find_authentication(rows[i].name)
				   : alg_find_encryption(rows[i].name);
		assert_non_null(alg);
		assert_int_equal(alg->iv_len, rows[i].iv);
		assert_int_equal(alg->block_len, rows[i].block);
		assert_int_equal(alg->icv_len, rows[i].icv);
		for (bytes = 0; bytes <= 128; bytes++) {
			allowed = false;
			for (k = 0; k < 3; k++)
				allowed |= rows[i].bits[k] != 0 && rows[i].bits[k] == bytes * 8;
			assert_int_equal(alg_check_key(alg, bytes, NULL) == 0, allowed);
		}
	}
}

static void
a_wrong_key_is_told_the_right_lengths_in_bits(void **state)
{
	struct err err = { 0 };

	assert_int_equal(alg_check_key(alg_find_encryption("aes-cbc"), 15, &err), -EINVAL);
	assert_string_equal(err.msg, "aes-cbc key is 120 bits (128, 192, 256)");
	assert_int_equal(alg_check_key(alg_find_encryption("aes-gcm-16"), 16, &err), -EINVAL);
	assert_string_equal(err.msg,
			"aes-gcm-16 key is 128 bits (160, 224, 288, the last 32 of them salt)");
	assert_int_equal(alg_check_key(alg_find_encryption("null"), 257, &err), -EINVAL);
	assert_string_equal(err.msg, "null key is 2056 bits (0 to 2048)");
}

static void
refuses_pairs_that_are_no_esp(void **state)
{
	const struct alg *null_enc = alg_find_encryption("null"),
			 *cbc = alg_find_encryption("aes-cbc");
	const struct alg *gcm = alg_find_encryption("aes-gcm-16");
	const struct alg *null_auth = alg_find_authentication("null");
	const struct alg *sha1 = alg_find_authentication("hmac-sha1");
	const struct alg *gmac = alg_find_authentication("aes-gmac");

	assert_int_equal(alg_check_pair(gcm, sha1, NULL), -EINVAL);
	assert_int_equal(alg_check_pair(null_enc, null_auth, NULL), -EINVAL);
	assert_int_equal(alg_check_pair(NULL, NULL, NULL), -EINVAL);
	assert_int_equal(alg_check_pair(null_enc, NULL, NULL), -EINVAL);
	assert_int_equal(alg_check_pair(cbc, gmac, NULL), -EINVAL);
	assert_int_equal(alg_check_pair(gcm, gmac, NULL), -EINVAL);

	assert_int_equal(alg_check_pair(gcm, NULL, NULL), 0);
	assert_int_equal(alg_check_pair(gcm, null_auth, NULL), 0);
	assert_int_equal(alg_check_pair(cbc, NULL, NULL), 0);
	assert_int_equal(alg_check_pair(cbc, sha1, NULL), 0);
	assert_int_equal(alg_check_pair(NULL, sha1, NULL), 0);
	assert_int_equal(alg_check_pair(null_enc, gmac, NULL), 0);
}

static void
lists_names_and_cuts_them_to_the_buffer(void **state)
{
	char buf[256], small[10];

	alg_names(true, buf, sizeof(buf));
	assert_string_equal(buf,
			"hmac-sha1, hmac-sha2-256, hmac-sha2-384, hmac-sha2-512, "
			"aes-xcbc-mac, aes-gmac, null");
	alg_names(false, small, sizeof(small));
	assert_string_equal(small, "aes-gcm-1");
	assert_non_null(alg_at(0));
	assert_null(alg_at(1000));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_every_name_of_the_manual),
		cmocka_unit_test(keeps_encryption_and_authentication_apart),
		cmocka_unit_test(has_the_lengths_of_the_standards),
		cmocka_unit_test(a_wrong_key_is_told_the_right_lengths_in_bits),
		cmocka_unit_test(refuses_pairs_that_are_no_esp),
		cmocka_unit_test(lists_names_and_cuts_them_to_the_buffer),
	};

	return cmocka_run_group_tests_name("ipsec/alg", tests, NULL, NULL);
}
