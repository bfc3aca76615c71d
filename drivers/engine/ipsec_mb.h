/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The inside of the ipsec_mb engine, shared by its files: what is kept per SA, per worker, and per
 * packet of a burst.
 *
 *   ipsec_mb.c       open, close, sessions: the operations table
 *   ipsec_mb_key.c   what an SA asks for, and its keys expanded
 *   ipsec_mb_out.c   plain packets to ESP     ipsec_mb_in.c   and back
 *   ipsec_mb_run.c   a burst through the library: single calls, and jobs over its lanes
 */
#ifndef ENGINE_IPSEC_MB_H
#define ENGINE_IPSEC_MB_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <rte_common.h>
#include <rte_prefetch.h>

#include "base/limits.h"
#include "drivers/engine/ipsec_mb_compat.h"
#include "ipsec/engine.h"
#include "net/pkt.h"

/* Packets that go through the loops together. */
#define MB_BURST 64
/* Longest ICV: HMAC-SHA-512-256. */
#define MB_ICV_MAX 32
#define MB_AES_KEYS (15 * 16) /* schedule of AES-256 */
#define MB_HMAC_STATE 64      /* of SHA-512, the largest */

/* Lines of the keys that are prefetched from the front, and from mb_session.auth_line on. */
#define MB_KEY_LINES 3

/* Bytes of padding that are written at once, whatever is needed: 15 at most. */
#define MB_PAD_WRITE 16

/* Which way through the library. */
enum mb_kind {
	MB_GCM,    /* one call for a packet */
	MB_GMAC,   /* one call, nothing encrypted */
	MB_CHACHA, /* one job for a packet */
	MB_JOB,    /* cipher, then HMAC or XCBC: jobs that share vector lanes */
};

/* Expanded keys of a session, by kind. */
union mb_keys {
	struct gcm_key_data gcm;
	uint8_t chacha[32];
	struct {
		uint8_t cipher[RTE_ALIGN(MB_AES_KEYS, 64)]; /* for the SA's direction */
		union {
			struct {
				uint8_t ipad[MB_HMAC_STATE], opad[MB_HMAC_STATE];
			} hmac;
			struct {
				uint8_t k1[11 * 16], k2[16], k3[16];
			} xcbc;
		};
	} job;
};

/* What nearly all SAs look like: an AEAD, numbers of 32 bits, padding of 1, 2, 3... */
#define MB_PLAIN_HEAD 16 /* ESP header and IV */
#define MB_PLAIN_ICV 16  /* bytes, of every AEAD and of GMAC */
#define MB_PLAIN_BLOCK 4

struct mb_worker;

/*
 * Packets from the first on, as far as their SAs have the same such function: put into w->work and w->jobs, of which w->nb_work and
 * w->nb_jobs are used. @return How many they were, 1 at least; those that cannot go have another verdict than DROP_NONE.
 */
typedef uint16_t (*mb_make_t)(struct mb_worker *w, struct rte_mbuf *pkts[], uint16_t n);

/* Behind struct sa. */
struct mb_session {
	/*
	 * line 0: read for each packet; the number is written for each run of packets, by any
	 * worker
	 */
	uint64_t seq;          /* [A] outbound: the last number drawn */
	uint64_t seq_last;     /* [I] the last one there is */
	aes_gcm_enc_dec_t gcm; /* [I] for the key's length and the SA's direction */
	uint32_t salt;         /* [I] a byte string */
	uint8_t kind;          /* [I] enum mb_kind */
	uint8_t pad;           /* [I] enum sa_pad */
	bool esn;              /* [I] */
	bool shared;           /* [I] several workers draw numbers */
	uint8_t head_len;      /* [I] ESP header and IV, bytes */
	uint8_t icv_len;       /* [I] */
	uint8_t block_mask;    /* [I] block length less one */
	uint8_t aad_len;       /* [I] AEAD: 8, with the upper half of the number 12 */
	uint8_t sqh_len;       /* [I] jobs: bytes of the upper half behind the trailer */
	uint8_t key_len;       /* [I] jobs: of the cipher */
	uint8_t cipher;        /* [I] jobs: IMB_CIPHER_MODE */
	uint8_t hash;          /* [I] jobs: IMB_HASH_ALG */
	/* [I] jobs: those with the same may go together as two bursts; 0: only as chained jobs */
	uint32_t alike;
	uint8_t tail_len;  /* [I] outbound: bytes behind the inner packet that may be written */
	uint8_t auth_line; /* [I] line of the keys from which on authentication reads */
	/* [I] packets of such SAs made ready for the library: written outbound, read inbound */
	mb_make_t make;
	uint32_t suite[2]; /* [I] jobs and ChaCha: what the library dispatches them by */

	/* line 1 on */
	union mb_keys keys __rte_cache_aligned; /* [I] */
};
static_assert(offsetof(struct mb_session, keys) == RTE_CACHE_LINE_SIZE, "line 0");

/* A packet of a burst on its way through the library. A line. */
struct mb_work {
	struct mb_session *s;
	struct rte_mbuf *m;
	uint8_t *esp;    /* its ESP header */
	uint32_t len;    /* bytes of ciphertext, behind the IV */
	uint32_t seq_hi; /* network order */
	uint8_t iv[16];  /* nonce of counter modes */
	uint8_t aad[16]; /* with extended numbers */
};
static_assert(sizeof(struct mb_work) == RTE_CACHE_LINE_SIZE, "a line");

