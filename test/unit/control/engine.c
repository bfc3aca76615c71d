/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which engine an SA gets, with the two that are built in; the hardware device that one of them has
 * here is not real.
 */
#include "sa_test.h"

#include "drivers/registry.h"

static struct engine_ops with_hardware;
static bool hardware_runs_cbc;

/* An accelerator for aes-cbc. */
static bool
fake_in_hardware(const struct engine *e, const struct sa_params *prm)
{
	(void)e;
	return hardware_runs_cbc && prm->enc != NULL && strcmp(prm->enc->name, "aes-cbc") == 0;
}

static struct engine *
open_with_hardware(struct counter_table *counters, unsigned int nb_workers, struct err *why)
{
	struct engine *e = registry_engine("cryptodev")->open(counters, nb_workers, why);

	if (e != NULL)
		e->ops = &with_hardware;
	return e;
}

static int
two_engines_up(void **state)
{
	const struct engine_ops *const engines[] = { registry_engine_at(0), &with_hardware };
	const unsigned int lcores[] = { 0 };
	const struct ctl_args args = {
		.worker_lcores = lcores,
		.nb_workers = 1,
		.nb_mbufs = 4095,
		.port_ops = registry_ports(),
		.engines = engines,
		.nb_engines = 2,
	};

	struct err why = { 0 };

	hardware_runs_cbc = false;
	with_hardware = *registry_engine("cryptodev");
	with_hardware.open = open_with_hardware;
	with_hardware.in_hardware = fake_in_hardware;
	*state = ctl_create(&args, &why);
	return *state == NULL;
}

static int
add(struct ctl *ctl, const char *enc, const char *auth, struct sa_ctl **ret_sa, struct err *why)
{
	static uint32_t spi = 10000;
	struct sa_params prm = sa_prm(HERE, THERE, ++spi, 100);
	int rc;

	prm.enc = alg_find_encryption(enc);
	prm.keys.enc_len = (uint8_t)(prm.enc->key_lens[0] + prm.enc->salt_len);
	prm.auth = auth == NULL ? NULL : alg_find_authentication(auth);
	prm.keys.auth_len = auth == NULL ? 0 : prm.auth->key_lens[0];
	rc = ctl_sa_add(ctl, &prm, NULL, why);
	if (ret_sa != NULL)
		*ret_sa = sadb_find(ctl_sadb(ctl), &prm.dst, spi);
	return rc;
}

static void
runs_on(struct ctl *ctl, const struct sa_ctl *sa, const char *engine, const char *why)
{
	char text[64];

	assert_non_null(sa);
	assert_string_equal(sa->engine->ops->name, engine);
	ctl_sa_why(ctl, sa, text, sizeof(text));
	assert_string_equal(text, why);
}

static void
auto_takes_the_fastest_that_can(void **state)
{
	struct sa_ctl *gcm, *cbc, *des;

	ok(add(*state, "aes-gcm-16", NULL, &gcm, &err));
	ok(add(*state, "aes-cbc", "hmac-sha2-256", &cbc, &err));
	ok(add(*state, "3des-cbc", "hmac-sha1", &des, &err));
	runs_on(*state, gcm, "ipsec_mb", "fastest");
	runs_on(*state, cbc, "ipsec_mb", "fastest");
	runs_on(*state, des, "cryptodev", "ipsec_mb does not run it");
}

static void
auto_takes_hardware_first_for_what_it_runs(void **state)
{
	struct sa_ctl *gcm, *cbc;

	hardware_runs_cbc = true;
	ok(add(*state, "aes-gcm-16", NULL, &gcm, &err));
	ok(add(*state, "aes-cbc", "hmac-sha2-256", &cbc, &err));
	runs_on(*state, gcm, "ipsec_mb", "fastest");
	runs_on(*state, cbc, "cryptodev", "hardware");
}

static void
a_named_engine_runs_all_or_refuses(void **state)
{
	struct sa_ctl *sa;
	char want[200];

	hardware_runs_cbc = true;
	ok(ctl_set_engine(*state, "ipsec_mb", &err));
	ok(add(*state, "aes-cbc", "hmac-sha1", &sa, &err));
	runs_on(*state, sa, "ipsec_mb", "crypto.engine was ipsec_mb");
	snprintf(want, sizeof(want),
			"sa " THERE " spi %u: ipsec_mb does not run 3des-cbc with authentication "
			"hmac-sha1 (crypto.engine cryptodev or auto)",
			sa->prm.spi + 1);
	refused(add(*state, "3des-cbc", "hmac-sha1", NULL, &err), ENOTSUP, want);
	ok(ctl_set_engine(*state, "cryptodev", &err));
	ok(add(*state, "aes-gcm-16", NULL, &sa, &err));
	runs_on(*state, sa, "cryptodev", "crypto.engine was cryptodev");
	/* what was added before stays where it is, and why */
	ok(ctl_set_engine(*state, "auto", &err));
	runs_on(*state, sa, "cryptodev", "crypto.engine was cryptodev");
}

static void
an_sa_that_was_larval_tells_why_as_well(void **state)
{
	const struct ctl_getspi want = { .src = ip(HERE), .dst = ip(THERE), .reqid = 100 };
	struct sa_params prm = sa_prm(HERE, THERE, 0, 100);

	ok(ctl_set_engine(*state, "cryptodev", &err));
	ok(ctl_sa_getspi(*state, &want, &prm.spi, &err));
	ok(ctl_sa_update(*state, &prm, NULL, &err));
	runs_on(*state, sadb_find(ctl_sadb(*state), &prm.dst, prm.spi), "cryptodev",
			"crypto.engine was cryptodev");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
				auto_takes_the_fastest_that_can, two_engines_up, gateway_down),
		cmocka_unit_test_setup_teardown(auto_takes_hardware_first_for_what_it_runs,
				two_engines_up, gateway_down),
		cmocka_unit_test_setup_teardown(
				a_named_engine_runs_all_or_refuses, two_engines_up, gateway_down),
		cmocka_unit_test_setup_teardown(an_sa_that_was_larval_tells_why_as_well,
				two_engines_up, gateway_down),
	};

	return cmocka_run_group_tests_name("control/engine", tests, eal_up, eal_down);
}
