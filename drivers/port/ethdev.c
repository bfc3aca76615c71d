/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ports on rte_ethdev: any driver that DPDK has. What drivers do differently is in the table of quirks; nothing else asks
 * for a driver's name. Called by the control core; receiving and sending are the workers' own.
 *
 * The MAC address of a port whose other half is a netdev of the kernel (net_tap, net_af_packet, net_af_xdp): these drivers
 * "set" an address by giving it to the netdev. With net_tap the kernel is the host at the far end of the wire, so both ends
 * would have one address; with the others the netdev belongs to its owner. So we leave the netdev's address alone and are
 * promiscuous: frames are sent from, and taken for, the MAC address in struct port_info, which on net_tap is never the
 * netdev's.
 *
 * RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE is asked for where there is one pool behind all packets (there is: control.h) and the
 * device has it. It obliges everybody who sends: one segment, reference count 1, no indirect buffers.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_bus.h>
#include <rte_dev.h>
#include <rte_devargs.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>

#include "base/limits.h"
#include "base/log.h"
#include "drivers/port/ports.h"
#include "net/addr.h"

#define RX_DESC 1024
#define TX_DESC 1024
/* Of a frame beyond its IP packet: Ethernet and a VLAN tag. */
#define FRAME_OVERHEAD (RTE_ETHER_HDR_LEN + RTE_VLAN_HLEN)

/* How a driver differs from a network card. */
enum quirk {
	QUIRK_NETDEV_MAC = 1 << 0, /* its MAC address is that of a netdev, which is not ours */
	QUIRK_FAR_END = 1 << 1,    /* and that netdev is the far end of the wire */
	QUIRK_ALL_RXQ = 1
			<< 2,  /* each receive queue is a source of its own: none may stay unread */
	QUIRK_PAIRED = 1 << 3, /* as many receive as transmit queues */
	QUIRK_NO_RSS = 1 << 4  /* spreads packets over queues by itself */
};

static const struct {
	const char *driver;
	unsigned int quirks;
} quirk_table[] = {
	{ "net_tap", QUIRK_NETDEV_MAC | QUIRK_FAR_END | QUIRK_PAIRED | QUIRK_NO_RSS },
	{ "net_af_packet", QUIRK_NETDEV_MAC | QUIRK_ALL_RXQ },
	{ "net_af_xdp", QUIRK_NETDEV_MAC | QUIRK_ALL_RXQ | QUIRK_PAIRED },
	{ "net_pcap", QUIRK_ALL_RXQ },
	{ "net_ring", QUIRK_PAIRED },
};

/* Ports that are open. */
static struct {
	bool open;
	bool plugged; /* by open(): unplugged by close() */
	int room;     /* of a buffer, bytes of one frame */
	char device[RTE_ETH_NAME_MAX_LEN];
} ports[PORT_MAX];

static unsigned int
quirks_of(const char *driver)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(quirk_table); i++) {
		if (strcmp(quirk_table[i].driver, driver) == 0)
			return quirk_table[i].quirks;
	}
	return 0;
}

/* How messages call the port: "port lan0", or by its device where the caller did not name it. */
#define OBJECT_MAX (RTE_ETH_NAME_MAX_LEN + 8)
static const char *
object(const struct port_args *args, char buf[OBJECT_MAX])
{
	snprintf(buf, OBJECT_MAX, "port %s", args->name != NULL ? args->name : args->device);
	return buf;
}
#define object_str(args) object((args), (char[OBJECT_MAX]){ 0 })

/* "net_tap0, net_null0", or "none". */
static void
known_devices(char *buf, size_t size)
{
	char name[RTE_ETH_NAME_MAX_LEN];
	size_t used = 0;
	uint16_t id;

	RTE_ETH_FOREACH_DEV(id) {
		if (rte_eth_dev_get_name_by_port(id, name) != 0 || used >= size)
			continue;
		used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? ", " : "", name);
	}
	if (used == 0)
		snprintf(buf, size, "none");
}

