/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets that found no outbound SA: how a worker tells the control core without waiting for it. It counts them by interface in
 * memory of its own and rings: one bit for an interface, one for a word of those. The control core takes the bits and looks at those
 * counts only, however many interfaces there are. Private to the datapath.
 */
#ifndef DATAPATH_NO_SA_H
#define DATAPATH_NO_SA_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_common.h>

#include "base/limits.h"

#define NO_SA_WORDS (IFACE_MAX / 64)

struct no_sa {
	uint64_t rung_words[NO_SA_WORDS / 64];            /* [A] words of rung[] that are not 0 */
	unsigned int next_word;                           /* [C] where the next look starts */
	uint64_t rung[NO_SA_WORDS] __rte_cache_aligned;   /* [A] a bit for each interface */
	uint32_t count[IFACE_MAX][2] __rte_cache_aligned; /* [A] one writer; IPv4 and IPv6 inside */
};

/** A packet of interface @p iface was dropped. The worker that owns @p n. */
static inline void
no_sa_ring(struct no_sa *n, uint16_t iface, bool ip6)
{
	const uint64_t bit = 1ULL << iface % 64;
	const unsigned int word = iface / 64;

	__atomic_store_n(&n->count[iface][ip6], n->count[iface][ip6] + 1, __ATOMIC_RELAXED);
	/* a bit that is still set will be taken: at the latest in a second for an interface that has rung before */
	if (__atomic_load_n(&n->rung[word], __ATOMIC_RELAXED) & bit)
		return;
	__atomic_fetch_or(&n->rung[word], bit, __ATOMIC_RELEASE);
	__atomic_fetch_or(&n->rung_words[word / 64], 1ULL << word % 64, __ATOMIC_RELEASE);
}

/** Interfaces that have rung, a word of 64 as a whole, at most @p max; their bits are cleared. The control core. */
unsigned int no_sa_take(struct no_sa *n, uint16_t ret_ifaces[], unsigned int max);

#endif
