/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the tests of lib/control share: EAL without huge pages, a gateway with one worker, an engine that encrypts nothing (the tests
 * here are about which SA serves whom), and two ports on net_null.
 */
#ifndef TEST_UNIT_CONTROL_CTL_TEST_H
#define TEST_UNIT_CONTROL_CTL_TEST_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <rte_common.h>
#include <rte_eal.h>

#include "base/rcu.h"
#include "control/control.h"
#include "control/resolve.h"
#include "drivers/registry.h"

#ifndef CTL_TEST_MEM
#define CTL_TEST_MEM "512"
#endif

static inline int
eal_up(void **state)
{
	char *argv[] = { (char[]){ "control" }, (char[]){ "--no-huge" }, (char[]){ "-m" },
		(char[]){ CTL_TEST_MEM }, (char[]){ "--no-pci" }, (char[]){ "--no-shconf" },
		(char[]){ "--no-telemetry" }, (char[]){ "-l" }, (char[]){ "0" }, NULL };

	(void)state;
	return rte_eal_init((int)RTE_DIM(argv) - 1, argv) < 0 ? -1 : 0;
}

static int
eal_down(void **state)
{
	(void)state;
	return rte_eal_cleanup();
}

/* --- the engine --- */

static unsigned int fake_sessions; /* alive now */

static struct engine *fake_open(
		struct counter_table *counters, unsigned int nb_workers, struct err *err);

static void
fake_close(struct engine *e)
{
	free(e);
}

static int
fake_session_check(struct engine *e, const struct sa_params *prm, struct err *err)
{
	(void)e;
	if (prm->enc != NULL && strcmp(prm->enc->name, "aes-ctr") == 0)
		return err_set(err, ENOTSUP, "no device does aes-ctr");
	return 0;
}

static size_t
fake_session_size(const struct engine *e)
{
	(void)e;
	return 64;
}

static unsigned int fake_fail_at; /* the session that can not be made, counted from now; 0: none */
static bool fake_fail_for_good;   /* nor any after it */

static int
fake_session_create(struct engine *e, struct sa *sa, const struct sa_params *prm,
		unsigned int nb_workers, struct err *err)
{
	(void)e, (void)sa, (void)prm, (void)nb_workers;
	if (fake_fail_at > 1) {
		fake_fail_at--;
	} else if (fake_fail_at == 1) {
		fake_fail_at = fake_fail_for_good; /* 1: the next one too */
		return err_set(err, ENOMEM, "no room for a session");
	}
	fake_sessions++;
	return 0;
}

static void
fake_session_destroy(struct engine *e, struct sa *sa)
{
	(void)e, (void)sa;
	fake_sessions--;
}

static const char *
fake_session_device(const struct engine *e, const struct sa *sa)
{
	(void)e, (void)sa;
	return "fake0";
}

static bool
fake_take(struct engine *e, unsigned int worker, struct rte_mbuf *pkts[], uint16_t n)
{
	(void)e, (void)worker;
	rte_pktmbuf_free_bulk(pkts, n);
	return false;
}

static uint16_t
fake_poll(struct engine *e, unsigned int worker, struct rte_mbuf *ret_pkts[], uint16_t n)
{
	(void)e, (void)worker, (void)ret_pkts, (void)n;
	return 0;
}

static uint32_t
fake_in_flight(const struct engine *e, unsigned int worker)
{
	(void)e, (void)worker;
	return 0;
}

static const struct engine_ops fake_ops = {
	.name = "fake",
	.open = fake_open,
	.close = fake_close,
	.session_check = fake_session_check,
	.session_size = fake_session_size,
	.session_create = fake_session_create,
	.session_destroy = fake_session_destroy,
	.session_device = fake_session_device,
	.encap = fake_take,
	.decap = fake_take,
	.poll = fake_poll,
	.in_flight = fake_in_flight,
};

static struct engine *
fake_open(struct counter_table *counters, unsigned int nb_workers, struct err *err)
{
	struct engine *e = calloc(1, sizeof(*e));

	(void)nb_workers, (void)err;
	e->ops = &fake_ops;
	e->counters = counters;
	return e;
}

/* --- the gateway --- */

static inline struct ip_addr
ip(const char *text)
{
	struct ip_addr a = { 0 };

	assert_int_equal(ip_parse(text, &a), 0);
	return a;
}

static inline struct ip_prefix
prefix(const char *text)
{
	struct ip_prefix p = { 0 };

	assert_int_equal(ip_prefix_parse(text, &p), 0);
	return p;
}

#define IP(text) (&(struct ip_addr[]){ ip(text) }[0])
#define PREFIX(text) (&(struct ip_prefix[]){ prefix(text) }[0])

/* net_null can not change its MTU: the driver says yes up to 1500 bytes. */
static int
fake_set_mtu(uint16_t port_id, uint16_t mtu, struct err *err)
{
	(void)port_id;
	return mtu <= 1500 ? 0 : err_set(err, EINVAL, "port: mtu %u is too large (1500)", mtu);
}

