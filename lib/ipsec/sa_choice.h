/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which of several SAs an interface sends with: a pure function of a few facts about each, for the control core, which chooses with
 * it, and for whoever explains the choice. Who gathers the facts, and what proves an SA, is in control/sa_rekey.c.
 */
#ifndef IPSEC_SA_CHOICE_H
#define IPSEC_SA_CHOICE_H

#include <stdbool.h>
#include <stdint.h>

enum sa_prefer {
	SA_PREFER_OLDEST, /* net.key.preferred_oldsa=1 with net.key.rekey=preferred: FreeBSD */
	SA_PREFER_NEWEST, /* net.key.preferred_oldsa=0 */
	SA_PREFER_PROVEN  /* net.key.rekey=proven: the newest that the other end is known to have */
};

struct sa_facts {
	uint64_t order; /* rises with each SA added */
	bool usable;    /* MATURE or DYING, outbound, of the interface */
	bool spent;     /* no sequence numbers left, or nearly none */
	bool proven;    /* the other end has shown that it has the pair, or had time enough */
};

/** Why an SA is used or not. */
enum sa_verdict {
	SA_CHOSEN,
	SA_NOT_USABLE, /* state, direction or interface */
	SA_IS_SPENT,
	SA_NOT_PROVEN, /* a proven one, or an older one, serves until it is */
	SA_TOO_NEW,    /* an older one is preferred */
	SA_TOO_OLD     /* a newer one is preferred */
};

/** Is @p a to be used rather than @p b? A strict order: the best of several does not depend on how they are compared. */
bool sa_is_better(enum sa_prefer prefer, const struct sa_facts *a, const struct sa_facts *b);
/** Of @p a, where @p chosen (NULL: none) is the best of all. */
enum sa_verdict sa_verdict(
		enum sa_prefer prefer, const struct sa_facts *a, const struct sa_facts *chosen);
/** "chosen", "not usable", "sequence numbers used up", ... */
const char *sa_verdict_text(enum sa_verdict verdict);

#endif
