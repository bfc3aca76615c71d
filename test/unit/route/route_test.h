/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the tests of lib/route share: EAL without huge pages, RCU for two workers, a repeatable random source, addresses in text.
 */
#ifndef TEST_UNIT_ROUTE_ROUTE_TEST_H
#define TEST_UNIT_ROUTE_ROUTE_TEST_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include <rte_common.h>
#include <rte_eal.h>

#include "base/rcu.h"
#include "net/addr.h"
#include "route/fib.h"
#include "route/rib.h"

#define TEST_WORKERS 2
#ifndef TEST_MEGABYTES
#define TEST_MEGABYTES "512" /* what the program must do with on a small machine */
#endif

static inline int
eal_up(void **state)
{
	char *argv[] = { (char[]){ "route" }, (char[]){ "--no-huge" }, (char[]){ "-m" },
		(char[]){ TEST_MEGABYTES }, (char[]){ "--no-pci" }, (char[]){ "--no-shconf" },
		(char[]){ "--no-telemetry" }, (char[]){ "-l" }, (char[]){ "0" }, NULL };

	(void)state;
	if (rte_eal_init((int)RTE_DIM(argv) - 1, argv) < 0)
		return -1;
	return rcu_init(TEST_WORKERS, NULL);
}

static inline int
eal_down(void **state)
{
	(void)state;
	rcu_fini();
	return rte_eal_cleanup();
}

/* xorshift64*: the same sequence on every machine. */
static inline uint64_t
rnd(void)
{
	static uint64_t s = 0x9e3779b97f4a7c15;

	s ^= s >> 12;
	s ^= s << 25;
	s ^= s >> 27;
	return s * 0x2545f4914f6cdd1d;
}

static inline uint32_t
rnd_below(uint32_t n)
{
	return (uint32_t)((rnd() >> 32) * n >> 32);
}

static inline struct ip_prefix
P(const char *text) {
	struct ip_prefix p;

	assert_int_equal(ip_prefix_parse(text, &p), 0);
	return p;
}

static inline struct ip_addr
A(const char *text) {
	struct ip_addr a;

	assert_int_equal(ip_parse(text, &a), 0);
	return a;
}

static inline double
seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Lead a prefix of FIB 0 to a next hop, as a static route, whether or not it is there. 0 or -errno. */
static inline int
route_put(struct rib *rib, const struct ip_prefix *prefix, uint32_t nh, struct err *err)
{
	struct rib_route *r = rib_find(rib, 0, prefix, RIB_STATIC);
	const struct rib_spec spec = {
		.prefix = *prefix, .source = RIB_STATIC, .kind = RIB_INTERFACE, .iface = 1, .nh = nh
	};
	struct err why = { 0 };

	if (r != NULL)
		return rib_set_nh(rib, r, nh, err);
	if (rib_insert(rib, &spec, &why) != NULL)
		return 0;
	return err_set(err, why.code, "%s", why.msg);
}

static inline int
route_take(struct rib *rib, const struct ip_prefix *prefix)
{
	struct rib_route *r = rib_find(rib, 0, prefix, RIB_STATIC);

	if (r == NULL)
		return -ENOENT;
	rib_remove(rib, r);
	return 0;
}

#endif
