/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Listening, accepting, and the list of who is connected. What is said with them: session.c (telnet) and request.c (socket).
 */
#include "cli/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/listener.h>

#include "base/log.h"
#include "cli/request.h"
#include "cli/session.h"

#define CLIENTS_MAX 64 /* of each door: telnet, open to every local user, can not shut the socket */
#define LISTENERS_MAX 4

struct client {
	LIST_ENTRY(client) next;
	struct server *server;
	struct session *session;
	struct request_peer *peer;
	unsigned int *count; /* of its door */
};

struct server {
	struct event_base *base;
	const struct cli_env *env;
	struct evconnlistener *listener[LISTENERS_MAX];
	unsigned int nb_listeners;
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)]; /* of our socket, "": none */
	LIST_HEAD(, client) clients;
	unsigned int nb_sessions, nb_peers;
};

static void
client_forget(struct client *c)
{
	LIST_REMOVE(c, next);
	--*c->count;
	free(c);
}

static void
session_ended(struct session *s, void *arg)
{
	(void)s;
	client_forget(arg);
}

static void
peer_ended(struct request_peer *p, void *arg)
{
	(void)p;
	client_forget(arg);
}

static struct client *
client_enter(struct server *server, int fd, unsigned int *count, const char *full)
{
	struct client *c = *count < CLIENTS_MAX ? calloc(1, sizeof(*c)) : NULL;

	if (c == NULL) {
		if (write(fd, full, strlen(full)) < 0)
			log_debug("cli: a client that was refused has gone");
		close(fd);
		return NULL;
	}
	c->server = server;
	c->count = count;
	LIST_INSERT_HEAD(&server->clients, c, next);
	++*count;
	return c;
}

static void
accept_telnet(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *sa, int len, void *arg)
{
	struct server *server = arg;
	struct client *c = client_enter(server, fd, &server->nb_sessions,
			"too many sessions (64), try again later\n");

	(void)l;
	(void)sa;
	(void)len;
	if (c == NULL)
		return;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &(int){ 1 }, sizeof(int));
	c->session = session_create(server->base, fd, server->env, session_ended, c);
	if (c->session == NULL)
		client_forget(c);
}

static void
accept_socket(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *sa, int len, void *arg)
{
	struct server *server = arg;
	struct client *c = client_enter(server, fd, &server->nb_peers,
			"{\"status\":1,\"length\":0,\"error\":"
			"\"socket: too many clients (64), try again later\\n\"}\n");

	(void)l;
	(void)sa;
	(void)len;
	if (c == NULL)
		return;
	c->peer = request_peer_create(server->base, fd, server->env, peer_ended, c);
	if (c->peer == NULL)
		client_forget(c);
}

static void
accept_failed(struct evconnlistener *l, void *arg)
{
	(void)l;
	(void)arg;
	log_warning("cli: accept: %s", strerror(errno));
}

static int
server_listen(struct server *server, const struct sockaddr *sa, int len, evconnlistener_cb cb)
{
	struct evconnlistener *l;

	if (server->nb_listeners == LISTENERS_MAX) {
		errno = ENOSPC;
		return -1;
	}
	l = evconnlistener_new_bind(server->base, cb, server,
			LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE, 16, sa,
			len);
	if (l == NULL)
		return -1;
	evconnlistener_set_error_cb(l, accept_failed);
	server->listener[server->nb_listeners++] = l;
	return 0;
}

static bool
is_loopback(const struct sockaddr_storage *ss)
{
	if (ss->ss_family == AF_INET)
		return ntohl(((const struct sockaddr_in *)ss)->sin_addr.s_addr) >> 24 == 127;
	return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)ss)->sin6_addr);
}

static int
telnet_read(const char *where, bool insecure, struct sockaddr_storage *ss, int *ret_len,
		struct err *err)
{
	const char *colon = strrchr(where, ':');

