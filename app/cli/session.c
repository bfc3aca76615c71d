/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A telnet session. Bytes go through telnet.c; then either through DPDK's line editor (rdline: editing, history, completion, ?) or,
 * while statements for setkey are collected and where the client does not do telnet, into a plain buffer.
 *
 * What a client can make us hold is bounded: a line (the rest of a longer one is dropped and the line refused), the statements of
 * one setkey, and the answer of one command: no further command is taken while more than OUT_HIGH bytes wait for a slow reader.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/session_priv.h"

#define OUT_HIGH (256u << 10)
#define OUT_LOW (32u << 10)
#define IN_HIGH (64u << 10)
#define STALL_S 60 /* a client that takes nothing for so long is cut off */

/* Text with \n, as the client wants its line ends. */
static void
send_text(struct session *s, struct evbuffer *text)
{
	struct evbuffer_iovec v;

	if (!s->telnet.spoken) {
		evbuffer_add_buffer(session_out(s), text);
		return;
	}
	while (evbuffer_peek(text, -1, NULL, &v, 1) > 0) {
		const char *p = v.iov_base, *nl = memchr(p, '\n', v.iov_len);
		size_t n = nl == NULL ? v.iov_len : (size_t)(nl - p);

		evbuffer_add(session_out(s), p, n);
		if (nl != NULL)
			evbuffer_add(session_out(s), "\r\n", 2);
		evbuffer_drain(text, nl == NULL ? n : n + 1);
	}
}

void
session_say(struct session *s, const char *line)
{
	evbuffer_add_printf(session_out(s), "%s%s", line, s->telnet.spoken ? "\r\n" : "\n");
}

void
session_prompt(struct session *s)
{
	if (s->closing || session_is_busy(s))
		return; /* the end of the command brings one */
	if (s->telnet.echo)
		rdline_newline(s->editor, CLI_PROMPT);
	else
		evbuffer_add(session_out(s), CLI_PROMPT, strlen(CLI_PROMPT));
}

/* The answer so far goes out; at the end of the command what it says about the session is done. */
static void
session_answer(struct session *s)
{
	struct cli *cli = &s->command;

	send_text(s, cli->errors);
	if (cli->job != NULL)
		return;
	evbuffer_free(cli->errors);
	cli->errors = NULL;
	if (cli->clear && s->telnet.spoken)
		evbuffer_add_printf(session_out(s), "%s\033[H", vt100_clear_screen);
	if (cli->quit)
		s->closing = true;
}

static void
session_wake(void *arg)
{
	struct session *s = arg;

	event_add(s->next_part, &(struct timeval){ 0 });
}

void
session_run(struct session *s, struct words *words, const char *input, size_t input_len)
{
	struct evbuffer *answer = evbuffer_new();

	if (answer == NULL)
		return;
	s->command = (struct cli){ .env = s->env,
		.ctl = s->env->ctl,
		.input = input,
		.input_len = input_len,
		.out = answer,
		.errors = answer,
		.in_parts = true,
		.wake = session_wake,
		.wake_arg = s };
	cli_run(&s->command, words->n, words->word);
	if (s->command.job != NULL)
		cli_go_on(&s->command, OUT_HIGH);
	s->command.input = NULL; /* read by now */
	session_answer(s);
}

