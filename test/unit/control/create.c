/* SPDX-License-Identifier: BSD-3-Clause */
/* A gateway comes and goes: what can not be made leaves nothing behind, and the next one can be made. */
#include "ctl_test.h"

static struct engine *
broken_open(struct counter_table *counters, unsigned int nb_workers, struct err *err)
{
	(void)counters, (void)nb_workers;
	err_set(err, ENODEV, "no device");
	return NULL;
}

static const struct engine_ops broken_ops = { .name = "broken", .open = broken_open };
static const unsigned int lcores[] = { 0 };

static void
too_many_buffers_are_refused(void **state)
{
	struct ctl_args args = { .worker_lcores = lcores, .nb_workers = 1, .nb_mbufs = 1 << 24 };
	struct err err = { 0 };

	assert_null(ctl_create(&args, &err));
	assert_int_equal(err.code, ENOMEM);
	assert_string_equal(err.msg,
			"memory: no room for 16777216 packet buffers (give EAL more with -m)");
	assert_int_equal(gateway_up(state), 0);
	assert_int_equal(gateway_down(state), 0);
}

static void
no_engine_at_all_is_refused(void **state)
{
	static const struct engine_ops *const engines[] = { &broken_ops };
	const struct ctl_args args = { .worker_lcores = lcores,
		.nb_workers = 1,
		.nb_mbufs = 1023,
		.engines = engines,
		.nb_engines = 1 };
	struct err err = { 0 };

	assert_null(ctl_create(&args, &err));
	assert_string_equal(err.msg, "crypto: no engine can be opened");
	assert_int_equal(gateway_up(state), 0);
	assert_int_equal(gateway_down(state), 0);
}

static void
an_engine_that_does_not_open_is_left_out(void **state)
{
	static const struct engine_ops *const engines[] = { &broken_ops, &fake_ops };
	const struct ctl_args args = { .worker_lcores = lcores,
		.nb_workers = 1,
		.nb_mbufs = 1023,
		.engines = engines,
		.nb_engines = 2 };
	struct ctl *ctl = ctl_create(&args, NULL);

	(void)state;
	assert_non_null(ctl);
	refused(ctl_set_engine(ctl, "broken", &err), EINVAL,
			"crypto.engine: no engine is called broken (auto, fake)");
	ctl_destroy(ctl);
}

static void
without_engines_an_sa_is_refused(void **state)
{
	const struct ctl_args args = { .worker_lcores = lcores, .nb_workers = 1, .nb_mbufs = 1023 };
	struct sa_params prm = sa_prm("192.0.2.1", "192.0.2.2", 256, 1);
	struct ctl *ctl = ctl_create(&args, NULL);

	(void)state;
	assert_non_null(ctl);
	refused(ctl_sa_add(ctl, &prm, NULL, &err), ENOTSUP,
			"sa 192.0.2.2 spi 256: no crypto engine is open");
	ctl_destroy(ctl);
}

static void
a_port_that_is_not_there_is_refused_and_leaves_no_trace(void **state)
{
	struct cfg_port port = { .name = "wan0", .device = "0000:99:00.0", .mtu_bytes = 1500 };

	assert_int_not_equal(ctl_port_add(*state, &port, NULL), 0);
	assert_null(find(*state, "wan0"));
	port_add(*state, "wan0", "net_null0", "192.168.0.3/24");
}

static void
a_port_with_a_bad_address_is_refused_and_leaves_no_trace(void **state)
{
	const uint32_t routes = rib_count(ctl_rib(*state));
	struct ip_prefix addresses[2] = { prefix("10.1.0.1/24"), prefix("224.0.0.1/24") };
	struct cfg_port port = { .name = "wan0",
		.device = "net_null0",
		.devargs = "no-rx=1",
		.mtu_bytes = 1500,
		.addresses = addresses,
		.nb_addresses = 2 };

	refused(ctl_port_add(*state, &port, &err), EINVAL,
			"wan0: address 224.0.0.1 is not one of a host");
	assert_null(find(*state, "wan0"));
	assert_int_equal(rib_count(ctl_rib(*state)), routes);
	assert_int_equal(fib0(*state, "10.1.0.1"), NH_NONE);
	port_add(*state, "wan0", "net_null0", "192.168.0.3/24"); /* the device is free again */
}

static void
it_starts_and_stops_and_starts_again(void **state)
{
	ok(ctl_start(*state, &err));
	assert_true(ctl_is_started(*state));
	ok(ctl_start(*state, &err)); /* nothing changes */
	ctl_poll(*state);
	ctl_stop(*state);
	assert_false(ctl_is_started(*state));
	ctl_stop(*state);
	ok(ctl_start(*state, &err));
	ctl_poll(*state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(too_many_buffers_are_refused),
		cmocka_unit_test(no_engine_at_all_is_refused),
		cmocka_unit_test(an_engine_that_does_not_open_is_left_out),
		cmocka_unit_test(without_engines_an_sa_is_refused),
		with_gateway(a_port_that_is_not_there_is_refused_and_leaves_no_trace),
		with_gateway(a_port_with_a_bad_address_is_refused_and_leaves_no_trace),
		with_ports(it_starts_and_stops_and_starts_again),
	};

	return cmocka_run_group_tests_name("control/create", tests, eal_up, eal_down);
}
