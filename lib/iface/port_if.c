/* SPDX-License-Identifier: BSD-3-Clause */
/* An Ethernet port as an interface: entered by control once the driver has opened it. The device itself is the driver's. */
#include <errno.h>
#include <stdio.h>

#include "iface/port_if.h"
#include "iface/table.h"

struct iface *
port_if_create(struct iface_table *t, const char *name, const struct port_info *info,
		struct err *err)
{
	struct iface *ifp;

	if (strncmp(name, "ipsec", 5) == 0 && (name[5] == '\0' || ipsec_if_unit(name) >= 0)) {
		err_set(err, EINVAL, "%s: a port can not have the name of an ipsec interface",
				name);
		return NULL;
	}
	ifp = port_if_find(t, info->port_id);
	if (ifp != NULL) {
		err_set(err, EBUSY, "%.32s: device %s is already port %s", name, info->device,
				ifp->name);
		return NULL;
	}
	ifp = iface_create(t, name, IFACE_PORT, err);
	if (ifp == NULL)
		return NULL;
	ifp->flags = IFACE_UP | IFACE_RUNNING | IFACE_BROADCAST | IFACE_MULTICAST;
	if (info->promiscuous)
		ifp->flags |= IFACE_PROMISC;
	ifp->mtu = info->mtu;
	ifp->port_id = info->port_id;
	ifp->mac = info->mac;
	snprintf(ifp->device, sizeof(ifp->device), "%s", info->device);
	return ifp;
}

void
port_if_destroy(struct iface_table *t, struct iface *ifp)
{
	iface_destroy(t, ifp);
}

struct iface *
port_if_find(const struct iface_table *t, uint16_t port_id)
{
	struct iface *ifp;

	for (ifp = iface_next(t, NULL); ifp != NULL; ifp = iface_next(t, ifp))
		if (ifp->kind == IFACE_PORT && ifp->port_id == port_id)
			return ifp;
	return NULL;
}
