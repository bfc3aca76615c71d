/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A session inside, shared by session.c (bytes, lines, the end), session_edit.c (line editing) and session_statements.c.
 */
#ifndef CLI_SESSION_PRIV_H
#define CLI_SESSION_PRIV_H

#include <event2/bufferevent.h>

#include <cmdline_rdline.h>

#include "cli/session.h"
#include "cli/telnet.h"

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
	bool refused;       /* what is collected is thrown away, up to its end */
	struct cli command; /* that runs in parts, while command.job is not NULL */
	struct event *next_part;
	struct cli_choices choices;
};

/** Output not sent yet. */
static inline struct evbuffer *
session_out(struct session *s)
{
	return bufferevent_get_output(s->bev);
}

/** One line, its end added as the client wants it. */
void session_say(struct session *s, const char *line);
/** "line: longer than N characters, refused" */
void session_refuse_long(struct session *s, unsigned int max);
void session_prompt(struct session *s);
/** Run a command. One that has much to do goes on later: session_is_busy(). A prompt follows its end. */
void session_run(struct session *s, struct words *words, const char *input, size_t input_len);
/** A command is still running; nothing that was typed behind it is taken before its end. */
static inline bool
session_is_busy(const struct session *s)
{
	return s->command.job != NULL;
}
/** A line of commands; may begin to collect statements. */
void session_line(struct session *s, const char *line);

/** The editor of a session, or NULL: out of memory. */
struct rdline *session_editor_create(struct session *s);
/** The client agreed to our echo: from now on a character at a time. What it typed before goes into the editor. */
void session_editor_start(struct session *s);
void session_editor_byte(struct session *s, char c);

/** A byte while statements are collected (s->statements is not NULL). */
void session_statements_byte(struct session *s, char c);

#endif
