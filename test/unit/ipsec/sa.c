/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rules about an SA's parameters, in the words that reach the user; fingerprints; lengths of
 * the worker record.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <rte_common.h>
#include <rte_eal.h>

#include "base/rcu.h"
#include "ipsec/engine.h"
#include "ipsec/sa.h"

static struct sa_params
good(const char *enc, unsigned int enc_bits, const char *auth, unsigned int auth_bits)
{
	struct sa_params prm = { .spi = 10000, .reqid = 100, .replay_window = 64 };

	ip_parse("192.168.0.3", &prm.src);
	ip_parse("192.168.0.5", &prm.dst);
	prm.enc = enc == NULL ? NULL : alg_find_encryption(enc);
	prm.auth = auth == NULL ? NULL : alg_find_authentication(auth);
	prm.keys.enc_len = (uint8_t)(enc_bits / 8);
	prm.keys.auth_len = (uint8_t)(auth_bits / 8);
	return prm;
}

static void
assert_refused(const struct sa_params *prm, int code, const char *msg)
{
	struct err err = { 0 };

	assert_int_equal(sa_params_check(prm, &err), -code);
	assert_string_equal(err.msg, msg);
}

static void
takes_what_the_manual_shows(void **state)
{
	struct sa_params prm = good("rijndael-cbc", 128, NULL, 0);

	assert_int_equal(sa_params_check(&prm, NULL), 0);
	prm = good("aes-gcm-16", 160, NULL, 0);
	assert_int_equal(sa_params_check(&prm, NULL), 0);
	prm = good("null", 0, "hmac-sha1", 160);
	assert_int_equal(sa_params_check(&prm, NULL), 0);
}

static void
names_the_sa_and_what_is_wrong_with_its_keys(void **state)
{
	struct sa_params prm = good("aes-cbc", 120, NULL, 0);

	assert_refused(&prm, EINVAL,
			"sa 192.168.0.5 spi 10000: aes-cbc key is 120 bits (128, 192, 256)");
	prm = good("aes-cbc", 128, "hmac-sha2-256", 160);
	assert_refused(&prm, EINVAL,
			"sa 192.168.0.5 spi 10000: hmac-sha2-256 key is 160 bits (256)");
	prm = good("aes-cbc", 128, NULL, 160);
	assert_refused(&prm, EINVAL,
			"sa 192.168.0.5 spi 10000: a key of 160 bits without algorithm");
	prm = good("aes-gcm-16", 160, "hmac-sha1", 160);
	assert_refused(&prm, EINVAL,
			"sa 192.168.0.5 spi 10000: aes-gcm-16 authenticates by itself, "
			"authentication is hmac-sha1 (none)");
}

static void
refuses_ends_that_are_no_pair_of_hosts(void **state)
{
	struct sa_params prm = good("aes-gcm-16", 160, NULL, 0);

	ip_parse("2001:db8::5", &prm.dst);
	assert_refused(&prm, EAFNOSUPPORT,
			"sa 2001:db8::5 spi 10000: 192.168.0.3 -> 2001:db8::5 mixes IPv4 and IPv6");
	ip_parse("0.0.0.0", &prm.dst);
	assert_refused(&prm, EADDRNOTAVAIL,
			"sa 0.0.0.0 spi 10000: 192.168.0.3 -> 0.0.0.0 are not two hosts");
	ip_parse("224.0.0.1", &prm.dst);
	assert_refused(&prm, EADDRNOTAVAIL,
			"sa 224.0.0.1 spi 10000: 192.168.0.3 -> 224.0.0.1 are not two hosts");
	prm = good("aes-gcm-16", 160, NULL, 0);
	prm.spi = 255;
	assert_refused(&prm, EINVAL, "sa 192.168.0.5 spi 255: spi is 255 (256 to 4294967295)");
	prm.spi = 256;
	assert_int_equal(sa_params_check(&prm, NULL), 0);
}

static void
refuses_sequence_options_that_do_not_fit(void **state)
{
	struct sa_params prm = good("aes-gcm-16", 160, NULL, 0);

	prm.replay_window = 4096;
	assert_int_equal(sa_params_check(&prm, NULL), 0);
	prm.replay_window = 4104;
	assert_refused(&prm, EINVAL,
			"sa 192.168.0.5 spi 10000: replay window is 4104 packets (0 to 4096, in "
			"setkey -r 0 to 512 octets)");
	prm = good("aes-cbc", 128, NULL, 0);
	prm.esn = true;
	assert_refused(&prm, EINVAL,
			"sa 192.168.0.5 spi 10000: extended sequence numbers without "
			"authentication (RFC 4303, 2.2.1)");
	prm = good("aes-gcm-16", 160, NULL, 0);
	prm.seq_start = UINT64_C(1) << 32;
	assert_refused(&prm, EINVAL,
			"sa 192.168.0.5 spi 10000: sequence number is 4294967296 (0 to "
			"4294967295 without esn)");
	prm.esn = true;
	assert_int_equal(sa_params_check(&prm, NULL), 0);
}

