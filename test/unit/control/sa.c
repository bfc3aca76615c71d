/* SPDX-License-Identifier: BSD-3-Clause */
/* SAs, which interface they serve and when they end, as in if_ipsec(4) and setkey(8). */
#include "base/clock.h"
#include "sa_test.h"

static void
outbound_is_the_sa_with_the_ends_and_the_reqid(void **state)
{
	const struct sa_ctl *sa;

	ipsec0(*state);
	assert_null(sa_out(*state, "ipsec0"));
	sa = sa_add(*state, HERE, THERE, 10000, 100);
	assert_non_null(sa->sa);
	assert_ptr_equal(sa_out(*state, "ipsec0"), sa->sa);
	assert_int_equal(sa->dir, SA_DIR_OUT);
	assert_int_equal(sa->iface, find(*state, "ipsec0")->index);
	assert_int_equal(sa->sa->iface, sa->iface);
	sa_add(*state, HERE, THERE, 10001, 200);         /* another reqid */
	sa_add(*state, HERE, "192.168.0.6", 10002, 100); /* another end */
	assert_int_equal(fake_sessions, 1);
	ok(ctl_sa_delete(*state, IP(HERE), IP(THERE), 10000, &err));
	assert_null(sa_out(*state, "ipsec0"));
}

static void
inbound_is_the_reverse_way(void **state)
{
	const struct sa_ctl *sa;

	ipsec0(*state);
	sa = sa_add(*state, THERE, HERE, 10001, 100);
	assert_int_equal(sa->dir, SA_DIR_IN);
	assert_int_equal(sa->sa->iface, find(*state, "ipsec0")->index);
	assert_null(sa_out(*state, "ipsec0"));
}

static void
sas_may_come_before_their_interface(void **state)
{
	const struct sa_ctl *out = sa_add(*state, HERE, THERE, 10000, 100);
	const struct sa_ctl *in = sa_add(*state, THERE, HERE, 10001, 100);

	assert_null(out->sa);
	ipsec0(*state);
	assert_ptr_equal(sa_out(*state, "ipsec0"), out->sa);
	assert_int_equal(in->sa->iface, find(*state, "ipsec0")->index);
}

static void
transport_mode_never_serves_a_tunnel_and_mode_any_does(void **state)
{
	struct sa_params prm = sa_prm(HERE, THERE, 10000, 100);

	ipsec0(*state);
	prm.mode = SA_MODE_TRANSPORT;
	ok(ctl_sa_add(*state, &prm, NULL, &err));
	assert_null(sa_out(*state, "ipsec0"));
	prm.mode = SA_MODE_ANY;
	prm.spi = 10001;
	ok(ctl_sa_add(*state, &prm, NULL, &err));
	assert_non_null(sa_out(*state, "ipsec0"));
}

static void
preferred_oldsa_chooses_the_oldest_or_the_newest(void **state)
{
	const struct sa_ctl *old, *new;
	int64_t value;

	ipsec0(*state);
	old = sa_add(*state, HERE, THERE, 10000, 100);
	sa_add(*state, HERE, THERE, 10001, 100);
	new = sa_add(*state, HERE, THERE, 10002, 100);
	ok(ctl_sysctl_get(*state, "net.key.preferred_oldsa", &value, &err));
	assert_int_equal(value, 1);
	assert_ptr_equal(sa_out(*state, "ipsec0"), old->sa);
	ok(ctl_sysctl_set(*state, "net.key.preferred_oldsa", 0, &err));
	assert_ptr_equal(sa_out(*state, "ipsec0"), new->sa);
	ok(ctl_sa_delete(*state, IP(HERE), IP(THERE), 10002, &err));
	assert_int_equal(rte_be_to_cpu_32(sa_out(*state, "ipsec0")->spi), 10001);
	ok(ctl_sysctl_set(*state, "net.key.preferred_oldsa", 1, &err));
	assert_ptr_equal(sa_out(*state, "ipsec0"), old->sa);
}

static void
another_reqid_leaves_the_sas_unmatched(void **state)
{
	const struct sa_ctl *out, *in, *other;
	const struct sa *record;

	ipsec0(*state);
	out = sa_add(*state, HERE, THERE, 10000, 100);
	in = sa_add(*state, THERE, HERE, 10001, 100);
	other = sa_add(*state, HERE, THERE, 10002, 200);
	record = out->sa;
	ok(ctl_if_set_reqid(*state, "ipsec0", 200, &err));
	assert_int_equal(out->iface, 0);
	assert_int_equal(in->sa->iface, 0);
	assert_ptr_equal(out->sa, record); /* its sequence numbers stay */
	assert_ptr_equal(sa_out(*state, "ipsec0"), other->sa);
	ok(ctl_if_set_reqid(*state, "ipsec0", 100, &err));
	assert_ptr_equal(sa_out(*state, "ipsec0"), record);
	assert_int_equal(in->sa->iface, find(*state, "ipsec0")->index);
	assert_int_equal(other->sa->iface, 0);
}

