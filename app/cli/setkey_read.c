/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading a text of statements, one at a time: words from setkey_lex.l are pushed into the grammar of setkey_parse.y. Who has a long
 * text does something else in between.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/setkey_parse.h"

int setkey_yylex_init_extra(struct setkey_parser *p, void **ret_scanner);
int setkey_yylex_destroy(void *scanner);
void setkey_yyset_lineno(int line, void *scanner);
struct yy_buffer_state *setkey_yy_scan_bytes(const char *bytes, int len, void *scanner);

struct setkey_reader {
	struct setkey_parser p;
	void *state; /* of the grammar */
};

static int
text_check(struct setkey_parser *p, const char *text, size_t len)
{
	if (len > CLI_STATEMENTS_MAX)
		return setkey_wrong(p, "the text of %zu bytes is too long (%u)", len,
				CLI_STATEMENTS_MAX);
	if (memchr(text, '\0', len) != NULL)
		return setkey_wrong(p, "the text holds a NUL byte");
	return 0;
}

struct setkey_reader *
setkey_read_begin(const char *text, size_t len, struct setkey_list *list, struct err *err)
{
	struct setkey_reader *r = calloc(1, sizeof(*r));

	STAILQ_INIT(list);
	err->code = 0;
	if (r == NULL) {
		err_set(err, ENOMEM, "line 1: out of memory");
		return NULL;
	}
	r->p = (struct setkey_parser){ .text = text, .list = list, .err = err, .line = 1 };
	if (text_check(&r->p, text, len) == 0) {
		r->state = setkey_state_create();
		if (r->state == NULL || setkey_yylex_init_extra(&r->p, &r->p.scanner) != 0 ||
				setkey_yy_scan_bytes(text, (int)len, r->p.scanner) == NULL)
			setkey_wrong(&r->p, "out of memory");
	}
	if (err->code != 0) {
		setkey_read_end(r);
		return NULL;
	}
	setkey_yyset_lineno(1, r->p.scanner);
	return r;
}

int
setkey_read_next(struct setkey_reader *r, struct err *err)
{
	int rc;

	r->p.err = err;
	rc = setkey_state_push(r->state, &r->p);
	if (rc >= 0)
		return rc;
	setkey_wrong(&r->p, "not understood");
	setkey_free(r->p.list);
	return -EINVAL;
}

void
setkey_read_end(struct setkey_reader *r)
{
	if (r == NULL)
		return;
	if (r->p.scanner != NULL)
		setkey_yylex_destroy(r->p.scanner);
	setkey_state_destroy(r->state);
	hosts_free(r->p.hosts);
	setkey_statement_free(r->p.now);
	free(r);
}

int
setkey_parse(const char *text, size_t len, struct setkey_list *ret_list, struct err *err)
{
	struct setkey_reader *r = setkey_read_begin(text, len, ret_list, err);
	int rc;

	if (r == NULL)
		return -EINVAL;
	while ((rc = setkey_read_next(r, err)) > 0)
		;
	setkey_read_end(r);
	return rc;
}
