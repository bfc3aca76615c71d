/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What lexer, grammar and the checks of setkey(8)'s statements share. Private to setkey_*.
 */
#ifndef CLI_SETKEY_PARSE_H
#define CLI_SETKEY_PARSE_H

#include <stdint.h>

#include "cli/hosts.h"
#include "cli/setkey.h"

/** A token's text, in the text being read or (quoted) in its own copy of it; not terminated. */
struct setkey_text {
	const char *at;
	unsigned int len;
};

#define SETKEY_ENDS_MAX 16 /* addresses of a name */

/** The addresses of a name at one end. */
struct setkey_ends {
	struct ip_addr addr[SETKEY_ENDS_MAX];
	unsigned int n;
};

struct setkey_parser {
	const char *text;
	struct setkey_list *list;
	struct setkey_statement *now; /* being read, NULL between statements */
	struct err *err;
	void *scanner;
	size_t offset;            /* of the text that is not read yet */
	int line;                 /* of the token read last */
	struct setkey_text token; /* read last */
	struct setkey_text at;    /* what a message is about */
	struct hosts *hosts;      /* NULL: no name has been looked up yet */
	/* of the statement that is read */
	int af; /* -4, -6; 0: both */
	bool numeric;
	struct setkey_ends src, dst;
	struct setkey_text ends_at;
};

/** Say what is wrong with p->at, and where that is; the first message stays. @return -1, so that an action can stop on it. */
int setkey_wrong(struct setkey_parser *p, const char *fmt, ...)
		__attribute__((format(printf, 2, 3)));

/** What of a token may stand in a message. */
struct setkey_text setkey_shown(struct setkey_text t);

/* Each 0, or -1 after setkey_wrong(). */
int setkey_begin(struct setkey_parser *p, enum setkey_op op);
int setkey_end(struct setkey_parser *p);
void setkey_set_family(struct setkey_parser *p, struct setkey_text t);
int setkey_set_end(struct setkey_parser *p, bool dst, struct setkey_text t);
int setkey_set_protocol(struct setkey_parser *p, struct setkey_text t);
int setkey_set_spi(struct setkey_parser *p, struct setkey_text t);
int setkey_set_number(struct setkey_parser *p, const char *what, struct setkey_text t, uint64_t max,
		uint64_t *ret_value);
int setkey_set_mode(struct setkey_parser *p, struct setkey_text t);
int setkey_set_window(struct setkey_parser *p, struct setkey_text t);
int setkey_set_pad(struct setkey_parser *p, struct setkey_text t);
/** The original addresses of -natt, which only transport mode would need. */
int setkey_set_natt_ends(struct setkey_parser *p, struct setkey_text src, struct setkey_text dst);
int setkey_set_compression(struct setkey_parser *p, struct setkey_text name);
/** An option of setkey(8) that there is not here. */
int setkey_refuse_option(struct setkey_parser *p, struct setkey_text option);
int setkey_set_natt(struct setkey_parser *p, struct setkey_text sport, struct setkey_text dport);
/** @p key.at NULL: none given. */
int setkey_set_encryption(struct setkey_parser *p, struct setkey_text name, struct setkey_text key);
int setkey_set_authentication(
		struct setkey_parser *p, struct setkey_text name, struct setkey_text key);

/* setkey_parse.y: what the grammar has got to */
void *setkey_state_create(void);
void setkey_state_destroy(void *state);
/** The words of the next statement. 1: there is more, 0: the text has ended, -1: after setkey_wrong(). */
int setkey_state_push(void *state, struct setkey_parser *p);

/* setkey_check.c, for setkey_ends.c */
void setkey_statement_free(struct setkey_statement *s);
int setkey_copy(struct setkey_parser *p, const char *what, struct setkey_text t, char *buf,
		size_t size);
bool setkey_is(struct setkey_text t, const char *word);

/* A token in a message: cut, and without what may be a key. */
#define SHOW(t) (int)setkey_shown(t).len, setkey_shown(t).at

#endif
