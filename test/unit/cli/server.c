/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the CLI listens, and where it refuses to. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/server.h"

static struct event_base *base;
static struct server *server;
static const struct cli_env env;
static char dir[] = "/tmp/cli-server-XXXXXX", path[64];

static int
make(void **state)
{
	struct err err;

	(void)state;
	strcpy(dir + sizeof(dir) - 7, "XXXXXX");
	base = event_base_new();
	server = server_create(base, &env, &err);
	if (mkdtemp(dir) == NULL || server == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/new/a.sock", dir);
	return 0;
}

static int
unmake(void **state)
{
	char sub[64];

	(void)state;
	server_destroy(server);
	event_base_free(base);
	unlink(path);
	snprintf(sub, sizeof(sub), "%s/new", dir);
	rmdir(sub);
	return rmdir(dir);
}

/* A port that nobody has now. */
static unsigned int
free_port(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	close(fd);
	return ntohs(sin.sin_port);
}

static void
refuses_to_open_telnet_to_the_network(void **state)
{
	static const char *const cases[][2] = {
		{ "0.0.0.0:8086",
				"telnet: 0.0.0.0:8086 is not a loopback address (127.0.0.1, [::1], "
				"or "
				"give --telnet-insecure)" },
		{ "[::]:8086",
				"telnet: [::]:8086 is not a loopback address (127.0.0.1, [::1], or "
				"give --telnet-insecure)" },
		{ "8086", "telnet: 8086 is not an address and port (ADDR:PORT, [ADDR6]:PORT)" },
		{ "127.0.0.1:99999",
				"telnet: 127.0.0.1:99999 is not an address and port (ADDR:PORT, "
				"[ADDR6]:PORT)" },
		{ "localhost:8086",
				"telnet: localhost:8086 is not an address and port (ADDR:PORT, "
				"[ADDR6]:PORT)" },
	};
	struct err err;
	unsigned int i;
	char where[32];

	(void)state;
	for (i = 0; i < RTE_DIM(cases); i++) {
		assert_int_not_equal(server_listen_telnet(server, cases[i][0], false, &err), 0);
		assert_string_equal(err.msg, cases[i][1]);
	}
	snprintf(where, sizeof(where), "0.0.0.0:%u", free_port());
	assert_int_equal(server_listen_telnet(server, where, true, &err), 0);
	snprintf(where, sizeof(where), "127.0.0.1:%u", free_port());
	assert_int_equal(server_listen_telnet(server, where, false, &err), 0);
}

static void
makes_a_socket_for_its_owner_only(void **state)
{
	struct err err;
	struct stat st;

	(void)state;
	assert_int_equal(server_listen_socket(server, path, &err), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0600);
	server_destroy(server);
	server = NULL;
	assert_int_equal(stat(path, &st), -1);
}

static void
leaves_the_socket_of_a_running_process_alone(void **state)
{
	struct server *other;
	struct err err;
	char msg[256];

	(void)state;
	other = server_create(base, &env, &err);
	assert_int_equal(server_listen_socket(server, path, &err), 0);
	assert_int_equal(server_listen_socket(other, path, &err), -EADDRINUSE);
	snprintf(msg, sizeof(msg),
			"socket: %s belongs to a running process (another --file-prefix, or "
			"--socket PATH)",
			path);
	assert_string_equal(err.msg, msg);
	server_destroy(other);
	assert_int_equal(access(path, F_OK), 0);
}

static void
replaces_a_socket_that_nobody_listens_on(void **state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct err err;
	char sub[64];

	(void)state;
	snprintf(sub, sizeof(sub), "%s/new", dir);
	assert_int_equal(mkdir(sub, 0755), 0);
	strcpy(sun.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	close(fd);
	assert_int_equal(server_listen_socket(server, path, &err), 0);
}

static void
leaves_a_file_that_is_no_socket_alone(void **state)
{
	struct err err;
	char sub[64];
	FILE *f;

	(void)state;
	snprintf(sub, sizeof(sub), "%s/new", dir);
	assert_int_equal(mkdir(sub, 0755), 0);
	f = fopen(path, "w");
	assert_non_null(f);
	fclose(f);
	assert_int_equal(server_listen_socket(server, path, &err), -EEXIST);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(server_listen_socket(server, "", &err), -EINVAL);
}

/* A connection of a client, the server's side accepted. */
static int
enter(const struct sockaddr *sa, socklen_t len)
{
	int fd = socket(sa->sa_family, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, sa, len), 0);
	event_base_loop(base, EVLOOP_NONBLOCK);
	return fd;
}

static void
telnet_sessions_do_not_shut_the_socket(void **state)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(free_port()) };
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	char where[32], text[64] = "";
	struct err err;
	int fd[66], i;

	(void)state;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	strcpy(sun.sun_path, path);
	snprintf(where, sizeof(where), "127.0.0.1:%u", ntohs(sin.sin_port));
	assert_int_equal(server_listen_telnet(server, where, false, &err), 0);
	assert_int_equal(server_listen_socket(server, path, &err), 0);
	for (i = 0; i < 65; i++)
		fd[i] = enter((struct sockaddr *)&sin, sizeof(sin));
	assert_true(recv(fd[64], text, sizeof(text) - 1, 0) > 0);
	assert_string_equal(text, "too many sessions (64), try again later\n");
	fd[65] = enter((struct sockaddr *)&sun, sizeof(sun));
	assert_int_equal(recv(fd[65], text, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN); /* neither refused nor closed */
	for (i = 0; i < 66; i++)
		close(fd[i]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(refuses_to_open_telnet_to_the_network),
		TEST(makes_a_socket_for_its_owner_only),
		TEST(leaves_the_socket_of_a_running_process_alone),
		TEST(replaces_a_socket_that_nobody_listens_on),
		TEST(leaves_a_file_that_is_no_socket_alone),
		TEST(telnet_sessions_do_not_shut_the_socket),
	};

	return cmocka_run_group_tests_name("cli/server", tests, NULL, NULL);
}
