/* SPDX-License-Identifier: BSD-3-Clause */
/* The gateway that is measured: EAL, ports, tunnels and SAs as the options say, and the packets that shall come in. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>

#include "base/eal_setup.h"
#include "base/log.h"
#include "bench.h"
#include "drivers/registry.h"

/* Buffers of one worker, tables, and room for some thousand tunnels. */
#define HUGE_MIN_MIB 512
#define PREPARE_SECONDS 20

/*
 * MiB of EAL's memory, a little more than was measured (without hugepages, the engine that needs most): buffers and
 * counters of each worker, and SAs, interfaces and their counters of each tunnel.
 */
static uint32_t
memory_mib(const struct bench_args *args, unsigned int workers)
{
	const unsigned int w = RTE_MIN(workers, (unsigned int)WORKER_MAX);

	return 160 + 64 * args->tunnels / BENCH_TUNNELS_MAX +
			w * (48 + 24 * args->tunnels / BENCH_TUNNELS_MAX);
}

int
bench_eal_start(struct bench *b, int argc, char **argv, struct err *err)
{
	/* What the prompt may ask for counts too; pages that are not touched cost nothing. */
	const struct bench_args most = { .tunnels = b->args.interactive ? BENCH_TUNNELS_MAX
									: b->args.tunnels };
	const uint32_t need = memory_mib(&most, (unsigned int)RTE_MAX(get_nprocs(), 4));
	const struct eal_wish wish = { .memory_mib = RTE_MAX(need, 1024u),
		.huge_min_mib = HUGE_MIN_MIB,
		.no_pci = b->args.port[0][0] == '\0',
		.alone = true };

	return eal_setup_start(argc, argv, &wish, err) == 0 ? 0 : -1;
}

/*
 * What fails with less memory than is needed, fails for that, in whichever words: how much is enough. @return @p rc.
 */
static int
with_memory(const struct bench *b, int rc, struct err *err)
{
	const unsigned int lcores = rte_lcore_count();
	const unsigned int workers = lcores > 1 ? lcores - 1 : 1;
	const uint32_t need = memory_mib(&b->args, workers);
	char why[ERR_MSG_MAX];

	if (rc == 0 || rte_eal_has_hugepages() || rte_eal_get_physmem_size() >> 20 >= need)
		return rc;
	snprintf(why, sizeof(why), "%s", err->msg);
	return err_set(err, -rc, "%s (tunnels: %u, workers: %u: they need EAL's -m %u)", why,
			b->args.tunnels, workers, need);
}

static int
apply(struct bench *b, enum bench_phase phase, struct err *err)
{
	char *text = bench_config(&b->args, phase);
	struct cfg_errors errors = { 0 };
	struct cfg *cfg = text == NULL ? NULL : cfg_read_text(text, ".", &errors);
	int rc = -EINVAL;

	free(text);
	if (cfg != NULL)
		rc = ctl_apply(b->ctl, cfg, &errors);
	if (rc != 0)
		err_set(err, EINVAL, "%s%s%s%s", errors.n != 0 ? errors.list[0].path : "",
				errors.n != 0 && errors.list[0].path[0] != '\0' ? ": " : "",
				errors.n != 0 ? errors.list[0].msg : "configuration: out of memory",
				errors.n > 1 ? " (and more)" : "");
	cfg_errors_free(&errors);
	if (rc != 0) {
		cfg_free(cfg);
		return rc;
	}
	cfg_free(b->cfg);
	b->cfg = cfg;
	return 0;
}

int
bench_sysctl(struct bench *b, const char *text, struct err *err)
{
	const char *value = strchr(text, '=');
	char name[64], *end;
	int64_t v;

	if (value == NULL)
		return err_set(err, EINVAL, "sysctl: \"%.64s\" has no value (NAME=VALUE)", text);
	snprintf(name, sizeof(name), "%.*s", (int)(value - text), text);
	v = strtoll(++value, &end, 10);
	if (*value == '\0' || *end != '\0')
		return err_set(err, EINVAL, "%s: \"%.32s\" is no number", name, value);
	return ctl_sysctl_set(b->ctl, name, v, err);
}

static int
source_open(struct bench *b, struct err *err)
{
	uint16_t port[2];
	unsigned int i;

	for (i = 0; i < 2; i++)
		if (rte_eth_dev_get_port_by_name(bench_port_device(&b->args, i), &port[i]) != 0)
			return err_set(err, ENODEV, "port: no device %s",
					bench_port_device(&b->args, i));
	return source_create(&b->source, &b->args, ctl_dataplane(b->ctl)->pool, port, err);
}

