/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports: opened by their driver, entered as interfaces, given to the workers. Only before the workers start. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "control/ctl.h"

static int
port_check(struct ctl *ctl, const struct cfg_port *port, struct err *err)
{
	if (ctl->started)
		return err_set(err, EBUSY, "%s: ports can only be added before the workers start",
				port->name);
	if (ctl->port_ops == NULL)
		return err_set(err, ENODEV, "%s: there is no driver for ports", port->name);
	if (iface_find(ctl->ifaces, port->name) != NULL)
		return err_set(err, EEXIST, "%s: interface already exists", port->name);
	if (port->fib >= FIB_MAX)
		return err_set(err, EINVAL, "%s: fib %u does not exist (0 to %d)", port->name,
				port->fib, FIB_MAX - 1);
	return fib_get(ctl->fibs, port->fib, err) == NULL ? -ENOMEM : 0;
}

/* fe80::/64 with the modified EUI-64 of the MAC (RFC 4291, appendix A). */
static struct iface_addr
link_local_of(const struct rte_ether_addr *mac)
{
	struct iface_addr a = { .link_local = true };
	uint8_t *b = a.prefix.addr.v6;

	a.prefix.addr.af = AF_INET6;
	a.prefix.len = 64;
	b[0] = 0xfe;
	b[1] = 0x80;
	b[8] = mac->addr_bytes[0] ^ 0x02;
	b[9] = mac->addr_bytes[1];
	b[10] = mac->addr_bytes[2];
	b[11] = 0xff;
	b[12] = 0xfe;
	b[13] = mac->addr_bytes[3];
	b[14] = mac->addr_bytes[4];
	b[15] = mac->addr_bytes[5];
	return a;
}

static int
addresses_add(struct ctl *ctl, struct iface *ifp, const struct cfg_port *port, struct err *err)
{
	struct iface_addr addr = link_local_of(&ifp->mac);
	unsigned int i;
	int rc;

	rc = ctl_addr_add(ctl, ifp, &addr, err);
	for (i = 0; i < port->nb_addresses && rc == 0; i++) {
		addr = (struct iface_addr){ .prefix = port->addresses[i] };
		rc = ctl_addr_add(ctl, ifp, &addr, err);
	}
	return rc;
}

/* The interface of an opened port, as the workers will see it. */
static int
port_enter(struct ctl *ctl, const struct cfg_port *port, const struct port_info *info,
		struct err *err)
{
	struct iface *ifp;
	int rc;

	ifp = port_if_create(ctl->ifaces, port->name, info, err);
	if (ifp == NULL)
		return err != NULL && err->code != 0 ? -err->code : -EINVAL;
	ifp->fib = port->fib;
	if (!port->up)
		ifp->flags &= (uint8_t)~IFACE_UP;
	rc = iface_publish(ctl->ifaces, ifp, err);
	if (rc == 0)
		rc = addresses_add(ctl, ifp, port, err);
	if (rc == 0)
		rc = dp_add_port(ctl->dp, info->port_id, ifp->index, info->nb_rxq, info->nb_txq,
				err);
	if (rc != 0) {
		ctl_addr_flush(ctl, ifp);
		resolve_iface_gone(ctl->resolve, ifp);
		port_if_destroy(ctl->ifaces, ifp);
	}
	return rc;
}

int
ctl_port_add(struct ctl *ctl, const struct cfg_port *port, struct err *err)
{
	const struct port_args args = {
		.name = port->name,
		.device = port->device,
		.devargs = port->devargs[0] == '\0' ? NULL : port->devargs,
		.mtu = port->mtu_bytes == 0 ? 1500 : port->mtu_bytes,
		.has_mac = port->has_mac,
		.mac = port->mac,
		.nb_workers = ctl->nb_workers,
		.pool = ctl->pool,
	};
	struct port_info info = { 0 };
	struct cfg_port *copy;
	int rc;

	ctl_assert_thread();
	rc = port_check(ctl, port, err);
	if (rc != 0)
		return rc;
	copy = malloc(sizeof(*copy));
	if (copy == NULL)
		return err_set(err, ENOMEM, "%s: out of memory", port->name);
	*copy = *port;
	copy->addresses = NULL;
	copy->nb_addresses = 0;
	rc = ctl->port_ops->open(&args, &info, err);
	if (rc != 0) {
		free(copy);
		return rc;
	}
	rc = port_enter(ctl, port, &info, err);
	if (rc != 0) {
		ctl->port_ops->close(info.port_id);
		free(copy);
		return rc;
	}
	ctl->port[info.port_id] = copy;
	if (port->host[0] != '\0')
		log_warning("%s: host: no device towards the host is made yet, %s", port->name,
				port->host);
	ctl_settle(ctl);
	return 0;
}
