/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What differs between the releases of Intel IPsec-MB that Debian ships: 1.3 (Debian 12) and 2.0
 * (Debian 13). The only place of the engine that asks for the version.
 */
#ifndef ENGINE_IPSEC_MB_COMPAT_H
#define ENGINE_IPSEC_MB_COMPAT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <intel-ipsec-mb.h>

#if IMB_VERSION_NUM >= IMB_VERSION(2, 0, 0)

/* 2.0 dispatches a job of a burst by its suite: without one it jumps to NULL. */
#define MB_JOBS_HAVE_SUITES 1

#else

#define MB_JOBS_HAVE_SUITES 0

#endif

/**
 * The suite of an SA's jobs: of cipher, key length, direction and hash, the same for all of them.
 * All 0 where the library has none.
 *
 * @return
 *   false: the library has no suite for it.
 *
 * @param job
 *   A job of the SA, filled but for its packet.
 */
static inline bool
mb_suite_find(IMB_MGR *mgr, IMB_JOB *job, uint32_t ret_suite[2])
{
#if MB_JOBS_HAVE_SUITES
	if (imb_set_session(mgr, job) == 0)
		return false;
	memcpy(ret_suite, job->suite_id, sizeof(job->suite_id));
	return true;
#else
	(void)mgr;
	(void)job;
	memset(ret_suite, 0, 2 * sizeof(ret_suite[0]));
	return true;
#endif
}

/** Writes the suite into a job. Costs a store. */
static inline void
mb_suite_put(IMB_JOB *job, const uint32_t suite[2])
{
#if MB_JOBS_HAVE_SUITES
	memcpy(job->suite_id, suite, sizeof(job->suite_id));
#else
	(void)job;
	(void)suite;
#endif
}

/** What the library found the CPU to be capable of. */
static inline const char *
mb_arch_name(IMB_ARCH arch)
{
	switch (arch) {
	case IMB_ARCH_SSE:
		return "SSE";
#if IMB_VERSION_NUM < IMB_VERSION(2, 0, 0)
	case IMB_ARCH_AVX:
		return "AVX";
#endif
	case IMB_ARCH_AVX2:
		return "AVX2";
	case IMB_ARCH_AVX512:
		return "AVX512";
	default:
		return "other";
	}
}

#endif
