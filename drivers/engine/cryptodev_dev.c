/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The devices of the engine. Those that EAL made (PCI, --vdev) come first, hardware before
 * software; where none of them can run an SA, a software device is made. A device is configured
 * with a queue pair per worker and started once, before a session on it exists, so that a worker
 * that meets the session finds the device ready. Control core.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_bus_vdev.h>

#include "base/log.h"
#include "cryptodev.h"

static struct cd_device *
dev_add(struct cd_engine *e, uint8_t id, bool ours)
{
	struct rte_cryptodev_info info;
	struct cd_device *d;

	if (e->nb_devs == CD_DEVS_MAX)
		return NULL;
	rte_cryptodev_info_get(id, &info);
	if (info.max_nb_queue_pairs != 0 && info.max_nb_queue_pairs < e->nb_workers) {
		log_notice("%s: %u queue pairs are too few for %u workers, not used",
				rte_cryptodev_name_get(id), info.max_nb_queue_pairs, e->nb_workers);
		return NULL;
	}
	d = &e->devs[e->nb_devs++];
	*d = (struct cd_device){ .driver = info.driver_name, .id = id, .ours = ours };
	snprintf(d->name, sizeof(d->name), "%s", rte_cryptodev_name_get(id));
	d->hardware = (info.feature_flags & RTE_CRYPTODEV_FF_HW_ACCELERATED) != 0;
	return d;
}

void
cd_dev_adopt(struct cd_engine *e)
{
	unsigned int id;

	for (id = 0; id < RTE_CRYPTO_MAX_DEVS; id++) {
		if (rte_cryptodev_is_valid_dev((uint8_t)id))
			dev_add(e, (uint8_t)id, false);
	}
}

/* One more pool of sessions. 0 or -ENOMEM. */
static int
pool_add(struct cd_engine *e, struct cd_device *d)
{
	const uint32_t n = d->nb_pools == 0 ? CD_POOL_FIRST : CD_POOL_NEXT;
	char name[RTE_MEMPOOL_NAMESIZE];
	struct rte_mempool *mp;

	if (d->nb_pools == CD_POOLS_MAX)
		return -ENOMEM;
	snprintf(name, sizeof(name), "cdses%u_%u_%u", e->serial, d->id, d->nb_pools);
	mp = rte_cryptodev_sym_session_pool_create(name, n,
			rte_cryptodev_sym_get_private_session_size(d->id), 0, 0, SOCKET_ID_ANY);
	if (mp == NULL)
		return -ENOMEM;
	d->pools[d->nb_pools++] = mp;
	return 0;
}

static int
dev_start(struct cd_engine *e, struct cd_device *d)
{
	struct rte_cryptodev_config conf = {
		.socket_id = rte_cryptodev_socket_id(d->id),
		.nb_queue_pairs = (uint16_t)e->nb_workers,
		.ff_disable = RTE_CRYPTODEV_FF_ASYMMETRIC_CRYPTO | RTE_CRYPTODEV_FF_SECURITY,
	};
	struct rte_cryptodev_qp_conf qp = { .nb_descriptors = CD_DESCRIPTORS };
	unsigned int i;
	int rc;

	if (d->started)
		return 0;
	rc = rte_cryptodev_configure(d->id, &conf);
	if (rc == 0 && d->nb_pools == 0)
		rc = pool_add(e, d);
	for (i = 0; rc == 0 && i < e->nb_workers; i++) {
		qp.mp_session = d->pools[0];
		rc = rte_cryptodev_queue_pair_setup(d->id, (uint16_t)i, &qp, conf.socket_id);
	}
	if (rc == 0)
		rc = rte_cryptodev_start(d->id);
	d->started = rc == 0;
	return rc;
}

/* A software device of a driver. NULL when the driver is not installed or does not want to. */
static struct cd_device *
dev_create(struct cd_engine *e, const char *driver)
{
	char name[RTE_CRYPTODEV_NAME_MAX_LEN], args[48];
	struct cd_device *d = NULL;
	int id;

	snprintf(name, sizeof(name), "%s_ipsecif%u", driver, e->serial);
	snprintf(args, sizeof(args), "max_nb_queue_pairs=%u", e->nb_workers);
	if (rte_vdev_init(name, args) < 0)
		return NULL;
	id = rte_cryptodev_get_dev_id(name);
	if (id >= 0)
		d = dev_add(e, (uint8_t)id, true);
	if (d == NULL)
		rte_vdev_uninit(name);
	else
		log_info("%s: crypto device made", name);
	return d;
}

static bool
dev_can(const struct cd_device *d, const struct rte_crypto_sym_xform *first)
{
	struct rte_cryptodev_info info;

	rte_cryptodev_info_get(d->id, &info);
	return cd_caps_can(info.capabilities, info.feature_flags, first);
}

