/* SPDX-License-Identifier: BSD-3-Clause */
/* The engines that are built in, for drivers/registry.c and tests. */
#ifndef DRIVERS_ENGINE_ENGINES_H
#define DRIVERS_ENGINE_ENGINES_H

#include "ipsec/engine.h"

/** IPsec-MB called directly: fastest for what it can do. */
extern const struct engine_ops engine_ipsec_mb_ops;
/** rte_ipsec and any cryptodev: does everything, the reference. */
extern const struct engine_ops engine_cryptodev_ops;

#endif
