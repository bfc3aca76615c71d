/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The drivers that are built in. The application picks from here; nothing else names a driver.
 */
#ifndef DRIVERS_REGISTRY_H
#define DRIVERS_REGISTRY_H

#include "iface/port_ops.h"
#include "ipsec/engine.h"

/** Engine by name ("cryptodev"), or NULL. */
const struct engine_ops *registry_engine(const char *name);
/** i from 0 until NULL, in order of preference. */
const struct engine_ops *registry_engine_at(unsigned int i);
/** Ethernet ports. */
const struct port_ops *registry_ports(void);

#endif
