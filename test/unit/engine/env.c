/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tests of engines share. Drives an engine as the datapath does, counters included. */
#include "env.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_eal.h>
#include <rte_ip.h>
#include <rte_udp.h>

#include "base/rcu.h"
#include "drivers/engine/engines.h"

struct rte_mempool *env_pool;
struct sadb *env_db;
struct engine *env_engine;
const char *env_vdev;

/* TEST_ENGINE of the environment: meson.build runs these tests with each. */
static const struct engine_ops *
env_ops(void)
{
	const char *name = getenv("TEST_ENGINE");

	if (name == NULL || strcmp(name, "cryptodev") == 0)
		return &engine_cryptodev_ops;
	if (strcmp(name, "ipsec_mb") == 0)
		return &engine_ipsec_mb_ops;
	fprintf(stderr, "TEST_ENGINE: no engine is called %s\n", name);
	exit(2);
}

bool
env_wants(const char *engine)
{
	return strcmp(env_ops()->name, engine) == 0;
}

bool
env_runs(const char *enc, const char *auth, bool esn)
{
	if (env_wants("ipsec_mb"))
		return enc == NULL || strcmp(enc, "3des-cbc") != 0;
	return auth == NULL || strcmp(auth, "aes-gmac") != 0 || !esn;
}

int
env_open(unsigned int nb_workers)
{
	static char *args[] = { "test", "--no-huge", "-m", "512", "--no-pci", "--no-shconf",
		"--no-telemetry", "-l", "0", "--log-level", "error", "--vdev", NULL };
	const int nb_args = RTE_DIM(args) - (env_vdev == NULL ? 2 : 0);
	struct err err = { 0 };

	args[RTE_DIM(args) - 1] = (char *)(uintptr_t)env_vdev;
	if (rte_eal_init(nb_args, args) < 0)
		return -1;
	env_pool = rte_pktmbuf_pool_create("env", 4095, 0, PKT_PRIV_SIZE, 2048 + 128, 0);
	if (env_pool == NULL || rcu_init(nb_workers, &err) < 0)
		return -1;
	env_db = sadb_create(nb_workers, &err);
	if (env_db != NULL)
		env_engine = env_ops()->open(sadb_counters(env_db), nb_workers, &err);
	if (env_engine == NULL)
		fprintf(stderr, "%s\n", err.msg);
	return env_engine == NULL ? -1 : 0;
}

int
env_close(void)
{
	sadb_destroy(env_db);
	rcu_fini();
	env_engine->ops->close(env_engine);
	rte_mempool_free(env_pool);
	return rte_eal_cleanup();
}

int
env_setup(void **state)
{
	(void)state;
	return env_open(1);
}

int
env_teardown(void **state)
{
	(void)state;
	return env_close();
}

struct sa_params
env_params(const char *enc, unsigned int key_bits, const char *auth, bool outer_ip6)
{
	static uint32_t spi = 0x10000;
	struct sa_params prm = { .spi = ++spi, .reqid = 100, .mode = SA_MODE_TUNNEL };
	unsigned int i;

	assert_int_equal(ip_parse(outer_ip6 ? "2001:db8::3" : "192.168.0.3", &prm.src), 0);
	assert_int_equal(ip_parse(outer_ip6 ? "2001:db8::5" : "192.168.0.5", &prm.dst), 0);
	prm.enc = enc == NULL ? NULL : alg_find_encryption(enc);
	prm.auth = auth == NULL ? NULL : alg_find_authentication(auth);
	assert_true(enc == NULL || prm.enc != NULL);
	assert_true(auth == NULL || prm.auth != NULL);
	prm.keys.enc_len = (uint8_t)(key_bits / 8);
	if (prm.enc != NULL && prm.enc->key_lens[0] != 0)
		prm.keys.enc_len = (uint8_t)(prm.keys.enc_len + prm.enc->salt_len);
	if (prm.auth != NULL && prm.auth->key_lens[0] != 0)
		prm.keys.auth_len = (uint8_t)(prm.auth->key_lens[0] + prm.auth->salt_len);
	for (i = 0; i < prm.keys.enc_len; i++)
		prm.keys.enc[i] = (uint8_t)(i + 1);
	for (i = 0; i < prm.keys.auth_len; i++)
		prm.keys.auth[i] = (uint8_t)(i + 101);
	return prm;
}

