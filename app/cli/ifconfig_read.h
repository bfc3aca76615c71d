/* SPDX-License-Identifier: BSD-3-Clause */
/* The parameters of ifconfig(8) as a list of actions. */
#ifndef CLI_IFCONFIG_READ_H
#define CLI_IFCONFIG_READ_H

#include "control/control.h"

#define ACTIONS_MAX 32

enum action_kind {
	ACT_CREATE,
	ACT_DESTROY,
	ACT_TUNNEL,
	ACT_DELETETUNNEL,
	ACT_ADDR_SET, /* without alias: the first address gives way, as in ifconfig(8) */
	ACT_ADDR_ADD,
	ACT_ADDR_REMOVE,
	ACT_FLAG,
	ACT_MTU,
	ACT_REQID,
	ACT_FIB,
	ACT_TUNNELFIB,
	ACT_DESCRIPTION
};

struct action {
	enum action_kind kind;
	int af;
	struct ip_addr local, remote;
	bool any_addr; /* of ACT_ADDR_REMOVE: the first */
	struct iface_addr addr;
	enum iface_flag flag;
	bool on;
	uint32_t value;
	const char *text;
};

/** What is being read: argv[i] is next. */
struct reader {
	int argc, i;
	char **argv;
	const char *name;
	int af;
	struct action act[ACTIONS_MAX];
	unsigned int n;
	struct err *err;
};

/** Read all parameters from r->i on into r->act. 0 or -errno with r->err. Nothing is done yet. */
int ifconfig_read(struct reader *r);

#endif
