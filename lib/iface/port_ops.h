/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the control core asks of an Ethernet port; drivers/port/ethdev.c implements it on rte_ethdev. Receiving and sending are
 * not here: workers call rte_eth_rx_burst() and rte_eth_tx_burst() themselves.
 */
#ifndef IFACE_PORT_OPS_H
#define IFACE_PORT_OPS_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>
#include <rte_mempool.h>

#include "base/err.h"

struct port_args {
	const char *name;   /* of the interface, for messages; NULL: the device's */
	const char *device; /* ethdev name */
	const char *devargs; /* NULL: the device exists; else rte_eal_hotplug_add("vdev", device, devargs) */
	uint16_t mtu; /* bytes of an IP packet */
	bool has_mac;
	struct rte_ether_addr mac; /* wanted; promiscuous where the driver can not set it */
	unsigned int nb_workers;   /* queues wanted */
	struct rte_mempool *pool;  /* for receive queues */
};

/** What a port became. */
struct port_info {
	uint16_t port_id;
	uint16_t nb_rxq; /* min(nb_workers, device) */
	uint16_t nb_txq; /* min(nb_workers, device): below nb_workers, queues are shared through their owner */
	uint16_t mtu;
	bool promiscuous;
	struct rte_ether_addr mac; /* that frames must be sent from and are addressed to */
	char device[64];
	char driver[32];
};

struct port_stats {
	uint64_t ipackets, opackets, ibytes, obytes, imissed, ierrors, oerrors, rx_nombuf;
};

struct port_ops {
	/** Configure, set queues up, RSS over IP and ports where the device has it. Not started. -ENODEV, -EBUSY, -EINVAL with @p err. */
	int (*open)(const struct port_args *args, struct port_info *ret_info, struct err *err);
	int (*start)(uint16_t port_id, struct err *err);
	/** Stop and close (and unplug what open() plugged). No worker polls it. */
	void (*close)(uint16_t port_id);
	int (*set_mtu)(uint16_t port_id, uint16_t mtu, struct err *err);
	int (*link)(uint16_t port_id, bool *ret_up, uint32_t *ret_mbps);
	int (*stats)(uint16_t port_id, struct port_stats *ret_stats);
};

#endif
