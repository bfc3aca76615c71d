/* SPDX-License-Identifier: BSD-3-Clause */
/* The far end of a session over a socketpair: send, let the event loop run, take what came. */
#ifndef TEST_CLI_CLIENT_H
#define TEST_CLI_CLIENT_H

#include <event2/event.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct client {
	struct event_base *base;
	int fd;
	bool closed; /* the server has closed */
	size_t len;
	char text[1 << 21]; /* what came since client_take(), NUL behind */
};

static inline void
client_open(struct client *c, struct event_base *base, int *ret_server_fd)
{
	int fds[2] = { -1, -1 };

	memset(c, 0, sizeof(*c));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0) {
		c->base = base;
		c->fd = fds[0];
		*ret_server_fd = fds[1];
	}
}

/* Let the server work and read until nothing more comes. */
static inline void
client_run(struct client *c)
{
	int quiet = 0;

	while (quiet < 3 && c->len < sizeof(c->text) - 1) {
		ssize_t n;

		event_base_loop(c->base, EVLOOP_NONBLOCK);
		n = read(c->fd, c->text + c->len, sizeof(c->text) - 1 - c->len);
		if (n > 0)
			c->len += (size_t)n;
		else if (n == 0)
			c->closed = true;
		quiet = n > 0 ? 0 : quiet + 1;
	}
	c->text[c->len] = '\0';
}

static inline void
client_send(struct client *c, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t k = send(c->fd, p, n, MSG_NOSIGNAL);

		if (k > 0) {
			p += k;
			n -= (size_t)k;
		} else {
			event_base_loop(c->base, EVLOOP_NONBLOCK);
		}
	}
}

/* Forget what came so far; send; what comes then. */
static inline const char *
client_ask(struct client *c, const char *p, size_t n)
{
	c->len = 0;
	client_send(c, p, n);
	client_run(c);
	return c->text;
}

#define ASK(c, text) client_ask(c, text, sizeof(text) - 1)

#endif
