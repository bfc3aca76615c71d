/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control core's side of the database of SAs: records by id, by (SPI, destination), by (ends,
 * reqid) and by age, and ids that are not given again while a worker may still count under them.
 * The workers' look-up is in sadb_lookup.c. Control core only.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <rte_debug.h>
#include <rte_hash_crc.h>

#include "ipsec/sadb.h"
#include "ipsec/sadb_table.h"

#define BUCKETS SA_MAX /* one list each for the two indexes, 1 MiB each */

struct entry {
	struct sa_ctl *ctl;         /* [C] NULL: the id is free, or still held */
	uint32_t holds;             /* [C] worker records with this id that are not gone */
	TAILQ_ENTRY(entry) by_age;  /* [C] of all; of free ones: the queue of free ids */
	TAILQ_ENTRY(entry) by_key;  /* [C] */
	TAILQ_ENTRY(entry) by_pair; /* [C] */
};

TAILQ_HEAD(entry_list, entry);

struct sadb {
	struct counter_table counters;   /* [I] */
	struct sadb_table *table;        /* [I] the workers' */
	struct entry *entries;           /* [C] by id; 0 is never used */
	struct entry_list *key_buckets;  /* [C] */
	struct entry_list *pair_buckets; /* [C] */
	struct entry_list all;           /* [C] oldest first */
	struct entry_list free_ids;      /* [C] longest unused first */
	uint32_t count;                  /* [C] */
	uint32_t holds;                  /* [C] sum over the entries */
	uint64_t order;                  /* [C] */
	bool dying;                      /* [C] destroyed but for what is still held */
};

static uint32_t
addr_hash(const struct ip_addr *a, uint32_t init)
{
	return rte_hash_crc(a, sizeof(*a), init);
}

static struct entry_list *
key_bucket(const struct sadb *db, const struct ip_addr *dst, uint32_t spi)
{
	return &db->key_buckets[addr_hash(dst, spi) % BUCKETS];
}

static struct entry_list *
pair_bucket(const struct sadb *db, const struct ip_addr *src, const struct ip_addr *dst,
		uint32_t reqid)
{
	return &db->pair_buckets[addr_hash(src, addr_hash(dst, reqid)) % BUCKETS];
}

static struct entry_list *
buckets_create(void)
{
	struct entry_list *list = calloc(BUCKETS, sizeof(*list));
	unsigned int i;

	for (i = 0; list != NULL && i < BUCKETS; i++)
		TAILQ_INIT(&list[i]);
	return list;
}

static void
sadb_free(struct sadb *db)
{
	sadb_table_destroy(db->table);
	if (db->counters.nb_rows != 0)
		counter_table_fini(&db->counters);
	free(db->entries);
	free(db->key_buckets);
	free(db->pair_buckets);
	free(db);
}

struct sadb *
sadb_create(unsigned int nb_workers, struct err *err)
{
	struct sadb *db = calloc(1, sizeof(*db));
	uint32_t id;

	if (db == NULL) {
		err_set(err, ENOMEM, "sadb: no memory");
		return NULL;
	}
	TAILQ_INIT(&db->all);
	TAILQ_INIT(&db->free_ids);
	db->entries = calloc(SA_MAX, sizeof(*db->entries));
	db->key_buckets = buckets_create();
	db->pair_buckets = buckets_create();
	if (db->entries == NULL || db->key_buckets == NULL || db->pair_buckets == NULL) {
		err_set(err, ENOMEM, "sadb: no memory for %u SAs", SA_MAX);
		sadb_free(db);
		return NULL;
	}
	db->table = sadb_table_create(err);
	if (db->table == NULL ||
			counter_table_init(&db->counters, "sa", SA_MAX, nb_workers, err) < 0) {
		sadb_free(db);
		return NULL;
	}
	for (id = 1; id < SA_MAX; id++)
		TAILQ_INSERT_TAIL(&db->free_ids, &db->entries[id], by_age);
	return db;
}

void
sadb_destroy(struct sadb *db)
{
	struct entry *e;

	if (db == NULL)
		return;
	while ((e = TAILQ_FIRST(&db->all)) != NULL)
		sadb_remove(db, e->ctl);
	db->dying = true;
	if (db->holds == 0)
		sadb_free(db);
}

struct counter_table *
sadb_counters(struct sadb *db)
{
	return &db->counters;
}

/* A worker record under this id came or is gone: sa_ctl.hold. */
static void
entry_hold(void *arg, uint32_t id, bool take)
{
	struct sadb *db = arg;
	struct entry *e = &db->entries[id];

	if (take) {
		e->holds++;
		db->holds++;
		return;
	}
	e->holds--;
	db->holds--;
	if (e->holds == 0 && e->ctl == NULL)
		TAILQ_INSERT_TAIL(&db->free_ids, e, by_age);
	if (db->dying && db->holds == 0)
		sadb_free(db);
}

