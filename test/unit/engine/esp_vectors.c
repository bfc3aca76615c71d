/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An engine (TEST_ENGINE) as a filter for esp_vectors.py, which judges it with scapy. A line in, a
 * line out:
 *
 *   in:   out|in ENC KEY AUTH KEY 4|6 natt(0|1) esn(0|1) SEQ-START seq|zero|random L3-LEN HEX
 *   ("-": none) out:  VERDICT INNER-PROTOCOL SEQUENCE-NUMBER HEX
 *
 * "out" takes the inner packet and gives the one on the wire from the outer header on; "in" the
 * reverse.
 */
#include "env.h"

#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

struct job {
	char dir[8], enc[32], enc_key[160], auth[32], auth_key[272], pad[8], hex[8192];
	unsigned int outer, natt, esn, l3_len;
	uint64_t seq_start;
};

static uint16_t
hex_parse(const char *hex, uint8_t *ret, size_t size)
{
	uint16_t n = 0;
	unsigned int byte;

	while (n < size && sscanf(hex + 2 * n, "%2x", &byte) == 1)
		ret[n++] = (uint8_t)byte;
	return n;
}

static bool
job_read(struct job *j)
{
	return scanf("%7s %31s %159s %31s %271s %u %u %u %" SCNu64 " %7s %u %8191s", j->dir, j->enc,
			       j->enc_key, j->auth, j->auth_key, &j->outer, &j->natt, &j->esn,
			       &j->seq_start, j->pad, &j->l3_len, j->hex) == 12;
}

static struct sa_params
job_params(const struct job *j)
{
	const bool enc = strcmp(j->enc, "-") != 0, auth = strcmp(j->auth, "-") != 0;
	struct sa_params prm = env_params(
			enc ? j->enc : NULL, 0, auth ? j->auth : NULL, j->outer == 6);

	prm.spi = 0x12345678;
	prm.keys.enc_len = 0;
	prm.keys.auth_len = 0;
	if (strcmp(j->enc_key, "-") != 0)
		prm.keys.enc_len = (uint8_t)hex_parse(j->enc_key, prm.keys.enc, SA_ENC_KEY_MAX);
	if (strcmp(j->auth_key, "-") != 0)
		prm.keys.auth_len = (uint8_t)hex_parse(j->auth_key, prm.keys.auth, SA_AUTH_KEY_MAX);
	prm.natt_sport = j->natt ? 4500 : 0;
	prm.natt_dport = prm.natt_sport;
	prm.esn = j->esn != 0;
	prm.replay_window = 64;
	prm.seq_start = j->seq_start;
	prm.pad = j->pad[0] == 'z' ? SA_PAD_ZERO : j->pad[0] == 'r' ? SA_PAD_RANDOM : SA_PAD_SEQ;
	return prm;
}

static struct rte_mbuf *
job_run(const struct job *j, struct sa_ctl *ctl, const uint8_t *bytes, uint16_t len)
{
	struct rte_mbuf *m;

	if (strcmp(j->dir, "in") == 0) {
		m = env_wire(ctl, bytes, len, (uint8_t)j->l3_len);
		env_decap(ctl, &m, 1);
		return m;
	}
	m = env_packet(ctl, bytes[0] >> 4 == 6, len);
	memcpy(rte_pktmbuf_mtod_offset(m, uint8_t *, pkt_meta(m)->l3_len), bytes, len);
	env_encap(&m, 1);
	if (pkt_meta(m)->verdict == DROP_NONE)
		env_outer_finish(m, j->natt != 0);
	return m;
}

static void
job_print(const struct job *j, struct rte_mbuf *m)
{
	const struct pkt_meta *meta = pkt_meta(m);
	uint16_t i;

	printf("%s %u %" PRIu64 " ",
			meta->verdict == DROP_NONE ? "ok"
						   : drop_name((enum drop_reason)meta->verdict),
			meta->inner_proto, meta->seq);
	for (i = 0; i < m->data_len; i++)
		printf("%02x", *rte_pktmbuf_mtod_offset(m, uint8_t *, i));
	printf("\n");
	fflush(stdout);
}

int
main(void)
{
	static struct job j;
	uint8_t bytes[4096];
	uint16_t len;

	if (env_open(1) < 0)
		return 1;
	while (job_read(&j)) {
		struct sa_params prm = job_params(&j);
		struct sa_ctl *ctl = env_sa_open(
				&prm, strcmp(j.dir, "in") == 0 ? SA_DIR_IN : SA_DIR_OUT, 1);
		struct rte_mbuf *m;

		len = hex_parse(j.hex, bytes, sizeof(bytes));
		m = job_run(&j, ctl, bytes, len);
		job_print(&j, m);
		rte_pktmbuf_free(m);
		env_sa_close(ctl);
	}
	return env_close();
}
