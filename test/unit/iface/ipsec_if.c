/* SPDX-License-Identifier: BSD-3-Clause */
/* if_ipsec(4), point by point: what an interface says about itself. */
#include "iface_test.h"

#include <errno.h>

static struct iface *
ipsec(struct iface_table *t, const char *name)
{
	struct err err = { 0 };
	struct iface *ifp = ipsec_if_create(t, name, &err);

	if (ifp == NULL)
		fail_msg("%s", err.msg);
	return ifp;
}

static void
a_new_one_is_as_freebsd_makes_it(void **state)
{
	const struct iface *ifp = ipsec(*state, "ipsec0");

	assert_int_equal(ifp->mtu, 1400);
	assert_int_equal(ifp->flags, IFACE_POINTOPOINT | IFACE_MULTICAST);
	assert_int_equal(ifp->reqid, 0);
	assert_false(ip_is_set(&ifp->local));
	assert_int_equal(ifp->policy_id[0], 0);
	assert_int_equal(ifp->fib, 0);
	assert_int_equal(ifp->tunnelfib, 0);
}

static void
the_lowest_free_number_is_chosen(void **state)
{
	assert_string_equal(ipsec(*state, "ipsec")->name, "ipsec0");
	assert_string_equal(ipsec(*state, "ipsec2")->name, "ipsec2");
	assert_string_equal(ipsec(*state, "ipsec")->name, "ipsec1");
	assert_string_equal(ipsec(*state, "ipsec")->name, "ipsec3");
	ipsec_if_destroy(*state, iface_find(*state, "ipsec1"));
	assert_string_equal(ipsec(*state, "ipsec")->name, "ipsec1");
	assert_string_equal(ipsec(*state, "ipsec")->name, "ipsec4");
}

static void
a_name_taken_is_eexist(void **state)
{
	struct err err = { 0 };

	ipsec(*state, "ipsec5");
	assert_null(ipsec_if_create(*state, "ipsec5", &err));
	assert_int_equal(err.code, EEXIST);
	assert_string_equal(err.msg, "ipsec5: interface already exists");
}

static void
refuses_names_that_are_not_of_ipsec_interfaces(void **state)
{
	static const char *const bad[] = { "ipsec01", "ipsec-1", "ipsec32768", "ipsecx", "ipsec0x",
		"gif0", "", "ipsec99999999999999999999999", "ipsec 0" };
	struct err err = { 0 };
	unsigned int i;

	for (i = 0; i < RTE_DIM(bad); i++) {
		assert_null(ipsec_if_create(*state, bad[i], &err));
		assert_int_equal(err.code, EINVAL);
	}
	assert_string_equal(err.msg,
			"ipsec 0: not the name of an ipsec interface (ipsec0 to ipsec32767)");
	ipsec(*state, "ipsec32767");
}

static void
an_address_sets_up(void **state)
{
	struct iface *ifp = ipsec(*state, "ipsec0");

	assert_int_equal(iface_addr_add(*state, ifp, ADDR("172.16.0.3/16", "172.16.0.5"), NULL), 0);
	assert_true(ifp->flags & IFACE_UP);
	assert_false(ifp->flags & IFACE_RUNNING);
}

static void
refuses_bad_tunnels(void **state)
{
	static const struct {
		const char *local, *remote, *msg;
		int code;
	} bad[] = {
		{ "192.0.2.1", "2001:db8::2",
				"ipsec0: tunnel 192.0.2.1 -> 2001:db8::2 mixes IPv4 and IPv6",
				EINVAL },
		{ "0.0.0.0", "192.0.2.2",
				"ipsec0: tunnel 0.0.0.0 -> 192.0.2.2 needs two distinct hosts",
				EADDRNOTAVAIL },
		{ "192.0.2.1", "0.0.0.0",
				"ipsec0: tunnel 192.0.2.1 -> 0.0.0.0 needs two distinct hosts",
				EADDRNOTAVAIL },
		{ "::", "2001:db8::2", "ipsec0: tunnel :: -> 2001:db8::2 needs two distinct hosts",
				EADDRNOTAVAIL },
		{ "192.0.2.1", "192.0.2.1",
				"ipsec0: tunnel 192.0.2.1 -> 192.0.2.1 needs two distinct hosts",
				EADDRNOTAVAIL },
		{ "192.0.2.1", "224.0.0.5",
				"ipsec0: tunnel 192.0.2.1 -> 224.0.0.5 needs two hosts, not a "
				"group",
				EADDRNOTAVAIL },
	};
	struct iface *ifp = ipsec(*state, "ipsec0");
	struct err err = { 0 };
	unsigned int i;

	for (i = 0; i < RTE_DIM(bad); i++) {
		assert_int_equal(ipsec_if_check_tunnel(*state, ifp, IP(bad[i].local),
						 IP(bad[i].remote), &err),
				-bad[i].code);
		assert_string_equal(err.msg, bad[i].msg);
	}
	assert_false(ip_is_set(&ifp->local)); /* a refused change leaves no trace */
	assert_int_equal(ifp->reqid, 0);
}

