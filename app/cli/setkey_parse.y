/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The grammar of setkey(8)'s statements, with the extensions that docs/reference/cli.md lists. What a word may be is judged by
 * setkey_check.c, so that each mistake has a sentence of its own.
 */
%define api.pure full
%define api.push-pull push
%define api.prefix {setkey_yy}
%define parse.error custom
%define parse.lac full
%param { void *scanner }
%parse-param { struct setkey_parser *p }

%code requires {
#include "cli/setkey_parse.h"
}

%union {
	struct setkey_text text;
	uint64_t number;
}

%code {
#include <stdio.h>
#include <string.h>

int setkey_yylex(union SETKEY_YYSTYPE *value, void *scanner);
static void setkey_yyerror(void *scanner, struct setkey_parser *p, const char *msg);

#define TRY(call)                                                                                  \
	do {                                                                                       \
		if ((call) != 0)                                                                   \
			YYABORT;                                                                   \
	} while (0)
#define NUMBER(what, text, max, field)                                                             \
	do {                                                                                       \
		uint64_t v;                                                                        \
		TRY(setkey_set_number(p, what, text, max, &v));                                    \
		(field) = (__typeof__(field))v;                                                    \
	} while (0)
}

%token ADD "add" GET "get" DELETE "delete" DELETEALL "deleteall" FLUSH "flush" DUMP "dump"
%token SPDADD "spdadd" SPDDELETE "spddelete" SPDFLUSH "spdflush" SPDDUMP "spddump"
%token OPT_MODE "-m" OPT_REQID "-u" OPT_WINDOW "-r" OPT_FLAG "-f" OPT_LH "-lh" OPT_LS "-ls"
%token OPT_BH "-bh" OPT_BS "-bs" OPT_PH "-ph" OPT_PS "-ps" OPT_ESN "-esn" OPT_NATT "-natt"
%token OPT_E "-E" OPT_A "-A" OPT_C "-C"
%token <text> OPT_FAMILY "-4" OPT_NEWER "-natt_mtu" OPT_R "-R" OPT_UNKNOWN "option"
%token END ";" BAD "rubbish"
%token <text> WORD "word" QUOTED "quoted string" PORT "[port]"
%type <text> key

%%
statements:
	%empty
	| statements statement END	{ TRY(setkey_end(p)); }
	| statements END
	;

statement:
	ADD				{ TRY(setkey_begin(p, SETKEY_ADD)); }
		families ends protocol spi options
	| GET				{ TRY(setkey_begin(p, SETKEY_GET)); }
		families ends protocol spi options
	| DELETE			{ TRY(setkey_begin(p, SETKEY_DELETE)); }
		families ends protocol spi options
	| DELETEALL			{ TRY(setkey_begin(p, SETKEY_DELETEALL)); }
		families ends any_protocol
	| FLUSH				{ TRY(setkey_begin(p, SETKEY_FLUSH)); }
		any_protocol
	| DUMP				{ TRY(setkey_begin(p, SETKEY_DUMP)); }
		any_protocol
	| SPDADD			{ TRY(setkey_begin(p, SETKEY_SPDADD)); }
	| SPDDELETE			{ TRY(setkey_begin(p, SETKEY_SPDDELETE)); }
	| SPDFLUSH			{ TRY(setkey_begin(p, SETKEY_SPDFLUSH)); }
	| SPDDUMP			{ TRY(setkey_begin(p, SETKEY_SPDDUMP)); }
	;

families:
	%empty
	| families OPT_FAMILY		{ setkey_set_family(p, $2); }
	;

ends:
	WORD				{ TRY(setkey_set_end(p, false, $1)); }
	WORD				{ TRY(setkey_set_end(p, true, $3)); }
	;

protocol:
	WORD				{ TRY(setkey_set_protocol(p, $1)); }
	;

any_protocol:
	%empty
	| protocol
	;

spi:
	WORD				{ TRY(setkey_set_spi(p, $1)); }
	;

options:
	%empty
	| options option
	;

