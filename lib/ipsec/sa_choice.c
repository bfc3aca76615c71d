/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The choice among outbound SAs: see sa_choice.h. One that can not send is no choice; one without numbers only where there is no
 * other; then what the operator prefers. No state, no clock.
 */
#include <rte_common.h>

#include "ipsec/sa_choice.h"

bool
sa_is_better(enum sa_prefer prefer, const struct sa_facts *a, const struct sa_facts *b)
{
	if (!a->usable || !b->usable)
		return a->usable;
	if (a->spent != b->spent)
		return b->spent;
	if (a->spent) /* the newest of them may have some left */
		return a->order > b->order;
	if (prefer == SA_PREFER_OLDEST)
		return a->order < b->order;
	if (prefer == SA_PREFER_NEWEST)
		return a->order > b->order;
	if (a->proven != b->proven)
		return a->proven;
	return a->proven ? a->order > b->order : a->order < b->order;
}

enum sa_verdict
sa_verdict(enum sa_prefer prefer, const struct sa_facts *a, const struct sa_facts *chosen)
{
	if (!a->usable || chosen == NULL)
		return SA_NOT_USABLE;
	if (a->order == chosen->order)
		return SA_CHOSEN;
	if (a->spent)
		return SA_IS_SPENT;
	if (prefer == SA_PREFER_PROVEN && !a->proven)
		return SA_NOT_PROVEN;
	return a->order > chosen->order ? SA_TOO_NEW : SA_TOO_OLD;
}

const char *
sa_verdict_text(enum sa_verdict verdict)
{
	static const char *const texts[] = {
		[SA_CHOSEN] = "chosen",
		[SA_NOT_USABLE] = "not usable",
		[SA_IS_SPENT] = "sequence numbers used up",
		[SA_NOT_PROVEN] = "nothing has come on its inbound SA yet",
		[SA_TOO_NEW] = "an older one is preferred",
		[SA_TOO_OLD] = "a newer one is preferred",
	};

	return (unsigned int)verdict < RTE_DIM(texts) ? texts[verdict] : "";
}
