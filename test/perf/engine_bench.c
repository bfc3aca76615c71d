/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TSC cycles per packet of an engine alone, both ways, packets warm in cache. Not a
 * test: figures for commits.
 *
 *   engine_bench [EAL arguments] -- ENC KEY-BITS AUTH SAS BURST SIZE [esn] [ipsec_mb]       (AUTH "-": none;
 *   SIZE: inner bytes) engine_bench -l 1 --no-pci --vdev crypto_aesni_mb0 -- aes-gcm-16 128 - 1 64
 *   50
 *
 * A device given by --vdev is taken before one is made.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>

#include "base/eal_setup.h"
#include "base/rcu.h"
#include "drivers/engine/engines.h"
#include "ipsec/sadb.h"
#include "net/drop.h"
#include "net/pkt.h"

#define PKTS 256 /* in turn, so that they are in L2 rather than in L1 */
#define SAS_MAX 20000
#define ROUNDS_MAX 65536

static struct sa *out_sa[SAS_MAX], *in_sa[SAS_MAX];
static struct rte_mbuf *pkts[PKTS];
static struct engine *engine;
static uint16_t burst, size;
static uint64_t count, dropped;
static uint32_t cycles[2][ROUNDS_MAX]; /* of each round */

static struct sa_ctl *
sa_make(struct sadb *db, struct sa_params *prm, enum sa_dir dir)
{
	struct err err = { 0 };
	struct sa_ctl *ctl = NULL;

	if (sa_params_check(prm, &err) == 0 && engine->ops->session_check(engine, prm, &err) == 0)
		ctl = sadb_add(db, prm, &err);
	if (ctl != NULL) {
		ctl->engine = engine;
		if (sa_open(ctl, dir, 1, &err) == 0)
			return ctl;
	}
	rte_exit(1, "%s\n", err.msg);
}

static void
packet_fill(struct rte_mbuf *m, struct sa *sa)
{
	struct pkt_meta *meta = pkt_meta(m);

	m->data_off = RTE_PKTMBUF_HEADROOM;
	m->data_len = size;
	m->pkt_len = m->data_len;
	meta->sa = sa;
	meta->l3_len = 0;
	meta->inner_proto = IPPROTO_IPIP;
	meta->flags = PKT_ENCAP;
	meta->verdict = 0;
}

/* In chunks of a burst, each polled until it is empty, as the datapath does. */
static uint64_t
run(struct rte_mbuf *p[], uint16_t n,
		bool (*fn)(struct engine *, unsigned int, struct rte_mbuf *[], uint16_t))
{
	struct rte_mbuf *back[PKTS];
	uint64_t start = rte_rdtsc();
	uint16_t i, got = 0;

	for (i = 0; i < n; i = (uint16_t)(i + burst)) {
		const uint16_t k = (uint16_t)RTE_MIN(burst, n - i);

		if (fn(engine, 0, p + i, k)) {
			memcpy(back + got, p + i, k * sizeof(back[0]));
			got = (uint16_t)(got + k);
			continue;
		}
		got = (uint16_t)(got +
				engine->ops->poll(engine, 0, back + got, (uint16_t)(n - got)));
	}
	while (got < n)
		got = (uint16_t)(got +
				engine->ops->poll(engine, 0, back + got, (uint16_t)(n - got)));
	start = rte_rdtsc() - start;
	memcpy(p, back, n * sizeof(*p));
	return start;
}

static void
round_trip(unsigned int *next, unsigned int sas)
{
	struct rte_mbuf *p[PKTS];
	unsigned int i;

	for (i = 0; i < PKTS; i++) {
		packet_fill(pkts[i], out_sa[*next]);
		pkt_meta(pkts[i])->nh = *next;
		*next = *next + 1 == sas ? 0 : *next + 1;
		p[i] = pkts[i];
	}
	cycles[0][count] = (uint32_t)run(p, PKTS, engine->ops->encap);
	for (i = 0; i < PKTS; i++) {
		dropped += pkt_meta(p[i])->verdict != 0;
		pkt_meta(p[i])->sa = in_sa[pkt_meta(p[i])->nh];
		pkt_meta(p[i])->flags = 0;
	}
	cycles[1][count] = (uint32_t)run(p, PKTS, engine->ops->decap);
	for (i = 0; i < PKTS; i++)
		dropped += pkt_meta(p[i])->verdict != 0;
	count++;
}

