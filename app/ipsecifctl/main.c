/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ipsecifctl: commands of the CLI from a shell. Files that commands name are found from where ipsecifctl runs: statements for setkey
 * are read here and sent, other paths are made absolute.
 */
#include <getopt.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/words.h"
#include "client.h"

#define STATEMENTS_MAX (8u << 20) /* as many as the program takes at a time */

static int
usage(FILE *out, int code)
{
	fprintf(out,
			"usage: ipsecifctl [-s SOCKET] [-j] COMMAND ...\n"
			"       ipsecifctl [-s SOCKET] [-j] -f FILE\n"
			"       ipsecifctl -h | --help | --version\n"
			"  -s SOCKET  control socket (the only one in /run/dpdk-ipsecif)\n"
			"  -j         the answer as JSON\n"
			"  -f FILE    a file of commands ('-': standard input)\n"
			"  COMMAND    ifconfig, route, setkey ... ('help' lists them)\n");
	return code;
}

/* Where -c or -f stands among the options of setkey; 0: nowhere. */
static int
setkey_option(int argc, char *const argv[], const char *option)
{
	int i;

	for (i = 1; strcmp(argv[0], "setkey") == 0 && i < argc; i++) {
		if (strcmp(argv[i], option) == 0)
			return i;
	}
	return 0;
}

/* setkey -x, also among other letters: it would never come to the next line. */
static bool
is_monitor(int argc, char *const argv[])
{
	int i;

	for (i = 1; strcmp(argv[0], "setkey") == 0 && i < argc && argv[i][0] == '-'; i++) {
		if (strchr(argv[i], 'x') != NULL && strchr(argv[i], 'f') == NULL)
			return true;
	}
	return false;
}

/* save, load, diff FILE: the path as the daemon must see it. */
static char *
path_absolute(const char *path)
{
	char cwd[PATH_MAX], *full = NULL;

	if (path[0] == '/' || getcwd(cwd, sizeof(cwd)) == NULL)
		return strdup(path);
	if (asprintf(&full, "%s/%s", cwd, path) < 0)
		return NULL;
	return full;
}

/* Does the last word name a file? `save`, `load`, `diff`, options before it: -state FILE, -confirm SECONDS FILE. */
static bool
names_file(int argc, char *argv[])
{
	if (strcmp(argv[0], "save") == 0 && argc == 3)
		return strcmp(argv[1], "-state") == 0;
	if (strcmp(argv[0], "load") == 0 && argc == 4)
		return strcmp(argv[1], "-confirm") == 0;
	return argc == 2 && argv[1][0] != '-' &&
			(strcmp(argv[0], "save") == 0 || strcmp(argv[0], "load") == 0 ||
					strcmp(argv[0], "diff") == 0);
}

static int
run_on_file(int fd, int argc, char *argv[], bool json)
{
	char *given = argv[argc - 1], *path = path_absolute(given);
	int rc;

	if (path == NULL)
		return 1;
	argv[argc - 1] = path;
	rc = client_ask(fd, argc, argv, json, NULL, 0);
	argv[argc - 1] = given; /* the caller's to free */
	free(path);
	return rc;
}

/* One command. @p input: statements that are there already, NULL: `setkey -c` reads standard input. */
static int
run(int fd, int argc, char *argv[], bool json, const char *input, size_t input_len)
{
	int at = setkey_option(argc, argv, "-f"), rc;
	char *file = NULL;
	size_t len = 0;

	if (names_file(argc, argv))
		return run_on_file(fd, argc, argv, json);
	if (at > 0 && argc == at + 2) {
		file = client_read(argv[at + 1], &len);
		argv[at][1] = 'c'; /* -f becomes -c: the same, read here */
		argc--;
	} else if (setkey_option(argc, argv, "-c") > 0 && input == NULL) {
		file = client_read("-", &len);
	} else {
		return client_ask(fd, argc, argv, json, input, input_len);
	}
	if (file == NULL)
		return 1;
	if (len > STATEMENTS_MAX) {
		fprintf(stderr, "ipsecifctl: %zu bytes of statements are too many (%u)\n", len,
				STATEMENTS_MAX);
		rc = 1;
	} else {
		rc = client_ask(fd, argc, argv, json, file, len);
	}
	client_wipe(file, len);
	return rc;
}

/* A '.' or "^D" alone on its line; manuals print it indented. */
static bool
is_end(const char *line, size_t len)
{
	while (len > 0 && strchr(" \t\r", line[len - 1]) != NULL)
		len--;
	while (len > 0 && strchr(" \t", line[0]) != NULL) {
		line++;
		len--;
	}
	return (len == 1 && (line[0] == '.' || line[0] == 4)) ||
			(len == 2 && memcmp(line, "^D", 2) == 0);
}

