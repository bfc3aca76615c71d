/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control socket's protocol. A request is one line of JSON, {"argv": ["ifconfig", "-a"], "json": false, "input": "..."}; the
 * answer is one line of JSON, {"status": 0, "length": 1234, "error": ""}, with "errno": "EEXIST" where something was refused for such a
 * reason, and then length bytes. As many as the client likes, in turn.
 * {"commands": [["ifconfig", ...], ...]} are several that are done as one change each, up to the first that fails; "done" in the answer
 * says how many succeeded.
 */
#ifndef CLI_REQUEST_H
#define CLI_REQUEST_H

#include <event2/event.h>

#include "cli/cli.h"

#define REQUEST_MAX (2 * CLI_STATEMENTS_MAX + 65536)

#define REQUEST_COMMANDS_MAX 256 /* the control core does nothing else meanwhile */

struct request_peer;

/** Serve @p fd (taken, non-blocking). @p ended is called once, when it frees itself. NULL: out of memory, fd closed. */
struct request_peer *request_peer_create(struct event_base *base, int fd, const struct cli_env *env,
		void (*ended)(struct request_peer *p, void *arg), void *arg);
/** End it at once; @p ended is not called. NULL is allowed. */
void request_peer_destroy(struct request_peer *p);

#endif
