/* SPDX-License-Identifier: BSD-3-Clause */
/* What is written reads back to the same configuration, for configurations drawn at random. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/model.h"

#define RUNS 400

/* --- drawing --- */

static uint64_t state_of_draw;

static uint32_t
draw(uint32_t below)
{
	state_of_draw = state_of_draw * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state_of_draw >> 33) % below;
}

static bool
coin(void)
{
	return draw(2) == 1;
}

static void
draw_bytes(uint8_t *bytes, unsigned int n)
{
	while (n-- > 0)
		*bytes++ = (uint8_t)draw(256);
}

static void
draw_text(char *text, unsigned int size)
{
	static const char *const pieces[] = { "a", "Z", "\"", "\\", "/", "\xc3\xa4", "\xe2\x82\xac",
		"\xf0\x9f\x94\x91", " ", "{", "0x", ",", "'", "#" };
	const unsigned int wanted = draw(size);

	text[0] = '\0';
	while (strlen(text) + 4 < wanted)
		strcat(text, pieces[draw(sizeof(pieces) / sizeof(pieces[0]))]);
}

static struct ip_addr
draw_addr(int af)
{
	struct ip_addr addr = { .af = (uint8_t)af };

	if (af == AF_INET)
		draw_bytes((uint8_t *)&addr.v4, 4);
	else
		draw_bytes(addr.v6, coin() ? 16 : 4);
	return addr;
}

static int
draw_af(void)
{
	return coin() ? AF_INET : AF_INET6;
}

static struct ip_prefix
draw_prefix(int af)
{
	struct ip_prefix prefix = { .addr = draw_addr(af) };

	prefix.len = (uint8_t)draw(ip_bits(&prefix.addr) + 1);
	return prefix;
}

static struct rte_ether_addr
draw_mac(void)
{
	struct rte_ether_addr mac;

	draw_bytes(mac.addr_bytes, 6);
	mac.addr_bytes[0] = (uint8_t)((mac.addr_bytes[0] & 0xfe) | 2);
	return mac;
}

static void *
list_of(unsigned int *n, unsigned int most, size_t size)
{
	*n = draw(most + 1);
	return *n == 0 ? NULL : calloc(*n, size);
}

static void
draw_port(struct cfg_port *port, unsigned int i)
{
	unsigned int k;

	snprintf(port->name, sizeof(port->name), "port%u", i);
	snprintf(port->device, sizeof(port->device), "net_tap%u", i);
	if (coin())
		draw_text(port->devargs, sizeof(port->devargs));
	port->has_mac = coin();
	if (port->has_mac)
		port->mac = draw_mac();
	port->mtu_bytes = coin() ? 1500 : (uint16_t)(576 + draw(9000));
	port->fib = (uint16_t)draw(FIB_MAX);
	port->up = coin();
	port->monitor = coin();
	draw_text(port->description, sizeof(port->description));
	if (coin())
		snprintf(port->host, sizeof(port->host), "tap%u", i);
	port->addresses = list_of(&port->nb_addresses, 4, sizeof(*port->addresses));
	for (k = 0; k < port->nb_addresses; k++)
		port->addresses[k] = draw_prefix(draw_af());
}

static void
draw_ipsec(struct cfg_ipsec *ipsec, unsigned int i)
{
	unsigned int k;
	int af = draw_af();

	snprintf(ipsec->name, sizeof(ipsec->name), "ipsec%u", 3 * i);
	draw_text(ipsec->description, sizeof(ipsec->description));
	ipsec->reqid = coin() ? 0 : draw(UINT32_MAX);
	ipsec->mtu_auto = coin();
	ipsec->mtu_bytes = ipsec->mtu_auto || coin() ? 1400 : (uint16_t)(1280 + draw(6000));
	ipsec->up = coin();
	ipsec->monitor = coin();
	ipsec->fib = (uint16_t)draw(FIB_MAX);
	ipsec->tunnelfib = (uint16_t)draw(FIB_MAX);
	if (coin()) {
		ipsec->tunnel_local = draw_addr(af);
		ipsec->tunnel_remote = draw_addr(af);
	}
	ipsec->addresses = list_of(&ipsec->nb_addresses, 3, sizeof(*ipsec->addresses));
	for (k = 0; k < ipsec->nb_addresses; k++) {
		af = draw_af();
		ipsec->addresses[k].local = draw_prefix(af);
		if (coin())
			ipsec->addresses[k].peer = draw_addr(af);
	}
}

static void
draw_route(struct cfg_route *route)
{
	const int af = draw_af();

	route->prefix = draw_prefix(af);
	ip_prefix_mask(&route->prefix);
	route->kind = (enum cfg_route_kind)draw(4);
	if (route->kind == CFG_ROUTE_GATEWAY)
		route->gateway = draw_addr(af);
	if (route->kind == CFG_ROUTE_INTERFACE)
		snprintf(route->interface, sizeof(route->interface), "ipsec%u", draw(9));
	route->fib = (uint16_t)draw(FIB_MAX);
}