struct sa_ctl *
sadb_add(struct sadb *db, const struct sa_params *prm, struct err *err)
{
	struct entry *e = TAILQ_FIRST(&db->free_ids);
	uint32_t id;

	if (sadb_find(db, &prm->dst, prm->spi) != NULL) {
		err_set(err, EEXIST, "sa %s spi %u: exists", ip_str(&prm->dst), prm->spi);
		return NULL;
	}
	if (e == NULL) {
		err_set(err, ENOSPC, "sa %s spi %u: the database is full, %u SAs (%d at most)",
				ip_str(&prm->dst), prm->spi, db->count, SA_MAX - 1);
		return NULL;
	}
	id = (uint32_t)(e - db->entries);
	e->ctl = sa_ctl_create(prm, id, &db->counters, err);
	if (e->ctl == NULL)
		return NULL;
	counter_clear(&db->counters, id);
	e->ctl->order = ++db->order;
	e->ctl->hold = entry_hold;
	e->ctl->hold_arg = db;
	TAILQ_REMOVE(&db->free_ids, e, by_age);
	TAILQ_INSERT_TAIL(&db->all, e, by_age);
	TAILQ_INSERT_TAIL(key_bucket(db, &prm->dst, prm->spi), e, by_key);
	TAILQ_INSERT_TAIL(pair_bucket(db, &prm->src, &prm->dst, prm->reqid), e, by_pair);
	db->count++;
	return e->ctl;
}

void
sadb_complete(struct sadb *db, struct sa_ctl *ctl, const struct sa_params *prm)
{
	struct entry *e = &db->entries[ctl->id];
	struct entry_list *pair = pair_bucket(db, &prm->src, &prm->dst, prm->reqid);

	RTE_VERIFY(ctl->sa == NULL && ctl->prm.spi == prm->spi && ctl->prm.reqid == prm->reqid);
	explicit_bzero(&ctl->prm.keys, sizeof(ctl->prm.keys));
	ctl->prm = *prm;
	sa_fingerprint(prm, ctl->fingerprint);
	ctl->order = ++db->order;
	TAILQ_REMOVE(&db->all, e, by_age);
	TAILQ_INSERT_TAIL(&db->all, e, by_age);
	TAILQ_REMOVE(pair, e, by_pair);
	TAILQ_INSERT_TAIL(pair, e, by_pair);
}

int
sadb_publish(struct sadb *db, struct sa_ctl *ctl, struct err *err)
{
	if (sadb_table_insert(db->table, ctl->sa->spi, &ctl->prm.dst, ctl->sa) < 0)
		return err_set(err, ENOSPC, "sa %s spi %u: no room in the inbound table",
				ip_str(&ctl->prm.dst), ctl->prm.spi);
	return 0;
}

/* What workers find for an SA that no interface claims: no interface, no session, never freed. */
static struct sa unclaimed;

void
sadb_publish_unclaimed(struct sadb *db, const struct sa_ctl *ctl)
{
	(void)sadb_table_insert(
			db->table, rte_cpu_to_be_32(ctl->prm.spi), &ctl->prm.dst, &unclaimed);
}

void
sadb_unpublish(struct sadb *db, struct sa_ctl *ctl)
{
	sadb_table_delete(db->table, rte_cpu_to_be_32(ctl->prm.spi), &ctl->prm.dst);
}

void
sadb_detach(struct sadb *db, struct sa_ctl *ctl)
{
	struct entry *e = &db->entries[ctl->id];
	const struct sa_params *prm = &ctl->prm;

	sadb_unpublish(db, ctl);
	TAILQ_REMOVE(&db->all, e, by_age);
	TAILQ_REMOVE(key_bucket(db, &prm->dst, prm->spi), e, by_key);
	TAILQ_REMOVE(pair_bucket(db, &prm->src, &prm->dst, prm->reqid), e, by_pair);
	db->count--;
}

void
sadb_free_detached(struct sadb *db, struct sa_ctl *ctl)
{
	struct entry *e = &db->entries[ctl->id];

	sa_retire(ctl);
	e->ctl = NULL;
	sa_ctl_destroy(ctl);
	if (e->holds == 0)
		TAILQ_INSERT_TAIL(&db->free_ids, e, by_age);
}

