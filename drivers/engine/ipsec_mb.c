/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ipsec_mb engine: ESP is written from what is kept per SA, and Intel IPsec-MB is called at
 * once, so that encap() and decap() are done when they return (ADR 16). Here: open,
 * close and sessions (control core); packets are in ipsec_mb_out.c and ipsec_mb_in.c. The replay
 * window is not here: the datapath moves it (ADR 4).
 */
#include "ipsec_mb.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_esp.h>
#include <rte_malloc.h>

#include "drivers/engine/engines.h"

IMB_MGR *
mb_mgr_create(struct err *err)
{
	void *mem = rte_zmalloc("imb_mgr", imb_get_mb_mgr_size(), RTE_CACHE_LINE_SIZE);
	IMB_ARCH arch = IMB_ARCH_NONE;
	IMB_MGR *mgr = mem == NULL ? NULL : imb_set_pointers_mb_mgr(mem, 0, 1);

	if (mgr == NULL) {
		err_set(err, ENOMEM, "ipsec_mb: no memory for a manager of IPsec-MB");
		rte_free(mem);
		return NULL;
	}
	init_mb_mgr_auto(mgr, &arch);
	if (arch < IMB_ARCH_SSE) {
		err_set(err, ENOTSUP, "ipsec_mb: the CPU has no AES-NI");
	} else if ((mgr->features & IMB_FEATURE_SELF_TEST) != 0 &&
			(mgr->features & IMB_FEATURE_SELF_TEST_PASS) == 0) {
		err_set(err, EIO, "ipsec_mb: IPsec-MB fails its self-test");
	} else {
		return mgr;
	}
	mb_mgr_destroy(mgr);
	return NULL;
}

void
mb_mgr_destroy(IMB_MGR *mgr)
{
	if (mgr == NULL)
		return;
	/* parts of packets and states of hashes are in its lanes */
	explicit_bzero(mgr, imb_get_mb_mgr_size());
	rte_free(mgr);
}

static void
worker_destroy(struct mb_worker *w)
{
	if (w == NULL)
		return;
	mb_mgr_destroy(w->mgr);
	explicit_bzero(w, sizeof(*w));
	rte_free(w);
}

static struct mb_worker *
worker_create(const struct counter_table *counters, unsigned int worker, struct err *err)
{
	struct mb_worker *w = rte_zmalloc("mb_worker", sizeof(*w), RTE_CACHE_LINE_SIZE);

	if (w == NULL) {
		err_set(err, ENOMEM, "ipsec_mb: no memory for a worker");
		return NULL;
	}
	w->mgr = mb_mgr_create(err);
	if (w->mgr == NULL) {
		worker_destroy(w);
		return NULL;
	}
	w->sa_rows = counters->copy[worker];
	return w;
}

static void
mb_close(struct engine *engine)
{
	struct mb_engine *e = (struct mb_engine *)engine;
	unsigned int i;

	if (e == NULL)
		return;
	for (i = 0; i < e->nb_workers; i++)
		worker_destroy(e->workers[i]);
	mb_mgr_destroy(e->mgr);
	free(e);
}

/* What the library has found the CPU to be able to. */
static void
name_arch(struct mb_engine *e)
{
	const IMB_ARCH arch = (IMB_ARCH)e->mgr->used_arch;
	const bool vaes = arch == IMB_ARCH_AVX512 && (e->mgr->features & IMB_FEATURE_VAES) != 0;

	snprintf(e->arch, sizeof(e->arch), "%s%s", mb_arch_name(arch), vaes ? " VAES" : "");
	snprintf(e->version, sizeof(e->version), "IPsec-MB %.12s", imb_get_version_str());
}

static struct engine *
mb_open(struct counter_table *counters, unsigned int nb_workers, struct err *err)
{
	struct mb_engine *e;

	if (nb_workers == 0 || nb_workers > WORKER_MAX) {
		err_set(err, EINVAL, "ipsec_mb: %u workers (1 to %d)", nb_workers, WORKER_MAX);
		return NULL;
	}
	e = calloc(1, sizeof(*e));
	if (e == NULL) {
		err_set(err, ENOMEM, "ipsec_mb: no memory");
		return NULL;
	}
	e->base = (struct engine){ .ops = &engine_ipsec_mb_ops, .counters = counters };
	e->mgr = mb_mgr_create(err);
	if (e->mgr == NULL) {
		mb_close(&e->base);
		return NULL;
	}
	for (; e->nb_workers < nb_workers; e->nb_workers++) {
		e->workers[e->nb_workers] = worker_create(counters, e->nb_workers, err);
		if (e->workers[e->nb_workers] == NULL) {
			mb_close(&e->base);
			return NULL;
		}
	}
	name_arch(e);
	return &e->base;
}

