/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A telnet session: bytes of a client become lines, lines become commands. A client that agrees to the telnet options gets line
 * editing; one that does not (nc, a script) is read line by line without echo.
 */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include <event2/event.h>

#include "cli/cli.h"

struct session;

/** Serve @p fd (taken, non-blocking). @p ended is called once, when the session frees itself. NULL: out of memory, fd closed. */
struct session *session_create(struct event_base *base, int fd, const struct cli_env *env,
		void (*ended)(struct session *s, void *arg), void *arg);
/** End it at once; @p ended is not called. NULL is allowed. */
void session_destroy(struct session *s);

#endif
