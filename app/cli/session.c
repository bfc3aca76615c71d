/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A telnet session. Bytes go through telnet.c; then either through DPDK's line editor (rdline: editing, history, completion, ?) or,
 * while statements for setkey are collected and where the client does not do telnet, into a plain buffer.
 *
 * What a client can make us hold is bounded: a line (the rest of a longer one is dropped and the line refused), the statements of
 * one setkey, and the answer of one command: no further command is taken while more than OUT_HIGH bytes wait for a slow reader.
 */
#include "cli/session.h"

#include <ctype.h>
#include <event2/bufferevent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmdline_rdline.h>

#include "cli/telnet.h"

#define OUT_HIGH (256u << 10)
#define OUT_LOW (32u << 10)
#define IN_HIGH (64u << 10)
#define STALL_S 60   /* a client that takes nothing for so long is cut off */
#define EDIT_MAX 500 /* what rdline's buffer of 512 holds, with room */
#define CTRL_C 3
#define CTRL_D 4

struct session {
	struct bufferevent *bev;
	const struct cli_env *env;
	void (*ended)(struct session *s, void *arg);
	void *arg;
	struct telnet telnet;
	struct rdline *editor;
	bool mute; /* what the editor writes is not sent */
	bool last_cr;
	bool too_long; /* the rest of this line is dropped */
	bool eof;      /* the client sends no more */
	bool closing;  /* end when the output is sent */
	char line[CLI_LINE_MAX + 1];
	size_t len;
	struct evbuffer *statements; /* being collected for pending, NULL: not collecting */
	struct words pending;
	struct cli_choices choices;
};

static struct evbuffer *
out(struct session *s)
{
	return bufferevent_get_output(s->bev);
}

/* Text with \n, as the client wants its line ends. */
static void
send_text(struct session *s, struct evbuffer *text)
{
	struct evbuffer_iovec v;

	if (!s->telnet.spoken) {
		evbuffer_add_buffer(out(s), text);
		return;
	}
	while (evbuffer_peek(text, -1, NULL, &v, 1) > 0) {
		const char *p = v.iov_base, *nl = memchr(p, '\n', v.iov_len);
		size_t n = nl == NULL ? v.iov_len : (size_t)(nl - p);

		evbuffer_add(out(s), p, n);
		if (nl != NULL)
			evbuffer_add(out(s), "\r\n", 2);
		evbuffer_drain(text, nl == NULL ? n : n + 1);
	}
}

static void
send_line(struct session *s, const char *line)
{
	evbuffer_add_printf(out(s), "%s%s", line, s->telnet.spoken ? "\r\n" : "\n");
}

static void
prompt(struct session *s)
{
	if (s->closing)
		return;
	if (s->telnet.echo)
		rdline_newline(s->editor, CLI_PROMPT);
	else
		evbuffer_add(out(s), CLI_PROMPT, strlen(CLI_PROMPT));
}

static void
run_words(struct session *s, struct words *words, const char *input, size_t input_len)
{
	struct evbuffer *answer = evbuffer_new();
	struct cli cli = { .env = s->env,
		.ctl = s->env->ctl,
		.input = input,
		.input_len = input_len,
		.out = answer,
		.errors = answer };

	if (answer == NULL)
		return;
	cli_run(&cli, words->n, words->word);
	send_text(s, answer);
	evbuffer_free(answer);
	if (cli.clear && s->telnet.spoken)
		evbuffer_add_printf(out(s), "%s\033[H", vt100_clear_screen);
	if (cli.quit)
		s->closing = true;
}

/* Printable, tabs, and well-formed UTF-8. */
static bool
is_text(const char *line)
{
	json_t *j;
	const char *p;

	for (p = line; *p != '\0'; p++) {
		if ((*p >= 0 && *p < ' ' && *p != '\t') || *p == 0x7f)
			return false;
	}
	j = json_string(line);
	json_decref(j);
	return j != NULL;
}

static void
run_line(struct session *s, const char *line)
{
	struct words words;
	const char *why = is_text(line) ? words_split(line, &words) : "line: not text, refused";

	if (why != NULL) {
		send_line(s, why);
		return;
	}
	if (cli_wants_input(words.n, words.word)) {
		s->statements = evbuffer_new();
		if (s->statements != NULL) {
			s->pending = words;
			return;
		}
	}
	run_words(s, &words, NULL, 0);
	words_free(&words);
}

