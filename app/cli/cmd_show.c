/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * show: what no program of FreeBSD shows, because there it is the kernel's.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_malloc.h>
#include <rte_version.h>

#include "cli/cmd.h"

#define TABLE(cli, rows, ...)                                                \
	do {                                                                 \
		static const struct cli_column columns_[] = { __VA_ARGS__ }; \
		cli_table(cli, rows, columns_, RTE_DIM(columns_));           \
	} while (0)

static json_t *
view_drops(struct cli *cli)
{
	json_t *list = json_array();
	unsigned int i;

	for (i = DROP_NONE + 1; i < DROP_REASONS; i++) {
		enum drop_reason r = (enum drop_reason)i;

		json_array_append_new(list,
				json_pack("{s:s, s:I, s:s, s:s}", "reason", drop_name(r), "packets",
						(json_int_t)dp_drop_count(
								ctl_dataplane(cli->ctl), r),
						"sentence", drop_sentence(r), "source",
						drop_source(r)));
	}
	return list;
}

static void
print_drops(struct cli *cli, const json_t *list)
{
	json_t *counted = json_array();
	json_t *o;
	size_t i;

	json_array_foreach(list, i, o) {
		if (json_integer_value(json_object_get(o, "packets")) > 0)
			json_array_append(counted, o);
	}
	if (json_array_size(counted) == 0)
		cli_printf(cli, "No packet was dropped.\n");
	else
		TABLE(cli, counted, { "packets", "Packets", true }, { "reason", "Reason", false },
				{ "sentence", "Meaning", false });
	json_decref(counted);
}

static json_t *
stages_json(const struct dp_worker_stats *s)
{
	json_t *list = json_array();
	unsigned int i;

	for (i = 0; i < RTE_DIM(s->stage_cycles) && dp_stage_name(i) != NULL; i++) {
		if (s->stage_packets[i] == 0)
			continue;
		json_array_append_new(list,
				json_pack("{s:s, s:I, s:f}", "stage", dp_stage_name(i), "packets",
						(json_int_t)s->stage_packets[i],
						"cycles_per_packet",
						(double)s->stage_cycles[i] /
								(double)s->stage_packets[i]));
	}
	return list;
}

static json_t *
view_workers(struct cli *cli)
{
	const struct dataplane *dp = ctl_dataplane(cli->ctl);
	struct dp_worker_stats s;
	json_t *list = json_array(), *o;
	unsigned int i;

	for (i = 0; i < dp->nb_workers; i++) {
		dp_worker_stats(dp, i, &s);
		o = json_pack("{s:i, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "worker",
				(int)i, "lcore", (int)s.lcore, "polls", (json_int_t)s.polls,
				"empty_polls", (json_int_t)s.empty_polls, "rx", (json_int_t)s.rx,
				"tx", (json_int_t)s.tx, "punted", (json_int_t)s.punted, "injected",
				(json_int_t)s.injected, "handed_out", (json_int_t)s.handed_out,
				"handed_in", (json_int_t)s.handed_in, "stages", stages_json(&s));
		json_object_update_new(o,
				json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "helped",
						(json_int_t)s.helped, "encapsulated",
						(json_int_t)s.encapsulated, "decapsulated",
						(json_int_t)s.decapsulated, "originated",
						(json_int_t)s.originated, "in_flight",
						(json_int_t)s.in_flight, "busy_cycles",
						(json_int_t)s.busy_cycles));
		json_object_update_new(o,
				json_pack("{s:I, s:I}", "sleeps", (json_int_t)s.sleeps, "woken",
						(json_int_t)s.woken));
		if (s.rx > 0)
			json_object_set_new(o, "cycles_per_packet",
					json_real((double)s.busy_cycles / (double)s.rx));
		json_array_append_new(list, o);
	}
	return list;
}

static void
print_workers(struct cli *cli, const json_t *list)
{
	const json_t *o, *stages;
	size_t i;

	TABLE(cli, list, { "worker", "Worker", true }, { "lcore", "Lcore", true },
			{ "polls", "Polls", true }, { "empty_polls", "Empty", true },
			{ "rx", "Rx", true }, { "tx", "Tx", true },
			{ "encapsulated", "Encap", true }, { "decapsulated", "Decap", true },
			{ "punted", "Punted", true }, { "injected", "Injected", true },
			{ "handed_out", "Out", true }, { "handed_in", "In", true },
			{ "helped", "Helped", true }, { "in_flight", "Inflight", true },
			{ "sleeps", "Sleeps", true }, { "cycles_per_packet", "Cycles/pkt", true });
	json_array_foreach(list, i, o) {
		stages = json_object_get(o, "stages");
		if (json_array_size(stages) == 0)
			continue;
		cli_printf(cli, "\nworker %zu:\n", i);
		TABLE(cli, stages, { "stage", "Stage", false }, { "packets", "Packets", true },
				{ "cycles_per_packet", "Cycles/pkt", true });
	}
}

