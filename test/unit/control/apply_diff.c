/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Configurations made to run as differences: what is the same is not touched, what is saved is what runs, and a configuration that can
 * not be made leaves no trace.
 */
#include "apply_test.h"

#include <time.h>

/* --- tests --- */

static void
makes_an_empty_gateway_what_the_file_says(void **state)
{
	struct ctl *ctl = running(state);
	const struct iface *ifp = find(ctl, "ipsec0");
	int64_t value;

	assert_int_equal(ifp->reqid, 100);
	assert_int_equal(ifp->mtu, 1300);
	assert_true((ifp->flags & (IFACE_UP | IFACE_RUNNING)) == (IFACE_UP | IFACE_RUNNING));
	assert_string_equal(ifp->description, "one");
	assert_true(find(ctl, "ipsec1")->mtu_auto);
	assert_false(find(ctl, "ipsec2")->flags & IFACE_UP);
	assert_int_equal(fib0(ctl, "10.2.3.4"), nh_make(NH_IPSEC, ifp->index));
	assert_int_equal(nh_kind(fib0(ctl, "10.9.3.4")), NH_REJECT);
	assert_int_equal(sadb_count(ctl_sadb(ctl)), 2);
	assert_int_equal(sa_of(ctl, "192.168.0.5", 10000)->iface, ifp->index);
	assert_int_equal(sa_of(ctl, "192.168.0.3", 10001)->iface, ifp->index);
	ok(ctl_sysctl_get(ctl, "net.key.preferred_oldsa", &value, &err));
	assert_int_equal(value, 0);
}

static void
saves_what_runs_and_loads_it_again_to_the_same(void **state)
{
	struct ctl *ctl = running(state);
	char *first = saved(ctl), *second;

	assert_string_equal(diff(ctl, base), "");
	assert_string_equal(diff(ctl, first), "");
	assert_string_equal(apply(ctl, first), "");
	second = saved(ctl);
	assert_string_equal(first, second);
	cfg_text_free(first);
	cfg_text_free(second);
}

static void
touches_nothing_that_is_the_same(void **state)
{
	struct ctl *ctl = running(state);
	const struct iface_row *row0 = row(ctl, "ipsec0"), *wan = row(ctl, "wan0");
	const struct sa_ctl *out = sa_of(ctl, "192.168.0.5", 10000);
	const struct sa *worker_out = out->sa;
	const uint64_t order = out->order;
	char *text = with(base, "\"10.9.0.0/16\", \"reject\"", "\"10.8.0.0/16\", \"blackhole\"");

	assert_string_equal(diff(ctl, text),
			"- route 10.9.0.0/16 reject\n+ route 10.8.0.0/16 blackhole\n");
	assert_string_equal(apply(ctl, text), "");
	assert_int_equal(nh_kind(fib0(ctl, "10.8.3.4")), NH_BLACKHOLE);
	assert_ptr_equal(row(ctl, "ipsec0"), row0);
	assert_ptr_equal(row(ctl, "wan0"), wan);
	assert_ptr_equal(sa_of(ctl, "192.168.0.5", 10000), out);
	assert_ptr_equal(out->sa, worker_out);
	assert_int_equal(out->order, order);
	free(text);
}