/* Did a --vdev name it? Then EAL has tried, and its log says why the device could not be made. */
static bool
is_on_command_line(const char *device)
{
	struct rte_devargs *given;

	RTE_EAL_DEVARGS_FOREACH("vdev", given) {
		if (strcmp(given->name, device) == 0)
			return true;
	}
	return false;
}

/* What the operator can do about a device that EAL does not have; the name tells the bus. */
static int
no_device(const struct port_args *args, struct err *err)
{
	static const char made[] = "made by --vdev %s on the command line or by \"devargs\"";
	char known[160], how[RTE_ETH_NAME_MAX_LEN + sizeof(made)];
	struct rte_devargs parsed = { 0 };

	if (rte_devargs_parse(&parsed, args->device) != 0)
		snprintf(how, sizeof(how), "a PCI address, or a vdev such as net_tap0");
	else if (strcmp(rte_bus_name(parsed.bus), "vdev") != 0)
		snprintf(how, sizeof(how), "bind it by dpdk-devbind.py, leave out --no-pci");
	else if (is_on_command_line(args->device))
		snprintf(how, sizeof(how), "its --vdev failed, EAL's lines above say why");
	else
		snprintf(how, sizeof(how), made, args->device);
	rte_devargs_reset(&parsed);
	known_devices(known, sizeof(known));
	return err_set(err, ENODEV, "%s: no device \"%s\" (%s; present: %s)", object_str(args),
			args->device, how, known);
}

/* Find the device, or plug it in. */
static int
find(const struct port_args *args, uint16_t *ret_id, bool *ret_plugged, struct err *err)
{
	int rc;

	*ret_plugged = false;
	if (strlen(args->device) >= RTE_ETH_NAME_MAX_LEN)
		return err_set(err, EINVAL, "%s: device name of %zu bytes is too long (%d)",
				object_str(args), strlen(args->device), RTE_ETH_NAME_MAX_LEN - 1);
	if (args->devargs != NULL) {
		if (rte_eth_dev_get_port_by_name(args->device, ret_id) == 0)
			return err_set(err, EBUSY,
					"%s: device \"%s\" is there already (leave devargs out)",
					object_str(args), args->device);
		rc = rte_eal_hotplug_add("vdev", args->device, args->devargs);
		if (rc != 0)
			return err_set(err, EINVAL,
					"%s: no device can be made from \"%s\" and devargs \"%s\" "
					"(EAL's lines above say why not)",
					object_str(args), args->device, args->devargs);
		*ret_plugged = true;
	}
	if (rte_eth_dev_get_port_by_name(args->device, ret_id) == 0)
		return 0;
	if (*ret_plugged)
		rte_eal_hotplug_remove("vdev", args->device);
	return no_device(args, err);
}

static uint16_t
clamp_queues(unsigned int wanted, uint16_t most)
{
	if (wanted > most)
		wanted = most;
	return wanted == 0 ? 1 : (uint16_t)wanted;
}

static void
choose_queues(const struct port_args *args, const struct rte_eth_dev_info *dev, unsigned int quirks,
		struct port_info *info)
{
	info->nb_rxq = clamp_queues(args->nb_workers, dev->max_rx_queues);
	info->nb_txq = clamp_queues(args->nb_workers, dev->max_tx_queues);
	if (quirks & QUIRK_ALL_RXQ)
		info->nb_rxq = clamp_queues(UINT16_MAX, dev->max_rx_queues);
	if (quirks & QUIRK_ALL_RXQ && quirks & QUIRK_PAIRED)
		info->nb_txq = info->nb_rxq;
	else if (quirks & QUIRK_PAIRED)
		info->nb_rxq = info->nb_txq = RTE_MIN(info->nb_rxq, info->nb_txq);
}

static uint16_t
choose_mtu(const struct port_args *args, const struct rte_eth_dev_info *dev)
{
	uint16_t mtu = args->mtu;

	if (mtu < dev->min_mtu)
		mtu = dev->min_mtu;
	if (mtu > dev->max_mtu)
		mtu = dev->max_mtu;
	if (mtu != args->mtu)
		log_notice("%s: mtu %u bytes is not possible on %s, it is %u (%u to %u)",
				object_str(args), args->mtu, args->device, mtu, dev->min_mtu,
				dev->max_mtu);
	return mtu;
}