static json_t *
view_ports(struct cli *cli)
{
	json_t *list = json_array(), *o;
	struct iface *ifp = NULL;

	while ((ifp = iface_next(ctl_ifaces(cli->ctl), ifp)) != NULL) {
		struct port_stats s = { 0 };
		uint32_t mbps = 0;
		bool up = false;

		if (ifp->kind != IFACE_PORT)
			continue;
		ctl_port_stats(cli->ctl, ifp, &s);
		ctl_port_link(cli->ctl, ifp, &up, &mbps);
		o = json_pack("{s:s, s:i, s:s, s:s, s:s, s:i}", "name", ifp->name, "port",
				ifp->port_id, "device", ifp->device, "mac", mac_str(&ifp->mac),
				"link", up ? "up" : "down", "mbps", (int)mbps);
		json_object_update_new(o,
				json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "ipackets",
						(json_int_t)s.ipackets, "ibytes",
						(json_int_t)s.ibytes, "opackets",
						(json_int_t)s.opackets, "obytes",
						(json_int_t)s.obytes, "missed",
						(json_int_t)s.imissed, "ierrors",
						(json_int_t)s.ierrors, "oerrors",
						(json_int_t)s.oerrors, "no_mbuf",
						(json_int_t)s.rx_nombuf));
		json_array_append_new(list, o);
	}
	return list;
}

static void
print_ports(struct cli *cli, const json_t *list)
{
	TABLE(cli, list, { "name", "Name", false }, { "port", "Port", true },
			{ "device", "Device", false }, { "mac", "MAC", false },
			{ "link", "Link", false }, { "mbps", "Mbit/s", true },
			{ "ipackets", "Ipkts", true }, { "ibytes", "Ibytes", true },
			{ "missed", "Missed", true }, { "ierrors", "Ierrs", true },
			{ "no_mbuf", "Nombuf", true }, { "opackets", "Opkts", true },
			{ "obytes", "Obytes", true }, { "oerrors", "Oerrs", true });
}

struct crypto {
	struct cli *cli;
	json_t *list;
	const char *engine;
};

static void
crypto_device(const char *device, const char *driver, unsigned int sessions, void *arg)
{
	struct crypto *c = arg;

	json_array_append_new(c->list,
			json_pack("{s:s, s:s, s:s, s:i}", "engine", c->engine, "device", device,
					"driver", driver, "sessions", (int)sessions));
}

static int
crypto_sa(struct sa_ctl *sa, void *arg)
{
	const struct sa_params *prm = &sa->prm;
	struct crypto *c = arg;
	char where[96] = "", why[64] = "", alg[64];

	ctl_sa_where(c->cli->ctl, sa, where, sizeof(where));
	ctl_sa_why(c->cli->ctl, sa, why, sizeof(why));
	snprintf(alg, sizeof(alg), "%s%s%s", prm->enc == NULL ? "" : prm->enc->name,
			prm->auth == NULL ? "" : " ", prm->auth == NULL ? "" : prm->auth->name);
	json_array_append_new(c->list,
			json_pack("{s:s, s:s, s:I, s:s, s:s, s:s}", "src", ip_str(&prm->src), "dst",
					ip_str(&prm->dst), "spi", (json_int_t)prm->spi,
					"algorithms", alg, "runs_on",
					where[0] == '\0' ? "-" : where, "why", why));
	return 0;
}

static json_t *
view_crypto(struct cli *cli)
{
	const struct dataplane *dp = ctl_dataplane(cli->ctl);
	struct crypto devices = { cli, json_array(), "" }, sas = { cli, json_array(), "" };
	unsigned int i;

	for (i = 0; i < dp->nb_engines; i++) {
		const struct engine *e = dp->engine[i];

		devices.engine = e->ops->name;
		if (e->ops->foreach_device != NULL)
			e->ops->foreach_device(e, crypto_device, &devices);
	}
	sadb_foreach(ctl_sadb(cli->ctl), crypto_sa, &sas);
	return json_pack("{s:o, s:o}", "devices", devices.list, "sas", sas.list);
}

static void
print_crypto(struct cli *cli, const json_t *o)
{
	TABLE(cli, json_object_get(o, "devices"), { "engine", "Engine", false },
			{ "device", "Device", false }, { "driver", "Driver", false },
			{ "sessions", "Sessions", true });
	cli_printf(cli, "\n");
	TABLE(cli, json_object_get(o, "sas"), { "src", "Source", false },
			{ "dst", "Destination", false }, { "spi", "SPI", true },
			{ "algorithms", "Algorithms", false }, { "runs_on", "Runs on", false },
			{ "why", "Why", false });
}

