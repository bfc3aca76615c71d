/* SPDX-License-Identifier: BSD-3-Clause */
/* Between the files of explain: explain.c goes along the steps, explain_sa.c knows SAs, explain_end.c has the last word. */
#ifndef CONTROL_EXPLAIN_PRIV_H
#define CONTROL_EXPLAIN_PRIV_H

#include "control/ctl.h"
#include "control/explain.h"

struct telling {
	struct ctl *ctl;
	const struct explain_request *req;
	struct ctl_explanation *out;
};

/** Add a line. */
void explain_say(struct telling *t, const char *step, bool good, const char *fmt, ...)
		__attribute__((format(printf, 4, 5)));
/** Name of an interface; "interface 7" when it is gone. */
const char *explain_iface_name(struct ctl *ctl, uint16_t index);
/** "ipsec0": why it is not UP and RUNNING, and the remedy. */
void explain_flags(struct telling *t, const struct iface *ifp, const char *step);

/** The SAs that an ipsec interface could send with: the one chosen, and why not the others. */
void explain_sa_out(struct telling *t, const struct iface *ifp, const struct sa *chosen, bool good);
/** The SA of an ESP packet, or what comes near it. */
void explain_sa_in(struct telling *t, const struct explain_step *s);

/** The last sentence, and the remedy if no line has given one. */
void explain_end(struct telling *t, const struct explain *way);

#endif