struct mb_worker {
	IMB_MGR *mgr;                                      /* [W] the worker's own; of IPsec-MB */
	struct mb_work work[MB_BURST] __rte_cache_aligned; /* [W] single calls */
	struct mb_work jobs[MB_BURST];                     /* [W] */
	struct counter_row *sa_rows; /* [I] the worker's own of the SAs, for SA_CNT_ENQ */
	uint16_t nb_work, nb_jobs;   /* [W] of this burst */
	uint8_t *icv_at[MB_BURST];   /* [W] of jobs: where the library puts it */
	IMB_JOB burst[MB_BURST];     /* [W] jobs that are alike */
	uint8_t icv[MB_BURST][MB_ICV_MAX] __rte_cache_aligned; /* [W] computed, inbound */
	uint8_t sent_icv[MB_BURST][MB_ICV_MAX];              /* [W] of jobs, moved out of the way */
	struct gcm_context_data gcm_ctx __rte_cache_aligned; /* [W] */
} __rte_cache_aligned;

struct mb_engine {
	struct engine base;
	unsigned int nb_workers;               /* [I] */
	uint32_t sessions;                     /* [C] */
	IMB_MGR *mgr;                          /* [C] for keys */
	char arch[24];                         /* [I] "AVX2", "AVX512 VAES" */
	char version[24];                      /* [I] "IPsec-MB 1.3.0" */
	struct mb_worker *workers[WORKER_MAX]; /* [I] */
};

static inline struct mb_session *
mb_session_of(struct sa *sa)
{
	return (struct mb_session *)sa_session(sa);
}

/** A manager in memory of ours, so that it can be wiped. NULL with @p err. */
IMB_MGR *mb_mgr_create(struct err *err);
void mb_mgr_destroy(IMB_MGR *mgr);

/** Is it for us? -ENOTSUP with one sentence. Reads names and lengths only. */
int mb_keys_check(const struct sa_params *prm, struct err *err);
/** Kind, algorithms and keys of a session. @p prm has been checked. */
void mb_keys_expand(
		IMB_MGR *mgr, struct mb_session *s, const struct sa_params *prm, enum sa_dir dir);

/**
 * How the packets of an SA are written and read, known when the SA is made. Functions are made from
 * one each for the form that nearly all SAs have, and for every form.
 */
struct mb_form {
	bool plain; /* GCM or ChaCha20-Poly1305, numbers of 32 bits, padding of 1, 2, 3... */
};

static inline bool
mb_is_plain(const struct mb_session *s)
{
	return (s->kind == MB_GCM || s->kind == MB_CHACHA) && !s->esn && s->pad == SA_PAD_SEQ &&
			s->head_len == MB_PLAIN_HEAD && s->icv_len == MB_PLAIN_ICV &&
			s->block_mask == MB_PLAIN_BLOCK - 1;
}

/** Choose mb_session.make of a session that is otherwise made. */
void mb_out_form(struct mb_session *s);
void mb_in_form(struct mb_session *s);

/** The suite of a session's jobs. @p s is otherwise made; nothing for other kinds. false: there is none. */
bool mb_job_suite(IMB_MGR *mgr, struct mb_session *s, bool out);

/**
 * Packets of a burst through the library: @p n of w->work, or of w->jobs. Outbound the ICV is left
 * behind the ciphertext. Inbound they are decrypted whatever the ICV is: mb_run_in() leaves what it
 * should be in w->icv, to be compared; mb_run_jobs_in() compares, and has verdict DROP_NONE only
 * where it is right.
 */
void mb_run_out(struct mb_worker *w, uint16_t n);
void mb_run_in(struct mb_worker *w, uint16_t n);
void mb_run_jobs_out(struct mb_worker *w, uint16_t n);
void mb_run_jobs_in(struct mb_worker *w, uint16_t n);

/** Compares all bytes, whatever the first ones are: in constant time. @p len: a multiple of four. */
static inline bool
mb_icv_equal(const uint8_t *a, const uint8_t *b, unsigned int len)
{
	uint64_t diff = 0, x = 0, y = 0;
	unsigned int i;

	for (i = 0; i + sizeof(x) <= len; i += sizeof(x)) {
		memcpy(&x, a + i, sizeof(x));
		memcpy(&y, b + i, sizeof(y));
		diff |= x ^ y;
	}
	if (i < len) {
		/* the last four; what is above them is the same on both sides or already in diff */
		memcpy(&x, a + i, sizeof(uint32_t));
		memcpy(&y, b + i, sizeof(uint32_t));
		diff |= x ^ y;
	}
	return diff == 0;
}

static inline struct mb_session *
pkt_session(struct rte_mbuf *m)
{
	return mb_session_of(pkt_meta(m)->sa);
}

/** A burst made ready, by runs of SAs of one form. */
static inline void
mb_make(struct mb_worker *w, struct rte_mbuf *pkts[], uint16_t n)
{
	uint16_t i = 0;

	w->nb_work = 0;
	w->nb_jobs = 0;
	while (i < n)
		i = (uint16_t)(i + pkt_session(pkts[i])->make(w, pkts + i, (uint16_t)(n - i)));
}

/** All through @p run, MB_BURST at a time. */
static inline void
mb_by_bursts(struct mb_worker *w, struct rte_mbuf *pkts[], uint16_t n,
		void (*run)(struct mb_worker *w, struct rte_mbuf *pkts[], uint16_t n))
{
	uint16_t i, burst;

	for (i = 0; i < n; i = (uint16_t)(i + burst)) {
		burst = (uint16_t)RTE_MIN(n - i, MB_BURST);
		run(w, pkts + i, burst);
	}
}

bool mb_encap(struct engine *engine, unsigned int worker, struct rte_mbuf *pkts[], uint16_t n);
bool mb_decap(struct engine *engine, unsigned int worker, struct rte_mbuf *pkts[], uint16_t n);

#endif
