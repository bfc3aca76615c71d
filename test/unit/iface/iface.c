/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of interfaces: names, indices, rows that workers read, addresses that are ours. */
#include "iface_test.h"

#include <errno.h>

static struct port_info
port(uint16_t port_id)
{
	return (struct port_info){ .port_id = port_id,
		.mtu = 1500,
		.nb_rxq = 1,
		.nb_txq = 1,
		.device = "net_null0",
		.mac = { { 2, 0, 0, 0, 0, 1 } } };
}

static struct iface *
lan0(struct iface_table *t)
{
	const struct port_info info = port(0);
	struct iface *ifp = port_if_create(t, "lan0", &info, NULL);

	assert_non_null(ifp);
	return ifp;
}

static void
a_port_is_up_running_and_has_what_the_driver_says(void **state)
{
	struct port_info info = port(3);
	struct iface *ifp;

	info.promiscuous = true;
	info.mtu = 9000;
	ifp = port_if_create(*state, "wan0", &info, NULL);
	assert_non_null(ifp);
	assert_int_equal(ifp->flags,
			IFACE_UP | IFACE_RUNNING | IFACE_BROADCAST | IFACE_MULTICAST |
					IFACE_PROMISC);
	assert_int_equal(ifp->mtu, 9000);
	assert_int_equal(ifp->mac.addr_bytes[5], 1);
	assert_string_equal(ifp->device, "net_null0");
	assert_ptr_equal(port_if_find(*state, 3), ifp);
	assert_null(port_if_find(*state, 4));
}

static void
a_port_can_not_be_called_ipsec0(void **state)
{
	const struct port_info info = port(0);
	struct err err = { 0 };

	assert_null(port_if_create(*state, "ipsec0", &info, &err));
	assert_int_equal(err.code, EINVAL);
	assert_string_equal(err.msg, "ipsec0: a port can not have the name of an ipsec interface");
}

static void
refuses_bad_names(void **state)
{
	static const char *const bad[] = { "", "a b", "wan0/1", "sixteen-letters-", "wan\n" };
	const struct port_info info = port(0);
	struct err err = { 0 };
	unsigned int i;

	for (i = 0; i < RTE_DIM(bad); i++) {
		assert_null(port_if_create(*state, bad[i], &info, &err));
		assert_int_equal(err.code, EINVAL);
	}
	assert_non_null(port_if_create(*state, "fifteen.letters", &info, NULL));
}

static void
a_name_taken_is_refused(void **state)
{
	const struct port_info info = port(1);
	struct err err = { 0 };

	lan0(*state);
	assert_null(port_if_create(*state, "lan0", &info, &err));
	assert_int_equal(err.code, EEXIST);
	assert_string_equal(err.msg, "lan0: interface already exists");
}

static void
a_device_taken_is_refused(void **state)
{
	const struct port_info info = port(0);
	struct err err = { 0 };

	lan0(*state);
	assert_null(port_if_create(*state, "lan1", &info, &err));
	assert_int_equal(err.code, EBUSY);
	assert_string_equal(err.msg, "lan1: device net_null0 is already port lan0");
}

static void
workers_see_what_was_published_and_nothing_before(void **state)
{
	struct iface_table *t = *state;
	struct iface *ifp = lan0(t);
	const struct iface_row *row;

	assert_null(iface_row(t, ifp->index));
	assert_int_equal(iface_publish(t, ifp, NULL), 0);
	row = iface_row(t, ifp->index);
	assert_int_equal(row->index, ifp->index);
	assert_int_equal(row->kind, IFACE_PORT);
	assert_int_equal(row->mtu, 1500);
	ifp->mtu = 1400;
	assert_int_equal(row->mtu, 1500); /* immutable */
	assert_int_equal(iface_publish(t, ifp, NULL), 0);
	assert_int_equal(iface_row(t, ifp->index)->mtu, 1400);
	port_if_destroy(t, ifp);
	assert_null(iface_row(t, 1));
}

static void
an_index_is_not_given_away_while_a_worker_may_hold_it(void **state)
{
	struct iface_table *t = *state;
	struct iface *ifp;
	unsigned int i;
	uint16_t first;

	rcu_worker_online(0);
	ifp = ipsec_if_create(t, "ipsec", NULL);
	first = ifp->index;
	ipsec_if_destroy(t, ifp);
	for (i = 1; i < IFACE_MAX - 1; i++)
		assert_non_null(ipsec_if_create(t, "ipsec", NULL));
	assert_null(ipsec_if_create(t, "ipsec", NULL)); /* the grace period is not over */
	rcu_quiescent(rcu_qsbr(), 0);
	rcu_reclaim();
	ifp = ipsec_if_create(t, "ipsec", NULL);
	assert_non_null(ifp);
	assert_int_equal(ifp->index, first);
	rcu_worker_offline(0);
}

