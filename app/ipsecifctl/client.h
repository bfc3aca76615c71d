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
#define CLIENT_BATCH_MAX 64

/** Commands of a file that are asked for together. All zero at first. */
struct client_batch {
	struct json_t *commands;
	unsigned int n;
	unsigned int line[CLIENT_BATCH_MAX]; /* where they stand */
};

/** Up to CLIENT_BATCH_MAX. 0, or 1 after a message. */
int client_batch_add(struct client_batch *b, int argc, char *const argv[], unsigned int line);
/** Ask for them in order; @p ret_line is that of the first that failed. 0, or 1 when one failed. */
int client_batch_run(int fd, struct client_batch *b, bool json, unsigned int *ret_line);
/** A file, or standard input ("-"), as text. Free with client_wipe(). NULL after a message. */
char *client_read(const char *path, size_t *ret_len);
void client_wipe(char *text, size_t len);

#endif
