/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The workers' table: rte_hash, lock-free for readers, its deleted keys given again only after a
 * grace period of the process's RCU variable. Keys are made from checked headers (net/parse.c);
 * lengths are not checked again here.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_esp.h>
#include <rte_hash.h>
#include <rte_hash_crc.h>
#include <rte_lcore.h>

#include "base/rcu.h"
#include "ipsec/sadb_table.h"
#include "net/pkt.h"

struct key {
	rte_be32_t spi;
	uint32_t af;
	union {
		uint64_t dst[2]; /* network order, IPv4 in the first four bytes */
		uint8_t v6[16];
		rte_be32_t v4;
	};
};
static_assert(sizeof(struct key) == 24, "the hash runs over its three words");

struct sadb_table {
	struct rte_hash *hash; /* [I] */
};

/*
 * IPv4: SPI and address are all there is. IPv6: an on-path sender chooses no addresses, so CRC over
 * all of it will do.
 */
static uint32_t
key_hash(const void *data, uint32_t len __rte_unused, uint32_t init)
{
	const struct key *k = data;
	uint32_t h = rte_hash_crc_8byte((uint64_t)k->spi << 32 | k->v4, init);

	if (k->af == AF_INET)
		return h;
	return rte_hash_crc_8byte(k->dst[1], rte_hash_crc_8byte(k->dst[0], h));
}

static int
key_cmp(const void *a, const void *b, size_t len __rte_unused)
{
	const uint64_t *x = a, *y = b;

	return ((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2])) != 0;
}

struct sadb_table *
sadb_table_create(struct err *err)
{
	static unsigned int serial;
	char name[RTE_HASH_NAMESIZE];
	struct rte_hash_parameters prm = {
		.name = name,
		.entries = SA_MAX,
		.key_len = sizeof(struct key),
		.hash_func = key_hash,
		.socket_id = SOCKET_ID_ANY,
		.extra_flag = RTE_HASH_EXTRA_FLAGS_RW_CONCURRENCY_LF |
				RTE_HASH_EXTRA_FLAGS_EXT_TABLE,
	};
	struct rte_hash_rcu_config rcu = { .v = rcu_qsbr(), .mode = RTE_HASH_QSBR_MODE_DQ };
	struct sadb_table *t = calloc(1, sizeof(*t));

	snprintf(name, sizeof(name), "sadb%u", serial++);
	if (t != NULL)
		t->hash = rte_hash_create(&prm);
	if (t == NULL || t->hash == NULL) {
		err_set(err, ENOMEM, "sadb: no memory for a table of %u SAs", SA_MAX);
		free(t);
		return NULL;
	}
	rte_hash_set_cmp_func(t->hash, key_cmp);
	if (rcu.v != NULL && rte_hash_rcu_qsbr_add(t->hash, &rcu) != 0) {
		err_set(err, ENOMEM, "sadb: no memory to reclaim deleted SAs");
		sadb_table_destroy(t);
		return NULL;
	}
	return t;
}

void
sadb_table_destroy(struct sadb_table *t)
{
	if (t == NULL)
		return;
	rte_hash_free(t->hash);
	free(t);
}

static void
key_fill(struct key *k, rte_be32_t spi, const struct ip_addr *dst)
{
	*k = (struct key){ .spi = spi, .af = dst->af };
	if (dst->af == AF_INET)
		k->v4 = dst->v4;
	else
		memcpy(k->v6, dst->v6, sizeof(k->v6));
}

int
sadb_table_insert(struct sadb_table *t, rte_be32_t spi, const struct ip_addr *dst, struct sa *sa)
{
	struct key k;

	key_fill(&k, spi, dst);
	return rte_hash_add_key_data(t->hash, &k, sa) < 0 ? -ENOSPC : 0;
}

void
sadb_table_delete(struct sadb_table *t, rte_be32_t spi, const struct ip_addr *dst)
{
	struct key k;

	key_fill(&k, spi, dst);
	(void)rte_hash_del_key(t->hash, &k);
}

static inline void
key_of_packet(struct key *k, struct rte_mbuf *m)
{
	const struct pkt_meta *meta = pkt_meta(m);

	k->spi = rte_pktmbuf_mtod_offset(m, struct rte_esp_hdr *, meta->l3_len)->spi;
	if (meta->flags & PKT_IP6) {
		k->af = AF_INET6;
		memcpy(k->dst, ip6_dst(pkt_ip6(m)), sizeof(k->dst));
	} else {
		k->af = AF_INET;
		k->dst[0] = 0;
		k->dst[1] = 0;
		k->v4 = pkt_ip4(m)->dst_addr;
	}
}

/* Is it that of a packet? */
static inline bool
key_is_of_packet(const struct key *k, struct rte_mbuf *m)
{
	const struct pkt_meta *meta = pkt_meta(m);

	if (k->spi != rte_pktmbuf_mtod_offset(m, struct rte_esp_hdr *, meta->l3_len)->spi)
		return false;
	if (meta->flags & PKT_IP6)
		return k->af == AF_INET6 && memcmp(k->v6, ip6_dst(pkt_ip6(m)), sizeof(k->v6)) == 0;
	return k->af == AF_INET && k->v4 == pkt_ip4(m)->dst_addr;
}

static uint16_t
lookup_burst(const struct sadb_table *t, struct rte_mbuf *const pkts[], struct sa *ret_sas[],
		uint16_t n)
{
	struct key keys[RTE_HASH_LOOKUP_BULK_MAX];
	const void *key_ptrs[RTE_HASH_LOOKUP_BULK_MAX];
	hash_sig_t sigs[RTE_HASH_LOOKUP_BULK_MAX];
	void *data[RTE_HASH_LOOKUP_BULK_MAX];
	uint8_t key_of[RTE_HASH_LOOKUP_BULK_MAX]; /* the key of a packet */
	uint64_t hits = 0;
	uint16_t i, k = 0, found = 0;

	/* Each key once, of packets that have the same one behind the other. */
	for (i = 0; i < n; i++) {
		if (k != 0 && key_is_of_packet(&keys[k - 1], pkts[i])) {
			key_of[i] = (uint8_t)(k - 1);
			continue;
		}
		key_of_packet(&keys[k], pkts[i]);
		key_ptrs[k] = &keys[k];
		sigs[k] = key_hash(&keys[k], sizeof(keys[k]), 0);
		key_of[i] = (uint8_t)k++;
	}
	rte_hash_lookup_with_hash_bulk_data(t->hash, key_ptrs, sigs, k, &hits, data);
	if (likely(k == 1)) { /* all have one key */
		for (i = 0; i < n; i++)
			ret_sas[i] = hits != 0 ? data[0] : NULL;
		return hits != 0 ? n : 0;
	}
	for (i = 0; i < n; i++) {
		const bool hit = (hits >> key_of[i] & 1) != 0;

		ret_sas[i] = hit ? data[key_of[i]] : NULL;
		found = (uint16_t)(found + hit);
	}
	return found;
}

uint16_t
sadb_table_lookup_bulk(const struct sadb_table *t, struct rte_mbuf *const pkts[],
		struct sa *ret_sas[], uint16_t n)
{
	uint16_t done, burst, found = 0;

	for (done = 0; done < n; done = (uint16_t)(done + burst)) {
		burst = (uint16_t)RTE_MIN(n - done, RTE_HASH_LOOKUP_BULK_MAX);
		found = (uint16_t)(found + lookup_burst(t, pkts + done, ret_sas + done, burst));
	}
	return found;
}
