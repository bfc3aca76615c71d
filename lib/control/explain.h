/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the datapath would do with a packet, in words: the chain of its decisions (datapath/explain.h) with names, reasons and, where
 * there is an obvious one, the remedy. Presented by the CLI's `explain`. Nothing is sent, counted or changed.
 */
#ifndef CONTROL_EXPLAIN_H
#define CONTROL_EXPLAIN_H

#include "control/control.h"
#include "datapath/explain.h"

#define CTL_EXPLAIN_LINES 96
#define CTL_EXPLAIN_TEXT 224

enum ctl_explain_end {
	CTL_EXPLAIN_DELIVERED, /* by port to mac */
	CTL_EXPLAIN_DROPPED,   /* for drop */
	CTL_EXPLAIN_PUNTED,    /* to the control core, for punt */
	CTL_EXPLAIN_ACCEPTED   /* by an inbound SA; what is inside was not asked about */
};

struct ctl_explain_line {
	const char *step; /* "route", "sa" */
	bool good;        /* false: this is why it ends here */
	char text[CTL_EXPLAIN_TEXT];
};

struct ctl_explanation {
	enum ctl_explain_end end;
	enum drop_reason drop;
	enum punt_reason punt;
	char port[IFACE_NAME_MAX]; /* delivered */
	struct rte_ether_addr mac; /* delivered */
	uint16_t bytes; /* delivered: of the IP packet on the wire, or its largest piece */
	char sentence[CTL_EXPLAIN_TEXT];
	char remedy[CTL_EXPLAIN_TEXT]; /* "": none is obvious */
	unsigned int nb_lines;
	struct ctl_explain_line line[CTL_EXPLAIN_LINES];
};

/**
 * Explain. In @p req, in: outer_src.af 0 is filled with the SA's source, or an address of nobody's.
 * @return 0, -EINVAL (ends of two families), -ENXIO (no such interface), -ENOMEM, with @p err.
 */
int ctl_explain(struct ctl *ctl, struct explain_request *req, const char *interface,
		struct ctl_explanation *ret, struct err *err);

#endif
