/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cryptodev engine: rte_ipsec prepares crypto ops, a cryptodev runs them, rte_ipsec finishes.
 * It does everything that some device can do and is the reference for other engines. Here: open,
 * close and sessions (control core); packets are in cryptodev_enq.c and cryptodev_deq.c. The replay
 * window is not here: the datapath moves it (ADR 4).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_malloc.h>

#include "cryptodev.h"
#include "drivers/engine/engines.h"

static void
worker_destroy(struct cd_worker *w)
{
	if (w == NULL)
		return;
	rte_mempool_free(w->op_pool);
	rte_free(w->free_ops);
	rte_free(w);
}

static struct cd_worker *
worker_create(unsigned int serial, unsigned int worker)
{
	struct cd_worker *w = rte_zmalloc("cd_worker", sizeof(*w), RTE_CACHE_LINE_SIZE);
	char name[RTE_MEMPOOL_NAMESIZE];

	if (w == NULL)
		return NULL;
	snprintf(name, sizeof(name), "cdops%u_%u", serial, worker);
	w->op_pool = rte_crypto_op_pool_create(
			name, RTE_CRYPTO_OP_TYPE_SYMMETRIC, CD_OPS, 0, CD_IV_MAX, SOCKET_ID_ANY);
	w->free_ops = rte_zmalloc("cd_ops", CD_OPS * sizeof(*w->free_ops), RTE_CACHE_LINE_SIZE);
	/*
	 * all of them, once: a stack of our own is cheaper than the pool, whose type hardware
	 * drivers want all the same
	 */
	if (w->op_pool == NULL || w->free_ops == NULL ||
			rte_crypto_op_bulk_alloc(w->op_pool, RTE_CRYPTO_OP_TYPE_SYMMETRIC,
					w->free_ops, CD_OPS) != CD_OPS) {
		worker_destroy(w);
		return NULL;
	}
	w->nb_free = CD_OPS;
	return w;
}

static void
cd_close(struct engine *engine)
{
	struct cd_engine *e = (struct cd_engine *)engine;
	unsigned int i;

	if (e == NULL)
		return;
	cd_dev_close_all(e);
	for (i = 0; i < e->nb_workers; i++)
		worker_destroy(e->workers[i]);
	free(e);
}

static struct engine *
cd_open(struct counter_table *counters, unsigned int nb_workers, struct err *err)
{
	static unsigned int serial;
	struct cd_engine *e;
	unsigned int i;

	if (nb_workers == 0 || nb_workers > WORKER_MAX) {
		err_set(err, EINVAL, "cryptodev: %u workers (1 to %d)", nb_workers, WORKER_MAX);
		return NULL;
	}
	e = calloc(1, sizeof(*e));
	if (e == NULL) {
		err_set(err, ENOMEM, "cryptodev: no memory");
		return NULL;
	}
	e->base = (struct engine){ .ops = &engine_cryptodev_ops, .counters = counters };
	e->nb_workers = nb_workers;
	e->serial = serial++;
	for (i = 0; i < nb_workers; i++) {
		e->workers[i] = worker_create(e->serial, i);
		if (e->workers[i] == NULL) {
			err_set(err, ENOMEM, "cryptodev: no memory for %d crypto ops", CD_OPS);
			cd_close(&e->base);
			return NULL;
		}
	}
	cd_dev_adopt(e);
	return &e->base;
}

static int
cd_session_check(struct engine *engine, const struct sa_params *prm, struct err *err)
{
	struct cd_engine *e = (struct cd_engine *)engine;
	enum sa_dir dir;
	struct cd_xform xf;
	unsigned int dev;
	void *session;
	int rc;

	/*
	 * a real session both ways: drivers refuse combinations that their capabilities do not tell
	 * of
	 */
	for (dir = SA_DIR_IN; dir <= SA_DIR_OUT; dir++) {
		rc = cd_xform_fill(&xf, prm, dir, err);
		if (rc < 0)
			return rc;
		session = cd_dev_session(e, prm, &xf, &dev, err);
		if (session == NULL)
			return -ENOTSUP;
		cd_dev_session_free(e, dev, session);
	}
	return 0;
}

