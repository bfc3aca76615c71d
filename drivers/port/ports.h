/* SPDX-License-Identifier: BSD-3-Clause */
/* The ports that are built in: for drivers/registry.c, and for tests. */
#ifndef DRIVERS_PORT_PORTS_H
#define DRIVERS_PORT_PORTS_H

#include "iface/port_ops.h"

/** Any device that rte_ethdev drives: PCI network cards, net_tap, net_af_packet, net_pcap, net_ring, net_null. */
extern const struct port_ops port_ethdev_ops;

#endif
