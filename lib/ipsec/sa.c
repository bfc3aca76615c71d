/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Life of an SA: the control record that holds its parameters and keys, and the worker record that
 * exists while an interface claims it. Which interface that is, and when lifetimes end, is decided
 * in control. The rules about parameters are in sa_check.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <rte_common.h>
#include <rte_malloc.h>

#include "base/clock.h"
#include "base/rcu.h"
#include "ipsec/engine.h"
#include "ipsec/sa.h"
#include "ipsec/sa_mem.h"
#include "ipsec/sa_progress.h"

#define ESP_HDR_LEN 8     /* SPI and sequence number */
#define ESP_TRAILER_LEN 2 /* pad length and next header */

struct sa_ctl *
sa_ctl_create(const struct sa_params *prm, uint32_t id, struct counter_table *counters,
		struct err *err)
{
	struct sa_ctl *ctl = sa_mem_get();

	if (ctl == NULL) {
		err_set(err, ENOMEM, "sa %s spi %u: no memory", ip_str(&prm->dst), prm->spi);
		return NULL;
	}
	ctl->id = id;
	ctl->prm = *prm;
	ctl->state = SA_MATURE;
	ctl->dir = SA_DIR_NONE;
	ctl->counters = counters;
	ctl->created_ms = clock_mono_ms();
	sa_fingerprint(prm, ctl->fingerprint);
	return ctl;
}

void
sa_ctl_destroy(struct sa_ctl *ctl)
{
	if (ctl != NULL)
		free(ctl->carried);
	sa_mem_put(ctl);
}

/* Who brings the explicit IV and how long the parts of ESP are. */
static void
sa_set_lengths(struct sa *sa, const struct sa_params *prm)
{
	const struct alg *enc = prm->enc, *auth = prm->auth;
	uint8_t block = enc != NULL ? enc->block_len : 4;
	const struct alg *nonce = enc != NULL && enc->iv_len != 0 ? enc : auth;

	sa->block_len = block;
	sa->iv_len = nonce != NULL ? nonce->iv_len : 0;
	sa->counter_mode = nonce != NULL && nonce->counter_mode;
	sa->icv_len = (uint8_t)((enc != NULL ? enc->icv_len : 0) +
			(auth != NULL ? auth->icv_len : 0));
	sa->min_len = (uint8_t)(ESP_HDR_LEN + sa->iv_len + block + sa->icv_len);
	sa->overhead = (uint16_t)(ESP_HDR_LEN + sa->iv_len + block - 1 + ESP_TRAILER_LEN +
			sa->icv_len);
}

static int
sa_fill(struct sa *sa, struct sa_ctl *ctl, enum sa_dir dir)
{
	const struct sa_params *prm = &ctl->prm;

	sa->engine = ctl->engine;
	sa->id = ctl->id;
	sa->spi = rte_cpu_to_be_32(prm->spi);
	sa->iface = ctl->iface;
	sa->worker = SA_WORKER_NONE;
	sa->dir = (uint8_t)dir;
	sa->state = (uint8_t)ctl->state;
	sa->reqid = prm->reqid;
	sa->natt = prm->natt_sport != 0 || prm->natt_dport != 0;
	sa->ctl = ctl;
	sa_set_lengths(sa, prm);
	if (getrandom(&sa->iv_mask, sizeof(sa->iv_mask), 0) != sizeof(sa->iv_mask))
		return -EIO;
	if (dir == SA_DIR_OUT)
		return 0;
	if (replay_init(&sa->replay, prm->replay_window, prm->esn) < 0)
		return -ENOMEM;
	if (ctl->carried != NULL && ctl->carried->dir == dir)
		replay_import(&sa->replay, ctl->carried->seq, ctl->carried->seen,
				ctl->carried->window);
	else
		replay_start(&sa->replay, prm->seq_start);
	return 0;
}

static void
sa_free(struct sa *sa, size_t size)
{
	replay_fini(&sa->replay);
	explicit_bzero(sa, size);
	rte_free(sa);
}