/*
 * Extended numbers that start above this may end within the life of an SA (from here it takes 2^63 packets). The library's own check
 * at the end looks at the sum after it has wrapped, and starts again at 0: so its callers do not let it come there. Without ESN it
 * counts in 64 bits as well, and stops.
 */
#define CD_ENDS_FROM (UINT64_C(1) << 63)

static bool
cd_in_hardware(const struct engine *engine, const struct sa_params *prm)
{
	struct cd_xform xf[2];
	struct err err;

	return cd_xform_fill(&xf[0], prm, SA_DIR_IN, &err) == 0 &&
			cd_xform_fill(&xf[1], prm, SA_DIR_OUT, &err) == 0 &&
			cd_dev_hardware_can(
					(const struct cd_engine *)engine, xf[0].first, xf[1].first);
}

static size_t
cd_session_size(const struct engine *engine __rte_unused)
{
	return sizeof(struct cd_session);
}

/* Transport mode (ADR 3); "proto" tells the library the family of the header that it is shown. */
static void
lib_params(struct rte_ipsec_sa_prm *lp, const struct cd_session *s, const struct sa_params *prm,
		enum sa_dir dir)
{
	const struct alg *enc = prm->enc, *auth = prm->auth;

	memset(lp, 0, sizeof(*lp));
	lp->ipsec_xform.spi = prm->spi;
	if (enc != NULL && enc->salt_len != 0)
		memcpy(&lp->ipsec_xform.salt, prm->keys.enc + prm->keys.enc_len - 4, 4);
	else if (auth != NULL && auth->salt_len != 0)
		memcpy(&lp->ipsec_xform.salt, prm->keys.auth + prm->keys.auth_len - 4, 4);
	lp->ipsec_xform.direction = dir == SA_DIR_OUT ? RTE_SECURITY_IPSEC_SA_DIR_EGRESS
						      : RTE_SECURITY_IPSEC_SA_DIR_INGRESS;
	lp->ipsec_xform.proto = RTE_SECURITY_IPSEC_SA_PROTO_ESP;
	lp->ipsec_xform.mode = RTE_SECURITY_IPSEC_SA_MODE_TRANSPORT;
	lp->ipsec_xform.options.esn = prm->esn;
	lp->trs.proto = IPPROTO_IPIP;
	if (dir == SA_DIR_OUT) {
		lp->ipsec_xform.esn.value = prm->seq_start + 1; /* the next one */
	} else if (prm->esn) {
		/*
		 * on only to carry the upper half; as wide as we infer, and then it has a spare
		 * block (ADR 4)
		 */
		lp->ipsec_xform.replay_win_sz = s->infer_window;
		lp->ipsec_xform.esn.value = prm->seq_start;
	}
}

static int
lib_sa_create(struct cd_session *s, const struct sa_params *prm, struct cd_xform *xf,
		enum sa_dir dir, unsigned int nb_workers)
{
	struct rte_ipsec_sa_prm lp;
	int rc;

	lib_params(&lp, s, prm, dir);
	lp.crypto_xform = xf->first;
	if (dir == SA_DIR_OUT && nb_workers > 1)
		lp.flags = RTE_IPSEC_SAFLAG_SQN_ATOM;
	rc = rte_ipsec_sa_size(&lp);
	if (rc < 0)
		return rc;
	s->lib_size = (uint32_t)rc;
	s->ss.sa = rte_zmalloc("cd_ipsec_sa", s->lib_size, RTE_CACHE_LINE_SIZE);
	if (s->ss.sa == NULL)
		return -ENOMEM;
	rc = rte_ipsec_sa_init(s->ss.sa, &lp, s->lib_size);
	explicit_bzero(&lp.ipsec_xform.salt, sizeof(lp.ipsec_xform.salt));
	if (rc < 0)
		return rc;
	s->ss.type = RTE_SECURITY_ACTION_TYPE_NONE;
	s->ss.crypto.dev_id = s->dev_id;
	return rte_ipsec_session_prepare(&s->ss);
}

