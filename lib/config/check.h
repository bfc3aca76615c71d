/* SPDX-License-Identifier: BSD-3-Clause */
/* The parts of cfg_check(), between check.c and check_links.c. */
#ifndef CONFIG_CHECK_H
#define CONFIG_CHECK_H

#include "config/model.h"

/** Each gateway must be on a link. */
void check_gateways(const struct cfg *cfg, struct cfg_errors *errors);

#endif