static inline int
gateway_up(void **state)
{
	static struct port_ops ports;
	static const struct engine_ops *const engines[] = { &fake_ops };
	const unsigned int lcores[] = { 0 };
	const struct ctl_args args = {
		.worker_lcores = lcores,
		.nb_workers = 1,
		.nb_mbufs = 4095,
		.port_ops = &ports,
		.engines = engines,
		.nb_engines = 1,
	};
	struct err err = { 0 };

	ports = *registry_ports();
	ports.set_mtu = fake_set_mtu;
	*state = ctl_create(&args, &err);
	if (*state == NULL)
		print_error("%s\n", err.msg);
	return *state == NULL;
}

static int
gateway_down(void **state)
{
	ctl_destroy(*state);
	return fake_sessions != 0; /* none is left behind */
}

static inline void
port_add(struct ctl *ctl, const char *name, const char *device, const char *address)
{
	struct ip_prefix addresses[1] = { 0 };
	struct cfg_port port = {
		.mtu_bytes = 1500, .up = true, .has_mac = true, .addresses = addresses
	};
	struct err err = { 0 };

	snprintf(port.name, sizeof(port.name), "%s", name);
	snprintf(port.device, sizeof(port.device), "%s", device);
	/* nothing is received; what is sent is gone */
	snprintf(port.devargs, sizeof(port.devargs), "no-rx=1");
	port.mac = (struct rte_ether_addr){ { 2, 0, 0, 0, 0, (uint8_t)device[8] } };
	if (address != NULL) {
		addresses[0] = prefix(address);
		port.nb_addresses = 1;
	}
	if (ctl_port_add(ctl, &port, &err) != 0)
		fail_msg("%s", err.msg);
}

static inline int
gateway_with_ports_up(void **state)
{
	if (gateway_up(state) != 0)
		return -1;
	port_add(*state, "lan0", "net_null0", "10.1.0.1/24");
	port_add(*state, "wan0", "net_null1", "192.168.0.3/24");
	return 0;
}

/* An empty gateway; one with lan0 10.1.0.1/24 and wan0 192.168.0.3/24. */
#define with_gateway(f) cmocka_unit_test_setup_teardown(f, gateway_up, gateway_down)
#define with_ports(f) cmocka_unit_test_setup_teardown(f, gateway_with_ports_up, gateway_down)

static inline struct iface *
find(struct ctl *ctl, const char *name)
{
	return iface_find(ctl_ifaces(ctl), name);
}

static inline const struct iface_row *
row(struct ctl *ctl, const char *name)
{
	return iface_row(ctl_ifaces(ctl), find(ctl, name)->index);
}

/* What the workers' table of FIB 0 says. */
static inline uint32_t
fib0(struct ctl *ctl, const char *addr)
{
	return fib_lookup(fib_get(ctl_fibs(ctl), 0, NULL), IP(addr));
}

/* A call that must work, one that must not. */
#define ok(call)                                            \
	do {                                                \
		struct err err = { 0 };                     \
		if ((call) != 0)                            \
			fail_msg("%s: %s", #call, err.msg); \
	} while (0)
#define refused(call, code, text)                   \
	do {                                        \
		struct err err = { 0 };             \
		assert_int_equal((call), -(code));  \
		assert_string_equal(err.msg, text); \
	} while (0)

static inline void
address(struct ctl *ctl, const char *name, const char *local, const char *peer)
{
	struct iface_addr a = { .prefix = prefix(local) };

	if (peer != NULL)
		a.peer = ip(peer);
	ok(ctl_if_add_address(ctl, name, &a, &err));
}

static inline void
tunnel(struct ctl *ctl, const char *name, const char *local, const char *remote)
{
	ok(ctl_if_set_tunnel(ctl, name, 0, IP(local), IP(remote), &err));
}

/* As `setkey` would: tunnel mode, aes-cbc and hmac-sha1, a key of its own. */
static inline struct sa_params
sa_prm(const char *src, const char *dst, uint32_t spi, uint32_t reqid)
{
	struct sa_params prm = { .src = ip(src), .dst = ip(dst), .spi = spi, .reqid = reqid };

	prm.mode = SA_MODE_TUNNEL;
	prm.enc = alg_find_encryption("aes-cbc");
	prm.auth = alg_find_authentication("hmac-sha1");
	prm.keys.enc_len = 16;
	prm.keys.auth_len = 20;
	prm.replay_window = 64;
	memcpy(prm.keys.enc, &spi, sizeof(spi));
	return prm;
}

static inline struct sa_ctl *
sa_add(struct ctl *ctl, const char *src, const char *dst, uint32_t spi, uint32_t reqid)
{
	struct sa_params prm = sa_prm(src, dst, spi, reqid);

	ok(ctl_sa_add(ctl, &prm, NULL, &err));
	return sadb_find(ctl_sadb(ctl), &prm.dst, spi);
}

#endif
