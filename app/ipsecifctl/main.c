/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ipsecifctl: commands of the CLI from a shell. Files that commands name are found from where ipsecifctl runs: statements for setkey
 * are read here and sent, other paths are made absolute.
 */
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/words.h"
#include "client.h"

static int
usage(void)
{
	fprintf(stderr,
			"usage: ipsecifctl [-s SOCKET] [-j] COMMAND ...\n"
			"       ipsecifctl [-s SOCKET] [-j] -f FILE\n"
			"  -s SOCKET  control socket (the only one in /run/dpdk-ipsecif)\n"
			"  -j         the answer as JSON\n"
			"  -f FILE    a file of commands ('-': standard input)\n"
			"  COMMAND    ifconfig, route, setkey ... ('help' lists them)\n");
	return 2;
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

/* One command. @p input: statements that are there already, NULL: `setkey -c` reads standard input. */
static int
run(int fd, int argc, char *argv[], bool json, const char *input, size_t input_len)
{
	int at = setkey_option(argc, argv, "-f"), rc;
	char *file = NULL, *path;
	size_t len = 0;

	if ((strcmp(argv[0], "save") == 0 || strcmp(argv[0], "load") == 0 ||
			    strcmp(argv[0], "diff") == 0) &&
			argc == 2) {
		path = path_absolute(argv[1]);
		if (path == NULL)
			return 1;
		rc = client_ask(fd, 2, (char *[]){ argv[0], path, NULL }, json, NULL, 0);
		free(path);
		return rc;
	}
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
	rc = client_ask(fd, argc, argv, json, file, len);
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

/* A file of commands, in order; the first that fails ends it. */
static int
run_file(int fd, const char *path, bool json)
{
	size_t len = 0, n;
	char *text = client_read(path, &len), *p = text, *line;
	unsigned int line_no = 0;
	int rc = 0;

	if (text == NULL)
		return 1;
	if (memchr(text, '\0', len) != NULL) {
		fprintf(stderr, "ipsecifctl: %s: holds a NUL byte\n", path);
		client_wipe(text, len);
		return 1;
	}
	while (rc == 0 && *p != '\0') {
		const char *why, *input = NULL;
		struct words words;

		line = p;
		n = strcspn(p, "\n");
		p += n + (p[n] == '\n');
		line[n] = '\0';
		line_no++;
		why = words_split(line, &words);
		if (why != NULL) {
			fprintf(stderr, "ipsecifctl: %s: line %u: %s\n", path, line_no, why);
			rc = 1;
			break;
		}
		n = 0;
		if (words.n > 0 && setkey_option(words.n, words.word, "-c") > 0) {
			input = p;
			n = statements_length(p, &p);
			for (line = (char *)(size_t)input; line < p; line++)
				line_no += *line == '\n';
		}
		if (words.n > 0)
			rc = run(fd, words.n, words.word, json, input, n);
		if (rc != 0)
			fprintf(stderr, "ipsecifctl: %s: stopped at line %u\n", path, line_no);
		words_free(&words);
	}
	client_wipe(text, len);
	return rc;
}

int
main(int argc, char *argv[])
{
	const char *path = NULL, *file = NULL;
	bool json = false;
	int opt, fd, rc;

	while ((opt = getopt(argc, argv, "+s:jf:")) != -1) {
		if (opt == 's')
			path = optarg;
		else if (opt == 'j')
			json = true;
		else if (opt == 'f')
			file = optarg;
		else
			return usage();
	}
	if ((file != NULL) == (optind < argc))
		return usage();
	fd = client_connect(path);
	if (fd < 0)
		return 1;
	rc = file != NULL ? run_file(fd, file, json)
			  : run(fd, argc - optind, argv + optind, json, NULL, 0);
	close(fd);
	return rc;
}