/* Lists are by age, and one that comes back is seldom much older than the last. */
#define INSERT_BY_AGE(list, e, field)                                    \
	do {                                                             \
		struct entry *at_ = TAILQ_LAST(list, entry_list);        \
		while (at_ != NULL && at_->ctl->order > (e)->ctl->order) \
			at_ = TAILQ_PREV(at_, entry_list, field);        \
		if (at_ == NULL)                                         \
			TAILQ_INSERT_HEAD(list, e, field);               \
		else                                                     \
			TAILQ_INSERT_AFTER(list, at_, e, field);         \
	} while (0)

int
sadb_attach(struct sadb *db, struct sa_ctl *ctl, struct err *err)
{
	struct entry *e = &db->entries[ctl->id];
	const struct sa_params *prm = &ctl->prm;

	if (sadb_find(db, &prm->dst, prm->spi) != NULL)
		return err_set(err, EEXIST, "sa %s spi %u: exists", ip_str(&prm->dst), prm->spi);
	INSERT_BY_AGE(&db->all, e, by_age);
	TAILQ_INSERT_TAIL(key_bucket(db, &prm->dst, prm->spi), e, by_key);
	INSERT_BY_AGE(pair_bucket(db, &prm->src, &prm->dst, prm->reqid), e, by_pair);
	db->count++;
	return 0;
}

void
sadb_remove(struct sadb *db, struct sa_ctl *ctl)
{
	sadb_detach(db, ctl);
	sadb_free_detached(db, ctl);
}

struct sa_ctl *
sadb_find(const struct sadb *db, const struct ip_addr *dst, uint32_t spi)
{
	struct entry *e;

	TAILQ_FOREACH(e, key_bucket(db, dst, spi), by_key) {
		if (e->ctl->prm.spi == spi && ip_equal(&e->ctl->prm.dst, dst))
			return e->ctl;
	}
	return NULL;
}

static bool
is_of(const struct sa_ctl *ctl, const struct ip_addr *src, const struct ip_addr *dst,
		uint32_t reqid)
{
	return ctl->prm.reqid == reqid && ip_equal(&ctl->prm.src, src) &&
			ip_equal(&ctl->prm.dst, dst);
}

struct sa_ctl *
sadb_next_of(const struct sadb *db, const struct ip_addr *src, const struct ip_addr *dst,
		uint32_t reqid, struct sa_ctl **iter)
{
	struct entry *e;

	if (*iter == NULL)
		e = TAILQ_FIRST(pair_bucket(db, src, dst, reqid));
	else
		e = TAILQ_NEXT(&db->entries[(*iter)->id], by_pair);
	while (e != NULL && !is_of(e->ctl, src, dst, reqid))
		e = TAILQ_NEXT(e, by_pair);
	*iter = e == NULL ? NULL : e->ctl;
	return *iter;
}

struct sa_ctl *
sadb_prev_of(const struct sadb *db, const struct ip_addr *src, const struct ip_addr *dst,
		uint32_t reqid, struct sa_ctl **iter)
{
	struct entry *e;

	if (*iter == NULL)
		e = TAILQ_LAST(pair_bucket(db, src, dst, reqid), entry_list);
	else
		e = TAILQ_PREV(&db->entries[(*iter)->id], entry_list, by_pair);
	while (e != NULL && !is_of(e->ctl, src, dst, reqid))
		e = TAILQ_PREV(e, entry_list, by_pair);
	*iter = e == NULL ? NULL : e->ctl;
	return *iter;
}

int
sadb_foreach(struct sadb *db, int (*cb)(struct sa_ctl *ctl, void *arg), void *arg)
{
	struct entry *e, *next;
	int rc;

	for (e = TAILQ_FIRST(&db->all); e != NULL; e = next) {
		next = TAILQ_NEXT(e, by_age);
		rc = cb(e->ctl, arg);
		if (rc != 0)
			return rc;
	}
	return 0;
}

struct sa_ctl *
sadb_after(const struct sadb *db, uint32_t id, uint64_t order)
{
	const struct sa_ctl *last = id == 0 ? NULL : db->entries[id].ctl;
	struct entry *e;

	/* one that was put aside is in no list, and what it hung on may be gone */
	if (last != NULL && last->order == order &&
			sadb_find(db, &last->prm.dst, last->prm.spi) == last) {
		e = TAILQ_NEXT(&db->entries[id], by_age);
	} else {
		e = TAILQ_FIRST(&db->all);
		while (e != NULL && e->ctl->order <= order)
			e = TAILQ_NEXT(e, by_age);
	}
	return e == NULL ? NULL : e->ctl;
}

uint32_t
sadb_count(const struct sadb *db)
{
	return db->count;
}

uint16_t
sadb_lookup_bulk(const struct sadb *db, struct rte_mbuf *const pkts[], struct sa *ret_sas[],
		uint16_t n)
{
	return sadb_table_lookup_bulk(db->table, pkts, ret_sas, n);
}