/* The pcap of net_pcap is made before there is a gateway: only frames and flows of the source are needed. */
static int
traffic_file_make(struct bench *b, struct err *err)
{
	static const char template[] = "/tmp/dpdk-ipsecif-bench-XXXXXX.pcap";
	struct bench_source shapes = { .args = &b->args };
	int fd;

	if (b->args.traffic != TRAFFIC_PCAP || b->args.pcap[0] != '\0')
		return 0;
	memcpy(b->traffic_file, template, sizeof(template));
	fd = mkstemps(b->traffic_file, 5);
	if (fd < 0) {
		b->traffic_file[0] = '\0';
		return err_set(err, errno, "%s: cannot be created", template);
	}
	close(fd);
	snprintf(b->args.pcap, sizeof(b->args.pcap), "%s", b->traffic_file);
	source_shape(&shapes, SOURCE_FLOW_OUT);
	return pcap_write_plain(&shapes, b->traffic_file, err);
}

static int
gateway_create(struct bench *b, struct err *err)
{
	unsigned int lcores[WORKER_MAX], n = 0, i;
	const struct engine_ops *engines[ENGINE_MAX];
	struct ctl_args prm = {
		.worker_lcores = lcores, .port_ops = registry_ports(), .engines = engines
	};
	int rc;

	rc = traffic_file_make(b, err);
	if (rc != 0)
		return rc;
	RTE_LCORE_FOREACH_WORKER(i)
		if (n < WORKER_MAX)
			lcores[n++] = i;
	if (n == 0)
		lcores[n++] = rte_get_main_lcore();
	prm.nb_workers = n;
	for (i = 0; i < ENGINE_MAX && registry_engine_at(i) != NULL; i++)
		engines[prm.nb_engines++] = registry_engine_at(i);
	log_set_level(LOG_LVL_WARNING);
	b->ctl = ctl_create(&prm, err);
	if (b->ctl == NULL)
		return -ENOMEM;
	rc = apply(b, PHASE_PORTS, err);
	if (rc == 0)
		rc = source_open(b, err);
	if (rc == 0)
		rc = ctl_start(b->ctl, err);
	b->stale = true;
	return rc;
}

int
bench_gateway_create(struct bench *b, struct err *err)
{
	return with_memory(b, gateway_create(b, err), err);
}

void
bench_gateway_destroy(struct bench *b)
{
	if (b->ctl != NULL) {
		ctl_stop(b->ctl);
		source_destroy(&b->source);
		ctl_destroy(b->ctl);
	}
	cfg_free(b->cfg);
	if (b->traffic_file[0] != '\0')
		unlink(b->traffic_file);
}

/* The gateway's own outbound side makes what will come in. */
static int
prepare(struct bench *b, struct err *err)
{
	struct bench_source *s = &b->source;
	const uint64_t start = rte_rdtsc();
	int rc;

	rc = apply(b, PHASE_PREPARE, err);
	if (rc == 0)
		rc = source_prepare_begin(s, err);
	if (rc != 0)
		return rc;
	source_shape(s, SOURCE_FLOW_IN);
	source_start(s, true, false, UINT64_MAX, 0);
	while (__atomic_load_n(&s->prepared.nb, __ATOMIC_ACQUIRE) < s->prepared.room &&
			bench_seconds(start) < PREPARE_SECONDS && !bench_stop)
		bench_poll(b);
	bench_halt(b);
	return source_prepare_end(s, err);
}

static int
gateway_setup(struct bench *b, struct err *err)
{
	const uint64_t start = rte_rdtsc();
	int rc = 0;

	if (!b->stale)
		return 0;
	/* An SA stays on its engine for life: all anew. */
	ctl_sa_flush(b->ctl);
	if (b->args.direction != DIRECTION_OUT && b->args.traffic == TRAFFIC_GENERATOR) {
		rc = prepare(b, err);
		if (rc != 0)
			return rc;
		ctl_sa_flush(b->ctl);
	}
	rc = apply(b, PHASE_RUN, err);
	if (rc != 0)
		return rc;
	if (b->args.sysctl[0] != '\0')
		rc = bench_sysctl(b, b->args.sysctl, err);
	if (rc != 0)
		return rc;
	source_shape(&b->source, SOURCE_FLOW_OUT);
	bench_poll(b);
	ctl_clear_counters(b->ctl);
	b->stale = false;
	b->setup_seconds = bench_seconds(start);
	return 0;
}

int
bench_gateway_setup(struct bench *b, struct err *err)
{
	return with_memory(b, gateway_setup(b, err), err);
}

int
bench_gateway_renew(struct bench *b, struct err *err)
{
	unsigned int i;
	int rc = 0;

	ctl_batch_begin(b->ctl);
	for (i = 0; i < b->cfg->nb_sas && rc == 0; i++) {
		const struct cfg_sa *sa = &b->cfg->sas[i];
		struct sa_params prm;

		if (sa->replay_window_packets == 0)
			continue; /* outbound, or takes packets twice anyway */
		rc = ctl_sa_delete(b->ctl, &sa->src, &sa->dst, sa->spi, err);
		if (rc == 0)
			rc = ctl_sa_params(sa, &prm, err);
		if (rc == 0)
			rc = ctl_sa_add(b->ctl, &prm, NULL, err);
	}
	ctl_batch_end(b->ctl);
	return rc;
}
