/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finding the control socket, asking, and printing the answer.
 */
#include "client.h"

#include <errno.h>
#include <glob.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKETS "/run/dpdk-ipsecif/*.sock"
#define INPUT_MAX (128u << 20)

static int
connect_to(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(sun.sun_path)) {
		fprintf(stderr, "ipsecifctl: %.60s...: the path is too long (%zu)\n", path,
				sizeof(sun.sun_path) - 1);
		return -1;
	}
	strcpy(sun.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sun, sizeof(sun)) != 0) {
		fprintf(stderr, "ipsecifctl: %s: %s (is dpdk-ipsecif running?)\n", path,
				strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

int
client_connect(const char *path)
{
	glob_t found = { 0 };
	size_t i;
	int fd = -1;

	if (path != NULL)
		return connect_to(path);
	if (glob(SOCKETS, 0, NULL, &found) != 0) {
		fprintf(stderr,
				"ipsecifctl: no control socket in /run/dpdk-ipsecif (is "
				"dpdk-ipsecif running? -s SOCKET)\n");
	} else if (found.gl_pathc > 1) {
		fprintf(stderr, "ipsecifctl: several are running, choose one with -s:");
		for (i = 0; i < found.gl_pathc; i++)
			fprintf(stderr, " %s", found.gl_pathv[i]);
		fprintf(stderr, "\n");
	} else {
		fd = connect_to(found.gl_pathv[0]);
	}
	globfree(&found);
	return fd;
}

static int
write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t k = send(fd, p, n, MSG_NOSIGNAL);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return -1;
		p += k;
		n -= (size_t)k;
	}
	return 0;
}

/* The first line of the answer. NULL: the connection broke. */
static json_t *
read_head(FILE *from)
{
	char *line = NULL;
	size_t size = 0;
	json_t *head = NULL;

	if (getline(&line, &size, from) > 0)
		head = json_loads(line, 0, NULL);
	free(line);
	return head;
}

static int
copy_body(FILE *from, size_t length)
{
	char buf[16384];

	while (length > 0) {
		size_t n = fread(buf, 1, length < sizeof(buf) ? length : sizeof(buf), from);

		if (n == 0)
			return -1;
		fwrite(buf, 1, n, stdout);
		length -= n;
	}
	return fflush(stdout) == 0 ? 0 : -1;
}

/* A head and the output behind it, which is printed. NULL: the connection broke. */
static json_t *
read_part(FILE *from)
{
	json_t *head = read_head(from);

	if (head == NULL ||
			copy_body(from,
					(size_t)json_integer_value(
							json_object_get(head, "length"))) == 0)
		return head;
	json_decref(head);
	return NULL;
}

static int
read_answer(int fd, int *ret_done)
{
	int status = -1, dup_fd = dup(fd);
	FILE *from = dup_fd < 0 ? NULL : fdopen(dup_fd, "r");
	json_t *head = from == NULL ? NULL : read_part(from);
	const char *error;

	while (json_is_true(json_object_get(head, "more"))) {
		json_decref(head);
		head = read_part(from);
	}
	error = json_string_value(json_object_get(head, "error"));
	if (head != NULL)
		status = (int)json_integer_value(json_object_get(head, "status"));
	if (ret_done != NULL)
		*ret_done = (int)json_integer_value(json_object_get(head, "done"));
	if (error != NULL)
		fputs(error, stderr);
	if (error != NULL && error[0] != '\0' && error[strlen(error) - 1] != '\n')
		fputc('\n', stderr);
	if (status < 0)
		fprintf(stderr, "ipsecifctl: the connection broke\n");
	json_decref(head);
	if (from != NULL)
		fclose(from);
	return status == 0 ? 0 : 1;
}

/* The words of a command; NULL: memory, or what is not UTF-8. */
static json_t *
words_pack(int argc, char *const argv[])
{
	json_t *list = json_array();
	int i, rc = 0;

	for (i = 0; i < argc && rc == 0; i++)
		rc = json_array_append_new(list, json_string(argv[i]));
	if (rc == 0)
		return list;
	json_decref(list);
	return NULL;
}

/* Send @p request (taken, NULL: it could not be made) and print the answer. */
static int
ask(int fd, json_t *request, int *ret_done)
{
	char *text = request == NULL ? NULL : json_dumps(request, JSON_COMPACT);
	size_t len;
	int rc;

	json_decref(request);
	if (text == NULL) {
		fprintf(stderr, "ipsecifctl: the command is not UTF-8 text\n");
		return 1;
	}
	len = strlen(text);
	text[len] = '\n'; /* in the place of the NUL */
	rc = write_all(fd, text, len + 1);
	explicit_bzero(text, len + 1);
	free(text);
	if (rc != 0) {
		fprintf(stderr, "ipsecifctl: %s\n", strerror(errno));
		return 1;
	}
	return read_answer(fd, ret_done);
}

int
client_ask(int fd, int argc, char *const argv[], bool json, const char *input, size_t input_len)
{
	json_t *request = json_pack("{s:o, s:b, s:b}", "argv", words_pack(argc, argv), "json", json,
			"parts", true);

	if (request != NULL && input != NULL &&
			json_object_set_new(request, "input", json_stringn(input, input_len)) !=
					0) {
		json_decref(request);
		request = NULL;
	}
	return ask(fd, request, NULL);
}

int
client_batch_add(struct client_batch *b, int argc, char *const argv[], unsigned int line)
{
	if (b->commands == NULL)
		b->commands = json_array();
	if (json_array_append_new(b->commands, words_pack(argc, argv)) != 0) {
		fprintf(stderr, "ipsecifctl: line %u is not UTF-8 text\n", line);
		return 1;
	}
	b->line[b->n++] = line;
	return 0;
}

int
client_batch_run(int fd, struct client_batch *b, bool json, unsigned int *ret_line)
{
	json_t *commands = b->commands;
	int done = 0, rc;

	if (b->n == 0)
		return 0;
	b->commands = NULL;
	rc = ask(fd, json_pack("{s:o, s:b}", "commands", commands, "json", json), &done);
	if (rc != 0)
		*ret_line = b->line[(unsigned int)done < b->n ? done : 0];
	b->n = 0;
	return rc;
}

char *
client_read(const char *path, size_t *ret_len)
{
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	size_t len = 0, size = 4096;
	char *text = f == NULL ? NULL : malloc(size);

	while (text != NULL && !ferror(f)) {
		char *bigger;

		len += fread(text + len, 1, size - 1 - len, f);
		if (len < size - 1)
			break;
		bigger = size > INPUT_MAX ? NULL : malloc(2 * size);
		if (bigger != NULL)
			memcpy(bigger, text, len);
		else
			errno = EFBIG;
		client_wipe(text, len);
		text = bigger;
		size *= 2;
	}
	if (text == NULL || ferror(f)) {
		fprintf(stderr, "ipsecifctl: %s: %s\n", path, strerror(errno));
		if (text != NULL)
			client_wipe(text, len);
		text = NULL;
	} else {
		text[len] = '\0';
		*ret_len = len;
	}
	if (f != NULL && f != stdin)
		fclose(f);
	return text;
}

void
client_wipe(char *text, size_t len)
{
	explicit_bzero(text, len);
	free(text);
}