static void
draw_sa(struct cfg_sa *sa)
{
	static const char *const modes[] = { "tunnel", "any", "transport" };
	static const char *const pads[] = { "seq-pad", "zero-pad", "random-pad" };
	const int af = draw_af();

	sa->src = draw_addr(af);
	sa->dst = draw_addr(af);
	sa->spi = 256 + draw(UINT32_MAX - 256);
	sa->reqid = coin() ? 0 : draw(UINT32_MAX);
	snprintf(sa->mode, sizeof(sa->mode), "%s", modes[draw(3)]);
	snprintf(sa->pad, sizeof(sa->pad), "%s", pads[draw(3)]);
	draw_text(sa->encryption, sizeof(sa->encryption));
	draw_text(sa->authentication, sizeof(sa->authentication));
	sa->encryption_key_len = draw(CFG_KEY_MAX + 1);
	draw_bytes(sa->encryption_key, sa->encryption_key_len);
	sa->authentication_key_len = draw(CFG_KEY_MAX + 1);
	draw_bytes(sa->authentication_key, sa->authentication_key_len);
	sa->replay_window_packets = draw(REPLAY_WINDOW_MAX + 1);
	sa->esn = coin();
	if (coin()) {
		sa->natt_sport = (uint16_t)(1 + draw(65535));
		sa->natt_dport = (uint16_t)(1 + draw(65535));
	}
	sa->soft_seconds = coin() ? 0 : draw(UINT32_MAX);
	sa->hard_bytes = coin() ? 0 : (uint64_t)draw(UINT32_MAX) * draw(UINT32_MAX);
	sa->hard_use_seconds = coin() ? 0 : draw(UINT32_MAX);
	sa->soft_packets = coin() ? 0 : INT64_MAX;
}

static struct cfg *
draw_cfg(uint64_t seed)
{
	static const char *const engines[] = { "auto", "cryptodev", "ipsec_mb" };
	struct cfg *cfg = calloc(1, sizeof(*cfg));
	unsigned int i;

	state_of_draw = seed;
	cfg->ports = list_of(&cfg->nb_ports, 5, sizeof(*cfg->ports));
	for (i = 0; i < cfg->nb_ports; i++)
		draw_port(&cfg->ports[i], i);
	cfg->neighbors = list_of(&cfg->nb_neighbors, 5, sizeof(*cfg->neighbors));
	for (i = 0; i < cfg->nb_neighbors; i++) {
		snprintf(cfg->neighbors[i].port, IFACE_NAME_MAX, "port%u", i);
		cfg->neighbors[i].address = draw_addr(draw_af());
		cfg->neighbors[i].mac = draw_mac();
	}
	cfg->ipsec = list_of(&cfg->nb_ipsec, 8, sizeof(*cfg->ipsec));
	for (i = 0; i < cfg->nb_ipsec; i++)
		draw_ipsec(&cfg->ipsec[i], i);
	cfg->routes = list_of(&cfg->nb_routes, 12, sizeof(*cfg->routes));
	for (i = 0; i < cfg->nb_routes; i++)
		draw_route(&cfg->routes[i]);
	cfg->sas = list_of(&cfg->nb_sas, 12, sizeof(*cfg->sas));
	for (i = 0; i < cfg->nb_sas; i++)
		draw_sa(&cfg->sas[i]);
	cfg->sysctls = list_of(&cfg->nb_sysctls, 3, sizeof(*cfg->sysctls));
	for (i = 0; i < cfg->nb_sysctls; i++) {
		snprintf(cfg->sysctls[i].name, CFG_NAME_MAX, "net.inet.ip.knob%u", i);
		cfg->sysctls[i].value = (int64_t)draw(UINT32_MAX) - INT32_MAX;
	}
	snprintf(cfg->engine, sizeof(cfg->engine), "%s", engines[draw(3)]);
	return cfg;
}

/* --- comparing --- */

/* Byte by byte, so that a member which nobody writes is seen. The drawn ones began as zeroes, as those read do. */
static void
assert_same(struct cfg *a, struct cfg *b)
{
	unsigned int i;

	assert_int_equal(a->nb_ports, b->nb_ports);
	assert_int_equal(a->nb_ipsec, b->nb_ipsec);
	for (i = 0; i < a->nb_ports; i++) {
		struct cfg_port pa = a->ports[i], pb = b->ports[i];
		unsigned int k;

		assert_int_equal(pa.nb_addresses, pb.nb_addresses);
		for (k = 0; k < pa.nb_addresses; k++)
			assert_true(ip_prefix_equal(&pa.addresses[k], &pb.addresses[k]));
		pa.addresses = pb.addresses = NULL;
		assert_memory_equal(&pa, &pb, sizeof(pa));
	}
	for (i = 0; i < a->nb_ipsec; i++) {
		struct cfg_ipsec ia = a->ipsec[i], ib = b->ipsec[i];
		unsigned int k;

		assert_int_equal(ia.nb_addresses, ib.nb_addresses);
		for (k = 0; k < ia.nb_addresses; k++) {
			assert_true(ip_prefix_equal(
					&ia.addresses[k].local, &ib.addresses[k].local));
			assert_true(ip_equal(&ia.addresses[k].peer, &ib.addresses[k].peer));
		}
		ia.addresses = ib.addresses = NULL;
		assert_memory_equal(&ia, &ib, sizeof(ia));
	}
#define SAME(list, n)                                                                   \
	do {                                                                            \
		assert_int_equal(a->n, b->n);                                           \
		if (a->n > 0)                                                           \
			assert_memory_equal(a->list, b->list, a->n * sizeof(*a->list)); \
	} while (0)
	SAME(neighbors, nb_neighbors);
	SAME(routes, nb_routes);
	SAME(sas, nb_sas);
	SAME(sysctls, nb_sysctls);
	assert_string_equal(a->engine, b->engine);
}

