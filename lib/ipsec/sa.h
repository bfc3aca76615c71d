/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A security association: what it is asked to be (sa_params, with the keys), the record that
 * workers read (struct sa), and the control core's record (struct sa_ctl).
 *
 * Life (RFC 2367, 3.1.2):
 *
 *    GETSPI ──> LARVAL ──update──┐  (or gone after a while)
 *    sa_ctl_create ───────────> MATURE ──soft──> DYING ──hard──> DEAD ──> removed, retired,
 *                                                               freed when no op holds it
 *
 * The direction is that of the interface that claims the SA first, and stays; control/sa_bind.c
 * does the claiming.
 */
#ifndef IPSEC_SA_H
#define IPSEC_SA_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include "base/counter.h"
#include "base/err.h"
#include "base/limits.h"
#include "ipsec/alg.h"
#include "ipsec/replay.h"
#include "net/addr.h"

struct engine;
struct sa_progress;
struct sa_retired;

enum sa_mode { SA_MODE_ANY, SA_MODE_TUNNEL, SA_MODE_TRANSPORT };
enum sa_dir { SA_DIR_NONE, SA_DIR_IN, SA_DIR_OUT };
enum sa_state { SA_LARVAL, SA_MATURE, SA_DYING, SA_DEAD };
enum sa_pad { SA_PAD_SEQ, SA_PAD_ZERO, SA_PAD_RANDOM };

/** Keys; cleared with explicit_bzero() by whoever holds a copy, never printed. */
struct sa_keys {
	uint8_t enc[SA_ENC_KEY_MAX]; /* cipher key, then salt or nonce, as setkey(8) takes them */
	uint8_t enc_len;             /* bytes, salt included */
	uint8_t auth[SA_AUTH_KEY_MAX];
	uint8_t auth_len;
};

/** 0: no limit. */
struct sa_lifetime {
	uint64_t seconds;     /* since it was added */
	uint64_t use_seconds; /* since it was first used */
	uint64_t bytes;       /* of inner packets */
	uint64_t packets;
};

/** What an SA is asked to be. */
struct sa_params {
	struct ip_addr src, dst; /* of the outer header */
	uint32_t spi;            /* host order, 256 to 2^32 - 1 */
	uint32_t reqid;          /* 0: none */
	enum sa_mode mode;
	const struct alg *enc;  /* NULL: none given */
	const struct alg *auth; /* NULL: none given */
	struct sa_keys keys;
	uint32_t replay_window; /* packets, 0: no check */
	bool esn;
	uint16_t natt_sport, natt_dport; /* host order, 0: not in UDP */
	struct sa_lifetime soft, hard;
	enum sa_pad pad;
	bool cyclic_seq_off; /* setkey's -f nocyclic-seq; ours never wrap anyway */
	/* out: the last number used before; in: top of the window. 0 for a new SA */
	uint64_t seq_start;
};

/* fields of a row of sa counters, each worker its own line */
enum sa_counter {
	SA_CNT_ENQ,     /* packets handed to the engine */
	SA_CNT_DONE,    /* packets back from it, good or bad: ENQ - DONE are inside */
	SA_CNT_PACKETS, /* good ones */
	SA_CNT_BYTES,   /* of inner packets, good ones */
	SA_CNT_AUTH,    /* failed the integrity check */
	SA_CNT_REPLAY,  /* replayed */
	SA_CNT_ERRORS,  /* every other failure (padding, exhausted, device) */
	/* TSC of the poll of the last good one, of each worker (not a sum); to be compared with the TSC only */
	SA_CNT_LAST_USE
};
static_assert(SA_CNT_LAST_USE == COUNTER_FIELDS - 1, "a row is one line");

/** What workers read. Allocated with the engine's session behind it (sa_session()). */
struct sa {
	/* cache line 0: read per run of packets, hardly ever written while in use */
	struct engine *engine; /* [I] */
	uint32_t id;           /* [I] 1 to SA_MAX - 1: row of the counters; stable for its life */
	rte_be32_t spi;        /* [I] network order */
	uint16_t iface;        /* [A] ipsec interface that claims it, 0: none. Relaxed loads */
	uint16_t worker;       /* [A] inbound: the worker that owns the window; sa_claim() */
	uint8_t dir;           /* [I] enum sa_dir */
	uint8_t state;         /* [A] enum sa_state */
	uint8_t natt;          /* [I] 1: ESP in UDP */
	uint8_t iv_len;        /* [I] */
	uint8_t block_len;     /* [I] */
	uint8_t icv_len;       /* [I] */
	uint8_t counter_mode;  /* [I] 1: the IV is the sequence number XOR iv_mask */
	/* [I] inbound: shortest ESP payload (header, IV, one block, ICV) */
	uint8_t min_len;
	uint64_t iv_mask;   /* [I] random, drawn when made (ADR 9), network order */
	struct sa_ctl *ctl; /* [I] not for workers */
	/* [I] most bytes that ESP adds behind the outer header: header, IV, pad, trailer, ICV */
	uint16_t overhead;
	/* [I] of the interface that claims it: no two have the same */
	uint32_t reqid;