/* A worker record on its way out; the control record may be gone already. Made with it, so that letting go needs no memory. */
struct sa_retired {
	struct sa *sa;
	void (*hold)(void *arg, uint32_t id, bool take);
	void *hold_arg;
};

int
sa_open(struct sa_ctl *ctl, enum sa_dir dir, unsigned int nb_workers, struct err *err)
{
	const struct engine_ops *ops = ctl->engine->ops;
	const size_t size = sizeof(struct sa) + ops->session_size(ctl->engine);
	struct sa *sa = rte_zmalloc("sa", size, RTE_CACHE_LINE_SIZE);
	int rc;

	if (sa == NULL)
		return err_set(err, ENOMEM, "sa %s spi %u: no memory", ip_str(&ctl->prm.dst),
				ctl->prm.spi);
	ctl->retired = malloc(sizeof(*ctl->retired));
	if (ctl->retired == NULL) {
		sa_free(sa, size);
		return err_set(err, ENOMEM, "sa %s spi %u: no memory", ip_str(&ctl->prm.dst),
				ctl->prm.spi);
	}
	if (ctl->carried != NULL)
		ctl->prm.seq_start = ctl->carried->dir == dir ? ctl->carried->seq : 0;
	rc = sa_fill(sa, ctl, dir);
	if (rc < 0)
		err_set(err, -rc, "sa %s spi %u: no memory or no random numbers",
				ip_str(&ctl->prm.dst), ctl->prm.spi);
	else
		rc = ops->session_create(ctl->engine, sa, &ctl->prm, nb_workers, err);
	if (rc < 0) {
		sa_free(sa, size);
		free(ctl->retired);
		ctl->retired = NULL;
		return rc;
	}
	ctl->dir = dir;
	ctl->sa = sa;
	free(ctl->carried); /* it has gone on from there */
	ctl->carried = NULL;
	if (ctl->hold != NULL)
		ctl->hold(ctl->hold_arg, ctl->id, true);
	return 0;
}

static bool
retired_is_busy(const void *obj)
{
	const struct sa_retired *r = obj;

	return sa_is_busy(r->sa);
}

static void
sa_destroy(void *obj)
{
	struct sa_retired *r = obj;
	struct engine *engine = r->sa->engine;
	const uint32_t id = r->sa->id;

	engine->ops->session_destroy(engine, r->sa);
	sa_free(r->sa, sizeof(*r->sa) + engine->ops->session_size(engine));
	if (r->hold != NULL)
		r->hold(r->hold_arg, id, false);
	free(r);
}

/*
 * The last op came back, but the worker that took it may still be in the poll in which it did and
 * hold the SA: one more grace period.
 */
static void
sa_retire_drained(void *obj)
{
	rcu_retire(obj, sa_destroy, NULL);
}

void
sa_retire(struct sa_ctl *ctl)
{
	struct sa_retired *r = ctl->retired;

	if (ctl->sa == NULL)
		return;
	*r = (struct sa_retired){ ctl->sa, ctl->hold, ctl->hold_arg };
	rcu_retire(r, sa_retire_drained, retired_is_busy);
	ctl->sa = NULL;
	ctl->retired = NULL;
}

bool
sa_is_busy(const void *obj)
{
	const struct sa *sa = obj;
	const struct counter_table *t = sa->engine->counters;
	uint64_t done;

	/* in this order: what is counted as done in between can only make it look busy */
	done = counter_raw(t, sa->id, SA_CNT_DONE);
	return counter_raw(t, sa->id, SA_CNT_ENQ) != done;
}

const char *
sa_state_name(enum sa_state state)
{
	static const char *const names[] = {
		[SA_LARVAL] = "larval",
		[SA_MATURE] = "mature",
		[SA_DYING] = "dying",
		[SA_DEAD] = "dead",
	};

	return (unsigned int)state < RTE_DIM(names) ? names[state] : "";
}

const char *
sa_mode_name(enum sa_mode mode)
{
	static const char *const names[] = {
		[SA_MODE_ANY] = "any",
		[SA_MODE_TUNNEL] = "tunnel",
		[SA_MODE_TRANSPORT] = "transport",
	};

	return (unsigned int)mode < RTE_DIM(names) ? names[mode] : "";
}