static void
automatic_reqids_start_at_16385_and_skip_those_taken(void **state)
{
	struct iface *a = ipsec(*state, "ipsec0"), *b = ipsec(*state, "ipsec1");
	struct iface *c = ipsec(*state, "ipsec2");

	assert_int_equal(ipsec_if_set_reqid(*state, b, 16386, NULL), 0);
	assert_int_equal(ipsec_if_set_tunnel(*state, a, IP("192.0.2.1"), IP("192.0.2.2"), NULL), 0);
	assert_int_equal(a->reqid, IPSEC_REQID_AUTO_MIN);
	assert_int_equal(ipsec_if_set_reqid(*state, c, 0, NULL), 0);
	assert_int_equal(c->reqid, 16387);
}

static void
reqid_zero_keeps_the_one_that_is_set(void **state)
{
	struct iface *ifp = ipsec(*state, "ipsec0");

	assert_int_equal(ipsec_if_set_reqid(*state, ifp, 100, NULL), 0);
	assert_int_equal(ipsec_if_set_reqid(*state, ifp, 0, NULL), 0);
	assert_int_equal(ifp->reqid, 100);
}

static void
a_reqid_of_another_interface_is_eexist(void **state)
{
	struct iface *a = ipsec(*state, "ipsec0"), *b = ipsec(*state, "ipsec1");
	struct err err = { 0 };

	assert_int_equal(ipsec_if_set_reqid(*state, a, 100, &err), 0);
	assert_int_equal(ipsec_if_set_reqid(*state, b, 100, &err), -EEXIST);
	assert_string_equal(err.msg, "ipsec1: reqid 100 is that of ipsec0");
	assert_int_equal(b->reqid, 0);
	ipsec_if_destroy(*state, a);
	assert_int_equal(ipsec_if_set_reqid(*state, b, 100, &err), 0);
}

static void
any_32_bit_reqid_may_be_set(void **state)
{
	struct iface *ifp = ipsec(*state, "ipsec0");

	assert_int_equal(ipsec_if_set_reqid(*state, ifp, UINT32_MAX, NULL), 0);
	assert_int_equal(ifp->reqid, UINT32_MAX);
	assert_int_equal(ipsec_if_set_reqid(*state, ifp, 1, NULL), 0);
	assert_int_equal(ifp->reqid, 1);
}

static void
the_same_tunnel_or_reqid_again_changes_nothing(void **state)
{
	struct iface *ifp = ipsec(*state, "ipsec0");
	uint32_t policy;

	assert_int_equal(ipsec_if_set_tunnel(*state, ifp, IP("192.0.2.1"), IP("192.0.2.2"), NULL),
			0);
	policy = ifp->policy_id[0];
	assert_int_not_equal(policy, 0);
	assert_int_equal(ipsec_if_set_tunnel(*state, ifp, IP("192.0.2.1"), IP("192.0.2.2"), NULL),
			0);
	assert_int_equal(ipsec_if_set_reqid(*state, ifp, ifp->reqid, NULL), 0);
	assert_int_equal(ifp->policy_id[0], policy);
	assert_int_equal(ipsec_if_set_reqid(*state, ifp, 7, NULL), 0);
	assert_int_not_equal(ifp->policy_id[0], policy); /* four new ones */
}

static void
deletetunnel_keeps_the_reqid_and_stops_running(void **state)
{
	struct iface *ifp = ipsec(*state, "ipsec0");

	assert_int_equal(iface_addr_add(*state, ifp, ADDR("192.0.2.1/32", NULL), NULL), 0);
	assert_int_equal(ipsec_if_set_tunnel(*state, ifp, IP("192.0.2.1"), IP("192.0.2.2"), NULL),
			0);
	assert_true(ifp->flags & IFACE_RUNNING);
	ipsec_if_delete_tunnel(*state, ifp);
	assert_int_equal(ifp->reqid, IPSEC_REQID_AUTO_MIN);
	assert_false(ip_is_set(&ifp->local));
	assert_int_equal(ifp->policy_id[3], 0);
	assert_int_equal(ifp->flags, IFACE_UP | IFACE_POINTOPOINT | IFACE_MULTICAST);
	ipsec_if_delete_tunnel(*state, ifp); /* again: nothing */
}

static void
running_follows_the_local_address(void **state)
{
	struct iface *ifp = ipsec(*state, "ipsec0"), *other = ipsec(*state, "ipsec1");

	assert_int_equal(ipsec_if_set_tunnel(
					 *state, ifp, IP("2001:db8::1"), IP("2001:db8::2"), NULL),
			0);
	assert_false(ifp->flags & IFACE_RUNNING);
	assert_int_equal(iface_addr_add(*state, other, ADDR("2001:db8::1/64", NULL), NULL), 0);
	assert_true(ipsec_if_update_running(*state, ifp));
	assert_true(ifp->flags & IFACE_RUNNING);
	assert_false(ipsec_if_update_running(*state, ifp));
	assert_int_equal(iface_addr_remove(*state, other, IP("2001:db8::1"), NULL, NULL), 0);
	assert_true(ipsec_if_update_running(*state, ifp));
	assert_false(ifp->flags & IFACE_RUNNING);
}