static int
set_queues_up(const struct port_args *args, const struct rte_eth_dev_info *dev,
		const struct rte_eth_conf *conf, const struct port_info *info, struct err *err)
{
	struct rte_eth_txconf txconf = dev->default_txconf;
	uint16_t rxd = RX_DESC, txd = TX_DESC, q;
	int socket = rte_eth_dev_socket_id(info->port_id);
	int rc;

	rc = rte_eth_dev_adjust_nb_rx_tx_desc(info->port_id, &rxd, &txd);
	for (q = 0; rc == 0 && q < info->nb_rxq; q++)
		rc = rte_eth_rx_queue_setup(
				info->port_id, q, rxd, (unsigned int)socket, NULL, args->pool);
	txconf.offloads = conf->txmode.offloads;
	for (q = 0; rc == 0 && q < info->nb_txq; q++)
		rc = rte_eth_tx_queue_setup(info->port_id, q, txd, (unsigned int)socket, &txconf);
	if (rc != 0)
		return err_set(err, -rc,
				"%s: %s refuses %u receive and %u transmit queues of %u and %u "
				"packets with buffers of %u bytes for mtu %u, %s",
				object_str(args), args->device, info->nb_rxq, info->nb_txq, rxd,
				txd, rte_pktmbuf_data_room_size(args->pool), info->mtu,
				rte_strerror(-rc));
	return 0;
}

static int
configure(const struct port_args *args, const struct rte_eth_dev_info *dev, unsigned int quirks,
		struct port_info *info, struct err *err)
{
	const int room = rte_pktmbuf_data_room_size(args->pool) - RTE_PKTMBUF_HEADROOM;
	struct rte_eth_conf conf = { 0 };
	int rc;

	choose_queues(args, dev, quirks, info);
	info->mtu = choose_mtu(args, dev);
	/* Packets of several buffers are dropped (DROP_MULTISEG): one must hold a frame. */
	if (room < info->mtu + FRAME_OVERHEAD)
		return err_set(err, EINVAL, "%s: mtu %u bytes does not fit the buffers (%d)",
				object_str(args), info->mtu, room - FRAME_OVERHEAD);
	conf.rxmode.mtu = info->mtu;
	conf.txmode.offloads = dev->tx_offload_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	conf.rx_adv_conf.rss_conf.rss_hf = dev->flow_type_rss_offloads &
			(RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP);
	if (info->nb_rxq > 1 && !(quirks & QUIRK_NO_RSS) && conf.rx_adv_conf.rss_conf.rss_hf != 0)
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	else
		conf.rx_adv_conf.rss_conf.rss_hf = 0;

	rc = rte_eth_dev_configure(info->port_id, info->nb_rxq, info->nb_txq, &conf);
	if (rc != 0)
		return err_set(err, -rc, "%s: %s refuses %u receive and %u transmit queues, %s",
				object_str(args), args->device, info->nb_rxq, info->nb_txq,
				rte_strerror(-rc));
	/* A netdev learns its MTU only so. Drivers without one (pcap, ring, null) carry any. */
	rc = rte_eth_dev_set_mtu(info->port_id, info->mtu);
	if (rc != 0 && rc != -ENOTSUP) {
		rte_eth_dev_get_mtu(info->port_id, &info->mtu);
		log_notice("%s: mtu %u bytes is refused by %s, it is %u (%s)", object_str(args),
				args->mtu, args->device, info->mtu, rte_strerror(-rc));
	}
	return set_queues_up(args, dev, &conf, info, err);
}

/* Another address than the far end's, and the same one at every start. */
static void
derive_mac(struct rte_ether_addr *mac)
{
	mac->addr_bytes[0] = (mac->addr_bytes[0] ^ 0x04) | RTE_ETHER_LOCAL_ADMIN_ADDR;
}