static void
another_tunnel_leaves_the_sas_unmatched(void **state)
{
	const struct sa_ctl *out;

	ipsec0(*state);
	out = sa_add(*state, HERE, THERE, 10000, 100);
	tunnel(*state, "ipsec0", HERE, "192.168.0.6");
	assert_null(sa_out(*state, "ipsec0"));
	assert_int_equal(out->sa->iface, 0);
	tunnel(*state, "ipsec0", HERE, THERE);
	assert_ptr_equal(sa_out(*state, "ipsec0"), out->sa);
	ok(ctl_if_delete_tunnel(*state, "ipsec0", &err));
	assert_null(sa_out(*state, "ipsec0"));
	assert_int_equal(out->sa->iface, 0);
}

static void
an_sa_that_was_outbound_is_never_inbound(void **state)
{
	const struct sa_ctl *sa;

	ipsec0(*state);
	sa = sa_add(*state, HERE, THERE, 10000, 100);
	tunnel(*state, "ipsec0", THERE, HERE); /* turned round */
	assert_int_equal(sa->dir, SA_DIR_OUT);
	assert_int_equal(sa->sa->iface, 0);
	assert_int_equal(sa->iface, 0);
	tunnel(*state, "ipsec0", HERE, THERE);
	assert_ptr_equal(sa_out(*state, "ipsec0"), sa->sa);
}

static void
the_reqid_tells_tunnels_of_the_same_ends_apart(void **state)
{
	const struct sa_ctl *a, *b;

	ipsec0(*state);
	ok(ctl_if_create(*state, "ipsec1", NULL, &err));
	ok(ctl_if_set_reqid(*state, "ipsec1", 101, &err));
	tunnel(*state, "ipsec1", HERE, THERE);
	a = sa_add(*state, HERE, THERE, 10000, 100);
	b = sa_add(*state, HERE, THERE, 10001, 101);
	assert_ptr_equal(sa_out(*state, "ipsec0"), a->sa);
	assert_ptr_equal(sa_out(*state, "ipsec1"), b->sa);
	ok(ctl_if_destroy(*state, "ipsec1", &err));
	assert_int_equal(b->sa->iface, 0);
	assert_ptr_equal(sa_out(*state, "ipsec0"), a->sa);
}

static void
nat_traversal_makes_the_outer_header_longer(void **state)
{
	struct sa_params prm = sa_prm(HERE, THERE, 10000, 100);
	uint16_t tunnel;

	ipsec0(*state);
	assert_int_equal(row(*state, "ipsec0")->outer.len, 20);
	prm.natt_sport = prm.natt_dport = 4500;
	ok(ctl_sa_add(*state, &prm, NULL, &err));
	assert_int_equal(row(*state, "ipsec0")->outer.len, 28);
	assert_int_equal(row(*state, "ipsec0")->outer.udp4.dst_port, rte_cpu_to_be_16(4500));
	tunnel = row(*state, "ipsec0")->tunnel;
	/* what is in a device when its SA goes still is for the same tunnel */
	assert_int_equal(ctl_sa_flush(*state), 1);
	assert_int_equal(row(*state, "ipsec0")->outer.len, 28);
	assert_int_equal(row(*state, "ipsec0")->tunnel, tunnel);
	prm.natt_sport = prm.natt_dport = 0;
	ok(ctl_sa_add(*state, &prm, NULL, &err));
	assert_int_equal(row(*state, "ipsec0")->outer.len, 20);
	assert_int_not_equal(row(*state, "ipsec0")->tunnel, tunnel);
}

static void
the_same_spi_and_destination_is_eexist(void **state)
{
	struct sa_params prm = sa_prm(HERE, THERE, 10000, 100);

	ok(ctl_sa_add(*state, &prm, NULL, &err));
	refused(ctl_sa_add(*state, &prm, NULL, &err), EEXIST,
			"sa 192.168.0.5 spi 10000: already exists");
	prm.src = ip("192.168.0.9"); /* the source is no part of it */
	refused(ctl_sa_add(*state, &prm, NULL, &err), EEXIST,
			"sa 192.168.0.5 spi 10000: already exists");
	prm.dst = ip("192.168.0.8"); /* another peer may choose the same */
	ok(ctl_sa_add(*state, &prm, NULL, &err));
}

static void
spi_255_is_einval(void **state)
{
	struct sa_params prm = sa_prm(HERE, THERE, 255, 100);

	assert_int_equal(ctl_sa_add(*state, &prm, NULL, NULL), -EINVAL);
	assert_int_equal(sadb_count(ctl_sadb(*state)), 0);
}

