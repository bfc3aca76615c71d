/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What lexer, grammar and the checks of setkey(8)'s statements share. Private to setkey_*.
 */
#ifndef CLI_SETKEY_PARSE_H
#define CLI_SETKEY_PARSE_H

#include <stdint.h>

#include "cli/setkey.h"

/** A token's text, in the text being read or (quoted) in its own copy of it; not terminated. */
struct setkey_text {
	const char *at;
	unsigned int len;
};

struct setkey_parser {
	const char *text;
	struct setkey_list *list;
	struct setkey_statement *now; /* being read, NULL between statements */
	struct err *err;
	void *scanner;
	size_t offset;            /* of the text that is not read yet */
	int line;                 /* of the token read last */
	struct setkey_text token; /* read last, for messages */
};

/** Say what is wrong on the current line; the first message stays. @return -1, so that an action can stop on it. */
int setkey_wrong(struct setkey_parser *p, const char *fmt, ...)
		__attribute__((format(printf, 2, 3)));

/** What of a token may stand in a message. */
struct setkey_text setkey_shown(struct setkey_text t);

/* Each 0, or -1 after setkey_wrong(). */
int setkey_begin(struct setkey_parser *p, enum setkey_op op);
void setkey_end(struct setkey_parser *p);
int setkey_set_address(struct setkey_parser *p, struct ip_addr *ret_addr, struct setkey_text t);
int setkey_check_protocol(struct setkey_parser *p, struct setkey_text t, bool any);
int setkey_set_spi(struct setkey_parser *p, struct setkey_text t);
int setkey_set_number(struct setkey_parser *p, const char *what, struct setkey_text t, uint64_t max,
		uint64_t *ret_value);
int setkey_set_mode(struct setkey_parser *p, struct setkey_text t);
int setkey_set_window(struct setkey_parser *p, struct setkey_text t);
int setkey_set_pad(struct setkey_parser *p, struct setkey_text t);
int setkey_set_natt(struct setkey_parser *p, struct setkey_text sport, struct setkey_text dport);
/** @p key.at NULL: none given. */
int setkey_set_encryption(struct setkey_parser *p, struct setkey_text name, struct setkey_text key);
int setkey_set_authentication(
		struct setkey_parser *p, struct setkey_text name, struct setkey_text key);

#endif