static void
refuses_lifetimes_and_ports_that_contradict(void **state)
{
	struct sa_params prm = good("aes-gcm-16", 160, NULL, 0);

	prm.hard.seconds = 3600;
	assert_refused(&prm, EINVAL,
			"sa 192.168.0.5 spi 10000: a hard lifetime without a soft one (both or "
			"none)");
	prm.soft.bytes = 1000; /* of another kind: FreeBSD takes that */
	assert_int_equal(sa_params_check(&prm, NULL), 0);
	prm.hard.seconds = 0;
	assert_refused(&prm, EINVAL,
			"sa 192.168.0.5 spi 10000: a soft lifetime without a hard one (both or "
			"none)");
	prm.soft.bytes = 0;
	prm.soft.seconds = 3600;
	prm.hard.seconds = 2880;
	assert_refused(&prm, EINVAL,
			"sa 192.168.0.5 spi 10000: soft lifetime of 3600 seconds is beyond the "
			"hard one (2880)");
	prm.soft.seconds = 2880;
	prm.soft.packets = 10;
	prm.hard.packets = 9;
	assert_refused(&prm, EINVAL,
			"sa 192.168.0.5 spi 10000: soft lifetime of 10 packets is beyond the hard "
			"one (9)");
	prm = good("aes-gcm-16", 160, NULL, 0);
	prm.natt_sport = 4500;
	assert_refused(&prm, EINVAL,
			"sa 192.168.0.5 spi 10000: NAT-T ports are 4500 and 0 (both or none)");
}

static void
warns_of_what_is_legal_but_unwise(void **state)
{
	struct sa_params prm = good("rijndael-cbc", 128, NULL, 0);
	char buf[256], small[8];

	sa_params_warning(&prm, SA_DIR_IN, buf, sizeof(buf));
	assert_non_null(strstr(buf, "without authentication"));
	prm = good("aes-gcm-16", 160, NULL, 0);
	sa_params_warning(&prm, SA_DIR_IN, buf, sizeof(buf));
	assert_string_equal(buf, "");
	prm.replay_window = 0;
	sa_params_warning(&prm, SA_DIR_IN, buf, sizeof(buf));
	assert_non_null(strstr(buf, "no replay window"));
	sa_params_warning(&prm, SA_DIR_OUT, buf, sizeof(buf));
	assert_string_equal(buf, "");
	prm = good("3des-cbc", 192, NULL, 0);
	sa_params_warning(&prm, SA_DIR_IN, buf, sizeof(buf));
	assert_non_null(strstr(buf, "without authentication"));
	assert_non_null(strstr(buf, "3des-cbc: blocks of 64 bits"));
	sa_params_warning(&prm, SA_DIR_IN, small, sizeof(small));
	assert_int_equal(strlen(small), sizeof(small) - 1);
}

/*
 * sha256sum over "aes-gcm-16" in 24 bytes, 24 zero bytes, 64 key bytes, the length, 128 zero bytes,
 * a zero
 */
static void
the_fingerprint_is_sha256_of_names_and_keys(void **state)
{
	static const uint8_t want[8] = { 0xa0, 0x92, 0x93, 0x3c, 0x73, 0x78, 0x30, 0x49 };
	struct sa_params prm = good("aes-gcm-16", 160, NULL, 0);
	uint8_t a[8], b[8];
	unsigned int i;

	for (i = 0; i < prm.keys.enc_len; i++)
		prm.keys.enc[i] = (uint8_t)(i + 1);
	sa_fingerprint(&prm, a);
	assert_memory_equal(a, want, sizeof(a));
	/* bytes beyond the key do not count */
	prm.keys.enc[prm.keys.enc_len] = 0xff;
	sa_fingerprint(&prm, b);
	assert_memory_equal(a, b, sizeof(a));
	prm.keys.enc[0] ^= 1;
	sa_fingerprint(&prm, b);
	assert_memory_not_equal(a, b, sizeof(a));
}

/* An engine that remembers what it was asked; its sessions are a byte. */
static unsigned int sessions;
static int create_rc;

static size_t
fake_size(const struct engine *e)
{
	return 1;
}