static void
too_many_interfaces_are_refused(void **state)
{
	struct err err = { 0 };
	unsigned int i;

	for (i = 0; i < IFACE_MAX - 1; i++)
		assert_non_null(ipsec_if_create(*state, "ipsec", NULL));
	assert_null(ipsec_if_create(*state, "ipsec", &err));
	assert_int_equal(err.code, ENOSPC);
	assert_string_equal(err.msg, "ipsec16383: too many interfaces, 16383 (at most 16383)");
}

static void
iterates_in_order_of_index(void **state)
{
	struct iface_table *t = *state;
	struct iface *ifp = NULL;
	uint16_t last = 0;
	int n = 0;

	lan0(t);
	ipsec_if_create(t, "ipsec7", NULL);
	ipsec_if_create(t, "ipsec1", NULL);
	ipsec_if_destroy(t, iface_find(t, "ipsec7"));
	while ((ifp = iface_next(t, ifp)) != NULL) {
		assert_true(ifp->index > last);
		last = ifp->index;
		n++;
	}
	assert_int_equal(n, 2);
	assert_null(iface_find(t, "ipsec7"));
	assert_ptr_equal(iface_at(t, 1), iface_find(t, "lan0"));
	assert_null(iface_at(t, IFACE_MAX));
}

static void
ports_are_found_without_the_tunnels_between(void **state)
{
	struct iface_table *t = *state;
	struct iface *made[3], *ifp;
	unsigned int gone, i, n;

	for (gone = 0; gone < 3; gone++) {
		for (i = 0; i < 3; i++) {
			made[i] = iface_create(
					t, (const char *[]){ "a", "b", "c" }[i], IFACE_PORT, NULL);
			assert_non_null(ipsec_if_create(t, "ipsec", NULL));
		}
		iface_destroy(t, made[gone]);
		made[gone] = NULL;
		n = 0;
		for (ifp = t->ports; ifp != NULL; ifp = ifp->next_port) {
			n += made[n] == NULL;
			assert_ptr_equal(ifp, made[n++]);
		}
		for (i = 0; i < 3; i++)
			if (made[i] != NULL)
				iface_destroy(t, made[i]);
		assert_int_equal(n + (gone == 2), 3);
		assert_null(t->ports);
	}
}

static void
counters_of_a_new_interface_start_at_zero(void **state)
{
	struct iface_table *t = *state;
	struct iface *ifp = ipsec_if_create(t, "ipsec0", NULL);
	const uint16_t index = ifp->index;
	unsigned int i;

	counter_row(&t->counters, 0, index)[IF_CNT_IPACKETS] = 17;
	assert_int_equal(counter_sum(&t->counters, index, IF_CNT_IPACKETS), 17);
	ipsec_if_destroy(t, ifp);
	rcu_reclaim();
	for (i = 1; i < IFACE_MAX - 1; i++)
		assert_non_null(ipsec_if_create(t, "ipsec", NULL));
	ifp = ipsec_if_create(t, "ipsec", NULL);
	assert_int_equal(ifp->index, index);
	assert_int_equal(counter_sum(&t->counters, index, IF_CNT_IPACKETS), 0);
}

/* --- addresses --- */

static void
an_address_is_found_as_ours_until_it_is_removed(void **state)
{
	struct iface_table *t = *state;
	struct iface *ifp = lan0(t);
	struct iface_addr old;
	struct err err = { 0 };

	assert_int_equal(iface_addr_add(t, ifp, ADDR("10.1.0.1/24", NULL), &err), 0);
	assert_int_equal(iface_addr_add(t, ifp, ADDR("2001:db8::1/64", NULL), &err), 0);
	assert_ptr_equal(iface_of_local(t, IP("10.1.0.1")), ifp);
	assert_ptr_equal(iface_of_local(t, IP("2001:db8::1")), ifp);
	assert_null(iface_of_local(t, IP("10.1.0.2")));
	assert_int_equal(iface_addr_remove(t, ifp, IP("10.1.0.1"), &old, &err), 0);
	assert_int_equal(old.prefix.len, 24);
	assert_null(iface_of_local(t, IP("10.1.0.1")));
	assert_int_equal(iface_addr_remove(t, ifp, IP("10.1.0.1"), NULL, &err), -EADDRNOTAVAIL);
	assert_string_equal(err.msg, "lan0: address 10.1.0.1 is not there");
}

static void
an_address_on_two_interfaces_is_ours_until_both_lose_it(void **state)
{
	struct iface_table *t = *state;
	struct iface *a = ipsec_if_create(t, "ipsec0", NULL),
		     *b = ipsec_if_create(t, "ipsec1", NULL);

	assert_int_equal(iface_addr_add(t, a, ADDR("172.16.0.1/32", "172.16.0.2"), NULL), 0);
	assert_int_equal(iface_addr_add(t, b, ADDR("172.16.0.1/32", "172.16.0.3"), NULL), 0);
	assert_int_equal(iface_addr_remove(t, b, IP("172.16.0.1"), NULL, NULL), 0);
	assert_ptr_equal(iface_of_local(t, IP("172.16.0.1")), a);
	assert_int_equal(iface_addr_remove(t, a, IP("172.16.0.1"), NULL, NULL), 0);
	assert_null(iface_of_local(t, IP("172.16.0.1")));
}

