/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The drivers that are built in. A new engine is a line in the table; its order there is the order of preference of
 * `crypto.engine` "auto".
 */
#include "drivers/registry.h"

#include <string.h>

#include <rte_common.h>

#include "drivers/engine/engines.h"
#include "drivers/port/ports.h"

static const struct engine_ops *const engines[] = {
	&engine_ipsec_mb_ops,
	&engine_cryptodev_ops,
};

const struct engine_ops *
registry_engine(const char *name)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(engines); i++) {
		if (strcmp(engines[i]->name, name) == 0)
			return engines[i];
	}
	return NULL;
}

const struct engine_ops *
registry_engine_at(unsigned int i)
{
	return i < RTE_DIM(engines) ? engines[i] : NULL;
}

const struct port_ops *
registry_ports(void)
{
	return &port_ethdev_ops;
}