/* Decide the MAC address. *ret_foreign: frames for it must be asked for promiscuously. */
static int
choose_mac(const struct port_args *args, unsigned int quirks, struct port_info *info,
		bool *ret_foreign, struct err *err)
{
	struct rte_ether_addr device_mac;

	*ret_foreign = false;
	if (rte_eth_macaddr_get(info->port_id, &device_mac) != 0)
		memset(&device_mac, 0, sizeof(device_mac));
	info->mac = args->has_mac ? args->mac : device_mac;
	if (!args->has_mac && quirks & QUIRK_FAR_END)
		derive_mac(&info->mac);
	if (!args->has_mac && rte_is_zero_ether_addr(&info->mac)) /* net_ring */
		rte_eth_random_addr(info->mac.addr_bytes);
	if (!rte_is_valid_assigned_ether_addr(&info->mac))
		return err_set(err, EINVAL, "%s: mac %s is not a unicast address", object_str(args),
				mac_str(&info->mac));
	if (rte_is_same_ether_addr(&info->mac, &device_mac)) {
		if (quirks & QUIRK_FAR_END)
			return err_set(err, EINVAL,
					"%s: mac %s is the kernel's end of %s (another one)",
					object_str(args), mac_str(&info->mac), args->device);
		return 0;
	}
	if (!(quirks & QUIRK_NETDEV_MAC) &&
			rte_eth_dev_default_mac_addr_set(info->port_id, &info->mac) == 0)
		return 0;
	*ret_foreign = true;
	return 0;
}

/* What the device hands us beyond frames to its own address: groups (ND), and a foreign MAC address. */
static void
choose_filter(const struct port_args *args, const struct rte_eth_dev_info *dev, bool foreign,
		struct port_info *info)
{
	if (!foreign && rte_eth_allmulticast_enable(info->port_id) == 0)
		return;
	info->promiscuous = true;
	if (rte_eth_promiscuous_enable(info->port_id) == 0)
		return;
	/* vdevs without such a switch (pcap files, rings, null) hand over everything anyway */
	if (strcmp(rte_bus_name(rte_dev_bus(dev->device)), "vdev") != 0)
		log_warning("%s: %s can be neither promiscuous nor receive multicast%s",
				object_str(args), args->device,
				foreign ? ", nor take its mac" : "");
}

static void
release(uint16_t port_id, const char *device, bool plugged)
{
	if (rte_eth_promiscuous_get(port_id) == 1)
		rte_eth_promiscuous_disable(port_id); /* a netdev outlives us */
	rte_eth_dev_stop(port_id);
	rte_eth_dev_close(port_id);
	if (plugged)
		rte_eal_hotplug_remove("vdev", device);
}

/* Everything after the device was found. */
static int
set_up(const struct port_args *args, struct port_info *info, struct err *err)
{
	struct rte_eth_dev_info dev;
	unsigned int quirks;
	bool foreign;
	int rc;

	rc = rte_eth_dev_info_get(info->port_id, &dev);
	if (rc != 0)
		return err_set(err, -rc, "%s: %s says nothing about itself, %s", object_str(args),
				args->device, rte_strerror(-rc));
	quirks = quirks_of(dev.driver_name);
	rc = configure(args, &dev, quirks, info, err);
	if (rc != 0)
		return rc;
	rc = choose_mac(args, quirks, info, &foreign, err);
	if (rc != 0)
		return rc;
	choose_filter(args, &dev, foreign, info);
	snprintf(info->device, sizeof(info->device), "%s", args->device);
	snprintf(info->driver, sizeof(info->driver), "%s", dev.driver_name);
	return 0;
}