static void
an_interface_that_goes_takes_its_addresses_along(void **state)
{
	struct iface_table *t = *state;
	struct iface *ifp = lan0(t);

	assert_int_equal(iface_addr_add(t, ifp, ADDR("10.1.0.1/24", NULL), NULL), 0);
	assert_int_equal(iface_addr_add(t, ifp, ADDR("10.2.0.1/24", NULL), NULL), 0);
	port_if_destroy(t, ifp);
	assert_null(iface_of_local(t, IP("10.1.0.1")));
	assert_null(iface_of_local(t, IP("10.2.0.1")));
}

static void
the_first_address_is_not_link_local_if_there_is_another(void **state)
{
	struct iface_table *t = *state;
	struct iface *ifp = lan0(t);

	assert_null(iface_first_addr(ifp, AF_INET6));
	assert_int_equal(iface_addr_add(t, ifp, ADDR("fe80::1/64", NULL), NULL), 0);
	assert_true(ip_equal(&iface_first_addr(ifp, AF_INET6)->prefix.addr, IP("fe80::1")));
	assert_int_equal(iface_addr_add(t, ifp, ADDR("2001:db8::1/64", NULL), NULL), 0);
	assert_true(ip_equal(&iface_first_addr(ifp, AF_INET6)->prefix.addr, IP("2001:db8::1")));
	assert_null(iface_first_addr(ifp, AF_INET));
}

static void
refuses_addresses_that_no_host_has(void **state)
{
	static const struct {
		const char *prefix, *peer, *msg;
		int code;
	} bad[] = {
		{ "0.0.0.0/8", NULL, "ipsec0: address 0.0.0.0 is not one of a host", EINVAL },
		{ "::/0", NULL, "ipsec0: address :: is not one of a host", EINVAL },
		{ "224.0.0.1/4", NULL, "ipsec0: address 224.0.0.1 is not one of a host", EINVAL },
		{ "ff02::1/64", NULL, "ipsec0: address ff02::1 is not one of a host", EINVAL },
		{ "127.0.0.1/8", NULL, "ipsec0: address 127.0.0.1 is not one of a host", EINVAL },
		{ "255.255.255.255/32", NULL,
				"ipsec0: address 255.255.255.255 is not one of a host", EINVAL },
		{ "10.0.0.1/32", "0.0.0.0", "ipsec0: destination 0.0.0.0 is not one of a host",
				EINVAL },
		{ "10.0.0.1/32", "2001:db8::1",
				"ipsec0: address 10.0.0.1 and destination 2001:db8::1 mix IPv4 and "
				"IPv6",
				EINVAL },
		{ "172.16.0.3/16", "172.16.0.5", "ipsec0: address 172.16.0.3 is already there",
				EEXIST },
	};
	struct iface_table *t = *state;
	struct iface *ifp = ipsec_if_create(t, "ipsec0", NULL);
	struct err err = { 0 };
	unsigned int i;

	assert_int_equal(iface_addr_add(t, ifp, ADDR("172.16.0.3/16", "172.16.0.5"), NULL), 0);
	for (i = 0; i < RTE_DIM(bad); i++) {
		assert_int_equal(iface_addr_add(t, ifp, ADDR(bad[i].prefix, bad[i].peer), &err),
				-bad[i].code);
		assert_string_equal(err.msg, bad[i].msg);
		assert_int_equal(ifp->nb_addrs, 1);
	}
}

static void
a_port_takes_no_destination_address(void **state)
{
	struct iface_table *t = *state;
	struct iface *ifp = lan0(t);
	struct err err = { 0 };

	assert_int_equal(iface_addr_add(t, ifp, ADDR("10.0.0.1/24", "10.0.0.2"), &err), -EINVAL);
	assert_string_equal(err.msg,
			"lan0: destination 10.0.0.2 on a port (only ipsec interfaces have one)");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_table(a_port_is_up_running_and_has_what_the_driver_says),
		with_table(a_port_can_not_be_called_ipsec0),
		with_table(refuses_bad_names),
		with_table(a_name_taken_is_refused),
		with_table(a_device_taken_is_refused),
		with_table(workers_see_what_was_published_and_nothing_before),
		with_table(an_index_is_not_given_away_while_a_worker_may_hold_it),
		with_table(too_many_interfaces_are_refused),
		with_table(iterates_in_order_of_index),
		with_table(ports_are_found_without_the_tunnels_between),
		with_table(counters_of_a_new_interface_start_at_zero),
		with_table(an_address_is_found_as_ours_until_it_is_removed),
		with_table(an_address_on_two_interfaces_is_ours_until_both_lose_it),
		with_table(an_interface_that_goes_takes_its_addresses_along),
		with_table(the_first_address_is_not_link_local_if_there_is_another),
		with_table(refuses_addresses_that_no_host_has),
		with_table(a_port_takes_no_destination_address),
	};

	return cmocka_run_group_tests_name("iface/iface", tests, eal_up, eal_down);
}