static void
cd_session_destroy(struct engine *engine, struct sa *sa)
{
	struct cd_session *s = cd_session_of(sa);

	cd_dev_session_free((struct cd_engine *)engine, s->dev, s->ss.crypto.ses);
	if (s->ss.sa != NULL)
		explicit_bzero(s->ss.sa, s->lib_size);
	rte_free(s->ss.sa);
	explicit_bzero(s, sizeof(*s));
}

static int
cd_session_create(struct engine *engine, struct sa *sa, const struct sa_params *prm,
		unsigned int nb_workers, struct err *err)
{
	struct cd_engine *e = (struct cd_engine *)engine;
	struct cd_session *s = cd_session_of(sa);
	const enum sa_dir dir = (enum sa_dir)sa->dir;
	struct cd_xform xf;
	unsigned int dev;
	int rc;

	memset(s, 0, sizeof(*s));
	rc = cd_xform_fill(&xf, prm, dir, err);
	if (rc < 0)
		return rc;
	s->ss.crypto.ses = cd_dev_session(e, prm, &xf, &dev, err);
	if (s->ss.crypto.ses == NULL)
		return -ENOTSUP;
	s->dev = (uint8_t)dev;
	s->dev_id = e->devs[dev].id;
	/* the driver's part follows a line of the library's */
	s->ses_last = RTE_PTR_ADD(s->ss.crypto.ses,
			RTE_ALIGN_FLOOR(rte_cryptodev_sym_get_private_session_size(s->dev_id) +
							RTE_CACHE_LINE_SIZE - 1,
					RTE_CACHE_LINE_SIZE));
	s->esn = prm->esn;
	s->aead = prm->enc != NULL && prm->enc->kind == ALG_AEAD;
	s->fake = dir == SA_DIR_OUT && sa->iv_len < 2;
	s->pad = (uint8_t)prm->pad;
	s->sqh_len = prm->esn ? 4 : 0;
	s->aad_len = s->aead ? 16 : 0; /* the library's struct, whatever is used of it */
	s->infer_window = dir == SA_DIR_IN ? replay_infer_window(&sa->replay) : 0;
	s->lib_top = prm->seq_start;
	s->ends = dir == SA_DIR_OUT && prm->esn && prm->seq_start >= CD_ENDS_FROM;
	s->seq_left = UINT64_MAX - prm->seq_start;
	rc = lib_sa_create(s, prm, &xf, dir, nb_workers);
	if (rc < 0) {
		cd_session_destroy(engine, sa);
		return err_set(err, -rc, "sa %s spi %u: refused by rte_ipsec (error %d)",
				ip_str(&prm->dst), prm->spi, -rc);
	}
	return 0;
}

static const char *
cd_session_device(const struct engine *engine, const struct sa *sa)
{
	const struct cd_engine *e = (const struct cd_engine *)engine;
	const struct cd_session *s = (const struct cd_session *)sa->session;

	return e->devs[s->dev].name;
}

static uint32_t
cd_in_flight(const struct engine *engine, unsigned int worker)
{
	const struct cd_engine *e = (const struct cd_engine *)engine;

	return e->workers[worker]->inside;
}

static void
cd_foreach_device(const struct engine *engine,
		void (*cb)(const char *device, const char *driver, unsigned int sessions,
				void *arg),
		void *arg)
{
	const struct cd_engine *e = (const struct cd_engine *)engine;
	unsigned int i;

	for (i = 0; i < e->nb_devs; i++)
		cb(e->devs[i].name, e->devs[i].driver, e->devs[i].sessions, arg);
}

const struct engine_ops engine_cryptodev_ops = {
	.name = "cryptodev",
	.open = cd_open,
	.close = cd_close,
	.session_check = cd_session_check,
	.in_hardware = cd_in_hardware,
	.session_size = cd_session_size,
	.session_create = cd_session_create,
	.session_destroy = cd_session_destroy,
	.session_device = cd_session_device,
	.encap = cd_encap,
	.decap = cd_decap,
	.poll = cd_poll,
	.in_flight = cd_in_flight,
	.foreach_device = cd_foreach_device,
};
