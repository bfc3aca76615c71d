/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The two doors of the CLI: telnet for people, the control socket for ipsecifctl. Both serve several clients at once from the
 * event loop of the control core.
 */
#ifndef CLI_SERVER_H
#define CLI_SERVER_H

#include <event2/event.h>

#include "base/err.h"
#include "cli/cli.h"

struct server;

/** @p env is borrowed as long as the server lives. */
struct server *server_create(struct event_base *base, const struct cli_env *env, struct err *err);
/** Closes what is open; a socket of ours is removed. NULL is allowed. */
void server_destroy(struct server *server);

/** Could server_listen_telnet() be asked this? 0, -EINVAL or -EACCES. */
int server_check_telnet(const char *where, bool insecure, struct err *err);
/**
 * Listen for telnet.
 * @param where
 *   "ADDR:PORT", "[ADDR6]:PORT".
 * @param insecure
 *   Addresses other than loopback are allowed.
 * @return 0, -EINVAL, -EACCES (not loopback) or what bind(2) said.
 */
int server_listen_telnet(struct server *server, const char *where, bool insecure, struct err *err);
/** Listen on a UNIX socket of mode 0600; its directory is made (0755) where missing, a stale socket is replaced. */
int server_listen_socket(struct server *server, const char *path, struct err *err);

#endif