static void
what_no_device_does_is_refused_with_the_reason(void **state)
{
	struct sa_params prm = sa_prm(HERE, THERE, 10000, 100);

	prm.enc = alg_find_encryption("aes-ctr");
	prm.keys.enc_len = 20;
	refused(ctl_sa_add(*state, &prm, NULL, &err), ENOTSUP,
			"sa 192.168.0.5 spi 10000: no device does aes-ctr");
	assert_int_equal(sadb_count(ctl_sadb(*state)), 0);
}

static void
cipher_without_authentication_is_warned_of(void **state)
{
	struct sa_params prm = sa_prm(HERE, THERE, 10000, 100);
	char warning[256] = "untouched";

	ok(ctl_sa_add(*state, &prm, warning, &err));
	assert_string_equal(warning, "");
	prm.spi++;
	prm.auth = NULL;
	prm.keys.auth_len = 0;
	prm.replay_window = 0;
	ok(ctl_sa_add(*state, &prm, warning, &err));
	assert_non_null(strstr(warning, "sa 192.168.0.5 spi 10001: "));
	assert_non_null(strstr(warning, "authentication"));
}

static void
two_sas_with_one_key_of_a_counter_mode_are_warned_of(void **state)
{
	struct sa_params prm = sa_prm(HERE, THERE, 10000, 100);
	char warning[256];

	prm.enc = alg_find_encryption("aes-gcm-16");
	prm.auth = NULL;
	prm.keys.enc_len = 20;
	prm.keys.auth_len = 0;
	ok(ctl_sa_add(*state, &prm, warning, &err));
	assert_null(strstr(warning, "shares"));
	prm.spi = 10001;
	ok(ctl_sa_add(*state, &prm, warning, &err));
	assert_non_null(strstr(warning, "shares key and salt with sa 192.168.0.5 spi 10000"));
	prm.spi = 10002;
	prm.keys.enc[19]++; /* another salt */
	ok(ctl_sa_add(*state, &prm, warning, &err));
	assert_null(strstr(warning, "shares"));
	/* no longer, when the first two are gone */
	prm.keys.enc[19]--;
	ok(ctl_sa_delete(*state, IP(HERE), IP(THERE), 10000, &err));
	ok(ctl_sa_delete(*state, IP(HERE), IP(THERE), 10001, &err));
	prm.spi = 10003;
	ok(ctl_sa_add(*state, &prm, warning, &err));
	assert_null(strstr(warning, "shares"));
}

static void
get_and_delete_want_the_source_too(void **state)
{
	struct sa_ctl *sa;

	sa_add(*state, HERE, THERE, 10000, 100);
	ok(ctl_sa_get(*state, IP(HERE), IP(THERE), 10000, &sa, &err));
	assert_int_equal(sa->prm.spi, 10000);
	refused(ctl_sa_get(*state, IP("192.168.0.9"), IP(THERE), 10000, &sa, &err), ESRCH,
			"sa 192.168.0.5 spi 10000: no such SA from 192.168.0.9");
	refused(ctl_sa_delete(*state, IP(HERE), IP(THERE), 10001, &err), ESRCH,
			"sa 192.168.0.5 spi 10001: no such SA from 192.168.0.3");
}

static void
deleteall_takes_those_between_two_ends_and_flush_all(void **state)
{
	sa_add(*state, HERE, THERE, 10000, 100);
	sa_add(*state, HERE, THERE, 10001, 200);
	sa_add(*state, THERE, HERE, 10002, 100);
	sa_add(*state, HERE, "192.168.0.6", 10003, 100);
	assert_int_equal(ctl_sa_delete_all(*state, IP(HERE), IP(THERE), NULL), 2);
	assert_int_equal(sadb_count(ctl_sadb(*state)), 2);
	assert_int_equal(ctl_sa_delete_all(*state, IP(HERE), IP(THERE), NULL), 0);
	assert_int_equal(ctl_sa_flush(*state), 2);
	assert_int_equal(sadb_count(ctl_sadb(*state)), 0);
	assert_int_equal(ctl_sa_flush(*state), 0);
}

/* --- engines, sysctls, counters --- */

static void
an_engine_is_chosen_by_name(void **state)
{
	char where[64];
	struct sa_ctl *sa;

	assert_string_equal(ctl_engine_name(*state), "auto");
	refused(ctl_set_engine(*state, "qat", &err), EINVAL,
			"crypto.engine: no engine is called qat (auto, fake)");
	ok(ctl_set_engine(*state, "fake", &err));
	assert_string_equal(ctl_engine_name(*state), "fake");
	sa = sa_add(*state, HERE, THERE, 10000, 100);
	ctl_sa_where(*state, sa, where, sizeof(where));
	assert_string_equal(where, "fake (no interface claims it)");
	ipsec0(*state);
	ctl_sa_where(*state, sa, where, sizeof(where));
	assert_string_equal(where, "fake fake0");
}

