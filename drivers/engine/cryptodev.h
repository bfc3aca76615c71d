/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The inside of the cryptodev engine, shared by its files: devices made on demand, sessions, and
 * what each worker keeps.
 *
 *   cryptodev.c         open, close, sessions: the operations table
 *   cryptodev_xform.c   what an SA asks for, as rte_crypto transforms
 *   cryptodev_caps.c    can a device with these capabilities do it? (pure)
 *   cryptodev_dev.c     devices: which first, made when needed, their session pools
 *   cryptodev_enq.c     packets to ops to devices        cryptodev_deq.c   and back
 */
#ifndef ENGINE_CRYPTODEV_H
#define ENGINE_CRYPTODEV_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_cryptodev.h>
#include <rte_ipsec.h>

#include "base/limits.h"
#include "ipsec/engine.h"

/* Devices of one engine: four software drivers, and hardware. A bit each in cd_worker.busy. */
#define CD_DEVS_MAX 32
/* Ops of a worker: what may be in flight. 192 bytes each. */
#define CD_OPS 2048
/*
 * Descriptors of a queue pair: more than the ops that can be in it, so that software devices never
 * are full.
 */
#define CD_DESCRIPTORS 4096
/* Packets that go through the loops together, and prefetch distance in packets. */
#define CD_BURST 64
/* Session pools of a device: the first small, then 4096 sessions each up to SA_MAX. */
#define CD_POOL_FIRST 512
#define CD_POOL_NEXT 4096
#define CD_POOLS_MAX (SA_MAX / CD_POOL_NEXT + 1)

#define CD_IV_OFFSET (sizeof(struct rte_crypto_op) + sizeof(struct rte_crypto_sym_op))
#define CD_IV_MAX 16

struct cd_device {
	char name[RTE_CRYPTODEV_NAME_MAX_LEN];   /* [I] */
	const char *driver;                      /* [I] "crypto_aesni_mb" */
	uint8_t id;                              /* [I] of rte_cryptodev */
	bool hardware;                           /* [I] */
	bool ours;                               /* [I] made by us, and unmade by us */
	bool started;                            /* [C] */
	uint32_t sessions;                       /* [C] */
	uint32_t nb_pools;                       /* [C] */
	struct rte_mempool *pools[CD_POOLS_MAX]; /* [C] */
};

/* Behind struct sa. */
struct cd_session {
	/* line 0: what rte_ipsec reads */
	struct rte_ipsec_session ss; /* [I] */

	/* line 1 */
	uint8_t dev;    /* [I] index of cd_engine.devs */
	uint8_t dev_id; /* [I] of rte_cryptodev */
	bool esn;       /* [I] */
	bool aead;      /* [I] */
	bool fake;      /* [I] the library is shown a header of ours (cryptodev_pkt.h) */
	uint8_t pad;    /* [I] enum sa_pad */
	/* [I] outbound: its numbers may end and the library would wrap (cryptodev_enq.c) */
	bool ends;
	/*
	 * [I] bytes of the upper half that the library keeps behind the trailer while an op is out
	 */
	uint8_t sqh_len;
	uint8_t aad_len;       /* [I] bytes behind the ICV that the library uses */
	uint32_t infer_window; /* [I] inbound ESN: replay_infer_window() */
	uint32_t lib_size;     /* [C] bytes of ss.sa */
	/* [I] last line of the session: software keeps its fields behind the keys */
	const void *ses_last;
	uint64_t seq_left; /* [A] with ends: numbers that may still be drawn */
	uint64_t lib_top;  /* [W] inbound ESN: the library's highest number */
};
static_assert(sizeof(struct rte_ipsec_session) == RTE_CACHE_LINE_SIZE, "line 0");

struct cd_worker {
	struct rte_crypto_op **free_ops; /* [W] a stack: the last used are the warmest */
	uint32_t nb_free;                /* [W] */
	uint32_t inside;                 /* [W] packets taken and not given back */
	uint32_t busy;                   /* [W] bit per device with ops of ours inside */
	uint32_t burst_devs;             /* [W] bit per device of the SAs of a burst */
	uint16_t next_dev;               /* [W] the device that poll() asks first */
	uint32_t in_dev[CD_DEVS_MAX];    /* [W] ops of ours inside */
	uint8_t dev_id[CD_DEVS_MAX];     /* [W] copied when first used */
	struct rte_mbuf *
			/* [W] refused packets that wait for poll(), linked by next, oldest first */
			rejected;
	struct rte_mbuf *rejected_last; /* [W] */
	struct rte_mempool *op_pool;    /* [I] */
} __rte_cache_aligned;

struct cd_engine {
	struct engine base;
	unsigned int nb_workers;               /* [I] */
	unsigned int serial;                   /* [I] tells the devices of two engines apart */
	unsigned int nb_devs;                  /* [C] */
	struct cd_device devs[CD_DEVS_MAX];    /* [C] rows do not move */
	struct cd_worker *workers[WORKER_MAX]; /* [I] */
};

/* What an SA asks of a device: a chain of one or two transforms. */
struct cd_xform {
	struct rte_crypto_sym_xform *first;
	struct rte_crypto_sym_xform x[2];
};

static inline struct cd_session *
cd_session_of(struct sa *sa)
{
	return (struct cd_session *)sa_session(sa);
}

/** Key pointers point into @p prm. 0, or -ENOTSUP with @p err for what rte_ipsec cannot do. */
int cd_xform_fill(
		struct cd_xform *xf, const struct sa_params *prm, enum sa_dir dir, struct err *err);

/**
 * Can a device with these capabilities (ended by RTE_CRYPTO_OP_TYPE_UNDEFINED) and feature flags
 * run the chain?
 */
bool cd_caps_can(const struct rte_cryptodev_capabilities *caps, uint64_t features,
		const struct rte_crypto_sym_xform *first);
/**
 * Driver names in the order of preference for the chain; @p ret of at least CD_RANK_MAX. @return
 * Number of names.
 */
#define CD_RANK_MAX 8
unsigned int cd_caps_rank(const struct rte_crypto_sym_xform *first, const char *ret[CD_RANK_MAX]);

/** Take over the devices that EAL made. */
void cd_dev_adopt(struct cd_engine *e);
void cd_dev_close_all(struct cd_engine *e);
/**
 * Make a session on the best device, which is made and started when there is none yet.
 * @return The session with *ret_dev, or NULL with @p err (ENOTSUP: no device can; ENOMEM).
 */
void *cd_dev_session(struct cd_engine *e, const struct sa_params *prm, struct cd_xform *xf,
		unsigned int *ret_dev, struct err *err);
/** Is there a hardware device for both? */
bool cd_dev_hardware_can(const struct cd_engine *e, const struct rte_crypto_sym_xform *in,
		const struct rte_crypto_sym_xform *out);
void cd_dev_session_free(struct cd_engine *e, unsigned int dev, void *session);

bool cd_encap(struct engine *engine, unsigned int worker, struct rte_mbuf *pkts[], uint16_t n);
bool cd_decap(struct engine *engine, unsigned int worker, struct rte_mbuf *pkts[], uint16_t n);
uint16_t cd_poll(struct engine *engine, unsigned int worker, struct rte_mbuf *ret_pkts[],
		uint16_t n);

#endif
