/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Opens the doors of the CLI where the command line says, and tells systemd how we are.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "app.h"
#include "base/eal_setup.h"
#include "base/log.h"

#define TELNET_DEFAULT "127.0.0.1:8086"
#define SOCKET_DIR "/run/dpdk-ipsecif"

void
notify(const char *state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	socklen_t len;
	int fd;

	if (path == NULL || (path[0] != '/' && path[0] != '@') ||
			strlen(path) >= sizeof(sun.sun_path))
		return;
	strcpy(sun.sun_path, path);
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path) + (path[0] == '/'));
	if (path[0] == '@')
		sun.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&sun, len) < 0)
		log_warning("systemd: %s was not told, %s", state, strerror(errno));
	close(fd);
}

static int
socket_open(struct app *app, struct err *err)
{
	const char *prefix = eal_setup_prefix(app->args.eal_argc, app->args.eal_argv);
	char path[128];
	int rc;

	if (app->args.socket != NULL)
		return server_listen_socket(app->server, app->args.socket, err);
	snprintf(path, sizeof(path), SOCKET_DIR "/%s.sock", prefix);
	rc = server_listen_socket(app->server, path, err);
	if ((rc == -EACCES || rc == -EPERM || rc == -EROFS) && geteuid() != 0) {
		log_warning("%s (going on without control socket; --socket PATH)", err->msg);
		return 0;
	}
	return rc;
}

static void
servers_stop(struct app *app)
{
	server_destroy(app->server);
	app->server = NULL;
}

int
servers_check(const struct app_args *args, struct err *err)
{
	return args->telnet == NULL ? 0
				    : server_check_telnet(args->telnet, args->telnet_insecure, err);
}

static int
servers_start(struct app *app, struct err *err)
{
	const struct app_args *args = &app->args;
	int rc = 0;

	app->server = server_create(app->base, &app->env, err);
	if (app->server == NULL)
		return -err->code;
	if (!args->no_telnet)
		rc = server_listen_telnet(app->server,
				args->telnet == NULL ? TELNET_DEFAULT : args->telnet,
				args->telnet_insecure, err);
	if (rc == 0 && !args->no_socket)
		rc = socket_open(app, err);
	if (rc != 0)
		servers_stop(app);
	return rc;
}

const struct module module_servers = {
	.name = "servers", .start = servers_start, .stop = servers_stop
};