static int
compare(const void *a, const void *b)
{
	return *(const uint32_t *)a < *(const uint32_t *)b ? -1 : 1;
}

/* A tenth from below: what a core of its own would show, even where this one is shared. */
static double
per_packet(uint32_t *c)
{
	qsort(c, count, sizeof(*c), compare);
	return (double)c[count / 10] / PKTS;
}

int
main(int argc, char **argv)
{
	struct sa_params prm = { .spi = 1000, .replay_window = 1024 };
	struct rte_mempool *pool;
	const struct engine_ops *ops = &engine_cryptodev_ops;
	unsigned int i, sas, next = 0;
	const struct eal_wish wish = { .memory_mib = 1024, .huge_min_mib = 256, .alone = true };
	struct err err = { 0 };
	struct sadb *db;
	uint64_t end;
	int n;

	for (n = 1; n < argc && strcmp(argv[n], "--") != 0; n++)
		;
	if (argc - n < 7)
		rte_exit(2,
				"usage: engine_bench [EAL] -- ENC BITS AUTH SAS BURST SIZE [esn] "
				"[ipsec_mb]\n");
	if (eal_setup_start(n, argv, &wish, &err) != 0)
		rte_exit(1, "engine_bench: %s\n", err.msg);
	argv += n;
	sas = (unsigned int)RTE_MIN(atoi(argv[4]), SAS_MAX);
	burst = (uint16_t)RTE_MIN(atoi(argv[5]), 64);
	size = (uint16_t)atoi(argv[6]);
	pool = rte_pktmbuf_pool_create("p", 4095, 0, PKT_PRIV_SIZE, 2048 + 128, 0);
	if (pool == NULL || rcu_init(1, &err) < 0 || (db = sadb_create(1, &err)) == NULL)
		rte_exit(1, "%s\n", err.msg);
	for (i = 7; i < (unsigned int)(argc - n); i++)
		if (strcmp(argv[i], "ipsec_mb") == 0)
			ops = &engine_ipsec_mb_ops;
		else
			prm.esn = strcmp(argv[i], "esn") == 0;
	engine = ops->open(sadb_counters(db), 1, &err);
	prm.enc = alg_find_encryption(argv[1]);
	prm.auth = strcmp(argv[3], "-") == 0 ? NULL : alg_find_authentication(argv[3]);
	if (prm.enc == NULL || engine == NULL)
		rte_exit(1, "no such algorithm, or no engine\n");
	prm.keys.enc_len = (uint8_t)(atoi(argv[2]) / 8 + prm.enc->salt_len);
	if (prm.auth != NULL)
		prm.keys.auth_len = (uint8_t)(prm.auth->key_lens[0] + prm.auth->salt_len);
	ip_parse("192.0.2.1", &prm.src);
	for (i = 0; i < sas; i++) {
		prm.spi++;
		prm.keys.enc[0] = (uint8_t)i;
		ip_parse("192.0.2.2", &prm.dst);
		out_sa[i] = sa_make(db, &prm, SA_DIR_OUT)->sa;
		ip_parse("192.0.2.3", &prm.dst);
		in_sa[i] = sa_make(db, &prm, SA_DIR_IN)->sa;
	}
	for (i = 0; i < PKTS; i++)
		pkts[i] = rte_pktmbuf_alloc(pool);
	for (i = 0; i < 50 + sas / 64; i++) {
		count = 0;
		round_trip(&next, sas);
	}
	count = 0;
	end = rte_rdtsc() + rte_get_tsc_hz();
	while (rte_rdtsc() < end && count < ROUNDS_MAX)
		round_trip(&next, sas);
	printf("%-18s %-13s %5u SAs burst %2u size %4u%s %-22s out %6.1f in %6.1f cycles, dropped "
	       "%lu\n",
			argv[1], argv[3], sas, burst, size, prm.esn ? " esn" : "",
			engine->ops->session_device(engine, out_sa[0]), per_packet(cycles[0]),
			per_packet(cycles[1]), dropped);
	return 0;
}
