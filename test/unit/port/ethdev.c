/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports on real vdevs: queues, MAC addresses, what is refused and how it reads. Those with net_tap need root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_eal.h>
#include <rte_ethdev.h>

#include "drivers/port/ports.h"
#include "net/addr.h"

#define TAP_MAC "02:11:22:33:44:55"

static struct rte_mempool *pool, *small;
static char pcap[] = "/tmp/test_port_XXXXXX";
static const struct port_ops *ops = &port_ethdev_ops;

static int
group_up(void **state)
{
	/* an empty capture: magic, version 2.4, zone, sigfigs, snap length, Ethernet */
	static const uint32_t head[6] = { 0xa1b2c3d4, 4 << 16 | 2, 0, 0, 65535, 1 };
	char *argv[] = { (char[]){ "port" }, (char[]){ "--no-huge" }, (char[]){ "-m" },
		(char[]){ "256" }, (char[]){ "--no-pci" }, (char[]){ "--no-shconf" },
		(char[]){ "--no-telemetry" }, (char[]){ "-l" }, (char[]){ "0" },
		(char[]){ "--log-level=3" }, (char[]){ "--vdev=net_null0" },
		(char[]){ "--vdev=net_ring0" },
		(char[]){ "--vdev=net_pcap7,rx_pcap=/nowhere/in.pcap" }, NULL };
	int fd = mkstemp(pcap);

	if (fd < 0 || write(fd, head, sizeof(head)) != sizeof(head))
		return -1;
	close(fd);
	if (rte_eal_init((int)RTE_DIM(argv) - 1, argv) < 0)
		return -1;
	pool = rte_pktmbuf_pool_create("port", 16383, 0, 64, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
	small = rte_pktmbuf_pool_create("small", 4095, 0, 64, RTE_PKTMBUF_HEADROOM + 256, 0);
	return pool == NULL || small == NULL ? -1 : 0;
}

static int
group_down(void **state)
{
	unlink(pcap);
	return rte_eal_cleanup();
}

static struct port_args
args_of(const char *device, const char *devargs)
{
	const struct port_args args = { .name = "lan0",
		.device = device,
		.devargs = devargs,
		.mtu = 1500,
		.nb_workers = 2,
		.pool = pool };

	return args;
}

static void
open_port(const struct port_args *args, struct port_info *ret_info)
{
	struct err err = { 0 };

	if (ops->open(args, ret_info, &err) != 0)
		fail_msg("%s", err.msg);
}

static void
refuses(const struct port_args *args, int code, const char *msg)
{
	struct port_info info = { .port_id = 77 };
	struct err err = { 0 };

	assert_int_equal(ops->open(args, &info, &err), -code);
	assert_int_equal(err.code, code);
	assert_string_equal(err.msg, msg);
	assert_int_equal(info.port_id, 77); /* untouched */
}

static void
says_how_to_get_a_device_that_is_not_there(void **state)
{
#define PRESENT "; present: net_null0, net_ring0)"
	static const struct {
		const char *device, *msg;
	} cases[] = {
		{ "net_tapX",
				"port lan0: no device \"net_tapX\" (made by --vdev net_tapX on the "
				"command line or by \"devargs\"" PRESENT },
		{ "net_pcap9",
				"port lan0: no device \"net_pcap9\" (made by --vdev net_pcap9 on "
				"the command line or by \"devargs\"" PRESENT },
		{ "0000:03:00.0",
				"port lan0: no device \"0000:03:00.0\" (bind it by "
				"dpdk-devbind.py, leave out --no-pci" PRESENT },
		{ "eth0",
				"port lan0: no device \"eth0\" (a PCI address, or a vdev such as "
				"net_tap0" PRESENT },
		{ "net_pcap7",
				"port lan0: no device \"net_pcap7\" (its --vdev failed, EAL's "
				"lines "
				"above say why" PRESENT },
	};
#undef PRESENT
	unsigned int i;

	for (i = 0; i < RTE_DIM(cases); i++) {
		const struct port_args args = args_of(cases[i].device, NULL);

		refuses(&args, ENODEV, cases[i].msg);
	}
}

static void
refuses_a_vdev_that_no_driver_makes(void **state)
{
	const struct port_args args = args_of("bogus", "x=1");

	refuses(&args, EINVAL,
			"port lan0: no device can be made from \"bogus\" and devargs \"x=1\" "
			"(EAL's lines above say why not)");
}

static void
refuses_a_name_that_is_too_long(void **state)
{
	const struct port_args args = args_of(
			"net_null0123456789012345678901234567890123456789012345678901234567", "");

	refuses(&args, EINVAL, "port lan0: device name of 66 bytes is too long (63)");
}

static void
a_device_serves_one_port_only(void **state)
{
	struct port_args args = args_of("net_null1", "no-rx=1");
	struct port_info info;

	open_port(&args, &info);
	refuses(&args, EBUSY,
			"port lan0: device \"net_null1\" is there already (leave devargs out)");
	args.devargs = NULL;
	refuses(&args, EBUSY, "port lan0: device \"net_null1\" is in use by another port");
	ops->close(info.port_id);
	args.devargs = "no-rx=1";
	open_port(&args, &info); /* and is free again afterwards */
	ops->close(info.port_id);
	assert_int_equal(rte_eth_dev_get_port_by_name("net_null1", &info.port_id), -ENODEV);
}

static void
opens_starts_measures_and_closes_without_losing_a_buffer(void **state)
{
	const unsigned int before = rte_mempool_avail_count(pool);
	const struct port_args args = args_of("net_null2", "no-rx=1");
	struct port_info info;
	struct port_stats stats;
	struct rte_mbuf *m;
	uint32_t mbps = 1;
	bool up = false;

	open_port(&args, &info);
	assert_int_equal(info.nb_rxq, 2);
	assert_int_equal(info.nb_txq, 2);
	assert_int_equal(info.mtu, 1500);
	assert_string_equal(info.device, "net_null2");
	assert_string_equal(info.driver, "net_null");
	assert_int_equal(ops->start(info.port_id, NULL), 0);
	assert_int_equal(ops->link(info.port_id, &up, &mbps), 0);
	assert_true(up);
	m = rte_pktmbuf_alloc(pool);
	rte_pktmbuf_append(m, 60);
	assert_int_equal(rte_eth_tx_burst(info.port_id, 1, &m, 1), 1);
	assert_int_equal(ops->stats(info.port_id, &stats), 0);
	assert_int_equal(stats.opackets, 1);
	ops->close(info.port_id);
	ops->close(info.port_id); /* harmless */
	assert_int_equal(rte_mempool_avail_count(pool), before);
}

static void
every_capture_file_is_read_whatever_the_number_of_workers(void **state)
{
	char devargs[256];
	struct port_args args = args_of("net_pcap3", devargs);
	struct port_info info;

	snprintf(devargs, sizeof(devargs), "rx_pcap=%s,rx_pcap=%s,rx_pcap=%s,tx_pcap=/dev/null",
			pcap, pcap, pcap);
	args.nb_workers = 1;
	open_port(&args, &info);
	assert_int_equal(info.nb_rxq, 3);
	assert_int_equal(info.nb_txq, 1);
	assert_int_equal(ops->start(info.port_id, NULL), 0);
	ops->close(info.port_id);
}

static void
a_ring_has_as_many_queues_of_one_kind_as_of_the_other(void **state)
{
	struct port_args args = args_of("net_ring0", NULL);
	struct port_info info;

	args.nb_workers = 40;
	open_port(&args, &info);
	assert_int_equal(info.nb_rxq, info.nb_txq);
	assert_true(info.nb_rxq < 40);
	assert_true(rte_is_valid_assigned_ether_addr(&info.mac)); /* the device has none */
	ops->close(info.port_id);
}

static void
a_wanted_mac_holds_where_the_driver_takes_it(void **state)
{
	struct port_args args = args_of("net_null4", "no-rx=1");
	struct rte_ether_addr now;
	struct port_info info;

	args.has_mac = true;
	mac_parse(TAP_MAC, &args.mac);
	open_port(&args, &info);
	assert_memory_equal(&info.mac, &args.mac, 6);
	rte_eth_macaddr_get(info.port_id, &now);
	assert_memory_equal(&now, &args.mac, 6);
	ops->close(info.port_id);
}

static void
a_wanted_mac_holds_where_the_driver_can_not_take_it(void **state)
{
	char devargs[128];
	struct port_args args = args_of("net_pcap5", devargs);
	struct port_info info;

	snprintf(devargs, sizeof(devargs), "rx_pcap=%s", pcap);
	args.has_mac = true;
	mac_parse(TAP_MAC, &args.mac);
	open_port(&args, &info);
	assert_memory_equal(&info.mac, &args.mac, 6);
	assert_true(info.promiscuous);
	ops->close(info.port_id);
}

static void
refuses_a_mac_that_is_a_group(void **state)
{
	struct port_args args = args_of("net_null6", "no-rx=1");

	args.has_mac = true;
	mac_parse("01:00:5e:00:00:01", &args.mac);
	refuses(&args, EINVAL, "port lan0: mac 01:00:5e:00:00:01 is not a unicast address");
	assert_int_equal(rte_eth_dev_count_avail(), 1); /* net_null0: what was plugged is gone */
}

static void
refuses_an_mtu_larger_than_the_buffers(void **state)
{
	struct port_args args = args_of("net_null7", "no-rx=1");

	args.pool = small;
	refuses(&args, EINVAL, "port lan0: mtu 1500 bytes does not fit the buffers (238)");
}

/* The MAC address of the kernel's end of a tap. */
static void
kernel_mac(const char *netdev, char *buf, size_t size)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/sys/class/net/%s/address", netdev);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_non_null(fgets(buf, (int)size, f));
	buf[strcspn(buf, "\n")] = '\0';
	fclose(f);
}

