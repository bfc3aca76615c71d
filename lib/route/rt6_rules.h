/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an rt6 holds, apart from the copies that carry it: its routes, and the tbl8 groups they need, counted as rte_lpm6 does.
 * It answers at once what a copy could only say later: is there room, was it there.
 */
#ifndef ROUTE_RT6_RULES_H
#define ROUTE_RT6_RULES_H

#include <stdint.h>

#include "base/err.h"

struct rt6_rules;

enum { RT6_RULE_NEW, RT6_RULE_CHANGED, RT6_RULE_SAME };

/** NULL: no memory. */
struct rt6_rules *rt6_rules_create(unsigned int fib);
void rt6_rules_destroy(struct rt6_rules *r);
/** @return RT6_RULE_*, or -ENOSPC with @p err: nothing has changed. */
int rt6_rules_insert(struct rt6_rules *r, const uint8_t addr[16], uint8_t len, uint32_t nh,
		struct err *err);
/** 0 or -ENOENT. */
int rt6_rules_remove(struct rt6_rules *r, const uint8_t addr[16], uint8_t len);
/** Groups in use. */
uint32_t rt6_rules_groups(const struct rt6_rules *r);

#endif