static void
too_long_refuse(struct session *s, unsigned int max)
{
	char msg[96];

	snprintf(msg, sizeof(msg), "line: longer than %u characters, refused", max);
	send_line(s, msg);
}

/* --- statements for setkey -c --- */

static void
statements_end(struct session *s, bool run)
{
	size_t len = evbuffer_get_length(s->statements);
	char *text = (char *)evbuffer_pullup(s->statements, -1);

	if (run)
		run_words(s, &s->pending, text == NULL ? "" : text, len);
	if (text != NULL)
		explicit_bzero(text, len);
	evbuffer_free(s->statements);
	s->statements = NULL;
	words_free(&s->pending);
	prompt(s);
}

static void
statements_line(struct session *s, bool newline)
{
	bool refused = s->too_long;

	s->line[s->len] = '\0';
	if (s->too_long)
		too_long_refuse(s, CLI_LINE_MAX);
	if (!refused && (strcmp(s->line, ".") == 0 || strcmp(s->line, "^D") == 0)) {
		s->len = 0;
		statements_end(s, true);
		return;
	}
	if (!refused && evbuffer_get_length(s->statements) + s->len > CLI_STATEMENTS_MAX) {
		send_line(s, "setkey: more than 8 MiB of statements, refused");
		refused = true;
	}
	evbuffer_add(s->statements, s->line, s->len);
	if (newline)
		evbuffer_add(s->statements, "\n", 1);
	explicit_bzero(s->line, s->len);
	s->len = 0;
	s->too_long = false;
	if (refused)
		statements_end(s, false); /* what follows can not be understood without it */
}

static void
statements_echo(struct session *s, const char *text)
{
	if (s->telnet.echo)
		evbuffer_add(out(s), text, strlen(text));
}