static void
the_far_end_of_a_tap_keeps_its_mac(void **state)
{
	char devargs[64], netdev[16], kernel[32], msg[160];
	struct port_args args = args_of("net_tap8", devargs);
	struct port_info info;

	if (geteuid() != 0)
		skip();
	snprintf(netdev, sizeof(netdev), "utest%d", getpid() % 100000);
	snprintf(devargs, sizeof(devargs), "iface=%s,mac=fixed", netdev);

	open_port(&args, &info); /* no mac: one that is not the kernel's */
	assert_int_equal(info.nb_rxq, info.nb_txq);
	assert_int_equal(ops->start(info.port_id, NULL), 0);
	kernel_mac(netdev, kernel, sizeof(kernel));
	assert_string_not_equal(kernel, mac_str(&info.mac));
	assert_true(rte_is_local_admin_ether_addr(&info.mac));
	assert_true(rte_is_unicast_ether_addr(&info.mac));
	ops->close(info.port_id);

	args.has_mac = true; /* a wanted one: ours alone */
	mac_parse(TAP_MAC, &args.mac);
	open_port(&args, &info);
	assert_int_equal(ops->start(info.port_id, NULL), 0);
	assert_string_equal(mac_str(&info.mac), TAP_MAC);
	kernel_mac(netdev, kernel, sizeof(kernel));
	assert_string_not_equal(kernel, TAP_MAC);
	ops->close(info.port_id);

	snprintf(devargs, sizeof(devargs), "iface=%s,mac=" TAP_MAC, netdev);
	snprintf(msg, sizeof(msg),
			"port lan0: mac %s is the kernel's end of net_tap8 (another one)", TAP_MAC);
	refuses(&args, EINVAL, msg);
}