/* The look-up tables of the FIBs in use. */
static json_t *
view_route_tables(struct cli *cli)
{
	const struct fib_table *fibs = ctl_fibs(cli->ctl);
	json_t *list = json_array();
	unsigned int i, v6;

	for (i = 0; i < FIB_MAX * 2; i++) {
		const struct fib *fib = rcu_own(fibs->fib[i / 2]);
		struct lpm_usage u;

		if (fib == NULL)
			continue;
		v6 = i % 2;
		lpm_usage(v6 ? fib->rt6 : fib->rt4, &u);
		if (u.routes == 0 && u.bytes == 0)
			continue;
		json_array_append_new(list,
				json_pack("{s:i, s:s, s:I, s:I, s:I, s:I}", "fib", (int)(i / 2),
						"family", v6 ? "inet6" : "inet", "routes",
						(json_int_t)u.routes, "groups",
						(json_int_t)u.groups, "groups_max",
						(json_int_t)u.groups_max, "bytes",
						(json_int_t)u.bytes));
	}
	return list;
}

static json_t *
view_memory(struct cli *cli)
{
	struct rte_mempool *pool = ctl_dataplane(cli->ctl)->pool;
	json_t *heaps = json_array();
	unsigned int i;

	for (i = 0; i < rte_socket_count(); i++) {
		struct rte_malloc_socket_stats s;
		int socket = rte_socket_id_by_idx(i);

		if (rte_malloc_get_socket_stats(socket, &s) != 0)
			continue;
		json_array_append_new(heaps,
				json_pack("{s:i, s:I, s:I, s:I}", "socket", socket, "bytes",
						(json_int_t)s.heap_totalsz_bytes, "used",
						(json_int_t)s.heap_allocsz_bytes, "largest_free",
						(json_int_t)s.greatest_free_size));
	}
	return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:o, s:o}", "mbufs", (int)pool->size,
			"mbufs_free", (int)rte_mempool_avail_count(pool), "interfaces",
			(int)ctl_ifaces(cli->ctl)->count, "sas",
			(int)sadb_count(ctl_sadb(cli->ctl)), "routes",
			(int)rib_count(ctl_rib(cli->ctl)), "neighbours",
			(int)ctl_neighs(cli->ctl)->count, "heaps", heaps, "route_tables",
			view_route_tables(cli));
}

static void
print_memory(struct cli *cli, const json_t *o)
{
	static const char *const lines[][2] = { { "mbufs", "packet buffers" },
		{ "mbufs_free", "of them free" }, { "interfaces", "interfaces" },
		{ "sas", "security associations" }, { "routes", "routes" },
		{ "neighbours", "neighbours" } };
	unsigned int i;

	for (i = 0; i < RTE_DIM(lines); i++)
		cli_printf(cli, "%12" JSON_INTEGER_FORMAT "  %s\n",
				json_integer_value(json_object_get(o, lines[i][0])), lines[i][1]);
	cli_printf(cli, "\n");
	TABLE(cli, json_object_get(o, "heaps"), { "socket", "Socket", true },
			{ "bytes", "Heap bytes", true }, { "used", "Used", true },
			{ "largest_free", "Largest free", true });
	cli_printf(cli, "\n");
	TABLE(cli, json_object_get(o, "route_tables"), { "fib", "Fib", true },
			{ "family", "Family", false }, { "routes", "Routes", true },
			{ "groups", "Groups", true }, { "groups_max", "At most", true },
			{ "bytes", "Bytes", true });
}

static json_t *
view_version(struct cli *cli)
{
	json_t *o = json_pack("{s:s, s:s, s:I}", "version", PROJECT_VERSION, "dpdk", rte_version(),
			"tsc_hz", (json_int_t)rte_get_tsc_hz());
	struct ctl_pending_info pending;

	if (ctl_confirm_info(cli->ctl, &pending))
		json_object_set_new(o, "unconfirmed",
				json_pack("{s:s, s:I}", "file", pending.what, "seconds_left",
						(json_int_t)pending.seconds_left));
	return o;
}

static void
print_version(struct cli *cli, const json_t *o)
{
	cli_printf(cli, "dpdk-ipsecif %s, %s, TSC %.3f GHz\n",
			json_string_value(json_object_get(o, "version")),
			json_string_value(json_object_get(o, "dpdk")),
			(double)json_integer_value(json_object_get(o, "tsc_hz")) / 1e9);
	o = json_object_get(o, "unconfirmed");
	if (o != NULL)
		cli_printf(cli, "%s is loaded and goes back in %lld s unless you type confirm\n",
				json_string_value(json_object_get(o, "file")),
				(long long)json_integer_value(json_object_get(o, "seconds_left")));
}