bool
cd_dev_hardware_can(const struct cd_engine *e, const struct rte_crypto_sym_xform *in,
		const struct rte_crypto_sym_xform *out)
{
	unsigned int i;

	for (i = 0; i < e->nb_devs; i++) {
		if (e->devs[i].hardware && dev_can(&e->devs[i], in) && dev_can(&e->devs[i], out))
			return true;
	}
	return false;
}

/* From a pool with room; a pool more where all are used up. */
static void *
session_make(struct cd_engine *e, struct cd_device *d, struct rte_crypto_sym_xform *first)
{
	void *session;
	uint32_t i;

	if (dev_start(e, d) < 0)
		return NULL;
	for (i = d->nb_pools; i > 0; i--) {
		if (rte_mempool_avail_count(d->pools[i - 1]) == 0)
			continue;
		session = rte_cryptodev_sym_session_create(d->id, first, d->pools[i - 1]);
		if (session != NULL)
			d->sessions++;
		return session;
	}
	if (pool_add(e, d) < 0)
		return NULL;
	session = rte_cryptodev_sym_session_create(d->id, first, d->pools[d->nb_pools - 1]);
	if (session != NULL)
		d->sessions++;
	return session;
}

/* On a present device of a driver, given or made; any hardware where @p driver is NULL. */
static void *
session_on_present(struct cd_engine *e, struct rte_crypto_sym_xform *first, const char *driver,
		bool ours, unsigned int *ret_dev)
{
	unsigned int i;
	void *session;

	for (i = 0; i < e->nb_devs; i++) {
		struct cd_device *d = &e->devs[i];

		if (driver == NULL ? !d->hardware : strcmp(d->driver, driver) != 0)
			continue;
		if (d->ours != ours || !dev_can(d, first))
			continue;
		session = session_make(e, d, first);
		if (session != NULL) {
			*ret_dev = i;
			return session;
		}
	}
	return NULL;
}

/* On the device of ours of that driver, which is made where there is none. */
static void *
session_on_ours(struct cd_engine *e, struct rte_crypto_sym_xform *first, const char *driver,
		unsigned int *ret_dev)
{
	unsigned int i;

	for (i = 0; i < e->nb_devs; i++) {
		if (e->devs[i].ours && strcmp(e->devs[i].driver, driver) == 0)
			return session_on_present(e, first, driver, true, ret_dev);
	}
	if (dev_create(e, driver) == NULL)
		return NULL;
	return session_on_present(e, first, driver, true, ret_dev);
}

static void
refuse(const struct sa_params *prm, struct err *err)
{
	const char *enc = prm->enc != NULL ? prm->enc->name : "null";
	const char *auth = prm->auth != NULL ? prm->auth->name : "none";

	err_set(err, ENOTSUP,
			"sa %s spi %u: no crypto device runs %s with a key of %u bits and "
			"authentication %s",
			ip_str(&prm->dst), prm->spi, enc, prm->keys.enc_len * 8, auth);
}

void *
cd_dev_session(struct cd_engine *e, const struct sa_params *prm, struct cd_xform *xf,
		unsigned int *ret_dev, struct err *err)
{
	const char *rank[CD_RANK_MAX];
	const unsigned int n = cd_caps_rank(xf->first, rank);
	/* given: hardware, then the best software; of our own the best there is, made or to be made */
	void *session = session_on_present(e, xf->first, NULL, false, ret_dev);
	unsigned int i;

	for (i = 0; session == NULL && i < n; i++)
		session = session_on_present(e, xf->first, rank[i], false, ret_dev);
	for (i = 0; session == NULL && i < n; i++)
		session = session_on_ours(e, xf->first, rank[i], ret_dev);
	if (session == NULL)
		refuse(prm, err);
	return session;
}

void
cd_dev_session_free(struct cd_engine *e, unsigned int dev, void *session)
{
	struct rte_mempool *mp;

	if (session == NULL)
		return;
	mp = rte_mempool_from_obj(session);
	rte_cryptodev_sym_session_free(e->devs[dev].id, session);
	/* drivers wipe what they know of; this core alone uses the pool, so wipe all of it */
	explicit_bzero(session, mp->elt_size);
	e->devs[dev].sessions--;
}

void
cd_dev_close_all(struct cd_engine *e)
{
	unsigned int i;
	uint32_t p;

	for (i = 0; i < e->nb_devs; i++) {
		struct cd_device *d = &e->devs[i];

		if (d->started)
			rte_cryptodev_stop(d->id);
		if (d->ours)
			rte_vdev_uninit(d->name);
		for (p = 0; p < d->nb_pools; p++)
			rte_mempool_free(d->pools[p]);
	}
	e->nb_devs = 0;
}