/* The next part of a command that runs; ^C gives it up. */
static void
session_go_on(struct session *s)
{
	/* the character, telnet's IP; a monitor is ended by a line, too */
	static const char *const stops[] = { "\003", "\377\364", "\004", "\r", "\n" };
	const unsigned int nb_stops = s->command.monitors ? RTE_DIM(stops) : 2;
	struct evbuffer *in = bufferevent_get_input(s->bev);
	unsigned int i;
	char c;

	if (s->command.monitors && s->last_cr && evbuffer_copyout(in, &c, 1) == 1) {
		s->last_cr = false; /* the rest of the end of the line that began it */
		if (c == '\n' || c == '\0')
			evbuffer_drain(in, 1);
	}
	for (i = 0; i < nb_stops && session_is_busy(s); i++) {
		struct evbuffer_ptr at = evbuffer_search(in, stops[i], strlen(stops[i]), NULL);

		if (at.pos < 0)
			continue;
		evbuffer_drain(in, (size_t)at.pos + strlen(stops[i]));
		cli_stop(&s->command);
		s->last_cr = *stops[i] == '\r';
		if (i < 2)
			cli_error(&s->command, "^C");
	}
	if (s->command.monitors && s->eof)
		cli_stop(&s->command);
	cli_go_on(&s->command, OUT_HIGH);
	session_answer(s);
	session_prompt(s);
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

void
session_line(struct session *s, const char *line)
{
	struct words words;
	const char *why = is_text(line) ? words_split(line, &words) : "line: not text, refused";

	if (why != NULL) {
		session_say(s, why);
		return;
	}
	if (cli_wants_input(words.n, words.word)) {
		s->statements = evbuffer_new();
		if (s->statements != NULL) {
			s->pending = words;
			return;
		}
	}
	session_run(s, &words, NULL, 0);
	words_free(&words);
}

void
session_refuse_long(struct session *s, unsigned int max)
{
	char msg[96];

	snprintf(msg, sizeof(msg), "line: longer than %u characters, refused", max);
	session_say(s, msg);
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
		session_refuse_long(s, CLI_LINE_MAX);
	else
		session_line(s, s->line);
	s->too_long = false;
	if (s->statements == NULL)
		session_prompt(s);
}

/* --- bytes in, and the end --- */

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
		session_statements_byte(s, c);
	else if (s->telnet.echo)
		session_editor_byte(s, c);
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
		session_editor_start(s);
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
	if (s->statements == NULL && !s->telnet.echo && s->len > 0)
		plain_byte(s, '\n');
	if (s->statements != NULL)
		session_statements_byte(s, CTRL_D);
	if (!session_is_busy(s))
		s->closing = true;
}

static void
work(struct session *s)
{
	struct evbuffer *in = bufferevent_get_input(s->bev);
	uint8_t chunk[512];

	if (session_is_busy(s) && evbuffer_get_length(session_out(s)) < OUT_HIGH)
		session_go_on(s);
	while (!s->closing && !session_is_busy(s) && evbuffer_get_length(in) > 0 &&
			evbuffer_get_length(session_out(s)) < OUT_HIGH) {
		/* A byte at a time leaves the evbuffer, so that a stop in between loses none. */
		ssize_t i, n = evbuffer_copyout(in, chunk, sizeof(chunk));

		for (i = 0; i < n && !s->closing && !session_is_busy(s) &&
				evbuffer_get_length(session_out(s)) < OUT_HIGH;
				i++)
			take_byte(s, chunk[i]);
		evbuffer_drain(in, (size_t)i);
		explicit_bzero(chunk, sizeof(chunk));
	}
	if (s->eof && !s->closing && !session_is_busy(s) && evbuffer_get_length(in) == 0)
		finish(s);
	if (session_is_busy(s) && !s->command.waits &&
			evbuffer_get_length(session_out(s)) < OUT_HIGH)
		event_add(s->next_part, &(struct timeval){ 0 }); /* else when it is sent */
	if (s->closing && evbuffer_get_length(session_out(s)) == 0)
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
on_next_part(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	work(arg);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct session *s = arg;

	(void)bev;
	/* Deferred callbacks come as one: an EOF may bring the error of a write along. */
	if ((what & BEV_EVENT_EOF) == 0 || (what & (BEV_EVENT_ERROR | BEV_EVENT_TIMEOUT)) != 0) {
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
	s->editor = session_editor_create(s);
	s->next_part = evtimer_new(base, on_next_part, s);
	if (s->editor == NULL || s->next_part == NULL) {
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
	evbuffer_add(session_out(s), telnet_greeting, sizeof(telnet_greeting));
	session_prompt(s);
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
	if (session_is_busy(s)) {
		cli_stop(&s->command);
		evbuffer_free(s->command.errors);
	}
	if (s->next_part != NULL)
		event_free(s->next_part);
	rdline_free(s->editor);
	bufferevent_free(s->bev);
	explicit_bzero(s->line, sizeof(s->line));
	free(s);
}
