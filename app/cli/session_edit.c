/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Line editing by DPDK's rdline: history, completion with Tab, choices with ?. Its buffer holds 512 characters; a longer line is
 * refused.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli/session_priv.h"

#define EDIT_MAX 500

/*
 * Commands only: a statement of setkey that came to the prompt by mistake may hold keys. So may a word that is like one, wherever it
 * stands.
 */
static bool
is_for_history(const char *line)
{
	const char *p;
	struct words words;
	bool is = false;

	for (p = line; (p = strcasestr(p, "0x")) != NULL; p += 2)
		if (strspn(p + 2, "0123456789abcdefABCDEF") > 8)
			return false;
	if (words_split(line, &words) != NULL)
		return false;
	if (words.n > 0) {
		const char *name = words.word[strcmp(words.word[0], "-j") == 0 && words.n > 1];
		int i;

		is = cli_command_find(name) != NULL;
		for (i = 0; i < words.n; i++)
			is = is && strcmp(words.word[i], "-E") != 0 &&
					strcmp(words.word[i], "-A") != 0;
	}
	words_free(&words);
	return is;
}

static void
edit_done(struct session *s)
{
	const char *buf = rdline_get_buffer(s->editor);
	size_t len = strcspn(buf, "\r\n");
	char line[EDIT_MAX + 32];

	snprintf(line, sizeof(line), "%.*s", (int)len, buf);
	if (s->too_long) {
		session_refuse_long(s, EDIT_MAX);
	} else if (line[0] != '\0') {
		if (is_for_history(line))
			rdline_add_history(s->editor, line);
		session_line(s, line);
		explicit_bzero(line, sizeof(line));
	}
	s->too_long = false;
	if (s->statements == NULL)
		session_prompt(s);
}

void
session_editor_byte(struct session *s, char c)
{
	if ((unsigned char)c >= 0x80)
		return;
	if (isprint((unsigned char)c) && strlen(rdline_get_buffer(s->editor)) >= EDIT_MAX) {
		s->too_long = true;
		return;
	}
	switch (rdline_char_in(s->editor, c)) {
	case RDLINE_RES_VALIDATED:
		edit_done(s);
		break;
	case RDLINE_RES_EOF:
	case RDLINE_RES_EXITED:
		s->closing = true;
		break;
	default:
		break;
	}
}

static int
editor_write(struct rdline *rdl, char c)
{
	struct session *s = rdline_get_opaque(rdl);

	if (!s->mute)
		evbuffer_add(session_out(s), &c, 1);
	return 0;
}

static void
editor_validate(struct rdline *rdl, const char *buf, unsigned int size)
{
	(void)rdl;
	(void)buf;
	(void)size;
}

/* What all choices begin with beyond what is typed. */
static bool
common_rest(const struct cli_choices *c, char *dst, unsigned int size)
{
	size_t typed = strlen(c->prefix), len = strlen(c->choice[0].word);
	unsigned int i;

	for (i = 1; i < c->n; i++) {
		size_t k = 0;

		while (k < len && c->choice[i].word[k] == c->choice[0].word[k])
			k++;
		len = k;
	}
	if (len <= typed && c->n != 1)
		return false;
	snprintf(dst, size, "%.*s%s", (int)(len - typed), c->choice[0].word + typed,
			c->n == 1 ? " " : "");
	return true;
}

/* rdline's protocol: *state 0 is Tab, -1 is ?, later the number of the choice. */
static int
editor_complete(struct rdline *rdl, const char *buf, char *dst, unsigned int size, int *state)
{
	struct session *s = rdline_get_opaque(rdl);
	struct cli_choices *c = &s->choices;

	if (*state <= 0) {
		bool tab = *state == 0;

		cli_complete(s->env->ctl, buf, c);
		*state = 1;
		if (c->n == 0)
			return 0;
		if (tab && common_rest(c, dst, size))
			return RDLINE_RES_COMPLETE;
	}
	if ((unsigned int)*state > c->n)
		return 0;
	snprintf(dst, size, "%-16s %s", c->choice[*state - 1].word, c->choice[*state - 1].help);
	++*state;
	return 1;
}

struct rdline *
session_editor_create(struct session *s)
{
	return rdline_new(editor_write, editor_validate, editor_complete, s);
}

void
session_editor_start(struct session *s)
{
	size_t i, n = s->statements == NULL ? s->len : 0;

	s->mute = true;
	rdline_newline(s->editor, CLI_PROMPT);
	s->mute = false;
	for (i = 0; i < n; i++)
		session_editor_byte(s, s->line[i]);
	if (n > 0)
		s->len = 0;
}
