/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The statements of setkey(8) as data. setkey_parse() reads all of a text before anything is done: a text with a mistake changes
 * nothing. setkey_run.c does them in order.
 */
#ifndef CLI_SETKEY_H
#define CLI_SETKEY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "control/control.h"

struct cli;
struct evbuffer;
struct setkey_reader;

enum setkey_op {
	SETKEY_ADD,
	SETKEY_GET,
	SETKEY_DELETE,
	SETKEY_DELETEALL,
	SETKEY_FLUSH,
	SETKEY_DUMP,
	SETKEY_SPDADD,
	SETKEY_SPDDELETE,
	SETKEY_SPDFLUSH,
	SETKEY_SPDDUMP
};

struct setkey_statement {
	STAILQ_ENTRY(setkey_statement) next;
	enum setkey_op op;
	int line;             /* of its first word */
	char protocol[8];     /* "": none given, all are meant; only esp has SAs here */
	struct sa_params prm; /* ends and SPI of all; the rest of `add` */
};
STAILQ_HEAD(setkey_list, setkey_statement);

/**
 * Read statements. Names of hosts are looked up in /etc/hosts, which is read once per text. An `add` between names of several
 * addresses becomes a statement for each pair of one family.
 * @return 0, or -EINVAL with @p err ("line N, column M: ..."); then the list is empty. Free with setkey_free().
 */
int setkey_parse(const char *text, size_t len, struct setkey_list *ret_list, struct err *err);
/**
 * The same, statement by statement: @p text must stay as it is, and @p list where it is, until setkey_read_end(). NULL with @p err.
 */
struct setkey_reader *setkey_read_begin(
		const char *text, size_t len, struct setkey_list *list, struct err *err);
/** @return 1: there is more; 0: all is read; -EINVAL with @p err: the list is empty. */
int setkey_read_next(struct setkey_reader *r, struct err *err);
void setkey_read_end(struct setkey_reader *r);
/** Wipes the keys. */
void setkey_free(struct setkey_list *list);

/** Parse and do. @return 0, or 1 when anything was wrong (said by cli_error()). */
int setkey_run(struct cli *cli, const char *text, size_t len);

/** How SAs are shown. */
enum setkey_show {
	SETKEY_KEYS = 1 << 0,    /* keys themselves */
	SETKEY_VERBOSE = 1 << 1, /* what setkey(8) has not: failures, interface, where it runs */
	SETKEY_NONE = 1 << 2     /* those of another protocol: none */
};
/** `setkey -D` and `dump`; `setkey -DP` and `spddump`; one SA for `get`. In parts. */
int setkey_show_sas(struct cli *cli, unsigned int how);
int setkey_show_policies(struct cli *cli, unsigned int how);
/** `setkey -x`: events until the session ends it; @p raw_time: seconds since 1970. 0, or 1 after cli_error(). */
int setkey_monitor(struct cli *cli, bool raw_time);
/** One event, as text or as a line of JSON. */
void setkey_event_text(struct evbuffer *out, const struct ipsec_event *ev, bool raw_time);
void setkey_event_json(struct evbuffer *out, const struct ipsec_event *ev);
int setkey_show_one(struct cli *cli, const struct sa_ctl *sa);

#endif