static void
changes_one_member_of_each_kind(void **state)
{
	static const struct {
		const char *old, *new, *line;
	} table[] = {
		{ "\"mtu\": 1300", "\"mtu\": 1500",
				"~ ipsec ipsec0 tunnel 192.168.0.3 -> 192.168.0.5: mtu 1300 -> "
				"1500\n" },
		{ "\"mtu\": 1300", "\"mtu\": \"auto\"",
				"~ ipsec ipsec0 tunnel 192.168.0.3 -> 192.168.0.5: mtu 1300 -> "
				"\"auto\"\n" },
		{ "\"mtu\": 1300", "\"up\": false",
				"~ ipsec ipsec0 tunnel 192.168.0.3 -> 192.168.0.5: mtu 1300 -> "
				"1400, up true -> false\n" },
		{ "\"reqid\": 200", "\"reqid\": 300",
				"~ ipsec ipsec1 tunnel 2001:db8::3 -> 2001:db8::5: reqid 200 -> "
				"300\n" },
		{ "\"172.16.0.3/16\"", "\"172.16.0.3/24\"",
				"~ ipsec ipsec0 tunnel 192.168.0.3 -> 192.168.0.5: addresses "
				"[ { \"local\": \"172.16.0.3/16\", \"peer\": \"172.16.0.5\" } ] -> "
				"[ { \"local\": \"172.16.0.3/24\", \"peer\": \"172.16.0.5\" } "
				"]\n" },
		{ "\"description\": \"one\", ", "",
				"~ ipsec ipsec0 tunnel 192.168.0.3 -> 192.168.0.5: description "
				"\"one\" -> none\n" },
		{ "\"ipsec2\": {}", "\"ipsec3\": {}", "- ipsec ipsec2\n+ ipsec ipsec3\n" },
		{ "02:00:00:00:00:05", "02:00:00:00:00:06",
				"~ neighbor 192.168.0.5 02:00:00:00:00:06 on wan0: mac "
				"\"02:00:00:00:00:05\" -> \"02:00:00:00:00:06\"\n" },
		{ "\"gateway\": \"192.168.0.1\"", "\"gateway\": \"192.168.0.2\"",
				"~ route 0.0.0.0/0 192.168.0.2: gateway \"192.168.0.1\" -> "
				"\"192.168.0.2\"\n" },
		{ "\"interface\": \"ipsec1\"", "\"blackhole\": true",
				"~ route 2001:db8:2::/48 blackhole: interface \"ipsec1\" -> none, "
				"blackhole none -> true\n" },
		{ "VerySecureKey!!1", "VerySecureKey!!3",
				"~ sa 192.168.0.3 192.168.0.5 spi 10000(0x00002710): "
				"encryption_key\n" },
		{ "\"spi\": 10001, ", "\"spi\": 10001, \"replay_window_packets\": 64, ",
				"~ sa 192.168.0.5 192.168.0.3 spi 10001(0x00002711): "
				"replay_window_packets none -> 64\n" },
		{ "\"spi\": 10001", "\"spi\": 10002",
				"- sa 192.168.0.5 192.168.0.3 spi 10001(0x00002711)\n+ sa "
				"192.168.0.5 192.168.0.3 spi 10002(0x00002712)\n" },
		{ "\"net.key.preferred_oldsa\": 0", "\"net.inet.ip.ttl\": 32",
				"~ sysctl net.key.preferred_oldsa: 0 -> 1\n~ sysctl "
				"net.inet.ip.ttl: 64 -> 32\n" },
		{ "\"10.1.0.1/24\"", "\"10.1.0.2/24\", \"10.1.1.2/24\"",
				"~ port lan0 net_null0: addresses [ \"10.1.0.1/24\" ] -> [ "
				"\"10.1.0.2/24\", \"10.1.1.2/24\" ]\n" },
	};
	struct ctl *ctl = running(state);
	char *before = saved(ctl);
	size_t i;

	for (i = 0; i < RTE_DIM(table); i++) {
		char *text = with(base, table[i].old, table[i].new);

		assert_string_equal(diff(ctl, text), table[i].line);
		assert_string_equal(apply(ctl, text), "");
		assert_string_equal(diff(ctl, text), "");
		/* and back */
		assert_string_equal(apply(ctl, base), "");
		assert_string_equal(diff(ctl, before), "");
		free(text);
	}
	cfg_text_free(before);
}

static void
lets_interfaces_trade_reqids_and_addresses(void **state)
{
	struct ctl *ctl = running(state);
	char *a = with(base, "\"reqid\": 100, \"mtu\"", "\"reqid\": 200, \"mtu\"");
	char *b = with(a, "\"reqid\": 200, \"mtu\": \"auto\"", "\"reqid\": 100, \"mtu\": \"auto\"");

	assert_string_equal(apply(ctl, b), "");
	assert_int_equal(find(ctl, "ipsec0")->reqid, 200);
	assert_int_equal(find(ctl, "ipsec1")->reqid, 100);
	assert_string_equal(diff(ctl, b), "");
	free(a);
	free(b);
	a = with(base, "\"10.1.0.1/24\"", "\"192.168.0.3/24\"");
	b = with(a, "\"192.168.0.3/24\", \"2001", "\"10.1.0.1/24\", \"2001");
	free(a);
	/* the gateway and the neighbour are on the other side now */
	a = with(b, "\"port\": \"wan0\"", "\"port\": \"lan0\"");
	assert_string_equal(apply(ctl, a), "");
	assert_string_equal(diff(ctl, a), "");
	free(a);
	free(b);
}

static void
keeps_a_neighbour_and_a_route_whose_link_is_renumbered(void **state)
{
	struct ctl *ctl = running(state);
	char *text = with(base, "\"192.168.0.3/24\"", "\"192.168.0.3/25\"");

	assert_string_equal(apply(ctl, text), "");
	assert_string_equal(diff(ctl, text), "");
	free(text);
}