static void
statements_byte(struct session *s, char c)
{
	switch (c) {
	case CTRL_D:
		statements_echo(s, "^D\r\n");
		if (s->len > 0)
			statements_line(s, false);
		if (s->statements != NULL)
			statements_end(s, true);
		return;
	case CTRL_C:
		statements_echo(s, "^C\r\n");
		s->len = 0;
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

/* --- commands --- */

static void
plain_byte(struct session *s, char c)
{
	if (c == CTRL_D && s->len == 0) {
		s->closing = true;
		return;
	}
	if (c != '\n') {
		if (s->len == CLI_LINE_MAX)
			s->too_long = true;
		else
			s->line[s->len++] = c;
		return;
	}
	s->line[s->len] = '\0';
	s->len = 0;
	if (s->too_long)
		too_long_refuse(s, CLI_LINE_MAX);
	else
		run_line(s, s->line);
	s->too_long = false;
	if (s->statements == NULL)
		prompt(s);
}

static void
edit_done(struct session *s)
{
	const char *buf = rdline_get_buffer(s->editor);
	size_t len = strcspn(buf, "\r\n");
	char line[EDIT_MAX + 32];

	snprintf(line, sizeof(line), "%.*s", (int)len, buf);
	if (s->too_long) {
		too_long_refuse(s, EDIT_MAX);
	} else if (line[0] != '\0') {
		rdline_add_history(s->editor, line);
		run_line(s, line);
	}
	s->too_long = false;
	if (s->statements == NULL)
		prompt(s);
}

static void
edit_byte(struct session *s, char c)
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
		evbuffer_add(out(s), &c, 1);
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

/* --- bytes in, and the end --- */

/* The client agreed to our echo: from now on a character at a time. What it typed before goes into the editor. */
static void
echo_on(struct session *s)
{
	size_t i, n = s->statements == NULL ? s->len : 0;

	s->mute = true;
	rdline_newline(s->editor, CLI_PROMPT);
	s->mute = false;
	for (i = 0; i < n; i++)
		edit_byte(s, s->line[i]);
	if (n > 0)
		s->len = 0;
}

static void
take_char(struct session *s, char c)
{
	bool after_cr = s->last_cr;

	s->last_cr = c == '\r';
	if (c == '\0' || (after_cr && c == '\n'))
		return;
	if (c == '\r')
		c = '\n';
	if (s->statements != NULL)
		statements_byte(s, c);
	else if (s->telnet.echo)
		edit_byte(s, c);
	else
		plain_byte(s, c);
}

static void
take_byte(struct session *s, uint8_t byte)
{
	bool echo = s->telnet.echo;

	switch (telnet_take(&s->telnet, byte)) {
	case TELNET_BYTE:
		take_char(s, (char)byte);
		break;
	case TELNET_EOF:
		take_char(s, CTRL_D);
		break;
	case TELNET_INTERRUPT:
		if (s->statements != NULL || s->telnet.echo)
			take_char(s, CTRL_C);
		else
			s->len = 0;
		break;
	case TELNET_ERASE:
		take_char(s, 0x7f);
		break;
	case TELNET_KILL:
	case TELNET_NOTHING:
		break;
	}
	if (!echo && s->telnet.echo)
		echo_on(s);
}

static void
session_end(struct session *s)
{
	if (s->ended != NULL)
		s->ended(s, s->arg);
	session_destroy(s);
}

/* The client has closed its side: what it left unfinished is done, then the session ends. */
static void
finish(struct session *s)
{
	s->eof = false;
	if (s->statements == NULL && !s->telnet.echo && s->len > 0)
		plain_byte(s, '\n');
	if (s->statements != NULL)
		statements_byte(s, CTRL_D);
	s->closing = true;
}

static void
work(struct session *s)
{
	struct evbuffer *in = bufferevent_get_input(s->bev);
	uint8_t chunk[512];

	while (!s->closing && evbuffer_get_length(in) > 0 &&
			evbuffer_get_length(out(s)) < OUT_HIGH) {
		/* A byte at a time leaves the evbuffer, so that a stop in between loses none. */
		ssize_t i, n = evbuffer_copyout(in, chunk, sizeof(chunk));

		for (i = 0; i < n && !s->closing && evbuffer_get_length(out(s)) < OUT_HIGH; i++)
			take_byte(s, chunk[i]);
		evbuffer_drain(in, (size_t)i);
		explicit_bzero(chunk, sizeof(chunk));
	}
	if (s->eof && !s->closing && evbuffer_get_length(in) == 0)
		finish(s);
	if (s->closing && evbuffer_get_length(out(s)) == 0)
		session_end(s);
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	(void)bev;
	work(arg);
}

static void
on_write(struct bufferevent *bev, void *arg)
{
	(void)bev;
	work(arg);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct session *s = arg;

	(void)bev;
	if ((what & BEV_EVENT_EOF) == 0) {
		session_end(s);
		return;
	}
	s->eof = true;
	work(s);
}

struct session *
session_create(struct event_base *base, int fd, const struct cli_env *env,
		void (*ended)(struct session *s, void *arg), void *arg)
{
	const struct timeval stall = { .tv_sec = STALL_S };
	struct session *s = calloc(1, sizeof(*s));

	if (s != NULL)
		s->bev = bufferevent_socket_new(
				base, fd, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	if (s == NULL || s->bev == NULL) {
		close(fd);
		free(s);
		return NULL;
	}
	s->env = env;
	s->editor = rdline_new(editor_write, editor_validate, editor_complete, s);
	if (s->editor == NULL) {
		session_destroy(s);
		return NULL;
	}
	s->ended = ended;
	s->arg = arg;
	bufferevent_setcb(s->bev, on_read, on_write, on_event, s);
	bufferevent_setwatermark(s->bev, EV_READ, 0, IN_HIGH);
	bufferevent_setwatermark(s->bev, EV_WRITE, 0, 0);
	bufferevent_set_timeouts(s->bev, NULL, &stall);
	bufferevent_enable(s->bev, EV_READ | EV_WRITE);
	evbuffer_add(out(s), telnet_greeting, sizeof(telnet_greeting));
	prompt(s);
	return s;
}

void
session_destroy(struct session *s)
{
	if (s == NULL)
		return;
	if (s->statements != NULL) {
		evbuffer_free(s->statements);
		words_free(&s->pending);
	}
	rdline_free(s->editor);
	bufferevent_free(s->bev);
	explicit_bzero(s->line, sizeof(s->line));
	free(s);
}