static int
mb_session_check(struct engine *engine __rte_unused, const struct sa_params *prm, struct err *err)
{
	return mb_keys_check(prm, err);
}

static size_t
mb_session_size(const struct engine *engine __rte_unused)
{
	return sizeof(struct mb_session);
}

static int
mb_session_create(struct engine *engine, struct sa *sa, const struct sa_params *prm,
		unsigned int nb_workers, struct err *err)
{
	struct mb_engine *e = (struct mb_engine *)engine;
	struct mb_session *s = mb_session_of(sa);
	int rc = mb_keys_check(prm, err);

	if (rc < 0)
		return rc;
	memset(s, 0, sizeof(*s));
	s->seq = prm->seq_start;
	s->seq_last = prm->esn ? UINT64_MAX : UINT32_MAX;
	s->shared = nb_workers > 1;
	s->esn = prm->esn;
	s->pad = (uint8_t)prm->pad;
	s->head_len = (uint8_t)(sizeof(struct rte_esp_hdr) + sa->iv_len);
	s->icv_len = sa->icv_len;
	s->block_mask = (uint8_t)(RTE_MAX(sa->block_len, 4) - 1);
	s->tail_len = (uint8_t)(RTE_MAX(MB_PAD_WRITE, s->block_mask + sa->icv_len) +
			sizeof(struct rte_esp_tail));
	s->aad_len = prm->esn ? 12 : 8;
	s->sqh_len = prm->esn ? 4 : 0;
	mb_keys_expand(e->mgr, s, prm, (enum sa_dir)sa->dir);
	if (!mb_job_suite(e->mgr, s, sa->dir == SA_DIR_OUT)) {
		explicit_bzero(s, sizeof(*s));
		return err_set(err, ENOTSUP,
				"ipsec_mb: IPsec-MB has no suite for this SA (error %d)",
				imb_get_errno(e->mgr));
	}
	if (sa->dir == SA_DIR_OUT)
		mb_out_form(s);
	else
		mb_in_form(s);
	e->sessions++;
	return 0;
}

/* No packet is ever inside. */
static void
mb_session_destroy(struct engine *engine, struct sa *sa)
{
	explicit_bzero(mb_session_of(sa), sizeof(struct mb_session));
	((struct mb_engine *)engine)->sessions--;
}

static uint64_t
mb_session_seq(const struct engine *engine __rte_unused, const struct sa *sa)
{
	const struct mb_session *s = (const struct mb_session *)sa->session;

	return __atomic_load_n(&s->seq, __ATOMIC_RELAXED);
}

static const char *
mb_session_device(const struct engine *engine, const struct sa *sa __rte_unused)
{
	return ((const struct mb_engine *)engine)->arch;
}

static uint16_t
mb_poll(struct engine *engine __rte_unused, unsigned int worker __rte_unused,
		struct rte_mbuf *ret_pkts[] __rte_unused, uint16_t n __rte_unused)
{
	return 0;
}

static uint32_t
mb_in_flight(const struct engine *engine __rte_unused, unsigned int worker __rte_unused)
{
	return 0;
}

static void
mb_foreach_device(const struct engine *engine,
		void (*cb)(const char *device, const char *driver, unsigned int sessions,
				void *arg),
		void *arg)
{
	const struct mb_engine *e = (const struct mb_engine *)engine;

	cb(e->arch, e->version, e->sessions, arg);
}

const struct engine_ops engine_ipsec_mb_ops = {
	.name = "ipsec_mb",
	.any_worker = true,
	.open = mb_open,
	.close = mb_close,
	.session_check = mb_session_check,
	.session_size = mb_session_size,
	.session_create = mb_session_create,
	.session_destroy = mb_session_destroy,
	.session_seq = mb_session_seq,
	.session_device = mb_session_device,
	.encap = mb_encap,
	.decap = mb_decap,
	.poll = mb_poll,
	.in_flight = mb_in_flight,
	.foreach_device = mb_foreach_device,
};
