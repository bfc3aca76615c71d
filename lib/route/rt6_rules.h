/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an rt6 holds, apart from the copies that carry it: its routes, and the tbl8 groups they need, counted as rte_lpm6 does.
 * It answers at once what a copy could only say later: is there room, was it there.
 */
#ifndef ROUTE_RT6_RULES_H
#define ROUTE_RT6_RULES_H

#include <stdint.h>

struct rt6_rules;

enum { RT6_RULE_NEW, RT6_RULE_CHANGED, RT6_RULE_SAME };

/** Room for RT6_ROUTES_MAX routes and @p groups_max groups. NULL: no memory. */
struct rt6_rules *rt6_rules_create(unsigned int fib, uint32_t groups_max);
void rt6_rules_destroy(struct rt6_rules *r);
/** @return RT6_RULE_*; -ENOSPC: too many routes, -ENOBUFS: too many groups; nothing has changed then. */
int rt6_rules_insert(struct rt6_rules *r, const uint8_t addr[16], uint8_t len, uint32_t nh);
/** 0 or -ENOENT. */
int rt6_rules_remove(struct rt6_rules *r, const uint8_t addr[16], uint8_t len);
/** Each route, in no order, until @p cb says other than 0; that is returned. */
int rt6_rules_foreach(const struct rt6_rules *r,
		int (*cb)(const uint8_t addr[16], uint8_t len, uint32_t nh, void *arg), void *arg);
uint32_t rt6_rules_groups_max(const struct rt6_rules *r);

#endif