option:
	OPT_MODE WORD			{ TRY(setkey_set_mode(p, $2)); }
	| OPT_REQID WORD		{ NUMBER("reqid", $2, UINT32_MAX, p->now->prm.reqid); }
	| OPT_WINDOW WORD		{ TRY(setkey_set_window(p, $2)); }
	| OPT_FLAG WORD			{ TRY(setkey_set_pad(p, $2)); }
	| OPT_LH WORD			{ NUMBER("-lh", $2, UINT32_MAX, p->now->prm.hard.seconds); }
	| OPT_LS WORD			{ NUMBER("-ls", $2, UINT32_MAX, p->now->prm.soft.seconds); }
	| OPT_BH WORD			{ NUMBER("-bh", $2, UINT64_MAX, p->now->prm.hard.bytes); }
	| OPT_BS WORD			{ NUMBER("-bs", $2, UINT64_MAX, p->now->prm.soft.bytes); }
	| OPT_PH WORD			{ NUMBER("-ph", $2, UINT64_MAX, p->now->prm.hard.packets); }
	| OPT_PS WORD			{ NUMBER("-ps", $2, UINT64_MAX, p->now->prm.soft.packets); }
	| OPT_ESN			{ p->now->prm.esn = true; }
	| OPT_NATT WORD WORD		{ TRY(setkey_set_natt(p, $2, $3)); }
	| OPT_NATT WORD PORT WORD PORT	{ TRY(setkey_set_natt_ends(p, $2, $4)); TRY(setkey_set_natt(p, $3, $5)); }
	| OPT_NEWER WORD		{ TRY(setkey_refuse_option(p, $1)); }
	| OPT_C WORD			{ TRY(setkey_set_compression(p, $2)); }
	| OPT_R				{ TRY(setkey_refuse_option(p, $1)); }
	| OPT_E WORD key		{ TRY(setkey_set_encryption(p, $2, $3)); }
	| OPT_A WORD key		{ TRY(setkey_set_authentication(p, $2, $3)); }
	;

key:
	%empty				{ $$ = (struct setkey_text){ NULL, 0 }; }
	| QUOTED
	| WORD
	;
%%

static void
setkey_yyerror(void *scanner, struct setkey_parser *p, const char *msg)
{
	(void)scanner;
	setkey_wrong(p, "%s", msg);
}

/* "'esq' where one of -m, -u was expected" */
static int
yyreport_syntax_error(const yypcontext_t *ctx, void *scanner, struct setkey_parser *p)
{
	yysymbol_kind_t expected[40];
	yysymbol_kind_t got = yypcontext_token(ctx);
	char list[160] = "", what[64];
	bool behind_spi = false; /* a word there may be a key that lost its option */
	int i, n = yypcontext_expected_tokens(ctx, expected, 40);
	size_t len = 0;

	(void)scanner;
	p->at = got != YYSYMBOL_YYEOF ? p->token
				      : (struct setkey_text){ p->text + p->offset, 0 };
	for (i = 0; i < n && len < sizeof(list); i++) {
		if (expected[i] == YYSYMBOL_OPT_R || expected[i] == YYSYMBOL_OPT_C ||
				expected[i] == YYSYMBOL_OPT_NEWER)
			continue; /* not here */
		behind_spi |= expected[i] == YYSYMBOL_OPT_E;
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s", len == 0 ? "" : " ",
				yysymbol_name(expected[i]));
	}
	if (got == YYSYMBOL_YYEOF)
		snprintf(what, sizeof(what), "the text ends");
	else if (got == YYSYMBOL_QUOTED)
		snprintf(what, sizeof(what), "a quoted string");
	else if (behind_spi && got == YYSYMBOL_WORD)
		snprintf(what, sizeof(what), "a word");
	else
		snprintf(what, sizeof(what), "'%.*s'", (int)setkey_shown(p->token).len,
				setkey_shown(p->token).at);
	setkey_wrong(p, "%s where this is expected: %s", what, list);
	return 0;
}

void *
setkey_state_create(void)
{
	return setkey_yypstate_new();
}

void
setkey_state_destroy(void *state)
{
	if (state != NULL)
		setkey_yypstate_delete(state);
}

int
setkey_state_push(void *state, struct setkey_parser *p)
{
	union SETKEY_YYSTYPE value;
	int token, rc;

	do {
		token = setkey_yylex(&value, p->scanner);
		rc = setkey_yypush_parse(state, token, &value, p->scanner, p);
	} while (rc == YYPUSH_MORE && token != END);
	return rc == YYPUSH_MORE ? 1 : rc == 0 ? 0 : -1;
}
