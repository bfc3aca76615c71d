/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tests of lib/iface share: EAL without huge pages, RCU for one worker, an empty table, addresses in text. */
#ifndef TEST_UNIT_IFACE_IFACE_TEST_H
#define TEST_UNIT_IFACE_IFACE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <rte_common.h>
#include <rte_eal.h>

#include "base/rcu.h"
#include "iface/ipsec_if.h"
#include "iface/port_if.h"
#include "net/addr.h"

static int
eal_up(void **state)
{
	char *argv[] = { (char[]){ "iface" }, (char[]){ "--no-huge" }, (char[]){ "-m" },
		(char[]){ "256" }, (char[]){ "--no-pci" }, (char[]){ "--no-shconf" },
		(char[]){ "--no-telemetry" }, (char[]){ "-l" }, (char[]){ "0" }, NULL };

	(void)state;
	if (rte_eal_init((int)RTE_DIM(argv) - 1, argv) < 0)
		return -1;
	return rcu_init(1, NULL);
}

static int
eal_down(void **state)
{
	(void)state;
	rcu_fini();
	return rte_eal_cleanup();
}

static int
table_up(void **state)
{
	*state = iface_table_create(1, NULL);
	return *state == NULL;
}

static int
table_down(void **state)
{
	iface_table_destroy(*state);
	return 0;
}

static inline struct ip_addr
ip(const char *text)
{
	struct ip_addr a = { 0 };

	assert_int_equal(ip_parse(text, &a), 0);
	return a;
}

/* ADDR/LEN with a destination, NULL: none. */
static inline struct iface_addr
addr(const char *prefix, const char *peer)
{
	struct iface_addr a = { 0 };

	assert_int_equal(ip_prefix_parse(prefix, &a.prefix), 0);
	if (peer != NULL)
		a.peer = ip(peer);
	return a;
}

#define IP(text) (&(struct ip_addr[]){ ip(text) }[0])
#define ADDR(prefix, peer) (&(struct iface_addr[]){ addr(prefix, peer) }[0])

/* An empty table before and after. */
#define with_table(f) cmocka_unit_test_setup_teardown(f, table_up, table_down)

#endif