static json_t *
view_state(struct cli *cli)
{
	struct ctl_state_info info;

	ctl_state_info(cli->ctl, &info);
	return json_pack("{s:s, s:I, s:I, s:b, s:i, s:i, s:i}", "file", info.file, "saved",
			(json_int_t)info.saved_s, "saved_ago", (json_int_t)info.ago_s, "failing",
			info.failing, "carried", (int)info.carried, "fresh", (int)info.fresh,
			"left", (int)info.left);
}

static void
print_state(struct cli *cli, const json_t *o)
{
	static const char *const lines[][2] = { { "carried", "SAs went on from the state file" },
		{ "fresh", "SAs began at sequence number 1" },
		{ "left", "SAs of the file are not here" } };
	const char *file = json_string_value(json_object_get(o, "file"));
	unsigned int i;

	if (file[0] == '\0')
		cli_printf(cli,
				"no state file is kept (--state FILE): after a restart SAs begin "
				"at sequence "
				"number 1\n");
	else if (json_integer_value(json_object_get(o, "saved")) == 0)
		cli_printf(cli, "%s, not saved yet\n", file);
	else
		cli_printf(cli, "%s, saved %" JSON_INTEGER_FORMAT " s ago%s\n", file,
				json_integer_value(json_object_get(o, "saved_ago")),
				json_is_true(json_object_get(o, "failing"))
						? "; it can not be written now"
						: "");
	for (i = 0; i < RTE_DIM(lines); i++)
		cli_printf(cli, "%12" JSON_INTEGER_FORMAT "  %s\n",
				json_integer_value(json_object_get(o, lines[i][0])), lines[i][1]);
}

/* Both ends of every SA with what it carried; interfaces are netstat -i's. */
static int
stats_sa(struct sa_ctl *sa, void *arg)
{
	struct crypto *c = arg;
	const struct iface *ifp = sa->iface == 0 ? NULL
						 : iface_at(ctl_ifaces(c->cli->ctl), sa->iface);
	struct ctl_sa_counts n = { 0 };

	ctl_sa_counts(c->cli->ctl, sa, &n);
	json_array_append_new(c->list,
			json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "interface",
					ifp == NULL ? "-" : ifp->name, "src", ip_str(&sa->prm.src),
					"dst", ip_str(&sa->prm.dst), "spi", (json_int_t)sa->prm.spi,
					"packets", (json_int_t)n.packets, "bytes",
					(json_int_t)n.bytes, "auth_failed",
					(json_int_t)n.auth_failed, "replayed",
					(json_int_t)n.replayed, "errors", (json_int_t)n.errors));
	return 0;
}

static json_t *
view_stats(struct cli *cli)
{
	struct crypto sas = { cli, json_array(), "" };

	sadb_foreach(ctl_sadb(cli->ctl), stats_sa, &sas);
	return sas.list;
}

static void
print_stats(struct cli *cli, const json_t *list)
{
	TABLE(cli, list, { "interface", "Interface", false }, { "src", "Source", false },
			{ "dst", "Destination", false }, { "spi", "SPI", true },
			{ "packets", "Packets", true }, { "bytes", "Bytes", true },
			{ "auth_failed", "Auth", true }, { "replayed", "Replay", true },
			{ "errors", "Errors", true });
}

static const struct {
	const char *word, *help;
	json_t *(*view)(struct cli *cli);
	void (*print)(struct cli *cli, const json_t *data);
} views[] = {
	{ "drops", "why packets were dropped", view_drops, print_drops },
	{ "workers", "what each worker did", view_workers, print_workers },
	{ "stats", "what each SA carried", view_stats, print_stats },
	{ "crypto", "devices, and which SA runs where", view_crypto, print_crypto },
	{ "ports", "counters of the devices", view_ports, print_ports },
	{ "memory", "buffers, objects, heaps", view_memory, print_memory },
	{ "state", "the state file, and which SAs went on from it", view_state, print_state },
	{ "version", "of the program and of DPDK", view_version, print_version },
};

static int
run(struct cli *cli, int argc, char *argv[])
{
	unsigned int i;

	if (argc != 2)
		return cli_usage(cli, &cmd_show);
	for (i = 0; i < RTE_DIM(views); i++) {
		if (strcmp(views[i].word, argv[1]) == 0)
			return cli_view(cli, views[i].view(cli), views[i].print);
	}
	return cli_error(cli,
			"show: %.40s is not there (drops, workers, stats, crypto, ports, memory, "
			"state, version)",
			argv[1]);
}

static void
complete(struct cli_choices *c, int argc, char *argv[])
{
	unsigned int i;

	(void)argv;
	for (i = 0; argc == 1 && i < RTE_DIM(views); i++)
		cli_offer(c, views[i].word, views[i].help);
}

const struct cli_command cmd_show = {
	.name = "show",
	.usage = "show drops|workers|stats|crypto|ports|memory|state|version",
	.help = "drops, workers, SA statistics, crypto devices, ports, memory, state file, version",
	.run = run,
	.complete = complete,
};