static void
several_may_have_the_same_ends(void **state)
{
	struct iface *a = ipsec(*state, "ipsec0"), *b = ipsec(*state, "ipsec1");
	struct iface *iter = NULL;
	enum sa_dir dir;
	int n = 0;

	assert_int_equal(ipsec_if_set_tunnel(*state, a, IP("192.0.2.1"), IP("192.0.2.2"), NULL), 0);
	assert_int_equal(ipsec_if_set_tunnel(*state, b, IP("192.0.2.1"), IP("192.0.2.2"), NULL), 0);
	assert_ptr_equal(ipsec_if_claim(*state, IP("192.0.2.1"), IP("192.0.2.2"), a->reqid, &dir),
			a);
	assert_ptr_equal(ipsec_if_claim(*state, IP("192.0.2.1"), IP("192.0.2.2"), b->reqid, &dir),
			b);
	while (ipsec_if_next_local(*state, IP("192.0.2.1"), &iter) != NULL)
		n++;
	assert_int_equal(n, 2);
	ipsec_if_destroy(*state, b);
	iter = NULL;
	assert_ptr_equal(ipsec_if_next_local(*state, IP("192.0.2.1"), &iter), a);
	assert_null(ipsec_if_next_local(*state, IP("192.0.2.1"), &iter));
}

static void
claims_by_ends_and_reqid_in_both_directions(void **state)
{
	struct iface *ifp = ipsec(*state, "ipsec0");
	enum sa_dir dir = SA_DIR_NONE;

	assert_int_equal(ipsec_if_set_reqid(*state, ifp, 100, NULL), 0);
	assert_null(ipsec_if_claim(*state, IP("192.0.2.1"), IP("192.0.2.2"), 100, &dir));
	assert_int_equal(ipsec_if_set_tunnel(*state, ifp, IP("192.0.2.1"), IP("192.0.2.2"), NULL),
			0);
	assert_ptr_equal(ipsec_if_claim(*state, IP("192.0.2.1"), IP("192.0.2.2"), 100, &dir), ifp);
	assert_int_equal(dir, SA_DIR_OUT);
	assert_ptr_equal(ipsec_if_claim(*state, IP("192.0.2.2"), IP("192.0.2.1"), 100, &dir), ifp);
	assert_int_equal(dir, SA_DIR_IN);
	assert_null(ipsec_if_claim(*state, IP("192.0.2.1"), IP("192.0.2.2"), 200, &dir));
	assert_null(ipsec_if_claim(*state, IP("192.0.2.1"), IP("192.0.2.2"), 0, &dir));
	assert_null(ipsec_if_claim(*state, IP("192.0.2.1"), IP("192.0.2.3"), 100, &dir));
	ipsec_if_delete_tunnel(*state, ifp);
	assert_null(ipsec_if_claim(*state, IP("192.0.2.1"), IP("192.0.2.2"), 100, &dir));
}

static void
ten_thousand_tunnels_from_one_address_come_and_go(void **state)
{
	struct ip_addr remote = ip("10.0.0.0");
	struct iface *ifp;
	uint32_t i;

	for (i = 0; i < 10000; i++) {
		ifp = ipsec(*state, "ipsec");
		remote.v4 = rte_cpu_to_be_32(0x0a000001 + i);
		assert_int_equal(ipsec_if_set_tunnel(*state, ifp, IP("192.0.2.1"), &remote, NULL),
				0);
		assert_int_equal(ifp->reqid, IPSEC_REQID_AUTO_MIN + i);
	}
	while ((ifp = iface_next(*state, NULL)) != NULL)
		ipsec_if_destroy(*state, ifp);
	assert_int_equal(((struct iface_table *)*state)->count, 0);
	assert_string_equal(ipsec(*state, "ipsec")->name, "ipsec0");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_table(a_new_one_is_as_freebsd_makes_it),
		with_table(the_lowest_free_number_is_chosen),
		with_table(a_name_taken_is_eexist),
		with_table(refuses_names_that_are_not_of_ipsec_interfaces),
		with_table(an_address_sets_up),
		with_table(refuses_bad_tunnels),
		with_table(automatic_reqids_start_at_16385_and_skip_those_taken),
		with_table(reqid_zero_keeps_the_one_that_is_set),
		with_table(a_reqid_of_another_interface_is_eexist),
		with_table(any_32_bit_reqid_may_be_set),
		with_table(the_same_tunnel_or_reqid_again_changes_nothing),
		with_table(deletetunnel_keeps_the_reqid_and_stops_running),
		with_table(running_follows_the_local_address),
		with_table(several_may_have_the_same_ends),
		with_table(claims_by_ends_and_reqid_in_both_directions),
		with_table(ten_thousand_tunnels_from_one_address_come_and_go),
	};

	return cmocka_run_group_tests_name("iface/ipsec_if", tests, eal_up, eal_down);
}
