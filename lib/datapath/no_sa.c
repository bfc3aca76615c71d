/* SPDX-License-Identifier: BSD-3-Clause */
/* The control core's side of no_sa.h. */
#include "datapath/no_sa.h"

#include "datapath/worker.h"

static unsigned int
take_word(struct no_sa *n, unsigned int word, uint16_t ret_ifaces[])
{
	uint64_t bits = __atomic_exchange_n(&n->rung[word], 0, __ATOMIC_ACQUIRE);
	unsigned int k = 0;

	for (; bits != 0; bits &= bits - 1)
		ret_ifaces[k++] = (uint16_t)(word * 64 + (unsigned int)__builtin_ctzll(bits));
	return k;
}

static bool
nobody_rings(const struct no_sa *n)
{
	uint64_t words = 0;
	unsigned int i;

	for (i = 0; i < RTE_DIM(n->rung_words); i++)
		words |= __atomic_load_n(&n->rung_words[i], __ATOMIC_RELAXED);
	return likely(words == 0);
}

/* Goes on where it stopped, so that those who ring all the time do not keep others from being heard. */
unsigned int
no_sa_take(struct no_sa *n, uint16_t ret_ifaces[], unsigned int max)
{
	unsigned int i, k = 0;

	if (nobody_rings(n))
		return 0;
	for (i = 0; i < NO_SA_WORDS && k + 64 <= max; i++) {
		const unsigned int word = n->next_word;
		const uint64_t bit = 1ULL << word % 64;
		uint64_t *words = &n->rung_words[word / 64];

		n->next_word = (word + 1) % NO_SA_WORDS;
		if ((__atomic_load_n(words, __ATOMIC_RELAXED) & bit) == 0)
			continue;
		__atomic_fetch_and(words, ~bit, __ATOMIC_ACQUIRE);
		k += take_word(n, word, &ret_ifaces[k]);
	}
	return k;
}

unsigned int
dp_no_sa_take(struct dataplane *dp, uint16_t ret_ifaces[], unsigned int max)
{
	const unsigned int first = dp->no_sa_first++ % dp->nb_workers;
	unsigned int w, k = 0;

	for (w = 0; w < dp->nb_workers; w++)
		k += no_sa_take(dp->worker[(first + w) % dp->nb_workers]->no_sa, &ret_ifaces[k],
				max - k);
	return k;
}

void
dp_no_sa_count(const struct dataplane *dp, uint16_t iface, uint32_t ret_count[2])
{
	unsigned int w;

	ret_count[0] = ret_count[1] = 0;
	for (w = 0; w < dp->nb_workers; w++) {
		const uint32_t *count = dp->worker[w]->no_sa->count[iface];

		ret_count[0] += __atomic_load_n(&count[0], __ATOMIC_RELAXED);
		ret_count[1] += __atomic_load_n(&count[1], __ATOMIC_RELAXED);
	}
}