static void
an_mtu_out_of_range_is_refused_later_and_bounded_at_first(void **state)
{
	struct port_args args = args_of("net_null9", "no-rx=1");
	struct rte_eth_dev_info dev;
	struct port_info info;
	struct err err = { 0 };

	args.mtu = 1900;
	open_port(&args, &info);
	assert_int_equal(rte_eth_dev_info_get(info.port_id, &dev), 0);
	assert_int_equal(info.mtu, RTE_MIN(1900, dev.max_mtu));
	assert_int_equal(ops->set_mtu(info.port_id, 1400, &err), 0);
	assert_int_equal(ops->set_mtu(info.port_id, 20, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "port net_null9: mtu 20 bytes is not possible ("));
	assert_int_equal(ops->set_mtu(info.port_id, 9000, &err), -EINVAL);
	assert_string_equal(
			err.msg, "port net_null9: mtu 9000 bytes does not fit the buffers (2030)");
	ops->close(info.port_id);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_how_to_get_a_device_that_is_not_there),
		cmocka_unit_test(refuses_a_vdev_that_no_driver_makes),
		cmocka_unit_test(refuses_a_name_that_is_too_long),
		cmocka_unit_test(a_device_serves_one_port_only),
		cmocka_unit_test(opens_starts_measures_and_closes_without_losing_a_buffer),
		cmocka_unit_test(every_capture_file_is_read_whatever_the_number_of_workers),
		cmocka_unit_test(a_ring_has_as_many_queues_of_one_kind_as_of_the_other),
		cmocka_unit_test(a_wanted_mac_holds_where_the_driver_takes_it),
		cmocka_unit_test(a_wanted_mac_holds_where_the_driver_can_not_take_it),
		cmocka_unit_test(refuses_a_mac_that_is_a_group),
		cmocka_unit_test(refuses_an_mtu_larger_than_the_buffers),
		cmocka_unit_test(the_far_end_of_a_tap_keeps_its_mac),
		cmocka_unit_test(an_mtu_out_of_range_is_refused_later_and_bounded_at_first),
	};

	return cmocka_run_group_tests_name("port/ethdev", tests, group_up, group_down);
}