static void
reads_back_what_it_wrote(void **state)
{
	unsigned int i;

	for (i = 0; i < RUNS; i++) {
		struct cfg_errors errors = { 0 };
		struct cfg *cfg = draw_cfg(i), *again;
		char *text = cfg_dump(cfg), *text_again;

		assert_non_null(text);
		again = cfg_read_text(text, ".", &errors);
		if (again == NULL)
			fail_msg("seed %u: %s: %s", i, errors.list[0].path, errors.list[0].msg);
		assert_same(cfg, again);
		text_again = cfg_dump(again);
		assert_string_equal(text, text_again);
		cfg_text_free(text);
		cfg_text_free(text_again);
		cfg_free(cfg);
		cfg_free(again);
	}
}

static void
writes_an_entry_per_line_and_no_defaults(void **state)
{
	static const char in[] =
			"{\"ports\":{\"lan0\":{\"device\":\"net_tap0\",\"mtu\":1500,\"addresses\":["
			"\"10.1.0.1/24\",\"fd00::1/64\"]}},"
			"\"ipsec\":{\"ipsec0\":{\"mtu\":\"auto\"}},\"routes\":[{\"prefix\":\"10.9."
			"9.9/8\",\"reject\":true}],"
			"\"sa\":[{\"src\":\"192.0.2.1\",\"dst\":\"192.0.2.2\",\"spi\":\"0x100\","
			"\"encryption_key\":\"ab\"}],"
			"\"crypto\":{\"engine\":\"auto\"},\"sysctl\":{\"net.inet.ip.ttl\":32}}";
	static const char out[] = "{\n"
				  "  \"ports\": {\n"
				  "    \"lan0\": { \"device\": \"net_tap0\", \"addresses\": [ "
				  "\"10.1.0.1/24\", \"fd00::1/64\" ] }\n"
				  "  },\n"
				  "  \"ipsec\": {\n"
				  "    \"ipsec0\": { \"mtu\": \"auto\", \"up\": false }\n"
				  "  },\n"
				  "  \"routes\": [\n"
				  "    { \"prefix\": \"10.0.0.0/8\", \"reject\": true }\n"
				  "  ],\n"
				  "  \"sa\": [\n"
				  "    { \"src\": \"192.0.2.1\", \"dst\": \"192.0.2.2\", \"spi\": "
				  "256, \"mode\": \"tunnel\", \"encryption_key\": \"0x6162\" }\n"
				  "  ],\n"
				  "  \"sysctl\": {\n"
				  "    \"net.inet.ip.ttl\": 32\n"
				  "  }\n"
				  "}\n";
	struct cfg_errors errors = { 0 };
	struct cfg *cfg = cfg_read_text(in, ".", &errors);
	char *text;

	assert_non_null(cfg);
	text = cfg_dump(cfg);
	assert_string_equal(text, out);
	cfg_text_free(text);
	cfg_free(cfg);
}

static void
writes_a_description_that_is_not_utf8_so_that_it_can_be_read(void **state)
{
	struct cfg_errors errors = { 0 };
	struct cfg_ipsec ipsec = { .name = "ipsec0", .description = "a\xff\xc0\xaf\xed\xa0\x80z" };
	struct cfg cfg = { .ipsec = &ipsec, .nb_ipsec = 1, .engine = "auto" }, *again;
	char *text = cfg_dump(&cfg);

	again = cfg_read_text(text, ".", &errors);
	if (again == NULL)
		fail_msg("%s: %s", errors.list[0].path, errors.list[0].msg);
	assert_string_equal(again->ipsec[0].description, "a??????z");
	cfg_text_free(text);
	cfg_free(again);
}

static void
writes_an_empty_configuration(void **state)
{
	struct cfg_errors errors = { 0 };
	struct cfg cfg = { .engine = "auto" }, *again;
	char *text = cfg_dump(&cfg);

	assert_string_equal(text, "{\n}\n");
	again = cfg_read_text(text, ".", &errors);
	assert_non_null(again);
	cfg_text_free(text);
	cfg_free(again);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_back_what_it_wrote),
		cmocka_unit_test(writes_an_entry_per_line_and_no_defaults),
		cmocka_unit_test(writes_a_description_that_is_not_utf8_so_that_it_can_be_read),
		cmocka_unit_test(writes_an_empty_configuration),
	};

	return cmocka_run_group_tests_name("config/dump", tests, NULL, NULL);
}