struct sa_ctl *
env_sa_open(const struct sa_params *prm, enum sa_dir dir, unsigned int nb_workers)
{
	struct err err = { 0 };
	struct sa_params own = *prm;
	struct sa_ctl *ctl;
	int rc;

	rc = sa_params_check(prm, &err);
	if (rc == 0)
		rc = env_engine->ops->session_check(env_engine, prm, &err);
	if (rc != 0)
		fail_msg("%s", err.msg);
	/* the other direction of a pair under the same key would be a duplicate */
	if (dir == SA_DIR_IN)
		own.dst.v6[15] ^= 0x80;
	ctl = sadb_add(env_db, &own, &err);
	if (ctl == NULL)
		fail_msg("%s", err.msg);
	ctl->engine = env_engine;
	if (sa_open(ctl, dir, nb_workers, &err) < 0)
		fail_msg("%s", err.msg);
	return ctl;
}

void
env_sa_close(struct sa_ctl *ctl)
{
	sadb_remove(env_db, ctl);
	rcu_reclaim();
	rcu_reclaim();
}

static void
put_outer(const struct sa_params *prm, struct rte_mbuf *m, uint8_t next)
{
	const bool natt = prm->natt_sport != 0;
	const uint16_t ip_len = prm->dst.af == AF_INET6 ? 40 : 20;
	uint8_t *p = (uint8_t *)rte_pktmbuf_prepend(m, (uint16_t)(ip_len + (natt ? 8 : 0)));
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)(p + ip_len);

	if (prm->dst.af == AF_INET6) {
		struct rte_ipv6_hdr *ip = (struct rte_ipv6_hdr *)p;

		*ip = (struct rte_ipv6_hdr){
			.vtc_flow = RTE_BE32(0x60000000), .hop_limits = 64, .proto = next
		};
		memcpy(&ip->src_addr, prm->src.v6, 16);
		memcpy(&ip->dst_addr, prm->dst.v6, 16);
	} else {
		*(struct rte_ipv4_hdr *)p = (struct rte_ipv4_hdr){ .version_ihl = 0x45,
			.time_to_live = 64,
			.next_proto_id = next,
			.src_addr = prm->src.v4,
			.dst_addr = prm->dst.v4 };
	}
	if (natt)
		*udp = (struct rte_udp_hdr){ rte_cpu_to_be_16(prm->natt_sport),
			rte_cpu_to_be_16(prm->natt_dport), 0, 0 };
}

struct rte_mbuf *
env_packet(struct sa_ctl *ctl, bool inner_ip6, uint16_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(env_pool);
	struct pkt_meta *meta;
	uint8_t *p;
	uint16_t i;

	assert_non_null(m);
	meta = pkt_meta(m);
	memset(meta, 0, sizeof(*meta));
	meta->sa = ctl->sa;
	meta->flags = PKT_ENCAP | (ctl->prm.dst.af == AF_INET6 ? PKT_IP6 : 0);
	p = (uint8_t *)rte_pktmbuf_append(m, len);
	assert_non_null(p);
	for (i = 0; i < len; i++)
		p[i] = (uint8_t)(i * 7);
	p[0] = inner_ip6 ? 0x60 : 0x45;
	put_outer(&ctl->prm, m, inner_ip6 ? IPPROTO_IPV6 : IPPROTO_IPIP);
	meta->l3_len = (uint8_t)(m->data_len - len);
	return m;
}