/* The lines up to the end of statements; *ret_after is behind them. */
static size_t
statements_length(char *text, char **ret_after)
{
	char *p = text;

	while (*p != '\0') {
		size_t n = strcspn(p, "\n");

		if (is_end(p, n)) {
			*ret_after = p + n + (p[n] == '\n');
			return (size_t)(p - text);
		}
		p += n + (p[n] == '\n');
	}
	*ret_after = p;
	return (size_t)(p - text);
}

/* Changes go together, so that what follows from them is worked out less often; a command that shows something sees them done. */
static bool
is_change(int argc, char *const argv[])
{
	return (strcmp(argv[0], "ifconfig") == 0 && argc > 2) ||
			(strcmp(argv[0], "route") == 0 && argc > 2 && strcmp(argv[1], "add") == 0);
}

struct file {
	char *at; /* what is not read yet */
	unsigned int line, failed;
	struct client_batch batch;
};

/* One line of commands with its statements. */
static int
run_line(int fd, struct file *f, const struct words *words, bool json)
{
	const char *input = f->at, *p;
	unsigned int line = f->line;
	size_t n;
	int rc;

	if (is_change(words->n, words->word)) {
		rc = client_batch_add(&f->batch, words->n, words->word, line);
		if (rc == 0 && f->batch.n == CLIENT_BATCH_MAX)
			return client_batch_run(fd, &f->batch, json, &f->failed);
		f->failed = line;
		return rc;
	}
	rc = client_batch_run(fd, &f->batch, json, &f->failed);
	if (rc != 0)
		return rc;
	f->failed = line;
	if (is_monitor(words->n, words->word)) {
		fprintf(stderr,
				"ipsecifctl: line %u: setkey -x listens until it is interrupted: "
				"not in a file\n",
				line);
		return 1;
	}
	if (setkey_option(words->n, words->word, "-c") == 0) {
		input = NULL;
		n = 0;
	} else {
		n = statements_length(f->at, &f->at);
		for (p = input; p < f->at; p++)
			f->line += *p == '\n';
	}
	f->failed = f->line;
	return run(fd, words->n, (char **)(uintptr_t)words->word, json, input, n);
}

/* A file of commands, in order; the first that fails ends it. */
static int
run_text(int fd, const char *path, char *text, bool json)
{
	struct file f = { .at = text };
	int rc = 0;

	while (rc == 0 && *f.at != '\0') {
		char *line = f.at;
		size_t n = strcspn(line, "\n");
		const char *why;
		struct words words;

		f.at += n + (line[n] == '\n');
		line[n] = '\0';
		f.line++;
		why = words_split(line, &words);
		if (why != NULL) {
			rc = client_batch_run(fd, &f.batch, json, &f.failed);
			if (rc == 0) {
				fprintf(stderr, "ipsecifctl: %s: line %u: %s\n", path, f.line, why);
				return 1;
			}
			break;
		}
		if (words.n > 0)
			rc = run_line(fd, &f, &words, json);
		words_free(&words);
	}
	if (rc == 0)
		rc = client_batch_run(fd, &f.batch, json, &f.failed);
	if (rc != 0)
		fprintf(stderr, "ipsecifctl: %s: stopped at line %u\n", path, f.failed);
	return rc;
}

static int
run_file(int fd, const char *path, bool json)
{
	size_t len = 0;
	char *text = client_read(path, &len);
	int rc = 1;

	if (text == NULL)
		return 1;
	if (memchr(text, '\0', len) != NULL)
		fprintf(stderr, "ipsecifctl: %s: holds a NUL byte\n", path);
	else
		rc = run_text(fd, path, text, json);
	client_wipe(text, len);
	return rc;
}

static const struct option options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

int
main(int argc, char *argv[])
{
	const char *path = NULL, *file = NULL;
	bool json = false;
	int opt, fd, rc;

	while ((opt = getopt_long(argc, argv, "+s:jf:h", options, NULL)) != -1) {
		if (opt == 's')
			path = optarg;
		else if (opt == 'j')
			json = true;
		else if (opt == 'f')
			file = optarg;
		else if (opt == 'h')
			return usage(stdout, 0);
		else if (opt == 'V')
			return printf("ipsecifctl %s\n", PROJECT_VERSION) < 0;
		else
			return usage(stderr, 2);
	}
	if ((file != NULL) == (optind < argc))
		return usage(stderr, 2);
	fd = client_connect(path);
	if (fd < 0)
		return 1;
	rc = file != NULL ? run_file(fd, file, json)
			  : run(fd, argc - optind, argv + optind, json, NULL, 0);
	close(fd);
	return rc;
}