static int
ethdev_open(const struct port_args *args, struct port_info *ret_info, struct err *err)
{
	struct port_info info = { 0 };
	bool plugged;
	int rc;

	rc = find(args, &info.port_id, &plugged, err);
	if (rc != 0)
		return rc;
	if (info.port_id >= PORT_MAX) {
		if (plugged)
			release(info.port_id, args->device, true);
		return err_set(err, ENOSPC, "%s: port number %u is too high (%d)", object_str(args),
				info.port_id, PORT_MAX - 1);
	}
	if (ports[info.port_id].open)
		return err_set(err, EBUSY, "%s: device \"%s\" is in use by another port",
				object_str(args), args->device);
	rc = set_up(args, &info, err);
	if (rc != 0) {
		if (plugged)
			release(info.port_id, args->device, true);
		return rc;
	}
	ports[info.port_id].open = true;
	ports[info.port_id].plugged = plugged;
	ports[info.port_id].room = rte_pktmbuf_data_room_size(args->pool) - RTE_PKTMBUF_HEADROOM;
	snprintf(ports[info.port_id].device, sizeof(ports[0].device), "%s", args->device);
	*ret_info = info;
	return 0;
}

static int
ethdev_start(uint16_t port_id, struct err *err)
{
	int rc = rte_eth_dev_start(port_id);

	if (rc != 0)
		return err_set(err, -rc, "port %s: does not start, %s", ports[port_id].device,
				rte_strerror(-rc));
	return 0;
}

static void
ethdev_close(uint16_t port_id)
{
	if (port_id >= PORT_MAX || !ports[port_id].open)
		return;
	release(port_id, ports[port_id].device, ports[port_id].plugged);
	memset(&ports[port_id], 0, sizeof(ports[port_id]));
}

static int
ethdev_set_mtu(uint16_t port_id, uint16_t mtu, struct err *err)
{
	const int room = ports[port_id].room;
	struct rte_eth_dev_info dev;
	int rc;

	if (rte_eth_dev_info_get(port_id, &dev) != 0)
		return err_set(err, ENODEV, "port %u: no such device", port_id);
	if (room < mtu + FRAME_OVERHEAD)
		return err_set(err, EINVAL, "port %s: mtu %u bytes does not fit the buffers (%d)",
				ports[port_id].device, mtu, room - FRAME_OVERHEAD);
	if (mtu < dev.min_mtu || mtu > dev.max_mtu)
		return err_set(err, EINVAL, "port %s: mtu %u bytes is not possible (%u to %u)",
				ports[port_id].device, mtu, dev.min_mtu, dev.max_mtu);
	rc = rte_eth_dev_set_mtu(port_id, mtu);
	if (rc != 0 && rc != -ENOTSUP) /* not supported: the device does not care */
		return err_set(err, -rc, "port %s: mtu %u bytes is refused by the device, %s",
				ports[port_id].device, mtu, rte_strerror(-rc));
	return 0;
}

static int
ethdev_link(uint16_t port_id, bool *ret_up, uint32_t *ret_mbps)
{
	struct rte_eth_link link;
	int rc = rte_eth_link_get_nowait(port_id, &link);

	if (rc != 0)
		return rc;
	*ret_up = link.link_status == RTE_ETH_LINK_UP;
	*ret_mbps = link.link_speed == RTE_ETH_SPEED_NUM_UNKNOWN ? 0 : link.link_speed;
	return 0;
}

static int
ethdev_stats(uint16_t port_id, struct port_stats *ret_stats)
{
	struct rte_eth_stats stats;
	int rc = rte_eth_stats_get(port_id, &stats);

	if (rc != 0)
		return rc;
	*ret_stats = (struct port_stats){
		.ipackets = stats.ipackets,
		.opackets = stats.opackets,
		.ibytes = stats.ibytes,
		.obytes = stats.obytes,
		.imissed = stats.imissed,
		.ierrors = stats.ierrors,
		.oerrors = stats.oerrors,
		.rx_nombuf = stats.rx_nombuf,
	};
	return 0;
}

const struct port_ops port_ethdev_ops = {
	.open = ethdev_open,
	.start = ethdev_start,
	.close = ethdev_close,
	.set_mtu = ethdev_set_mtu,
	.link = ethdev_link,
	.stats = ethdev_stats,
};
