/* SPDX-License-Identifier: BSD-3-Clause */
/* An Ethernet port as an interface. */
#ifndef IFACE_PORT_IF_H
#define IFACE_PORT_IF_H

#include "iface/iface.h"
#include "iface/port_ops.h"

/** Enter an opened port as interface @p name: UP, RUNNING, BROADCAST, MULTICAST, MTU and MAC as @p info says. NULL with @p err. */
struct iface *port_if_create(struct iface_table *t, const char *name, const struct port_info *info,
		struct err *err);
void port_if_destroy(struct iface_table *t, struct iface *ifp);
/** By ethdev port, NULL: none. */
struct iface *port_if_find(const struct iface_table *t, uint16_t port_id);

#endif