	memset(ss, 0, sizeof(*ss));
	*ret_len = sizeof(*ss);
	if (colon == NULL || evutil_parse_sockaddr_port(where, (struct sockaddr *)ss, ret_len) != 0)
		return err_set(err, EINVAL,
				"telnet: %.80s is not an address and port (ADDR:PORT, "
				"[ADDR6]:PORT)",
				where);
	if (!is_loopback(ss) && !insecure)
		return err_set(err, EACCES,
				"telnet: %.80s is not a loopback address (127.0.0.1, [::1], or "
				"give --telnet-insecure)",
				where);
	return 0;
}

int
server_check_telnet(const char *where, bool insecure, struct err *err)
{
	struct sockaddr_storage ss;
	int len;

	return telnet_read(where, insecure, &ss, &len, err);
}

int
server_listen_telnet(struct server *server, const char *where, bool insecure, struct err *err)
{
	struct sockaddr_storage ss;
	int len, rc = telnet_read(where, insecure, &ss, &len, err);

	if (rc != 0)
		return rc;
	if (server_listen(server, (struct sockaddr *)&ss, len, accept_telnet) != 0)
		return err_set(err, errno,
				"telnet: %.80s: %s (--telnet ADDR:PORT gives another, --no-telnet "
				"none)",
				where, strerror(errno));
	if (!is_loopback(&ss))
		log_warning("telnet: %s is open to the network without password or encryption",
				where);
	return 0;
}

/* The directory a socket is to be in: made where it is missing. */
static int
directory_make(const char *path, struct err *err)
{
	char dir[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	char *slash;

	strcpy(dir, path);
	slash = strrchr(dir, '/');
	if (slash == NULL || slash == dir)
		return 0;
	*slash = '\0';
	if (mkdir(dir, 0755) != 0 && errno != EEXIST)
		return err_set(err, errno, "socket: directory %s: %s", dir, strerror(errno));
	return 0;
}

/* A socket nobody listens on is left over from a process that has gone. */
static int
stale_remove(const struct sockaddr_un *sun, struct err *err)
{
	struct stat st;
	int fd, rc;

	if (lstat(sun->sun_path, &st) != 0)
		return 0;
	if (!S_ISSOCK(st.st_mode))
		return err_set(err, EEXIST, "socket: %s is there and is not a socket",
				sun->sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_set(err, errno, "socket: %s: %s", sun->sun_path, strerror(errno));
	rc = connect(fd, (const struct sockaddr *)sun, sizeof(*sun));
	close(fd);
	if (rc == 0)
		return err_set(err, EADDRINUSE,
				"socket: %s belongs to a running process (another --file-prefix, "
				"or --socket PATH)",
				sun->sun_path);
	unlink(sun->sun_path);
	return 0;
}

int
server_listen_socket(struct server *server, const char *path, struct err *err)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	mode_t mask;
	int rc;

	if (strlen(path) >= sizeof(sun.sun_path) || path[0] == '\0')
		return err_set(err, EINVAL, "socket: %.120s is not a path of 1 to %zu characters",
				path, sizeof(sun.sun_path) - 1);
	strcpy(sun.sun_path, path);
	if (directory_make(path, err) != 0 || stale_remove(&sun, err) != 0)
		return -err->code;
	mask = umask(0177);
	rc = server_listen(server, (struct sockaddr *)&sun, sizeof(sun), accept_socket);
	umask(mask);
	if (rc != 0)
		return err_set(err, errno, "socket: %s: %s", path, strerror(errno));
	strcpy(server->path, path);
	return 0;
}

struct server *
server_create(struct event_base *base, const struct cli_env *env, struct err *err)
{
	struct server *server = calloc(1, sizeof(*server));

	if (server == NULL) {
		err_set(err, ENOMEM, "cli: out of memory");
		return NULL;
	}
	server->base = base;
	server->env = env;
	LIST_INIT(&server->clients);
	return server;
}

void
server_destroy(struct server *server)
{
	struct client *c;
	unsigned int i;

	if (server == NULL)
		return;
	for (i = 0; i < server->nb_listeners; i++)
		evconnlistener_free(server->listener[i]);
	if (server->path[0] != '\0')
		unlink(server->path);
	while ((c = LIST_FIRST(&server->clients)) != NULL) {
		session_destroy(c->session);
		request_peer_destroy(c->peer);
		client_forget(c);
	}
	free(server);
}
