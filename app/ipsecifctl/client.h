/* SPDX-License-Identifier: BSD-3-Clause */
/* The client's side of the control socket; the protocol is described in cli/request.h. */
#ifndef IPSECIFCTL_CLIENT_H
#define IPSECIFCTL_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

/** @return A connected socket, or -1 after a message. @p path NULL: the only one below /run/dpdk-ipsecif. */
int client_connect(const char *path);
/**
 * Ask for one command: prints the answer, errors to standard error.
 * @param input
 *   Statements of `setkey -c`, NULL: none.
 * @return 0, or 1 when it failed.
 */
int client_ask(int fd, int argc, char *const argv[], bool json, const char *input,
		size_t input_len);
/** A file, or standard input ("-"), as text. Free with client_wipe(). NULL after a message. */
char *client_read(const char *path, size_t *ret_len);
void client_wipe(char *text, size_t len);

#endif
