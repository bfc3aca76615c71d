/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Collecting the statements of `setkey -c`: up to ^D (the character, or the two characters pasted), a line with a single '.', or
 * the end of the client's input. They may hold keys, so they go neither into history nor stay in memory.
 */
#include <ctype.h>
#include <string.h>

#include "cli/session_priv.h"

static void
statements_end(struct session *s, bool run)
{
	size_t len = evbuffer_get_length(s->statements);
	char *text = (char *)evbuffer_pullup(s->statements, -1);

	if (run)
		session_run(s, &s->pending, text == NULL ? "" : text, len);
	if (text != NULL)
		explicit_bzero(text, len);
	evbuffer_free(s->statements);
	s->statements = NULL;
	s->refused = false;
	words_free(&s->pending);
	session_prompt(s);
}

/* A '.' or "^D" alone on its line; manuals print it indented. */
static bool
is_end(const char *line)
{
	size_t n;

	line += strspn(line, " \t");
	n = strcspn(line, " \t");
	if (line[n + strspn(line + n, " \t")] != '\0')
		return false;
	return (n == 1 && line[0] == '.') || (n == 2 && memcmp(line, "^D", 2) == 0);
}

/* What follows can not be understood without what was refused, and may hold keys: it is thrown away up to the end of the statements. */
static void
statements_refuse(struct session *s)
{
	size_t len = evbuffer_get_length(s->statements);
	unsigned char *text = evbuffer_pullup(s->statements, -1);

	if (text != NULL)
		explicit_bzero(text, len);
	evbuffer_drain(s->statements, len);
	s->refused = true;
	session_say(s,
			"setkey: nothing is done, what follows up to ^D or a line with a single "
			"'.' is "
			"left out");
}

static void
statements_line(struct session *s, bool newline)
{
	bool long_line = s->too_long;

	s->line[s->len] = '\0';
	s->too_long = false;
	if (!long_line && is_end(s->line)) {
		s->len = 0;
		statements_end(s, !s->refused);
		return;
	}
	if (!s->refused && long_line) {
		session_refuse_long(s, CLI_LINE_MAX);
		statements_refuse(s);
	} else if (!s->refused &&
			evbuffer_get_length(s->statements) + s->len > CLI_STATEMENTS_MAX) {
		session_say(s, "setkey: more than 8 MiB of statements, refused");
		statements_refuse(s);
	}
	if (!s->refused) {
		evbuffer_add(s->statements, s->line, s->len);
		if (newline)
			evbuffer_add(s->statements, "\n", 1);
	}
	explicit_bzero(s->line, s->len);
	s->len = 0;
}

static void
statements_echo(struct session *s, const char *text)
{
	if (s->telnet.echo)
		evbuffer_add(session_out(s), text, strlen(text));
}

void
session_statements_byte(struct session *s, char c)
{
	switch (c) {
	case CTRL_D:
		statements_echo(s, "^D\r\n");
		if (s->len > 0)
			statements_line(s, false);
		if (s->statements != NULL)
			statements_end(s, !s->refused);
		return;
	case CTRL_C:
		statements_echo(s, "^C\r\n");
		s->len = 0;
		s->too_long = false;
		statements_end(s, false);
		return;
	case '\n':
		statements_echo(s, "\r\n");
		statements_line(s, true);
		return;
	case '\b':
	case 0x7f:
		if (s->len > 0) {
			s->len--;
			statements_echo(s, "\b \b");
		}
		return;
	default:
		break;
	}
	if (s->len == CLI_LINE_MAX) {
		s->too_long = true;
		return;
	}
	s->line[s->len++] = c;
	if (isprint((unsigned char)c))
		statements_echo(s, (char[]){ c, '\0' });
}