static void
keeps_a_reqid_that_was_chosen(void **state)
{
	struct ctl *ctl = running(state);
	char *text = with(base, "\"reqid\": 200, ", "");
	uint32_t reqid;

	assert_string_equal(apply(ctl, text), "");
	reqid = find(ctl, "ipsec1")->reqid;
	assert_string_equal(apply(ctl, text), "");
	assert_int_equal(find(ctl, "ipsec1")->reqid, reqid);
	assert_string_equal(diff(ctl, text), "");
	free(text);
}

/* Each is found at another stage: by the file alone, by what runs, and while it is made. */
static void
leaves_no_trace_of_what_can_not_be(void **state)
{
	static const struct {
		const char *old, *new, *said;
	} table[] = {
		{ "\"encryption_key\": \"VerySecureKey!!2\"", "\"encryption_key\": \"short\"",
				"sa[1].encryption_key: aes-cbc key is 40 bits (128, 192, 256)" },
		{ "\"net.key.preferred_oldsa\": 0",
				"\"net.key.nothing\": 0, \"net.inet.ip.ttl\": 0",
				"sysctl.net.key.nothing: unknown name\n"
				"sysctl.net.inet.ip.ttl: 0 is out of range (1 to 255)" },
		{ "\"spi\": 10001, \"reqid\": 100, \"encryption\": \"rijndael-cbc\", "
		  "\"encryption_key\": \"VerySecureKey!!2\"",
				"\"spi\": 10001, \"reqid\": 100, \"encryption\": \"aes-ctr\", "
				"\"encryption_key\": \"VerySecureKey!!24567\"",
				"sa[1]: no device does aes-ctr" },
		{ "\"device\": \"net_null1\"", "\"device\": \"net_null2\"",
				"ports.wan0: device, devargs, mac and host can not change while "
				"the program runs (restart it)" },
		{ "\"gateway\": \"192.168.0.1\"", "\"gateway\": \"198.51.100.1\"",
				"routes[0].gateway: 198.51.100.1 is not on a link of fib 0" },
		{ "\"sysctl\"", "\"crypto\": {\"engine\": \"ipsec_mb\"}, \"sysctl\"",
				"crypto.engine: no engine is called ipsec_mb (auto, fake)" },
		{ "\"wan0\": {\"device\"", "\"wan1\": {\"device\"", NULL },
		/* last stage: all the rest has been changed by then, and goes back */
		{ "\"address\": \"192.168.0.5\"", "\"address\": \"192.168.0.3\"",
				"neighbors[0]: neighbour 192.168.0.3: is our own address on wan0" },
	};
	struct ctl *ctl = running(state);
	const struct sa *worker_out = sa_of(ctl, "192.168.0.5", 10000)->sa;
	char *before = saved(ctl);
	size_t i;

	for (i = 0; i < RTE_DIM(table); i++) {
		/* with many other changes, all of them right */
		char *a = with(base, table[i].old, table[i].new);
		char *b = with(a, "\"mtu\": 1300", "\"mtu\": 1310, \"up\": false");
		char *c = with(b, "\"ipsec2\": {}", "\"ipsec7\": {}");
		char *d = with(c, "\"prefix\": \"10.9.0.0/16\"", "\"prefix\": \"10.7.0.0/16\"");
		const char *said = apply(ctl, d);

		if (table[i].said != NULL)
			assert_string_equal(said, table[i].said);
		else
			assert_true(said[0] != '\0');
		assert_string_equal(diff(ctl, before), ""); /* order may be another */
		assert_ptr_equal(sa_of(ctl, "192.168.0.5", 10000)->sa, worker_out);
		free(a);
		free(b);
		free(c);
		free(d);
	}
	cfg_text_free(before);
}

static void
empties_a_gateway_but_for_its_ports(void **state)
{
	struct ctl *ctl = running(state);

	assert_string_equal(apply(ctl, "{}"),
			"ports: lan0 can not be removed while the program runs (restart it)\n"
			"ports: wan0 can not be removed while the program runs (restart it)");
	assert_string_equal(apply(ctl,
					    "{\"ports\": {"
					    "\"lan0\": {\"device\": \"net_null0\", \"devargs\": "
					    "\"no-rx=1\", \"mac\": \"02:00:00:00:00:01\"},"
					    "\"wan0\": {\"device\": \"net_null1\", \"devargs\": "
					    "\"no-rx=1\", \"mac\": \"02:00:00:00:00:02\"}}}"),
			"");
	assert_null(find(ctl, "ipsec0"));
	assert_int_equal(sadb_count(ctl_sadb(ctl)), 0);
	assert_int_equal(fib0(ctl, "10.2.3.4"), NH_NONE);
}