	/* cache line 1: the window, its one worker's */
	struct replay replay __rte_cache_aligned; /* [W] */

	/* the engine's session; size from engine_ops.session_size */
	uint8_t session[] __rte_cache_aligned;
};
static_assert(offsetof(struct sa, replay) == RTE_CACHE_LINE_SIZE,
		"line 0 is read, line 1 is written");

/** Of sa.worker: no packet has come yet. */
#define SA_WORKER_NONE UINT16_MAX

/**
 * Which worker owns an inbound SA? The first that asks: from then on and for ever, so that the SA is
 * where the NIC's RSS sends its packets (ADR 22).
 */
static inline uint16_t
sa_claim(struct sa *sa, uint16_t worker)
{
	uint16_t owner = __atomic_load_n(&sa->worker, __ATOMIC_RELAXED);

	if (likely(owner != SA_WORKER_NONE))
		return owner;
	if (__atomic_compare_exchange_n(
			    &sa->worker, &owner, worker, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		return worker;
	return owner;
}

/** The control core's record. */
struct sa_ctl {
	struct sa *sa;          /* [C] NULL until an interface claims it and a session exists */
	uint32_t id;            /* [C] as sa->id */
	struct sa_params prm;   /* [C] with keys; kept for `save`, rebind and GETSA */
	uint8_t fingerprint[8]; /* [C] first bytes of SHA-256 over the keys */
	enum sa_state state;    /* [C] */
	enum sa_dir dir;        /* [C] */
	uint16_t iface;         /* [C] claimed by, 0: none */
	uint64_t created_ms;    /* [C] clock_mono_ms() */
	uint64_t first_use_ms;  /* [C] clock_mono_ms(), 0: not yet */
	uint64_t order;         /* [C] rises with each SA added: oldest and newest */
	struct engine *engine;  /* [C] that will run it; chosen (and refused) when it is added */
	bool engine_forced;     /* [C] crypto.engine named it then */
	struct counter_table *counters; /* [C] */
	/* [C] what it goes on from when it gets a worker record (sa_progress.h), NULL: from nothing */
	struct sa_progress *carried;
	struct sa_retired *retired; /* [C] what retiring the worker record will need */
	struct sa_ctl *aside; /* [C] the next one of those that are in no table (sadb_detach()) */
	/*
	 * [C] NULL, or told when a worker record with this id comes (take) and when it is gone: the
	 * id is used till then
	 */
	void (*hold)(void *arg, uint32_t id, bool take);
	void *hold_arg; /* [C] */
};

/**
 * Check the parameters: SPI, ends, algorithms, key lengths, window, ESN with authentication,
 * lifetimes. All rules that need no device and no other SA.
 * @return 0, or -errno with @p err (EINVAL, EAFNOSUPPORT, EADDRNOTAVAIL).
 */
int sa_params_check(const struct sa_params *prm, struct err *err);
/**
 * What is legal but unwise, for a loud warning: cipher without authentication, no window (unless
 * @p dir is known to be outbound), DES. "" when nothing.
 */
void sa_params_warning(const struct sa_params *prm, enum sa_dir dir, char *buf, unsigned int size);
/** First 8 bytes of SHA-256 over algorithm names and keys. */
void sa_fingerprint(const struct sa_params *prm, uint8_t ret_fp[8]);

/**
 * Make the control record of a checked SA. Copies @p prm. The keys are locked in memory that core
 * dumps leave out where the kernel allows.
 * @return NULL with @p err (ENOMEM).
 */
struct sa_ctl *sa_ctl_create(const struct sa_params *prm, uint32_t id,
		struct counter_table *counters, struct err *err);
/** Wipe and free. Its worker record must be gone. NULL is allowed. */
void sa_ctl_destroy(struct sa_ctl *ctl);

/**
 * Make the worker record with the engine's session for a direction. ctl->sa is set.
 * @param nb_workers
 *   More than one: outbound numbers are drawn atomically.
 * @return 0 or -errno with @p err; nothing changed then.
 */
int sa_open(struct sa_ctl *ctl, enum sa_dir dir, unsigned int nb_workers, struct err *err);
/**
 * Retire the worker record: freed when no worker reads it and no op is in a device. Unpublished by
 * the caller before.
 */
void sa_retire(struct sa_ctl *ctl);

/**
 * Bytes of the ESP packet, behind the outer header, that a packet of @p inner bytes becomes: header,
 * IV, the packet with padding and two bytes of trailer in whole blocks, ICV (RFC 4303, 2).
 */
static inline uint16_t
sa_esp_bytes(const struct sa *sa, uint32_t inner)
{
	const uint32_t block = RTE_MAX(sa->block_len, 4);

	return (uint16_t)(8 + sa->iv_len + (inner + 2 + block - 1) / block * block + sa->icv_len);
}

static inline void *
sa_session(struct sa *sa)
{
	return sa->session;
}

/** Is an op of it still in a device? For rcu_retire(). */
bool sa_is_busy(const void *sa);
const char *sa_state_name(enum sa_state state); /* "larval", "mature", "dying", "dead" */
const char *sa_mode_name(enum sa_mode mode);    /* "any", "tunnel", "transport" */

#endif