struct rte_mbuf *
env_wire(struct sa_ctl *ctl, const uint8_t *bytes, uint16_t len, uint8_t l3_len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(env_pool);

	assert_non_null(m);
	memset(pkt_meta(m), 0, sizeof(struct pkt_meta));
	memcpy(rte_pktmbuf_append(m, len), bytes, len);
	pkt_meta(m)->l3_len = l3_len;
	pkt_meta(m)->sa = ctl->sa;
	pkt_meta(m)->flags = ctl->prm.dst.af == AF_INET6 ? PKT_IP6 : 0;
	return m;
}

static void
run(struct rte_mbuf *pkts[], uint16_t n, bool encap)
{
	struct rte_mbuf *back[DP_VEC_MAX];
	uint16_t got = 0, i;
	unsigned int tries;
	bool done;

	if (encap)
		done = env_engine->ops->encap(env_engine, 0, pkts, n);
	else
		done = env_engine->ops->decap(env_engine, 0, pkts, n);
	if (done) {
		memcpy(back, pkts, n * sizeof(back[0]));
		got = n;
	}
	for (tries = 0; got < n && tries < 1000; tries++)
		got = (uint16_t)(got +
				env_engine->ops->poll(
						env_engine, 0, back + got, (uint16_t)(n - got)));
	assert_int_equal(got, n);
	assert_int_equal(env_engine->ops->in_flight(env_engine, 0), 0);
	for (i = 0; i < n; i++) {
		counter_row(sadb_counters(env_db), 0, pkt_meta(back[i])->sa->id)[SA_CNT_DONE]++;
		pkts[i] = back[i];
		assert_null(pkts[i]->next);
	}
}

void
env_outer_off(struct rte_mbuf *m)
{
	struct pkt_meta *meta = pkt_meta(m);

	meta->inner_proto = meta->flags & PKT_IP6 ? pkt_ip6(m)->proto : pkt_ip4(m)->next_proto_id;
	assert_non_null(rte_pktmbuf_adj(m, meta->l3_len));
}

void
env_encap(struct rte_mbuf *pkts[], uint16_t n)
{
	uint16_t i;

	for (i = 0; i < n; i++)
		env_outer_off(pkts[i]);
	run(pkts, n, true);
	for (i = 0; i < n; i++) {
		const struct sa_params *prm = &pkt_meta(pkts[i])->sa->ctl->prm;

		if (pkt_meta(pkts[i])->verdict == DROP_NONE)
			put_outer(prm, pkts[i], 0);
	}
}

void
env_decap(struct sa_ctl *in, struct rte_mbuf *pkts[], uint16_t n)
{
	uint16_t i;

	for (i = 0; i < n; i++) {
		if (in != NULL)
			pkt_meta(pkts[i])->sa = in->sa;
		pkt_meta(pkts[i])->flags &= (uint8_t)~PKT_ENCAP;
		/* nothing of the way out may help the way in */
		memset(pkt_meta(pkts[i])->scratch, 0xee, sizeof(pkt_meta(pkts[i])->scratch));
		pkt_meta(pkts[i])->inner_proto = 0xee;
		pkts[i]->tx_offload = UINT64_MAX;
	}
	run(pkts, n, false);
}

void
env_outer_finish(struct rte_mbuf *m, bool natt)
{
	const bool ip6 = pkt_meta(m)->flags & PKT_IP6;
	uint16_t ip_len = ip6 ? 40 : 20;

	if (ip6) {
		pkt_ip6(m)->payload_len = rte_cpu_to_be_16((uint16_t)(m->data_len - ip_len));
		pkt_ip6(m)->proto = natt ? IPPROTO_UDP : IPPROTO_ESP;
	} else {
		pkt_ip4(m)->total_length = rte_cpu_to_be_16(m->data_len);
		pkt_ip4(m)->next_proto_id = natt ? IPPROTO_UDP : IPPROTO_ESP;
		pkt_ip4(m)->hdr_checksum = 0;
		pkt_ip4(m)->hdr_checksum = rte_ipv4_cksum(pkt_ip4(m));
	}
	if (natt)
		rte_pktmbuf_mtod_offset(m, struct rte_udp_hdr *, ip_len)
				->dgram_len = rte_cpu_to_be_16((uint16_t)(m->data_len - ip_len));
}