static void
sysctls_are_known_by_name_and_range(void **state)
{
	struct ctl_sysctl s;
	int64_t value;
	unsigned int i;

	refused(ctl_sysctl_set(*state, "net.inet.ip.forward", 1, &err), ENOENT,
			"sysctl: unknown name, net.inet.ip.forward");
	refused(ctl_sysctl_get(*state, "", &value, &err), ENOENT, "sysctl: unknown name, ");
	refused(ctl_sysctl_set(*state, "net.inet.ip.ttl", 0, &err), EINVAL,
			"net.inet.ip.ttl: value out of range, 0 (1 to 255)");
	refused(ctl_sysctl_set(*state, "net.inet.ipsec.dfbit", 3, &err), EINVAL,
			"net.inet.ipsec.dfbit: value out of range, 3 (0 to 2)");
	for (i = 0; ctl_sysctl_at(*state, i, &s); i++) {
		if (strcmp(s.name, "dp.idle") == 0)
			s.maximum = 1; /* 2 is for CPUs with umwait */
		assert_int_equal(s.value, s.initial);
		ok(ctl_sysctl_set(*state, s.name, s.maximum, &err));
		ok(ctl_sysctl_get(*state, s.name, &value, &err));
		assert_int_equal(value, s.maximum);
		assert_true(strlen(s.description) > 0);
	}
	assert_true(i >= 4);
}

static void
counters_are_read_and_cleared_but_for_those_of_sas(void **state)
{
	const uint64_t begin = clock_wall_s();
	struct ctl_sa_counts sa_counts;
	struct ctl_if_counts counts;
	struct sa_ctl *sa;
	uint64_t *r;

	ipsec0(*state);
	sa = sa_add(*state, HERE, THERE, 10000, 100);
	ctl_sa_counts(*state, sa, &sa_counts);
	assert_int_equal(sa_counts.last_use_s, 0);
	use(*state, sa, 3, 300);
	counter_row(sadb_counters(ctl_sadb(*state)), 0, sa->id)[SA_CNT_LAST_USE] = clock_tsc();
	r = counter_row(&ctl_ifaces(*state)->counters, 0, sa->iface);
	r[IF_CNT_OPACKETS] = 3;
	r[IF_CNT_OBYTES] = 300;
	ctl_if_counts(*state, find(*state, "ipsec0"), &counts);
	assert_int_equal(counts.opackets, 3);
	assert_int_equal(counts.obytes, 300);
	ctl_clear_counters(*state);
	ctl_if_counts(*state, find(*state, "ipsec0"), &counts);
	assert_int_equal(counts.opackets, 0);
	ctl_sa_counts(*state, sa, &sa_counts);
	assert_int_equal(sa_counts.packets, 3);
	assert_int_equal(sa_counts.bytes, 300);
	assert_in_range(sa_counts.last_use_s, begin - 1, clock_wall_s());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_gateway(outbound_is_the_sa_with_the_ends_and_the_reqid),
		with_gateway(inbound_is_the_reverse_way),
		with_gateway(sas_may_come_before_their_interface),
		with_gateway(transport_mode_never_serves_a_tunnel_and_mode_any_does),
		with_gateway(preferred_oldsa_chooses_the_oldest_or_the_newest),
		with_gateway(another_reqid_leaves_the_sas_unmatched),
		with_gateway(another_tunnel_leaves_the_sas_unmatched),
		with_gateway(an_sa_that_was_outbound_is_never_inbound),
		with_gateway(the_reqid_tells_tunnels_of_the_same_ends_apart),
		with_gateway(nat_traversal_makes_the_outer_header_longer),
		with_gateway(the_same_spi_and_destination_is_eexist),
		with_gateway(spi_255_is_einval),
		with_gateway(what_no_device_does_is_refused_with_the_reason),
		with_gateway(cipher_without_authentication_is_warned_of),
		with_gateway(two_sas_with_one_key_of_a_counter_mode_are_warned_of),
		with_gateway(get_and_delete_want_the_source_too),
		with_gateway(deleteall_takes_those_between_two_ends_and_flush_all),
		with_gateway(an_engine_is_chosen_by_name),
		with_gateway(sysctls_are_known_by_name_and_range),
		with_gateway(counters_are_read_and_cleared_but_for_those_of_sas),
	};

	return cmocka_run_group_tests_name("control/sa", tests, eal_up, eal_down);
}