static int
fake_create(struct engine *e, struct sa *sa, const struct sa_params *prm, unsigned int nb_workers,
		struct err *err)
{
	if (create_rc != 0)
		return err_set(err, -create_rc, "no");
	sessions++;
	return 0;
}

static void
fake_destroy(struct engine *e, struct sa *sa)
{
	sessions--;
}

static const struct engine_ops fake_ops = {
	.session_size = fake_size,
	.session_create = fake_create,
	.session_destroy = fake_destroy,
};

static void
an_sa_is_freed_only_when_no_op_is_inside(void **state)
{
	struct counter_table counters;
	struct engine engine = { .ops = &fake_ops, .counters = &counters };
	struct sa_params prm = good("aes-cbc", 128, "hmac-sha1", 160);
	struct sa_ctl *ctl;
	struct err err = { 0 };
	struct sa *sa;

	assert_int_equal(counter_table_init(&counters, "sa", 16, 1, &err), 0);
	ctl = sa_ctl_create(&prm, 7, &counters, &err);
	assert_non_null(ctl);
	ctl->engine = &engine;

	create_rc = -ENOTSUP;
	assert_int_equal(sa_open(ctl, SA_DIR_IN, 1, &err), -ENOTSUP);
	assert_null(ctl->sa);
	create_rc = 0;
	assert_int_equal(sa_open(ctl, SA_DIR_IN, 1, &err), 0);
	sa = ctl->sa;
	/* SPI and number, IV, one block, ICV */
	assert_int_equal(sa->min_len, 8 + 16 + 16 + 12);
	assert_int_equal(sa->overhead, 8 + 16 + 15 + 2 + 12);
	assert_int_equal(rte_be_to_cpu_32(sa->spi), 10000);

	counter_row(&counters, 0, 7)[SA_CNT_ENQ] = 3;
	counter_row(&counters, 0, 7)[SA_CNT_DONE] = 2;
	assert_true(sa_is_busy(sa));
	sa_retire(ctl);
	assert_null(ctl->sa);
	rcu_reclaim();
	rcu_reclaim();
	assert_int_equal(sessions, 1);
	counter_row(&counters, 0, 7)[SA_CNT_DONE] = 3;
	rcu_reclaim();
	rcu_reclaim();
	assert_int_equal(sessions, 0);
	sa_retire(ctl); /* nothing left: allowed */
	sa_ctl_destroy(ctl);
	sa_ctl_destroy(NULL);
	counter_table_fini(&counters);
}

static void
two_sas_draw_two_masks(void **state)
{
	struct counter_table counters;
	struct engine engine = { .ops = &fake_ops, .counters = &counters };
	struct sa_params prm = good("aes-gcm-16", 160, NULL, 0);
	struct sa_ctl *a, *b;

	assert_int_equal(counter_table_init(&counters, "sa", 16, 1, NULL), 0);
	a = sa_ctl_create(&prm, 1, &counters, NULL);
	b = sa_ctl_create(&prm, 2, &counters, NULL);
	a->engine = b->engine = &engine;
	assert_int_equal(sa_open(a, SA_DIR_OUT, 1, NULL), 0);
	assert_int_equal(sa_open(b, SA_DIR_OUT, 1, NULL), 0);
	assert_true(a->sa->iv_mask != b->sa->iv_mask);
	assert_memory_equal(a->fingerprint, b->fingerprint, 8);
	sa_retire(a);
	sa_retire(b);
	rcu_reclaim();
	rcu_reclaim();
	assert_int_equal(sessions, 0);
	sa_ctl_destroy(a);
	sa_ctl_destroy(b);
	counter_table_fini(&counters);
}

static int
setup(void **state)
{
	static char *args[] = { "test", "--no-huge", "-m", "64", "--no-pci", "--no-shconf",
		"--no-telemetry", "-l", "0", "--log-level", "error" };

	return rte_eal_init(RTE_DIM(args), args) < 0 ? -1 : rcu_init(1, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_what_the_manual_shows),
		cmocka_unit_test(names_the_sa_and_what_is_wrong_with_its_keys),
		cmocka_unit_test(refuses_ends_that_are_no_pair_of_hosts),
		cmocka_unit_test(refuses_sequence_options_that_do_not_fit),
		cmocka_unit_test(refuses_lifetimes_and_ports_that_contradict),
		cmocka_unit_test(warns_of_what_is_legal_but_unwise),
		cmocka_unit_test(the_fingerprint_is_sha256_of_names_and_keys),
		cmocka_unit_test(an_sa_is_freed_only_when_no_op_is_inside),
		cmocka_unit_test(two_sas_draw_two_masks),
	};

	return cmocka_run_group_tests_name("ipsec/sa", tests, setup, NULL);
}