/* --- many --- */

static struct cfg *
many(unsigned int n)
{
	struct cfg *cfg = parse("{\"ports\": {\"wan0\": {\"device\": \"net_null0\", \"devargs\": "
				"\"no-rx=1\", \"addresses\": [\"192.0.2.1/24\"]}}}");
	unsigned int i;

	cfg->nb_ipsec = cfg->nb_routes = n;
	cfg->nb_sas = 2 * n;
	cfg->ipsec = calloc(n, sizeof(*cfg->ipsec));
	cfg->routes = calloc(n, sizeof(*cfg->routes));
	cfg->sas = calloc(2 * n, sizeof(*cfg->sas));
	for (i = 0; i < n; i++) {
		snprintf(cfg->ipsec[i].name, IFACE_NAME_MAX, "ipsec%u", i);
		cfg->ipsec[i].reqid = 100 + i;
		cfg->ipsec[i].up = true;
		cfg->ipsec[i].tunnel_local = ip("192.0.2.1");
		cfg->ipsec[i].tunnel_remote = ip_from_v4(rte_cpu_to_be_32(0xc6120000 + i));
		snprintf(cfg->routes[i].interface, IFACE_NAME_MAX, "ipsec%u", i);
		cfg->routes[i].kind = CFG_ROUTE_INTERFACE;
		cfg->routes[i].prefix.addr = ip_from_v4(rte_cpu_to_be_32(0x0a000000 + (i << 8)));
		cfg->routes[i].prefix.len = 24;
	}
	for (i = 0; i < 2 * n; i++) {
		struct cfg_sa *sa = &cfg->sas[i];

		sa->src = i % 2 == 0 ? cfg->ipsec[i / 2].tunnel_local
				     : cfg->ipsec[i / 2].tunnel_remote;
		sa->dst = i % 2 == 1 ? cfg->ipsec[i / 2].tunnel_local
				     : cfg->ipsec[i / 2].tunnel_remote;
		sa->spi = 1000 + i;
		sa->reqid = 100 + i / 2;
		snprintf(sa->encryption, sizeof(sa->encryption), "aes-gcm-16");
		sa->encryption_key_len = 20;
		memcpy(sa->encryption_key, &i, sizeof(i));
	}
	return cfg;
}

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
count_line(const char *text, void *arg)
{
	(*(unsigned int *)arg)++;
}

/* Hash look-ups, no loop in a loop. The limits are generous: machines that run tests are slow. */
static void
works_out_ten_thousand_tunnels_quickly(void **state)
{
	struct cfg_errors errors = { 0 };
	struct ctl *ctl = *state;
	struct cfg *cfg = many(10000);
	unsigned int lines = 0;
	double begin = seconds(), first, again, difference;

	if (ctl_apply(ctl, cfg, &errors) != 0)
		fail_msg("%s: %s", errors.list[0].path, errors.list[0].msg);
	first = seconds() - begin;
	begin = seconds();
	assert_int_equal(ctl_apply(ctl, cfg, &errors), 0);
	again = seconds() - begin;
	cfg->sas[7].reqid++;
	cfg->routes[8].kind = CFG_ROUTE_REJECT;
	begin = seconds();
	assert_int_equal(ctl_diff(ctl, cfg, count_line, &lines, &errors), 0);
	difference = seconds() - begin;
	print_message("10,000 tunnels: first %.2f s, nothing changed %.2f s, difference %.2f s\n",
			first, again, difference);
	cfg_free(cfg);
	assert_int_equal(lines, 2);
	assert_true(first < 20);
	assert_true(again < 4);
	assert_true(difference < 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_gateway(makes_an_empty_gateway_what_the_file_says),
		with_gateway(saves_what_runs_and_loads_it_again_to_the_same),
		with_gateway(touches_nothing_that_is_the_same),
		with_gateway(changes_one_member_of_each_kind),
		with_gateway(lets_interfaces_trade_reqids_and_addresses),
		with_gateway(keeps_a_neighbour_and_a_route_whose_link_is_renumbered),
		with_gateway(keeps_a_reqid_that_was_chosen),
		with_gateway(leaves_no_trace_of_what_can_not_be),
		with_gateway(empties_a_gateway_but_for_its_ports),
		with_gateway(works_out_ten_thousand_tunnels_quickly),
	};

	return cmocka_run_group_tests_name("control/apply", tests, eal_up, eal_down);
}
